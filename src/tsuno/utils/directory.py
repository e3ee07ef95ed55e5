"""Datasets from folders of files: one class per folder, one function per kind of file.

The three functions differ in how a file becomes an array; finding the files, labels, splits and batches are the same.
Files come in the order in which Keras has them, so that a split by the same seed holds the same files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tsuno.core.errors import invalid, unknown
from tsuno.core.seeds import make_default_seed
from tsuno.core.settings import log_output, standardize_data_format
from tsuno.core.validate import check
from tsuno.data import Dataset
from tsuno.utils.audio import read_wav
from tsuno.utils.image_resizing import INTERPOLATIONS, resize_image
from tsuno.utils.images import in_color_mode, pillow_image
from tsuno.utils.numerical import to_categorical

LabelMode = Literal["int", "categorical", "binary"] | None
Subset = Literal["training", "validation", "both"] | None
Format = Literal["tf", "grain"]


def image_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: LabelMode = "int",
    class_names: Sequence[str] | None = None,
    color_mode: Literal["grayscale", "rgb", "rgba"] = "rgb",
    batch_size: int | None = 32,
    image_size: Any = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: Subset = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: Format = "tf",
    verbose: bool = True,
) -> Any:
    """Image files in folders as batches of images and labels.

    Args:
        directory: the folder; with inferred labels, it has a folder per class.
        labels: `"inferred"` from the folders, None for images only, or an integer per file, by sorted path.
        label_mode: labels as integers, as one-hot rows, as a column of 0 and 1, or (None) not at all.
        class_names: the folders to read, in the order of their labels; all, by name, if None.
        color_mode: the channels of the images.
        batch_size: images per batch; None for single images.
        image_size: height and width to resize images to; one number for squares.
        shuffle: whether images come in random order, a new one at each pass.
        seed: of the order and the split.
        validation_split: the fraction of files kept for validation, taken from the end of the (shuffled) files.
        subset: which part to return; with `"both"`, a list of two datasets.
        interpolation: bilinear, nearest, bicubic, area, lanczos3, lanczos5, gaussian or mitchellcubic.
        follow_links: whether to go into folders that are links.
        crop_to_aspect_ratio: whether to cut sides off so that images are not distorted.
        pad_to_aspect_ratio: whether to add black sides so that images are not distorted.
        data_format: where to put the channels; the default of the process if None.
        format: has no effect: the dataset is Tsuno's own, whatever Keras would take.
        verbose: whether to say how many files were found.

    Returns:
        A `tsuno.data.Dataset` of float32 images from 0 to 255, of shape (batch, height, width, channels), or of pairs
        of such images and labels. It has `class_names` and `file_paths`.

    Example:
        >>> import os, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     for name in ("cats", "dogs"):
        ...         os.mkdir(os.path.join(folder, name))
        ...         tsuno.utils.save_img(os.path.join(folder, name, "one.png"), np.ones((6, 8, 3)))
        ...     data = tsuno.utils.image_dataset_from_directory(folder, image_size=(4, 4), shuffle=False)
        ...     [(images.shape, labels.tolist()) for images, labels in data]
        Found 2 files in 2 classes.
        [((2, 4, 4, 3), [0, 1])]
    """
    check(Literal["grayscale", "rgb", "rgba"], color_mode, "image_dataset_from_directory.color_mode")
    size = (image_size, image_size) if isinstance(image_size, int) else tuple(image_size)
    if len(size) != 2:
        raise invalid("image_dataset_from_directory.image_size", "two integers, height and width", image_size)
    method = str(interpolation).lower()
    if method not in INTERPOLATIONS:
        raise unknown("interpolation", interpolation, INTERPOLATIONS)
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError("Only one of `crop_to_aspect_ratio` and `pad_to_aspect_ratio` can be True; got both.")
    first = standardize_data_format(data_format) == "channels_first"
    pillow = pillow_image()

    def read(path: str) -> np.ndarray:
        with pillow.open(path) as file:
            image = np.asarray(in_color_mode(file, color_mode))
        image = image if image.ndim == 3 else image[..., None]
        image = resize_image(image, size, method, crop_to_aspect_ratio, pad_to_aspect_ratio)
        return image.transpose(2, 0, 1) if first else image

    check(Format, format, "image_dataset_from_directory.format")
    files = _Files(directory, labels, label_mode, class_names, shuffle, seed, validation_split, subset, follow_links)
    extensions = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
    return files.datasets(extensions, read, batch_size, verbose, "image")


def text_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: LabelMode = "int",
    class_names: Sequence[str] | None = None,
    batch_size: int | None = 32,
    max_length: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: Subset = None,
    follow_links: bool = False,
    format: Format = "tf",
    verbose: bool = True,
) -> Any:
    """Text files in folders as batches of strings and labels.

    Args:
        directory: the folder; with inferred labels, it has a folder per class, of files `*.txt` in UTF-8.
        labels: `"inferred"` from the folders, None for texts only, or an integer per file, by sorted path.
        label_mode: labels as integers, as one-hot rows, as a column of 0 and 1, or (None) not at all.
        class_names: the folders to read, in the order of their labels; all, by name, if None.
        batch_size: texts per batch; None for single texts.
        max_length: characters to keep of a text; all if None.
        shuffle: whether texts come in random order, a new one at each pass.
        seed: of the order and the split.
        validation_split: the fraction of files kept for validation, taken from the end of the (shuffled) files.
        subset: which part to return; with `"both"`, a list of two datasets.
        follow_links: whether to go into folders that are links.
        format: has no effect: the dataset is Tsuno's own, whatever Keras would take.
        verbose: whether to say how many files were found.

    Returns:
        A `tsuno.data.Dataset` of arrays of strings, of shape (batch,), or of pairs of such arrays and labels. It has
        `class_names` and `file_paths`.

    Example:
        >>> import os, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with open(os.path.join(folder, "poem.txt"), "w") as file:
        ...         _ = file.write("An old silent pond")
        ...     data = tsuno.utils.text_dataset_from_directory(folder, labels=None, max_length=6)
        ...     [texts.tolist() for texts in data]
        Found 1 file.
        [['An old']]
    """

    def read(path: str) -> str:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read() if max_length is None else file.read(max_length)

    check(Format, format, "text_dataset_from_directory.format")
    files = _Files(directory, labels, label_mode, class_names, shuffle, seed, validation_split, subset, follow_links)
    return files.datasets((".txt",), read, batch_size, verbose, "text")


def audio_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: LabelMode = "int",
    class_names: Sequence[str] | None = None,
    batch_size: int | None = 32,
    sampling_rate: int | None = None,
    output_sequence_length: int | None = None,
    ragged: bool = False,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: Subset = None,
    follow_links: bool = False,
    verbose: bool = True,
) -> Any:
    """WAV files in folders as batches of sound and labels.

    Args:
        directory: the folder; with inferred labels, it has a folder per class.
        labels: `"inferred"` from the folders, None for sound only, or an integer per file, by sorted path.
        label_mode: labels as integers, as one-hot rows, as a column of 0 and 1, or (None) not at all.
        class_names: the folders to read, in the order of their labels; all, by name, if None.
        batch_size: sounds per batch; None for single sounds.
        sampling_rate: samples per second to convert to; each file's own if None.
        output_sequence_length: samples to cut or fill sounds to; if None, those of a batch are filled to the longest.
        ragged: whether a batch is a list of sounds, each of its own length.
        shuffle: whether sounds come in random order, a new one at each pass.
        seed: of the order and the split.
        validation_split: the fraction of files kept for validation, taken from the end of the (shuffled) files.
        subset: which part to return; with `"both"`, a pair of datasets.
        follow_links: whether to go into folders that are links.
        verbose: whether to say how many files were found.

    Returns:
        A `tsuno.data.Dataset` of float32 arrays from -1 to 1, of shape (batch, samples, channels), or of pairs of such
        arrays and labels. It has `class_names` and `file_paths`.

    Example:
        >>> import os, tempfile, wave
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with wave.open(os.path.join(folder, "tone.wav"), "wb") as file:
        ...         file.setparams((1, 2, 8000, 0, "NONE", ""))
        ...         file.writeframes(np.array([0, 16384], "<i2").tobytes())
        ...     data = tsuno.utils.audio_dataset_from_directory(folder, labels=None, verbose=False)
        ...     [sounds.ravel().tolist() for sounds in data]
        [[0.0, 0.5]]
    """
    if ragged and output_sequence_length is not None:
        raise ValueError("`ragged` and `output_sequence_length` exclude each other; got both.")
    if sampling_rate is not None and (not isinstance(sampling_rate, int) or sampling_rate <= 0):
        raise invalid("audio_dataset_from_directory.sampling_rate", "a positive integer or None", sampling_rate)

    def read(path: str) -> np.ndarray:
        return read_wav(path, sampling_rate, output_sequence_length)

    files = _Files(directory, labels, label_mode, class_names, shuffle, seed, validation_split, subset, follow_links)
    batching = "ragged" if ragged else "stack" if output_sequence_length is not None else "pad"
    return files.datasets((".wav",), read, batch_size, verbose, "audio", batching)


@dataclass
class _Files:
    """What the functions above are told about files and labels."""

    directory: Any
    labels: Any
    label_mode: LabelMode
    class_names: Sequence[str] | None
    shuffle: bool
    seed: int | None
    validation_split: float | None
    subset: Subset
    follow_links: bool

    def datasets(
        self,
        extensions: tuple[str, ...],
        read: Callable[[str], Any],
        batch_size: int | None,
        verbose: bool,
        kind: str,
        batching: str = "stack",
    ) -> Any:
        """The dataset, or both of a split."""
        self._check(kind)
        paths, labels, names = self._index(extensions)
        out = log_output()
        if verbose:
            classes = "" if names is None else f" in {len(names)} classes"
            out.write(f"Found {len(paths)} file{'' if len(paths) == 1 else 's'}{classes}.\n")
        if self.label_mode == "binary" and len(names or ()) != 2:
            raise invalid("label_mode", f"'int' or 'categorical', as there are {len(names or ())} classes", "binary")
        seed = make_default_seed() % 10**6 if self.seed is None else self.seed
        if self.shuffle:
            np.random.RandomState(seed).shuffle(paths)
            if labels is not None:
                np.random.RandomState(seed).shuffle(labels)

        def part(which: str | None) -> Dataset:
            rows = slice(None)
            if which is not None:
                cut = len(paths) - int((self.validation_split or 0) * len(paths))
                rows = slice(cut) if which == "training" else slice(cut, None)
            some = paths[rows]
            if which is not None and verbose:
                out.write(f"{len(some)} of them are for {which}.\n")
            if not some:
                raise ValueError(
                    f"There are no {kind} files{f' for {which}' if which else ''} in {str(self.directory)!r}; their "
                    f"names must end in {', '.join(extensions)}."
                )
            encoded = None if labels is None else self._encode(labels[rows], len(names or ()))
            shuffled = self.shuffle and not (self.subset == "both" and which == "validation")
            dataset = _read_files(some, encoded, read, seed if shuffled else None, batch_size, batching)
            dataset.class_names, dataset.file_paths = names, some
            return dataset

        if self.subset == "both":
            both = part("training"), part("validation")
            return both if kind == "audio" else list(both)
        return part(self.subset)

    def _check(self, kind: str) -> None:
        where = f"{kind}_dataset_from_directory"
        explicit = not (isinstance(self.labels, str) and self.labels == "inferred") and self.labels is not None
        if explicit and not isinstance(self.labels, (list, tuple, np.ndarray)):
            raise invalid(f"{where}.labels", "'inferred', None or a list with an integer per file", self.labels)
        check(LabelMode, self.label_mode, f"{where}.label_mode")
        check(Subset, self.subset, f"{where}.subset")
        if self.labels is None or self.label_mode is None:
            self.labels = self.label_mode = None
        if self.class_names is not None and (explicit or self.labels is None):
            raise invalid(f"{where}.class_names", "None, unless labels are inferred", self.class_names)
        split = self.validation_split
        if split and not 0 < split < 1:
            raise invalid(f"{where}.validation_split", "a number between 0 and 1", split)
        if bool(split) != (self.subset is not None):
            raise ValueError(f"`{where}` needs both `validation_split` and `subset` for a split, or neither.")
        if split and self.shuffle and self.seed is None and self.subset != "both":
            raise ValueError(
                f"`{where}` needs a `seed` for a split of shuffled files, so that the two parts do not overlap."
            )

    def _index(self, extensions: tuple[str, ...]) -> tuple[list[str], np.ndarray | None, list[str] | None]:
        """The files by class and name, their labels, and the names of the classes."""
        root = os.fspath(self.directory)
        if not os.path.isdir(root):
            raise invalid("directory", "a folder", self.directory)
        inferred = isinstance(self.labels, str)
        folders = [""]
        if inferred:
            there = [name for name in sorted(os.listdir(root)) if os.path.isdir(os.path.join(root, name))]
            folders = [name for name in there if not name.startswith(".")]
            for name in self.class_names or ():
                if name not in folders:
                    raise unknown("class folder", name, folders)
            folders = folders if self.class_names is None else list(self.class_names)
        found = [self._files_in(os.path.join(root, folder), extensions) for folder in folders]
        paths = [path for files in found for path in files]
        if inferred:
            return paths, np.repeat(np.arange(len(found), dtype=np.int32), [len(files) for files in found]), folders
        if self.labels is None:
            return paths, None, None
        if len(self.labels) != len(paths):
            raise ValueError(
                f"`labels` must have an integer per file; there are {len(paths)} files, and {len(self.labels)} labels."
            )
        names = [str(label) for label in sorted({int(label) for label in self.labels})]
        return paths, np.array(self.labels, np.int32), names

    def _files_in(self, folder: str, extensions: tuple[str, ...]) -> list[str]:
        walked = sorted(os.walk(folder, followlinks=self.follow_links), key=lambda entry: entry[0])
        return [
            os.path.join(place, name)
            for place, _, names in walked
            for name in sorted(names)
            if name.lower().endswith(extensions)
        ]

    def _encode(self, labels: np.ndarray, classes: int) -> np.ndarray:
        if self.label_mode == "binary":
            return labels.astype(np.float32)[:, None]
        if self.label_mode == "categorical":
            return np.asarray(to_categorical(labels, classes), np.float32)
        return labels


def _read_files(
    paths: list[str],
    labels: np.ndarray | None,
    read: Callable[[str], Any],
    seed: int | None,
    batch_size: int | None,
    batching: str,
) -> Dataset:
    numbers = Dataset.range(len(paths))
    if seed is not None:
        numbers = numbers.shuffle(len(paths), seed)

    def element(number: Any) -> Any:
        content = read(paths[number])
        return content if labels is None else (content, labels[number])

    dataset = numbers.map(element, num_parallel_calls=-1)
    if batch_size is None:
        return dataset
    if batching == "pad":
        return dataset.padded_batch(batch_size)
    if batching == "ragged":
        return dataset._batches(batch_size, False, _list_or_array)
    return dataset.batch(batch_size).prefetch()


def _list_or_array(leaves: tuple[Any, ...]) -> Any:
    return list(leaves) if np.ndim(leaves[0]) == 2 else np.stack(leaves)
