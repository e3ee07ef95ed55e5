"""Data sets as Keras gives them, from small files in their formats; downloads that are cut, changed, wrong or raced for."""

import gzip
import hashlib
import http.server
import io
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import keras
import numpy as np
import pytest

import tsuno
from tsuno import datasets, utils
from tsuno.datasets.reading import read_idx, read_npz, read_pickle
from tsuno.saving.untrusted import FileProblem
from tsuno.utils import transfers

SOURCE = Path(tsuno.__file__).parents[1]
RNG = np.random.RandomState(5)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A cache of its own for every test; settings of the user who runs the tests do not count."""
    for name in ("TSUNO_DATASETS", "TSUNO_MIRROR", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(transfers, "_PAUSES", (0.01, 0.01, 0.01))
    return tmp_path / "home"


# ---------------------------------------------------------------------- a web of our own


@dataclass
class Page:
    """A file of the web, and how its server treats those who want it."""

    content: bytes
    headers: dict = field(default_factory=lambda: {"ETag": '"one"'})
    plan: list = field(default_factory=list)  # for each answer: bytes after which the connection ends, or a code
    ranges: bool = True
    heeds_version: bool = True  # whether If-Range is understood
    pause: float = 0.0  # seconds before each piece
    piece: int = 1 << 16
    chunked: bool = False


@contextmanager
def serving(pages):
    """A server on this machine: its address, and what is asked of it."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            page, wanted = pages.get(self.path.partition("?")[0].rpartition("/")[2]), self.headers.get("Range")
            asked.append((self.path, wanted))
            step = page.plan.pop(0) if page and page.plan else None
            if page is None or isinstance(step, str):
                return self.answer(int(step or 404), {"Retry-After": "0", "Content-Length": "0"})
            start, size, version = 0, len(page.content), self.headers.get("If-Range")
            if wanted and page.ranges and (not page.heeds_version or version in (None, *page.headers.values())):
                start = int(wanted.removeprefix("bytes=").removesuffix("-"))
                if start >= size:
                    return self.answer(416, {"Content-Range": f"bytes */{size}"})
            length = {"Transfer-Encoding": "chunked"} if page.chunked else {"Content-Length": str(size - start)}
            where = {"Content-Range": f"bytes {start}-{size - 1}/{size}"} if start else {}
            self.answer(206 if start else 200, page.headers | length | where)
            end = size if step is None else min(size, start + step)
            for place in range(start, end, page.piece):
                time.sleep(page.pause)
                piece = page.content[place : min(place + page.piece, end)]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if page.chunked else piece)
            if page.chunked and end == size:
                self.wfile.write(b"0\r\n\r\n")
            return None

        def answer(self, code, headers):
            self.send_response(code)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *args):
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request, client_address):
            """Clients that end are no error."""

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


CONTENT = RNG.bytes(200_000)
SHA = hashlib.sha256(CONTENT).hexdigest()
DATE = {"Last-Modified": "Sat, 01 Feb 2020 10:00:00 GMT"}


def ranges(asked):
    return [wanted for _, wanted in asked]


def left(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


CUT = [70_000, 50_000]
REST = [None, "bytes=70000-", "bytes=120000-"]
CUTS = [
    # the page, whether a hash is known, the ranges that are asked for
    (lambda: Page(CONTENT, plan=[*CUT]), False, REST),
    (lambda: Page(CONTENT, DATE, [*CUT]), False, REST),
    (lambda: Page(CONTENT, {"ETag": 'W/"one"', **DATE}, [*CUT]), False, REST),
    (lambda: Page(CONTENT, {}, [*CUT]), True, REST),
    (lambda: Page(CONTENT, {}, [*CUT]), False, [None] * 3),  # nothing tells this file from a later one
    (lambda: Page(CONTENT, {"ETag": 'W/"one"'}, [*CUT]), False, [None] * 3),
    (lambda: Page(CONTENT, plan=[*CUT], ranges=False), True, [None, "bytes=70000-", "bytes=50000-"]),
    (lambda: Page(CONTENT, plan=[65536], chunked=True), False, [None, "bytes=65536-"]),
    (lambda: Page(CONTENT, plan=["503", "429", "500"]), False, [None] * 4),
    (lambda: Page(CONTENT, plan=[20_000] * 9), True, [None, *(f"bytes={i * 20_000}-" for i in range(1, 10))]),
    (lambda: Page(b""), False, [None]),
]


@pytest.mark.parametrize("make, hashed, expected", CUTS)
def test_cut_downloads_go_on(home, make, hashed, expected):
    page = make()
    with serving({"data": page}) as (address, asked):
        path = utils.get_file(origin=f"{address}/data", file_hash=SHA if hashed else None)
    assert Path(path).read_bytes() == page.content and left(home) == ["datasets/data"]
    assert ranges(asked) == expected


CHANGES = [
    # the page that is cut, the page then, whether a hash is known
    (lambda: Page(CONTENT), Page(CONTENT[::-1], {"ETag": '"two"'}), False),
    (lambda: Page(CONTENT), Page(CONTENT[::-1], {"ETag": '"two"'}, heeds_version=False), False),
    (lambda: Page(CONTENT, DATE), Page(CONTENT[::-1], {"Last-Modified": "Sun, 02 Feb 2020 10:00:00 GMT"}), False),
    (lambda: Page(CONTENT), Page(CONTENT[::-1] + b"more"), False),
    (lambda: Page(CONTENT), Page(CONTENT[:500]), False),
    (lambda: Page(CONTENT, {}), Page(CONTENT[::-1], {}), True),
]


@pytest.mark.parametrize("make, now, hashed", CHANGES)
def test_files_that_change_meanwhile_are_fetched_anew(home, make, now, hashed):
    file_hash = hashlib.sha256(now.content).hexdigest() if hashed else None
    pages = {"data": make()}
    pages["data"].plan += [70_000, "404"]
    with serving(pages) as (address, asked):
        with pytest.raises(OSError, match="404"):
            utils.get_file(origin=f"{address}/data", file_hash=file_hash)
        assert (home / "datasets" / "data.part").read_bytes() == CONTENT[:70_000]
        pages["data"] = now
        path = utils.get_file(origin=f"{address}/data", file_hash=file_hash)
    assert Path(path).read_bytes() == now.content and left(home) == ["datasets/data"]
    assert ranges(asked)[2] == "bytes=70000-" and set(ranges(asked)[3:]) <= {None}


def test_what_is_left_of_another_address_or_is_broken_is_not_used(home):
    with serving({"data": Page(CONTENT, plan=[70_000, "404"]), "other": Page(CONTENT[::-1])}) as (address, asked):
        with pytest.raises(OSError, match="404"):
            utils.get_file("name", f"{address}/data")
        assert Path(utils.get_file("name", f"{address}/other")).read_bytes() == CONTENT[::-1]
        for notes in ("", "[]", "{", '{"Origin": 3}'):
            (home / "datasets" / "next.part").write_bytes(b"?" * 10)
            (home / "datasets" / "next.part.json").write_text(notes)
            path = utils.get_file("next", f"{address}/data")
            assert Path(path).read_bytes() == CONTENT
            os.remove(path)
    assert ranges(asked)[2:] == [None] * 5 and left(home) == ["datasets/name"]


def test_a_whole_part_is_not_fetched_again(home):
    with serving({"data": Page(CONTENT, plan=[70_000, "404"])}) as (address, asked):
        with pytest.raises(OSError, match="404"):
            utils.get_file(origin=f"{address}/data")
        (home / "datasets" / "data.part").write_bytes(CONTENT)
        assert Path(utils.get_file(origin=f"{address}/data")).read_bytes() == CONTENT
    assert ranges(asked)[2:] == ["bytes=200000-"] and left(home) == ["datasets/data"]


def test_slow_servers(home, monkeypatch):
    monkeypatch.setattr(transfers, "_PATIENCE", 0.2)
    pages = {"steady": Page(CONTENT, pause=0.1), "silent": Page(CONTENT, pause=0.4)}
    with serving(pages) as (address, asked):
        assert Path(utils.get_file(origin=f"{address}/steady")).read_bytes() == CONTENT and len(asked) == 1
        with pytest.raises(OSError, match="timed out"):
            utils.get_file(origin=f"{address}/silent")
    assert len(asked) == 1 + len(transfers._PAUSES) + 1


def test_hashes_are_compared_after_a_download_and_once_more(home, monkeypatch):
    counted = []
    original = hashlib.file_digest
    monkeypatch.setattr(hashlib, "file_digest", lambda *args: counted.append(1) or original(*args))
    with serving({"data": Page(CONTENT)}) as (address, asked):
        for _ in range(3):
            path = utils.get_file(origin=f"{address}/data", file_hash=SHA.upper())
        assert len(counted) == len(asked) == 1
        for _ in range(3):  # as another process finds it
            transfers._right.clear()
            utils.get_file(origin=f"{address}/data", file_hash=SHA)
        assert len(counted) == 4 and len(asked) == 1
        Path(path).write_bytes(CONTENT[:-1])
        assert Path(utils.get_file(origin=f"{address}/data", file_hash=SHA)).read_bytes() == CONTENT
        assert len(asked) == 2
        with pytest.raises(ValueError, match="must have the hash ff"):
            utils.get_file("wrong", f"{address}/data", file_hash="f" * 64)
        assert len(asked) == 3 and left(home) == ["datasets/data"]


def test_errors_say_where_a_copy_may_be(home):
    with serving({}) as (address, asked), pytest.raises(OSError, match="404 Not Found") as problem:
        datasets_file("mnist.npz", address)
    assert len(asked) == 1
    with pytest.raises(OSError, match="refused") as problem:  # nobody is there any more
        datasets_file("mnist.npz", address)
    for part in (f"{address}/a/mnist.npz", str(home / "datasets" / "mnist.npz"), "TSUNO_DATASETS", "'mnist.npz'"):
        assert part in str(problem.value)
    assert left(home) == []


def datasets_file(name, address):
    return utils.get_file(name, f"{address}/a/{name}")


# ---------------------------------------------------------------------- processes


FETCH = """
import sys
from tsuno.utils.downloads import get_file
print("ready", flush=True)
sys.stdin.readline()
print(get_file("data", sys.argv[1]))
"""


def process(address):
    """A process that is ready to fetch a file."""
    found = subprocess.Popen(
        [sys.executable, "-c", FETCH, f"{address}/data"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )  # fmt: skip
    return found


def go(*processes):
    for each in processes:
        assert each.stdout.readline() == "ready\n"
    for each in processes:
        each.stdin.write("\n")
        each.stdin.flush()


def test_processes_fetch_a_file_once_and_a_killed_one_blocks_nobody(home):
    page = Page(CONTENT, pause=0.02, piece=2000)
    with serving({"data": page}) as (address, asked):
        first, *others = [process(address) for _ in range(3)]
        go(first)
        part = home / "datasets" / "data.part"
        while not part.exists() or part.stat().st_size < 20_000:
            time.sleep(0.01)
        first.send_signal(signal.SIGKILL)
        first.wait()
        assert ".data.lock" in os.listdir(home / "datasets")  # nobody holds it
        page.pause = 0.002
        start = part.stat().st_size
        go(*others)
        out = [each.communicate(timeout=20)[0] for each in others]
    assert all(each.endswith(f"{home}/datasets/data\n") for each in out)
    assert ranges(asked) == [None, f"bytes={start}-"] and start >= 20_000
    assert (home / "datasets" / "data").read_bytes() == CONTENT and left(home) == ["datasets/data"]


def test_threads_fetch_a_file_once(home):
    with serving({"data": Page(CONTENT, pause=0.05)}) as (address, asked):
        threads = [threading.Thread(target=utils.get_file, args=("data", f"{address}/data")) for _ in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    assert len(asked) == 1 and left(home) == ["datasets/data"]


# ---------------------------------------------------------------------- settings


@pytest.mark.parametrize("by_file", [False, True])
def test_a_mirror_takes_the_place_of_the_host(home, monkeypatch, by_file):
    with serving({"mnist.npz": Page(CONTENT)}) as (address, asked):
        home.mkdir()
        if by_file:
            (home / "keras.json").write_text(json.dumps({"mirror": f"{address}/copies/"}))
        else:
            monkeypatch.setenv("TSUNO_MIRROR", f"{address}/copies")
        path = utils.get_file(origin="https://nowhere.invalid/some/mnist.npz?x=1#part", file_hash=SHA)
    assert Path(path).read_bytes() == CONTENT
    assert asked == [("/copies/some/mnist.npz?x=1", None)]


def test_a_mirror_must_be_an_address(monkeypatch):
    monkeypatch.setenv("TSUNO_MIRROR", "host")
    with pytest.raises(ValueError, match=r"`TSUNO_MIRROR` must be an address such as .*; got 'host'"):
        utils.get_file(origin="https://nowhere.invalid/a")


OWN = [
    # where the user's copy is, the arguments of get_file
    ("words.txt", {"fname": "words.txt"}),
    ("datasets/words.txt", {"fname": "words.txt"}),
    ("remote.txt", {"fname": "words.txt"}),
    ("models/weights.h5", {"fname": "weights.h5", "cache_subdir": "models"}),
    ("weights.h5", {"fname": "weights.h5", "cache_subdir": "models"}),
    ("deep/words.txt", {"fname": "words.txt", "cache_subdir": "datasets/deep"}),
    ("words.txt", {"fname": "words.txt", "cache_subdir": "/some/where"}),
]


@pytest.mark.parametrize("place, arguments", OWN)
def test_own_copies_are_used_as_they_are(home, tmp_path, monkeypatch, place, arguments):
    own = tmp_path / "own" / place
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("TSUNO_DATASETS", os.pathsep.join([str(tmp_path / "empty"), str(tmp_path / "own")]))
    path = utils.get_file(origin="https://nowhere.invalid/remote.txt", file_hash="0" * 64, **arguments)
    assert path == str(own) and not home.exists()


def test_own_copies_that_are_not_there(home, tmp_path, monkeypatch):
    (tmp_path / "words.txt").write_text("mine")
    monkeypatch.setenv("TSUNO_DATASETS", str(tmp_path))
    origin = (tmp_path / "words.txt").as_uri()
    assert utils.get_file(origin=origin) == str(tmp_path / "words.txt")
    assert utils.get_file(origin=origin, force_download=True) == str(home / "datasets" / "words.txt")
    assert utils.get_file("words.txt", origin, cache_subdir="datasets/deep").startswith(str(home))
    monkeypatch.setenv("TSUNO_DATASETS", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="`TSUNO_DATASETS` names the folder '.*nowhere', which is not there"):
        utils.get_file(origin=origin)


def test_own_archives_are_unpacked_once(home, tmp_path, monkeypatch):
    own = tmp_path / "own"
    own.mkdir()
    monkeypatch.setenv("TSUNO_DATASETS", str(own))
    origin = "https://nowhere.invalid/photos.tar.gz"
    found = []
    for text in (b"one", b"another"):
        with tarfile.open(own / "photos.tar.gz", "w:gz") as packed:
            info = tarfile.TarInfo("a/b.txt")
            info.size = len(text)
            packed.addfile(info, io.BytesIO(text))
        for _ in range(2):
            found.append(utils.get_file("photos", origin, untar=True))
            assert Path(found[-1], "a", "b.txt").read_bytes() == text
    assert found[0] == found[1] != found[2] == found[3] and os.listdir(own) == ["photos.tar.gz"]
    (own / "photos").mkdir()  # unpacked by the user
    assert utils.get_file("photos", origin, untar=True) == str(own / "photos")


# ---------------------------------------------------------------------- data sets


def sequences(count, seed=0, words=60):
    """Texts of 1 to 12 numbers of words."""
    rng = np.random.RandomState(seed)
    texts = np.empty(count, object)
    for place in range(count):
        texts[place] = [int(word) for word in rng.randint(1, words, rng.randint(1, 13))]
    return texts


def pixels(*shape):
    return (np.arange(np.prod(shape)).reshape(shape) * 7 % 251).astype("uint8")


def labels(count, kinds=10):
    return (np.arange(count) * 3 % kinds).astype("uint8")


def make_npz(folder, name, **arrays):
    np.savez(folder / name, **arrays)


def make_table(folder, name, features):
    make_npz(folder, name, x=RNG.uniform(size=(700, features)), y=RNG.uniform(size=700))


def make_mnist(folder):
    make_npz(
        folder,
        "mnist.npz",
        x_train=pixels(9, 28, 28),
        y_train=labels(9),
        x_test=pixels(4, 28, 28)[::-1],
        y_test=labels(4),
    )


def make_idx(folder, offset=0, end=".gz", dot=False):
    """The four files of MNIST, with pictures and labels moved by a number."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in (
        ("train-images-idx3-ubyte", pixels(9, 28, 28) + np.uint8(offset)), ("train-labels-idx1-ubyte", labels(9)),
        ("t10k-images-idx3-ubyte", pixels(4, 28, 28) + np.uint8(offset)), ("t10k-labels-idx1-ubyte", labels(4)),
    ):  # fmt: skip
        head = bytes([0, 0, 8, data.ndim]) + np.array(data.shape, ">u4").tobytes()
        name = name.replace("-idx", ".idx") if dot else name
        with (gzip.open if end else open)(folder / (name + end), "wb") as file:
            file.write(head + data.tobytes())


def make_imdb(folder):
    make_npz(folder, "imdb.npz", x_train=sequences(40), y_train=labels(40, 2).astype("int64"),
             x_test=sequences(30, 1), y_test=labels(30, 2).astype("int64"))  # fmt: skip
    (folder / "imdb_word_index.json").write_text(json.dumps({"the": 1, "caf\u00e9": 2}))


def make_reuters(folder):
    make_npz(folder, "reuters.npz", x=sequences(50, 2), y=labels(50, 46).astype("int64"))
    (folder / "reuters_word_index.json").write_text(json.dumps({"wheat": 1, "corn": 2}))


def python2(value):
    """The opcodes by which Python 2 and the NumPy of its time pickled a value."""
    if isinstance(value, dict):
        return b"}(" + b"".join(python2(key) + python2(item) for key, item in value.items()) + b"u"
    if isinstance(value, list):
        return b"](" + b"".join(map(python2, value)) + b"e"
    if isinstance(value, tuple):
        return b"(" + b"".join(map(python2, value)) + b"t"
    if isinstance(value, int):
        return b"J" + value.to_bytes(4, "little", signed=True)
    if isinstance(value, bytes):
        return b"T" + len(value).to_bytes(4, "little") + value
    dtype = b"cnumpy\ndtype\n" + python2((b"u1", 0, 1)) + b"R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    made = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n" + python2((0,)) + python2(b"b") + b"tR"
    return made + b"(K\x01" + python2(value.shape) + dtype + b"\x89" + python2(value.tobytes()) + b"tb"


def make_batch(path, count, seed, *names):
    picture = {b"data": pixels(count, 3072) + np.uint8(seed)}
    given = {name.encode(): [(place * seed) % 10 for place in range(count)] for name in names}
    path.write_bytes(b"\x80\x02" + python2(picture | given | {b"batch_label": b"one"}) + b".")


def make_cifar10(folder):
    folder = folder / "cifar-10-batches-py"
    folder.mkdir()
    make_batch(folder / "data_batch_1", 10_000, 1, "labels")
    make_batch(folder / "data_batch_2", 10_000, 3, "labels")
    for number in (3, 4, 5):
        (folder / f"data_batch_{number}").symlink_to(folder / f"data_batch_{1 + number % 2}")
    make_batch(folder / "test_batch", 30, 7, "labels")


def make_cifar100(folder):
    folder = folder / "cifar-100-python"
    folder.mkdir()
    make_batch(folder / "train", 40, 3, "fine_labels", "coarse_labels")
    make_batch(folder / "test", 30, 7, "fine_labels", "coarse_labels")


TEXTS = [
    {}, {"num_words": 40}, {"num_words": 40, "skip_top": 6}, {"maxlen": 8}, {"seed": 7}, {"start_char": None},
    {"start_char": None, "index_from": 0}, {"oov_char": None, "num_words": 40}, {"index_from": 10, "start_char": 9},
    {"num_words": 30, "skip_top": 4, "maxlen": 9, "seed": 1, "start_char": None, "oov_char": None, "index_from": 1},
]  # fmt: skip
AS_KERAS = {
    # how its files are made, the options that are tried
    "boston_housing": (lambda folder: make_table(folder, "boston_housing.npz", 13), [{}, {"test_split": 0.35}, {"test_split": 0}, {"seed": 5}]),
    "california_housing": (lambda folder: make_table(folder, "california_housing.npz", 8), [{}, {"version": "small", "test_split": 0.1, "seed": 3}]),
    "mnist": (make_mnist, [{}]),
    "fashion_mnist": (lambda folder: make_idx(folder / "fashion-mnist"), [{}]),
    "cifar10": (make_cifar10, [{}]),
    "cifar100": (make_cifar100, [{}, {"label_mode": "coarse"}]),
    "imdb": (make_imdb, TEXTS),
    "reuters": (make_reuters, [*TEXTS, {"test_split": 0.5}, {"test_split": 1.0}]),
}  # fmt: skip


def equal(ours, theirs):
    """Whether two results have the same arrays, of the same dtypes."""
    for (x, y), (their_x, their_y) in zip(ours, theirs, strict=True):
        for one, other in ((x, their_x), (y, their_y)):
            assert isinstance(one, np.ndarray) and one.dtype == other.dtype and one.shape == other.shape
            assert np.array_equal(one, other)
            assert one.flags.writeable


@pytest.fixture
def own(tmp_path, monkeypatch):
    """The folder with the user's copies."""
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("TSUNO_DATASETS", str(folder))
    return folder


def of_keras(monkeypatch, name, own):
    """Keras' module, which finds its files in the same folder."""

    def get_file(fname, origin=None, extract=False, cache_subdir="datasets", **_):
        return str(own if extract else own / Path(cache_subdir).relative_to("datasets") / fname)

    module = getattr(keras.src.datasets, name)
    monkeypatch.setattr(module, "get_file", get_file)
    return module


@pytest.mark.filterwarnings("ignore:numpy.core")
@pytest.mark.parametrize("name", AS_KERAS)
def test_data_as_keras(monkeypatch, own, home, name):
    make, options = AS_KERAS[name]
    make(own)
    ours, theirs = getattr(datasets, name), of_keras(monkeypatch, name, own)
    for given in options:
        equal(ours.load_data(**given), theirs.load_data(**given))
    if hasattr(theirs, "get_word_index"):
        assert ours.get_word_index() == theirs.get_word_index()
    if hasattr(theirs, "get_label_names"):
        assert ours.get_label_names() == theirs.get_label_names()
    assert not home.exists()


@pytest.mark.filterwarnings("ignore:numpy.core")
def test_channels_first(monkeypatch, own):
    make_cifar100(own)
    tsuno.config.set_image_data_format("channels_first")
    theirs = of_keras(monkeypatch, "cifar100", own)
    monkeypatch.setattr(theirs.backend, "image_data_format", lambda: "channels_first")
    ours = datasets.cifar100.load_data()
    assert ours[0][0].shape == (40, 3, 32, 32)
    equal(ours, theirs.load_data())


def test_batches_in_an_archive(own, tmp_path):
    make_cifar100(tmp_path)
    expected = datasets.cifar100.load_data  # from the folder below
    with tarfile.open(own / "cifar-100-python.tar.gz", "w:gz") as packed:
        packed.add(tmp_path / "cifar-100-python", "cifar-100-python")
    first = expected()
    shutil.copytree(tmp_path / "cifar-100-python", own / "cifar-100-python")
    equal(first, expected())


@pytest.mark.parametrize("place", [".", "mnist", "MNIST/raw"])
@pytest.mark.parametrize("form", [{}, {"end": ""}, {"end": "", "dot": True}])
def test_mnist_from_its_first_files(own, place, form):
    make_idx(own / "FashionMNIST" / "raw", 1)
    make_idx(own / place, **form)
    (x_train, y_train), (x_test, _) = datasets.mnist.load_data("/home/author/mnist.npz")
    np.testing.assert_array_equal(x_train, pixels(9, 28, 28))
    np.testing.assert_array_equal(y_train, labels(9))
    np.testing.assert_array_equal(x_test, pixels(4, 28, 28))
    np.testing.assert_array_equal(datasets.fashion_mnist.load_data()[0][0], pixels(9, 28, 28) + np.uint8(1))
    make_mnist(own)  # goes before
    np.testing.assert_array_equal(datasets.mnist.load_data()[1][0], pixels(4, 28, 28)[::-1])


def test_mnist_and_fashion_are_not_taken_for_each_other(own, monkeypatch):
    monkeypatch.setattr(transfers, "_PAUSES", ())
    monkeypatch.setenv("TSUNO_MIRROR", "http://127.0.0.1:9")  # nobody is there
    make_idx(own)
    with pytest.raises(OSError, match="fashion-mnist.*train-images-idx3-ubyte.gz"):
        datasets.fashion_mnist.load_data()
    (own.parent / "fashion").mkdir()
    monkeypatch.setenv("TSUNO_DATASETS", str(own.parent / "fashion"))
    make_idx(own.parent / "fashion")
    assert datasets.fashion_mnist.load_data()[0][0].shape == (9, 28, 28)
    with pytest.raises(OSError, match="mnist.npz"):
        datasets.mnist.load_data()


def test_a_path_of_ones_own(home, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    make_imdb(tmp_path / "here")
    monkeypatch.chdir(tmp_path)
    expected = datasets.imdb.load_data(tmp_path / "here" / "imdb.npz")
    equal(datasets.imdb.load_data("here/imdb.npz"), expected)
    assert datasets.imdb.get_word_index(str(tmp_path / "here" / "imdb_word_index.json"))["the"] == 1
    monkeypatch.setenv("TSUNO_DATASETS", str(tmp_path / "here"))
    equal(datasets.imdb.load_data("imdb.pkl"), expected)  # the name in the first Keras
    assert not home.exists()


def test_files_come_from_the_web(home, monkeypatch, tmp_path):
    make_mnist(tmp_path)
    make_idx(tmp_path / "idx")
    content = (tmp_path / "mnist.npz").read_bytes()
    pages = {"mnist.npz": Page(content)} | {path.name: Page(path.read_bytes()) for path in (tmp_path / "idx").iterdir()}
    with serving(pages) as (address, asked):
        monkeypatch.setenv("TSUNO_MIRROR", address)
        with pytest.raises(ValueError, match="must have the hash 731c5ac6"):
            datasets.mnist.load_data()
        monkeypatch.setattr(datasets.mnist, "_HASH", hashlib.sha256(content).hexdigest())
        for _ in range(2):
            assert datasets.mnist.load_data()[0][0].shape == (9, 28, 28)
            assert datasets.fashion_mnist.load_data()[1][0].shape == (4, 28, 28)
        assert datasets.mnist.load_data(str(tmp_path / "new" / "mnist.npz"))[0][0].shape == (9, 28, 28)
    assert len(asked) == 2 + 4 + 1 and asked[0][0] == "/tensorflow/tf-keras-datasets/mnist.npz"
    names = [f"fashion-mnist/{name}" for name in sorted(pages) if name != "mnist.npz"]
    assert left(home / "datasets") == [*names, "mnist.npz"] and left(tmp_path / "new") == ["mnist.npz"]


WRONG = [
    (lambda: datasets.boston_housing.load_data(test_split=1), "`boston_housing.load_data.test_split` must be a number from 0"),
    (lambda: datasets.california_housing.load_data(test_split=-0.1), "test_split` must be a number from 0"),
    (lambda: datasets.california_housing.load_data("larg"), "version` must be one of .*; got 'larg'. Did you mean 'large'"),
    (lambda: datasets.cifar100.load_data("rough"), "label_mode` must be one of 'fine', 'coarse'; got 'rough'"),
    (lambda: datasets.imdb.load_data(maxlen=1), "maxlen` must be more than the length of the shortest text; got 1"),
    (lambda: datasets.reuters.load_data(maxlen=1), "maxlen` must be more than the length of the shortest text; got 1"),
    (lambda: datasets.reuters.load_data(test_split=2), "test_split` must be a number from 0 to 1; got 2"),
    (lambda: datasets.imdb.load_data(num_word=3), "`imdb.load_data` has no argument 'num_word'. Did you mean 'num_words'"),
]  # fmt: skip


@pytest.mark.parametrize("call, said", WRONG)
def test_wrong_arguments(own, call, said):
    make_imdb(own)
    make_reuters(own)
    for name in ("boston_housing.npz", "california_housing.npz"):
        make_table(own, name, 3)
    with pytest.raises((ValueError, TypeError), match=said):
        call()


# ---------------------------------------------------------------------- files of any origin


@pytest.mark.parametrize("protocol", range(6))
def test_pickles_of_any_age(tmp_path, protocol):
    held = {
        "ints": np.arange(6, dtype=">i2").reshape(2, 3), "rows": np.asfortranarray(np.ones((3, 2)) * [1, 2]),
        "lists": sequences(5), "words": np.array(["ab", "c"]), "number": np.float32(1.5), "empty": np.zeros((0, 3)),
        "mixed": np.array([np.arange(2), [3], b"x", None, "é"], object), "list": [1, -2, 1 << 40, True, 0.5, b"\xff"],
    }  # fmt: skip
    path = tmp_path / "data"
    path.write_bytes(pickle.dumps(held, protocol))
    found = read_pickle(path)
    assert found.keys() == held.keys()
    for name, value in held.items():
        if isinstance(value, np.ndarray):
            assert found[name].dtype == value.dtype and found[name].shape == value.shape
            np.testing.assert_equal(found[name].tolist(), value.tolist())
        else:
            np.testing.assert_equal(found[name], value)
    if protocol >= 2:
        with zipfile.ZipFile(tmp_path / "x.npz", "w") as file:
            head = io.BytesIO()
            np.lib.format.write_array_header_1_0(head, {"descr": "|O", "fortran_order": False, "shape": (5,)})
            file.writestr("x.npy", head.getvalue() + pickle.dumps(held["lists"], protocol))
        np.testing.assert_equal(read_npz(tmp_path / "x.npz")["x"], held["lists"])


class Evil:
    """Runs a command when it is unpickled."""

    def __init__(self, path):
        self.command = f"echo x > {path}"

    def __reduce__(self):
        return os.system, (self.command,)


ARRAY = b"cnumpy.core.multiarray\n_reconstruct\n"
BAD_PICKLES = {
    "a command": lambda path: pickle.dumps({"data": Evil(path)}),
    "a command within an array": lambda path: pickle.dumps({"data": np.array([Evil(path), 1], object)}),
    "a function of NumPy's": lambda _: b"cnumpy\nfromfile\n(U\x0b/etc/passwdtR.",
    "a path through NumPy": lambda _: b"cnumpy.f2py.crackfortran\nmyeval\n(U\x011tR.",
    "attributes for a class": lambda _: ARRAY + b"(N}U\x04evilK\x01stb.",
    "a dictionary for a class": lambda _: ARRAY + b"}U\x08__init__K\x01sb.",
    "attributes for a function": lambda _: b"c_codecs\nencode\n(N}U\x08__call__K\x01stb.",
    "an array of nothing": lambda _: ARRAY + b"(tR(K\x01(J\xff\xff\xff\x7ftNNNtb.",
    "too few bytes": lambda _: b"\x80\x02" + python2({b"data": pixels(2, 3)}).replace(python2((2, 3)), python2((9, 9))) + b".",
    "a strange dtype": lambda _: b"cnumpy\ndtype\n(U\x0aS4,u1,(99)K\x00K\x01tR.",
    "no dictionary": lambda _: pickle.dumps([1]),
    "half of one": lambda _: pickle.dumps({"data": list(range(99))})[:50],
    "nothing": lambda _: b"",
    "text": lambda _: b"<html>404</html>",
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_PICKLES)
def test_no_pickle_runs_anything(tmp_path, case):
    path = tmp_path / "data"
    path.write_bytes(BAD_PICKLES[case](tmp_path / "ran"))
    with pytest.raises(FileProblem):
        read_pickle(path)
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "|O", "fortran_order": False, "shape": (2,)})
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as file:
        file.writestr("x.npy", head.getvalue() + path.read_bytes())
    with pytest.raises(FileProblem):
        read_npz(tmp_path / "x.npz")
    assert not (tmp_path / "ran").exists()
    assert not hasattr(tsuno.datasets.reading._Array, "evil")


def npy(shape, dtype="|u1", data=b"123456"):
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": dtype, "fortran_order": False, "shape": shape})
    return head.getvalue() + data


BAD_FILES = [
    npy((1 << 40,)), npy((7,)), npy((2,), [("a", "|O")]), b"no numpy", b"", npy((2,))[:20],
]  # fmt: skip
BAD_IDX = [
    b"\0\0\x08\x03" + b"\xff" * 12, b"\0\0\x08\x01\0\0\0\x02abc", b"\0\0\x0d\x01\0\0\0\0", b"\0\0\x08\x01\0\0\0\x04ab",
    b"", b"\0\0", b"\x1f\x8bno", gzip.compress(b"\0\0\x08\x01\0\0\0\x09abc", mtime=0), gzip.compress(b"\0\0\x08\x01\0\0\0\x03abc", mtime=0)[:-9],
]  # fmt: skip


@pytest.mark.parametrize(
    "read, content", [*((read_npz, each) for each in BAD_FILES), *((read_idx, each) for each in BAD_IDX)]
)
def test_damaged_files(tmp_path, read, content):
    path = tmp_path / "data"
    path.write_bytes(content)
    if read is read_npz:
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("x.npy", content)
    with pytest.raises(FileProblem, match="data"):
        read(path)


def test_files_that_are_no_data_set(own):
    make_npz(own, "mnist.npz", x=np.zeros(3))
    with pytest.raises(FileProblem, match=r"has no array 'x_train'; it has \['x'\]"):
        datasets.mnist.load_data()
    (own / "mnist.npz").write_bytes(b"<html>404</html>")
    with pytest.raises(FileProblem, match="mnist.npz"):
        datasets.mnist.load_data()
    make_cifar10_without_labels(own)
    with pytest.raises(FileProblem, match=r"has no 'labels'; it has \['batch_label', 'data', 'kinds'\]"):
        datasets.cifar10.load_data()


def make_cifar10_without_labels(folder):
    (folder / "cifar-10-batches-py").mkdir()
    make_batch(folder / "cifar-10-batches-py" / "data_batch_1", 2, 1, "kinds")
