"""The page in a real browser: what a reader does, and what then stands on it.

Every test also asks that the browser had nothing to complain of. A browser is needed: Debian's `chromium`, or one that
Playwright has installed.
"""

import io
import re
import shutil
import threading
import time

import numpy as np
import pytest
from PIL import Image

import tsuno
from tsuno import layers
from tsuno.inspector.server import Server
from tsuno.inspector.session import Session

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
RNG = np.random.default_rng(0)
WAIT = 15_000  # milliseconds, for what compiles on the way


@pytest.fixture(scope="module")
def browser():
    path = next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )
    with playwright.sync_playwright() as running:
        try:
            browser = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        except playwright.Error:
            pytest.skip("no Chromium on this machine: apt-get install chromium")
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def model():
    tsuno.utils.set_random_seed(3)
    image = tsuno.Input((16, 16, 1), name="image")
    x = layers.Conv2D(6, 3, activation="relu", name="conv")(image)
    block = tsuno.Sequential([layers.Conv2D(4, 3, strides=2, name="inner"), layers.ReLU(name="relu")], name="block")
    x = layers.Reshape((-1, 4), name="places")(block(x))
    x = layers.MultiHeadAttention(2, 3, name="attention")(x, x)
    x = layers.LSTM(5, return_sequences=True, name="lstm")(x)
    x = layers.GlobalAveragePooling1D(name="mean")(x)
    return tsuno.Model(image, layers.Dense(3, activation="softmax", name="head")(x), name="demo")


@pytest.fixture(scope="module")
def images():
    return RNG.random((5, 16, 16, 1)).astype("float32")


@pytest.fixture(scope="module")
def server(model, images):
    with Server(Session(model, images, ["cat", "dog", "猫"], 3)) as server:
        yield server


@pytest.fixture
def own_server(model, images):
    """A server that no other test gives inputs to."""
    with Server(Session(model, images)) as server:
        yield server


@pytest.fixture
def open_page(browser):
    """Opens a page; at the end there must have been no error in it that was not meant."""
    contexts, problems = [], []

    def opened(server, place="", refused=(), **options):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "locale": "en-US", **options})
        page = context.new_page()
        page.set_default_timeout(WAIT)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda said: problems.append(said.text) if said.type in ("error", "warning") else None)
        contexts.append(context)
        page.goto(server.url)
        page.wait_for_selector(".graph-box")
        if place:
            page.goto(f"http://127.0.0.1:{server.port}/#{place}")
            page.reload()
            page.wait_for_selector(".graph-box")
        page.refused = refused
        return page

    yield opened
    meant = [text for context in contexts for page in context.pages for text in getattr(page, "refused", ())]
    for context in contexts:
        context.close()
    assert not [problem for problem in problems if not any(text in problem for text in meant)]


def box(page, path):
    return page.locator(f'.graph-box[data-path="{path}"]')


def choose(page, path):
    box(page, path).click()
    expect(page.locator("#panel-title")).to_have_text(path)


def tab(page, name):
    page.get_by_role("tab", name=name).click()


def fetched(page, query):
    """What the page itself is given for a query: an array."""
    found = page.evaluate(
        """async (query) => {
          const reply = await fetch(query);
          const data = new Float32Array(await reply.arrayBuffer());
          return {shape: reply.headers.get("x-shape"), data: Array.from(data)};
        }""",
        query,
    )
    return np.reshape(found["data"], [int(size) for size in found["shape"].split(",")])


# ---------------------------------------------------------------------- the graph


def test_the_graph_opens_folds_and_is_walked(open_page, server):
    page = open_page(server)
    names = {shape.get_attribute("data-path") for shape in page.locator(".graph-box").all()}
    assert names == {"image", "conv", "block", "places", "attention", "lstm", "mean", "head"}
    box(page, "block").locator(".graph-mark").click()
    expect(box(page, "block/inner")).to_be_visible()
    assert "open=block" in page.url
    box(page, "block/inner").click()
    expect(page.locator("#panel-title")).to_have_text("block/inner")
    box(page, "conv").click()
    page.keyboard.press("ArrowUp")
    expect(box(page, "image")).to_be_focused()
    page.keyboard.press("End")
    expect(box(page, "head")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#panel-title")).to_have_text("head")
    box(page, "block").focus()
    page.keyboard.press("ArrowLeft")
    expect(box(page, "block/inner")).to_have_count(0)


def test_layers_are_found_also_in_folded_models(open_page, server):
    page = open_page(server)
    page.keyboard.press("/")
    page.keyboard.type("inner")
    expect(page.locator(".graph-count")).to_contain_text("1")
    expect(box(page, "block/inner")).to_be_visible()
    expect(box(page, "block/inner")).to_have_class(re.compile("match"))
    page.keyboard.press("ArrowDown")
    expect(box(page, "block/inner")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#panel-title")).to_have_text("block/inner")


def test_a_link_comes_back_to_what_it_was_made_of(open_page, server):
    page = open_page(server, "layer=block/inner&input=2&tab=weights&open=block")
    expect(page.locator("#panel-title")).to_have_text("block/inner")
    expect(page.get_by_role("tab", name="Weights")).to_have_attribute("aria-selected", "true")
    expect(page.locator('.inputs-tile[data-id="2"]')).to_have_attribute("aria-selected", "true")
    box(page, "conv").click()
    page.go_back()
    expect(page.locator("#panel-title")).to_have_text("block/inner")


# ---------------------------------------------------------------------- inputs and predictions


def test_predictions_are_those_of_the_model(open_page, server, model, images):
    page = open_page(server)
    expected = model.predict(images, verbose=0)
    for row in (0, 3):
        page.locator(f'.inputs-tile[data-id="{row}"]').click()
        name = ["cat", "dog", "猫"][int(expected[row].argmax())]
        expect(page.locator("model-predictions")).to_contain_text(name)
        expect(page.locator("model-predictions")).to_contain_text(f"{100 * expected[row].max():.1f}"[:4])


def test_files_are_taken_and_what_is_none_is_told(own_server, open_page):
    page = open_page(own_server, refused=["422"])
    picture = io.BytesIO()
    Image.fromarray(np.full((16, 16), 200, "uint8")).save(picture, "PNG")
    field = page.locator('model-inputs input[type="file"]')
    field.set_input_files([{"name": "grey.png", "mimeType": "image/png", "buffer": picture.getvalue()}])
    expect(page.locator(".inputs-name")).to_have_text("grey.png")
    own = page.locator(".inputs-tile.own").first.get_attribute("data-id")
    np.testing.assert_allclose(fetched(page, f"/api/inputs/array?id={own}"), 200 / 255, atol=1e-6)
    field.set_input_files([{"name": "bad.png", "mimeType": "image/png", "buffer": b"no picture"}])
    expect(page.get_by_role("alert")).to_contain_text("not a picture")


def test_a_digit_is_drawn(own_server, open_page):
    page = open_page(own_server)
    page.get_by_role("button", name="Draw").click()
    frame = page.locator(".drawing-canvas").bounding_box()
    page.mouse.move(frame["x"] + 140, frame["y"] + 40)
    page.mouse.down()
    page.mouse.move(frame["x"] + 140, frame["y"] + 240, steps=5)
    page.mouse.up()
    page.locator("dialog button[type=submit], dialog .primary").last.click()
    expect(page.locator(".inputs-tile.own")).to_have_count(1)
    own = page.locator(".inputs-tile.own").first.get_attribute("data-id")
    drawn = fetched(page, f"/api/inputs/array?id={own}")[..., 0]
    assert drawn[:, 6:10].sum() > 0.9 * drawn.sum() and (drawn.sum(1) > 0).sum() > 8  # upright, and in the middle


def test_rows_are_typed_and_joined_for_several_inputs(open_page):
    a, b = tsuno.Input((3,), name="a"), tsuno.Input((2,), name="b")
    model = tsuno.Model([a, b], layers.Dense(1, name="out")(layers.Concatenate()([a, b])))
    with Server(Session(model)) as server:
        page = open_page(server)
        for text in ("1, 2, 3", "4 5"):
            page.get_by_role("button", name="Type").click()
            page.locator("dialog textarea").fill(text)
            page.locator("dialog button[type=submit], dialog .primary").last.click()
            expect(page.locator("dialog[open]")).to_have_count(0)
        expected = model.predict([np.array([[1.0, 2, 3]]), np.array([[4.0, 5]])], verbose=0)[0, 0]
        expect(page.locator("model-predictions")).to_contain_text(f"{abs(expected):.4g}")


# ---------------------------------------------------------------------- layers


def test_maps_are_what_a_model_cut_there_gives(open_page, server, model, images):
    page = open_page(server, "layer=conv&input=1")
    expect(page.locator("layer-output .tiles-one")).to_have_count(6)
    expect(page.locator("layer-output .tiles-painted")).to_have_count(6)
    expected = tsuno.Model(model.inputs, model.get_layer("conv").output).predict(images[1:2], verbose=0)[0]
    np.testing.assert_allclose(fetched(page, "/api/output?id=1&layer=conv"), expected, rtol=1e-5, atol=1e-6)
    order = [int(text) for text in page.locator("layer-output .tiles-name").all_text_contents()]
    assert order == np.argsort(-np.abs(expected).mean((0, 1)), kind="stable").tolist()
    page.locator("layer-output .tiles-one").first.click()
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text(f"{order[0]}")
    canvas = dialog.locator("canvas").first
    frame = canvas.bounding_box()
    page.mouse.move(frame["x"] + frame["width"] * 4.5 / 14, frame["y"] + frame["height"] * 2.5 / 14)
    value = expected[2, 4, order[0]]
    expect(dialog).to_contain_text("0" if value == 0 else f"{value:.3g}"[:5])
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


@pytest.mark.parametrize("path", ["head", "lstm", "attention", "mean"])
def test_outputs_of_other_ranks_have_views(open_page, server, path):
    page = open_page(server, f"layer={path}&input=0")
    shown = page.locator("layer-output [role=img], layer-output ul[aria-label]").first
    expect(shown).to_be_visible()
    assert path in shown.get_attribute("aria-label")
    if path == "attention":
        page.locator("layer-output").get_by_text("Attention", exact=True).click()
        expect(page.locator("layer-output .tiles-one")).to_have_count(2)


def test_weights_and_configuration(open_page, server, model):
    page = open_page(server, "layer=conv&input=0&tab=weights")
    norm = float(np.linalg.norm(model.get_layer("conv").get_weights()[0]))
    expect(page.locator("layer-weights")).to_contain_text(f"{norm:.4g}")
    expect(page.locator("layer-weights .tiles-one")).to_have_count(6)
    tab(page, "Configuration")
    expect(page.locator("layer-config")).to_contain_text("filters")
    expect(page.locator("layer-config")).to_contain_text("relu")


def test_reasons_and_the_arithmetic_of_one_number(open_page, server):
    page = open_page(server, "layer=conv&input=0&tab=why")
    expect(page.locator("why-map canvas").first).to_be_visible()
    method = page.locator("why-map select").first
    for name in ("integrated_gradients", "occlusion", "grad_cam"):
        method.select_option(name)
        expect(page.locator("why-map canvas").first).to_be_visible()
        expect(page.locator("why-map .problem, why-map .view-problem")).to_have_count(0)
    expect(page.locator("number-arithmetic")).to_contain_text("relu")


def test_two_inputs_are_compared(open_page, server):
    page = open_page(server, "layer=conv&input=0&other=1&tab=compare")
    expect(page.locator("model-compare canvas").first).to_be_visible()
    assert page.locator("model-compare canvas").count() >= 3


# ---------------------------------------------------------------------- training


def test_curves_grow_while_the_model_trains_and_it_can_be_stopped(open_page, images):
    model = tsuno.Sequential(
        [tsuno.Input((16, 16, 1)), layers.Conv2D(2, 3, name="conv"), layers.Flatten(), layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    inspector = tsuno.callbacks.Inspector(images, open_browser=False)
    fit = lambda: model.fit(images, np.ones((5, 1)), epochs=10**6, verbose=0, callbacks=[inspector])
    training = threading.Thread(target=fit, daemon=True)
    training.start()
    while inspector.server is None:
        time.sleep(0.01)
    try:
        page = open_page(inspector.server, "tab=live&layer=conv&input=0")
        expect(page.locator("model-live")).to_contain_text("loss")
        expect(page.locator("model-live [role=img]").first).to_be_visible()
        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_role("button", name="Resume")).to_be_visible()
        tab(page, "Output")
        expect(page.locator("layer-output .tiles-one")).to_have_count(2)
        tab(page, "Live")
        page.get_by_role("button", name="Resume").click()
        page.get_by_role("button", name="Stop").click()
        training.join(30)
        assert not training.is_alive()
        page.close()  # before its server: an open page asks on
    finally:
        inspector._feed.control("stop")
        inspector.server.close()


# ---------------------------------------------------------------------- for everybody


LOOKS = [
    ("en-US", "light", "output"),
    ("ja-JP", "dark", "output"),
    ("en-US", "dark", "why"),
    ("ja-JP", "light", "weights"),
]


@pytest.mark.parametrize(("locale", "theme", "shown"), LOOKS)
def test_nothing_serious_is_found_by_axe(open_page, server, locale, theme, shown):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_page(server, f"layer=conv&input=0&tab={shown}&open=block", locale=locale, color_scheme=theme)
    expect(page.locator("layer-panel canvas, layer-panel svg").first).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", locale[:2])
    found = [
        (violation["id"], [node["target"] for node in violation["nodes"]][:3])
        for violation in axe.run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]
    assert not found


def test_language_and_theme_are_switched(open_page, server):
    page = open_page(server, "layer=conv&input=0")
    background = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.locator(".page-theme").click()
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != background
    page.locator(".page-language").click()
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(page.get_by_role("tab", name="重み")).to_be_visible()
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "ja")


@pytest.mark.parametrize("place", ["", "layer=conv&input=0", "layer=lstm&input=0&tab=why"])
def test_it_fits_a_narrow_screen(open_page, server, place):
    page = open_page(server, place, viewport={"width": 360, "height": 740})
    page.wait_for_timeout(300)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 360
