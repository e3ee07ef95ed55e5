"""Feeds damaged and invented files to every reader, and looks for anything but a clean refusal or a harmless load.

Usage: python benchmarks/fuzz_files.py [--seconds 600] [--seed 0] [--show N] [READER ...]

Each input is a good file, changed at random: bits, lengths, splices of two files, values and names in configurations,
arrays, attributes and links in HDF5, members and fields in archives, headers of safetensors. It is read in a process
that has little memory, and is watched as the hostile files of the tests are: no code, no other file, no connection,
nothing left open, at most 10 s and 64 MiB. A fault is tried again in a new process before it counts.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

MOST_SECONDS, MOST_MEMORY = 10, 64 << 20
CLEAN = (ValueError, OSError, TypeError)
JUNK: list[Any] = [
    None, True, False, 0, -1, 1, 2, 3.5, -0.0, float("inf"), float("nan"), 1e-300, 2**31, 2**63, 2**64, -(2**63),
    10**30, "", "x", "os.system", "../../x", "/etc/passwd", "C:\\x", "\0", "\ud7ff", "é" * 50, "a" * 5000, [], {},
    [[]], [None], [0, -1], [None, None], [1, [2, [3]]], {"class_name": "Dense"},
    {"class_name": "Dense", "config": {}}, {"class_name": "__numpy__", "config": {}},
    {"class_name": "__lambda__", "config": {"code": "4wAA"}},
    {"class_name": "__tensor__", "config": {"value": [1], "dtype": "O"}},
    {"class_name": "function", "config": "eval", "module": "builtins"},
    {"class_name": "__keras_tensor__", "config": {}}, "float16", "bfloat16", "complex64", "string", "int8",
    "float8_e4m3fn", "relu", "Dense", "LSTM", "keras.layers", "builtins",
]  # fmt: skip


# -- the good files


def line_model() -> Any:
    import tsuno
    from tsuno import layers

    parts = [layers.Dense(4, name="a"), layers.BatchNormalization(name="b"), layers.Dense(2, name="c")]
    return tsuno.Sequential([tsuno.Input((3,), name="entry"), *parts], name="line")


def corpus(folder: Path) -> dict[str, list[bytes]]:
    """Good files of each kind, and good texts."""
    import hostile_files as hostile

    import tsuno
    from tsuno import layers
    from tsuno.saving.checkpoint import Checkpoints

    line = line_model()
    line.compile("adam", "mse", metrics=["mae"])
    line.optimizer.build(line.trainable_variables)
    entry = tsuno.Input((4, 3))
    inner = tsuno.Sequential([tsuno.Input((3,)), layers.Dense(3)])
    x = layers.Bidirectional(layers.LSTM(2, return_sequences=True))(entry)
    x = layers.Add()([x, layers.TimeDistributed(layers.Dense(4))(entry)]) * 2.0
    graph = tsuno.Model(entry, [inner(layers.Dense(3)(layers.GlobalAveragePooling1D()(x))), layers.Flatten()(x)])
    words = tsuno.Sequential(
        [tsuno.Input((), dtype="string"), layers.StringLookup(vocabulary=["a", "b"]), layers.Embedding(4, 2)]
    )
    found: dict[str, list[bytes]] = defaultdict(list)

    def keep(kind: str, path: Path) -> None:
        found[kind].append(path.read_bytes())

    for model in (line, graph, words):
        for kind, name in (("keras", "m.keras"), ("h5", "m.h5")):
            try:
                model.save(folder / name)
                keep(kind, folder / name)
            except (ValueError, NotImplementedError):
                continue
        for kind, name in (("weights", "m.weights.h5"), ("safetensors", "m.safetensors")):
            model.save_weights(folder / name)
            keep(kind, folder / name)
        found["json"].append(model.to_json().encode())
        if hasattr(model, "to_yaml"):
            found["yaml"].append(model.to_yaml().encode())
    place = hostile.Place(folder / "place")
    for kind in ("keras", "h5", "weights"):
        found[kind].append(hostile.edited(kind, lambda h5, at, place: None)(place).read_bytes())
    shards = folder / "shards"
    shards.mkdir()
    line.save_weights(shards / "m.weights.json", max_shard_size=1e-7)
    found["shards"].append(as_one(shards))
    saver = tsuno.callbacks.OrbaxCheckpoint(folder / "orbax", save_on_background=False)
    saver.set_model(line)
    saver.on_train_begin()
    saver.on_epoch_end(0, {})
    saver.on_train_end()
    found["orbax"].append(as_one(folder / "orbax"))
    saved = Checkpoints(folder / "checkpoints")
    state = {"weights": {v.path: v.numpy() for v in line.variables}, "epoch": 3, "names": ["a", None, 1.5]}
    found["checkpoint"].append(saved.write(state).read_bytes())
    for kind, how in (("tar", "tar"), ("tar", "gztar"), ("zip", "zip")):
        found[kind].append(Path(shutil.make_archive(str(folder / "pack"), how, shards)).read_bytes())
    place.close()
    return dict(found)


def as_one(folder: Path) -> bytes:
    """The files of a folder as one, to be laid out again."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                file.writestr(str(path.relative_to(folder)), path.read_bytes())
    return packed.getvalue()


# -- changes


def damaged(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """A few bytes of a file changed, whatever they mean."""
    whole = bytearray(data)
    for _ in range(chance.choice([1, 1, 1, 2, 5])):
        place = chance.randrange(len(whole)) if whole else 0
        how = chance.randrange(8)
        if how == 0:
            for _ in range(chance.choice([1, 1, 8])):
                if whole:
                    whole[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        elif how == 1:
            del whole[place:]
        elif how == 2:
            del whole[place : place + chance.choice([1, 4, 100, 1000])]
        elif how == 3:
            whole[place:place] = chance.randbytes(chance.choice([1, 4, 100]))
        elif how == 4:
            value = chance.choice([0, 1, 0x7F, 0x80, 0xFF]).to_bytes(1, "little")
            whole[place : place + 8] = value * chance.choice([1, 2, 4, 8])
        elif how == 5:
            number = chance.choice([0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1, len(whole)])
            whole[place : place + 8] = number.to_bytes(8, chance.choice(["little", "big"]))
        elif how == 6:
            other = chance.choice(others)
            start = chance.randrange(len(other)) if other else 0
            length = chance.choice([4, 64, 1000, 10_000])
            whole[place : place + length] = other[start : start + length]
        else:
            length = chance.choice([8, 64, 512])
            whole[place:place] = whole[place : place + length]
    return bytes(whole)


def spots(tree: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """All places in plain data, as (container, key)."""
    for key, value in (
        list(tree.items()) if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else []
    ):
        found.append((tree, key))
        spots(value, found)
    return found


def changed_tree(tree: Any, chance: random.Random, others: list[Any]) -> Any:
    """Plain data with a few values or names changed."""
    tree = json.loads(json.dumps(tree))
    for _ in range(chance.choice([1, 1, 1, 2, 4])):
        places = spots(tree, [])
        if not places:
            return chance.choice(JUNK)
        container, key = chance.choice(places)
        how = chance.randrange(7)
        if how <= 2:
            container[key] = chance.choice(JUNK)
        elif how == 3:
            del container[key]
        elif how == 4:
            source, name = chance.choice(spots(chance.choice(others), []) or [(JUNK, 0)])
            container[key] = json.loads(json.dumps(source[name]))
        elif how == 5 and isinstance(container, dict):
            container[chance.choice(["name", "config", "units", "layers", "class_name", "x"])] = container.pop(key)
        elif how == 5:
            container.insert(key, json.loads(json.dumps(container[key])))
        else:
            value: Any = container[key]
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                container[key] = chance.choice([-value, value + 1, value * 7, float(value), str(value), [value]])
            elif isinstance(value, str):
                container[key] = chance.choice([value.upper(), value + "x", value[:-1], [value], value * 3])
            else:
                container[key] = [value] if chance.random() < 0.5 else {"x": value}
    return [tree] * 2 if chance.random() < 0.01 else tree


def changed_text(text: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    if chance.random() < 0.15:
        return damaged(text, chance, others)
    made = json.dumps(changed_tree(json.loads(text), chance, [json.loads(other) for other in others]))
    if chance.random() < 0.03:
        made = made.replace(": 3", ": 1e400", 1)
    return made.encode("utf-8", "surrogatepass")


def changed_h5(data: bytes, chance: random.Random, others: list[bytes], outside: str) -> bytes:
    """An HDF5 file with arrays, attributes or links changed by HDF5 itself, so that all is in order but the meaning."""
    import h5py
    import numpy as np

    if chance.random() < 0.3:
        return damaged(data, chance, others)
    memory = BytesIO(data)
    with h5py.File(memory, "r+") as h5:
        names: list[str] = []
        h5.visit(names.append)
        for _ in range(chance.choice([1, 1, 2, 4])):
            name = chance.choice(names)
            if name not in h5:
                continue
            how = chance.randrange(9)
            item = h5[name]
            if how == 0:
                del h5[name]
            elif how in (1, 2):
                shape = chance.choice(
                    [(), (0,), (1,), (3, 4), (4, 3), (2, 2, 2), (1 << 28,), (1 << 20, 1 << 20), (5000, 500), None]
                )
                kind = chance.choice(
                    [
                        "f4",
                        "f8",
                        "f2",
                        "i4",
                        "u1",
                        "c8",
                        "?",
                        "S5",
                        "V7",
                        h5py.string_dtype(),
                        h5py.ref_dtype,
                        [("a", "f4")],
                    ]
                )
                old = getattr(item, "shape", (3,))
                shape = old if chance.random() < 0.3 and old is not None else shape
                del h5[name]
                try:
                    if shape is None:
                        h5[name] = h5py.Empty("f4")
                    else:
                        split = shape and 0 not in shape and chance.random() < 0.5
                        chunks = True if split or np.prod(shape, dtype=float) > 1e6 else None
                        h5.create_dataset(
                            name,
                            shape,
                            kind,
                            chunks=chunks,
                            fillvalue=chance.choice([None, None, 7]) if kind in ("f4", "f8", "i4") else None,
                        )
                except (ValueError, TypeError):
                    h5.create_group(name)
            elif how == 3:
                del h5[name]
                target = chance.choice(["/" + name, "/", "/nowhere", "/" + chance.choice(names)])
                h5[name] = h5py.ExternalLink(outside, "group") if chance.random() < 0.4 else h5py.SoftLink(target)
            elif how == 4:
                del h5[name]
                h5[name] = h5[chance.choice(["/", *(each for each in names if each in h5)])]
            elif how in (5, 6, 7):
                owner = chance.choice([item, h5])
                keys = list(owner.attrs) or ["name"]
                key = chance.choice([*keys, *keys, "layer_names", "weight_names", "model_config", "dtype", "checksum"])
                value: Any = owner.attrs.get(key)
                if isinstance(value, (str, bytes)) and len(value) > 20 and chance.random() < 0.8:
                    text = value if isinstance(value, bytes) else value.encode()
                    value = changed_text(text, chance, [text])[:60_000]
                    value = chance.choice([np.bytes_(value), value.decode("utf-8", "replace").replace("\0", "?")])
                else:
                    value = chance.choice(
                        [
                            0,
                            -1,
                            3.5,
                            "x",
                            "../x",
                            b"\xff\xfe",
                            [],
                            [b"dense"],
                            ["a", "b"],
                            np.zeros((2, 2)),
                            [1, 2],
                            np.uint32(7),
                            h5py.Empty("f4"),
                        ]
                    )
                try:
                    owner.attrs[key] = value
                except (OSError, TypeError, ValueError, RuntimeError):
                    continue
            else:
                other = chance.choice(names)
                if (
                    other in h5
                    and name in h5
                    and other != name
                    and not other.startswith(name)
                    and not name.startswith(other)
                ):
                    h5.move(other, f"{other}_moved")
                    h5.move(name, other)
    made = memory.getvalue()
    return damaged(made, chance, others) if chance.random() < 0.1 else made


def changed_zip(data: bytes, chance: random.Random, others: list[bytes], outside: str) -> bytes:
    """An archive whose members, or the fields of it, are changed."""
    how = chance.randrange(10)
    if how < 3:
        return damaged(data, chance, others)
    return changed_members(data, how, chance, others, outside)


def changed_shards(data: bytes, chance: random.Random, others: list[bytes], outside: str) -> bytes:
    """The archive is ours: only what is in it changes."""
    return changed_members(data, chance.choice([3, 3, 3, 10]), chance, others, outside)


def changed_folder(data: bytes, chance: random.Random, others: list[bytes], outside: str) -> bytes:
    return changed_members(data, 10, chance, others, outside)


def changed_members(data: bytes, how: int, chance: random.Random, others: list[bytes], outside: str) -> bytes:
    with zipfile.ZipFile(BytesIO(data)) as file:
        members = {name: file.read(name) for name in file.namelist()}
    name = chance.choice(list(members))
    extra: list[tuple[str, bytes]] = []
    if how < 8:  # what is in the members
        name = chance.choice([each for each in members if each.endswith((".json", ".h5"))] or [name])
        if name.endswith(".json"):
            rest = [json.loads(other) for other in texts_of(others)]
            made = changed_tree(json.loads(members[name]), chance, rest or [JUNK])
            members[name] = json.dumps(made).encode("utf-8", "surrogatepass")
        elif name.endswith(".h5"):
            members[name] = changed_h5(members[name], chance, [members[name]], outside)
        else:
            members[name] = damaged(members[name], chance, others)
    elif how == 8:
        members[
            chance.choice(["x", "../x", "/x", "assets/../x", "assets\\x", "assets/", "config.json/", "é", "a" * 300])
        ] = members.pop(name)
    elif how == 10:
        members[name] = damaged(members[name], chance, others)
    else:
        extra = [
            (
                chance.choice([name, f"assets/{name}", "assets/layers/string_lookup/vocabulary.txt", "x"]),
                chance.randbytes(50),
            )
        ]
    made_file = BytesIO()
    careful = how in (3, 10)
    packing = (
        zipfile.ZIP_STORED
        if careful
        else chance.choice(
            [zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
        )
    )
    with zipfile.ZipFile(made_file, "w", packing) as file:
        for member, content in [*members.items(), *extra]:
            file.writestr(member, content)
    made = bytearray(made_file.getvalue())
    if not careful and chance.random() < 0.1:  # the table at the end
        start = made.rfind(b"PK\x01\x02")
        place = start + chance.randrange(46)
        made[place] = chance.randrange(256)
    return bytes(made)


def texts_of(archives: list[bytes]) -> list[bytes]:
    found = []
    for data in archives:
        with zipfile.ZipFile(BytesIO(data)) as file:
            found += [file.read(name) for name in file.namelist() if name == "config.json"]
    return found


def changed_tensors(data: bytes, chance: random.Random, others: list[bytes], outside: str) -> bytes:
    if chance.random() < 0.3:
        return damaged(data, chance, others)
    length = int.from_bytes(data[:8], "little")
    header = json.dumps(
        changed_tree(
            json.loads(data[8 : 8 + length]), chance, [{"x": {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}}]
        )
    )
    text = header.encode("utf-8", "surrogatepass")
    return len(text).to_bytes(8, "little") + text + data[8 + length :]


def changed_yaml(data: bytes, chance: random.Random, others: list[bytes], outside: str) -> bytes:
    if chance.random() < 0.5:
        return damaged(data, chance, others)
    text = data.decode()
    lines = text.split("\n")
    place = chance.randrange(len(lines))
    words = [
        "!!python/object/apply:os.system [x]",
        "&a [*a]",
        "*b",
        "!!binary x",
        "<<: *x",
        "- ",
        "? [a, b]",
        "2001-01-01",
        "0x7f",
        "1e400",
        "!!set {a}",
        "{",
        "\t",
        "!!int x",
        "!!float .inf",
        "~",
    ]
    lines[place] = chance.choice([lines[place].split(":")[0] + ": ", "", lines[place]]) + chance.choice(words)
    return "\n".join(lines).encode()


def changed_json(data: bytes, chance: random.Random, others: list[bytes], outside: str) -> bytes:
    return changed_text(data, chance, others)


def changed_bytes(data: bytes, chance: random.Random, others: list[bytes], outside: str) -> bytes:
    return damaged(data, chance, others)


# -- readers: the good files, the change, the file's name, and how it is loaded


def readers() -> dict[str, tuple[str, Callable[..., bytes], str, Callable[[Any], Any]]]:
    import hostile_files as hostile

    from tsuno import models, saving
    from tsuno.saving.checkpoint import read_checkpoint

    def load(path: Any) -> Any:
        return saving.load_model(path)

    def weights(path: Any) -> Any:
        model = line_model()
        model.load_weights(path)
        return model

    def compiled_weights(path: Any) -> Any:
        model = line_model()
        model.compile("adam", "mse")
        model.optimizer.build(model.trainable_variables)
        model.load_weights(path)
        return model

    def by_name(path: Any) -> Any:
        model = line_model()
        model.load_weights(path, by_name=True, skip_mismatch=True)
        return model

    def loose(path: Any) -> Any:
        model = line_model()
        model.load_weights(path, skip_mismatch=True)
        return model

    def shards(path: Path) -> Any:
        with zipfile.ZipFile(path) as file:
            for name in file.namelist():
                if "/" not in name and "\\" not in name and len(name) < 100 and "\0" not in name and name:
                    path.with_name(name).write_bytes(file.read(name))
        return compiled_weights(path.with_name("m.weights.json"))

    def orbax(path: Path) -> Any:
        with zipfile.ZipFile(path) as file:
            file.extractall(path.with_name("orbax"))
        return saving.load_model(path.with_name("orbax"))

    def text(path: Path) -> str:
        return path.read_bytes().decode("utf-8", "replace")

    def archive(path: Any) -> Any:
        return hostile.fetch(path)

    return {
        ".keras, the model": ("keras", changed_zip, "m.keras", load),
        ".keras, the weights": ("keras", changed_zip, "m.keras", weights),
        ".h5, the model": ("h5", changed_h5, "m.h5", load),
        ".h5, the weights": ("h5", changed_h5, "m.h5", weights),
        ".h5, the weights by name": ("h5", changed_h5, "m.h5", by_name),
        ".weights.h5": ("weights", changed_h5, "m.weights.h5", compiled_weights),
        ".weights.h5, mismatches skipped": ("weights", changed_h5, "m.weights.h5", loose),
        "shards": ("shards", changed_shards, "m.zip", shards),
        ".safetensors": ("safetensors", changed_tensors, "m.safetensors", weights),
        "Orbax": ("orbax", changed_folder, "m.zip", orbax),
        "model_from_json": ("json", changed_json, "m.json", lambda path: models.model_from_json(text(path))),
        "deserialize_keras_object": (
            "json",
            changed_json,
            "m.json",
            lambda path: saving.deserialize_keras_object(json.loads(text(path))),
        ),
        "model_from_yaml": ("yaml", changed_yaml, "m.yaml", lambda path: models.model_from_yaml(text(path))),
        "checkpoint of a training": (
            "checkpoint",
            changed_zip,
            "checkpoint-000000001.zip",
            lambda path: read_checkpoint(path),
        ),
        "get_file, tar": ("tar", changed_bytes, "m.tar", archive),
        "get_file, zip": ("zip", changed_zip, "m.zip", archive),
    }


def worker() -> None:
    """Answer lines `reader seed` with a line of JSON each."""
    import resource

    import hostile_files as hostile

    known = readers()
    with tempfile.TemporaryDirectory() as root:
        Path(root, "corpus").mkdir()
        good = corpus(Path(root, "corpus"))
        place = hostile.Place(Path(root, "place"))
        for kind, _, name, load in known.values():  # so that what is loaded once is not counted
            for data in good.get(kind, []):
                (place.folder / name).write_bytes(data)
                try:
                    hostile.attempt(hostile.Case(name, lambda place, name=name: place.folder / name, load=load), place)
                except Exception:
                    continue
                finally:
                    empty(place.folder)
        space = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (space + (3 << 30), resource.RLIM_INFINITY))
        print(json.dumps({"ready": {kind: len(files) for kind, files in good.items()}}), flush=True)
        for line in sys.stdin:
            reader, seed = json.loads(line)
            print(json.dumps(tried(known[reader], good, place, seed)), flush=True)


def empty(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def tried(reader: Any, good: dict[str, list[bytes]], place: Any, seed: int) -> dict[str, Any]:
    """Make one input and read it."""
    import hostile_files as hostile

    kind, change, name, load = reader
    chance = random.Random(seed)
    try:
        data = change(chance.choice(good[kind]), chance, good[kind], str(place.secret_h5))
    except Exception as problem:  # HDF5 itself refused the change
        return {"kind": "unmade", "what": f"{type(problem).__name__}: {problem}"}
    (place.folder / name).write_bytes(data)
    if os.environ.get("KEEP"):
        Path(os.environ["KEEP"], name).write_bytes(data)
    outcome = hostile.attempt(hostile.Case(name, lambda place: place.folder / name, load=load), place)
    files = list(place.folder.rglob("*"))
    empty(place.folder)
    faults = list(outcome.faults)
    error = outcome.error
    if error is not None:
        text = hostile.message(error)
        too_large = isinstance(error, MemoryError) and "bytes" in text and name in ("m.json", "m.yaml")
        if not (isinstance(error, CLEAN) or too_large) or isinstance(error, UnicodeError):
            faults.append(f"{type(error).__name__}: {text[:150]}")
        elif len(text) > 400:
            faults.append(f"a message of {len(text)} characters: {text[:100]}")
        elif name.startswith(("m.keras", "m.h5", "m.weights", "m.safe")) and not any(f.name in text for f in files):
            faults.append(f"a message that does not name the file: {type(error).__name__}: {text[:150]}")
    if outcome.peak > MOST_MEMORY:
        faults.append(f"{outcome.peak >> 20} MiB of memory")
    if outcome.seconds > MOST_SECONDS:
        faults.append(f"{outcome.seconds:.0f} s")
    where = ""  # without a place, it is tried again in a new process
    if faults and error is not None and not any(fault.endswith((" s", " of memory")) for fault in faults):
        frames = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in frames if "/tsuno/" in frame.filename]
        where = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in (ours or frames)[:-4:-1])
    result = "loaded" if error is None else "refused"
    return {"kind": "fault" if faults else result, "what": "; ".join(faults), "where": where, "peak": outcome.peak}


# -- the one who feeds


class Feeder:
    """A worker that is started anew when it dies or hangs."""

    def __init__(self) -> None:
        self.process: Any = None

    def start(self) -> dict[str, int]:
        command = [sys.executable, "-W", "ignore", __file__, "--worker"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        os.set_blocking(self.process.stdout.fileno(), False)
        self.left = b""
        answer = self.answer(300)
        if "ready" not in answer:
            raise SystemExit(f"The worker does not start: {answer}")
        return answer["ready"]  # type: ignore[no-any-return]

    def answer(self, patience: float) -> dict[str, Any]:
        until = time.monotonic() + patience
        while True:
            line, found, rest = self.left.partition(b"\n")
            if found:
                self.left = rest
                if line.startswith(b"{"):
                    return json.loads(line)  # type: ignore[no-any-return]
                continue
            wait = until - time.monotonic()
            if wait <= 0 or not select.select([self.process.stdout], [], [], wait)[0]:
                self.stop()
                return {"kind": "fault", "what": f"nothing for {patience} s", "where": ""}
            block = self.process.stdout.read()
            if block == b"":
                code = self.process.wait()
                self.stop()
                return {"kind": "fault", "what": f"the process died with {code}", "where": ""}
            self.left += block or b""

    def ask(self, reader: str, seed: int) -> dict[str, Any]:
        if self.process is None:
            self.start()
        self.process.stdin.write(json.dumps([reader, seed]).encode() + b"\n")
        self.process.stdin.flush()
        return self.answer(MOST_SECONDS + 5)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process.stdin.close()
            self.process = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", type=int, default=3, help="inputs shown of each fault")
    parser.add_argument("readers", nargs="*", help="parts of the names of readers; all by default")
    options = parser.parse_args()
    feeder = Feeder()
    good = feeder.start()
    every = readers()
    chosen = [name for name in every if not options.readers or any(part in name for part in options.readers)]
    absent = [name for name in chosen if every[name][0] not in good]
    names = [name for name in chosen if name not in absent]
    counts: dict[str, Counter[str]] = {name: Counter() for name in names}
    faults: dict[tuple[str, str], list[tuple[str, int, str]]] = defaultdict(list)
    highest: Counter[str] = Counter()
    started, number = time.monotonic(), options.seed * 10_000_000
    while time.monotonic() - started < options.seconds:
        name = names[number % len(names)]
        if name == "Orbax" and number % (8 * len(names)) >= len(names) and len(names) > 1:  # it takes as long as eight
            number += 1
            continue
        answer = feeder.ask(name, number)
        if answer["kind"] == "fault" and not answer["where"]:
            feeder.stop()
            answer = feeder.ask(name, number)  # in a new process
        counts[name][answer["kind"]] += 1
        highest[name] = max(highest[name], answer.get("peak", 0))
        if answer["kind"] == "fault":
            key = (answer["what"].split(":")[0][:60], answer["where"] or name)
            faults[key].append((name, number, answer["what"]))
        number += 1
    feeder.stop()
    print(f"| {'reader':32} | {'inputs':>7} | {'refused':>7} | {'loaded':>7} | {'faults':>6} | {'MiB at most':>11} |")
    print(f"|{'-' * 34}|{'-' * 8}:|{'-' * 8}:|{'-' * 8}:|{'-' * 7}:|{'-' * 12}:|")
    total: Counter[str] = Counter()
    for name in names:
        count = counts[name]
        total.update(count)
        print(row(name, count, highest[name]))
    print(row("all", total, max(highest.values(), default=0)))
    for name in absent:
        print(f"not tried, as nothing writes such files: {name}")
    for (what, where), found in sorted(faults.items(), key=lambda each: -len(each[1])):
        print(f"\n{len(found)} x {what} at {where}")
        for name, seed, text in found[: options.show]:
            print(f"    {name}, seed {seed}: {text[:250]}")
    raise SystemExit(bool(faults))


def row(name: str, count: Counter[str], peak: int) -> str:
    tried = sum(count.values()) - count["unmade"]
    numbers = f"{count['refused']:7} | {count['loaded']:7} | {count['fault']:6} | {peak / (1 << 20):11.0f}"
    return f"| {name:32} | {tried:7} | {numbers} |"


if __name__ == "__main__":
    os.environ.setdefault("KERAS_BACKEND", "jax")
    if sys.argv[1:2] == ["--worker"]:
        worker()
    else:
        main()
