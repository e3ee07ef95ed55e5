"""Models and histories as pictures: laws of the layout, and what each format must hold."""

import itertools
import json
import re
import sys
import types
import xml.etree.ElementTree as ElementTree
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFont

import tsuno
from tsuno import applications, layers, utils
from tsuno.drawing import FONTS, Picture, fonts, picture_of, pixels
from tsuno.drawing.diagram import SHOWN
from tsuno.drawing.layout import Box, Diagram, _tracks, layout
from tsuno.drawing.rows import Edge
from tsuno.drawing.shapes import Panel, Text
from tsuno.drawing.writing import Cell, text_width

SVG = "{http://www.w3.org/2000/svg}"
ALL = {f"show_{name}": True for name in SHOWN}


# ---------------------------------------------------------------------- models to draw


@pytest.fixture(scope="module")
def drawn():
    """Two inputs, a nested model with two outputs, a stack with a frozen layer, Japanese names."""
    a, b = tsuno.Input((8, 8, 1), name="画像"), tsuno.Input((4,), name="b")
    x = layers.Flatten()(layers.Conv2D(2, 3, activation="relu", name="とても長い名前の畳み込み層")(a))
    inner = tsuno.Input((4,), name="inner_in")
    first = layers.Dense(3, name="first")(inner)
    nested = tsuno.Model(inner, [first, layers.Dense(2, name="second")(first)], name="入れ子")
    one, two = nested(b)
    stack = tsuno.Sequential(
        [layers.Dense(3, name="s1", trainable=False), layers.Dropout(0.1, name="s2")], name="stack"
    )
    y = stack(layers.Concatenate(name="join")([x, two]))
    return tsuno.Model([a, b], [layers.Add(name="sum")([y, one]) * 2.0, two], name="whole")


def shared():
    a, b = tsuno.Input((16,), name="left"), tsuno.Input((16,), name="right")
    dense = layers.Dense(8, activation="relu", name="shared")
    x = layers.Concatenate(name="join")([dense(a), dense(b), layers.Dense(4, activation="tanh", name="extra")(a)])
    y = layers.Dense(3, activation="softmax", name="class")(layers.Dropout(0.2)(x))
    return tsuno.Model([a, b], [y, layers.Dense(1, name="score")(x)], name="two_inputs")


def deep():
    """Models within a model within a model."""
    i, j = tsuno.Input((8,), name="i"), tsuno.Input((8,), name="j")
    inner = tsuno.Model([i, j], layers.Add()([layers.Dense(4, name="d1")(i), layers.Dense(4, name="d2")(j)]))
    stack = tsuno.Sequential([layers.Dense(8, name="s1", trainable=False), layers.Dropout(0.1)], name="stack")
    m = tsuno.Input((8,), name="m")
    u = stack(m)
    middle = tsuno.Model(m, [inner([u, m]), u], name="middle")
    x, z = tsuno.Input((8,), name="x"), tsuno.Input((8,), name="z")
    p, q = middle(x)
    out = layers.Add(name="sum")([p, layers.Dense(4, name="skip")(z)])
    return tsuno.Model([x, z], [out, layers.Concatenate(name="cat")([q, z, p])], name="outer")


def circle():
    """Two shared layers, each of which feeds the other."""
    x = tsuno.Input((4,))
    one, two = layers.Dense(4, name="one"), layers.Dense(4, name="two")
    return tsuno.Model(x, two(one(two(one(x)))))


def japanese():
    return tsuno.Sequential(
        [
            tsuno.Input((28, 28, 1), name="入力画像"),
            layers.Conv2D(16, 3, activation="relu", name="畳み込み層1"),
            layers.Flatten(name="平坦化flatten"),
            layers.Dense(10, activation="softmax", name="出力（クラス確率）"),
        ],
        name="日本語",
    )


MODELS = {
    "shared": shared,
    "deep": deep,
    "circle": circle,
    "japanese": japanese,
    "ResNet50": lambda: applications.ResNet50(weights=None),
    "MobileNet": lambda: applications.MobileNet(weights=None),
    "DenseNet121": lambda: applications.DenseNet121(weights=None),
    "InceptionV3": lambda: applications.InceptionV3(weights=None),
}


@pytest.fixture(scope="module")
def models():
    made = {}

    def model(name):
        if name not in made:
            made[name] = MODELS[name]()
        return made[name]

    return model


# ---------------------------------------------------------------------- laws of the layout


@st.composite
def diagrams(draw, depth=2, prefix=""):
    count = draw(st.integers(1, 6))
    boxes = []
    for number in range(count):
        inner = (
            draw(diagrams(depth=depth - 1, prefix=f"{prefix}{number}."))
            if depth and draw(st.integers(0, 3)) == 0
            else None
        )
        size = (
            (30.0, 24.0) if inner else (draw(st.sampled_from([20.0, 60.0, 200.0])), draw(st.sampled_from([20.0, 70.0])))
        )
        boxes.append(Box(f"{prefix}{number}", *size, inner, "title"))
    numbers = st.integers(0, count - 1)
    pairs = draw(
        st.lists(st.tuples(numbers, numbers, st.integers(0, 1), st.integers(0, 1)), max_size=9)
    )  # circles, too
    edges = [Edge(f"{prefix}{a}", f"{prefix}{b}", out, into) for a, b, out, into in pairs]
    ends = st.lists(numbers.map(lambda number: f"{prefix}{number}"), min_size=1, max_size=2)
    return Diagram(boxes, edges, draw(ends), draw(ends))


def meeting(some, others, slack=0.5):
    """Which of two lists of rectangles have more in common than a border."""
    a, b = np.reshape(some, (-1, 1, 4)), np.reshape(others, (1, -1, 4))
    low, high = np.maximum(a[..., :2], b[..., :2]), np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:])
    return np.all(high - low > slack, axis=-1)


def within(a, b):
    return all(b[i] - 0.1 <= a[i] and a[i] + a[i + 2] <= b[i] + b[i + 2] + 0.1 for i in (0, 1))


def parts(points):
    """The straight parts of a line as rectangles."""
    return [(min(x, u), min(y, v), abs(x - u), abs(y - v)) for (x, y), (u, v) in itertools.pairwise(points)]


def holds(drawing):
    """Boxes do not overlap, frames hold their boxes, and edges run level and upright around both."""
    boxes, whole = list(drawing.boxes.values()), (0, 0, drawing.width, drawing.height)
    assert meeting(boxes, boxes).sum() == len(boxes)
    for _, frame in drawing.frames:
        assert within(frame, whole)
        assert all(within(box, frame) or not meeting(box, frame).any() for box in boxes)
    assert all(within(box, whole) for box in boxes)
    lines = [part for points, _ in drawing.lines for part in parts(points)]
    assert all(min(part[2:]) < 0.51 for part in lines), "a part of an edge is neither level nor upright"
    thick = [(x - 1, y - 1, w + 2, h + 2) for x, y, w, h in lines]
    assert not meeting(thick, boxes, 1.6).any(), "an edge runs through a box"


@settings(max_examples=100, deadline=None)
@given(diagrams(), st.sampled_from(["TB", "BT", "LR", "RL"]))
def test_boxes_do_not_overlap_and_edges_go_round_them(diagram, rankdir):
    holds(layout(diagram, rankdir))


def apart(drawing):
    """No two edges run over each other, except those that leave one point."""
    for axis in (0, 1):
        along: dict[int, list] = {}
        for number, (points, _) in enumerate(drawing.lines):
            for part in parts(points):
                if part[2 + axis] > 1:
                    along.setdefault(round(part[1 - axis] / 2), []).append(
                        (part[axis], part[axis] + part[2 + axis], number)
                    )
        for place in along.values():
            for (_, end, one), (start, _, other) in itertools.combinations(sorted(place), 2):
                a, b = drawing.lines[one][0], drawing.lines[other][0]
                assert start > end - 1 or np.allclose(a[0], b[0], atol=1) or one == other, (a, b)


def fits(picture):
    """Text is within its box, with fonts of this machine."""
    shapes, (width, height) = picture.shapes()
    panels = [shape for shape in shapes if isinstance(shape, Panel) and not shape.dashed]
    for place, shape in enumerate(shapes):
        if isinstance(shape, Text):
            length = fonts.length(shape.text, shape.size, shape.bold)
            assert length <= shape.room + 0.01, (shape.text, length, shape.room)
            if shape.middle:
                panel = shapes[place - 1]
                assert abs(panel.x + panel.width / 2 - shape.x) < 0.1 and shape.room < panel.width
                assert panel.y + shape.size < shape.y < panel.y + panel.height - shape.size / 4
    assert all(p.x >= 0 and p.x + p.width <= width and p.y >= 0 and p.y + p.height <= height for p in panels)


@pytest.mark.parametrize("rankdir", ["TB", "LR"])
@pytest.mark.parametrize("name", MODELS)
def test_models_are_legible(models, name, rankdir):
    for show, expand in ((SHOWN, True), ((), False)):
        picture = picture_of(models(name), show, expand, rankdir=rankdir)
        drawing = picture.layout()
        holds(drawing)
        apart(drawing)
        fits(picture)


def test_crossings_are_few():
    # A grid of twins: drawn in the order given, each pair crosses; it can be drawn without any crossing.
    boxes = [Box(name, 40.0, 20.0) for name in ("a", "b", "y", "x", "p", "q")]
    edges = [Edge("a", "x"), Edge("b", "y"), Edge("x", "p"), Edge("y", "q")]
    lines = [points for points, _ in layout(Diagram(boxes, edges)).lines]
    assert all(len(points) == 2 for points in lines)  # all straight


def test_what_follows_one_after_the_other_stands_in_a_line(models):
    for name, straight in (("ResNet50", 177 - 8), ("MobileNet", 91), ("DenseNet121", 429)):  # 8 are in shortcuts
        drawing = picture_of(models(name), ("shapes",)).layout()
        lanes = Counter(round(x + width / 2, 1) for x, _, width, _ in drawing.boxes.values())
        assert max(lanes.values()) == straight


def test_branches_are_straight(models):
    # Narrow boxes leave room for wide ones further down: only at splits and joins do edges bend.
    picture = picture_of(models("InceptionV3"), ())
    edges = picture.diagram.edges
    inputs, outputs = Counter(edge.target for edge in edges), Counter(edge.source for edge in edges)
    bent = [edge for edge, (points, _) in zip(edges, picture.layout().lines, strict=True) if len(points) > 2]
    assert sum(inputs[edge.target] == outputs[edge.source] == 1 for edge in bent) <= 2  # beside a branch that splits


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.integers(0, 12), st.lists(st.integers(1, 6), min_size=1, max_size=2), min_size=1))
def test_tracks_keep_level_and_upright_parts_apart(steps):
    parts = [(40.0 * start, [40.0 * (start + step) for step in ahead]) for start, ahead in steps.items()]
    tracks = _tracks(parts)
    for (one, ends), (other, _) in itertools.permutations(parts, 2):
        if other in ends:  # what starts there has gone to the side when this one comes down
            assert tracks[other] < tracks[one]
        if tracks[one] == tracks[other] and one < other:
            assert max(ends) < other
    circle = _tracks([(0.0, [100.0]), (100.0, [0.0])])
    assert sorted(circle.values()) == [0, 1]  # one way is as good as the other


def test_inputs_end_side_by_side():
    boxes = [Box(name, 60.0, 20.0) for name in "abcd"]
    drawing = layout(Diagram(boxes, [Edge("a", "d"), Edge("b", "d"), Edge("c", "d")]))
    ends = sorted(points[-1][0] for points, _ in drawing.lines)
    x, _, width, _ = drawing.boxes["d"]
    assert x + 5 < ends[0] and ends[2] < x + width - 5 and all(b - a > 9 for a, b in itertools.pairwise(ends))


# ---------------------------------------------------------------------- DOT, SVG


def test_dot_text_has_boxes_and_edges(drawn):
    flat = utils.model_to_dot(drawn, **ALL).to_string()
    assert flat.count("->") == 9 and flat.count("[label=<") == 9 and "subgraph" not in flat
    for text in (
        "画像",
        "(None, 8, 8, 1)",
        "Activation: <b>relu</b>",
        "float32",
        "Trainable",
        "[(None, 72), (None, 2)]",
    ):
        assert text in flat
    nested = utils.model_to_dot(drawn, expand_nested=True, rankdir="LR")
    text = nested.to_string()
    assert text.count("subgraph") == 2 and 'label="入れ子"' in text and "rankdir=LR" in text
    keys = {line.split('"')[1] for line in text.splitlines() if "[label=<" in line}
    ends = {part for line in text.splitlines() if "->" in line for part in line.split('"')[1::2]}
    assert len(keys) == 12 and ends == keys  # every box has an edge, and edges name boxes only
    assert utils.model_to_dot(drawn, subgraph=True).to_string().startswith('subgraph "cluster_whole"')
    assert isinstance(nested, Picture) and str(nested) == text


@pytest.mark.parametrize("splines", ["ortho", "curved", "polyline", "spline", "line"])
def test_svg_is_well_formed(drawn, splines):
    picture = utils.model_to_dot(drawn, expand_nested=True, splines=splines, **ALL)
    root = ElementTree.fromstring(picture.to_svg())
    texts = [each.text for each in root.iter(f"{SVG}text")]
    assert {"入れ子", "stack", "とても長い名前の畳み込み層 (Conv2D)", "Trainable", "Non-trainable"} <= set(texts)
    lines = [each for each in root.iter(f"{SVG}path") if each.get("fill") == "none"]
    assert len(lines) == len(picture.layout().lines)
    assert not root.findall(".//*[@id]")  # several pictures may stand in one page


# ---------------------------------------------------------------------- pixels


@pytest.mark.parametrize("extension", ["png", "jpg", "gif", "pdf", "svg", "dot", "mmd"])
def test_pictures_are_written(drawn, extension, tmp_path):
    path = tmp_path / f"model.{extension}"
    utils.plot_model(drawn, path, expand_nested=True, dpi=50)
    starts = {"png": b"\x89PNG", "jpg": b"\xff\xd8", "gif": b"GIF8", "pdf": b"%PDF", "svg": b"<svg", "dot": b"digraph"}
    assert path.read_bytes().startswith(starts.get(extension, b"flowchart"))
    if extension in ("png", "jpg"):
        image = utils.img_to_array(utils.load_img(path))
        picture = utils.model_to_dot(drawn, expand_nested=True, show_layer_names=False)
        assert image.shape[0] == pytest.approx(picture.shapes()[1][1] * 50 / 72, abs=1)
        assert (image < 80).mean() > 0.04  # the dark boxes are there
        assert Image.open(path).info["dpi"] == pytest.approx((50, 50), abs=0.1)


def test_huge_pictures_get_fewer_dots():
    canvas = pixels.paint([], (200_000.0, 10.0), 200)
    assert canvas.size[0] == 60_000
    assert np.prod(pixels.paint([], (30_000.0, 30_000.0), 200).size) <= Image.MAX_IMAGE_PIXELS


def ink(canvas):
    return np.asarray(canvas.convert("L")) < 128


@pytest.mark.parametrize("installed", [True, False])
def test_text_stays_in_its_room(installed, monkeypatch):
    if not installed:  # a bare machine: Pillow's own font
        monkeypatch.setattr(fonts, "_folders", list)
    fonts.forget()
    try:
        for text in (
            "Output shape: (None, 128, 128, 1024)",
            "MultiHeadAttention (MMMwww)",
            "日本語の層 Dense",
            "f" * 9,
        ):
            for bold in (False, True):
                room = text_width(text, bold)
                canvas = pixels.paint([Text(60, 20, text, "black", 12, room, bold)], (room + 120, 30), 144)
                columns = np.flatnonzero(ink(canvas).any(axis=0))
                assert columns[0] >= 2 * 60 - 4 and columns[-1] <= 2 * (60 + room) + 4
                assert columns[-1] - columns[0] > room  # more than half of it is used
        canvas = pixels.paint([Text(60, 20, "W" * 30, "black", 12, 250)], (470, 30), 144)  # wider than foreseen
        assert np.flatnonzero(ink(canvas).any(axis=0))[-1] <= 2 * 310 + 4
        assert installed or fonts._runs("Dense", True) == [("", "Dense")]
    finally:
        monkeypatch.undo()
        fonts.forget()


def test_fonts_are_mixed_and_have_their_characters(tmp_path):
    runs = fonts._runs("層1 (Conv2D) é ∑", False)
    assert "".join(text for _, text in runs) == "層1 (Conv2D) é ∑"
    files = {text: file for file, text in runs}
    latin = next(file for text, file in files.items() if "Conv2D" in text)
    if any("cjk" in name for name in fonts._installed()):
        kanji = next(file for text, file in files.items() if "層" in text)
        assert kanji != latin and fonts._has(kanji, "層") and not fonts._has(latin, "層")
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")
    assert not fonts._has(str(broken), "a")


def test_lengths_are_what_is_drawn():
    for text in ("Dense (層)", "iiiii", "MMMMM"):
        canvas = pixels.paint([Text(10, 30, text, "black", 20, 400)], (300, 40), 72)
        columns = np.flatnonzero(ink(canvas).any(axis=0))
        assert columns[-1] - columns[0] == pytest.approx(fonts.length(text, 20), abs=7)  # less the room beside letters


def test_wide_letters_are_foreseen():
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    regular, bold = (ImageFont.truetype(str(folder / name), 1200) for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"))
    for sign in map(chr, range(33, 127)):
        assert text_width(sign) >= regular.getlength(sign) / 100 - 0.01, sign
    for kind in [*dir(layers), "batch_normalization_12 (BatchNormalization)", "conv2_block1_0_bn", "[(None, 64)]"]:
        assert text_width(kind, bold=True) >= bold.getlength(kind) / 100 - 2, kind  # there are 4 to spare
    assert Cell("", "日本語").width > Cell("", "abc").width > Cell("", "ab\u0301").width


# ---------------------------------------------------------------------- plot_model


def test_notebooks_get_a_picture(drawn, monkeypatch, tmp_path):
    notebook = types.SimpleNamespace(Image=lambda filename: ("Image", filename), SVG=lambda text: ("SVG", text[:4]))
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(display=notebook, version_info=(9, 0, 0)))
    assert utils.plot_model(drawn, tmp_path / "m", dpi=20) == ("Image", str(tmp_path / "m.png"))
    assert (tmp_path / "m.png").exists()
    for file in (tmp_path / "m.svg", tmp_path / "m.pdf", None):
        assert utils.plot_model(drawn, file) == ("SVG", "<svg")


class Own(tsuno.Model):
    def call(self, x):
        return x


def test_models_without_a_graph_are_one_box():
    model = Own(name="own")
    with pytest.raises(ValueError, match="'own' has no graph yet"):
        utils.model_to_dot(model)
    model(np.ones((1, 2)))
    assert utils.model_to_dot(model).to_string().count("[label=") == 1


def test_picture_errors(drawn, monkeypatch, tmp_path):
    for kwargs, message in (
        ({"rankdir": "UP"}, "Unknown rankdir 'UP'"),
        ({"splines": "orthogonal"}, "Did you mean 'ortho'"),
        ({"show_shape": True}, "Did you mean 'show_shapes'"),
        ({"layer_range": ["a"]}, "left out of Keras"),
    ):
        with pytest.raises(ValueError, match=message):
            utils.plot_model(drawn, tmp_path / "x.svg", **kwargs)
    with pytest.raises(ValueError, match="Unknown format of a picture 'pgn'. Did you mean 'png'"):
        utils.plot_model(drawn, tmp_path / "x.pgn")
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match="pip install pillow"):
        utils.plot_model(drawn, tmp_path / "x.png")
    utils.plot_model(drawn, tmp_path / "x.svg")
    assert [path.name for path in tmp_path.iterdir()] == ["x.svg"]


# ---------------------------------------------------------------------- Mermaid


def test_mermaid_has_boxes_edges_and_subgraphs():
    text = deep().to_mermaid(show_shapes=True)
    lines = [line.strip() for line in text.splitlines()]
    assert lines[0] == "flowchart TB" and lines.count("end") == 3 == sum(line.startswith("subgraph") for line in lines)
    boxes = {line.split("[")[0] for line in lines if "[" in line and not line.startswith("subgraph")}
    edges = [line.split(" --> ") for line in lines if "-->" in line]
    assert len(boxes) == 13 and boxes == {end for edge in edges for end in edge}
    assert 'n3["skip (Dense)<br/>Input shape: (None, 8)<br/>Output shape: (None, 4)"]' in lines
    folded = deep().to_mermaid(expand_nested=False, show_layer_names=False, rankdir="LR")
    assert folded.startswith("flowchart LR") and "subgraph" not in folded and 'n2["Functional"]' in folded
    with pytest.raises(ValueError, match="Unknown rankdir 'up'"):
        deep().to_mermaid(rankdir="up")
    with pytest.raises(ValueError, match="has no graph yet"):
        Own().to_mermaid()


BAD = '<script>alert("x")'


def test_mermaid_quotes_what_has_a_meaning():
    names = [BAD, "`a` *b* _c_ d_e", "1. first", "- x", "end", "#quot; $$x$$ \\n {|}%%"]
    model = tsuno.Sequential([tsuno.Input((2,)), *(layers.Dense(2, name=name) for name in names)])
    text = model.to_mermaid()
    labels = [line.split('["')[1].removesuffix('"]') for line in text.splitlines() if "[" in line]
    for name, label in zip(names, labels, strict=True):
        assert not set(label) & set('"<>`*{|}%$~\\&') and ("d_e" in label) == ("d_e" in name)
        back = "".join(
            chr(int(part)) if number % 2 else part for number, part in enumerate(re.split(r"#(\d+);", label))
        )
        assert back == f"{name} (Dense)"


# ---------------------------------------------------------------------- notebooks


class Tags(HTMLParser):
    """What elements and texts there are."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.texts.append(data.strip())


def test_a_model_shows_its_graph(drawn):
    seen = Tags(drawn._repr_html_())
    assert seen.tags[:2] == ["div", "svg"] and set(seen.tags) == {"div", "svg", "rect", "path", "text"}
    assert "Output shape: (None, 8, 8, 1)" in seen.texts and "入れ子 (Functional)" in seen.texts
    assert "first (Dense)" not in seen.texts  # folded
    assert "overflow:auto" in drawn._repr_html_()


def test_names_are_no_tags():
    model = tsuno.Sequential([tsuno.Input((2,)), layers.Dense(2, name=BAD)], name=BAD + "2")
    assert "script" not in Tags(model._repr_html_()).tags and f"{BAD} (Dense)" in Tags(model._repr_html_()).texts
    assert ElementTree.fromstring(utils.model_to_dot(model).to_svg()).findall(f".//{SVG}script") == []
    strange = tsuno.Sequential([tsuno.Input((2,)), layers.Dense(2, name="line\nbreak \x00 \ud800")])
    ElementTree.fromstring(utils.model_to_dot(strange).to_svg())
    empty = Own(name=BAD)
    assert Tags(empty._repr_html_()).tags == ["pre"] and BAD in "".join(Tags(empty._repr_html_()).texts)


def test_showing_never_fails(monkeypatch):
    unbuilt = tsuno.Sequential([layers.Dense(3, name="later")])
    assert Tags(unbuilt._repr_html_()).tags == ["pre"] and "later (Dense)" in unbuilt._repr_html_()

    class Broken(tsuno.Model):
        graph = property(lambda self: 1 / 0, lambda self, value: None)

        def summary(self, *args, **kwargs):
            raise RuntimeError

        def call(self, x):
            return x

    assert Broken()._repr_html_().startswith("<pre>&lt;")


def test_notes_are_shown(drawn):
    notes = {"stack/s1": ["5 ms", "10 %"], "join": ["1 ms"]}
    texts = [shape.text for shape in picture_of(drawn, (), True, notes).shapes()[0] if isinstance(shape, Text)]
    assert [texts.count(note) for note in ("5 ms", "10 %", "1 ms")] == [1, 1, 1]
    assert "5 ms" not in picture_of(drawn, (), False, notes).to_svg()


# ---------------------------------------------------------------------- histories


def history(**values):
    made = tsuno.callbacks.History()
    for epoch in range(max(map(len, values.values()))):
        made.on_epoch_end(epoch, {name: series[epoch] for name, series in values.items() if series[epoch] is not None})
    return made


def svgs(made):
    return list(ElementTree.fromstring(made._repr_html_()))


def curve_points(svg):
    """The places of each curve."""
    paths = [each.get("d") for each in svg.iter(f"{SVG}path") if each.get("stroke-linejoin")]
    return [np.array([point.split() for point in path[1:].split("L")], float) for path in paths]


def test_a_history_shows_its_curves():
    made = history(
        accuracy=[0.2, 0.5, 0.9, 0.8], loss=[3.0, 2.0, 1.0, 0.5], val_accuracy=[0.1, 0.4, 0.7, 0.6],
        val_loss=[None, 2.5, None, 1.5], learning_rate=[0.1, 0.1, 0.1, 0.1],
    )  # fmt: skip
    charts = svgs(made)
    assert [chart.get("aria-label") for chart in charts] == ["loss", "accuracy", "learning_rate"]
    texts = [[each.text for each in chart.iter(f"{SVG}text")] for chart in charts]
    assert "validation, best 0.7" in texts[1] and "validation, best 1.5" in texts[0] and "training" in texts[2]
    for chart in charts:
        axis = [each.text for each in chart.iter(f"{SVG}text") if each.get("text-anchor") == "middle"]
        assert axis == ["1", "2", "3", "4", "epoch"]
    training, validation = curve_points(charts[0])
    assert np.allclose(validation[:, 0], training[1::2, 0])  # after the second and the fourth epoch
    level = lambda points: (points[:, 1] - training[0, 1]) / (training[3, 1] - training[0, 1]) * -2.5 + 3.0
    assert np.allclose(level(training), [3, 2, 1, 0.5], atol=0.02)
    assert np.allclose(level(validation), [2.5, 1.5], atol=0.02)
    marked = next(each for each in charts[1].iter(f"{SVG}circle") if each.get("fill") == "none")
    assert float(marked.get("cx")) == curve_points(charts[1])[1][2, 0]
    assert "currentColor" in made._repr_html_() and "white" not in made._repr_html_()


@pytest.mark.parametrize(
    "values, curves",
    [
        ([1.0], [1]), ([2.0, np.nan, 1.0, 0.5], [1, 2]), ([np.inf, -np.inf], []), ([0.0, 0.0], [2]),
        ([1e-12, 3e-12], [2]), ([1e300, -1e300], [2]), (list(range(1000)), [1000]), ([7e9, 7.000001e9], [2]),
    ],
)  # fmt: skip
def test_curves_of_any_numbers(values, curves):
    made = history(loss=values)
    (chart,) = svgs(made)
    places = curve_points(chart)
    assert [len(each) for each in places] == curves
    assert all(np.all((each >= 0) & (each <= [330, 210])) for each in places)
    ticks = [each.text for each in chart.iter(f"{SVG}text") if each.get("text-anchor") == "end"]
    assert len(ticks) == len(set(ticks)) and (len(ticks) >= 2) == bool(curves)
    assert len(made.plot().axes) == 1


def test_histories_of_other_things():
    assert tsuno.callbacks.History()._repr_html_() is None
    made = history(loss=[1.0, 0.5], text=["a", "b"])
    made.history[BAD] = [1, 2]  # by hand
    assert [chart.get("aria-label") for chart in svgs(made)] == ["loss", BAD]
    assert "script" not in Tags(made._repr_html_()).tags
    made.history["loss"] = [3.0]
    assert [len(each) for each in curve_points(svgs(made)[0])] == [1]
    again = tsuno.callbacks.History()
    again.set_state(json.loads(json.dumps(history(loss=[2.0, 1.0], val_loss=[None, 1.0]).get_state())))
    (chart,) = svgs(again)
    assert curve_points(chart)[1][0, 0] == curve_points(chart)[0][1, 0]


def test_history_plot():
    made = history(
        loss=[3.0, 2.0, 1.0, 1.5], accuracy=[0.2, 0.5, 0.9, 0.8], val_loss=[None, 2.5, None, 1.5], lr=[1] * 4
    )
    figure = made.plot(title="訓練", columns=2)
    assert [axes.get_title() for axes in figure.axes] == ["loss", "accuracy", "lr"]
    training, validation, best = figure.axes[0].get_lines()
    seen = [np.transpose(line.get_data()).tolist() for line in (training, validation, best)]
    assert seen == [[[1, 3], [2, 2], [3, 1], [4, 1.5]], [[2, 2.5], [4, 1.5]], [[4, 1.5]]]
    assert [each.get_text() for each in figure.axes[0].get_legend().get_texts()][2] == "best: 1.5 at epoch 4"
    assert list(figure.axes[1].get_lines()[1].get_xdata()) == [3]  # the highest
    assert len(figure.axes[2].get_lines()) == 1  # nobody knows which rate is best
    ticks = figure.axes[0].xaxis.get_major_locator().tick_values(1, 4)
    assert all(tick == int(tick) for tick in ticks)
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert set(FONTS) & set(figure._suptitle.get_fontfamily())
    assert [axes.get_title() for axes in made.plot(["acc", "val_loss"]).axes] == ["accuracy", "loss"]
    assert [axes.get_title() for axes in made.plot("loss").axes] == ["loss"]
    with pytest.raises(ValueError, match="Unknown metric 'los'. Did you mean 'loss'"):
        made.plot("los")
    with pytest.raises(ValueError, match="nothing to show"):
        tsuno.callbacks.History().plot()
    with pytest.raises(ValueError, match="columns"):
        made.plot(columns=0)


def test_history_plot_names_what_it_needs(monkeypatch):
    made = history(loss=[1.0])
    for name in [name for name in sys.modules if name.startswith("matplotlib")]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"tsuno\[plot\]"):
        made.plot()
    assert "<svg" in made._repr_html_()


def test_a_history_of_fit_knows_its_epochs():
    model = tsuno.Sequential([tsuno.Input((1,)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    data = np.ones((4, 1)), np.ones((4, 1))
    made = model.fit(*data, epochs=6, initial_epoch=2, verbose=0, validation_data=data, validation_freq=[4, 6])
    loss = svgs(made)[0]
    assert [each.text for each in loss.iter(f"{SVG}text") if each.get("text-anchor") == "middle"][:4] == list("3456")
    training, validation = curve_points(loss)
    assert np.allclose(validation[:, 0], training[[1, 3], 0])
