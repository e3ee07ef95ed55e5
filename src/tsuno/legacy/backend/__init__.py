"""`keras.backend` as programs of Keras 1 and 2 and of `tf.keras` know it, over `tsuno.ops`.

Functions have the names, parameters and numbers of Keras 2.3 and 2.15 on TensorFlow. They work on arrays, variables,
numbers and symbolic tensors, and within compiled programs. `OLD_ARGUMENTS` has the parameters of before.
"""

from tsuno.legacy.backend.convolution import *
from tsuno.legacy.backend.elementwise import *
from tsuno.legacy.backend.first_version import *
from tsuno.legacy.backend.neural import *
from tsuno.legacy.backend.old_arguments import OLD_ARGUMENTS as OLD_ARGUMENTS
from tsuno.legacy.backend.products import *
from tsuno.legacy.backend.randomness import *
from tsuno.legacy.backend.recurrence import *
from tsuno.legacy.backend.reductions import *
from tsuno.legacy.backend.sequences import *
from tsuno.legacy.backend.settings import *
from tsuno.legacy.backend.shaping import *
from tsuno.legacy.backend.variables import *
