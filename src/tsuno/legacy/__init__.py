"""The names and arguments of the past, as tables, and the two functions that read them."""

from tsuno.legacy.arguments import rewrite as rewrite
from tsuno.legacy.names import find as find
