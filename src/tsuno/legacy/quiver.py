"""`quiver_engine.server`, which looked into models in 2016: its one call opens the page of today."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tsuno.applications.imagenet_utils import class_names, preprocess_input
from tsuno.inspector.server import Server, inspect
from tsuno.legacy.notices import say


def launch(
    model: Any,
    classes: Sequence[str] | None = None,
    top: int = 5,
    temp_folder: str = "./tmp",
    input_folder: str = "./",
    port: int = 5000,
    html_base_dir: str | None = None,
    mean: Any = None,
    std: Any = None,
) -> Server:
    """Open a page to look into a model, and wait until Ctrl-C; see `tsuno.inspect`.

    Args:
        model: the model.
        classes: the names of classes; those of ImageNet for a model of 1000.
        top: how many classes a prediction names.
        temp_folder: nothing is written any more.
        input_folder: the folder of pictures.
        port: the port.
        html_base_dir: the page is Tsuno's own.
        mean: what is taken from images.
        std: what they are then divided by.
    """
    if html_base_dir is not None:
        say("`html_base_dir` of `quiver_engine.server.launch` has no effect: the page is Tsuno's own.", "html_base_dir")
    of_imagenet = tuple(model.output_shape[1:]) == (1000,)
    if of_imagenet and classes is None:
        try:
            classes = class_names()
        except OSError:
            say("The names of ImageNet's classes cannot be had without the network: numbers stand for them.", "classes")
    prepare = preprocess_input if of_imagenet and mean is None and std is None else None
    return inspect(model, input_folder, classes, top, preprocess=prepare, mean=mean, std=std, port=port, block=True)
