"""What the rows of `layers_table` cannot say of convolutions and their kin: masks, dropout, unknown sizes, refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tsuno
from tsuno import layers

MOVIES = np.random.default_rng(3).uniform(-1, 1, (4, 3, 4, 5, 2)).astype("float32")
MASK = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 0], [0, 0, 1]], bool)


def test_a_masked_step_leaves_states_and_output_as_they_were() -> None:
    """Keras' scan takes the mask of samples for one of rows, so its unrolled loop is what the table compares with."""
    scanned = layers.ConvLSTM2D(2, 3, return_sequences=True, return_state=True)
    unrolled = layers.ConvLSTM2D(2, 3, return_sequences=True, return_state=True, unroll=True)
    outputs = scanned(MOVIES, mask=MASK)
    unrolled.build(MOVIES.shape)
    unrolled.set_weights(scanned.get_weights())
    for a, b in zip(outputs, unrolled(MOVIES, mask=MASK), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    assert (outputs[0][1, 1] == outputs[0][1, 0]).all() and (outputs[0][2, 2] == outputs[0][2, 1]).all()
    assert not np.asarray(outputs[0][3, :2]).any()


def test_each_gate_has_its_own_dropout_for_all_steps() -> None:
    still = np.ones((2, 4, 3, 3, 2), "float32")
    options = {"dropout": 0.5, "seed": 1, "return_sequences": True, "recurrent_initializer": "zeros"}
    layer = layers.ConvLSTM2D(1, 1, activation="linear", recurrent_activation="sigmoid", use_bias=False, **options)
    layer.build(still.shape)
    layer.set_weights(
        [np.ones(w.shape, "float32") if "recurrent" not in w.path else 0 * w.numpy() for w in layer.weights]
    )
    output = np.asarray(layer(still, training=True))
    # h1 = σ(o) · σ(i) · c for the same inputs at every step: i, c and o differ where each gate drops on its own.
    gates = {round(float(x), 4) for x in output[:, 0].ravel()}
    shared = {round(float(a / (1 + np.exp(-a)) ** 2), 4) for a in (0.0, 2.0, 4.0)}
    assert len(gates - shared) > 2
    # h2 = h1 · (1 + σ(f)), h3 = h1 · (1 + σ(f) + σ(f)²), so long as nothing is drawn anew between steps.
    h = np.moveaxis(output, 1, 0)
    np.testing.assert_allclose(h[0] * (h[2] - h[1]), (h[1] - h[0]) ** 2, rtol=1e-4, atol=1e-6)
    twin = layers.ConvLSTM2D(1, 1, activation="linear", use_bias=False, data_format="channels_first", **options)
    assert twin(np.moveaxis(still, -1, 2), training=True).shape == (2, 4, 1, 3, 3)
    recurrent = layers.ConvLSTM1D(2, 3, padding="same", recurrent_dropout=0.5, seed=1)
    assert (recurrent(MOVIES[..., 0], training=True) != recurrent(MOVIES[..., 0])).any()


def test_a_stateful_one_goes_on_where_it_stopped() -> None:
    layer = layers.ConvLSTM2D(2, 3, stateful=True, padding="same")
    first = layer(MOVIES[:, :2])
    assert (layer(MOVIES[:, 2:]) != first).any()
    plain = layers.ConvLSTM2D(2, 3, padding="same")
    plain.build(MOVIES.shape)
    plain.set_weights(layer.get_weights())
    layer.reset_state()
    layer(MOVIES[:, :2])
    np.testing.assert_allclose(layer(MOVIES[:, 2:]), plain(MOVIES), atol=1e-6)
    assert plain.weights[0].path == f"{plain.name}/conv_lstm_cell/kernel"


UNKNOWN: list[tuple[Callable[[], Any], tuple[Any, ...], tuple[Any, ...]]] = [
    (lambda: layers.ConvLSTM2D(3, 2), (None, None, None, 2), (None, None, 3)),
    (lambda: layers.Conv2DTranspose(3, 2, strides=2), (None, 4, 2), (None, 8, 3)),
    (lambda: layers.DepthwiseConv2D(3, depth_multiplier=2, data_format="channels_first"), (2, None, 7), (4, None, 5)),
    (lambda: layers.SeparableConv1D(3, 3, padding="causal"), (None, 2), (None, 3)),
    (lambda: layers.UpSampling2D(2, interpolation="bilinear"), (None, 4, 2), (None, 8, 2)),
    (lambda: layers.Cropping1D(2), (None, 2), (None, 2)),
    (lambda: layers.ZeroPadding3D(1), (None, None, 3, 1), (None, None, 5, 1)),
    (lambda: layers.AdaptiveAveragePooling2D(3), (None, None, 2), (3, 3, 2)),
]


@pytest.mark.parametrize(("make", "shape", "wanted"), UNKNOWN)
def test_unknown_sizes_and_empty_batches(make: Any, shape: Any, wanted: Any) -> None:
    assert make()(tsuno.Input(shape)).shape == (None, *wanted)
    empty = np.zeros((0, *(6 if size is None else size for size in shape)), "float32")
    assert make()(empty).shape[0] == 0


def test_causal_windows_see_no_later_step() -> None:
    for layer in (layers.DepthwiseConv1D(3, padding="causal"), layers.SeparableConv1D(2, 3, padding="causal")):
        x = np.ones((1, 6, 2), "float32")
        before = np.asarray(layer(x))
        x[:, 4] = 9
        after = np.asarray(layer(x))
        assert (after[:, :4] == before[:, :4]).all() and (after[:, 4:] != before[:, 4:]).all()


REFUSED = {
    "kernel": (lambda: layers.DepthwiseConv2D(5)(np.ones((1, 3, 3, 1))), "smaller than the kernel"),
    "causal": (lambda: layers.SeparableConv2D(2, 3, padding="causal"), "'causal' is for one spatial axis only"),
    "output_padding": (lambda: layers.Conv1DTranspose(2, 3, strides=2, output_padding=2), r"less than strides=\(2,\)"),
    "both": (lambda: layers.Conv2DTranspose(2, 3, strides=2, dilation_rate=2), "not both"),
    "both in a cell": (lambda: layers.ConvLSTM2D(2, 3, strides=2, dilation_rate=2), "`ConvLSTM2D` takes"),
    "multiplier": (lambda: layers.DepthwiseConv2D(3, depth_multiplier=0), "DepthwiseConv2D.depth_multiplier"),
    "crop": (lambda: layers.Cropping2D(2)(np.ones((1, 4, 8, 1))), "would leave nothing of its input"),
    "crop typed": (lambda: layers.Cropping2D((1, 2, 3)), "`Cropping2D.cropping` must be"),
    "pad": (lambda: layers.ZeroPadding1D(-1), "`ZeroPadding1D.padding` must be"),
    "size": (lambda: layers.UpSampling1D(0), "`UpSampling1D.size` must be a positive integer"),
    "interpolation": (lambda: layers.UpSampling2D(2, interpolation="bilinar"), "Did you mean 'bilinear'"),
    "output_size": (lambda: layers.AdaptiveMaxPooling2D((2, 2, 2)), "`AdaptiveMaxPooling2D.output_size` must be"),
    "axes": (lambda: layers.ConvLSTM2D(2, 3)(np.ones((1, 4, 4, 2))), "must have 5 axes"),
    "unknown channels": (lambda: layers.DepthwiseConv2D(3)(tsuno.Input((8, 8, None))), "unknown size"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_refusals_say_what_was_wrong(case: tuple[Callable[[], Any], str]) -> None:
    make, message = case
    with pytest.raises(ValueError, match=message):
        make()
