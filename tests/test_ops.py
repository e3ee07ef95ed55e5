"""Laws that every op obeys, over the rows of `ops_table`.

Compiling is what takes time here, so laws about programs take rows by the chunk, one program each.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import jax
import keras
import numpy as np
import pytest
from ops_table import BATCH, ROWS, Row

from tsuno import engine, ops
from tsuno.core.spec import KerasTensor

CHUNK = 25
QUICK = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}  # compiled once, run once
CHUNKS = [pytest.param(ROWS[i : i + CHUNK], id=f"{i}-{ROWS[i].name}") for i in range(0, len(ROWS), CHUNK)]


def is_array(x: Any) -> bool:
    return isinstance(x, np.ndarray)


def leaves(structure: Any) -> list[Any]:
    return jax.tree.leaves(structure, is_leaf=lambda x: x is None)


def arrays(row: Row) -> list[np.ndarray]:
    return [leaf for leaf in leaves((row.args, row.kwargs)) if is_array(leaf)]


def call(function: Callable[..., Any], row: Row, values: Any) -> Any:
    """`function` of the row's arguments with its arrays replaced."""
    values = iter(values)
    is_leaf = lambda x: x is None
    args, kwargs = jax.tree.map(
        lambda leaf: next(values) if is_array(leaf) else leaf, (row.args, row.kwargs), is_leaf=is_leaf
    )
    return function(*args, **kwargs)


def apply(row: Row, values: Any = None) -> Any:
    return call(attrgetter(row.name)(ops), row, arrays(row) if values is None else values)


def expected(row: Row) -> Any:
    if not callable(row.reference):
        return row.reference
    wide = [x.astype("float64") if x.dtype == np.float32 else x for x in arrays(row)]
    with np.errstate(all="ignore"):
        return call(row.reference, row, wide)


def differences(actual: Any, wanted: Any, tolerance: float) -> str:
    """What is wrong with a result, or nothing."""
    if isinstance(wanted, (str, bool)):
        return "" if actual == wanted else f"{actual!r} is not {wanted!r}"
    actual, wanted = leaves(actual), leaves(wanted) if isinstance(wanted, (tuple, list)) else [wanted]
    if len(wanted) != len(actual):
        wanted = [np.asarray(wanted)]
    for got, want in zip(actual, wanted, strict=True):
        got, want = np.asarray(got), np.asarray(want)
        if got.shape != want.shape:
            return f"shape {got.shape} is not {want.shape}"
        if got.dtype.kind not in {"i": "iu", "u": "iu"}.get(want.dtype.kind, want.dtype.kind):
            return f"dtype {got.dtype} is not of the kind of {want.dtype}"
        if not np.allclose(got, want, rtol=tolerance, atol=tolerance, equal_nan=True):
            finite = np.isfinite(want)
            return (
                f"off by {np.max(np.abs(got - want)[finite], initial=0)}; got {got.ravel()[:6]}, not {want.ravel()[:6]}"
            )
    return ""


def test_every_op_has_a_row() -> None:
    public = functions(ops) | {f"image.{name}" for name in functions(ops.image)}
    assert public - {row.name for row in ROWS} == set()
    assert len(public) > 300
    assert all(">>>" in (attrgetter(name)(ops).__doc__ or "") for name in public)


def functions(module: Any) -> set[str]:
    return {name for name, item in vars(module).items() if inspect.isfunction(item) and not name.startswith("_")}


@pytest.mark.parametrize("part", ["image", "linalg", "nn", "numpy"])
def test_parts_of_the_namespace(part: str) -> None:
    """What Keras has in a part is there, and is the function of `ops` itself."""
    ours, theirs = getattr(ops, part), getattr(keras.ops, part)
    assert functions(theirs) - functions(ours) == set()
    if part != "image":
        assert all(getattr(ours, name) is getattr(ops, name) for name in functions(ours))


@pytest.mark.parametrize("rows", CHUNKS)
def test_values_and_symbols(rows: list[Row]) -> None:
    """Eager = reference; compiled = eager; the inferred shape and dtype = those of the result."""
    eager = [apply(row) for row in rows]
    seen = [result if row.then is None else row.then(*leaves(result)) for row, result in zip(rows, eager, strict=True)]
    wrong = [f"{r.name}: {differences(x, expected(r), r.tolerance)}" for r, x in zip(rows, seen, strict=True)]

    inside = [i for i, row in enumerate(rows) if row.compiled]
    together = lambda values: [apply(rows[i], v) for i, v in zip(inside, values, strict=True)]
    program = engine.compile(together, compiler_options=QUICK)
    for i, result in zip(inside, program([arrays(rows[i]) for i in inside]), strict=True):
        if rows[i].then is None:  # a fused program may turn signs that are free
            wrong.append(f"{rows[i].name} compiled: {differences(result, to_numpy(eager[i]), 2 * rows[i].tolerance)}")

    for row, result in zip(rows, eager, strict=True):
        if row.symbolic:
            real = [(tuple(x.shape), str(x.dtype)) for x in leaves(result)]
            wrong.append(f"{row.name} symbolic: {symbolic_difference(row, real, None)}")
            if row.batch:
                real = [((None, *shape[1:]), dtype) for shape, dtype in real]
                wrong.append(f"{row.name} with an unknown batch: {symbolic_difference(row, real, BATCH)}")
    wrong = [line for line in wrong if not line.endswith(": ")]
    assert not wrong, "\n".join(wrong)


def to_numpy(structure: Any) -> Any:
    return tuple(np.asarray(leaf) for leaf in leaves(structure))


def symbolic_difference(row: Row, real: list[tuple[Any, str]], batch: int | None) -> str:
    """What is wrong with the inferred result; axes of size `batch` in front are taken as unknown."""

    def symbol(x: np.ndarray) -> Any:
        known = not x.ndim or x.shape[0] != batch
        return KerasTensor(x.shape if known else (None, *x.shape[1:]), dtype=x.dtype)

    try:
        inferred = [(x.shape, x.dtype) for x in leaves(apply(row, [symbol(x) for x in arrays(row)]))]
    except ValueError as problem:
        return f"raises {problem}"
    return "" if inferred == real else f"{inferred} is not {real}"


SMOOTH = [row for row in ROWS if row.smooth]


@pytest.mark.parametrize(
    "rows",
    [pytest.param(SMOOTH[i : i + CHUNK], id=f"{i}-{SMOOTH[i].name}") for i in range(0, len(SMOOTH), CHUNK)],
)
def test_gradients(rows: list[Row]) -> None:
    """The gradient along a random direction = central differences, in float64."""
    rng = np.random.default_rng(3)
    points, others, directions = [], [], []
    for row in rows:
        points.append([x.astype("float64") for x in arrays(row) if x.dtype == np.float32])
        others.append([None if x.dtype == np.float32 else x for x in arrays(row)])
        directions.append([rng.standard_normal(x.shape) for x in points[-1]])

    def functional(row: Row, floats: Any, rest: Any) -> Any:
        """Some fixed linear function of the result."""
        values = iter(floats)
        result = apply(row, [next(values) if other is None else other for other in rest])
        total = 0.0
        for leaf in leaves(result):
            if np.issubdtype(leaf.dtype, np.inexact):
                weights = np.cos(1 + np.arange(leaf.size)).reshape(leaf.shape)
                total += (leaf.real * weights).sum() + (leaf.imag * weights**2).sum()
        return total

    def at(all_floats: Any) -> Any:
        return [
            engine.value_and_grad(lambda x, row=row, rest=rest: functional(row, x, rest))(floats)
            for row, floats, rest in zip(rows, all_floats, others, strict=True)
        ]

    # The three points go through one copy of the code: a loop compiles its body once.
    steps = [
        [np.stack([x, x + row.step * d, x - row.step * d]) for x, d in zip(point, direction, strict=True)]
        for row, point, direction in zip(rows, points, directions, strict=True)
    ]
    with jax.enable_x64(True):
        program = engine.compile(lambda x: engine.scan(lambda _, y: (None, at(y)), None, x), compiler_options=QUICK)
        _, results = program(steps)
    wrong = []
    for row, direction, (values, gradients) in zip(rows, directions, results, strict=True):
        values = np.asarray(values)
        numeric = (values[1] - values[2]) / (2 * row.step)
        exact = sum(float(np.vdot(g[0], d)) for g, d in zip(gradients, direction, strict=True))
        if not np.isclose(exact, numeric, rtol=row.step / 10 + 1e-6, atol=row.step / 10 + 1e-6):
            wrong.append(f"{row.name}: {exact} is not {numeric}")
    assert not wrong, "\n".join(wrong)


def tensor(dtype: str) -> Any:
    return np.ones(3, dtype) if dtype != "bfloat16" else ops.ones(3, dtype)


PROMOTIONS: list[tuple[Any, ...]] = [
    ("add", "int32", "float32"), ("add", "int8", "int32"), ("add", "uint8", "int8"), ("add", "bool", "int32"),
    ("add", "bfloat16", "float16"), ("add", "bfloat16", "int32"), ("add", "bfloat16", 0.5), ("add", "int32", 0.5),
    ("add", "uint8", 1), ("add", "bool", True), ("multiply", "bool", "bool"), ("subtract", "float16", "float32"),
    ("divide", "int32", "int32"), ("divide", "int8", 2), ("floor_divide", "int32", 2.0), ("power", "int32", 2),
    ("power", "int32", 0.5), ("maximum", "bool", "bfloat16"), ("mod", "bool", "int8"), ("arctan2", "int32", "int32"),
    ("matmul", "int8", "int8"), ("matmul", "int8", "float16"), ("where", "bool", "bfloat16", 1.0), ("sqrt", "int32"),
    ("exp", "bool"), ("sin", "int8"), ("log", "bfloat16"), ("floor", "int32"), ("ceil", "bool"), ("trunc", "int32"),
    ("sum", "bool"), ("sum", "int8"), ("sum", "bfloat16"), ("prod", "uint8"), ("mean", "int32"), ("mean", "bfloat16"),
    ("var", "int32"), ("std", "bfloat16"), ("median", "int32"), ("cumsum", "bool"), ("argmax", "float32"),
    ("count_nonzero", "bool"), ("clip", "bool", 0, 1), ("relu", "int32"), ("leaky_relu", "bfloat16"), ("abs", "bool"),
    ("softmax", "bfloat16"), ("one_hot", "int32", 3), ("average", "int32"), ("norm", "int32"), ("round", "int32"),
]  # fmt: skip


def test_dtypes_are_those_of_keras() -> None:
    wrong = []
    for name, *arguments in PROMOTIONS:
        values = [tensor(x) if isinstance(x, str) else x for x in arguments]
        ours, theirs = (inferred_dtype(getattr(module, name), values) for module in (ops, keras.ops))
        if ours != theirs:
            wrong.append(f"{name}{tuple(arguments)}: {ours} is not {theirs}")
    assert not wrong, "\n".join(wrong)


def inferred_dtype(function: Callable[..., Any], values: list[Any]) -> str:
    """The dtype of the result; numbers are passed as they are, since they promote differently from arrays."""
    numbers = [x for x in values if not hasattr(x, "dtype")]
    tensors = [x for x in values if hasattr(x, "dtype")]
    return str(engine.eval_shape(lambda *given: function(*given, *numbers), *tensors).dtype)


IMAGE = np.ones((4, 4, 3), "float32")


@pytest.mark.parametrize(
    "attempt, message",
    [
        (
            lambda: ops.conv(np.ones((1, 5, 2)), np.ones((3, 3, 4))),
            r"`conv.kernel` must be for a divisor of the 2 chan",
        ),
        (
            lambda: ops.conv(np.ones((1, 5, 2)), np.ones((3, 2, 4)), padding="smae"),
            r"Unknown padding 'smae'. Did you mean",
        ),
        (
            lambda: ops.conv(np.ones((1, 2, 2)), np.ones((3, 2, 4))),
            r"`conv.inputs` must be at least as large as the wi",
        ),
        (
            lambda: ops.conv(np.ones((1, 5, 2)), np.ones((3, 2, 4)), strides=0),
            r"`conv.strides` must be a positive inte",
        ),
        (lambda: ops.max_pool(np.ones((1, 5)), 2), r"`pool.inputs` must be of 3 to 5 axes"),
        (lambda: ops.binary_crossentropy(np.ones(2), np.ones(3)), r"must have the same shape; got \(2,\) and \(3,\)"),
        (lambda: ops.sparse_categorical_crossentropy([0], np.ones((2, 3))), r"must be of shape \(2,\), one class for"),
        (lambda: ops.inv(np.ones((2, 3))), r"`inv.x` must be a square matrix"),
        (lambda: ops.cholesky(-np.eye(2)), r"`cholesky.x` must be positive definite"),
        (lambda: ops.qr(np.eye(2), mode="raw"), r"Unknown mode 'raw'. Choose one of 'complete', 'reduced'."),
        (lambda: ops.scatter_update(np.ones(2), [[0]], [1.0], reduction="sub"), r"Unknown reduction 'sub'"),
        (lambda: ops.segment_sum(np.ones(2), [0, 1]), r"`segment_sum.num_segments` must be the number of segments"),
        (lambda: ops.top_k(np.ones(2), 3), r"`top_k.k` must be from 0 to 2"),
        (lambda: ops.rearrange(np.ones((2, 3)), "a b -> a c"), r"`rearrange.pattern` must be a pattern for 2 axes"),
        (lambda: ops.one_hot([0], 2, sparse=True), r"`one_hot.sparse` must be False"),
        (lambda: ops.unstack(np.ones(2), num=3), r"`unstack.num` must be 2"),
        (lambda: ops.ctc_decode(np.ones((1, 2, 3)), [2], "gready"), r"`ctc_decode.strategy` must be one of 'greedy'"),
        (
            lambda: ops.ctc_decode(np.ones((1, 2, 3)), [2], "beam_search", 2, 3),
            r"top_paths` must be from 1 to the beam",
        ),
        (lambda: ops.image.resize(np.ones((4, 4)), (2, 2)), r"`resize.images` must be of 3 axes \(one image\) or 4"),
        (lambda: ops.image.resize(IMAGE, (2, 2), "linear"), r"`resize.interpolation` must be one of 'nearest', 'bil"),
        (lambda: ops.image.resize(IMAGE, (2, 0)), r"`resize.size` must be a positive integer or a tuple of 2"),
        (lambda: ops.image.resize(IMAGE, 2, fill_mode="wrap"), r"`resize.fill_mode` must be one of 'constant'; got"),
        (lambda: ops.image.resize(IMAGE, 2, "nearest", False, True, True), r"crop_to_aspect_ratio` must be False if"),
        (lambda: ops.image.rgb_to_hsv(IMAGE.astype("int32")), r"`rgb_to_hsv.images` must be of a float dtype"),
        (lambda: ops.image.hsv_to_rgb(IMAGE[..., :2]), r"`hsv_to_rgb.images` must be of 3 channels, on axis -1"),
        (lambda: ops.image.affine_transform(IMAGE, np.ones(6)), r"`affine_transform.transform` must be of shape \(8,"),
        (
            lambda: ops.image.affine_transform(IMAGE, np.ones((3, 8))),
            r"takes one transform or one for each of the 1 im",
        ),
        (lambda: ops.image.perspective_transform(IMAGE, np.ones((4, 2)), np.ones(8)), r"end_points` must be of shape"),
        (lambda: ops.image.map_coordinates(np.ones(3), np.ones((2, 2)), 1), r"coordinates` must be of shape \(1, …\)"),
        (lambda: ops.image.map_coordinates(np.ones(3), np.ones((1, 2)), 3), r"`map_coordinates.order` must be 0 or 1"),
        (lambda: ops.image.pad_images(IMAGE, 1, 1, 1, 1, 9), r"`pad_images` takes exactly two of `top_padding`, `bott"),
        (lambda: ops.image.crop_images(IMAGE, 1, 1, None, None, 9, 9), r"`crop_images` cannot bring a size of 4 to"),
        (lambda: ops.image.extract_patches(IMAGE, 5), r"`extract_patches.images` must be at least as large as the w"),
        (lambda: ops.image.extract_patches(IMAGE, (2, 2, 2)), r"images` must be of 4 axes, or 5 for a batch"),
        (lambda: ops.image.ssim(IMAGE, IMAGE), r"`ssim.filter_size` must be at most the height and width of the im"),
        (
            lambda: ops.image.scale_and_translate(IMAGE, (4, 4, 3), [1.0], [0.0], (0, 1), "cubic"),
            r"`scale_and_trans.*scale",
        ),
    ],
)
def test_wrong_input_gets_one_clear_sentence(attempt: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        attempt()


def test_gradients_pass_and_stop_where_they_should() -> None:
    stopped = engine.value_and_grad(lambda x: ops.sum(ops.stop_gradient(x) * x))(np.array([3.0], "float32"))
    assert stopped[1].tolist() == [3.0]
    own = ops.custom_gradient(lambda x: (x * x, lambda upstream: upstream * 7))
    assert float(engine.value_and_grad(own)(2.0)[1]) == 7.0
    safe = engine.value_and_grad(lambda x: ops.sum(ops.divide_no_nan(1.0, x)))(np.array([0.0, 2.0], "float32"))
    assert safe[1].tolist() == [0.0, -0.25]


IMAGE_CALLS: dict[str, tuple[Any, ...]] = {
    "affine_transform": (np.eye(8, dtype="float32")[0],), "crop_images": (1, 1, 1, 1), "elastic_transform": (1.0, 0.5),
    "extract_patches": (2,), "gaussian_blur": ((3, 3), (1.0, 1.0), "channels_last"), "pad_images": (1, 1, 1, 1),
    "perspective_transform": (np.eye(4, 2, dtype="float32"),) * 2, "resize": ((2, 2),), "rgb_to_grayscale": (),
    "rgb_to_hsv": (), "sobel_edges": (),
}  # fmt: skip


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float16", "bfloat16"])
def test_dtypes_of_images_are_those_of_keras(dtype: str) -> None:
    images, wrong = ops.ones((2, 4, 4, 3), dtype), []
    for name, args in IMAGE_CALLS.items():
        call = lambda module, x, name=name, args=args: getattr(module.image, name)(x, *args)
        try:
            wanted = engine.eval_shape(lambda x, call=call: call(keras.ops, x), images).dtype
        except (TypeError, ValueError, OverflowError):
            continue  # it has no result for integers
        if engine.eval_shape(lambda x, call=call: call(ops, x), images).dtype != wanted:
            wrong.append(name)
    assert not wrong


def test_no_images_and_integers() -> None:
    none = np.zeros((0, 4, 4, 3), "float32")
    for name, args in IMAGE_CALLS.items():
        kwargs = {"seed": 1} if name == "elastic_transform" else {}
        assert getattr(ops.image, name)(none, *args, **kwargs).shape[0] == 0, name
    assert ops.image.ssim(none, none, filter_size=3).shape == (0,)
    # A dot of 255 keeps its sum when it is smoothed, and equal images are alike whatever their dtype.
    dot = np.zeros((1, 7, 7, 1), "uint8")
    dot[:, 3, 3] = 255
    assert abs(int(ops.image.gaussian_blur(dot, (5, 5), (1.0, 1.0)).astype("int32").sum()) - 255) <= 12
    assert np.isclose(ops.image.ssim(dot, dot, 255.0, filter_size=3), 1.0)


def test_a_projective_transform_divides_by_the_depth() -> None:
    """The last two numbers of `affine_transform` count, as TensorFlow has it; Keras on JAX takes them for 0."""
    corners = np.array([[0, 0], [3, 0], [0, 3], [3, 3]], "float32")
    moved = corners + np.array([[0, 0.5], [-0.3, 0], [0.2, 0.1], [0, -0.6]], "float32")
    rows = [[x, y, 1, 0, 0, 0, -u * x, -u * y] for (u, _), (x, y) in zip(corners, moved, strict=True)]
    rows += [[0, 0, 0, x, y, 1, -v * x, -v * y] for (_, v), (x, y) in zip(corners, moved, strict=True)]
    transform = np.linalg.solve(np.array(rows, "float64"), corners.T.ravel()).astype("float32")
    image = np.random.default_rng(0).random((4, 4, 2)).astype("float32")
    both = ops.image.affine_transform(image, transform), ops.image.perspective_transform(image, corners, moved)
    np.testing.assert_allclose(*both, atol=1e-5)
