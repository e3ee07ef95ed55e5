"""Every test starts from the same names and seeds; compiled programs are shared between test processes."""

import gc
import os
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
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


@pytest.fixture(autouse=True, scope="module")
def little_memory():
    """Thousands of compiled programs take gigabytes: those of earlier modules are let go."""
    yield
    held = Path("/proc/self/statm")
    if held.exists() and int(held.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") > 2 << 30:
        gc.collect()
        jax.clear_caches()
