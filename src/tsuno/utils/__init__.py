"""Small tools around models and data."""

from tsuno.core.seeds import set_random_seed as set_random_seed
