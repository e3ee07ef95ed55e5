"""Preprocessing of Keras 1 and 2: text to integers, windows of series, images drawn anew in each epoch.

Random numbers come from NumPy's global state, in the order in which Keras drew them: `np.random.seed` gives what it
gave then.
"""

from tsuno.legacy.preprocessing import image as image
from tsuno.legacy.preprocessing import sequence as sequence
from tsuno.legacy.preprocessing import text as text
