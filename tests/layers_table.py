"""Every layer that computes the same each time, in one or more rows; layers of images and of text have tables of their own."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from layer_rows import BATCH, Of, Table, floats, ints, mask

ROWS = row = Table()

# ---------------------------------------------------------------------- fully connected

row("Dense", floats(5), units=3)
row("Dense", floats(5), units=3, activation="relu", use_bias=False)
row("Dense", floats(2, 3, 5), units=2, activation="softmax")
row(
    "Dense", floats(5), units=3, kernel_initializer="he_normal", bias_initializer="ones", kernel_regularizer="l2",
    bias_regularizer="l1", kernel_constraint="non_neg", bias_constraint="max_norm", activity_regularizer="l2",
)  # fmt: skip
row(
    "Dense", floats(5), units=3, trainable=False, activation=Of(lambda lib: lib.activations.tanh),
    kernel_initializer=Of(lambda lib: lib.initializers.RandomNormal(stddev=0.1, seed=3)),
    kernel_regularizer=Of(lambda lib: lib.regularizers.L1L2(0.1, 0.2)),
    kernel_constraint=Of(lambda lib: lib.constraints.UnitNorm(axis=0)),
)  # fmt: skip
row("EinsumDense", floats(5), equation="ab,bc->ac", output_shape=3, bias_axes="c")
row("EinsumDense", floats(4, 5), equation="abc,cd->abd", output_shape=(None, 3), bias_axes="d", activation="relu")
row("EinsumDense", floats(4, 5), equation="abc,cde->abde", output_shape=(None, 3, 2), bias_axes="de")
row("EinsumDense", floats(4, 5), equation="abc,bce->ae", output_shape=3)
row("EinsumDense", floats(1, 2), equation="bc...,cde->bde...", output_shape=(3, 4), bias_axes="d")
row("EinsumDense", floats(1, 2, 3), equation="bc...,cde->bde...", output_shape=(3, 4), bias_axes="de")
row("EinsumDense", floats(2, 4, 5), equation="...x,xy->...y", output_shape=3, bias_axes="y")
row("EinsumDense", floats(4, 5), equation="abc,cd->abd", output_shape=(4, 3), bias_axes="bd")
row("Embedding", ints(6, high=7), input_dim=7, output_dim=3)
row("Embedding", ints(6, high=7), input_dim=7, output_dim=3, mask_zero=True, embeddings_regularizer="l2")
row("Embedding", ints(2, 3, high=7).astype("int64"), input_dim=7, output_dim=2, embeddings_initializer="ones")
row("ReversibleEmbedding", ints(6, high=7), input_dim=7, output_dim=3, mask_zero=True)
row("ReversibleEmbedding", floats(6, 3), input_dim=7, output_dim=3, logit_soft_cap=0.5, call={"reverse": True})
row("ReversibleEmbedding", floats(6, 3), input_dim=7, output_dim=3, tie_weights=False, call={"reverse": True})
for name, inputs, kwargs in (
    ("Dense", floats(5), {"units": 3}), ("EinsumDense", floats(4, 5), {"equation": "abc,cd->abd", "output_shape": (None, 3), "bias_axes": "d"}),
    ("Embedding", ints(6, high=7), {"input_dim": 7, "output_dim": 3}), ("Conv2D", floats(6, 6, 2), {"filters": 3, "kernel_size": 2}),
):  # fmt: skip
    row(name, inputs, lora_rank=2, **kwargs)

# ---------------------------------------------------------------------- rewritten weights

PLAIN4 = Of(lambda lib: lib.quantizers.Int4QuantizationConfig(block_size=None))
BLOCKS = Of(lambda lib: lib.quantizers.Int4QuantizationConfig(block_size=2))
WEIGHTS_ONLY = Of(lambda lib: lib.quantizers.Int8QuantizationConfig(activation_quantizer=None))
LORA = ("enable_lora", {"rank": 2, "lora_alpha": 3.0, "b_initializer": "ones"})
INT8, INT4 = ("quantize", {"mode": "int8"}), ("quantize", {"mode": "int4"})
WIDE = ("EinsumDense", floats(3, 5, 2), {"equation": "abcd,cde->abe", "output_shape": (None, 3), "bias_axes": "e"})
REVERSE = ("ReversibleEmbedding", floats(3, 5), {"input_dim": 7, "output_dim": 5, "call": {"reverse": True}})
for (name, inputs, kwargs), rewrites in (
    (("Dense", floats(5), {"units": 3}), [(LORA,), (INT8,), (LORA, INT8), (INT4,), (("quantize", {"mode": "float8"}),)]),
    (("Dense", floats(2, 6), {"units": 4, "use_bias": False}), [(LORA, INT4), (("quantize", {"config": PLAIN4}),), (("quantize", {"config": WEIGHTS_ONLY}),)]),
    (("Conv2D", floats(6, 6, 2), {"filters": 3, "kernel_size": 2}), [(LORA,)]),
    (WIDE, [(LORA,), (INT8,), (INT4,), (("quantize", {"config": BLOCKS}),), (("quantize", {"config": PLAIN4}),), (("quantize", {"mode": "float8"}),)]),
    (("Embedding", ints(6, high=7), {"input_dim": 7, "output_dim": 3}), [(LORA,), (INT8,), (LORA, INT4), (("quantize", {"config": PLAIN4}),)]),
    (REVERSE, [(INT8,), (INT4,)]),
    ((REVERSE[0], REVERSE[1], {**REVERSE[2], "tie_weights": False}), [(INT8,), (INT4,)]),
):  # fmt: skip
    for rewrite in rewrites:
        # Keras' way back from integers has the gradient of the rounding, which is nothing.
        row(name, inputs, flags={"rewrite": rewrite, "gradient": name != "ReversibleEmbedding"}, **kwargs)

# ---------------------------------------------------------------------- functions

row("Activation", floats(5), activation="relu")
row("Activation", floats(3, 5), activation="softmax")
row("Activation", floats(5), activation=Of(lambda lib: lib.activations.gelu))
row("Lambda", floats(5), function=Of(lambda lib: lambda x: x * 2 + 1), flags={"config": False})
row(
    "Lambda", floats(5), function=Of(lambda lib: lambda x, factor: lib.ops.tanh(x) * factor), arguments={"factor": 3.0},
    output_shape=(5,), flags={"config": False},
)  # fmt: skip

# ---------------------------------------------------------------------- convolutions

SPACE = {1: (9,), 2: (6, 7), 3: (4, 5, 6)}


def images(rank: int, channels: int, first: bool = False) -> np.ndarray:
    return floats(channels, *SPACE[rank]) if first else floats(*SPACE[rank], channels)


for rank in (1, 2, 3):
    conv = functools.partial(row, f"Conv{rank}D", filters=4)
    conv(images(rank, 2), kernel_size=3)
    conv(images(rank, 2), kernel_size=3, padding="same", strides=2, activation="relu")
    conv(images(rank, 2), kernel_size=2, padding="valid", strides=2, use_bias=False)
    conv(images(rank, 2), kernel_size=2, padding="same", dilation_rate=2)
    if rank < 3:
        conv(images(rank, 4), kernel_size=3, groups=2)
    conv(images(rank, 3, True), kernel_size=3, padding="same", data_format="channels_first")
row("Conv1D", images(1, 2), filters=4, kernel_size=3, padding="causal", dilation_rate=2)
row("Conv1D", images(1, 2), filters=4, kernel_size=3, padding="causal", strides=2)
row("Conv1D", images(1, 2, True), filters=4, kernel_size=3, padding="causal", data_format="channels_first")
row("Conv2D", images(2, 2), filters=4, kernel_size=(3, 2), strides=(2, 1), padding="same")
row("Conv2D", images(2, 4, True), filters=4, kernel_size=3, strides=2, groups=2, data_format="channels_first")
row("Conv2D", images(2, 2), filters=3, kernel_size=1, kernel_regularizer="l2", kernel_initializer="glorot_normal")
row("Conv2D", images(2, 1), filters=3, kernel_size=5, padding="same")

for rank in (1, 2, 3):
    transposed = functools.partial(row, f"Conv{rank}DTranspose", filters=3)
    transposed(images(rank, 2), kernel_size=3, strides=2, padding="same", activation="tanh")
    transposed(images(rank, 2), kernel_size=2, strides=2, output_padding=1, use_bias=False)
    transposed(images(rank, 2, True), kernel_size=3, data_format="channels_first", kernel_regularizer="l2")
row("Conv1DTranspose", images(1, 2), filters=3, kernel_size=3, padding="same", dilation_rate=2)
row(
    "Conv2DTranspose",
    images(2, 2),
    filters=3,
    kernel_size=(2, 4),
    strides=(3, 1),
    padding="same",
    output_padding=(2, 0),
)
row(
    "Conv2DTranspose",
    images(2, 2, True),
    filters=3,
    kernel_size=(4, 3),
    strides=(1, 2),
    padding="same",
    data_format="channels_first",
)
for rank in (1, 2):
    depthwise = functools.partial(row, f"DepthwiseConv{rank}D")
    depthwise(images(rank, 2), kernel_size=3, depth_multiplier=2, activation="tanh")
    depthwise(images(rank, 3), kernel_size=3, strides=2, padding="same", use_bias=False, depthwise_regularizer="l2")
    depthwise(
        images(rank, 3, True),
        kernel_size=2,
        dilation_rate=2,
        data_format="channels_first",
        depthwise_constraint="non_neg",
    )
    separable = functools.partial(row, f"SeparableConv{rank}D", filters=4)
    separable(images(rank, 2), kernel_size=3, depth_multiplier=2, padding="same", activation="tanh")
    separable(
        images(rank, 3),
        kernel_size=3,
        strides=2,
        use_bias=False,
        pointwise_initializer="ones",
        pointwise_regularizer="l2",
    )
    separable(
        images(rank, 3, True),
        kernel_size=2,
        dilation_rate=2,
        data_format="channels_first",
        depthwise_initializer="he_normal",
    )

# ---------------------------------------------------------------------- margins and upsampling

row("Cropping1D", images(1, 2))
row("Cropping1D", images(1, 2), cropping=(0, 3))
row("Cropping2D", images(2, 2))
row("Cropping2D", images(2, 2), cropping=((1, 0), (0, 2)))
row("Cropping2D", images(2, 2, True), cropping=(2, 1), data_format="channels_first")
row("Cropping3D", images(3, 2))
row("Cropping3D", images(3, 2, True), cropping=((1, 0), (0, 2), (1, 1)), data_format="channels_first")
row("ZeroPadding1D", images(1, 2))
row("ZeroPadding1D", images(1, 2, True), padding=(0, 3), data_format="channels_first")
row("ZeroPadding2D", images(2, 2))
row("ZeroPadding2D", images(2, 2, True), padding=((1, 0), (0, 2)), data_format="channels_first")
row("ZeroPadding3D", images(3, 2), padding=(1, 0, 2))
row("ZeroPadding3D", images(3, 2, True), data_format="channels_first")
row("UpSampling1D", images(1, 2))
row("UpSampling2D", images(2, 2), size=(2, 3))
row("UpSampling2D", images(2, 2, True), size=2, data_format="channels_first", interpolation="bicubic")
for interpolation in ("bilinear", "lanczos3", "lanczos5"):
    row("UpSampling2D", images(2, 2), size=(1, 2), interpolation=interpolation)
row("UpSampling3D", images(3, 2), size=(1, 2, 3))
row("UpSampling3D", images(3, 2, True), data_format="channels_first")

# ---------------------------------------------------------------------- pooling


def uneven(rank: int) -> np.ndarray:
    """Images, channels first, in which no two places are nearly equal: there the maximum has a slope."""
    values = np.linspace(-2, 2, int(np.prod(SPACE[rank])), dtype="float32")
    draw = np.random.default_rng(rank)
    return np.stack([draw.permutation(values) for _ in range(2 * BATCH)]).reshape(BATCH, 2, *SPACE[rank])


for rank in (1, 2, 3):
    for kind in ("Max", "Average"):
        pool = functools.partial(row, f"{kind}Pooling{rank}D")
        pool(images(rank, 2), pool_size=2)
        pool(images(rank, 2), pool_size=3, strides=2, padding="same")
        pool(images(rank, 2), pool_size=2, strides=1)
        pool(images(rank, 2, True), pool_size=2, padding="same", data_format="channels_first")
    for kind in ("GlobalMax", "GlobalAverage"):
        pool = functools.partial(row, f"{kind}Pooling{rank}D")
        pool(images(rank, 2))
        pool(images(rank, 2), keepdims=True)
        pool(images(rank, 2, True), data_format="channels_first")
    for kind in ("AdaptiveAverage", "AdaptiveMax"):
        pool = functools.partial(row, f"{kind}Pooling{rank}D")
        pool(np.moveaxis(uneven(rank), 1, -1), output_size=3)
        pool(uneven(rank), output_size=SPACE[rank][:1] + (2, 9)[: rank - 1], data_format="channels_first")
row("MaxPooling2D", images(2, 2), pool_size=(3, 2), strides=(1, 3), padding="same")
row("AveragePooling2D", images(2, 2), pool_size=(2, 3), strides=(3, 1))
row("GlobalAveragePooling1D", images(1, 2), call={"mask": mask(9)})
row("GlobalAveragePooling1D", images(1, 2, True), data_format="channels_first", keepdims=True, call={"mask": mask(9)})

# ---------------------------------------------------------------------- normalization

row("BatchNormalization", floats(5))
row("BatchNormalization", floats(4, 3, 5), momentum=0.9, epsilon=1e-2)
row("BatchNormalization", floats(3, 4, 5), axis=1)
row("BatchNormalization", floats(4, 5), scale=False)
row("BatchNormalization", floats(4, 5), center=False, gamma_regularizer="l2")
row("BatchNormalization", floats(5), trainable=False)
row("BatchNormalization", floats(6, 5), call={"mask": mask(6)})
row("BatchNormalization", floats(6, 5), call={"mask": mask(1)})
row("LayerNormalization", floats(5))
row("LayerNormalization", floats(3, 4, 5), axis=(1, 3), epsilon=1e-2)
row("LayerNormalization", floats(3, 5), axis=[-2, -1], scale=False)
row("LayerNormalization", floats(3, 5), axis=1, center=False)
row("LayerNormalization", floats(3, 5), rms_scaling=True)
row("BatchNormalization", floats(3, 5), renorm=True)
row(
    "BatchNormalization",
    floats(5),
    renorm=True,
    renorm_clipping={"rmax": 1.5, "rmin": 0.7, "dmax": 0.5},
    renorm_momentum=0.5,
    center=False,
)
row("BatchNormalization", floats(5), renorm=True, scale=False)
row("GroupNormalization", floats(3, 4, 6), groups=3)
row("GroupNormalization", floats(6, 3, 4), groups=2, axis=1, scale=False)
row("GroupNormalization", floats(5, 4), groups=-1, epsilon=1e-2, center=False, gamma_regularizer="l2")
row("RMSNormalization", floats(3, 5))
row("RMSNormalization", floats(3, 5), axis=(1, 2), epsilon=1e-2)
row("UnitNormalization", floats(3, 5))
row("UnitNormalization", floats(3, 5), axis=(1, 2))
row("SpectralNormalization", floats(5), layer=Of(lambda lib: lib.layers.Dense(3, name="dense")))
row(
    "SpectralNormalization",
    floats(6, 6, 2),
    layer=Of(lambda lib: lib.layers.Conv2D(3, 2, name="conv")),
    power_iterations=2,
)

# ---------------------------------------------------------------------- regularization

row("Dropout", floats(5), rate=0.0)
row("AlphaDropout", floats(5), rate=0.0)
row("GaussianDropout", floats(5), rate=0.0, seed=3)
row("GaussianNoise", floats(5), stddev=0.0)
row("SpatialDropout1D", floats(4, 5), rate=0.0)
row("SpatialDropout2D", floats(4, 4, 5), rate=0.0, data_format="channels_first")
row("SpatialDropout3D", floats(2, 3, 4, 5), rate=0.0)
row("ActivityRegularization", floats(5), l1=0.1, l2=0.2)

# ---------------------------------------------------------------------- activations

row("ReLU", floats(5))
row("ReLU", floats(5), max_value=1.0, negative_slope=0.2, threshold=0.3)
row("LeakyReLU", floats(5), negative_slope=0.1)
row("ELU", floats(5), alpha=0.5)
row("PReLU", floats(5), alpha_initializer="ones", alpha_regularizer="l2")
row("PReLU", floats(4, 3, 5), shared_axes=[1, 2])
row("Softmax", floats(3, 5))
row("Softmax", floats(3, 5), axis=(1, 2), call={"mask": mask(3, 5)})
row("Softmax", floats(3, 5), axis=1, call={"mask": mask(3, 5)})
row("Identity", floats(3, 5))
row("Masking", np.where(mask(4)[..., None], floats(4, 3), 0))
row("Masking", np.where(mask(4)[..., None], floats(4, 3), 7).astype("float32"), mask_value=7.0)

# ---------------------------------------------------------------------- shapes and merging

row("Flatten", floats(3, 2))
row("Flatten", floats(3, 2, 4), data_format="channels_first")
row("Flatten", floats())
row("Reshape", floats(6, 2), target_shape=(3, 4))
row("Reshape", floats(6, 2), target_shape=(-1, 3))
row("Reshape", floats(6), target_shape=(2, -1, 1))
row("Permute", floats(2, 3, 4), dims=(3, 1, 2))
row("RepeatVector", floats(5), n=3)
row("Concatenate", [floats(3, 2), floats(3, 4)])
row("Concatenate", [floats(3, 2), floats(1, 2), floats(2, 2)], axis=1)
row("Add", [floats(3, 2), floats(3, 2), floats(3, 2)])
row("Add", [floats(3, 2), floats(2)])
row("Multiply", [floats(3, 2), floats(3, 2)])
row("Multiply", [floats(2), floats(4, 3, 2)])
row("Multiply", [floats(3, 1), floats(1, 5)])
row("Subtract", [floats(3, 2), floats(3, 2)])
row("Average", [floats(3, 2), floats(3, 2), floats(3, 2)])
row("Maximum", [floats(3, 2), floats(3, 2), floats(2)])
row("Minimum", [floats(3, 2), floats(3, 2), floats(3, 2)])
row("Dot", [floats(5), floats(5)], axes=1)
row("Dot", [floats(3, 5), floats(4, 5)], axes=2)
row("Dot", [floats(3, 5), floats(4, 3)], axes=(1, 2), normalize=True)
row("Dot", [floats(3, 5), floats(5)], axes=-1)
row("Dot", [floats(2, 3, 5), floats(5, 4)], axes=(3, 1))

# ---------------------------------------------------------------------- recurrent

SEQUENCE = floats(4, 3)
for name, states in (("SimpleRNN", 1), ("LSTM", 2), ("GRU", 1)):
    rnn = functools.partial(row, name, SEQUENCE, units=2)
    rnn()
    rnn(return_sequences=True, call={"mask": mask(4)})
    rnn(return_state=True, go_backwards=True, use_bias=False)
    rnn(return_sequences=True, go_backwards=True, return_state=True, call={"mask": mask(4)})
    rnn(call={"initial_state": [floats(2) for _ in range(states)]}, activation="relu", kernel_regularizer="l2")
    rnn(stateful=True, return_sequences=True, flags={"batch": False})
row("LSTM", SEQUENCE, units=2, recurrent_activation="hard_sigmoid", unit_forget_bias=False, bias_initializer="ones")
row("SimpleRNN", SEQUENCE, units=2, unroll=True, return_sequences=True, call={"mask": mask(4)})
row("LSTM", SEQUENCE, units=2, unroll=True, go_backwards=True, return_state=True)
row("GRU", SEQUENCE, units=2, use_bias=False, reset_after=True)
row("GRU", SEQUENCE, units=2, reset_after=False, return_sequences=True)
row("GRU", SEQUENCE, units=2, reset_after=False, unroll=True, call={"mask": mask(4)})
for rank, places in ((1, (5,)), (2, (4, 5)), (3, (2, 3, 3))):
    conv = functools.partial(row, f"ConvLSTM{rank}D", filters=2, recurrent_initializer="glorot_uniform")
    conv(floats(3, *places, 2), kernel_size=2, return_sequences=True)
    conv(
        floats(3, 3, *places),
        kernel_size=3,
        strides=2,
        padding="same",
        data_format="channels_first",
        return_state=True,
        go_backwards=True,
    )
conv = functools.partial(row, "ConvLSTM2D", floats(3, 4, 4, 2), filters=2, kernel_size=3, padding="same")
BEFORE = [floats(4, 4, 2), floats(4, 4, 2)]
conv(
    call={"initial_state": BEFORE},
    dilation_rate=2,
    use_bias=False,
    recurrent_activation="hard_sigmoid",
    kernel_regularizer="l2",
)
conv(unroll=True, return_sequences=True, unit_forget_bias=False, call={"mask": mask(3)}, recurrent_initializer="zeros")
conv(stateful=True, recurrent_initializer="zeros", flags={"batch": False})
row("SimpleRNNCell", floats(3), floats(2), units=2)
row("LSTMCell", floats(3), [floats(2), floats(2)], units=2)
row("GRUCell", floats(3), floats(2), units=2, reset_after=False)


@functools.cache
def decaying_cell(lib: Any) -> type:
    """A cell of the user's own: the state fades and takes in a projection of the input."""

    @lib.saving.register_keras_serializable("tests")
    class DecayingCell(lib.layers.Layer):
        def __init__(self, units: int, decay: float = 0.5, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.units, self.decay, self.state_size = units, decay, units

        def build(self, input_shape: Any) -> None:
            self.kernel = self.add_weight(shape=(input_shape[-1], self.units), name="kernel")
            self.built = True

        def call(self, inputs: Any, states: Any) -> Any:
            state = states[0] * self.decay + lib.ops.matmul(inputs, self.kernel)
            return lib.ops.tanh(state), [state]

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "units": self.units, "decay": self.decay}

    return DecayingCell


own_cell = Of(lambda lib: decaying_cell(lib)(2, name="cell"))
row("RNN", SEQUENCE, cell=own_cell)
row("RNN", SEQUENCE, cell=own_cell, return_sequences=True, return_state=True, call={"mask": mask(4)})
row("RNN", SEQUENCE, cell=own_cell, unroll=True, go_backwards=True)
row(
    "RNN",
    SEQUENCE,
    cell=Of(lambda lib: lib.layers.LSTMCell(2, recurrent_initializer="glorot_uniform", name="cell")),
    return_sequences=True,
)
row(
    "RNN", SEQUENCE, cell=Of(lambda lib: lib.layers.GRUCell(2, recurrent_initializer="glorot_uniform", name="cell")), return_sequences=True,
    zero_output_for_mask=True, call={"mask": mask(4)},
)  # fmt: skip

STATES = [[floats(2), floats(2)], floats(3)]
stacked = Of(lambda lib: lib.layers.StackedRNNCells(
    [lib.layers.LSTMCell(2, recurrent_initializer="glorot_uniform", name="one"), lib.layers.GRUCell(3, recurrent_initializer="glorot_uniform", name="two")],
    name="cells",
))  # fmt: skip
row(
    "RNN",
    SEQUENCE,
    cell=Of(lambda lib: stacked.make(lib).cells),
    return_sequences=True,
    call={"mask": mask(4)},
    flags={"config": False},
)
row("RNN", SEQUENCE, cell=stacked, return_sequences=True)
row("RNN", SEQUENCE, cell=stacked, return_sequences=True, zero_output_for_mask=True, call={"mask": mask(4)})
row(
    "RNN",
    SEQUENCE,
    cell=Of(
        lambda lib: lib.layers.StackedRNNCells(
            [decaying_cell(lib)(2, name="one"), decaying_cell(lib)(3, name="two")], name="cells"
        )
    ),
)
row("StackedRNNCells", floats(3), STATES, cells=Of(lambda lib: stacked.make(lib).cells))
cell_layer = {"recurrent_initializer": "glorot_uniform", "name": "inner"}
row("Bidirectional", SEQUENCE, layer=Of(lambda lib: lib.layers.LSTM(2, **cell_layer)))
row(
    "Bidirectional",
    SEQUENCE,
    layer=Of(lambda lib: lib.layers.GRU(2, return_sequences=True, **cell_layer)),
    merge_mode="ave",
    call={"mask": mask(4)},
)
row(
    "Bidirectional",
    SEQUENCE,
    layer=Of(lambda lib: lib.layers.LSTM(2, return_sequences=True, return_state=True, **cell_layer)),
    merge_mode="sum",
)
row(
    "Bidirectional",
    SEQUENCE,
    layer=Of(lambda lib: lib.layers.SimpleRNN(2, return_state=True, **cell_layer)),
    merge_mode=None,
)
row(
    "Bidirectional", SEQUENCE, layer=Of(lambda lib: lib.layers.SimpleRNN(2, return_sequences=True, **cell_layer)), merge_mode="mul",
    backward_layer=Of(lambda lib: lib.layers.GRU(2, return_sequences=True, go_backwards=True, recurrent_initializer="glorot_uniform", name="back")),
    call={"initial_state": [floats(2), floats(2)]},
)  # fmt: skip
row("TimeDistributed", floats(4, 5), layer=Of(lambda lib: lib.layers.Dense(3, name="inner")), call={"mask": mask(4)})
row("TimeDistributed", floats(3, 6, 6, 2), layer=Of(lambda lib: lib.layers.Conv2D(3, 2, name="inner")))
row("TimeDistributed", floats(3, 5), layer=Of(lambda lib: lib.layers.BatchNormalization(name="inner")))
row(
    "TimeDistributed",
    floats(3, 4, 2),
    layer=Of(lambda lib: lib.layers.LSTM(2, **cell_layer)),
    call={"mask": mask(3, 4)},
)

# ---------------------------------------------------------------------- attention

QUERY, VALUE = floats(3, 4), floats(5, 4)
NOTHING = mask(3, 5)
NOTHING[:, 1] = False  # a query that may attend to nothing
attention = functools.partial(row, "MultiHeadAttention", num_heads=2, key_dim=3)
attention(QUERY, VALUE)
attention(QUERY, QUERY, use_bias=False, call={"use_causal_mask": True})
attention(QUERY, VALUE, floats(5, 6), value_dim=2, call={"return_attention_scores": True})
attention(QUERY, VALUE, output_shape=5, call={"attention_mask": mask(3, 5)})
attention(QUERY, VALUE, call={"value_mask": mask(5), "key_mask": mask(5)})
attention(QUERY, VALUE, call={"attention_mask": NOTHING, "return_attention_scores": True})
attention(QUERY, VALUE, call={"attention_mask": NOTHING})
attention(floats(2, 3, 4), floats(2, 3, 4), attention_axes=2)
attention(floats(2, 3, 4), floats(2, 3, 4), attention_axes=(1, 2), call={"return_attention_scores": True})
attention(floats(2, 3, 4), floats(2, 3, 4), kernel_regularizer="l2")
attention(QUERY, VALUE, use_gate=True, sliding_window=2, value_dim=2, call={"return_attention_scores": True})
attention(QUERY, VALUE, use_gate=True, sliding_window=2, use_bias=False)
attention(floats(2, 3, 4), floats(2, 3, 4), attention_axes=2, use_gate=True)
grouped = functools.partial(row, "GroupQueryAttention", head_dim=3, num_query_heads=4, num_key_value_heads=2)
grouped(QUERY, VALUE)
grouped(QUERY, QUERY, use_gate=True, use_bias=False, call={"use_causal_mask": True, "return_attention_scores": True})
grouped(QUERY, VALUE, sliding_window=2, call={"attention_mask": mask(3, 5)})
grouped(QUERY, VALUE, floats(5, 6), call={"value_mask": mask(5), "query_mask": mask(3)})
row("Attention", [QUERY, VALUE])
row(
    "Attention",
    [QUERY, VALUE, floats(5, 4)],
    use_scale=True,
    call={"mask": [mask(3), mask(5)], "return_attention_scores": True},
)
row("Attention", [QUERY, QUERY], score_mode="concat", use_scale=True, call={"use_causal_mask": True})
row("Attention", [QUERY, VALUE], score_mode="concat")
row("AdditiveAttention", [QUERY, VALUE])
row(
    "AdditiveAttention",
    [QUERY, VALUE, floats(5, 4)],
    use_scale=False,
    call={"mask": [mask(3), mask(5)], "use_causal_mask": True},
)
