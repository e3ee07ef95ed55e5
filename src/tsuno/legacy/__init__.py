"""The names and arguments of the past, as tables, and the functions that read them."""

from tsuno.legacy.names import find as find
from tsuno.legacy.names import named as named
from tsuno.legacy.names import names_in as names_in
from tsuno.legacy.rewriting import rewrite as rewrite
