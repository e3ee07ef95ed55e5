"""The engine's own ways on a CPU give what the array library's give: convolutions, pooling, loops, copies, the cache."""

from __future__ import annotations

import itertools
import os
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsuno import engine
from tsuno.engine import convolution, dot_attention
from tsuno.engine.cache import prune

RNG = np.random.default_rng(0)


def numbers(*shape: int, dtype: Any = "float32") -> Any:
    return jnp.asarray(RNG.normal(size=shape), dtype)


def both(function: Any, *args: Any) -> tuple[list[Any], list[Any]]:
    """Output and gradients of a function, in the engine's own way and in the array library's."""
    found = []
    for around in (nullcontext(), engine.for_any_device()):
        with around:
            outputs, backward = jax.vjp(lambda *args: function(*args), *args)
            gradient = jnp.cos(jnp.arange(outputs.size, dtype=outputs.dtype)).reshape(outputs.shape)
            found.append([outputs, *backward(gradient)])
    return found[0], found[1]


def close(ours: list[Any], theirs: list[Any], tolerance: float = 1e-5) -> None:
    for a, b in zip(ours, theirs, strict=True):
        assert a.shape == b.shape and a.dtype == b.dtype
        a, b = np.asarray(a, "float64"), np.asarray(b, "float64")
        assert np.abs(a - b).max() <= tolerance * (1 + np.abs(b).max())


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_convolutions(data: st.DataObject) -> None:
    rank = data.draw(st.sampled_from((1, 2, 2, 3)))
    many = st.lists(st.integers(1, 3), min_size=rank, max_size=rank)
    window, strides, dilation = data.draw(many), data.draw(many), data.draw(st.sampled_from(([1] * rank, [2] * rank)))
    sizes = [(width - 1) * step + data.draw(st.integers(1, 6)) for width, step in zip(window, dilation, strict=True)]
    if data.draw(st.booleans()):
        strides = [1] * rank
    padding = data.draw(st.sampled_from(("SAME", "VALID")))
    batch, channels, filters = data.draw(st.sampled_from(((1, 1, 4), (4, 3, 8), (3, 16, 16), (2, 20, 3), (6, 2, 40))))
    x, kernel = numbers(batch, *sizes, channels), numbers(*window, channels, filters)
    close(*both(lambda x, k: convolution.conv(x, k, strides, padding, dilation), x, kernel))


@settings(max_examples=5, deadline=None)
@given(st.data())
def test_transposed_convolutions(data: st.DataObject) -> None:
    rank = data.draw(st.sampled_from((1, 2)))
    many = st.lists(st.integers(1, 4), min_size=rank, max_size=rank)
    window, strides, sizes = data.draw(many), data.draw(many), data.draw(many)
    x, kernel = numbers(2, *sizes, 3), numbers(*window, 5, 3)
    pads = [(width - 1, width - 1 + data.draw(st.integers(0, 1))) for width in window]
    close(*both(lambda x, k: convolution.conv_transpose(x, k, strides, pads, [1] * rank), x, kernel))


@settings(max_examples=6, deadline=None)
@given(st.data())
def test_max_pooling(data: st.DataObject) -> None:
    rank = data.draw(st.sampled_from((1, 2, 2, 3)))
    many = st.lists(st.integers(1, 3), min_size=rank, max_size=rank)
    window, strides = data.draw(many), data.draw(many)
    if data.draw(st.booleans()):
        strides = window
    sizes = [width + data.draw(st.integers(0, 4)) for width in window]
    x = jnp.asarray(RNG.integers(0, 3, size=(2, *sizes, 3)), "float32")  # with ties: the first place is meant
    padding = data.draw(st.sampled_from(("SAME", "VALID")))
    close(*both(lambda x: convolution.max_pool(x, window, strides, padding), x))


def test_convolution_is_differentiable_twice() -> None:
    x, kernel = numbers(2, 6, 6, 3), numbers(3, 3, 3, 4)

    def inner(kernel: Any, x: Any) -> Any:
        return (convolution.conv(x, kernel, (2, 2), "SAME", (1, 1)) ** 2).sum()

    close(*both(lambda x: (jax.grad(inner)(kernel, x) ** 2).sum()[None], x), 1e-4)


def test_convolution_in_bfloat16() -> None:
    x, kernel = numbers(4, 8, 8, 16, dtype="bfloat16"), numbers(3, 3, 16, 16, dtype="bfloat16")
    close(*both(lambda x, k: convolution.conv(x, k, (1, 1), "SAME", (1, 1)), x, kernel), 2e-2)


@pytest.mark.parametrize("additive", [True, False])
def test_recurrence_is_a_scan(additive: bool) -> None:
    """The same numbers and gradients, first and second, as a loop differentiated as it stands."""
    inputs, start, weight, shift = numbers(5, 2, 3), numbers(2, 3), numbers(3, 3) * 0.5, numbers(3)

    def by(loop: Any) -> Any:
        def result(inputs: Any, start: Any, weight: Any, shift: Any) -> Any:
            def step(h: Any, x: Any, products: Any) -> tuple[Any, Any]:
                h = jnp.tanh(x + products[0](h)) + shift
                return h, h * 2

            last, outputs = loop(step, start, inputs, [weight])
            return (outputs**2).sum() + last.sum()

        return result

    ours = by(lambda *args: engine.recurrence(*args, additive=additive))
    plain = by(
        lambda step, start, inputs, weights: jax.lax.scan(
            lambda h, x: step(h, x, [lambda value: value @ weights[0]]), start, inputs
        )
    )
    args = (inputs, start, weight, shift)
    places = (0, 1, 2, 3)
    close(list(jax.grad(ours, places)(*args)), list(jax.grad(plain, places)(*args)))

    def twice(f: Any) -> Any:
        return lambda *args: sum((g**2).sum() for g in jax.grad(f, places)(*args))

    close(list(jax.grad(twice(ours), places)(*args)), list(jax.grad(twice(plain), places)(*args)), 1e-4)


def test_recurrence_of_a_step_that_multiplies_nothing() -> None:
    carry, outputs = engine.recurrence(lambda h, x, _: (h + x, h), jnp.zeros(2), numbers(3, 2), [numbers(2, 2)])
    assert outputs.shape == (3, 2) and carry.shape == (2,)


def test_arrays_from_the_host_are_their_own() -> None:
    with engine.eager():
        for size in (3, 4096):
            given = np.ones(size, "float32")
            held = engine.asarray(given)
            copied = engine.copy(held)
            given[:] = 2
            assert float(held.sum()) == float(copied.sum()) == size
            assert held.unsafe_buffer_pointer() != copied.unsafe_buffer_pointer()


def test_the_cache_is_bounded(tmp_path: Path) -> None:
    for number in range(8):
        (tmp_path / f"{number}").write_bytes(bytes(100))
        os.utime(tmp_path / f"{number}", (number, number))
    prune(tmp_path, 800)
    assert len(list(tmp_path.glob("[0-9]"))) == 8
    (tmp_path / ".pruned").unlink()
    prune(tmp_path, 700)
    assert sorted(path.name for path in tmp_path.glob("[0-9]")) == ["3", "4", "5", "6", "7"]


def test_compiled_products_with_constants() -> None:
    """XLA's fusions of products, which compiler options choose among, must not lose the constants they take in."""
    x = numbers(2, 4, 6)
    for options in itertools.product((True, False), repeat=2):
        product, total = engine.compile(lambda x: (x @ np.ones((6, 2), "float32"), x.sum(0)), *options)(x)
        close([product, total], [jnp.stack([x.sum(-1)] * 2, -1), x.sum(0)])


ATTENTION = ["plain", "causal", "mask for all", "mask of heads", "nothing to see", "by parts", "masked by parts"]


@pytest.mark.parametrize("case", ATTENTION)
def test_attention(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dot_attention, "_LARGE", 100 if "parts" in case else 1 << 20)
    q, k, v = numbers(4, 5, 2, 3), numbers(4, 6, 2, 3), numbers(4, 6, 2, 3)
    shape = {"mask for all": (1, 1, 5, 6), "mask of heads": (4, 2, 5, 6), "masked by parts": (4, 1, 1, 6)}.get(case)
    mask = None if shape is None else jnp.asarray(RNG.random(shape) < 0.6)
    if case == "nothing to see":
        mask = jnp.zeros((1, 1, 1, 6), bool)
    close(*both(lambda q, k, v: engine.attention(q, k, v, mask=mask, is_causal=case == "causal"), q, k, v))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what is measured is Linux's")
def test_freed_memory_is_given_back() -> None:
    resident = lambda: int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    blocks = [bytes(10_000) for _ in range(10_000)]
    last, held = bytes(10_000), resident()  # the last keeps the C library from shrinking its memory by itself
    del blocks
    engine.release_memory()
    assert resident() < held - 80_000_000 and len(last) == 10_000


KERNELS = [  # dtype, times, depth, mask, what the device can do, what the user says, whether the fused kernel is used
    ("bfloat16", 5, 8, None, "9.0", None, True),
    ("float16", 4, 128, (1, 1, 1, 4), "8.0", None, True),
    ("bfloat16", 5, 8, (1, 1, 5, 5), "9.0", None, False),
    ("bfloat16", 4, 12, None, "9.0", None, False),
    ("bfloat16", 4, 256, None, "9.0", None, False),
    ("bfloat16", 4, 8, None, "7.5", None, False),
    ("bfloat16", 4, 8, None, "gfx942", None, False),
    ("bfloat16", 4, 8, None, "9.0", False, False),
    ("float32", 4, 8, None, "9.0", None, False),
    ("float32", 4, 8, None, "9.0", True, True),
]


@pytest.mark.parametrize(("dtype", "times", "depth", "mask", "device", "said", "fused"), KERNELS)
def test_attention_chooses_the_fused_kernel_of_a_gpu(
    dtype: str, times: int, depth: int, mask: Any, device: str, said: Any, fused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, asked = jax.nn.dot_product_attention, []

    def attention(*args: Any, implementation: Any = None, **options: Any) -> Any:
        asked.append((implementation, None if args[4] is None else args[4].shape))
        return plain(*args, **options)

    q = numbers(2, times, 1, depth).astype(dtype)
    seen = None if mask is None else jnp.ones(mask, bool)
    expected = plain(q, q, q, mask=seen, is_causal=True)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    monkeypatch.setattr(jax, "local_devices", lambda: [SimpleNamespace(compute_capability=device)])
    monkeypatch.setattr(jax.nn, "dot_product_attention", attention)
    found = engine.attention(q, q, q, mask=seen, is_causal=True, fused=said)
    np.testing.assert_array_equal(found.astype("float32"), expected.astype("float32"))
    whole = None if mask is None else (1, 1, times, times)
    assert asked == [("cudnn", whole) if fused else (None, mask)]


@pytest.mark.parametrize("columns", [1, 3, 8, 10])
def test_a_product_with_few_columns_is_the_same_in_a_program_that_trains(columns: int) -> None:
    def both_gradients(a: Any, b: Any) -> Any:
        y, backward = jax.vjp(engine.matmul, a, b)
        return y, backward(jnp.sin(y)), jax.jvp(engine.matmul, (a, b), (a + 1, b - 1))[1]

    a, b = numbers(8, 64), numbers(64, columns)
    ours = engine.compile(lambda a, b: both_gradients(a, b), gradient=True)
    text = ours.lower(a, b).as_text()
    assert f"-> tensor<{-(-columns // 8) * 8}x64xf32>" in text, "the gradient's rows are long"
    for one, other in zip(jax.tree.leaves(ours(a, b)), jax.tree.leaves(both_gradients(a, b)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)
    bytes_ = jnp.full((8, 64), 100, "int8"), jnp.full((64, columns), 100, "int8")
    wide = engine.compile(lambda a, b: engine.matmul(a, b, preferred_element_type="int32"), gradient=True)(*bytes_)
    assert wide.dtype == "int32" and int(wide[0, 0]) == 640_000


@pytest.mark.parametrize("edges", [((0, 0), (-1, 1)), ((2, -1), (0, 0)), ((-1, -1), (1, 2))])
@pytest.mark.parametrize("strides", [(1, 1), (2, 1)])
def test_edges_may_be_cut_off_in_compiled_programs(edges: Any, strides: Any) -> None:
    x, kernel = numbers(2, 5, 6, 3), numbers(2, 2, 3, 5)
    conv = lambda x, kernel: convolution.conv(x, kernel, strides, edges, (1, 1))

    def by_patches(x: Any, kernel: Any) -> Any:  # the array library's own convolution may be wrong here
        padded = jax.lax.pad(x, np.float32(0), [(0, 0, 0), *((*pair, 0) for pair in edges), (0, 0, 0)])
        rows, columns = (range(0, n - 1, by) for n, by in zip(padded.shape[1:3], strides, strict=True))
        places = [jnp.einsum("nhwc,hwcf->nf", padded[:, i : i + 2, j : j + 2], kernel) for i in rows for j in columns]
        return jnp.stack(places, 1).reshape(2, len(rows), len(columns), 5)

    ours = engine.compile(lambda x, kernel: [conv(x, kernel), *jax.vjp(conv, x, kernel)[1](y)], gradient=True)
    y = by_patches(x, kernel)
    close(ours(x, kernel), [y, *jax.vjp(by_patches, x, kernel)[1](y)])
    close([engine.compile(conv)(x, kernel)], [y])
