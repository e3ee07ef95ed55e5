"""Programs as ONNX: traced once, each primitive written by its row of one table."""

from tsuno.export.onnx.model import to_onnx as to_onnx

__all__ = ["to_onnx"]
