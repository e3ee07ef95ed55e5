"""Quantization of a model by example, block by block: example inputs flow on through what is quantized already."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tsuno import ops
from tsuno.core import tree
from tsuno.rewrite.awq import add_to_magnitudes, awq_quantize
from tsuno.rewrite.calibration import kernel_matrix_shape, token_windows
from tsuno.rewrite.gptq import add_to_hessian, gptq_quantize


class _Statistics:
    """What is gathered of the inputs of one layer: a Hessian for GPTQ, the largest magnitudes for AWQ."""

    def __init__(self, layer: Any, config: Any) -> None:
        self.layer, self.config = layer, config
        self.inputs, _ = kernel_matrix_shape(layer.kernel.shape)
        self.sums = ops.zeros((self.inputs, self.inputs) if config.mode == "gptq" else (self.inputs,))
        self.count = 0

    def add(self, x: Any) -> None:
        x = ops.reshape(x, (-1, self.inputs))
        if self.config.mode == "gptq":
            self.sums, self.count = add_to_hessian(self.sums, self.count, x)
        else:
            self.sums = add_to_magnitudes(self.sums, x)

    def result(self) -> dict[str, Any]:
        kernel = ops.reshape(self.layer.kernel, kernel_matrix_shape(self.layer.kernel.shape))
        config = self.config
        if config.mode == "awq":
            points = config.num_grid_points
            made = awq_quantize(kernel, self.sums, group_size=config.group_size, num_grid_points=points)
            return dict(zip(("values", "scale", "zero", "input_scale", "groups"), made, strict=True))
        levels = gptq_quantize(
            kernel,
            self.sums,
            bits=config.weight_bits,
            group_size=config.group_size,
            symmetric=config.symmetric,
            per_channel=config.per_channel,
            damping=config.hessian_damping,
            activation_order=config.activation_order,
        )
        return dict(zip(("values", "scale", "zero", "groups"), levels, strict=True))


def quantize_by_example(config: Any, structure: Mapping[str, Any], chosen: Callable[[Any], bool]) -> None:
    """Quantize the layers of some blocks.

    Args:
        config: a `GPTQConfig` or `AWQConfig`.
        structure: `pre_block_layers`, which turn tokens into the first block's inputs, and `sequential_blocks`.
        chosen: says of a layer whether it is to be quantized.
    """
    blocks = list(structure.get("sequential_blocks", ()))
    if not blocks:
        raise ValueError(
            "The quantization structure has no `sequential_blocks`: list the blocks of the model, in the order that "
            "data flows through them."
        )
    inputs = []
    for tokens in token_windows(config.dataset, config.tokenizer, config.sequence_length, config.num_samples):
        x: Any = ops.convert_to_tensor(tokens)
        for layer in structure.get("pre_block_layers", ()):
            x = layer(x)
        inputs.append(x)
    for block in blocks:
        layers = [layer for layer in block._flatten_layers() if chosen(layer)]
        statistics = [_Statistics(layer, config) for layer in layers]
        with _watched(statistics):
            for x in inputs:
                block(x)
        for each in statistics:
            each.layer._put_calibrated(config, each.result())
        inputs = [tree.flatten(block(x))[0] for x in inputs]


@contextmanager
def _watched(statistics: list[_Statistics]) -> Iterator[None]:
    """Gather the inputs that layers are called with in the block."""
    for each in statistics:
        each.layer.call = _watching(each, each.layer.call)
    try:
        yield
    finally:
        for each in statistics:
            del each.layer.call


def _watching(statistics: _Statistics, call: Any) -> Any:
    def watch(*args: Any, **kwargs: Any) -> Any:
        statistics.add(args[0] if args else kwargs["inputs"])
        return call(*args, **kwargs)

    return watch
