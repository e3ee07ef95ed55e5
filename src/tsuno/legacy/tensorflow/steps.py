"""`tf.train`: counting steps, learning rates that depend on the count, and running means of variables."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tsuno.core.op import Tensor
from tsuno.engine import xp
from tsuno.legacy import symbolic
from tsuno.legacy.tensorflow import modes
from tsuno.legacy.tensorflow.calls import whole
from tsuno.legacy.tensorflow.variables import Variable, _made, trainable_variables


def create_global_step(graph: Any = None) -> Variable:
    """A variable that counts steps."""
    if get_global_step() is not None:
        raise ValueError("There is a global step already: `get_or_create_global_step` gives it.")
    return Variable(np.int64(0), trainable=False, name="global_step")


def get_global_step(graph: Any = None) -> Variable | None:
    """The variable that counts steps, if there is one."""
    found = [v for v in _made if v.path.rpartition("/")[2] == "global_step"]
    return found[-1] if found else None


def get_or_create_global_step(graph: Any = None) -> Variable:
    """The variable that counts steps."""
    return get_global_step() or create_global_step()


def global_step(sess: Any, global_step_tensor: Any) -> int:
    """The count, as a number."""
    return int(sess.run(global_step_tensor))


# ---------------------------------------------------------------------- learning rates


def _rate(function: Callable[..., Any], *args: Any) -> Any:
    """A rate as a tensor; a function without arguments that computes it where tensors have values."""
    if modes.graph_mode():
        return function(*args)
    return lambda: modes.wrapped(function(*[each() if callable(each) else each for each in args]))


def exponential_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
) -> Any:
    """learning_rate · decay_rate^(step / decay_steps); the exponent is rounded down with `staircase`."""
    return _rate(lambda *x: _exponential(*x, staircase, False), learning_rate, global_step, decay_steps, decay_rate)


def natural_exp_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
) -> Any:
    """learning_rate · exp(−decay_rate · step / decay_steps)."""
    return _rate(lambda *x: _exponential(*x, staircase, True), learning_rate, global_step, decay_steps, decay_rate)


@whole
def _exponential(rate: Tensor, step: Tensor, steps: Tensor, decay: Tensor, staircase: bool, natural: bool) -> Any:
    part = _part(step, steps, staircase)
    return rate * (xp.exp(-decay * part) if natural else xp.asarray(decay, "float32") ** part)


def inverse_time_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
) -> Any:
    """learning_rate / (1 + decay_rate · step / decay_steps)."""
    return _rate(lambda *x: _inverse_time(*x, staircase), learning_rate, global_step, decay_steps, decay_rate)


@whole
def _inverse_time(rate: Tensor, step: Tensor, steps: Tensor, decay: Tensor, staircase: bool) -> Any:
    return rate / (1 + decay * _part(step, steps, staircase))


def _part(step: Any, steps: Any, staircase: bool) -> Any:
    part = xp.asarray(step, "float32") / steps
    return xp.floor(part) if staircase else part


def polynomial_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    end_learning_rate: Any = 0.0001,
    power: Any = 1.0,
    cycle: bool = False,
) -> Any:
    """From `learning_rate` to `end_learning_rate` as (1 − step / decay_steps)^power; again and again with `cycle`."""
    return _rate(lambda *x: _polynomial(*x, cycle), learning_rate, global_step, decay_steps, end_learning_rate, power)


@whole
def _polynomial(rate: Tensor, step: Tensor, steps: Tensor, end: Tensor, power: Tensor, cycle: bool) -> Any:
    step, steps = xp.asarray(step, "float32"), xp.asarray(steps, "float32")
    if cycle:
        steps = steps * xp.where(step == 0, 1.0, xp.ceil(step / steps))
    return (rate - end) * (1 - xp.minimum(step, steps) / steps) ** power + end


def cosine_decay(learning_rate: Any, global_step: Any, decay_steps: Any, alpha: Any = 0.0) -> Any:
    """From `learning_rate` to its part `alpha` along half a cosine."""
    return _rate(_cosine, learning_rate, global_step, decay_steps, alpha)


@whole
def _cosine(rate: Tensor, step: Tensor, steps: Tensor, alpha: Tensor) -> Any:
    part = xp.minimum(xp.asarray(step, "float32"), steps) / steps
    return rate * ((1 - alpha) * 0.5 * (1 + xp.cos(math.pi * part)) + alpha)


def piecewise_constant(x: Any, boundaries: Sequence[Any], values: Sequence[Any]) -> Any:
    """The first value up to and with the first boundary, then the second one, and so on.

    Args:
        x: the count of steps.
        boundaries: numbers in order.
        values: one more than boundaries.
    """
    if len(values) != len(boundaries) + 1:
        raise ValueError(f"{len(boundaries)} boundaries part {len(boundaries) + 1} values; got {len(values)}.")
    return _rate(lambda step: _piecewise(step, list(boundaries), list(values)), x)


piecewise_constant_decay = piecewise_constant


@whole
def _piecewise(x: Tensor, boundaries: list[Any], values: list[Any]) -> Any:
    place = xp.sum(xp.asarray(x) > xp.asarray(boundaries))
    return xp.take(xp.asarray(values), place)


# ---------------------------------------------------------------------- running means


class ExponentialMovingAverage:
    """Running means of variables.

    Args:
        decay: how much of the mean stays: mean · decay + value · (1 − decay).
        num_updates: a count of steps t; the decay is then at most (1 + t) / (10 + t).
        zero_debias: accepted for compatibility.
        name: a name.
    """

    def __init__(
        self, decay: Any, num_updates: Any = None, zero_debias: bool = False, name: str = "ExponentialMovingAverage"
    ) -> None:
        self._decay, self._updates, self.name = decay, num_updates, name
        self._means: dict[int, tuple[Any, Variable]] = {}

    def apply(self, var_list: Any = None) -> Any:
        """An operation that moves the means towards the values; done at once where tensors have values."""
        chosen = list(trainable_variables() if var_list is None else var_list)
        for v in chosen:
            if id(v) not in self._means:
                first = v.initial_value if isinstance(v, Variable) else np.zeros(v.shape, str(v.dtype))
                mean = Variable(first if not symbolic.is_drawn(v) else np.zeros(v.shape, v.dtype), trainable=False)
                mean.path = f"{getattr(v, 'path', v.name)}/{self.name}"
                self._means[id(v)] = (v, mean)
        decay = self._decay
        if self._updates is not None:
            decay = _least(decay, self._updates)
        changes = [_moved(self._means[id(v)][1], v, decay) for v in chosen]
        return symbolic.grouped(*changes, name="moving_average") if modes.graph_mode() else None

    def average(self, var: Any) -> Any:
        """The mean of a variable."""
        return self._means[id(var)][1] if id(var) in self._means else None

    def average_name(self, var: Any) -> str:
        """The name of the mean of a variable."""
        return f"{getattr(var, 'path', var.name)}/{self.name}"

    def variables_to_restore(self, moving_avg_variables: Any = None) -> dict[str, Any]:
        """Each variable by the name of its mean; others by their own."""
        means = {id(mean) for _, mean in self._means.values()}
        averaged = trainable_variables() if moving_avg_variables is None else list(moving_avg_variables)
        ids = {id(v) for v in averaged} | set(self._means)
        return {self.average_name(v) if id(v) in ids else v.path: v for v in _made if id(v) not in means}


def _moved(mean: Variable, value: Any, decay: Any) -> Any:
    return mean.assign_sub((mean - value) * (1 - decay))


@whole
def _least(decay: Tensor, count: Tensor) -> Any:
    count = xp.asarray(count, "float32")
    return xp.minimum(decay, (1 + count) / (10 + count))


class Coordinator:
    """Refused: input that threads put in queues is not there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(
            "Queues of input and `tf.train.Coordinator` are not there: read data with `tf.data`, or feed arrays."
        )


def start_queue_runners(*args: Any, **kwargs: Any) -> list[Any]:
    """Nothing to start: there are no queues."""
    return []
