"""Callbacks: what happens besides training while a model trains."""

from tsuno.callbacks.averaging import StochasticWeightAveraging as StochasticWeightAveraging
from tsuno.callbacks.averaging import SwapEMAWeights as SwapEMAWeights
from tsuno.callbacks.backup import BackupAndRestore as BackupAndRestore
from tsuno.callbacks.base import Callback as Callback
from tsuno.callbacks.base import History as History
from tsuno.callbacks.base import LambdaCallback as LambdaCallback
from tsuno.callbacks.callback_list import CallbackList as CallbackList
from tsuno.callbacks.checkpointing import ModelCheckpoint as ModelCheckpoint
from tsuno.callbacks.checkpointing import OrbaxCheckpoint as OrbaxCheckpoint
from tsuno.callbacks.finding import LearningRateFinder as LearningRateFinder
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
