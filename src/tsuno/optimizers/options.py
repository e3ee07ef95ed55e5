"""The arguments that every optimizer takes, written once.

An optimizer's constructor states its own parameters and passes `**options` on. `with_options` puts the base's
parameters where `**options` stands, so that they too have a place in the signature, as in Keras: the fourth argument
of `SGD` is its weight decay. Keyword-only parameters of an optimizer come after them.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from inspect import Parameter
from typing import Any, TypedDict


class OptimizerOptions(TypedDict, total=False):
    """The arguments that every optimizer takes."""

    weight_decay: float | None
    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    loss_scale_factor: float | None
    gradient_accumulation_steps: int | None
    name: str | None
    decay: float | None


def with_options(init: Callable[..., None], base: Callable[..., None]) -> Callable[..., None]:
    """`init` with the parameters of `base` in place of its `**kwargs`."""
    own = list(inspect.signature(init).parameters.values())
    names = {parameter.name for parameter in own}
    if all(parameter.kind is not Parameter.VAR_KEYWORD for parameter in own):
        return init
    options = [each for each in inspect.signature(base).parameters.values() if each.name not in names]
    groups = (
        [each for each in own if each.kind is Parameter.POSITIONAL_OR_KEYWORD],
        [each for each in options if each.kind is Parameter.POSITIONAL_OR_KEYWORD],
        [each.replace(kind=Parameter.POSITIONAL_OR_KEYWORD) for each in own if each.kind is Parameter.KEYWORD_ONLY],
        [each for each in options if each.kind is Parameter.KEYWORD_ONLY],
    )
    full = inspect.Signature([parameter for group in groups for parameter in group])

    @functools.wraps(init)
    def construct(*args: Any, **kwargs: Any) -> None:
        init(**full.bind(*args, **kwargs).arguments)

    construct.__signature__ = full  # type: ignore[attr-defined]
    return construct
