"""Every test starts from the same names and seeds; compiled programs are shared between test processes."""

import gc
import os
import sys
from pathlib import Path

from surroundings import QUICKLY

os.environ.update({"KERAS_BACKEND": "jax", **QUICKLY} | os.environ)

import jax
import numpy as np
import pytest

import tsuno
from tsuno.core.naming import reset_names

gc.set_threshold(100_000, 20, 100)  # programs are traced all the time: looking for garbage took a tenth of the time

TOGETHER = (
    "test_old_forms", "test_old_tensorflow_arrays", "test_old_tensorflow_networks", "test_neighbours", "test_page",
    "test_pictures", "test_inspector", "test_losses", "test_metrics", "test_optimizers",
)  # fmt: skip
"""Files whose tests share what takes long to make: each runs in one process."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadScopeScheduling

    class Scheduler(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.partition("::")[0]
            return file if Path(file).stem in TOGETHER else nodeid

    return Scheduler(config, log)


GENERATORS = {}
"""The state each test module's random generator was imported with."""


def pytest_collection_finish():
    for module in list(sys.modules.values()):
        for each in (vars(module).get("rng"), vars(module).get("RNG")):
            if isinstance(each, np.random.Generator):
                GENERATORS[each] = each.bit_generator.state


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    """What a test draws does not depend on the tests before it."""
    for generator, state in GENERATORS.items():
        generator.bit_generator.state = state


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
