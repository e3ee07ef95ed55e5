"""Files are whole or not there: full disks, kills, writers and readers at once, cut and damaged files."""

from __future__ import annotations

import errno
import json
import os
import random
import re
import shutil
import stat
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hostile_files import message

import tsuno
from tsuno import layers, saving

PLAIN = (ValueError, OSError, TypeError)
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def made(fill: float = 1.0, width: int = 40) -> Any:
    """A model with a compiled state, all of whose weights are one number."""
    model = tsuno.Sequential(
        [tsuno.Input((width,), name="entry"), layers.Dense(width, name="first"), layers.Dense(2, name="second")],
        name="line",
    )
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    fill_with(model, fill)
    return model


def fill_with(model: Any, fill: float) -> None:
    for variable in [*model.variables, *model.optimizer.variables]:
        variable.assign(np.full(variable.shape, fill, variable.dtype))


def state(model: Any, slots: bool = True) -> list[np.ndarray]:
    found = [*model.variables, *(model.optimizer.variables if slots else [])]
    return [np.asarray(variable) for variable in found]


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return len(one) == len(other) and all(map(np.array_equal, one, other))


def sharded(model: Any, path: Any) -> None:
    largest = max(int(np.prod(each.shape)) for each in model.variables) * 4
    model.save_weights(path, max_shard_size=1.5 * largest / (1 << 30))


def whole(path: Any) -> Any:
    return saving.load_model(path)


def weights(path: Any) -> Any:
    model = made(0.5)
    model.load_weights(path)
    return model


# The name, how it is written, how it is read, and whether the state of the optimizer is in it.
FORMATS: dict[str, tuple[str, Callable[[Any, Any], None], Callable[[Any], Any], bool]] = {
    "keras": ("model.keras", lambda model, path: model.save(path), whole, True),
    "h5": ("model.h5", lambda model, path: model.save(path), whole, True),
    "weights": ("model.weights.h5", lambda model, path: model.save_weights(path), weights, True),
    "safetensors": ("model.safetensors", lambda model, path: model.save_weights(path), weights, False),
    "shards": ("model.weights.json", sharded, weights, True),
}
each_format = pytest.mark.parametrize("kind", FORMATS)
SINGLE = [kind for kind in FORMATS if kind != "shards"]
each_single = pytest.mark.parametrize("kind", SINGLE)


def litter(folder: Path, kind: str) -> list[str]:
    """What is in a folder beside the files that belong there."""
    base = FORMATS[kind][0].split(".")[0]
    return sorted(each.name for each in folder.iterdir() if not each.name.startswith(base))


@each_format
def test_what_was_written_is_read(kind: str, tmp_path: Path) -> None:
    name, write, read, slots = FORMATS[kind]
    model = made(3.0)
    write(model, tmp_path / name)
    assert same(state(read(tmp_path / name), slots), state(model, slots))
    assert not litter(tmp_path, kind)
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o666 & ~_mask(), "not readable as other files are"


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


# -- writing that fails


@each_format
def test_two_saves_of_one_state_are_the_same_bytes(kind: str, tmp_path: Path) -> None:
    """All but the date that Keras' metadata have, and the numbers of shards, which go on from save to save."""
    name, write, _, _ = FORMATS[kind]
    model = made()
    write(model, tmp_path / name)
    first = content(tmp_path)
    write(model, tmp_path / name)
    assert first == content(tmp_path)


def content(folder: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith("model_0"):
            found[f"shard {len(found)}"] = path.read_bytes()
        elif path.suffix == ".json":
            found["map"] = re.sub(rb"model_\d+|\"checksum.*", b"", path.read_bytes())
        elif path.suffix == ".keras":
            with zipfile.ZipFile(path) as archive:
                found |= {member: archive.read(member) for member in archive.namelist() if member != "metadata.json"}
        else:
            found[path.name] = path.read_bytes()
    return found


@each_format
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("place", ["fsync", "replace"])
def test_a_disk_that_gives_up_costs_nothing(
    kind: str, number: int, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, write, read, slots = FORMATS[kind]
    model = made(1.0)
    write(model, tmp_path / name)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    fill_with(model, 2.0)

    def fail(*args: Any, **kwargs: Any) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(os, place, fail)
        with pytest.raises(OSError) as caught:
            write(model, tmp_path / name)
    assert name.split(".")[0] in message(caught.value) and caught.value.errno == number
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert same(state(read(tmp_path / name), slots), state(made(1.0), slots))
    write(model, tmp_path / name)
    assert same(state(read(tmp_path / name), slots), state(model, slots))


FULL_DISK = """
import json, os, resource, sys
from pathlib import Path
from test_whole_files import FORMATS, fill_with, litter, made, same, state
from hostile_files import message
folder, faults = Path(sys.argv[1]), []
for kind, (name, write, read, slots) in FORMATS.items():
    inner = folder / kind
    inner.mkdir()
    model = made(1.0, 200)
    write(model, inner / name)
    files = sorted(inner.iterdir())
    before = [each.read_bytes() for each in files]
    largest = max(map(len, before))
    fill_with(model, 2.0)
    for part in (0, 1, 0.01, 0.1, 0.5, 0.9, 0.999, 1):
        limit = part if part in (0, 1) and isinstance(part, int) and part < 1 else int(largest * part) if part < 1 else largest - 1
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        try:
            write(model, inner / name)
            faults.append(f"{kind} {part}: no error")
        except OSError as error:
            if "model" not in message(error) or len(message(error)) > 400:
                faults.append(f"{kind} {part}: {message(error)}")
        except BaseException as error:
            faults.append(f"{kind} {part}: {type(error).__name__}: {error}")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        if sorted(inner.iterdir()) != files:
            faults.append(f"{kind} {part}: litter {sorted(each.name for each in inner.iterdir())}")
        elif [each.read_bytes() for each in files] != before:
            faults.append(f"{kind} {part}: the old file is not what it was")
    write(model, inner / name)
    if not litter(inner, kind) == []:
        faults.append(f"{kind}: {litter(inner, kind)}")
print(json.dumps(faults))
"""


def test_a_full_disk_costs_nothing(tmp_path: Path) -> None:
    """The kernel refuses to write beyond some length: in a process of its own, as some libraries do not survive it."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    command = [sys.executable, "-W", "ignore", "-c", FULL_DISK, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    assert not done.returncode, f"the process ended with {done.returncode}: {done.stderr[-2000:]}"
    faults = json.loads(done.stdout.splitlines()[-1])
    assert not faults, "\n".join(faults)


@each_format
def test_folders_that_cannot_be_written(kind: str, tmp_path: Path) -> None:
    name, write, _, _ = FORMATS[kind]
    model = made()
    for folder in ("/proc/self/task", tmp_path / "missing" / "folder"):  # the first not even root may write to
        with pytest.raises(OSError) as caught:
            write(model, Path(folder) / name)
        assert str(folder) in message(caught.value) and len(message(caught.value)) < 400
    assert not list(tmp_path.iterdir())
    (tmp_path / name).mkdir()
    with pytest.raises(OSError) as caught:
        write(model, tmp_path / name)
    assert name.split(".")[0] in message(caught.value)
    (tmp_path / name).rmdir()
    assert not litter(tmp_path, kind)


@pytest.mark.parametrize("kind", ["keras", "weights", "shards"])
def test_an_object_that_cannot_be_saved_costs_nothing(kind: str, tmp_path: Path) -> None:
    """Whatever a layer of one's own raises comes out as it is."""
    name, write, _, _ = FORMATS[kind]
    write(made(1.0), tmp_path / name)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    class Broken(layers.Dense):
        def save_own_variables(self, store: Any) -> None:
            store["0"] = self.kernel
            raise RuntimeError("this layer is broken")

    model = tsuno.Sequential([tsuno.Input((3,)), layers.Dense(4), Broken(2)])
    with pytest.raises(RuntimeError, match="this layer is broken"):
        write(model, tmp_path / name)
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


@each_format
def test_the_order_of_write_sync_and_rename(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Power may go at any moment: data reach the disk before their name does, and the name before the save ends."""
    name, write, _, _ = FORMATS[kind]
    model = made()
    events: list[tuple[str, Any, Any]] = []
    fsync, replace, rename = os.fsync, os.replace, os.rename

    def synced(descriptor: int) -> None:
        fsync(descriptor)
        path = os.readlink(f"/proc/self/fd/{descriptor}")
        events.append(("sync", path, None if os.path.isdir(path) else Path(path).read_bytes()))

    def renamed(source: Any, target: Any, how: Any = replace) -> None:
        data = Path(source).read_bytes()
        how(source, target)
        events.append(("rename", (str(source), str(target)), data))

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    monkeypatch.setattr(os, "rename", lambda source, target: renamed(source, target, rename))
    write(model, tmp_path / name)
    renames = [(place, event[1], event[2]) for place, event in enumerate(events) if event[0] == "rename"]
    assert {target for _, (_, target), _ in renames} == {str(path) for path in tmp_path.iterdir()}
    for place, (source, target), data in renames:
        assert os.path.dirname(source) == os.path.dirname(target) == str(tmp_path), "not in the same folder"
        assert ("sync", source, data) in events[:place], f"{source} was renamed before it was on the disk"
        assert ("sync", str(tmp_path), None) in events[place:], "the new name was not brought to the disk"
        assert Path(target).read_bytes() == data, f"{target} was written to after its name"
    if kind == "shards":
        assert renames[-1][1][1].endswith(".json"), "the map must come last"


@each_format
def test_what_dead_processes_left_is_removed(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name, write, _, _ = FORMATS[kind]
    model = made()
    sources: list[Path] = []
    replace = os.replace
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", lambda source, target: (sources.append(Path(source)), replace(source, target)))
        write(model, tmp_path / name)
    dead = subprocess.Popen(["true"])
    dead.wait()
    left = [path.with_name(path.name.replace(str(os.getpid()), str(dead.pid))) for path in sources]
    living = [path.with_name(path.name.replace(str(os.getpid()), "1")) for path in sources]
    assert not {*left, *living} & set(sources), "no name says whose it is"
    for path in [*left, *living]:
        path.write_bytes(b"half a file")
    write(model, tmp_path / name)
    assert not [path for path in left if path.exists()], "what a dead process left stays"
    assert all(path.exists() for path in living), "what a living process writes was taken away"


# -- writers and readers at once


@each_single
def test_readers_and_writers_do_not_meet(kind: str, tmp_path: Path) -> None:
    """Two writers and a reader: every load gives the one state or the other, and every save succeeds."""
    name, write, read, slots = FORMATS[kind]
    path = tmp_path / name
    models = [made(1.0), made(2.0)]
    write(models[0], path)
    faults: list[str] = []
    done = threading.Event()

    def save(model: Any) -> None:
        while not done.is_set():
            try:
                write(model, path)
            except BaseException as problem:
                faults.append(f"save: {problem!r}")
                return

    writers = [threading.Thread(target=save, args=(model,)) for model in models]
    for writer in writers:
        writer.start()
    target = made(0.5)
    for _ in range(30):
        try:
            if read is weights:
                target.load_weights(path)
                found = state(target, slots)
            else:
                found = state(read(path), slots)
            values = {float(value) for array in found for value in array.ravel()}
            if values not in ({1.0}, {2.0}):
                faults.append(f"load: {values}")
        except BaseException as problem:
            faults.append(f"load: {problem!r}")
    done.set()
    for writer in writers:
        writer.join()
    assert not faults, faults[:3]
    assert not litter(tmp_path, kind)


# -- damaged files


def chance_model(kind: str, folder: Path) -> tuple[Path, list[np.ndarray]]:
    """A saved model with weights all over the range, small and large arrays; what it must load as."""
    name, write, _, slots = FORMATS[kind]
    model = made()
    rng = np.random.default_rng(0)
    for variable in [*model.variables, *model.optimizer.variables]:
        whole = variable.dtype == "int32"
        variable.assign(np.full(variable.shape, 123_456_789) if whole else rng.normal(size=variable.shape))
    write(model, folder / name)
    return folder / name, state(model, slots)


def pieces(path: Path) -> list[Path]:
    """The file, or the map and the shards."""
    return [path] if path.suffix != ".json" else sorted(path.parent.iterdir())


def check_damaged(kind: str, path: Path, expected: list[np.ndarray], target: Any) -> str | None:
    """Load a damaged file: None if all is well (an error that names it, or the very weights), or what is wrong."""
    _, _, read, slots = FORMATS[kind]
    before = state(target)
    try:
        if read is weights:
            target.load_weights(path)
            found = state(target, slots)
        else:
            found = state(read(path), slots)
    except PLAIN as problem:
        text = message(problem)
        if not any(piece.name in text for piece in path.parent.iterdir()):
            return f"does not name the file: {type(problem).__name__}: {text[:200]}"
        if len(text) > 400:
            return f"{len(text)} characters: {text[:200]}"
        if (
            any(words in text.lower() for words in ("no such file", "file not found", "there is no file"))
            and kind != "shards"
        ):
            return f"says that the file is not there: {text[:200]}"
        return None if same(state(target), before) else "a failed load left the model half loaded"
    except Exception as problem:
        return f"{type(problem).__name__}: {problem}"[:300]
    if same(found, expected):
        fill_with(target, 0.5)
        return None
    return "wrong weights, silently"


@each_format
def test_a_file_that_was_cut_off_is_named(kind: str, tmp_path: Path) -> None:
    path, expected = chance_model(kind, tmp_path)
    target, faults = made(0.5), []
    for piece in pieces(path):
        data = piece.read_bytes()
        for length in {
            0,
            1,
            4,
            8,
            9,
            64,
            len(data) - 1,
            len(data) - 2,
            len(data) - 22,
            *(len(data) * n // 13 for n in range(13)),
        }:
            piece.write_bytes(data[:length])
            if fault := check_damaged(kind, path, expected, target):
                faults.append(f"{piece.name}, {length} of {len(data)} bytes: {fault}")
        piece.write_bytes(data)
    assert not faults, "\n".join(faults)
    assert check_damaged(kind, path, expected, target) is None


@each_format
def test_a_flipped_bit_never_makes_other_weights(kind: str, tmp_path: Path) -> None:
    path, expected = chance_model(kind, tmp_path)
    target, faults, chance, found = made(0.5), [], random.Random(5), 0
    for piece in pieces(path):
        data = piece.read_bytes()
        starts = [data.find(array.tobytes()[:16]) for array in expected]  # in each array, however small it is
        for place in [
            *(start for start in starts if start >= 0),
            *(chance.randrange(len(data)) for _ in range(40 // len(pieces(path)))),
        ]:
            bit = chance.randrange(8)
            piece.write_bytes(data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :])
            if fault := check_damaged(kind, path, expected, target):
                faults.append(f"{piece.name}, bit {bit} of byte {place}: {fault}")
        piece.write_bytes(data)
        found += sum(start >= 0 for start in starts)
    assert found >= len(expected), "an array was not found in the file"
    assert not faults, "\n".join(faults)


def test_a_lost_shard_is_named(tmp_path: Path) -> None:
    path, _ = chance_model("shards", tmp_path)
    shards = sorted(tmp_path.glob("*.weights.h5"))
    assert len(shards) > 2
    shards[1].unlink()
    target = made(0.5)
    with pytest.raises((ValueError, OSError)) as caught:
        target.load_weights(path)
    assert shards[1].name in message(caught.value) and same(state(target), state(made(0.5)))


def test_shards_of_two_saves_do_not_mix(tmp_path: Path) -> None:
    """A save that dies between two shards leaves some of each; that must not load as one model."""
    path, _ = chance_model("shards", tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    sharded(made(2.0), other / path.name)
    ours, theirs = (sorted(folder.glob("*.weights.h5")) for folder in (tmp_path, other))
    shutil.copy(theirs[0], ours[0])
    with pytest.raises((ValueError, OSError)) as caught:
        made(0.5).load_weights(path)
    assert ours[0].name in message(caught.value)


@each_format
def test_weights_that_do_not_fit_leave_the_model_alone(kind: str, tmp_path: Path) -> None:
    name, write, _, _ = FORMATS[kind]
    write(made(2.0), tmp_path / name)
    other = tsuno.Sequential(
        [tsuno.Input((40,)), layers.Dense(40, name="first"), layers.Dense(3, name="second")], name="line"
    )
    before = [np.asarray(variable) for variable in other.variables]
    with pytest.raises(ValueError, match=r"model"):
        other.load_weights(tmp_path / name)
    assert same(before, [np.asarray(variable) for variable in other.variables])
