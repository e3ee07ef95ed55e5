"""Images of files in batches: `DirectoryIterator`, a class per folder, and `DataFrameIterator`, a file per row.

They differ in how files and targets are found; how a batch is read is the same.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np

from tsuno.core.dtypes import numpy_dtype
from tsuno.core.errors import invalid, reason, suggest, unknown
from tsuno.core.settings import floatx, log_output, standardize_data_format
from tsuno.core.validate import check, sizes
from tsuno.legacy.preprocessing.iterators import ImageIterator, Subset
from tsuno.utils.images import img_to_array, load_img

ColorMode = Literal["grayscale", "rgb", "rgba"]
DirectoryMode = Literal["categorical", "binary", "sparse", "input"] | None
TableMode = Literal["binary", "categorical", "input", "multi_output", "raw", "sparse"] | None
_CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}


class FileIterator(ImageIterator):
    """Base of flows from files, which subclasses find.

    Args:
        find: sets `filenames` and what goes with them; called once the options are known.
        directory: the folder that names of files are relative to.
        image_data_generator: transforms and standardizes the images; None leaves them as they are.
        target_size: height and width to resize images to.
        color_mode: the channels of the images.
        class_mode: what the targets are.
        batch_size: images per batch.
        shuffle: whether images come in random order.
        seed: see `Iterator`.
        data_format: where the channels are; the default of the process if None.
        save_to_dir: a folder to save the images of each batch in.
        save_prefix: the beginning of their names.
        save_format: their format.
        subset: `"training"` or `"validation"`: a part, by the generator's `validation_split`.
        interpolation: nearest, bilinear, bicubic, hamming, box or lanczos.
        keep_aspect_ratio: whether to cut sides off so that images are not distorted.
        dtype: the dtype of images and encoded classes; the default float if None.

    Attributes:
        filenames: the names of the files; `filepaths` are their whole paths.
        samples: how many there are.
        classes: the class of each, where there are classes; `class_indices` are the integers of their names.
    """

    class_indices: dict[str, int]
    classes: Any

    def __init__(
        self,
        find: Callable[[], None],
        directory: Any,
        image_data_generator: Any,
        target_size: Sequence[int],
        color_mode: ColorMode,
        class_mode: Any,
        batch_size: int,
        shuffle: bool,
        seed: int | None,
        data_format: str | None,
        save_to_dir: Any,
        save_prefix: str,
        save_format: str,
        subset: Subset,
        interpolation: str,
        keep_aspect_ratio: bool,
        dtype: Any,
    ) -> None:
        name = type(self).__name__
        self.directory, self.class_mode = directory, class_mode
        height, width = sizes(target_size, 2, f"{name}.target_size")
        self.target_size = (height, width)
        self.color_mode = check(ColorMode, color_mode, f"{name}.color_mode")
        self.interpolation, self.keep_aspect_ratio = interpolation, keep_aspect_ratio
        self.subset = check(Subset, subset, f"{name}.subset")
        self.dtype = dtype or floatx()
        part = getattr(image_data_generator, "_validation_split", 0.0) or 0.0
        self.split = None if subset is None else (0.0, part) if self.subset == "validation" else (part, 1.0)
        self.filenames: list[str] = []
        self._targets: Any = None
        self._sample_weight: np.ndarray | None = None
        find()
        self.samples = len(self.filenames)
        self._filepaths = [os.path.join(self.directory, file) for file in self.filenames]
        channels = (_CHANNELS[self.color_mode],)
        last = standardize_data_format(data_format) == "channels_last"
        shape = self.target_size + channels if last else channels + self.target_size
        files = (save_to_dir, save_prefix, save_format, self.subset)
        super().__init__(
            self.samples, batch_size, shuffle, seed, image_data_generator, shape, self.dtype, data_format, *files
        )

    @property
    def filepaths(self) -> list[str]:
        """The paths of the files."""
        return self._filepaths

    @property
    def labels(self) -> Any:
        """The target of each image: its class, unless the targets are something else."""
        return self.classes if self._targets is None else self._targets

    @property
    def sample_weight(self) -> np.ndarray | None:
        """The weight of each image."""
        return self._sample_weight

    def _part(self, items: Sequence[Any]) -> Sequence[Any]:
        """Those of some items that belong to the subset."""
        if self.split is None:
            return items
        return items[int(self.split[0] * len(items)) : int(self.split[1] * len(items))]

    def _read(self, index: int) -> np.ndarray:
        path = self.filepaths[index]
        try:
            size, method = self.target_size, self.interpolation
            with load_img(path, self.color_mode, size, method, self.keep_aspect_ratio) as image:
                return img_to_array(image, self.data_format)
        except (OSError, SyntaxError, EOFError) as problem:  # what Pillow raises for files that are broken
            unknown_kind = type(problem).__name__ == "UnidentifiedImageError"
            why = "what it holds is no image" if unknown_kind else reason(problem)
            raise OSError(f"The image file {path!r} cannot be read: {why}. Mend it, or take it away.") from problem

    def _batch(self, x: np.ndarray, index_array: np.ndarray) -> Any:
        if self.class_mode is None:
            return x
        batch = (x, self._batch_targets(x, index_array))
        return batch if self.sample_weight is None else (*batch, self.sample_weight[index_array])

    def _batch_targets(self, x: np.ndarray, index_array: np.ndarray) -> Any:
        if self.class_mode == "input":
            return x.copy()
        if self.class_mode == "multi_output":
            return [output[index_array] for output in self.labels]
        if self.class_mode == "raw":
            return self.labels[index_array]
        classes = [self.classes[index] for index in index_array]
        if self.class_mode in ("binary", "sparse"):
            return np.array(classes, numpy_dtype(self.dtype))
        rows = np.zeros((len(x), len(self.class_indices)), numpy_dtype(self.dtype))
        for row, each in zip(rows, classes, strict=True):
            row[each] = 1  # one class, or a list of them
        return rows


class DirectoryIterator(FileIterator):
    """Batches of the images in a folder; see `ImageDataGenerator.flow_from_directory`.

    Args:
        directory: the folder, with a folder per class.
        image_data_generator: transforms and standardizes the images; None leaves them as they are.
        target_size: height and width to resize images to.
        color_mode: the channels of the images.
        classes: the folders to read, in the order of their integers; all, by name, if None.
        class_mode: the targets: `"categorical"` (one-hot rows), `"binary"` and `"sparse"` (integers), `"input"` (the
            images), or None.
        batch_size: images per batch.
        shuffle: whether images come in random order.
        seed: see `Iterator`.
        data_format: where the channels are; the default of the process if None.
        save_to_dir: a folder to save the images of each batch in.
        save_prefix: the beginning of their names.
        save_format: their format.
        follow_links: whether to go into folders that are links.
        subset: `"training"` or `"validation"`: a part of each class, by the generator's `validation_split`.
        interpolation: nearest, bilinear, bicubic, hamming, box or lanczos.
        keep_aspect_ratio: whether to cut sides off so that images are not distorted.
        dtype: the dtype of images and classes; the default float if None.

    Raises:
        ValueError: there are no images.
    """

    def __init__(
        self,
        directory: Any,
        image_data_generator: Any,
        target_size: Sequence[int] = (256, 256),
        color_mode: ColorMode = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: DirectoryMode = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        data_format: str | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: Subset = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        dtype: Any = None,
    ) -> None:
        check(DirectoryMode, class_mode, "DirectoryIterator.class_mode")
        if not os.path.isdir(directory):
            raise invalid("DirectoryIterator.directory", "a folder", directory)
        images = (target_size, color_mode, class_mode, batch_size, shuffle, seed, data_format)
        files = (save_to_dir, save_prefix, save_format, subset, interpolation, keep_aspect_ratio, dtype)
        find = partial(self._find, classes, follow_links)
        super().__init__(find, os.fspath(directory), image_data_generator, *images, *files)

    def _find(self, folders: Sequence[str] | None, follow_links: bool) -> None:
        root = self.directory
        folders = list(folders or sorted(name for name in os.listdir(root) if os.path.isdir(os.path.join(root, name))))
        for name in folders:
            if not os.path.isdir(os.path.join(root, name)):
                warnings.warn(f"There is no class folder {name!r}.{suggest(name, os.listdir(root))}", stacklevel=5)
        self.num_classes = len(folders)
        self.class_indices = {name: number for number, name in enumerate(folders)}
        counts = []
        for name in folders:
            found = self._part(list(self._images_in(name, follow_links)))
            self.filenames += found
            counts.append(len(found))
        self.classes = np.repeat(np.arange(len(folders), dtype=np.int32), counts)
        log_output().write(f"Found {len(self.filenames)} images belonging to {len(folders)} classes.\n")
        if not self.filenames:
            loose = any(name.lower().endswith(self.white_list_formats) for name in os.listdir(root))
            fix = " The images there belong into a folder per class; or pass classes=['.']." if loose else ""
            part = f" for {self.subset}" if self.subset else ""
            some = ", ".join(map(repr, folders[:5])) + (", …" if len(folders) > 5 else "") or "(there are none)"
            raise ValueError(
                f"There are no images{part} in the class folders {some} of {root!r}; their names must end "
                f"in {', '.join(self.white_list_formats)}.{fix}"
            )

    def _images_in(self, folder: str, follow_links: bool) -> Iterable[str]:
        """The names of images in a folder and below, relative to the directory, in order."""
        top = os.path.join(self.directory, folder)
        for place, _, names in sorted(os.walk(top, followlinks=follow_links), key=lambda entry: entry[0]):
            for name in sorted(names):
                if name.lower().endswith(self.white_list_formats):
                    yield os.path.join(folder, os.path.relpath(os.path.join(place, name), top))


class DataFrameIterator(FileIterator):
    """Batches of the image files that a table names; see `ImageDataGenerator.flow_from_dataframe`.

    Args:
        dataframe: the table, of pandas or anything that gives a column for its name.
        directory: the folder that the files are in; none if paths are whole.
        image_data_generator: transforms and standardizes the images; None leaves them as they are.
        x_col: the column of file names.
        y_col: the column, or list of columns, of targets.
        weight_col: the column of weights of the images; none by default.
        target_size: height and width to resize images to.
        color_mode: the channels of the images.
        classes: the names of the classes, in the order of their integers; rows without one of them are left out.
            All, by name, if None.
        class_mode: the targets: `"categorical"` (rows of 0 and 1; a cell may be a list of classes), `"binary"` and
            `"sparse"` (integers), `"raw"` (the values of `y_col`), `"multi_output"` (a list with the values of each
            column), `"input"` (the images), or None.
        batch_size: images per batch.
        shuffle: whether images come in random order.
        seed: see `Iterator`.
        data_format: where the channels are.
        save_to_dir: a folder to save the images of each batch in.
        save_prefix: the beginning of their names.
        save_format: their format.
        subset: `"training"` or `"validation"`: a part, by the generator's `validation_split`.
        interpolation: nearest, bilinear, bicubic, hamming, box or lanczos.
        keep_aspect_ratio: whether to cut sides off so that images are not distorted.
        dtype: the dtype of images and encoded classes.
        validate_filenames: whether to leave rows out whose file is not there or is no image.

    Raises:
        ValueError: there are no images.
    """

    def __init__(
        self,
        dataframe: Any,
        directory: Any = None,
        image_data_generator: Any = None,
        x_col: str = "filename",
        y_col: Any = "class",
        weight_col: str | None = None,
        target_size: Sequence[int] = (256, 256),
        color_mode: ColorMode = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: TableMode = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        data_format: str | None = "channels_last",
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: Subset = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        dtype: Any = "float32",
        validate_filenames: bool = True,
    ) -> None:
        check(TableMode, class_mode, "DataFrameIterator.class_mode")
        images = (target_size, color_mode, class_mode, batch_size, shuffle, seed, data_format)
        files = (save_to_dir, save_prefix, save_format, subset, interpolation, keep_aspect_ratio, dtype)
        find = partial(self._find, dataframe, x_col, y_col, weight_col, classes, validate_filenames)
        super().__init__(find, os.fspath(directory or ""), image_data_generator, *images, *files)

    def _find(
        self, table: Any, x_col: str, y_col: Any, weight_col: str | None, names: Sequence[str] | None, validate: bool
    ) -> None:
        files = list(_column(table, x_col))
        if not all(isinstance(file, str) for file in files):
            strange = next(file for file in files if not isinstance(file, str))
            raise invalid(f"DataFrameIterator.dataframe[{x_col!r}]", "strings", strange, kind=TypeError)
        rows = [row for row, file in enumerate(files) if not validate or self._is_image(file)]
        if len(rows) < len(files):
            warnings.warn(
                f"{len(files) - len(rows)} of the {len(files)} file names in column {x_col!r} are left out: they name "
                "no image file that is there.",
                stacklevel=5,
            )
        of_classes = self.class_mode in ("binary", "categorical", "sparse")
        if names and not of_classes:
            warnings.warn(f"`classes` has no effect with class_mode={self.class_mode!r}.", stacklevel=5)
        labels = self._class_names(list(_column(table, y_col)), y_col, names) if of_classes else []
        if of_classes:
            chosen = (each for row in rows for each in _several(labels[row]))
            names = list(dict.fromkeys(names)) if names else sorted(set(chosen))
            self.class_indices = {name: number for number, name in enumerate(names)}
            known = {row: _known(labels[row], self.class_indices) for row in rows}
            rows = [row for row in rows if known[row] is not None]
        rows = list(self._part(rows))
        if of_classes:
            self.classes = [known[row] for row in rows]
        elif self.class_mode == "multi_output":
            if not isinstance(y_col, list):
                expected = "a list of columns if class_mode='multi_output'"
                raise invalid("DataFrameIterator.y_col", expected, y_col, kind=TypeError)
            self._targets = [np.array(list(_column(table, column)))[rows] for column in y_col]
        elif self.class_mode == "raw":
            several = isinstance(y_col, (list, tuple))
            columns = [np.asarray(_column(table, column)) for column in (y_col if several else [y_col])]
            self._targets = (np.stack(columns, axis=1) if several else columns[0])[rows]
        if weight_col:
            weights = np.asarray(_column(table, weight_col))
            if weights.dtype.kind not in "iuf":
                raise invalid(f"DataFrameIterator.dataframe[{weight_col!r}]", "numbers", weights, kind=TypeError)
            self._sample_weight = weights[rows]
        self.filenames = [files[row] for row in rows]
        valid = "validated" if validate else "non-validated"
        belonging = f" belonging to {len(self.class_indices)} classes" if of_classes else ""
        log_output().write(f"Found {len(rows)} {valid} image filenames{belonging}.\n")
        if not rows:
            part = f" for {self.subset}" if self.subset else ""
            raise ValueError(
                f"There are no images{part}: of the {len(files)} file names in column {x_col!r}, such as "
                f"{files[0] if files else ''!r}, none names an image file in the folder "
                f"{self.directory!r}, with a class."
            )

    def _is_image(self, file: str) -> bool:
        path = os.path.join(self.directory, file)
        return path.lower().endswith(self.white_list_formats) and os.path.isfile(path)

    def _class_names(self, labels: list[Any], y_col: str, names: Sequence[str] | None) -> list[Any]:
        """The column of classes, once it is what the class mode needs."""
        kinds = (str, list, tuple) if self.class_mode == "categorical" else (str,)
        where = f"DataFrameIterator.dataframe[{y_col!r}]"
        for label in labels:
            if not isinstance(label, kinds):
                expected = "strings" if len(kinds) == 1 else "strings or lists of strings"
                fix = f"Turn them into strings: dataframe[{y_col!r}].astype(str); or pass class_mode='raw'."
                raise invalid(where, f"{expected} if class_mode={self.class_mode!r}", label, fix, TypeError)
        if self.class_mode == "binary":
            count = len(set(names or labels))
            if count != 2:
                raise invalid("DataFrameIterator.class_mode", f"'categorical', as there are {count} classes", "binary")
        return labels


def _column(table: Any, name: Any) -> Any:
    columns = list(getattr(table, "columns", table))
    if name not in columns:
        raise unknown("column", name, columns)
    return table[name]


def _several(label: Any) -> Sequence[str]:
    return label if isinstance(label, (list, tuple)) else [label]


def _known(label: Any, indices: dict[str, int]) -> Any:
    """The integer of a class, or a list of integers; None if no class is known."""
    if not isinstance(label, (list, tuple)):
        return indices.get(label)
    return [indices[each] for each in label if each in indices] or None
