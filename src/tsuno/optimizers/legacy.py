"""The names under which Keras 2.11 to 2.15 kept the optimizers before theirs; programs that use them get today's."""

from tsuno.optimizers.adagrad import Adagrad as Adagrad
from tsuno.optimizers.adam import Adam as Adam
from tsuno.optimizers.base import Optimizer as Optimizer
from tsuno.optimizers.ftrl import Ftrl as Ftrl
from tsuno.optimizers.rmsprop import RMSprop as RMSprop
from tsuno.optimizers.sgd import SGD as SGD
