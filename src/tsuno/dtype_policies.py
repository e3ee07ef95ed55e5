"""Dtype policies: which dtype layers compute in and which they keep weights in."""

from tsuno.core.dtypes import DTypePolicy as DTypePolicy
from tsuno.core.dtypes import get_policy as get
from tsuno.core.registry import serialize as serialize

deserialize = get
