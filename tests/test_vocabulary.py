"""Every public name of Keras in the namespaces of the vocabulary is here, with its parameters in their order; what is refused is refused
with a reason."""

from __future__ import annotations

import importlib
import inspect
import json
import os
from pathlib import Path

import pytest

import tsuno

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = pytest.importorskip("keras")

NAMESPACES = [
    "layers", "ops", "ops.numpy", "ops.nn", "ops.linalg", "ops.image", "activations", "initializers", "regularizers", "constraints",
    "losses", "metrics", "optimizers", "optimizers.schedules", "optimizers.legacy", "random", "dtype_policies", "tree", "config", "utils",
    "utils.bounding_boxes", "quantizers", "callbacks", "wrappers", "distillation", "mixed_precision", "backend", "preprocessing",
    "preprocessing.image", "preprocessing.sequence", "datasets.mnist", "datasets.imdb", "datasets.reuters", "datasets.cifar10",
    "datasets.cifar100", "datasets.fashion_mnist", "datasets.boston_housing", "datasets.california_housing", "applications",
    "visualization",
]  # fmt: skip
REFUSED = json.loads((Path(tsuno.__file__).parent / "core" / "refused.json").read_text())
# Parameters that are named otherwise, with the reason.
OTHERWISE: dict[str, set[str]] = {}


def module(root: str, namespace: str):
    return importlib.import_module(f"{root}.{namespace}")


def names(namespace: str) -> list[str]:
    return [name for name in dir(module("keras", namespace)) if not name.startswith("_")]


def parameters(item: object) -> list[str]:
    """The parameters that can be given by name."""
    try:
        signature = inspect.signature(item)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return []
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in signature.parameters.values() if p.kind not in variadic]


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_name_is_here_with_its_parameters(namespace: str) -> None:
    lacking = []
    for name in names(namespace):
        theirs, ours = getattr(module("keras", namespace), name), getattr(module("tsuno", namespace), name, None)
        if inspect.ismodule(theirs):
            continue
        if ours is None:
            lacking.append(name)
        elif not f"{namespace}.{name}".startswith("optimizers.legacy"):  # Keras' only say that they are gone
            absent = set(parameters(theirs)) - set(parameters(ours)) - OTHERWISE.get(f"{namespace}.{name}", set())
            lacking += [f"{name}({parameter})" for parameter in sorted(absent)]
    assert not lacking, lacking


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_why(name: str) -> None:
    namespace, _, short = name.rpartition(".")
    item = getattr(module("tsuno", namespace), short)
    given = {
        p: None for p in parameters(item) if inspect.signature(item).parameters[p].default is inspect.Parameter.empty
    }
    with pytest.raises(NotImplementedError) as raised:
        item(**given)
    assert REFUSED[name] in str(raised.value) and len(REFUSED[name]) > 60


def test_nothing_else_is_refused() -> None:
    source = Path(tsuno.__file__).parent
    used = [
        line
        for path in source.rglob("*.py")
        for line in path.read_text().splitlines()
        if "refused(" in line and "def " not in line
    ]
    assert sum('refused("' in line for line in used) == len(REFUSED)
