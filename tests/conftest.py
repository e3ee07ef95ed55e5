"""Every test starts from the same names and seeds; compiled programs are shared between test processes."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import pytest

import tsuno
from tsuno.core.naming import reset_names


@pytest.fixture(autouse=True)
def fresh_start():
    reset_names()
    tsuno.utils.set_random_seed(0)
    yield
    tsuno.config.set_dtype_policy("float32")
    tsuno.config.set_image_data_format("channels_last")
