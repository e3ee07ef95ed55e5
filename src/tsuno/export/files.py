"""One function for every format of exported files; the formats are a table."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tsuno import engine
from tsuno.core.errors import invalid, suggest, unknown
from tsuno.export.endpoint import Endpoint
from tsuno.export.onnx import to_onnx
from tsuno.export.onnx.model import NEWEST, OLDEST, OPSET
from tsuno.export.saved_model import write_saved_model
from tsuno.export.signature import endpoint_of
from tsuno.export.stablehlo import write_stablehlo
from tsuno.saving.atomic import write_file

_LARGEST = 2_000_000_000  # bytes in one file of ONNX; more weights go into a second one


def export_model(
    model: Any,
    filepath: Any,
    format: str | None = None,
    verbose: bool | None = None,
    input_signature: Any = None,
    **kwargs: Any,
) -> None:
    """Write a model as a file, or folder, that computes its outputs in inference without Tsuno.

    Args:
        model: a built model or layer.
        filepath: where to.
        format: `"onnx"`, `"stablehlo"` or `"tf_saved_model"`. By default it follows from the ending `.onnx` or
            `.stablehlo`, and is `"tf_saved_model"` otherwise.
        verbose: whether to print what was written; it is by default.
        input_signature: what the model is called with, as `Input`s, `InputSpec`s or arrays: the structure of its
            inputs, or a list of the arguments of `call`. A size None stays open. Found by itself for models with
            symbolic inputs, and for others once they were called.
        **kwargs: `opset_version` (18 to 23) for ONNX; `platforms` (some of "cpu", "cuda", "tpu") for StableHLO;
            `is_static` and `jax2tf_kwargs` for a SavedModel.

    The batch size stays open in every format. What the model assigns to its variables is not written.

    Raises:
        ImportError: the format needs a package that is not installed.
        ValueError: the model has no weights yet, reads text, or the format or an argument is unknown.
        NotImplementedError: the model computes something that ONNX has no operator for.

    Example:
        >>> import tempfile
        >>> model = tsuno.Sequential([tsuno.Input((3,)), tsuno.layers.Dense(1)])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     tsuno.export.export_model(model, f"{folder}/model.stablehlo", verbose=False)
        ...     program = tsuno.export.load_stablehlo(f"{folder}/model.stablehlo")
        >>> program(np.ones((5, 3), "float32")).shape
        (5, 1)
    """
    path = Path(os.fspath(filepath))
    kind = format or path.suffix[1:].lower()
    kind = kind if format or kind in _FORMATS else "tf_saved_model"
    if kind not in _FORMATS:
        raise unknown("format of `export`", kind, _FORMATS, _INSTEAD.get(kind, ""))
    write = _FORMATS[kind]
    allowed = set(inspect.signature(write).parameters) - {"endpoint", "path"}
    for name in kwargs:
        if name not in allowed:
            raise TypeError(f"`export` with format={kind!r} takes no argument {name!r}.{suggest(name, allowed)}")
    endpoint = endpoint_of(model, input_signature)
    write(endpoint, path, **kwargs)
    if verbose is None or verbose:
        shapes = ", ".join(
            f"{name} {tensor.dtype}{list(tensor.shape)}"
            for name, tensor in zip(endpoint.input_names, endpoint.tensors, strict=True)
        )
        print(f"Saved artifact at '{path}' ({kind}): takes {shapes}.")


def write_onnx(endpoint: Endpoint, path: Path, opset_version: int | None = None) -> None:
    """Write an endpoint as an ONNX file."""
    try:
        import onnx
    except ImportError as problem:
        raise ImportError(
            "Exporting to ONNX needs the package onnx, which is not installed: pip install tsuno[onnx]."
        ) from problem
    opset = OPSET if opset_version is None else opset_version
    if isinstance(opset, bool) or not isinstance(opset, int) or not OLDEST <= opset <= NEWEST:
        raise invalid("export.opset_version", f"an integer from {OLDEST} to {NEWEST}", opset_version)
    model = onnx_model(endpoint, opset)
    if sum(len(each.raw_data) for each in model.graph.initializer) < _LARGEST:
        write_file(path, lambda file: file.write(model.SerializeToString()))
        return
    beside = path.with_name(f"{path.name}.data")

    def write_weights(file: Any) -> None:
        for each in model.graph.initializer:
            if len(each.raw_data) > 1024:
                place, data = file.tell(), each.raw_data
                file.write(data)
                onnx.external_data_helper.set_external_data(each, beside.name, place, len(data))
                each.ClearField("raw_data")
                each.data_location = onnx.TensorProto.EXTERNAL

    write_file(beside, write_weights)
    write_file(path, lambda file: file.write(model.SerializeToString()))


def onnx_model(endpoint: Endpoint, opset: int = OPSET) -> Any:
    """An endpoint as a model of the package onnx."""
    values = endpoint.values()
    weights = [engine.Spec(value.shape, value.dtype) for value in values]
    specs, program, results = endpoint.tried(
        lambda specs: (specs, *engine.traced_program(endpoint.flat, weights, *specs))
    )
    named = [(name, spec.shape, spec.dtype) for name, spec in zip(endpoint.input_names, specs, strict=True)]
    known = dict(zip(endpoint.variables, values, strict=True))
    return to_onnx(program, known, named, endpoint.output_names(len(results)), endpoint.name, opset)


_FORMATS: dict[str, Callable[..., None]] = {
    "onnx": write_onnx,
    "stablehlo": write_stablehlo,
    "tf_saved_model": write_saved_model,
}
_INSTEAD = {
    "openvino": "OpenVINO reads ONNX files: export with format='onnx'.",
    "torch": "Export with format='onnx', or load the `.keras` file in Keras on PyTorch.",
    "litert": "LiteRT converts TensorFlow's SavedModel: export with format='tf_saved_model'.",
}
