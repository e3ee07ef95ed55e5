"""`tf.distribute`: strategies as plain blocks on one device. `tsuno.distribution` spreads models over several."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tsuno import ops
from tsuno.legacy.tensorflow import modes


class Strategy:
    """One device.

    Args:
        *args: accepted for compatibility.
        **kwargs: accepted for compatibility.
    """

    num_replicas_in_sync = 1

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.extended = self
        self.worker_devices = ("/device:0",)

    @contextmanager
    def scope(self) -> Iterator[Strategy]:
        """A block."""
        yield self

    def run(self, fn: Callable[..., Any], args: Any = (), kwargs: Any = None, options: Any = None) -> Any:
        """What a function returns."""
        return fn(*args, **(kwargs or {}))

    experimental_run_v2 = run

    def reduce(self, reduce_op: Any, value: Any, axis: Any = None) -> Any:
        """The value, summed or averaged along an axis if one is given."""
        if axis is None:
            return value
        found = ops.sum(value, axis) if str(reduce_op).upper().endswith("SUM") else ops.mean(value, axis)
        return modes.given_out(found)

    def experimental_distribute_dataset(self, dataset: Any, options: Any = None) -> Any:
        """The data."""
        return dataset

    def distribute_datasets_from_function(self, dataset_fn: Callable[..., Any], options: Any = None) -> Any:
        """The data that a function makes."""
        return dataset_fn(InputContext())

    experimental_distribute_datasets_from_function = distribute_datasets_from_function

    def experimental_local_results(self, value: Any) -> tuple[Any, ...]:
        """The value."""
        return (value,)

    def unwrap(self, value: Any) -> tuple[Any, ...]:
        """The value."""
        return (value,)


class InputContext:
    """Which part of the data is read: all."""

    num_input_pipelines, input_pipeline_id, num_replicas_in_sync = 1, 0, 1

    def get_per_replica_batch_size(self, global_batch_size: int) -> int:
        """The size of a batch."""
        return global_batch_size


class MirroredStrategy(Strategy):
    """One device."""


class OneDeviceStrategy(Strategy):
    """One device."""


class MultiWorkerMirroredStrategy(Strategy):
    """One device."""


class CentralStorageStrategy(Strategy):
    """One device."""


class TPUStrategy(Strategy):
    """One device."""


class ReduceOp:
    """How values are merged."""

    SUM, MEAN = "SUM", "MEAN"


class HierarchicalCopyAllReduce:
    """Accepted for compatibility."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take anything."""


class NcclAllReduce(HierarchicalCopyAllReduce):
    """Accepted for compatibility."""


class ReductionToOneDevice(HierarchicalCopyAllReduce):
    """Accepted for compatibility."""


_the_strategy = Strategy()


def get_strategy() -> Strategy:
    """One device."""
    return _the_strategy


def has_strategy() -> bool:
    """Whether there are several devices: no."""
    return False


def in_cross_replica_context() -> bool:
    """Whether code is outside of copies of a model: yes."""
    return True


def get_replica_context() -> Any:
    """One copy."""
    return None


AS_THEY_ARE = {"get_replica_context", "get_strategy", "has_strategy", "in_cross_replica_context"}
