"""Files that mean harm, or are broken: each a row with a function that makes it, the way it is loaded, and what must become of it.

Every row is made in a `Place`: a folder of its own, beside files that must stay secret, a canary that code in the
file would bring to life, and a local port that nothing may call. `attempt` loads one and says what happened.
"""

from __future__ import annotations

import base64
import functools
import json
import marshal
import os
import pickle
import shutil
import socket
import stat
import sys
import tarfile
import tempfile
import time
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import h5py
import numpy as np

import tsuno
from tsuno import models, saving

SECRET = 1337.25
SECRET_BYTES = np.full(12, SECRET, "float32").tobytes()
MIB = 1 << 20
BOMB = 256 * MIB


class Place:
    """A folder for a crafted file, deep in a tree whose every other file is watched."""

    def __init__(self, root: Path) -> None:
        self.root, self.folder, self.outside = root, root / "a" / "b" / "inside", root / "outside"
        self.canary = self.outside / "canary"
        for folder in (self.folder, self.outside, root / "tmp" / "c" / "d"):
            folder.mkdir(parents=True)
        self.secret, self.secret_h5 = self.outside / "secret.bin", self.outside / "secret.h5"
        self.secret.write_bytes(SECRET_BYTES)
        with h5py.File(self.secret_h5, "w") as h5:
            h5["kernel"] = np.full((3, 4), SECRET, "float32")
            for name, shape in (("0", (3, 4)), ("1", (4,)), ("kernel", (3, 4)), ("bias", (4,))):
                h5[f"group/{name}"] = np.full(shape, SECRET, "float32")
        (self.outside / "canary_module.py").write_text(f"open({str(self.canary)!r}, 'w')\nclass Layer: pass\n")
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setblocking(False)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/words.txt"

    def close(self) -> None:
        self.listener.close()

    def was_called(self) -> bool:
        try:
            self.listener.accept()[0].close()
        except BlockingIOError:
            return False
        return True

    def files(self) -> dict[str, tuple[int, int]]:
        """All that is there, but for the folder of the file itself."""
        return {
            str(path): (path.lstat().st_size, path.lstat().st_mtime_ns if path.is_file() else 0)
            for path in self.root.rglob("*")
            if self.folder not in path.parents
        }


@dataclass
class Case:
    """A row: `loads` is True if it must load, False if it must be refused, None if either is harmless."""

    name: str
    craft: Callable[[Place], Any]
    loads: bool | None = False
    load: Callable[[Any], Any] = field(default=lambda path: saving.load_model(path))
    says: tuple[str, ...] = ()  # the message must have one of these, or the name of the file


@dataclass
class Outcome:
    error: BaseException | None
    result: Any
    seconds: float
    peak: int  # bytes of memory at the worst moment, beyond what there was before
    warned: list[str]
    faults: list[str]


def attempt(case: Case, place: Place) -> Outcome:
    """Make the file, load it, and look at everything it must not do."""
    tempdir, path = tempfile.tempdir, list(sys.path)
    made = case.craft(place)
    handles = _handles()
    before = place.files()
    tempfile.tempdir = str(place.root / "tmp" / "c" / "d")
    sys.path.append(str(place.outside))
    error = result = None
    heard: list[str] = []
    started, memory = time.perf_counter(), reset_peak()
    try:
        with warnings.catch_warnings(record=True) as caught, _watched(heard):
            warnings.simplefilter("always")
            result = case.load(made)
    except Exception as problem:
        error = problem
    finally:
        tempfile.tempdir, sys.path[:] = tempdir, path
    seconds, peak = time.perf_counter() - started, max(0, peak_memory() - memory)
    faults = [f"it did {what}" for what in heard]
    after = place.files()
    faults += [f"it wrote {name}" for name in sorted(after.keys() ^ before.keys())]
    faults += [f"it changed {name}" for name in before.keys() & after.keys() if before[name] != after[name]]
    if place.was_called():
        faults.append("it called a local port")
    left = _handles() - handles
    faults += [f"it left {name} open" for name in left]
    faults += [f"a secret came out: {what}" for what in _secrets(result)]
    return Outcome(error, result, seconds, peak, [str(each.message) for each in caught], faults)


def message(error: BaseException) -> str:
    return "\n".join([str(error), *getattr(error, "__notes__", [])])


def reset_peak() -> int:
    """Forget the highest use of memory so far; the present one."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak_memory()


def peak_memory() -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def _handles() -> set[str]:
    """The open files of this process."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue  # the one that lists the folder
        if target.startswith("/") and not target.startswith("/proc"):
            found.add(f"{name} {target}")
    return found


_ears: list[list[str]] = []
_HARMFUL = {
    "os.system", "os.exec", "os.posix_spawn", "os.spawn", "subprocess.Popen", "socket.connect", "socket.getaddrinfo",
    "pickle.find_class", "os.symlink", "os.link", "code.__new__", "function.__new__",
}  # fmt: skip


@contextmanager
def _watched(heard: list[str]) -> Iterator[None]:
    """Hear of anything that the interpreter itself reports as dangerous."""
    if not _ears:
        _ears.append([])
        sys.addaudithook(_listen)
    _ears.append(heard)
    try:
        yield
    finally:
        _ears.pop()


def _listen(event: str, arguments: tuple[Any, ...]) -> None:
    if len(_ears) < 2:
        return
    if event == "open" and isinstance(arguments[0], str) and os.path.basename(arguments[0]).startswith("secret."):
        _ears[-1].append(f"open({arguments[0]!r})")
    elif event == "import" and arguments[0] == "canary_module":
        _ears[-1].append("import(canary_module)")
    elif event in _HARMFUL and not (event in ("code.__new__", "function.__new__") and _is_ours()):
        _ears[-1].append(f"{event}{arguments!r}"[:200])


def _is_ours() -> bool:
    """Whether code is being made by a library's own machinery (dataclasses, named tuples, tracing), not by a reader."""
    frame, depth = sys._getframe(2), 0
    while frame is not None and depth < 3:
        if "/tsuno/" in frame.f_code.co_filename:
            return False
        frame, depth = frame.f_back, depth + 1
    return True


def _secrets(result: Any) -> list[str]:
    found = []
    for variable in getattr(result, "variables", []):
        if np.any(np.asarray(variable, "float64") == SECRET):
            found.append(variable.path)
    for layer in getattr(result, "layers", []):
        if hasattr(layer, "get_vocabulary") and any("SECRET" in str(word) for word in layer.get_vocabulary()):
            found.append(layer.name)
    if isinstance(result, str) and os.path.isdir(result):
        for path in Path(result).rglob("*"):
            kind = path.lstat().st_mode
            if path.is_symlink() and not path.resolve().is_relative_to(Path(result).resolve()):
                found.append(f"{path.name} is a link to the outside")
            elif not (stat.S_ISREG(kind) or stat.S_ISDIR(kind) or stat.S_ISLNK(kind)):
                found.append(f"{path.name} is a device")
            elif path.is_file() and SECRET_BYTES in path.read_bytes():
                found.append(path.name)
    return found


# -- the honest file, which every other one is made from

DTYPE = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None}
KERNEL = np.arange(12, dtype="float32").reshape(3, 4)
BIAS = np.arange(4, dtype="float32")
KERNEL_AT = {
    "keras": "layers/dense/vars/0",
    "weights": "layers/dense/vars/0",
    "h5": "model_weights/dense/sequential/dense/kernel",
}
FILES = {"keras": "model.keras", "weights": "model.weights.h5", "h5": "model.h5"}


def part(name: str, config: Any, module: str = "keras.layers", registered: Any = None, **more: Any) -> dict[str, Any]:
    return {"module": module, "class_name": name, "config": config, "registered_name": registered, **more}


ENTRY = part("InputLayer", {"batch_shape": [None, 3], "dtype": "float32", "sparse": False, "name": "input_layer"})


def dense(**changes: Any) -> dict[str, Any]:
    config = {"name": "dense", "trainable": True, "dtype": DTYPE, "units": 4, "activation": "linear", **changes}
    return part("Dense", config, build_config={"input_shape": [None, 3]})


def sequential(*parts: Any, **more: Any) -> dict[str, Any]:
    inner = {"name": "sequential", "trainable": True, "layers": [ENTRY, *parts], "build_input_shape": [None, 3]}
    return part("Sequential", inner, "keras", build_config={"input_shape": [None, 3]}, **more)


def functional(*nodes: dict[str, Any], output: str = "dense") -> dict[str, Any]:
    """A graph of parts; each has its `inbound_nodes`."""
    whole = [{**ENTRY, "name": "input_layer", "inbound_nodes": []}, *nodes]
    inner = {"name": "functional", "trainable": True, "layers": whole}
    inner |= {"input_layers": [["input_layer", 0, 0]], "output_layers": [[output, 0, 0]]}
    return part("Functional", inner, "keras.src.models.functional")


def node(made: dict[str, Any], after: str = "input_layer", name: str = "dense", **kwargs: Any) -> dict[str, Any]:
    history = {"shape": [None, 3], "dtype": "float32", "keras_history": [after, 0, 0]}
    entry = {"class_name": "__keras_tensor__", "config": history}
    return {**made, "name": name, "inbound_nodes": [{"args": [entry], "kwargs": kwargs}]}


def call(module: str, name: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """A graph in which some function takes the place of a layer."""
    made = part("function", name, module, registered=name)
    return functional({**made, "name": "dense", "inbound_nodes": [{"args": list(args), "kwargs": kwargs}]})


def write_arrays(h5: Any, kind: str, config: Any = None) -> None:
    """The arrays of the honest model, in the layout of a kind of file."""
    if kind == "h5":
        h5.attrs["keras_version"], h5.attrs["backend"] = "3.15.1", "jax"
        h5.attrs["model_config"] = json.dumps(config or legacy(sequential(dense())))
        group = h5.create_group("model_weights")
        group.attrs["layer_names"] = ["dense"]
        group.create_group("dense").attrs["weight_names"] = ["sequential/dense/kernel", "sequential/dense/bias"]
        h5["model_weights/dense/sequential/dense/kernel"], h5["model_weights/dense/sequential/dense/bias"] = (
            KERNEL,
            BIAS,
        )
    else:
        h5["layers/dense/vars/0"], h5["layers/dense/vars/1"] = KERNEL, BIAS
        h5.create_group("vars")


def legacy(config: dict[str, Any]) -> dict[str, Any]:
    return {"class_name": config["class_name"], "config": config["config"]}


def arrays(edit: Callable[..., None] | None = None) -> bytes:
    memory = BytesIO()
    with h5py.File(memory, "w") as h5:
        write_arrays(h5, "keras")
        if edit is not None:
            edit(h5)
    return memory.getvalue()


def archive(
    place: Place, config: Any = None, weights: bytes | None = b"", name: str = "model.keras", **members: Any
) -> Path:
    """A `.keras` file; members given as None are left out."""
    path = place.folder / name
    text = config if isinstance(config, (str, bytes)) else json.dumps(config or sequential(dense()))
    metadata = json.dumps({"keras_version": "3.15.1", "date_saved": "2026-01-01@00:00:00"})
    content = {
        "metadata.json": metadata,
        "config.json": text,
        "model.weights.h5": arrays() if weights == b"" else weights,
    }
    with zipfile.ZipFile(path, "w") as file:
        for member, data in {**content, **members}.items():
            if data is not None:
                file.writestr(member, data)
    return path


def keras(config: Any, **members: Any) -> Callable[[Place], Path]:
    """Crafts an archive of a configuration, or of one made from the place."""
    return lambda place: archive(place, config(place) if callable(config) else config, **members)


def edited(kind: str, edit: Callable[[Any, str, Place], None]) -> Callable[[Place], Path]:
    """Crafts a file of some kind whose kernel, or what is around it, is changed."""

    def craft(place: Place) -> Path:
        path = place.folder / FILES[kind]
        raw = place.folder / "raw" if kind == "keras" else path
        with h5py.File(raw, "w") as h5:
            write_arrays(h5, kind)
            edit(h5, KERNEL_AT[kind], place)
        if kind == "keras":
            archive(place, weights=raw.read_bytes())
            raw.unlink()
        return path

    return craft


def honest() -> Any:
    model = tsuno.Sequential(
        [tsuno.Input((3,), name="input_layer"), tsuno.layers.Dense(4, name="dense")], name="sequential"
    )
    model.set_weights([KERNEL, BIAS])
    return model


def load_weights(path: Any) -> Any:
    model = tsuno.Sequential([tsuno.Input((3,)), tsuno.layers.Dense(4, name="dense")], name="sequential")
    model.load_weights(path)
    return model


LOADERS = {
    "keras": lambda path: saving.load_model(path),
    "weights": load_weights,
    "h5": lambda path: saving.load_model(path),
}


def each_kind(name: str, edit: Callable[..., None], loads: bool | None = False) -> list[Case]:
    return [Case(f"{name} in .{kind}", edited(kind, edit), loads, LOADERS[kind]) for kind in FILES]


# -- code


def bytecode(place: Place) -> dict[str, Any]:
    """What Keras writes for a lambda, with a lambda that brings the canary to life."""
    code = compile(f"lambda x: [open({str(place.canary)!r}, 'w').close(), x][1]", "<file>", "eval").co_consts[0]
    packed = base64.b64encode(marshal.dumps(code)).decode()
    return {"class_name": "__lambda__", "config": {"code": packed, "defaults": None, "closure": None}}


def lambda_layer(place: Place) -> dict[str, Any]:
    config = {"name": "dense", "trainable": True, "dtype": DTYPE, "function": bytecode(place), "arguments": {}}
    return part("Lambda", config, build_config={"input_shape": [None, 3]})


def old_lambda(place: Place) -> dict[str, Any]:
    """The same in the form of Keras 2."""
    packed = bytecode(place)["config"]["code"]
    config = {
        "name": "dense",
        "function": [packed, None, None],
        "function_type": "lambda",
        "module": "m",
        "arguments": {},
    }
    return {"class_name": "Lambda", "config": {**config, "output_shape": None, "output_shape_type": "raw"}}


def in_h5(config: Callable[[Place], Any]) -> Callable[[Place], Path]:
    def craft(place: Place) -> Path:
        with h5py.File(place.folder / "model.h5", "w") as h5:
            write_arrays(h5, "h5", config(place))
        return place.folder / "model.h5"

    return craft


def wrapped(inner: dict[str, Any], wrapper: str = "TimeDistributed") -> dict[str, Any]:
    return part(wrapper, {"name": "dense", "trainable": True, "dtype": DTYPE, "layer": inner})


def pickled(place: Place) -> bytes:
    class Evil:
        def __reduce__(self) -> Any:
            return open, (str(place.canary), "w")

    return pickle.dumps(Evil())


def second_file(place: Place) -> str:
    return str(archive(place, sequential(lambda_layer(place)), name="second.keras"))


def torch_layer(place: Place) -> dict[str, Any]:
    module = base64.b64encode(pickled(place)).decode()
    return part(
        "TorchModuleWrapper",
        {"name": "dense", "module": {"class_name": "__bytes__", "config": module}, "output_shape": [4]},
    )


def npz(place: Place) -> Path:
    memory = BytesIO()
    # What np.savez would write, without unpickling anything on this side.
    with zipfile.ZipFile(memory, "w") as file:
        header = BytesIO()
        np.lib.format.write_array_header_1_0(header, {"descr": "|O", "fortran_order": False, "shape": ()})
        file.writestr("layers/dense/vars.npy", header.getvalue() + pickled(place))
    return archive(place, weights=None, **{"model.weights.npz": memory.getvalue()})


def named(name: str, data: Callable[[Place], bytes]) -> Callable[[Place], Path]:
    def craft(place: Place) -> Path:
        (place.folder / name).write_bytes(data(place))
        return place.folder / name

    return craft


def plain_json(config: Callable[[Place], Any]) -> Callable[[Place], str]:
    return lambda place: json.dumps(config(place))


def loss(place: Place) -> Any:
    return sequential(dense(), compile_config={"optimizer": "sgd", "loss": bytecode(place), "metrics": None})


OS_SYSTEM = part("function", "system", "os", registered="system")
LAMBDA = ("lambda", "Lambda", "bytecode", "code")
CODE = [
    Case("lambda layer in .keras", keras(lambda p: sequential(lambda_layer(p)))),
    Case("lambda layer in .h5", in_h5(lambda p: legacy(sequential(lambda_layer(p))))),
    Case("lambda layer of Keras 2 in .h5", in_h5(lambda p: legacy(sequential(old_lambda(p))))),
    Case("lambda in JSON", plain_json(lambda p: sequential(lambda_layer(p))), False, models.model_from_json, LAMBDA),
    Case("lambda in from_config", lambda p: sequential(lambda_layer(p))["config"], False, tsuno.Sequential.from_config, LAMBDA),
    Case("lambda in deserialize", lambda p: lambda_layer(p), False, saving.deserialize_keras_object, LAMBDA),
    Case("lambda within a wrapper", keras(lambda p: sequential(wrapped(lambda_layer(p))))),
    Case("lambda as loss", keras(loss)),
    Case("lambda as initializer", keras(lambda p: sequential(dense(kernel_initializer=bytecode(p))))),
    Case("lambda as activation", keras(lambda p: sequential(dense(activation=bytecode(p))))),
    Case("lambda in JaxLayer", keras(lambda p: sequential(part("JaxLayer", {"name": "dense", "call_fn": bytecode(p)})))),
    Case("os.system as activation", keras(sequential(dense(activation=OS_SYSTEM)))),
    Case("subprocess.call as a node", keras(lambda p: call("subprocess", "call", ["touch", str(p.canary)]))),
    Case("safety switched off, then lambda", keras(lambda p: functional(call("keras.config", "enable_unsafe_deserialization")["config"]["layers"][1], node(lambda_layer(p), name="second")))),
    Case("get_file as a node", keras(lambda p: call("keras.utils", "get_file", "x", origin=p.url))),
    Case("load_model as a node", keras(lambda p: call("keras.saving", "load_model", second_file(p), safe_mode=False))),
    Case("func_load as a node", keras(lambda p: call("keras.src.utils.python_utils", "func_load", bytecode(p)["config"]["code"]))),
    Case("numpy.load as a node", keras(lambda p: call("numpy", "load", str(named("x.npy", pickled)(p)), allow_pickle=True))),
    Case("eval as activation", keras(sequential(dense(activation=part("function", "eval", "builtins", registered="eval"))))),
    Case("a module's name as activation", keras(sequential(dense(activation="os.system")))),
    Case("pickled TorchModuleWrapper", keras(lambda p: sequential(torch_layer(p)))),
    Case("TFSMLayer", keras(lambda p: sequential(part("TFSMLayer", {"name": "dense", "filepath": str(p.outside)})))),
    Case("unknown registered class", keras(sequential(part("Evil", {}, "evil", registered="evil>Evil")))),
    Case("module with a side effect", keras(sequential(part("Layer", {}, "canary_module", registered="canary_module>Layer")))),
    Case("object array in .npz", npz),
    Case("pickle named .weights.h5", named("model.weights.h5", pickled), False, load_weights),
    Case("pickle named .keras", named("model.keras", pickled)),
    Case("pickle named .safetensors", named("model.safetensors", pickled), False, load_weights),
]  # fmt: skip

# -- reading other files


def lookup(words: str) -> dict[str, Any]:
    config = {"name": "dense", "vocabulary": words, "mask_token": None, "num_oov_indices": 1, "oov_token": "[UNK]"}
    return sequential(part("StringLookup", config))


def external_link(h5: Any, at: str, place: Place) -> None:
    del h5[at]
    h5[at] = h5py.ExternalLink(str(place.secret_h5), "kernel")


def external_storage(h5: Any, at: str, place: Place) -> None:
    del h5[at]
    h5.create_dataset(at, (3, 4), "f4", external=[(str(place.secret), 0, 48)])


def virtual(h5: Any, at: str, place: Place) -> None:
    del h5[at]
    layout = h5py.VirtualLayout((3, 4), "f4")
    layout[:] = h5py.VirtualSource(str(place.secret_h5), "kernel", (3, 4))
    h5.create_virtual_dataset(at, layout)


def group_link(h5: Any, at: str, place: Place) -> None:
    group = at.rpartition("/")[0]
    del h5[group]
    h5[group] = h5py.ExternalLink(str(place.secret_h5), "group")


def top_link(h5: Any, at: str, place: Place) -> None:
    top = at.partition("/")[0]
    with h5py.File(place.outside / "secret.2.h5", "w") as other:
        other[at] = np.full((3, 4), SECRET, "float32")
    del h5[top]
    h5[top] = h5py.ExternalLink(str(place.outside / "secret.2.h5"), top)


def link_loop(h5: Any, at: str, place: Place) -> None:
    group = at.rpartition("/")[0]
    del h5[group]
    h5[group] = h5py.SoftLink(f"/{group}")


def hard_loop(h5: Any, at: str, place: Place) -> None:
    """A group that is within itself: whoever walks the whole tree never ends."""
    group = h5[at.rpartition("/")[0]]
    group["again"] = group


READING = [
    Case("vocabulary is a local file", keras(lambda p: lookup(str(named("secret.words", lambda _: b"SECRET\nwords\n")(p)))), None),
    Case("vocabulary is an address", keras(lambda p: lookup(p.url)), None),
    *each_kind("external link", external_link),
    *each_kind("external storage", external_storage),
    *each_kind("virtual dataset", virtual),
    *each_kind("external link to a group", group_link),
    *each_kind("external link at the top", top_link),
    *each_kind("loop of soft links", link_loop),
    *each_kind("group within itself", hard_loop, None),
]  # fmt: skip

# -- writing elsewhere


def symlink_member(place: Place) -> Path:
    path = archive(place)
    with zipfile.ZipFile(path, "a") as file:
        link = zipfile.ZipInfo("assets/link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(link, str(place.outside))
        file.writestr("assets/link/x", b"x")
    return path


def member(name: str) -> Callable[[Place], Path]:
    def craft(place: Place) -> Path:
        info = zipfile.ZipInfo("x")
        info.filename = name.replace("OUTSIDE", str(place.outside))  # as it is: the constructor would mend it
        path = archive(place)
        with zipfile.ZipFile(path, "a") as file:
            file.writestr(info, b"x")
        return path

    return craft


def tar(*members: Callable[[Place], tuple[tarfile.TarInfo, bytes]]) -> Callable[[Place], Path]:
    def craft(place: Place) -> Path:
        path = place.folder / "archive.tar"
        with tarfile.open(path, "w") as file:
            for each in members:
                info, data = each(place)
                info.size = len(data)
                file.addfile(info, BytesIO(data))
        return path

    return craft


def tar_member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", data: bytes = b"") -> Any:
    def make(place: Place) -> tuple[tarfile.TarInfo, bytes]:
        info = tarfile.TarInfo(name.replace("OUTSIDE", str(place.outside)))
        info.type, info.linkname = kind, target.replace("OUTSIDE", str(place.outside))
        return info, data

    return make


def fetch(path: Path) -> Any:
    return tsuno.utils.get_file("got", path.as_uri(), extract=True, cache_dir=path.parent / "cache")


def fetch_with_wrong_hash(path: Path) -> Any:
    try:
        tsuno.utils.get_file("got.bin", path.as_uri(), file_hash="0" * 64, cache_dir=path.parent / "cache")
    finally:
        kept = [each.name for each in (path.parent / "cache").rglob("*") if each.is_file()]
        assert not kept, f"a file with a wrong hash was kept: {kept}"


def save_with_assets(path: Path) -> Any:
    model = tsuno.Sequential(
        [tsuno.Input((1,), dtype="string"), tsuno.layers.StringLookup(vocabulary=["a"], name="../../x")]
    )
    model.save(path)
    return saving.load_model(path)


GOT = ("archive.tar", "got")
WRITING = [
    Case("zip member up the tree", member("assets/../../x"), None),
    Case("zip member with an absolute path", member("OUTSIDE/x"), None),
    Case("zip asset with an absolute path", member("assets/OUTSIDE/x"), None),
    Case("zip member that is a link", symlink_member, None),
    Case("zip member with a backslash", member("assets\\..\\..\\x"), None),
    Case("zip asset with a drive", member("assets/C:\\x"), None),
    Case("zip asset with a reserved name", member("assets/CON"), None),
    Case("zip asset with a stream", member("assets/words.txt:hidden"), None),
    Case("zip asset with a NUL", member("assets/a\0b"), None),
    Case("tar member up the tree", tar(tar_member("../x", data=b"x")), None, fetch, GOT),
    Case("tar member with an absolute path", tar(tar_member("OUTSIDE/x", data=b"x")), None, fetch, GOT),
    Case("tar link out", tar(tar_member("l", tarfile.SYMTYPE, "OUTSIDE"), tar_member("l/x", data=b"x")), None, fetch, GOT),
    Case("tar chain of links", tar(tar_member("d", tarfile.DIRTYPE), tar_member("d/a", tarfile.SYMTYPE, "."), tar_member("d/b", tarfile.SYMTYPE, "a/../../.."), tar_member("d/b/x", data=b"x")), None, fetch, GOT),
    Case("tar hard link to a secret", tar(tar_member("h", tarfile.LNKTYPE, "OUTSIDE/secret.bin")), None, fetch, GOT),
    Case("tar hard link up the tree", tar(tar_member("h", tarfile.LNKTYPE, "../../../../outside/secret.bin")), None, fetch, GOT),
    Case("tar device and pipe", tar(tar_member("dev", tarfile.CHRTYPE), tar_member("pipe", tarfile.FIFOTYPE)), None, fetch, GOT),
    Case("download with a wrong hash", named("file.bin", lambda _: b"x"), False, fetch_with_wrong_hash),
    Case("layer named up the tree", lambda p: p.folder / "saved.keras", None, save_with_assets, ("../../x",)),
]  # fmt: skip

# -- claiming sizes


def padded(config: bool) -> Callable[[Place], Path]:
    """A member that is followed by a quarter of a GiB of nothing, packed into one MB."""

    def craft(place: Place) -> Path:
        path, name = place.folder / "model.keras", "config.json" if config else "model.weights.h5"
        archive(place, **{name: None})
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as file, file.open(name, "w") as out:
            out.write(json.dumps(sequential(dense())).encode() if config else arrays())
            for _ in range(BOMB // MIB):
                out.write((b" " if config else b"\0") * MIB)
        return path

    return craft


def packed_lists(place: Place) -> Path:
    path = archive(place, **{"config.json": None})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", "[" + "[]," * 5_000_000 + "[]]")
    return path


def forged(place: Place) -> Path:
    """The size in the archive's table says little, the data unpack to much."""
    path = padded(False)(place)
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x01\x02", 0, data.rfind(b"model.weights.h5"))
    data[at + 24 : at + 28] = (10_000).to_bytes(4, "little")
    path.write_bytes(data)
    return path


def members(place: Place) -> Path:
    path = archive(place)
    with zipfile.ZipFile(path, "a") as file:
        for number in range(50_000):
            file.writestr(f"assets/{number}", b"")
    return path


def claims(*shape: int) -> Callable[..., None]:
    """The kernel says that it is large; nothing of it is there."""

    def edit(h5: Any, at: str, place: Place) -> None:
        del h5[at]
        h5.create_dataset(at, shape, "f4", chunks=(64, 4))

    return edit


def chunk_bomb(h5: Any, at: str, place: Place) -> None:
    """The kernel has the right shape; the one chunk it is in unpacks to a quarter of a GiB."""
    del h5[at]
    kernel = h5.create_dataset(
        at, (3, 4), "f4", chunks=(BOMB >> 16, 1 << 14), maxshape=(None, None), compression="gzip"
    )
    kernel.id.write_direct_chunk((0, 0), _packed(BOMB))


def packed_zeros(h5: Any, at: str, place: Place) -> None:
    """The kernel is a quarter of a GiB of zeros, all of which are there, packed into one MB."""
    del h5[at]
    kernel = h5.create_dataset(at, (BOMB >> 4, 4), "f4", chunks=(1 << 22, 4), compression="gzip")
    for number in range(BOMB >> 26):
        kernel.id.write_direct_chunk((number << 22, 0), _packed(64 * MIB))


@functools.cache
def _packed(count: int) -> bytes:
    """So many zeros, packed."""
    packer = zlib.compressobj(1)
    return b"".join(packer.compress(bytes(MIB)) for _ in range(count // MIB)) + packer.flush()


def endless_names(h5: Any, at: str, place: Place) -> None:
    """The list of layers is long, and each is the same."""
    h5["model_weights"].attrs["layer_names"] = np.full(60_000, b"dense", "S5").reshape(-1)[:6000]


INNER = [{**dense(units=10_000, name=f"d{n}"), "build_config": {"input_shape": [None, 10_000]}} for n in range(8)]
WIDE = sequential(dense(units=10_000), *INNER)
SIZES = [
    Case("configuration padded to 256 MiB", padded(True)),
    Case("weights padded to 256 MiB", padded(False), None),
    Case("weights padded beyond what the table says", forged),
    Case("50,000 members", members, None),
    *each_kind("4 TB claimed", claims(1 << 38, 4)),
    *each_kind("1.6 GB claimed", claims(100_000_000, 4)),
    *each_kind("256 MiB in one chunk", chunk_bomb, None),
    *each_kind("256 MiB of zeros", packed_zeros),
    Case("configuration of five million lists", keras("[" + "[]," * 5_000_000 + "[]]")),
    Case("configuration of five million lists, packed", packed_lists),
    Case("configuration of five million lists in .h5", in_h5(lambda p: [[]] * 5_000_000)),
    Case("3 GB asked for, 48 bytes there", keras(sequential(dense(units=250_000_000)))),
    Case("3 GB asked for in .h5, 48 bytes there", in_h5(lambda p: legacy(sequential(dense(units=250_000_000))))),
    Case("3 GB asked for in many layers", keras(WIDE)),
    Case("a list of layers 6,000 long", edited("h5", endless_names), None),
]  # fmt: skip

# -- reading what is no model


def nested(depth: int) -> dict[str, Any]:
    inner = dense()
    for _ in range(depth):
        inner = wrapped(inner)
    return sequential(inner)


def alias_bomb(_: Place) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    return "\n".join([*lines, "class_name: Sequential", "config: {layers: *a8}"])


def two_configs(place: Place) -> Path:
    path = archive(place)
    with zipfile.ZipFile(path, "a") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file.writestr("config.json", json.dumps(sequential(dense(activation="relu"))))
    return path


CYCLE = functional(
    node(dense(units=3), after="second", name="dense"),
    node(dense(units=3, name="second"), after="dense", name="second"),
)


def from_yaml(text: str) -> Any:
    return models.model_from_yaml(text)


YAML = ("YAML", "description of the model")
PARSING = [
    Case("units of 1e400", keras(json.dumps(sequential(dense())).replace('"units": 4', '"units": 1e400'))),
    Case("units of NaN", keras(json.dumps(sequential(dense())).replace('"units": 4', '"units": NaN'))),
    Case("units of -4", keras(sequential(dense(units=-4)))),
    Case("units of 10^400", keras(json.dumps(sequential(dense())).replace('"units": 4', f'"units": 1{"0" * 400}'))),
    Case("a number of 5,000 digits", keras(json.dumps(sequential(dense())).replace('"units": 4', f'"units": 1{"0" * 5000}'))),
    Case("100,000 nested lists", keras("[" * 100_000 + "]" * 100_000)),
    Case("900 nested objects", keras('{"a":' * 900 + "1" + "}" * 900)),
    Case("400 nested wrappers", keras(nested(400))),
    Case("cycle in the graph", keras(CYCLE)),
    Case("unknown layer before", keras(functional(node(dense(), after="nobody")))),
    Case("two layers of one name", keras(functional(node(dense()), node(dense())))),
    Case("configuration is no JSON", keras("{nothing")),
    Case("configuration is no UTF-8", keras(b'{"a": "\xff\xfe"}')),
    Case("configuration is a list", keras("[1, 2]")),
    Case("configuration is null", keras("null")),
    Case("layers are numbers", keras(sequential(1, 2))),
    Case("config of a layer is null", keras(sequential(part("Dense", None)))),
    Case("class_name is a list", keras(sequential(part(["Dense"], {})))),  # type: ignore[arg-type]
    Case("module is a number", keras(sequential(part("Dense", {"units": 4, "name": "dense"}, 7))), None),  # type: ignore[arg-type]
    Case("argument nobody has", keras(sequential(dense(nonsense=1)))),
    Case("a file that is a layer", keras(dense())),
    Case("configuration missing", keras(None, **{"config.json": None})),
    Case("weights missing", keras(None, weights=None)),
    Case("metadata missing", keras(None, **{"metadata.json": None}), None),
    Case("empty .keras", named("model.keras", lambda _: b"")),
    Case("empty .weights.h5", named("model.weights.h5", lambda _: b""), False, load_weights),
    Case("empty .h5", named("model.h5", lambda _: b"")),
    Case("empty .safetensors", named("model.safetensors", lambda _: b""), False, load_weights),
    Case("random bytes in .keras", named("model.keras", lambda _: np.random.default_rng(0).bytes(5000))),
    Case("random bytes in .weights.h5", named("model.weights.h5", lambda _: np.random.default_rng(0).bytes(5000)), False, load_weights),
    Case("random bytes in .h5", named("model.h5", lambda _: np.random.default_rng(0).bytes(5000))),
    Case("two configurations", two_configs),
    Case("no model_config in .h5", edited("h5", lambda h5, at, place: h5.attrs.__delitem__("model_config"))),
    Case("model_config is a number in .h5", edited("h5", lambda h5, at, place: h5.attrs.__setitem__("model_config", 7))),
    Case("layer_names out of the file", edited("h5", lambda h5, at, place: h5["model_weights"].attrs.__setitem__("layer_names", ["../../x"]))),
    Case("weight_names elsewhere", edited("h5", lambda h5, at, place: h5["model_weights/dense"].attrs.__setitem__("weight_names", ["/vars/0", "../x"]))),
    Case("YAML that runs a function", lambda p: f"!!python/object/apply:os.system ['touch {p.canary}']", False, from_yaml, YAML),
    Case("YAML that makes an object", lambda p: f"class_name: Sequential\nconfig: !!python/object/new:open ['{p.canary}', w]", False, from_yaml, YAML),
    Case("YAML that names aliases nine deep", alias_bomb, False, from_yaml, YAML),
    Case("YAML that is within itself", lambda p: "&a [*a]", False, from_yaml, YAML),
    Case("JSON that is no model", lambda p: "[]", False, models.model_from_json, ("JSON", "describe a model")),
]  # fmt: skip

# -- weights that do not fit


def instead(value: Any) -> Callable[..., None]:
    def edit(h5: Any, at: str, place: Place) -> None:
        del h5[at]
        if value is not None:
            h5[at] = value

    return edit


def no_group(h5: Any, at: str, place: Place) -> None:
    del h5[at.partition("/")[0]]


def extra(h5: Any, at: str, place: Place) -> None:
    h5[f"{at.rpartition('/')[0]}/2"] = BIAS
    if at.endswith("kernel"):
        h5["model_weights/dense"].attrs["weight_names"] = [
            "sequential/dense/kernel",
            "sequential/dense/bias",
            "sequential/dense/2",
        ]


WEIGHTS = [
    *each_kind("dataset missing", instead(None)),
    *each_kind("group missing", no_group),
    *each_kind("wrong shape", instead(np.zeros((3, 5), "float32"))),
    *each_kind("transposed", instead(KERNEL.T)),
    *each_kind("scalar", instead(np.float32(1))),
    *each_kind("strings", instead(np.full((3, 4), b"x"))),
    *each_kind("complex numbers", instead(KERNEL.astype("complex64"))),
    *each_kind("records", instead(np.zeros((3, 4), [("a", "f4"), ("b", "f4")]))),
    *each_kind("references", lambda h5, at, place: (h5.__delitem__(at), h5.create_dataset(at, (3, 4), h5py.ref_dtype))),
    *each_kind("a named type", lambda h5, at, place: (h5.__delitem__(at), h5.__setitem__(at, np.dtype("f4")))),
    *each_kind("an array that is a group", lambda h5, at, place: (h5.__delitem__(at), h5.create_group(at))),
    *each_kind("an array too many", extra),
    *each_kind("NaN", instead(np.full((3, 4), np.nan, "float32")), True),
    *each_kind("double precision", instead(KERNEL.astype("float64")), True),
    Case("metadata of version 99", keras(None, **{"metadata.json": '{"keras_version": "99.0.0"}'}), True),
    Case("metadata is no JSON", keras(None, **{"metadata.json": "{"}), None),
    *each_kind("nothing wrong", lambda h5, at, place: None, True),
]  # fmt: skip

# -- safetensors


def tensors(edit: Callable[[dict[str, Any], bytes], Any]) -> Callable[[Place], Path]:
    """Crafts a safetensors file: `edit` returns the header, or (header, data), or the whole file."""

    def craft(place: Place) -> Path:
        path = place.folder / "model.safetensors"
        honest().save_weights(path)
        whole = path.read_bytes()
        length = int.from_bytes(whole[:8], "little")
        made = edit(json.loads(whole[8 : 8 + length]), whole[8 + length :])
        if not isinstance(made, bytes):
            header, data = made if isinstance(made, tuple) else (made, whole[8 + length :])
            text = header if isinstance(header, bytes) else json.dumps(header).encode()
            made = len(text).to_bytes(8, "little") + text + data
        path.write_bytes(made)
        return path

    return craft


def first(header: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The header with its first tensor, the kernel or the bias, changed."""
    name = min((name for name in header if name != "__metadata__"), key=lambda name: header[name]["data_offsets"])
    return {**header, name: {**header[name], **changes}}


def twice(header: dict[str, Any], data: bytes) -> bytes:
    text = json.dumps(header)
    name = next(name for name in header if name != "__metadata__")
    return text.replace("{", "{" + f"{json.dumps(name)}: {json.dumps(header[name])}, ", 1).encode()


def overlapping(header: dict[str, Any], data: bytes) -> Any:
    names = [name for name in header if name != "__metadata__"]
    return {
        name: {**header[name], "data_offsets": [0, _length(header[name])]} if name in names else header[name]
        for name in header
    }


def _length(entry: dict[str, Any]) -> int:
    return int(entry["data_offsets"][1] - entry["data_offsets"][0])


def with_hole(header: dict[str, Any], data: bytes) -> Any:
    moved = {
        n: {**e, "data_offsets": [o + 64 for o in e["data_offsets"]]} if n != "__metadata__" else e
        for n, e in header.items()
    }
    return moved, bytes(64) + data


def empty_one(header: dict[str, Any], data: bytes) -> Any:
    return {**header, "nothing": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}}


def tensor_case(name: str, edit: Callable[..., Any], loads: bool | None = False) -> Case:
    return Case(f"safetensors: {name}", tensors(edit), loads, load_weights)


TENSORS = [
    tensor_case("header of length 0", lambda h, d: bytes(8) + d),
    tensor_case("header longer than the file", lambda h, d: (1 << 20).to_bytes(8, "little") + b"{}"),
    tensor_case("header of 2^63 bytes", lambda h, d: (1 << 63).to_bytes(8, "little") + b"{}"),
    tensor_case("header over 100 MB", lambda h, d: (101_000_000).to_bytes(8, "little") + b"{}" + b" " * 101_000_000),
    tensor_case("header not UTF-8", lambda h, d: b'{"\xff\xfe": 1}'),
    tensor_case("header no JSON", lambda h, d: b"{nothing"),
    tensor_case("header a list", lambda h, d: b"[]"),
    tensor_case("header nested 100,000 deep", lambda h, d: b'{"a":' * 100_000),
    tensor_case("entry a number", lambda h, d: {**h, "x": 7}),
    tensor_case("entry without a shape", lambda h, d: {n: {k: v for k, v in e.items() if k != "shape"} for n, e in h.items()}),
    tensor_case("a key twice", twice),
    tensor_case("overlap", overlapping),
    tensor_case("hole", with_hole),
    tensor_case("data left over", lambda h, d: (h, d + bytes(64))),
    tensor_case("data cut off", lambda h, d: (h, d[:-4])),
    tensor_case("empty tensor at a used offset", empty_one, None),
    tensor_case("offsets that do not fit the shape", lambda h, d: first(h, shape=[3, 5])),
    tensor_case("offsets in reverse", lambda h, d: first(h, data_offsets=[48, 0])),
    tensor_case("offsets negative", lambda h, d: first(h, data_offsets=[-48, 0])),
    tensor_case("offsets beyond the file", lambda h, d: first(h, data_offsets=[0, 1 << 40], shape=[1 << 38])),
    tensor_case("offsets no whole numbers", lambda h, d: first(h, data_offsets=[0.0, 48.5])),
    tensor_case("shape that overflows", lambda h, d: first(h, shape=[1 << 32, 1 << 32, 3])),
    tensor_case("shape negative", lambda h, d: first(h, shape=[-3, -4])),
    tensor_case("unknown dtype", lambda h, d: first(h, dtype="F31")),
    tensor_case("dtype a list", lambda h, d: first(h, dtype=["F32"])),
]  # fmt: skip

# -- shards


def shards(names: Callable[[Place], Any], **more: Any) -> Callable[[Place], Path]:
    """Crafts a map of shards whose one honest shard is beside it."""

    def craft(place: Place) -> Path:
        (place.folder / "model_00000.weights.h5").write_bytes(arrays())
        made = names(place)
        whole = {"metadata": {"total_size": 64}, "weight_map": {"/layers/dense/vars": made, "/vars": []}, **more}
        path = place.folder / "model.weights.json"
        path.write_text(made if isinstance(made, str) and made.startswith("{") else json.dumps(whole))
        return path

    return craft


def shard_up(place: Place) -> list[str]:
    (place.folder.parent / "up.weights.h5").write_bytes(
        arrays(lambda h5: h5["layers/dense/vars/0"].write_direct(np.full((3, 4), SECRET, "f4")))
    )
    return ["../up.weights.h5"]


def shard_link(place: Place) -> list[str]:
    shard_up(place)
    (place.folder / "link.weights.h5").symlink_to("../up.weights.h5")
    return ["link.weights.h5"]


def shard_case(name: str, names: Callable[[Place], Any], loads: bool | None = False, **more: Any) -> Case:
    return Case(f"shards: {name}", shards(names, **more), loads, load_weights)


SHARDS = [
    shard_case("up the tree", shard_up),
    shard_case("absolute path", lambda p: [str(p.folder.parent / shard_up(p)[0][3:])]),
    shard_case("not a file of weights", lambda p: ["/etc/passwd"]),
    shard_case("a device", lambda p: ["/dev/zero"]),
    shard_case("with a backslash", lambda p: ["..\\up.weights.h5"]),
    shard_case("with a drive", lambda p: ["C:model_00000.weights.h5"]),
    shard_case("missing", lambda p: ["model_00009.weights.h5"]),
    shard_case("a million", lambda p: ["model_0000001.weights.h5"] * 1_000_000),
    shard_case("the map itself", lambda p: ["model.weights.json"]),
    shard_case("a folder", lambda p: ["."]),
    shard_case("a number", lambda p: 7),
    shard_case("a list of numbers", lambda p: [7, None]),
    shard_case("no map", lambda p: '{"metadata": {}}'),
    shard_case("the map a list", lambda p: '{"weight_map": [1, 2]}'),
    shard_case("no JSON", lambda p: "{nothing"),
    shard_case("none for a layer", lambda p: []),
    shard_case("a size that is a word", lambda p: ["model_00000.weights.h5"], None, metadata={"total_size": "big"}),
    shard_case("nothing wrong", lambda p: ["model_00000.weights.h5"], True),
]  # fmt: skip

# -- folders of Orbax


def orbax(change: Callable[[Path, Place], None]) -> Callable[[Place], Path]:
    """Crafts a folder of checkpoints of the honest model, then changes it."""

    def craft(place: Place) -> Path:
        folder = place.folder / "checkpoints"
        saver = tsuno.callbacks.OrbaxCheckpoint(folder, save_on_background=False)
        saver.set_model(honest())
        saver.on_train_begin()
        saver.on_epoch_end(0, {})
        saver.on_train_end()
        change(folder, place)
        return folder

    return craft


def step(folder: Path) -> Path:
    return next(each for each in folder.iterdir() if each.name.isdigit())


def pickled_metadata(folder: Path, place: Place) -> None:
    for path in folder.rglob("*METADATA"):
        path.write_bytes(pickled(place))


def linked_step(folder: Path, place: Place) -> None:
    shutil.move(step(folder), place.outside / "step")
    (folder / "7").symlink_to(place.outside / "step")


def no_arrays(folder: Path, place: Place) -> None:
    shutil.rmtree(step(folder) / "pytree")


def orbax_case(name: str, change: Callable[[Path, Place], None], loads: bool | None = False) -> Case:
    return Case(f"Orbax: {name}", orbax(change), loads, lambda path: saving.load_model(path), ("checkpoints",))


ORBAX = [
    orbax_case("pickled metadata", pickled_metadata, None),
    orbax_case("a step that is a link", linked_step, None),
    orbax_case("no arrays", no_arrays),
    orbax_case("nothing wrong", lambda folder, place: None, True),
]

CASES = [*CODE, *READING, *WRITING, *PARSING, *WEIGHTS, *TENSORS, *SHARDS, *ORBAX]


# -- sizes are tried in a process of its own, which may not have much memory


def main() -> None:
    """Try the rows of SIZES, each after an honest one; prints a line of JSON with what happened to each."""
    import resource

    honest_case = next(case for case in CASES if case.name == "nothing wrong in .keras")
    for case in [honest_case, *SIZES]:
        print(json.dumps({"name": case.name}), flush=True)
        with tempfile.TemporaryDirectory() as root:
            place = Place(Path(root))
            outcome = attempt(case, place)
            place.close()
        kinds = [] if outcome.error is None else [kind.__name__ for kind in type(outcome.error).__mro__]
        found = {"name": case.name, "kinds": kinds, "message": message(outcome.error) if outcome.error else ""}
        found |= {"seconds": outcome.seconds, "peak": outcome.peak, "faults": outcome.faults}
        print(json.dumps(found), flush=True)
        if case is honest_case:  # from here on a file that is believed costs a MemoryError, not the machine
            space = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (space + 1200 * MIB, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
