"""`keras.backend` of the past: the numbers of Keras 2 on TensorFlow, and one meaning wherever a function is called."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from itertools import pairwise, product
from typing import Any

import keras
import numpy as np
import pytest
from old_backend_rows import FILE, ROWS, Row, flat

import tsuno
from tsuno import engine
from tsuno.legacy import backend as K
from tsuno.legacy import sessions
from tsuno.legacy.rows import Row as Reading

RECORDED = dict(np.load(FILE))
CHUNKS = [list(range(start, min(start + 30, len(ROWS)))) for start in range(0, len(ROWS), 30)]
CHECKED = {each.function for each in ROWS}


def arrays_of(row: Row) -> list[np.ndarray]:
    """The arrays among the arguments, which may be lists of arrays."""
    values = [*row.args, *row.kwargs.values()]
    return [leaf for value in values for leaf in (value if isinstance(value, list) else [value]) if is_array(leaf)]


def is_array(x: Any) -> bool:
    return isinstance(x, np.ndarray)


def call(row: Row, arrays: list[Any]) -> Any:
    """The call with other values in the places of its arrays."""
    given = iter(arrays)

    def filled(value: Any) -> Any:
        if isinstance(value, list):
            return [filled(item) for item in value]
        return next(given) if is_array(value) else value

    args = [filled(value) for value in row.args]
    return getattr(K, row.function)(*args, **{name: filled(value) for name, value in row.kwargs.items()})


def expected(place: int) -> list[np.ndarray]:
    names = [name for name in RECORDED if name.startswith(f"{place}:")]
    return [RECORDED[name] for name in sorted(names)]


def close(found: Any, wanted: list[np.ndarray], row: Row) -> None:
    found = flat(found)
    assert len(found) == len(wanted), row.function
    for mine, theirs in zip(found, wanted, strict=True):
        assert mine.shape == theirs.shape, (row.function, mine.shape, theirs.shape)
        assert mine.dtype.kind == theirs.dtype.kind, (row.function, mine.dtype, theirs.dtype)
        np.testing.assert_allclose(mine, theirs, row.tolerance, 2e-6, err_msg=row.function)


def test_numbers_of_keras_2() -> None:
    """Called at once: the first row of each function, and those without arrays."""
    seen = set()
    for place, row in enumerate(ROWS):
        if row.function not in seen or not arrays_of(row) or row.function in ON_VALUES:
            close(call(row, arrays_of(row)), expected(place), row)
        seen.add(row.function)


@pytest.mark.parametrize("places", CHUNKS)
def test_symbolic_and_compiled_are_as_eager(places: list[int]) -> None:
    """All rows, called and through a graph of symbolic tensors with unknown batch, in one compiled program."""
    chosen = [place for place in places if arrays_of(ROWS[place]) and ROWS[place].function not in ON_VALUES]
    given = {place: [engine.asarray(array) for array in arrays_of(ROWS[place])] for place in chosen}
    inputs = {place: symbols(ROWS[place].function, given[place]) for place in chosen}
    outputs = {place: call(ROWS[place], inputs[place]) for place in chosen}
    graphs = {place: tsuno.Model(inputs[place], outputs[place]) for place in chosen}

    @tsuno.jit
    def program(given: Any) -> Any:
        return [(flat_of(call(ROWS[place], given[place])), flat_of(graphs[place](given[place]))) for place in chosen]

    for place, (called, drawn) in zip(chosen, program(given), strict=True):
        close(called, expected(place), ROWS[place])
        close(drawn, expected(place), ROWS[place])
        for tensor, array in zip(flat_of(outputs[place]), drawn, strict=True):
            sizes = [known for size, known in zip(tensor.shape, array.shape, strict=True) if size not in (None, known)]
            assert not sizes and tensor.dtype == str(array.dtype), ROWS[place].function


ON_VALUES = {"cast_to_floatx", "count_params", "is_sparse"}


def symbols(function: str, arrays: list[Any]) -> list[Any]:
    """Symbolic tensors of unknown batch size; kernels and biases have none."""
    weights = function.startswith(("conv", "separable", "depthwise", "local", "bias"))
    return [
        tsuno.Input(
            batch_shape=(None, *x.shape[1:])
            if x.shape[0] == arrays[0].shape[0] and not (weights and place)
            else x.shape,
            dtype=str(x.dtype),
        )
        for place, x in enumerate(arrays)
    ]


@pytest.mark.parametrize("function", ["relu", "rnn", "batch_dot", "local_conv2d", "sparse_categorical_crossentropy"])
def test_gradients_are_slopes(function: str) -> None:
    """Along one direction, of the last row of each with arguments beside arrays, against the change of the value."""
    row = [each for each in ROWS if each.function == function][-1]
    arrays = arrays_of(row)
    place = next(place for place, array in enumerate(arrays) if array.dtype == np.float32)
    direction = np.random.default_rng(1).normal(size=arrays[place].shape).astype("float32")

    def value(amount: Any) -> Any:
        moved = [*arrays[:place], arrays[place] + amount * direction, *arrays[place + 1 :]]
        return sum(K.mean(K.sin(K.cast(each, "float32"))) for each in flat_of(call(row, moved)))

    amount = tsuno.Variable(0.0)

    @tsuno.jit
    def program(step: Any) -> Any:
        return tsuno.grad(lambda: value(amount), [amount])()[0], (value(step) - value(-step)) / (2 * step)

    slope, change = map(float, program(1e-2))
    assert slope != 0 and abs(slope - change) < 2e-2 * max(1, abs(slope))


def flat_of(result: Any) -> list[Any]:
    return [leaf for item in result for leaf in flat_of(item)] if isinstance(result, (list, tuple)) else [result]


# ---------------------------------------------------------------------- every function

OWN = {name: item for name, item in vars(K).items() if inspect.isfunction(item)}
CHECKED_BELOW = {
    "asymmetric_spatial_2d_padding", "asymmetric_temporal_padding", "atrous_conv2d", "backend", "batch_get_value",
    "ctc_label_dense_to_sparse", "deconv2d", "disable_tf_random_generator", "dropout", "enable_tf_random_generator",
    "epsilon", "floatx", "image_data_format", "image_dim_ordering", "is_tf_random_generator_enabled",
    "legacy_weight_ordering", "lesser", "lesser_equal", "normalize_data_format", "random_bernoulli",
    "random_binomial", "random_normal", "random_normal_variable", "random_uniform", "random_uniform_variable",
    "set_epsilon", "set_floatx", "set_image_data_format", "set_image_dim_ordering", "set_legacy_weight_ordering",
    "size", "slice", "truncated_normal",
}  # fmt: skip
LATER = {"ctc_decode"}
"""Those to which versions after 2.3 or before 2.15 gave other parameters."""


def test_every_function_is_checked() -> None:
    written = {name for name, item in OWN.items() if item.__module__.startswith("tsuno.legacy.backend")}
    assert len(written) > 120
    assert written <= {each.function for each in ROWS} | CHECKED_BELOW


def test_parameters_are_those_of_keras_2() -> None:
    compared = 0
    for text in RECORDED["signatures"]:
        name = text.partition("(")[0]
        if name not in OWN or not OWN[name].__module__.startswith("tsuno.legacy.backend"):
            continue
        own = ", ".join(
            parameter.name if parameter.default is parameter.empty else f"{parameter.name}={parameter.default!r}"
            for parameter in inspect.signature(OWN[name]).parameters.values()
        )
        theirs = text[len(name) + 1 : -1]
        assert own == theirs or (name in LATER and own.startswith(theirs)), name
        compared += 1
    assert compared > 110


def test_old_parameters_lead_to_todays() -> None:
    for name, rows in K.OLD_ARGUMENTS.items():
        if name not in OWN:
            continue
        known = inspect.signature(OWN[name]).parameters
        for old, row in rows.items():
            new = row.new if isinstance(row, Reading) else row
            assert old not in known and (new is None or new in known), (name, old)
    image, kernel = np.ones((1, 2, 4, 5), "float32"), np.random.default_rng(0).normal(size=(3, 2, 2, 3))
    read = K.OLD_ARGUMENTS["conv2d"]["dim_ordering"]
    assert isinstance(read, Reading)
    first = K.conv2d(image, **read.read(kernel, "th"))
    last = K.conv2d(image.transpose(0, 2, 3, 1), kernel.transpose(2, 3, 1, 0))
    np.testing.assert_allclose(first, np.moveaxis(last, -1, 1), 1e-5, 1e-5)
    assert read.read(kernel, "tf")["kernel"] is kernel


def test_functions_of_keras_1() -> None:
    draw = np.random.default_rng(0)
    image, kernel = draw.normal(size=(1, 2, 4, 5)), draw.normal(size=(3, 2, 2, 2))
    turned, other = image.transpose(0, 2, 3, 1), kernel.transpose(2, 3, 1, 0)
    padded = K.asymmetric_spatial_2d_padding(image, 1, 0, 0, 2, "th")
    assert padded.shape == (1, 2, 5, 7) and not padded[:, :, 0].any() and not padded[..., -2:].any()
    assert K.asymmetric_temporal_padding(image[0], 2, 1).shape == (2, 7, 5)
    for first, last in (
        (K.atrous_conv2d(image, kernel, 2, "same", "th"), K.conv2d(turned, other, (1, 1), "same", None, (2, 2))),
        (
            K.deconv2d(image, kernel, (None, 3, 8, 10), (2, 2), "same", "th"),
            K.conv2d_transpose(turned, other.swapaxes(2, 3), (None, 8, 10, 3), (2, 2), "same"),
        ),
    ):
        np.testing.assert_allclose(first, np.moveaxis(last, -1, 1), 1e-5, 1e-5)
    assert K.lesser(1, 2) and K.lesser_equal(2, 2)
    assert K.temporal_padding(image[0], 1).shape == (2, 6, 5) and K.spatial_2d_padding(image, (1, 2)).shape[1:3] == (
        4,
        8,
    )


def test_labels_of_sequences() -> None:
    frames = np.eye(3, dtype="float32")[[0, 0, 2, 0, 1, 2]][None] * 0.9 + 0.03
    (kept,), _ = K.ctc_decode(frames, [6], greedy=False, beam_width=5)
    (merged,), _ = K.ctc_decode(frames, [6], greedy=False, beam_width=5, merge_repeated=True)
    assert kept.tolist() == [[0, 0, 1, -1, -1, -1]] and merged.tolist() == [[0, 1, -1, -1, -1, -1]]
    assert K.ctc_label_dense_to_sparse([[1, 2, 3], [4, 5, 6]], [1, 3]).tolist() == [[1, -1, -1], [4, 5, 6]]
    assert int(K.size(np.ones((2, 3)))) == 6 and K.size(tsuno.Input(batch_shape=(2, 3))).shape == ()


# ---------------------------------------------------------------------- randomness, variables, settings


def test_random_numbers() -> None:
    shape = (4000,)
    for x, mean, deviation in (
        (K.random_normal(shape, 1.0, 2.0, seed=1), 1.0, 2.0),
        (K.random_uniform(shape, -1.0, 3.0, seed=2), 1.0, 4 / 12**0.5),
        (K.truncated_normal(shape, 1.0, 2.0, seed=3), 1.0, 2 * 0.8796),
        (K.random_bernoulli(shape, 0.25, seed=4), 0.25, (0.25 * 0.75) ** 0.5),
        (K.random_binomial(shape, p=0.25, dtype="float16", seed=5), 0.25, (0.25 * 0.75) ** 0.5),
        (K.random_uniform_variable(shape, -1.0, 3.0, seed=6), 1.0, 4 / 12**0.5),
        (K.random_normal_variable(shape, 1.0, 2.0, seed=7), 1.0, 2.0),
        (K.dropout(np.ones(shape), 0.25, seed=8), 1.0, (1 / 3) ** 0.5),
    ):
        values = np.asarray(x, "float64")
        assert abs(values.mean() - mean) < 0.1 and abs(values.std() - deviation) < 0.1
    assert set(np.asarray(K.random_uniform((50,), 0, 3, "int32")).tolist()) == {0, 1, 2}
    assert (K.random_normal((3,), seed=1) == K.random_normal((3,), seed=1)).all()
    assert (K.random_normal((3,)) != K.random_normal((3,))).any()
    kept = np.asarray(K.dropout(np.ones((30, 5)), 0.5, (None, 1), seed=1))
    assert (kept == kept[:, :1]).all() and set(kept.ravel()) == {0.0, 2.0}


NOISES: list[Callable[[Any], Any]] = [
    lambda x: x + K.random_normal((x.shape[0], 2)),
    lambda x: x + K.random_uniform(sessions.shape(x), seed=np.int64(3)),
    lambda x: K.rnn(lambda x, s: (K.dropout(x + 1, 0.5, seed=1) + K.random_normal((2,)), []), x[:, None], [])[0],
]


@pytest.mark.parametrize("noise", NOISES)
def test_layers_draw_anew_each_time(noise: Callable[[Any], Any]) -> None:
    """As variational autoencoders do: without a generator of their own, and in a compiled step."""
    x = tsuno.Input((2,))
    model = tsuno.Model(x, tsuno.layers.Lambda(noise)(x))
    assert not model.weights and model.variables
    data = np.zeros((4, 2), "float32")
    run = tsuno.jit(lambda data: model(data), model)
    drawn = [np.asarray(each) for each in (run(data), run(data), model(data))]
    assert all((a != b).all() for a, b in pairwise(drawn))
    model.compile("sgd", lambda target, found: K.mean(K.square(found), axis=-1))
    losses = [model.train_on_batch(data, data) for _ in range(3)]
    assert len(set(map(float, losses))) == 3


def test_sizes_come_with_the_data() -> None:
    """Numbers from `K.shape` of symbolic tensors are sizes, in functions and in models; each call draws anew."""
    x = tsuno.Input((3,))
    rows, columns = sessions.shape(x)[0], sessions.shape(x)[1]
    wanted: list[tuple[Any, tuple[int | None, ...], Callable[[int], tuple[int, ...]]]] = [
        (K.zeros((rows, 4)), (None, 4), lambda n: (n, 4)),
        (K.ones(sessions.shape(x)), (None, 3), lambda n: (n, 3)),
        (K.reshape(x, (rows * columns, 1)), (None, 1), lambda n: (3 * n, 1)),
        (K.tile(K.ones((1, 2)), (rows, 2)), (None, 4), lambda n: (n, 4)),
        (K.tile(x, [1, columns]), (None, 9), lambda n: (n, 9)),
        (K.arange(1, rows * 2), (None,), lambda n: (2 * n - 1,)),
        (K.random_uniform((rows, columns)), (None, 3), lambda n: (n, 3)),
        (K.dropout(x, 0.5, (rows, 1)), (None, 3), lambda n: (n, 3)),
    ]
    tensors = [tensor for tensor, _, _ in wanted]
    run, model = sessions.function([x], tensors), tsuno.Model(x, tensors)
    for count in (2, 5):
        data = np.ones((count, 3), "float32")
        once, again = run([data]), run([data])
        for (tensor, known, shape), mine, modelled in zip(wanted, once, model(data), strict=True):
            assert tensor.shape == known and mine.shape == shape(count) == modelled.shape
        assert (once[-2] != again[-2]).all()
    assert once[4].all() and once[5].tolist() == [*range(1, 10)]


def test_variables_are_variables_in_programs_too() -> None:
    made = [K.zeros((2, 3)), K.ones((2,), "int32", "a/b"), K.eye(2), K.random_normal_variable((2,), 0, 1)]
    assert all(isinstance(each, tsuno.Variable) for each in made)
    assert [each.dtype for each in made] == ["float32", "int32", "float32", "float32"]
    assert K.eye((2, 3)).shape == (2, 3) and K.eye(2).numpy().tolist() == [[1, 0], [0, 1]]

    @tsuno.jit
    def program(x: Any) -> Any:
        return K.dot(x, K.eye(2)) + K.zeros((1, 2)) + K.ones(K.zeros_like(x).shape)

    assert program(np.ones((1, 2), "float32")).tolist() == [[2.0, 2.0]]


def test_settings() -> None:
    assert K.backend() == "tensorflow" and tsuno.backend.backend() == keras.backend.backend() == "jax"
    assert (K.image_dim_ordering(), K.image_data_format()) == ("tf", "channels_last")
    try:
        K.set_image_dim_ordering("th")
        assert (K.image_dim_ordering(), K.normalize_data_format(None)) == ("th", "channels_first")
        assert K.conv2d(np.ones((1, 2, 4, 4)), np.ones((2, 2, 2, 3))).shape == (1, 3, 3, 3)
        K.set_image_data_format("channels_last")
        K.set_epsilon(1e-3)
        K.set_floatx("float16")
        assert (K.epsilon(), K.floatx(), K.ones(2).dtype) == (1e-3, "float16", "float16")
    finally:
        K.set_image_dim_ordering("tf")
        K.set_epsilon(1e-7)
        K.set_floatx("float32")
    with pytest.raises(ValueError, match="'tf'"):
        K.set_image_dim_ordering("channels_first")
    K.set_legacy_weight_ordering(True)
    K.disable_tf_random_generator()
    assert K.legacy_weight_ordering() and not K.is_tf_random_generator_enabled()
    K.set_legacy_weight_ordering(False)
    K.enable_tf_random_generator()
    assert K.is_tf_random_generator_enabled() and not K.legacy_weight_ordering()
    assert (K.py_all, K.py_any, K.py_sum, K.py_slice) == (all, any, sum, slice)


def test_backend_of_today() -> None:
    theirs, mine = keras.backend, tsuno.backend
    dtypes = ["bool", "uint8", "uint32", "int8", "int32", "int64", "float16", "bfloat16", "float32", "float64", int]
    for pair in [(), *product([*dtypes, float, None], repeat=2)]:
        assert mine.result_type(*pair) == theirs.result_type(*pair), pair
    for name, dtype in product(("is_float_dtype", "is_int_dtype", "standardize_dtype"), dtypes):
        assert getattr(mine, name)(dtype) == getattr(theirs, name)(dtype)
    with pytest.raises(ValueError, match="Cast it to a wider one first"):
        mine.result_type("float8_e4m3fn", "float32")
    mine.clear_session()
    assert [mine.get_uid("dense"), mine.get_uid("dense"), mine.get_uid()] == [1, 2, 1]
    assert tsuno.layers.Dense(1).name == "dense_2"
    assert mine.is_keras_tensor(tsuno.Input((2,))) and not mine.is_keras_tensor(np.ones(2))


# ---------------------------------------------------------------------- as programs use it


def test_losses_metrics_and_layers_of_the_age() -> None:
    def f1(y_true: Any, y_pred: Any) -> Any:
        hits = K.sum(K.round(K.clip(y_true * y_pred, 0, 1)))
        precision = hits / (K.sum(K.round(K.clip(y_pred, 0, 1))) + K.epsilon())
        recall = hits / (K.sum(K.round(K.clip(y_true, 0, 1))) + K.epsilon())
        return 2 * precision * recall / (precision + recall + K.epsilon())

    def contrastive(y_true: Any, y_pred: Any) -> Any:
        return K.mean(y_true * K.square(y_pred) + (1 - y_true) * K.square(K.maximum(1 - y_pred, 0)))

    class Attention(tsuno.layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.kernel = self.add_weight((input_shape[-1], 1), "ones", name="kernel")

        def call(self, x: Any) -> Any:
            weights = K.softmax(K.squeeze(K.dot(x, self.kernel), -1))
            return K.batch_dot(weights, x, axes=(1, 1)) + K.rnn(lambda x, s: (x + s[0], [x]), x, [x[:, 0]])[0] * 0.1

    a, b = tsuno.Input((5, 3)), tsuno.Input((5, 3))
    shared = Attention()
    distance = tsuno.layers.Lambda(
        lambda pair: K.sqrt(K.sum(K.square(pair[0] - pair[1]), axis=1, keepdims=True)),
        output_shape=lambda shapes: (shapes[0][0], 1),
    )([shared(a), shared(b)])
    model = tsuno.Model([a, b], distance)
    model.compile("sgd", contrastive, metrics=[f1])
    draw = np.random.default_rng(0)
    data = [draw.normal(size=(6, 5, 3)).astype("float32") for _ in range(2)]
    labels = draw.integers(0, 2, (6, 1)).astype("float32")
    logs = model.fit(data, labels, epochs=2, verbose=0).history
    assert np.isfinite(logs["loss"]).all() and 0 <= logs["f1"][0] <= 1 and logs["loss"][0] != logs["loss"][1]


def test_numbers_variables_and_nothing() -> None:
    v = tsuno.Variable([[1.0, -2.0]])
    assert float(K.abs(-2.0)) == 2 and float(K.sum(v)) == -1 and K.clip(v, -1, 1).tolist() == [[1.0, -1.0]]
    assert K.concatenate([v, np.ones((1, 1))]).shape == (1, 3) and K.gather(v, 0).tolist() == [1.0, -2.0]
    assert [each.tolist() for each in K.stop_gradient([v])] == [[[1.0, -2.0]]]
    empty = np.zeros((0, 3), "float16")
    assert K.softmax(empty).dtype == "float16" and K.batch_dot(empty, empty).shape == (0, 1)
    for name in ("relu", "hard_sigmoid", "l2_normalize", "sqrt"):
        assert str(getattr(K, name)(empty).dtype) == "float16", name
    assert K.slice(np.arange(6).reshape(2, 3), (0, 1), (-1, 2)).tolist() == [[1, 2], [4, 5]]
    x = tsuno.Variable([-1.0, 4.0])
    assert tsuno.grad(lambda: K.sum(K.sqrt(x)), [x])()[0].tolist() == [0.0, 0.25]


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: K.batch_dot(np.ones((2, 3)), np.ones((2, 3)), axes=0), "batch_dot.axes.*K.expand_dims"),
        (lambda: K.batch_dot(np.ones(2), np.ones((2, 3))), "batch_dot.x"),
        (lambda: K.batch_dot(np.ones((2, 3)), np.ones((2, 3)), axes=((1,), (1,))), "batch_dot.axes"),
        (lambda: K.rnn(lambda x, s: (x, s), np.ones((2, 3)), []), "rnn.inputs"),
        (lambda: K.pool2d(np.ones((1, 2, 2, 1)), (2, 2), pool_mode="mean"), "pool_mode"),
        (lambda: K.deconv2d(np.ones((1, 2, 2, 1)), np.ones((2, 2, 1, 1)), (1, 3, 3, 1), dim_ordering="x"), "dim_order"),
        (lambda: K.spatial_2d_padding(np.ones((1, 2, 2, 1)), data_format="th"), "channels_first"),
    ],
)
def test_wrong_input_gets_one_clear_sentence(attempt: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        attempt()
