"""Arguments without names as they were once given, where it can be told what was meant.

`FORMS` has them by the name of a class; the first form that fits gives the arguments their old names, which the table
of arguments then reads. Under names that only Keras 1 has (`Convolution2D`), three numbers are always a window's sizes;
under those of today only where something else shows it: an old argument beside them, or an initializer in the place of
`padding`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any

from tsuno.core import past
from tsuno.legacy.rows import Form

_INITIALIZERS = frozenset({
    "uniform", "lecun_uniform", "normal", "identity", "orthogonal", "zero", "one", "zeros", "ones", "glorot_normal",
    "glorot_uniform", "he_normal", "he_uniform", "lecun_normal", "random_normal", "random_uniform", "truncated_normal",
})  # fmt: skip
_KERAS_1 = frozenset({
    "nb_filter", "nb_row", "nb_col", "init", "border_mode", "subsample", "dim_ordering", "bias", "W_regularizer",
    "U_regularizer", "b_regularizer", "W_constraint", "U_constraint", "b_constraint",
})  # fmt: skip


def _whole(*values: Any) -> bool:
    return all(isinstance(value, Integral) and not isinstance(value, bool) for value in values)


def _three_numbers(args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    return len(args) > 2 and _whole(*args[:3])


def _starts(args: Sequence[Any], place: int) -> bool:
    """Whether an initializer stands in a place."""
    return len(args) > place and isinstance(args[place], str) and args[place] in _INITIALIZERS


def _is_real(args: Sequence[Any], place: int) -> bool:
    """Whether a number that is not whole by its kind stands in a place."""
    return len(args) > place and isinstance(args[place], float)


def _window(rank: int) -> Callable[[Sequence[Any], Mapping[str, Any]], bool]:
    """Whether `rank` numbers after the first are the sizes of a window, and not a size and the strides."""

    def fits(args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
        if len(args) <= rank or not _whole(*args[: rank + 1]):
            return len(args) == 2 and rank == 2 and "nb_col" in kwargs
        return rank > 2 or _starts(args, rank + 1) or not _KERAS_1.isdisjoint(kwargs)

    return fits


_IN_KERAS_1 = "is read as in Keras 1: the numbers after the first are the sizes of the window."
_WITH_INITIALIZER = "is read as in Keras 1: the text is an initializer, which is now given as `kernel_initializer`."
_OPTIMIZER = "is read as in Keras 1 and 2: {}."
_IMAGE_FORM = Form(
    _window(2),
    "nb_filter nb_row nb_col init activation weights border_mode subsample dim_ordering",
    _IN_KERAS_1,
)

FORMS: dict[str, tuple[Form, ...]] = {
    "Convolution2D": (Form(_three_numbers, _IMAGE_FORM.names, _IN_KERAS_1),),
    "AtrousConvolution2D": (
        Form(
            _three_numbers,
            "nb_filter nb_row nb_col init activation weights border_mode subsample atrous_rate dim_ordering",
            _IN_KERAS_1,
        ),
    ),
    "Deconvolution2D": (
        Form(
            _three_numbers,
            "nb_filter nb_row nb_col output_shape init activation weights border_mode subsample dim_ordering",
            _IN_KERAS_1,
        ),
    ),
    "LocallyConnected2D": (Form(_three_numbers, _IMAGE_FORM.names, _IN_KERAS_1),),
    "SeparableConvolution2D": (
        Form(_three_numbers, _IMAGE_FORM.names, _IN_KERAS_1),
    ),
    "Dense": (
        Form(lambda args, _: _starts(args, 1), "units kernel_initializer activation weights", _WITH_INITIALIZER),
        Form(
            lambda args, _: len(args) > 1 and _whole(*args[:2]),
            "input_dim units kernel_initializer activation weights",
            "is read as in Keras 0.2: inputs, then outputs.",
        ),
    ),
    "Dropout": (Form(lambda args, _: past.alive and isinstance(args[0], str), "rate"),),
    "Conv1D": (
        Form(
            lambda args, _: _starts(args, 2),
            "filters kernel_size init activation weights padding strides",
            _WITH_INITIALIZER,
        ),
    ),
    "Conv2D": (_IMAGE_FORM,),
    "Conv3D": (
        Form(
            _window(3),
            "nb_filter kernel_dim1 kernel_dim2 kernel_dim3 init activation weights border_mode subsample dim_ordering",
            _IN_KERAS_1,
        ),
    ),
    "SeparableConv2D": (_IMAGE_FORM,),
    "ConvLSTM2D": (
        Form(
            _window(2),
            "nb_filter nb_row nb_col init inner_init forget_bias_init activation inner_activation border_mode",
            _IN_KERAS_1,
        ),
    ),
    "SimpleRNN": (
        Form(
            lambda args, _: _starts(args, 1),
            "units kernel_initializer recurrent_initializer activation",
            _WITH_INITIALIZER,
        ),
    ),
    "GRU": (
        Form(
            lambda args, _: _starts(args, 1),
            "units kernel_initializer recurrent_initializer activation recurrent_activation",
            _WITH_INITIALIZER,
        ),
    ),
    "LSTM": (
        Form(
            lambda args, _: _starts(args, 1),
            "units kernel_initializer recurrent_initializer forget_bias_init activation recurrent_activation",
            _WITH_INITIALIZER,
        ),
    ),
    "Embedding": (Form(lambda args, _: len(args) > 3 and _whole(args[3]), "input_dim output_dim init input_length"),),
    "BatchNormalization": (
        Form(lambda args, _: isinstance(args[0], float) and not args[0].is_integer(), "epsilon mode axis momentum"),
    ),
    "SGD": (
        Form(
            lambda args, _: _is_real(args, 2),
            "learning_rate momentum decay nesterov",
            _OPTIMIZER.format("the third number is `decay`"),
        ),
    ),
    "RMSprop": (
        Form(
            lambda args, _: len(args) > 3 or (_is_real(args, 2) and args[2] < 1e-3) or args[2:3] == (None,),
            "learning_rate rho epsilon decay",
            _OPTIMIZER.format("the third number is `epsilon`"),
        ),
    ),
    "Adagrad": (
        Form(
            lambda args, _: (_is_real(args, 1) and args[1] < 1e-3) or args[1:2] == (None,),
            "learning_rate epsilon decay",
            _OPTIMIZER.format("the second number is `epsilon`"),
        ),
    ),
    "Adadelta": (
        Form(
            lambda args, _: _is_real(args, 3),
            "learning_rate rho epsilon decay",
            _OPTIMIZER.format("the fourth number is `decay`"),
        ),
    ),
    **{
        name: (
            Form(
                lambda args, _: _is_real(args, 4),
                f"learning_rate beta_1 beta_2 epsilon {fifth}",
                _OPTIMIZER.format(f"the fifth number is `{fifth.split()[0]}`"),
            ),
        )
        for name, fifth in (("Adam", "decay amsgrad"), ("Adamax", "decay"), ("Nadam", "schedule_decay"))
    },
}  # fmt: skip
