"""The tree is the architecture: one importer of JAX, imports in one direction, nothing heavy at import."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "tsuno"
# Each may import the ones before it and itself; names in one entry may import each other.
ORDER = [
    ["engine"],
    ["core"],
    ["ops"],
    ["random", "initializers", "regularizers", "constraints", "activations", "quantizers"],
    ["losses", "metrics", "optimizers"],
    ["rewrite"],
    ["layers"],
    ["graph"],
    ["drawing"],
    ["saving"],
    ["export"],
    ["data"],
    ["callbacks"],
    ["training"],
    ["models"],
    ["distribution"],
    ["config", "datasets", "distillation", "dtype_policies", "preprocessing", "tree", "utils", "wrappers"],
    ["visualization"],
    ["inspector"],
    ["applications", "backend", "mixed_precision"],
    ["legacy"],
    ["cli", "__main__"],
]
RANK = {name: place for place, names in enumerate(ORDER) for name in names}
FILES = sorted(SOURCE.rglob("*.py"))


def part(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports(tree: ast.AST):
    """Every imported module, with whether it is only for type checkers."""
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in typing_only
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "tsuno" else [node.module]
            for name in names:
                yield name, id(node) in typing_only


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_go_one_way(path):
    here = part(path)
    tree = ast.parse(path.read_text())
    for name, typing_only in imports(tree):
        top, *rest = name.split(".")
        if top in ("jax", "jaxlib"):
            assert here == "engine" or typing_only, f"{path} imports {name}: only engine/ may"
        if top == "tsuno" and rest and here != "__init__" and not typing_only:
            assert rest[0] in RANK, f"{rest[0]} has no place in the order"
            assert RANK[rest[0]] <= RANK[here], f"{path} imports {name}, which stands above it"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_import_of_our_own_within_functions(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inner = [name for name, _ in imports(node) if name.split(".")[0] == "tsuno"]
            assert not inner, f"{path}: {node.name} imports {inner}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_modules_open_with_their_idea_and_stay_short(path):
    text = path.read_text()
    assert ast.get_docstring(ast.parse(text)), f"{path} has no docstring"
    assert len(text.splitlines()) <= 620, f"{path} is too long to read in one sitting"


def run(code: str):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_import_brings_in_nothing_heavy():
    loaded = run("import json, sys, tsuno; print(json.dumps(sorted(sys.modules)))")
    heavy = {"jax", "jaxlib", "numpy", "scipy", "rich", "matplotlib", "keras", "tensorflow", "torch"}
    assert not heavy & {name.split(".")[0] for name in loaded}


def test_namespaces_bring_in_no_engine():
    code = (
        "import json, sys, tsuno; tsuno.layers, tsuno.models, tsuno.optimizers; print(json.dumps('jax' in sys.modules))"
    )
    assert run(code) is False


def test_what_imports_make_is_not_searched_for_garbage_until_somebody_asks():
    code = (
        "import gc, json, weakref, tsuno\n"
        "class Ring: pass\n"
        "older = Ring(); older.me = older; seen = weakref.ref(older)\n"
        "tsuno.ops.ones(1); frozen = gc.get_freeze_count()\n"
        "del older; gc.collect(); kept = seen() is not None\n"
        "tsuno.utils.clear_session(); freed = seen() is None\n"
        "print(json.dumps([frozen > 100_000, kept, freed, gc.get_freeze_count(), gc.isenabled()]))"
    )
    assert run(code) == [True, True, True, 0, True]


def test_every_name_of_the_top_level_resolves():
    code = "import json, tsuno; print(json.dumps([n for n in dir(tsuno) if getattr(tsuno, n) is None]))"
    assert run(code) == []


def test_optional_parts_are_not_imported():
    code = (
        "import json, sys, numpy as np, tsuno\n"
        "m = tsuno.Sequential([tsuno.Input((2,)), tsuno.layers.Dense(1)]); m.compile('sgd', 'mse')\n"
        "m.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    optional = {"keras", "tensorflow", "torch", "matplotlib", "pandas", "sklearn", "h5py", "IPython"}
    assert not optional & {name.split(".")[0] for name in run(code)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_files_that_nobody_vouches_for_are_opened_in_one_place(path):
    where = str(path.relative_to(SOURCE))
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        call = ast.unparse(node.func)
        if call in ("h5py.File", "zipfile.ZipFile"):
            writes = len(node.args) > 1 and ast.unparse(node.args[1]) == "'w'"
            assert writes or where in ("saving/untrusted.py", "utils/downloads.py"), f"{where} reads with {call}"
        if call in ("np.load", "pickle.load", "marshal.load", "marshal.loads", "yaml.unsafe_load", "yaml.full_load"):
            assert where == "data/workers.py", f"{where} calls {call}"
