"""Functions within a graph as plain data, in the form of Keras' files.

Those files have a class for each function of `ops`: what its constructor takes is its configuration, what it is called
with are the arguments of the node. Here both are parameters of one function, of the same names; the tables below say
which is which where the annotation `Tensor` does not.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from tsuno.core.arithmetic import OPS
from tsuno.core.errors import suggest
from tsuno.core.op import Function
from tsuno.core.registry import serialize
from tsuno.core.spec import Node

_FAMILIES = {
    "nn": """
        adaptive_average_pool adaptive_max_pool average_pool batch_normalization binary_crossentropy
        categorical_crossentropy celu conv conv_transpose ctc_decode ctc_loss depth_to_space depthwise_conv
        dot_product_attention elu fold gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh
        layer_normalization leaky_relu log_sigmoid log_softmax max_pool moments multi_hot normalize one_hot polar
        psnr relu relu6 rms_normalization selu separable_conv sigmoid silu soft_shrink softmax softplus softsign
        space_to_depth sparse_categorical_crossentropy sparse_plus sparse_sigmoid sparsemax squareplus swish
        tanh_shrink threshold unfold
    """,
    "core": """
        cast cond convert_to_tensor saturate_cast scatter scatter_update slice slice_update stop_gradient unstack
        vectorized_map
    """,
    "math": """
        cdist erf erfc erfinv extract_sequences fft fft2 ifft2 in_top_k irfft istft logdet logsumexp rfft rsqrt
        segment_max segment_min segment_prod segment_sum stft top_k view_as_complex view_as_real
    """,
    "image": """
        affine_transform crop_images elastic_transform extract_patches gaussian_blur hsv_to_rgb map_coordinates
        pad_images perspective_transform resize rgb_to_grayscale rgb_to_hsv scale_and_translate sobel_edges ssim
    """,
    "linalg": """
        cholesky cholesky_inverse det eig eigh inv lstsq lu_factor matrix_rank norm pinv qr solve solve_triangular
        svd
    """,
}
_FAMILY = {function: family for family, functions in _FAMILIES.items() for function in functions.split()}
_CLASSES = {
    "allclose": "AllClose", "batch_normalization": "BatchNorm", "cdist": "CDist", "ctc_decode": "CTCDecode",
    "ctc_loss": "CTCLoss", "fft": "FFT", "fft2": "FFT2", "hard_swish": "HardSilu", "hsv_to_rgb": "HSVToRGB",
    "ifft2": "IFFT2", "irfft": "IRFFT", "isin": "IsIn", "istft": "ISTFT", "layer_normalization": "LayerNorm",
    "psnr": "PSNR", "rfft": "RFFT", "rgb_to_grayscale": "RGBToGrayscale", "rgb_to_hsv": "RGBToHSV",
    "rms_normalization": "RMSNorm", "searchsorted": "SearchSorted", "ssim": "SSIM", "stft": "STFT", "svd": "SVD",
    "swish": "Silu",
}  # fmt: skip
_CALLED_WITH = {
    "xs", "x", "operands", "key", "start_indices", "elements", "condlist", "choicelist", "true_fn", "false_fn",
}  # fmt: skip
_MADE_WITH = {
    ("clip", "x_min"), ("clip", "x_max"), ("bincount", "weights"), ("trapezoid", "x"), ("gaussian_blur", "sigma"),
    ("elastic_transform", "alpha"),
}  # fmt: skip
_CALLED_WITH_TOO = {
    ("isclose", "rtol"), ("isclose", "atol"), ("dot_product_attention", "scale"),
    ("scale_and_translate", "output_shape"),
}  # fmt: skip


def kind_of(operation: Any) -> str:
    """The class of a layer, or Keras' class for a function in a graph."""
    if isinstance(operation, Function):
        return _class_of(operation.function)
    return getattr(operation, "_config_class_name", type(operation).__name__)


def _class_of(function: str) -> str:
    return _CLASSES.get(function) or "".join(part[:1].upper() + part[1:] for part in function.split("_"))


def _is_called_with(function: str, parameter: inspect.Parameter) -> bool:
    where = (function, parameter.name)
    tensor = "Tensor" in str(parameter.annotation) or parameter.name in _CALLED_WITH
    return where in _CALLED_WITH_TOO or (tensor and where not in _MADE_WITH)


def function_config(operation: Function, nodes: Sequence[Node]) -> tuple[dict[str, Any], list[Any]]:
    """A function as a class with a configuration, and the arguments of its calls."""
    name = operation.function
    signature = inspect.signature(OPS[name])
    config: dict[str, Any] = {"name": operation.name}
    calls: list[Any] = []
    for node in nodes:
        bound = signature.bind(*node.args, **node.kwargs)
        bound.apply_defaults()
        args: list[Any] = []
        for key, parameter in signature.parameters.items():
            if parameter.kind is parameter.VAR_POSITIONAL:
                args += bound.arguments[key]
            elif _is_called_with(name, parameter):
                args.append(bound.arguments[key])
            elif parameter.kind is not parameter.VAR_KEYWORD:
                config[key] = serialize(bound.arguments[key])
        calls.append((args, {}))
    module, kind = f"keras.src.ops.{_FAMILY.get(name, 'numpy')}", _class_of(name)
    return {"module": module, "class_name": kind, "config": config, "registered_name": kind}, calls


def function_from_config(data: Mapping[str, Any]) -> Function | None:
    """The function that a class of Keras' stands for, None if the data is a layer's."""
    if not str(data.get("module")).startswith("keras.src.ops"):
        return None
    known = {_class_of(name): name for name in sorted(OPS, key=lambda name: name not in _CLASSES)}
    if data["class_name"] not in known:
        raise ValueError(f"No operation is known as {data['class_name']!r}.{suggest(data['class_name'], known)}")
    return Function(known[data["class_name"]], data["config"].get("name"))


def function_arguments(
    function: str, args: Sequence[Any], named: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a function from those of a node and of the configuration."""
    parameters = inspect.signature(OPS[function]).parameters.values()
    given = list(args)
    values: dict[str, Any] = {}
    for parameter in parameters:
        if parameter.kind is parameter.VAR_POSITIONAL:
            # What stands before a variable number of arguments can only be given by place.
            rest = {p.name: named[p.name] for p in parameters if p.name in named and p.name not in values}
            return (*values.values(), *given), rest
        if _is_called_with(function, parameter) and given:
            values[parameter.name] = given.pop(0)
        elif parameter.name in named:
            values[parameter.name] = named[parameter.name]
    if function == "get_item" and isinstance(values["key"], list):
        values["key"] = tuple(values["key"])  # JSON has no tuples
    return (), values
