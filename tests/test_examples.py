"""Every example in a docstring runs and prints what it says; every op has one."""

import doctest
import importlib
import inspect
import pkgutil

import numpy as np
import pytest

import tsuno
from tsuno import ops

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def _modules() -> list[str]:
    return [tsuno.__name__, *(found.name for found in pkgutil.walk_packages(tsuno.__path__, "tsuno."))]


@pytest.fixture(scope="module")
def names() -> dict[str, object]:
    """What examples may use without importing it: `tsuno`, its public parts, and NumPy as `np`."""
    found: dict[str, object] = {"tsuno": tsuno, "np": np}
    for part in pkgutil.iter_modules(tsuno.__path__):
        if not part.name.startswith("_"):
            found[part.name] = importlib.import_module(f"tsuno.{part.name}")
    return found


@pytest.mark.parametrize("name", _modules())
def test_examples(name: str, names: dict[str, object]) -> None:
    module = importlib.import_module(name)
    # Examples see public names only, not those of the module. The finder passes over what a decorator has wrapped.
    wrapped = [item for item in vars(module).values() if hasattr(item, "__wrapped__") and item.__module__ == name]
    finder, runner = doctest.DocTestFinder(exclude_empty=True), doctest.DocTestRunner(optionflags=FLAGS)
    tests = {test.name: test for test in finder.find(module, name, module, globs=dict(names))}
    for item in wrapped:
        path = f"{name}.{item.__qualname__}"
        tests |= {test.name: test for test in finder.find(item, path, module, globs=dict(names))}
    for test in tests.values():
        runner.run(test)
    assert not runner.failures


def test_every_op_has_an_example() -> None:
    public = [item for item in vars(ops).values() if inspect.isfunction(item)]
    lacking = [item.__name__ for item in public if ">>>" not in (item.__doc__ or "")]
    assert len(public) > 200
    assert not lacking
