"""`ImageDataGenerator`: which random transformation an image gets, and how images are standardized."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from tsuno.core.dtypes import numpy_dtype
from tsuno.core.errors import invalid, suggest
from tsuno.core.settings import floatx, standardize_data_format
from tsuno.core.validate import Below1, check
from tsuno.legacy.preprocessing.files import ColorMode, DataFrameIterator, DirectoryIterator, DirectoryMode, TableMode
from tsuno.legacy.preprocessing.iterators import NumpyArrayIterator, Subset
from tsuno.legacy.preprocessing.transforms import (
    apply_affine_transform,
    apply_channel_shift,
    brightened,
    flip_axis,
    pair,
)

FillMode = Literal[
    "constant", "nearest", "reflect", "wrap", "mirror", "grid-constant", "grid-mirror", "grid-wrap",
]  # fmt: skip
_GONE = ("has_ext", "sort", "drop_duplicates")
"""Arguments of `flow_from_dataframe` that have no effect since Keras 2.3."""


class ImageDataGenerator:
    """Batches of images, each transformed at random anew in each epoch, and standardized.

    Args:
        featurewise_center: whether to subtract the mean of each channel over all images; needs `fit`.
        samplewise_center: whether to subtract from each image its mean.
        featurewise_std_normalization: whether to divide by the standard deviation of each channel; needs `fit`.
        samplewise_std_normalization: whether to divide each image by its standard deviation.
        zca_whitening: whether to whiten images; needs `fit`, and memory for (values per image)².
        zca_epsilon: is added to singular values when whitening.
        rotation_range: the largest angle to turn by, in degrees.
        width_shift_range: how far to move, to either side: the largest fraction of the width (a float below 1) or
            number of pixels (a float from 1); an integer n for 0 to n - 1 pixels; or a list of choices. As in Keras
            2.15 and 3, this moves along the rows.
        height_shift_range: the same for the height; moves along the columns.
        brightness_range: the smallest and the largest factor of brightness.
        shear_range: the largest angle to shear by, in degrees.
        zoom_range: the smallest and the largest factor, or a number z for 1 - z and 1 + z; below 1 things become
            larger.
        channel_shift_range: the largest number to add to all values.
        fill_mode: what lies outside an image: `"nearest"`, `"constant"`, `"reflect"` or `"wrap"`.
        cval: the value outside for `"constant"`.
        horizontal_flip: whether to mirror each second image, left to right.
        vertical_flip: whether to turn each second image upside down.
        rescale: what to multiply images with, after transforming them; nothing if None.
        preprocessing_function: a function of an image that gives one of the same shape; called after transforming.
        data_format: where the channels are; the default of the process if None.
        validation_split: the fraction of images for the subset `"validation"`, taken from the beginning.
        interpolation_order: of the spline between pixels, 0 to 5.
        dtype: the dtype of images; the default float if None.

    Example:
        >>> from tsuno.legacy.preprocessing.image import ImageDataGenerator
        >>> generator = ImageDataGenerator(rotation_range=20, horizontal_flip=True, rescale=1 / 255)
        >>> images, labels = next(generator.flow(np.full((10, 8, 8, 3), 255), np.arange(10), batch_size=4))
        >>> images.shape, labels.shape, float(images.max())
        ((4, 8, 8, 3), (4,), 1.0)
    """

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rotation_range: float = 0,
        width_shift_range: Any = 0.0,
        height_shift_range: Any = 0.0,
        brightness_range: Sequence[float] | None = None,
        shear_range: float = 0.0,
        zoom_range: Any = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: FillMode = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Callable[[np.ndarray], np.ndarray] | None = None,
        data_format: str | None = None,
        validation_split: float = 0.0,
        interpolation_order: int = 1,
        dtype: Any = None,
    ) -> None:
        self.samplewise_std_normalization = samplewise_std_normalization
        self.samplewise_center = samplewise_center or samplewise_std_normalization
        self.zca_whitening, self.zca_epsilon = zca_whitening, zca_epsilon
        self.featurewise_std_normalization = featurewise_std_normalization and not zca_whitening
        self.featurewise_center = featurewise_center or zca_whitening or featurewise_std_normalization
        self.rotation_range, self.shear_range, self.channel_shift_range = (
            rotation_range,
            shear_range,
            channel_shift_range,
        )
        self.width_shift_range, self.height_shift_range = width_shift_range, height_shift_range
        if isinstance(zoom_range, (int, float, np.number)):
            zoom_range = (1 - zoom_range, 1 + zoom_range)
        self.zoom_range = list(pair(zoom_range, "ImageDataGenerator.zoom_range"))
        self.brightness_range = None
        if brightness_range is not None:
            self.brightness_range = pair(brightness_range, "ImageDataGenerator.brightness_range")
        self.fill_mode, self.cval = check(FillMode, fill_mode, "ImageDataGenerator.fill_mode"), cval
        self.horizontal_flip, self.vertical_flip = horizontal_flip, vertical_flip
        self.rescale, self.preprocessing_function = rescale, preprocessing_function
        self.data_format = standardize_data_format(data_format)
        first = self.data_format == "channels_first"
        self.channel_axis, self.row_axis, self.col_axis = (1, 2, 3) if first else (3, 1, 2)  # of a batch
        self._validation_split = check(Below1, validation_split or 0.0, "ImageDataGenerator.validation_split")
        self.interpolation_order, self.dtype = interpolation_order, dtype or floatx()
        self.mean: np.ndarray | None = None
        self.std: np.ndarray | None = None
        self.zca_whitening_matrix: np.ndarray | None = None
        for asked, name in (
            (zca_whitening and not featurewise_center, "zca_whitening=True sets featurewise_center=True"),
            (
                zca_whitening and featurewise_std_normalization,
                "zca_whitening=True sets featurewise_std_normalization=False",
            ),
            (featurewise_std_normalization and not featurewise_center, "normalization sets featurewise_center=True"),
            (samplewise_std_normalization and not samplewise_center, "normalization sets samplewise_center=True"),
        ):
            if asked:
                warnings.warn(f"In `ImageDataGenerator`, {name}.", stacklevel=2)

    # ------------------------------------------------------------------ where images come from

    def flow(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Any = None,
        seed: int | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        ignore_class_split: bool = False,
        subset: Subset = None,
    ) -> NumpyArrayIterator:
        """Batches of the images of an array; the arguments are those of `NumpyArrayIterator`."""
        files = (save_to_dir, save_prefix, save_format, subset, ignore_class_split)
        return NumpyArrayIterator(
            x, y, self, batch_size, shuffle, sample_weight, seed, self.data_format, *files, self.dtype
        )

    def flow_from_directory(
        self,
        directory: Any,
        target_size: Sequence[int] = (256, 256),
        color_mode: ColorMode = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: DirectoryMode = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: Subset = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
    ) -> DirectoryIterator:
        """Batches of the images in a folder, which has a folder per class; see `DirectoryIterator`.

        Example:
            >>> import os, tempfile
            >>> from tsuno.legacy.preprocessing.image import ImageDataGenerator
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     for name in ("cats", "dogs"):
            ...         os.mkdir(os.path.join(folder, name))
            ...         tsuno.utils.save_img(os.path.join(folder, name, "one.png"), np.ones((6, 8, 3)))
            ...     flow = ImageDataGenerator().flow_from_directory(folder, (4, 4), shuffle=False)
            ...     images, labels = next(flow)
            Found 2 images belonging to 2 classes.
            >>> images.shape, labels.tolist(), flow.class_indices
            ((2, 4, 4, 3), [[1.0, 0.0], [0.0, 1.0]], {'cats': 0, 'dogs': 1})
        """
        images = (target_size, color_mode, classes, class_mode, batch_size, shuffle, seed, self.data_format)
        files = (save_to_dir, save_prefix, save_format, follow_links, subset, interpolation, keep_aspect_ratio)
        return DirectoryIterator(directory, self, *images, *files, self.dtype)

    def flow_from_dataframe(
        self,
        dataframe: Any,
        directory: Any = None,
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
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: Subset = None,
        interpolation: str = "nearest",
        validate_filenames: bool = True,
        **kwargs: Any,
    ) -> DataFrameIterator:
        """Batches of the image files that a table names; see `DataFrameIterator`.

        Example:
            >>> import os, tempfile
            >>> from tsuno.legacy.preprocessing.image import ImageDataGenerator
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     tsuno.utils.save_img(os.path.join(folder, "a.png"), np.ones((6, 8, 3)))
            ...     table = {"filename": ["a.png"], "age": np.array([7])}  # or a data frame
            ...     flow = ImageDataGenerator().flow_from_dataframe(table, folder, y_col="age", class_mode="raw")
            ...     next(flow)[1]
            Found 1 validated image filenames.
            array([7])
        """
        keep = kwargs.pop("keep_aspect_ratio", False)
        for name in kwargs:
            what = "has no effect any more" if name in _GONE else f"is no argument.{suggest(name, _DATAFRAME)}"
            warnings.warn(f"`{name}` of `flow_from_dataframe` {what}", stacklevel=2)
        mode: Any = "raw" if class_mode == "other" else class_mode  # Keras 2.2
        columns = (x_col, y_col, weight_col, target_size, color_mode, classes, mode, batch_size, shuffle, seed)
        files = (self.data_format, save_to_dir, save_prefix, save_format, subset, interpolation, keep)
        return DataFrameIterator(dataframe, directory, self, *columns, *files, self.dtype, validate_filenames)

    # ------------------------------------------------------------------ transforming

    def get_random_transform(self, img_shape: Sequence[int], seed: int | None = None) -> dict[str, Any]:
        """Draw a transformation for an image; see `apply_transform`.

        Args:
            img_shape: the shape of the image.
            seed: what to set NumPy's global state to first; it is left as it is if None.
        """
        if seed is not None:
            np.random.seed(seed)
        # The order of draws is Keras'. The sides of an image are an axis less than those of a batch.
        theta = np.random.uniform(-self.rotation_range, self.rotation_range) if self.rotation_range else 0
        tx = _random_shift(self.height_shift_range, img_shape[self.row_axis - 1])
        ty = _random_shift(self.width_shift_range, img_shape[self.col_axis - 1])
        shear = np.random.uniform(-self.shear_range, self.shear_range) if self.shear_range else 0
        low, high = self.zoom_range
        zx, zy = (1, 1) if low == high == 1 else np.random.uniform(low, high, 2)
        across, upside = np.random.random() < 0.5, np.random.random() < 0.5
        intensity = None
        if self.channel_shift_range:
            intensity = np.random.uniform(-self.channel_shift_range, self.channel_shift_range)
        return {
            "theta": theta,
            "tx": tx,
            "ty": ty,
            "shear": shear,
            "zx": zx,
            "zy": zy,
            "flip_horizontal": across and bool(self.horizontal_flip),
            "flip_vertical": upside and bool(self.vertical_flip),
            "channel_shift_intensity": intensity,
            "brightness": np.random.uniform(*self.brightness_range) if self.brightness_range else None,
        }

    def apply_transform(self, x: Any, transform_parameters: dict[str, Any]) -> Any:
        """Transform an image.

        Args:
            x: the image.
            transform_parameters: `theta` and `shear` in degrees, `tx` and `ty` in rows and columns, `zx` and `zy`,
                `flip_horizontal`, `flip_vertical`, `channel_shift_intensity` and `brightness`; any may lack.
        """
        places = [transform_parameters.get(name, default) for name, default in _PLACES]
        row, column, channel = self.row_axis - 1, self.col_axis - 1, self.channel_axis - 1
        layout: list[Any] = [row, column, channel, self.fill_mode, self.cval, self.interpolation_order]
        x = apply_affine_transform(x, *places, *layout)
        if (intensity := transform_parameters.get("channel_shift_intensity")) is not None:
            x = apply_channel_shift(x, intensity, channel)
        if transform_parameters.get("flip_horizontal"):
            x = flip_axis(x, column)
        if transform_parameters.get("flip_vertical"):
            x = flip_axis(x, row)
        if (brightness := transform_parameters.get("brightness")) is not None:
            x = brightened(x, brightness, False, self.data_format)
        return x

    def random_transform(self, x: Any, seed: int | None = None) -> Any:
        """Transform an image at random.

        Args:
            x: the image.
            seed: what to set NumPy's global state to first; it is left as it is if None.
        """
        return self.apply_transform(x, self.get_random_transform(np.shape(x), seed))

    # ------------------------------------------------------------------ standardizing

    def fit(self, x: Any, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Measure images for `featurewise_center`, `featurewise_std_normalization` and `zca_whitening`.

        Args:
            x: the images, an array of rank 4.
            augment: whether to measure them transformed at random.
            rounds: how often each image is transformed.
            seed: what to set NumPy's global state to first; it is left as it is if None.
        """
        images = np.array(x, dtype=numpy_dtype(self.dtype))
        if images.ndim != 4:
            raise invalid("ImageDataGenerator.fit.x", "images, an array of rank 4", images)
        channels = images.shape[self.channel_axis]
        if channels not in (1, 3, 4):
            warnings.warn(
                f"Images of shape {images.shape[1:]} in the data format {self.data_format!r} have {channels} channels; "
                "images usually have 1, 3 or 4.",
                stacklevel=2,
            )
        if seed is not None:
            np.random.seed(seed)
        if self.rescale:
            images *= self.rescale
        if augment:
            several = np.empty((rounds * len(images), *images.shape[1:]), images.dtype)
            for place in range(len(several)):
                several[place] = self.random_transform(images[place % len(images)])
            images = several
        axes = (0, self.row_axis, self.col_axis)
        shape = [1, 1, 1]
        shape[self.channel_axis - 1] = channels
        if self.featurewise_center:
            self.mean = np.mean(images, axis=axes).reshape(shape)
            images -= self.mean
        if self.featurewise_std_normalization:
            self.std = np.std(images, axis=axes).reshape(shape)
            images /= self.std + 1e-6
        if self.zca_whitening:
            u, s, _ = np.linalg.svd(images.reshape(len(images), -1).T, full_matrices=False)
            self.zca_whitening_matrix = (u * (np.sqrt(len(images)) / (s + self.zca_epsilon))).dot(u.T)

    def standardize(self, x: Any) -> Any:
        """An image or a batch of images, standardized; an array of floats is changed in place.

        Args:
            x: the image or the images.
        """
        if self.preprocessing_function:
            x = self.preprocessing_function(x)
        if not isinstance(x, np.ndarray) or x.dtype.kind in "biu":
            x = np.array(x, numpy_dtype(self.dtype))
        if self.rescale:
            x *= self.rescale
        if self.samplewise_center:
            x -= np.mean(x, keepdims=True)
        if self.samplewise_std_normalization:
            x /= np.std(x, keepdims=True) + 1e-6
        if self.featurewise_center and self._measured(self.mean, "featurewise_center"):
            x -= self.mean
        if self.featurewise_std_normalization and self._measured(self.std, "featurewise_std_normalization"):
            x /= self.std + 1e-6  # type: ignore[operator]
        if self.zca_whitening and self._measured(self.zca_whitening_matrix, "zca_whitening"):
            x = (x.reshape(-1, np.prod(x.shape[-3:])) @ self.zca_whitening_matrix).reshape(x.shape)
        return x

    def _measured(self, value: Any, option: str) -> bool:
        if value is None:
            warnings.warn(f"{option}=True has no effect before `ImageDataGenerator.fit(images)`.", stacklevel=3)
        return value is not None

    # ------------------------------------------------------------------ what flows ask

    @property
    def pure(self) -> bool:
        """Whether what is done with an image, once its transformation is drawn, has no effect on other images."""
        function = self.preprocessing_function
        own = function is None or (getattr(function, "__module__", None) or "").startswith("tsuno.")
        return own and type(self) is ImageDataGenerator

    @property
    def warps(self) -> bool:
        """Whether pixels are moved, which is what takes time."""
        shifts = np.any(self.width_shift_range) or np.any(self.height_shift_range)
        return bool(self.rotation_range or self.shear_range or shifts or self.zoom_range != [1, 1])


_PLACES = (("theta", 0), ("tx", 0), ("ty", 0), ("shear", 0), ("zx", 1), ("zy", 1))
"""What moves pixels, with the values that leave them where they are."""
_DATAFRAME = (
    "x_col", "y_col", "weight_col", "target_size", "color_mode", "classes", "class_mode", "batch_size", "shuffle",
    "seed", "save_to_dir", "save_prefix", "save_format", "subset", "interpolation", "validate_filenames",
    "keep_aspect_ratio",
)  # fmt: skip


def _random_shift(limit: Any, size: int) -> Any:
    """Pixels to move by along a side of a size."""
    if np.ndim(limit) == 0 and not limit:
        return 0
    if isinstance(limit, (float, np.floating)):
        shift = np.random.uniform(-limit, limit)
    else:
        shift = np.random.choice(limit) * np.random.choice([-1, 1])
    return shift * size if np.max(limit) < 1 else shift
