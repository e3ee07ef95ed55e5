"""What Keras' applications are: names, counts, and hashes of their layers and weights, in `files/applications.json`.

`python tests/applications_facts.py` writes them anew from installed Keras; `... tf_keras` those of the families that
Keras 3 has dropped, which needs tf_keras. The test reads the same rows and asks the same questions of Tsuno.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "files" / "applications.json"
VGG = ["VGG16", "VGG19"]
RESNET = ["ResNet50", "ResNet101", "ResNet152", "ResNet50V2", "ResNet101V2", "ResNet152V2"]
DENSENET = ["DenseNet121", "DenseNet169", "DenseNet201"]
INCEPTION = ["InceptionV3", "InceptionResNetV2", "Xception"]
MOBILE = ["MobileNet", "MobileNetV2", "MobileNetV3Small", "MobileNetV3Large"]
EFFICIENT = [f"EfficientNetB{size}" for size in range(8)]
EFFICIENT_2 = [f"EfficientNetV2{size}" for size in ("B0", "B1", "B2", "B3", "S", "M", "L")]
CONVNEXT = [f"ConvNeXt{size}" for size in ("Tiny", "Small", "Base", "Large", "XLarge")]
NASNET = ["NASNetMobile", "NASNetLarge"]
NAMES = [*VGG, *RESNET, *DENSENET, *INCEPTION, *MOBILE, *EFFICIENT, *EFFICIENT_2, *CONVNEXT, *NASNET]
REGNET = [f"RegNet{kind}{size:03}" for kind in "XY" for size in (2, 4, 6, 8, 16, 32, 40, 64, 80, 120, 160, 320)]
RESNET_RS = [f"ResNetRS{depth}" for depth in (50, 101, 152, 200, 270, 350, 420)]
TINY = {"weights": None, "include_top": False, "input_shape": [64, 64, 3]}
FIRST = {"weights": None, "include_top": False, "input_shape": [3, 64, 64], "pooling": "max"}

# A row is a name, its options, and where images have their channels.
ROWS: list[tuple[str, dict[str, Any], str]] = [
    *((name, {"include_top": True}, "channels_last") for name in NAMES),
    *((name, {"include_top": False}, "channels_last") for name in NAMES if name != "NASNetLarge"),
    ("NASNetLarge", {"include_top": False, "input_shape": [331, 331, 3]}, "channels_last"),  # unknown sizes break Keras'
    *((name, TINY | {"pooling": "avg"}, "channels_last") for name in ("VGG16", "ResNet50", "ResNet50V2", "DenseNet121", "MobileNet")),
    *((name, TINY | {"pooling": "max"}, "channels_last") for name in ("MobileNetV2", "MobileNetV3Small", "ConvNeXtTiny", "EfficientNetB0")),
    *((name, TINY | {"input_shape": [96, 80, 3], "pooling": "avg"}, "channels_last") for name in ("InceptionV3", "InceptionResNetV2", "Xception", "NASNetMobile")),
    ("EfficientNetB0", {"weights": None, "classes": 7, "input_shape": [65, 64, 3], "name": "mine"}, "channels_last"),
    ("VGG16", {"weights": None, "classes": 3, "input_shape": [48, 32, 1], "classifier_activation": None}, "channels_last"),
    ("ResNet50", {"weights": None, "classes": 2, "input_shape": [32, 32, 1], "classifier_activation": "sigmoid"}, "channels_last"),
    ("MobileNet", {"weights": None, "alpha": 0.5, "depth_multiplier": 2, "dropout": 0.5, "classes": 5, "input_shape": [128, 128, 3]}, "channels_last"),
    ("MobileNet", {"alpha": 0.25, "input_shape": [160, 160, 3]}, "channels_last"),
    ("MobileNet", {"alpha": 0.75, "include_top": False, "input_shape": [100, 64, 3]}, "channels_last"),
    ("MobileNetV2", {"weights": None, "alpha": 1.3, "input_shape": [97, 96, 3]}, "channels_last"),
    ("MobileNetV2", {"alpha": 0.35, "input_shape": [96, 96, 3]}, "channels_last"),
    ("MobileNetV2", {"alpha": 1.4, "include_top": False, "input_shape": [128, 128, 3]}, "channels_last"),
    *(
        (name, options, "channels_last")
        for name in ("MobileNetV3Small", "MobileNetV3Large")
        for options in (
            {"minimalistic": True, "input_shape": [224, 224, 3]},
            {"alpha": 0.75, "include_top": False, "input_shape": [224, 224, 3]},
            {"weights": None, "alpha": 1.25, "dropout_rate": 0, "include_preprocessing": False, "classes": 3},
        )
    ),
    *((name, {"weights": None, "include_preprocessing": False, "classes": 2} , "channels_last") for name in ("EfficientNetV2B0", "ConvNeXtTiny")),
    *((name, {"weights": None, "input_shape": [64, 64, 4], "include_top": False}, "channels_last") for name in ("EfficientNetV2B1", "ConvNeXtTiny")),
    *((name, FIRST, "channels_first") for name in ("VGG19", "ResNet50", "ResNet50V2", "MobileNet", "MobileNetV2", "MobileNetV3Small", "EfficientNetB0", "EfficientNetV2B0")),
    *((name, FIRST | {"input_shape": [3, 75, 75]}, "channels_first") for name in INCEPTION),
    *((name, {"weights": None, "classes": 4}, "channels_first") for name in ("MobileNet", "MobileNetV2", "MobileNetV3Large")),
]  # fmt: skip
LEGACY_ROWS: list[tuple[str, dict[str, Any], str]] = [
    *((name, {"include_top": top}, "channels_last") for name in (*REGNET, *RESNET_RS) for top in (True, False)),
    ("ResNetRS101", {"weights": "imagenet-i160"}, "channels_last"),
    ("ResNetRS152", {"weights": "imagenet-i224", "include_top": False}, "channels_last"),
    ("RegNetY002", {"weights": None, "include_preprocessing": False, "classes": 3, "input_shape": [64, 64, 1]}, "channels_last"),
    ("RegNetX004", TINY | {"pooling": "max"}, "channels_last"),
    ("ResNetRS50", TINY | {"pooling": "avg", "include_preprocessing": False}, "channels_last"),
    ("ResNetRS50", {"weights": None, "classes": 3, "input_shape": [65, 64, 1]}, "channels_last"),
]  # fmt: skip


def facts(model: Any, fetched: list[Any]) -> dict[str, Any]:
    """What is asked of a model, of either library."""
    layers = [layer.name for layer in model.layers if not layer.name.startswith(("tf.", "input_layer", "input_"))]
    return {
        "model": model.name,
        "trainable": count(model.trainable_weights),
        "fixed": count(model.non_trainable_weights),
        "output": list(model.output_shape),
        "layers": digest(layers),
        "weights": digest([list(weight.shape) for weight in model.weights]),
        "file": fetched[-1] if fetched else None,
    }


def count(weights: list[Any]) -> int:
    total = 0
    for weight in weights:
        size = 1
        for length in weight.shape:
            size *= int(length)
        total += size
    return total


def digest(items: list[Any]) -> str:
    return hashlib.sha256(json.dumps(items).encode()).hexdigest()[:16]


def arguments(options: dict[str, Any]) -> dict[str, Any]:
    """Options as they are given: shapes are tuples."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}


def key(name: str, options: dict[str, Any], data_format: str) -> str:
    return json.dumps([name, options, data_format])


def main(library: str) -> None:
    known = json.loads(FILE.read_text()) if FILE.exists() else {}
    keras = importlib.import_module(library)
    fetched: list[Any] = []

    def get_file(fname: str, origin: str, cache_subdir: str, file_hash: str | None = None, **_: Any) -> str:
        assert cache_subdir == "models"
        fetched.append([fname, origin, file_hash])
        return ""

    home = importlib.import_module(f"{library}.src.utils")
    for module in ("file_utils", "data_utils"):
        if hasattr(home, module):
            getattr(home, module).get_file = get_file
    keras.Model.load_weights = lambda *_, **__: None
    for name, options, data_format in LEGACY_ROWS if library == "tf_keras" else ROWS:
        if key(name, options, data_format) in known:
            continue
        keras.backend.clear_session()
        keras.backend.set_image_data_format(data_format)
        fetched.clear()
        model = getattr(keras.applications, name)(**arguments(options))
        known[key(name, options, data_format)] = facts(model, fetched)
        print(name, options, data_format, known[key(name, options, data_format)], flush=True)
        del model
        FILE.write_text(json.dumps(known, indent=0) + "\n")


if __name__ == "__main__":
    os.environ.setdefault("KERAS_BACKEND", "jax")
    main(sys.argv[1] if len(sys.argv) > 1 else "keras")
