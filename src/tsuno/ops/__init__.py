"""The vocabulary that everything else is written in: functions on arrays with NumPy's names and meaning."""

from tsuno.ops.elementwise import *  # noqa: F403
