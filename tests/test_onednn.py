"""Products and convolutions by oneDNN are what they mean, everywhere: with gradients of gradients, in loops, mapped over
batches, in exported programs; and programs that call it are made anew in each process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tsuno
from tsuno import engine
from tsuno.engine import convolution, onednn
from tsuno.engine.placement import with_gradient

pytestmark = pytest.mark.skipif(not onednn._is_there(), reason="oneDNN is not in this machine's JAX")
RNG = np.random.default_rng(0)


def numbers(*shape: int) -> Any:
    return jnp.asarray(RNG.normal(size=shape), "float32")


@pytest.fixture(autouse=True)
def small_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays of any size are worth a call."""
    monkeypatch.setattr(onednn, "_FEW", 1)
    monkeypatch.setattr(onednn, "_MANY", 1)


def called(function: Callable[..., Any], *args: Any) -> list[str]:
    """The calls in a function's program."""
    text = engine.compile(lambda *args: function(*args), gradient=True).lower(*args).as_text()
    return [line.split("@__onednn$")[1].split("(")[0] for line in text.splitlines() if "@__onednn$" in line]


def same(function: Callable[..., Any], *args: Any, tolerance: float = 1e-5) -> None:
    """The results with the library and without are equal, beside the largest of them."""
    ours = engine.compile(lambda *args: function(*args), gradient=True)(*args)
    plain = jax.jit(lambda *args: function(*args))(*args)
    for one, other in zip(jax.tree.leaves(ours), jax.tree.leaves(plain), strict=True):
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance * float(abs(other).max()) + 1e-30)


def with_gradients(function: Callable[..., Any]) -> Callable[..., Any]:
    def both(*args: Any) -> Any:
        y, backward = jax.vjp(function, *args)
        return y, backward(jnp.cos(jnp.arange(y.size, dtype=y.dtype)).reshape(y.shape))

    return both


PRODUCTS = [
    ("xy,yz->xz", (5, 7), (7, 3)),
    ("xy,zy->xz", (5, 7), (3, 7)),
    ("yx,yz->zx", (7, 5), (7, 3)),
    ("abz,zxy->abxy", (2, 3, 4), (4, 5, 6)),
    ("abxy,xyz->abz", (2, 3, 4, 5), (4, 5, 6)),
    ("bqhd,bkhd->bhqk", (2, 5, 3, 4), (2, 6, 3, 4)),
    ("bhqk,bkhd->bqhd", (2, 3, 5, 6), (2, 6, 3, 4)),
    ("bhqk,bqhd->bkhd", (2, 3, 5, 6), (2, 5, 3, 4)),
    ("abij,abjk->abik", (2, 3, 4, 5), (2, 3, 5, 1)),
]


@pytest.mark.parametrize(("spec", "a", "b"), PRODUCTS, ids=[row[0] for row in PRODUCTS])
def test_a_product_is_what_einsum_makes(spec: str, a: Any, b: Any, capfd: pytest.CaptureFixture[str]) -> None:
    product = lambda a, b: engine.einsum(spec, a, b)
    a, b = numbers(*a), numbers(*b)
    assert called(product, a, b) == ["matmul"]
    assert called(with_gradients(product), a, b) == ["matmul"] * 3
    same(with_gradients(product), a, b)
    assert "reference" not in capfd.readouterr().err, "the library has only a slow way for some order of axes"


@pytest.mark.parametrize(
    ("spec", "a", "b"),
    [
        ("xx,xz->xz", (4, 4), (4, 3)),
        ("xyw,yz->xz", (5, 7, 2), (7, 3)),
        ("xyw,yzw->xz", (5, 7, 2), (7, 3, 2)),
        ("xwy,yz->xzw", (5, 2, 7), (7, 3)),
        ("xyb,yzb->xzb", (5, 7, 2), (7, 3, 2)),
        ("x,y->xy", (5,), (7,)),
        ("bxy,bxy->b", (2, 5, 7), (2, 5, 7)),
    ],
)
def test_what_is_no_matrix_product_stays_as_it_is(spec: str, a: Any, b: Any) -> None:
    product = lambda a, b: engine.einsum(spec, a, b)
    assert called(product, numbers(*a), numbers(*b)) == []
    same(product, numbers(*a), numbers(*b))


@pytest.mark.parametrize(("a", "b"), [((4, 5), (6, 3)), ((4, 5), (5,)), ((2, 4, 5), (3, 5, 2))])
def test_what_does_not_fit_is_refused_by_the_array_library(a: Any, b: Any) -> None:
    for function in (
        engine.matmul,
        lambda a, b: engine.einsum("axy,ayz->axz" if len(a.shape) > 2 else "xy,yz->xz", a, b),
    ):
        if len(b) > 1 or function is not engine.matmul:
            with pytest.raises((TypeError, ValueError)):
                called(function, numbers(*a), numbers(*b))


@pytest.mark.parametrize("dtype", ["bfloat16", "int32"])
def test_other_dtypes_stay_as_they_are(dtype: str) -> None:
    assert called(engine.matmul, numbers(4, 5).astype(dtype), numbers(5, 6).astype(dtype)) == []


CONVOLUTIONS = {
    "1d": ((2, 9, 3), (3, 3, 5), (1,), ((1, 1),), (1,)),
    "strides": ((2, 9, 8, 3), (3, 2, 3, 5), (2, 3), ((1, 0), (0, 2)), (1, 1)),
    "dilation": ((2, 9, 8, 3), (3, 2, 3, 5), (1, 1), ((2, 2), (0, 0)), (2, 3)),
    "one by one": ((2, 4, 4, 3), (1, 1, 3, 5), (1, 1), ((0, 0), (0, 0)), (1, 1)),
    "wide": ((2, 6, 6, 16), (3, 3, 16, 16), (1, 1), ((1, 1), (1, 1)), (1, 1)),
    "more edge than window": ((1, 3, 3, 2), (2, 2, 2, 3), (1, 1), ((3, 4), (5, 2)), (1, 1)),
    "cut edges": ((2, 4, 5, 3), (2, 2, 3, 5), (1, 1), ((0, 0), (-1, 1)), (1, 1)),
    "3d": ((2, 4, 5, 3, 2), (2, 2, 2, 2, 4), (1, 2, 1), ((0, 1), (1, 0), (0, 0)), (1, 1, 1)),
}


@pytest.mark.parametrize("row", CONVOLUTIONS.values(), ids=list(CONVOLUTIONS))
def test_a_convolution_is_what_the_array_library_makes(row: Any) -> None:
    x, kernel, strides, pads, dilation = row
    options = {"strides": strides, "padding": pads, "dilation": dilation}
    x, kernel = numbers(*x), numbers(*kernel)
    conv = lambda x, kernel: convolution.conv(x, kernel, **options)
    assert called(conv, x, kernel) == ["convolution"]
    same(with_gradients(conv), x, kernel)


def test_a_kernel_gradient_with_moved_gradients_is_the_same() -> None:
    conv = lambda x, kernel: convolution.conv(x, kernel, (1, 1), "SAME", (1, 1))
    x, kernel = numbers(4, 6, 5, 16), numbers(3, 3, 16, 8)
    assert sorted(called(with_gradients(conv), x, kernel)) == ["convolution", "convolution", "matmul"]
    same(with_gradients(conv), x, kernel)
    dilated = lambda x, kernel: convolution.conv(x, kernel, (1, 1), "SAME", (2, 1))
    same(with_gradients(dilated), x, kernel)


@settings(max_examples=12, deadline=None)
@given(
    sizes=st.tuples(*[st.integers(1, 9)] * 2), window=st.tuples(*[st.integers(1, 4)] * 2),
    strides=st.tuples(*[st.integers(1, 3)] * 2), edges=st.tuples(*[st.tuples(*[st.integers(-1, 4)] * 2)] * 2),
    channels=st.integers(1, 17), filters=st.integers(1, 17),
)  # fmt: skip
def test_any_convolution_is_what_the_array_library_makes(
    sizes: Any, window: Any, strides: Any, edges: Any, channels: int, filters: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(onednn, "_FEW", 1)
        x, kernel = numbers(2, *sizes, channels), numbers(*window, channels, filters)
        if all(n + sum(pad) >= width for n, pad, width in zip(sizes, edges, window, strict=True)):
            same(lambda x, kernel: convolution.conv(x, kernel, strides, edges, (1, 1)), x, kernel)


def test_a_convolution_without_outputs_is_empty() -> None:
    x, kernel = numbers(2, 2, 2, 3), numbers(3, 3, 3, 4)
    conv = engine.compile(lambda x, kernel: convolution.conv(x, kernel, (1, 1), "VALID", (1, 1)), gradient=True)
    assert conv(x, kernel).shape == (2, 0, 0, 4)


def test_gradients_of_gradients_mapping_and_loops() -> None:
    a, b = numbers(4, 5), numbers(5, 4)
    energy = lambda a, b: (jnp.sin(engine.matmul(a, b)) ** 2).sum()
    same(jax.grad(lambda a, b: (jax.grad(energy)(a, b) ** 2).sum(), (0, 1)), a, b)
    x, kernel = numbers(2, 5, 5, 3), numbers(2, 2, 3, 4)
    conv = lambda x, kernel: convolution.conv(x, kernel, (1, 1), "SAME", (1, 1))
    bent = lambda x, kernel: (jnp.sin(conv(x, kernel)) ** 2).sum()
    same(jax.grad(lambda x, kernel: (jax.grad(bent)(x, kernel) ** 2).sum(), (0, 1)), x, kernel, tolerance=3e-5)
    same(jax.vmap(engine.matmul, in_axes=(None, 2)), a, numbers(5, 4, 3))
    same(jax.vmap(conv, in_axes=(0, None)), numbers(3, 2, 5, 5, 3), kernel)
    same(lambda a, b: jax.lax.scan(lambda c, _: (jnp.tanh(engine.matmul(c, b)), c[0]), a, None, 7), a, numbers(5, 5))


def test_only_programs_with_a_gradient_call_it_and_only_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = numbers(4, 5), numbers(5, 6)
    assert "onednn" not in engine.compile(lambda a, b: engine.matmul(a, b)).lower(a, b).as_text()
    assert called(engine.matmul, a, b) == ["matmul"]
    with engine.for_any_device():
        assert called(engine.matmul, a, b) == []
    monkeypatch.setenv("TSUNO_ONEDNN", "0")
    assert called(engine.matmul, a, b) == []


def test_an_exported_program_has_the_plain_form() -> None:
    from jax import export

    traced = with_gradient(lambda a, b: engine.matmul(a, b))
    written = export.export(jax.jit(traced))(numbers(4, 5), numbers(5, 6))
    assert "__onednn" not in written.mlir_module()
    a, b = numbers(4, 5), numbers(5, 6)
    np.testing.assert_allclose(export.deserialize(written.serialize()).call(a, b), a @ b, rtol=1e-5)


def test_a_program_that_calls_it_is_not_kept_on_disk(tmp_path: Path) -> None:
    from jax.experimental.compilation_cache import compilation_cache

    before = jax.config.jax_compilation_cache_dir, jax.config.jax_persistent_cache_min_compile_time_secs
    jax.config.update("jax_compilation_cache_dir", str(tmp_path))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    compilation_cache.reset_cache()
    try:
        a, b = numbers(4, 5), numbers(5, 6)
        for name, gradient in (("kept", False), ("made_anew", True)):

            def function(a: Any, b: Any) -> Any:
                return engine.matmul(a, b) + 1

            function.__name__ = name
            engine.compile(function, gradient=gradient)(a, b).block_until_ready()
        kept = [path.name for path in tmp_path.iterdir()]
        assert any(name.startswith("jit_kept") for name in kept)
        assert not any("made_anew" in name for name in kept)
    finally:
        jax.config.update("jax_compilation_cache_dir", before[0])
        jax.config.update("jax_persistent_cache_min_compile_time_secs", before[1])
        compilation_cache.reset_cache()


def test_training_is_the_same_with_it_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    x = RNG.normal(size=(24, 8, 8, 3)).astype("float32")
    y = RNG.integers(0, 4, 24)
    results = []
    for wanted in ("1", "0"):
        monkeypatch.setenv("TSUNO_ONEDNN", wanted)
        tsuno.utils.set_random_seed(0)
        inputs = tsuno.Input((8, 8, 3))
        z = tsuno.layers.Conv2D(8, 3, padding="same", activation="relu")(inputs)
        z = tsuno.layers.Reshape((16, 8))(tsuno.layers.Conv2D(8, 3, strides=2, padding="same")(z))
        z = tsuno.layers.MultiHeadAttention(2, 8)(z, z, use_causal_mask=True)
        z = tsuno.layers.LSTM(8)(z)
        model = tsuno.Model(inputs, tsuno.layers.Dense(4, activation="softmax")(z))
        model.compile("sgd", "sparse_categorical_crossentropy")
        history = model.fit(x, y, batch_size=8, epochs=3, verbose=0)
        results.append((history.history["loss"], [np.asarray(w) for w in model.get_weights()]))
    np.testing.assert_allclose(results[0][0], results[1][0], rtol=1e-5)
    for one, other in zip(results[0][1], results[1][1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
