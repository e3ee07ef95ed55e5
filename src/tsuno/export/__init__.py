"""Models as files that run without Tsuno: ONNX, StableHLO and TensorFlow's SavedModel."""

from tsuno.export.archive import ExportArchive as ExportArchive
from tsuno.export.files import export_model as export_model
from tsuno.export.stablehlo import load_stablehlo as load_stablehlo

__all__ = ["ExportArchive", "export_model", "load_stablehlo"]
