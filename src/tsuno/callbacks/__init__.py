"""Callbacks: what happens besides training while a model trains."""

from tsuno.callbacks.base import Callback as Callback
from tsuno.callbacks.base import History as History
from tsuno.callbacks.base import LambdaCallback as LambdaCallback
from tsuno.callbacks.callback_list import CallbackList as CallbackList
from tsuno.callbacks.logging import CSVLogger as CSVLogger
from tsuno.callbacks.progress import ProgbarLogger as ProgbarLogger
from tsuno.callbacks.steering import EarlyStopping as EarlyStopping
from tsuno.callbacks.steering import LearningRateScheduler as LearningRateScheduler
from tsuno.callbacks.steering import ReduceLROnPlateau as ReduceLROnPlateau
from tsuno.callbacks.steering import TerminateOnNaN as TerminateOnNaN
