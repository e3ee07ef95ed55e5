"""Callbacks: what happens besides training while a model trains.

`Inspector` stands in `tsuno.inspector`, with the page that it opens, and is brought in when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tsuno.callbacks.averaging import StochasticWeightAveraging as StochasticWeightAveraging
from tsuno.callbacks.averaging import SwapEMAWeights as SwapEMAWeights
from tsuno.callbacks.backup import BackupAndRestore as BackupAndRestore
from tsuno.callbacks.base import Callback as Callback
from tsuno.callbacks.base import LambdaCallback as LambdaCallback
from tsuno.callbacks.callback_list import CallbackList as CallbackList
from tsuno.callbacks.checkpointing import ModelCheckpoint as ModelCheckpoint
from tsuno.callbacks.checkpointing import OrbaxCheckpoint as OrbaxCheckpoint
from tsuno.callbacks.finding import LearningRateFinder as LearningRateFinder
from tsuno.callbacks.history import History as History
from tsuno.callbacks.logging import CSVLogger as CSVLogger
from tsuno.callbacks.logging import RemoteMonitor as RemoteMonitor
from tsuno.callbacks.logging import Timer as Timer
from tsuno.callbacks.looking import BatchTransform as BatchTransform
from tsuno.callbacks.looking import DetectAnomaly as DetectAnomaly
from tsuno.callbacks.progress import ProgbarLogger as ProgbarLogger
from tsuno.callbacks.statistics import WeightStatistics as WeightStatistics
from tsuno.callbacks.statistics import WholeSetMetrics as WholeSetMetrics
from tsuno.callbacks.steering import EarlyStopping as EarlyStopping
from tsuno.callbacks.steering import LearningRateScheduler as LearningRateScheduler
from tsuno.callbacks.steering import MaxTime as MaxTime
from tsuno.callbacks.steering import MonitorCallback as MonitorCallback
from tsuno.callbacks.steering import ReduceLROnPlateau as ReduceLROnPlateau
from tsuno.callbacks.steering import TerminateOnNaN as TerminateOnNaN
from tsuno.callbacks.tensorboard import TensorBoard as TensorBoard

if TYPE_CHECKING:
    from tsuno.inspector.callback import Inspector as Inspector


def __getattr__(name: str) -> Any:
    if name != "Inspector":
        raise AttributeError(f"module 'tsuno.callbacks' has no attribute {name!r}")
    globals()[name] = found = getattr(importlib.import_module("tsuno.inspector.callback"), name)
    return found
