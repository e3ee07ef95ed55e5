"""The page's server: it gives what the model computes, to nobody but the page."""

import io
import json
import threading
import time
import wave

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

import tsuno
from tsuno import layers
from tsuno.inspector import entries, examples
from tsuno.inspector.describing import graph_of
from tsuno.inspector.guard import Guard
from tsuno.inspector.routes import application
from tsuno.inspector.server import Server
from tsuno.inspector.session import Session

RNG = np.random.default_rng(0)
TOKEN = "a-token"
HOST = "http://127.0.0.1:4321"


def client(session, most=1 << 20, entered=True):
    found = TestClient(Guard(application(session), 4321, TOKEN, most), base_url=HOST, follow_redirects=False)
    if entered:
        assert found.get("/", params={"token": TOKEN}).status_code == 303
    return found


@pytest.fixture(scope="module")
def model():
    tsuno.utils.set_random_seed(3)
    image = tsuno.Input((8, 8, 1), name="image")
    x = layers.Conv2D(4, 3, activation="relu", padding="same", name="conv")(image)
    x = tsuno.Sequential([layers.Conv2D(3, 3, strides=2, name="inner"), layers.ReLU()], name="block")(x)
    x = layers.Reshape((-1, 3), name="places")(x)
    x = layers.MultiHeadAttention(2, 3, name="attention")(x, x)
    x = layers.LSTM(5, return_sequences=True, name="lstm")(x)
    x = layers.GlobalAveragePooling1D()(x)
    return tsuno.Model(image, layers.Dense(3, activation="softmax", name="head")(x), name="demo")


@pytest.fixture(scope="module")
def images():
    return RNG.random((4, 8, 8, 1)).astype("float32")


@pytest.fixture(scope="module")
def page(model, images):
    return client(Session(model, images, ["cat", "dog", "猫"], 2))


def array(reply):
    assert reply.status_code == 200, reply.text
    shape = [int(size) for size in reply.headers["x-shape"].split(",") if size]
    return np.frombuffer(reply.content, reply.headers["x-dtype"]).reshape(shape)


# ---------------------------------------------------------------------- what it shows


def test_the_model_is_described(page, model):
    found = page.get("/api/model").json()
    assert (found["name"], found["params"], found["classes"]) == ("demo", model.count_params(), ["cat", "dog", "猫"])
    assert [entry["kind"] for entry in found["inputs"]] == ["digit"]
    by_path = {layer["path"]: layer for layer in found["layers"]}
    assert by_path["conv"] | {"params": 40, "family": "convolution", "shape": "(None, 8, 8, 4)"} == by_path["conv"]
    assert by_path["block"]["nested"] and by_path["block/inner"]["parent"] == "block"
    assert by_path["attention"]["attention"] == "attention (attention scores)"


@pytest.mark.parametrize("path", ["conv", "places", "attention", "lstm", "head"])
def test_outputs_are_those_of_the_model_cut_there(page, model, images, path):
    reply = page.get("/api/output", params={"id": 2, "layer": path})
    cut = tsuno.Model(model.inputs, model.get_layer(path).output)
    np.testing.assert_allclose(array(reply), cut.predict(images[2:3], verbose=0)[0], rtol=1e-5, atol=1e-6)


def test_weights_that_change_change_what_is_shown(images):
    model = tsuno.Sequential([tsuno.Input((8, 8, 1)), layers.Flatten(), layers.Dense(2, name="out")])
    page = client(Session(model, images))
    for _ in range(2):
        model.set_weights([RNG.normal(size=weight.shape) for weight in model.get_weights()])
        shown = array(page.get("/api/output", params={"id": 0, "layer": "out"}))
        np.testing.assert_allclose(shown, model.predict(images[:1], verbose=0)[0], rtol=1e-5)


@pytest.mark.parametrize(
    ("path", "view", "shape"),
    [("conv", "maps", (8, 8, 4)), ("block/inner", "maps", (3, 3, 3)), ("lstm", "sequence", (9, 5)), ("head", "bars", (3,)),
     ("attention (attention scores)", "attention", (2, 9, 9))],
)  # fmt: skip
def test_each_output_has_a_view_of_its_rank(page, path, view, shape):
    reply = page.get("/api/output", params={"id": 0, "layer": path})
    assert (reply.headers["x-view"], array(reply).shape) == (view, shape)


def test_predictions_name_the_likeliest_classes(page, model, images):
    (found,) = page.get("/api/predictions", params={"id": 1}).json()["outputs"]
    expected = model.predict(images[1:2], verbose=0)[0]
    assert found["kind"] == "classes" and len(found["top"]) == 2
    best = int(expected.argmax())
    assert (found["top"][0]["index"], found["top"][0]["label"]) == (best, ["cat", "dog", "猫"][best])
    np.testing.assert_allclose(found["values"], expected, rtol=1e-5)


def test_a_layer_has_its_configuration_and_statistics(page, model):
    found = page.get("/api/layer", params={"layer": "conv"}).json()
    kernel = model.get_layer("conv").get_weights()[0]
    assert found["config"]["filters"] == 4 and found["weights"][0]["shape"] == [3, 3, 1, 4]
    np.testing.assert_allclose(found["weights"][0]["norm"], np.linalg.norm(kernel), rtol=1e-5)
    assert sum(found["weights"][0]["histogram"]["counts"]) == kernel.size
    np.testing.assert_array_equal(array(page.get("/api/weights", params={"layer": "conv", "index": 0})), kernel)


def test_dead_units_and_lost_numbers_are_found():
    layer = tsuno.Sequential([tsuno.Input((2,)), layers.Dense(3, name="d")])
    layer.layers[0].set_weights([np.array([[1, 0, np.nan], [2, 0, 1]]), np.zeros(3)])
    found = client(Session(layer)).get("/api/layer", params={"layer": "d"}).json()["weights"]
    assert (found[0]["dead"], found[0]["nan"], found[0]["max"]) == ([1], 1, 2.0)


@pytest.mark.parametrize("at", [(0, 0, 1), (4, 5, 3), (7, 7, 0)])
def test_the_arithmetic_of_a_number_gives_that_number(page, at):
    value = array(page.get("/api/output", params={"id": 0, "layer": "conv"}))[at]
    found = page.get("/api/pixel", params={"id": 0, "layer": "conv", "at": ",".join(map(str, at))}).json()
    np.testing.assert_allclose(found["value"], value, rtol=1e-4, atol=1e-6)
    products = np.dot(found["patch"]["values"], found["kernel"]["values"])
    np.testing.assert_allclose(max(products + found["bias"], 0), value, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("make", [
    lambda: layers.Conv2D(4, 3, strides=2, groups=2, padding="same", dilation_rate=1),
    lambda: layers.Conv2D(4, (2, 3), dilation_rate=2, activation="tanh"),
    lambda: layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same", strides=2),
    lambda: layers.MaxPooling2D(3, strides=2, padding="same"),
    lambda: layers.AveragePooling2D(2),
    lambda: layers.Dense(3, activation="relu"),
])  # fmt: skip
def test_the_arithmetic_of_layers(make):
    layer = make()
    x = RNG.normal(size=(1, 7, 9, 4)).astype("float32")
    y = np.asarray(layer(x))[0]
    at = tuple(int(RNG.integers(size)) for size in y.shape)
    found = tsuno.inspector.arithmetic.arithmetic(layer, x[0], at, np.asarray)
    np.testing.assert_allclose(found["value"], y[at], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("method", ["grad_cam", "integrated_gradients", "saliency", "occlusion"])
def test_reasons_are_maps(page, method):
    reply = page.get("/api/explain", params={"id": 0, "method": method, "target": 1, "layer": "conv"})
    heat = array(reply)
    assert heat.shape == (8, 8) and np.isfinite(heat).all()
    assert np.isfinite(float(reply.headers["x-score"]))


def test_what_layers_cost(page):
    found = page.get("/api/profile").json()["layers"]
    assert found["conv"]["flops"] >= 2 * 8 * 8 * 9 * 4


def test_the_graph_has_places_for_each_state_of_folding(model):
    folded, opened = graph_of(model, []), graph_of(model, ["block"])
    assert "block/inner" not in {box["path"] for box in folded["boxes"]}
    boxes = {box["path"]: box for box in opened["boxes"]}
    frame, inner = boxes["block"], boxes["block/inner"]
    assert frame["frame"] and frame["x"] < inner["x"] and frame["y"] < inner["y"]
    assert inner["x"] + inner["width"] < frame["x"] + frame["width"]
    assert ("conv", "block") in {tuple(link) for link in opened["links"]}
    ends = {(edge["from"], edge["to"]) for edge in folded["edges"]}
    assert ("image", "conv") in ends and ("conv", "block") in ends


def test_two_models_and_models_of_several_inputs(images):
    def made(units):
        a, b = tsuno.Input((8, 8, 1), name="a"), tsuno.Input((2,), name="b")
        joined = layers.Concatenate()([layers.Flatten()(a), b])
        return tsuno.Model({"a": a, "b": b}, layers.Dense(units, name="out")(joined))

    page = client(Session(made(2), {"a": images, "b": np.ones((4, 2))}, compare=made(3)))
    assert page.get("/api/model").json()["count"] == 2
    shapes = [
        array(page.get("/api/output", params={"id": 0, "layer": "out", "which": which})).shape for which in (0, 1)
    ]
    assert shapes == [(2,), (3,)]
    row = page.post("/api/inputs", params={"kind": "values", "input": "b"}, json={"values": [1, 2]}).json()["id"]
    assert "needs 'a'" in page.get("/api/predictions", params={"id": row}).json()["error"]
    both = page.post("/api/inputs", params={"kind": "several"}, json={"inputs": {"a": "1", "b": row}}).json()["id"]
    assert page.get("/api/predictions", params={"id": both}).status_code == 200


# ---------------------------------------------------------------------- what goes in


def png(x):
    file = io.BytesIO()
    Image.fromarray(x).save(file, "PNG")
    return file.getvalue()


def test_files_of_a_folder(tmp_path, model):
    (tmp_path / "cats").mkdir()
    picture = RNG.integers(0, 256, (8, 8), dtype="uint8")
    (tmp_path / "cats" / "a.png").write_bytes(png(picture))
    np.save(tmp_path / "b.npy", np.ones((8, 8, 1)))
    (tmp_path / "c.jpg").write_bytes(b"not a picture")
    (tmp_path / "notes.md").write_text("not an input")
    page = client(Session(model, tmp_path))
    items = page.get("/api/inputs").json()["items"]
    assert {(item["name"], item["label"]) for item in items} == {("a.png", "cats"), ("b.npy", None), ("c.jpg", None)}
    ids = {item["name"]: item["id"] for item in items}
    given = array(page.get("/api/inputs/array", params={"id": ids["a.png"]}))
    np.testing.assert_allclose(given[..., 0], picture / 255, atol=1e-6)
    shown = np.asarray(Image.open(io.BytesIO(page.get("/api/inputs/picture", params={"id": ids["a.png"]}).content)))
    np.testing.assert_array_equal(shown, picture)
    assert page.get("/api/predictions", params={"id": ids["b.npy"]}).status_code == 200
    refused = page.get("/api/predictions", params={"id": ids["c.jpg"]})
    assert refused.status_code == 422 and "not a picture" in refused.json()["error"]


def sound(samples):
    file = io.BytesIO()
    with wave.open(file, "wb") as target:
        target.setnchannels(1), target.setsampwidth(2), target.setframerate(8000)
        target.writeframes((np.asarray(samples) * 32767).astype("<i2").tobytes())
    return file.getvalue()


ENTRIES = {
    "image": entries.Entry("x", (4, 4, 3), "float32", "image", 1 / 255),
    "first": entries.Entry("x", (3, 4, 4), "float32", "image", 1.0, True),
    "digit": entries.Entry("x", (784,), "float32", "digit", 1 / 255),
    "row": entries.Entry("x", (3,), "float32", "row"),
    "tokens": entries.Entry("x", (5,), "int32", "tokens"),
    "audio": entries.Entry("x", (2000, 1), "float32", "audio"),
    "text": entries.Entry("x", (1,), "string", "text"),
}


@pytest.mark.parametrize(
    ("kind", "make", "expected"),
    [
        ("image", lambda e: e.of_file(png(np.full((9, 7, 3), 51, "uint8")), "x.png"), np.full((4, 4, 3), 0.2)),
        ("first", lambda e: e.of_file(png(np.full((4, 4), 3, "uint8")), "x.PNG"), np.full((3, 4, 4), 3)),
        ("digit", lambda e: e.of_file(png(np.full((28, 28), 255, "uint8")), "x.png"), np.ones(784)),
        ("row", lambda e: e.of_values([1, 2, 3]), [1, 2, 3]),
        ("row", lambda e: e.of_values([[1, 2, 3]]), [1, 2, 3]),
        ("tokens", lambda e: e.of_values([7, 8]), [7, 8, 0, 0, 0]),
        ("audio", lambda e: e.of_file(sound(np.zeros(50)), "x.wav"), np.zeros((2000, 1))),
        ("image", lambda e: e.of_picture(Image.new("L", (4, 4), 10), lambda x: x - 4), np.full((4, 4, 3), 6)),
    ],
)
def test_what_people_give_becomes_arrays(kind, make, expected):
    x = make(ENTRIES[kind])
    assert x.dtype == ENTRIES[kind].dtype
    np.testing.assert_allclose(x, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "make", "message"),
    [
        ("row", lambda e: e.of_values([1, 2]), r"takes arrays of shape \(3,\)"),
        ("row", lambda e: e.of_values([[1], [2, 3]]), "not numbers in rows of one length"),
        ("row", lambda e: e.of_text("hello"), "takes a row of numbers, not text"),
        ("row", lambda e: e.of_file(b"", "x.png"), "no input for 'x'"),
        ("row", lambda e: e.of_file(b"\x93NUMPY junk", "x.npy"), "not an .npy file"),
        ("image", lambda e: e.of_file(b"<svg>", "x.png"), "not a picture"),
        ("audio", lambda e: e.of_file(b"RIFF", "x.wav"), "not a WAV file"),
        ("text", lambda e: e.of_file(b"\xff\xfe", "x.txt"), "not text in UTF-8"),
    ],
)
def test_what_cannot_go_in_is_said_in_a_sentence(kind, make, message):
    with pytest.raises(entries.Refused, match=message):
        make(ENTRIES[kind])


def npy(x, **options):
    file = io.BytesIO()
    np.save(file, x, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (npy(np.array([print], object), allow_pickle=True), "object, not numbers"),
        (npy(np.zeros(3)).replace(b"(3,)", b"(9,)"), "more than it holds"),
        (npy(np.zeros(3))[:-1], "more than it holds"),
        (npy(np.zeros(3)).replace(b"(3,)", b"f()"), "not an .npy file"),
        (b"", "not an .npy file"),
    ],
)
def test_arrays_from_elsewhere_are_numbers_or_nothing(content, message):
    with pytest.raises(entries.Refused, match=message):
        ENTRIES["row"].of_file(content, "x.npy")


def test_arrays_may_stand_by_columns():
    x = RNG.normal(size=(4, 4, 3))
    np.testing.assert_allclose(ENTRIES["image"].of_file(npy(np.asfortranarray(x)), "x.npy"), x, rtol=1e-6)


def test_drawings_are_centred_as_digits_are(page):
    strokes = np.zeros((200, 200), "uint8")
    strokes[10:60, 20:30] = 255
    id_ = page.post("/api/inputs", params={"kind": "drawing"}, content=png(strokes)).json()["id"]
    drawn = array(page.get("/api/inputs/array", params={"id": id_}))[..., 0]
    rows, columns = np.mgrid[:8, :8]
    assert abs((drawn * rows).sum() / drawn.sum() - 3.5) < 0.6
    assert abs((drawn * columns).sum() / drawn.sum() - 3.5) < 0.6


def test_a_layer_that_cannot_compute_says_so(page):
    reply = page.get("/api/output", params={"id": 0, "layer": "nowhere"})
    assert reply.status_code == 422 and "no layer 'nowhere'" in reply.json()["error"]


# ---------------------------------------------------------------------- who may ask


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"host": "localhost:4321"}, 200),
        ({"host": "evil.example:4321"}, 421),
        ({"host": "127.0.0.1"}, 421),
        ({"origin": HOST}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"cookie": "tsuno-4321=wrong"}, 403),
    ],
)
def test_only_the_page_itself_may_ask(page, headers, status):
    if "host" in headers and status == 200:  # the cookie is one of 127.0.0.1
        headers = {**headers, "cookie": f"tsuno-4321={TOKEN}"}
    assert page.get("/api/model", headers=headers).status_code == status


@pytest.mark.parametrize("query", ["", "?token=wrong", "?token=", "?token=a-toke", "?tokens=a-token"])
def test_nothing_is_told_without_the_token(model, query):
    outside = client(Session(model), entered=False)
    for place in ("/", "/api/model", "/page/app.js", "/api/nothing"):
        reply = outside.get(f"{place}{query}")
        assert reply.status_code == 403 and "token" in reply.json()["error"]
    assert outside.post(f"/api/inputs{query}", content=b"x").status_code == 403


def test_the_token_leaves_the_address(model):
    reply = client(Session(model), entered=False).get("/", params={"token": TOKEN})
    assert (reply.status_code, reply.headers["location"]) == (303, "/")
    cookie = reply.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite" in cookie


@pytest.mark.parametrize(
    "path",
    ["/page/../server.py", "/page/%2e%2e/server.py", "/page/..%2fserver.py", "/page//etc/passwd", "/page/", "/api"],
)
def test_no_path_leads_out_of_the_page(page, path):
    assert page.get(path).status_code == 404


@pytest.mark.parametrize("id_", ["../x", "99999", "-1", "own-99", "0/../1", "/etc/passwd"])
def test_inputs_are_known_by_number_only(page, id_):
    assert page.get("/api/inputs/array", params={"id": id_}).status_code == 422


def test_what_is_too_large_is_refused(model):
    page = client(Session(model), most=1000)
    reply = page.post("/api/inputs", params={"kind": "file", "name": "a.png"}, content=bytes(1001))
    assert reply.status_code == 413 and "larger than" in reply.json()["error"]
    parts = (bytes(600) for _ in range(3))  # sent without a length
    assert page.post("/api/inputs", params={"kind": "file", "name": "a.png"}, content=parts).status_code == 413


def test_files_too_large_and_pictures_too_large_are_refused(tmp_path, model, monkeypatch):
    (tmp_path / "a.png").write_bytes(png(np.zeros((9, 9), "uint8")))
    page = client(Session(model, tmp_path))
    monkeypatch.setattr(examples, "MOST_BYTES", 10)
    assert "larger than" in page.get("/api/inputs/array", params={"id": 0}).json()["error"]
    monkeypatch.undo()
    monkeypatch.setattr(entries, "MOST_PIXELS", 80)
    assert "pixels" in page.get("/api/inputs/array", params={"id": 0}).json()["error"]


def test_every_reply_has_a_content_security_policy(page):
    for place in ("/", "/api/model", "/api/nothing", "/page/app.js"):
        reply = page.get(place)
        assert "default-src 'none'" in reply.headers["content-security-policy"]
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in reply.headers


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.com", ""])
def test_other_machines_are_never_served(model, host):
    with pytest.raises(ValueError, match=r"inspect.host.*127.0.0.1"):
        Server(Session(model), host)


def test_what_is_no_model_is_refused():
    with pytest.raises(ValueError, match=r"inspect.model.*a model"):
        tsuno.inspect(3, block=False)
    with pytest.raises(ValueError, match="no weights yet"):
        tsuno.inspect(tsuno.Sequential([layers.Dense(1)]), block=False)


# ---------------------------------------------------------------------- for real, and while training


def events(page, count):
    found = []
    with page.stream("GET", "/api/events") as reply:
        for line in reply.iter_lines():
            if line.startswith("data: "):
                found.append(json.loads(line[6:]))
                if len(found) >= count or found[-1]["kind"] == "end":
                    return found
    return found


def test_training_is_shown_paused_and_stopped(images, capsys):
    import httpx2 as httpx

    model = tsuno.Sequential([tsuno.Input((8, 8, 1)), layers.Flatten(), layers.Dense(2, name="out")])
    model.compile("sgd", "mse")
    inspector = tsuno.callbacks.Inspector(images, open_browser=False)
    history = []
    training = threading.Thread(
        target=lambda: history.append(
            model.fit(images, np.ones((4, 2)), epochs=100_000, verbose=0, callbacks=[inspector])
        )
    )
    training.start()
    while inspector.server is None:
        time.sleep(0.01)
    try:
        with httpx.Client(base_url=inspector.server.url.partition("/?")[0], timeout=30) as page:
            assert page.get(inspector.server.url.partition("4321")[0], follow_redirects=False).status_code == 303
            first = array(page.get("/api/output", params={"id": 0, "layer": "out"}))
            found = events(page, 12)
            kinds = {event["kind"] for event in found}
            assert found[0]["kind"] == "hello" and {"epoch", "gradients", "weights"} <= kinds
            logs = next(event for event in found if event["kind"] == "epoch")["logs"]
            assert np.isfinite(logs["loss"])
            page.post("/api/control", json={"action": "pause"})
            time.sleep(0.3)
            seen = len(inspector._feed.events(0))
            time.sleep(0.2)
            assert len(inspector._feed.events(0)) == seen
            assert page.get("/api/output", params={"id": 0, "layer": "out"}).status_code == 200
            page.post("/api/control", json={"action": "resume"})
            assert page.post("/api/control", json={"action": "jump"}).status_code == 422
            page.post("/api/control", json={"action": "stop"})
            training.join(30)
            assert not training.is_alive() and 0 < len(history[0].epoch) < 100_000
            last = array(page.get("/api/output", params={"id": 0, "layer": "out"}))
            np.testing.assert_allclose(last, model.predict(images[:1], verbose=0)[0], rtol=1e-5)
            assert not np.allclose(first, last)
    finally:
        inspector._feed.control("stop")
        inspector.server.close()
    assert "Look into" in capsys.readouterr().out


def test_the_call_of_quiver(model, images, tmp_path, monkeypatch):
    from tsuno.legacy import neighbours

    assert "launch" in neighbours.TABLE["quiver_engine.server"]
    (tmp_path / "a.png").write_bytes(png(np.zeros((8, 8), "uint8")))
    seen = []
    monkeypatch.setattr("tsuno.legacy.quiver.inspect", lambda *args, **kwargs: seen.append((args, kwargs)))
    from tsuno.legacy.quiver import launch

    launch(model, classes=["a", "b", "c"], top=3, temp_folder="./tmp", input_folder=str(tmp_path), port=5000)
    (args, kwargs) = seen[0]
    assert args == (model, str(tmp_path), ["a", "b", "c"], 3) and kwargs["port"] == 5000
