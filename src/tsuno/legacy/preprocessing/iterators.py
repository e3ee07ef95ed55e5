"""Images of arrays in batches, each image drawn anew by an `ImageDataGenerator`: `Iterator` and what all flows share.

A flow gives batches by number, as `fit` reads them, and one after the other without end, by `next`. The images of a
batch are made by several threads where what is done with them allows it; that changes no number.
"""

from __future__ import annotations

import itertools
import math
import os
import warnings
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tsuno.core.dtypes import numpy_dtype
from tsuno.core.errors import invalid
from tsuno.core.settings import floatx, standardize_data_format
from tsuno.core.validate import PositiveInt, check
from tsuno.data.workers import in_order
from tsuno.legacy.preprocessing.drawing import DrawingDataset
from tsuno.utils.images import array_to_img

Subset = Literal["training", "validation"] | None
_THREADS = min(os.cpu_count() or 1, 8)
_GROUP = 4
"""Images that a thread makes before it asks for more."""
_SMALL = 1 << 12
"""Values in an image below which threads cost more than they bring."""


class Iterator(DrawingDataset):
    """Base of flows: which samples are in which batch. A subclass has `_get_batches_of_transformed_samples`.

    Args:
        n: the number of samples.
        batch_size: samples per batch; the last batch of a pass may have fewer.
        shuffle: whether samples come in random order, a new one in each pass.
        seed: what NumPy's global state is set to before batch i, plus i; left as it is if None.
        **kwargs: `workers`, `use_multiprocessing` and `max_queue_size` of `PyDataset`.

    Attributes:
        index_array: the samples in the order of this pass, None before the first one.

    Example:
        >>> from tsuno.legacy.preprocessing.image import Iterator
        >>> class Numbers(Iterator):
        ...     def _get_batches_of_transformed_samples(self, index_array):
        ...         return 10 * index_array
        >>> numbers = Numbers(5, batch_size=2, shuffle=False, seed=None)
        >>> len(numbers), numbers[2].tolist(), next(numbers).tolist(), numbers.next().tolist()
        (3, [40], [0, 10], [20, 30])
    """

    white_list_formats = ("png", "jpg", "jpeg", "bmp", "ppm", "tif", "tiff")

    def __init__(self, n: int, batch_size: int, shuffle: bool, seed: int | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n, self.shuffle, self.seed = n, shuffle, seed
        self.batch_size = check(PositiveInt, batch_size, f"{type(self).__name__}.batch_size")
        self.batch_index = 0
        self.total_batches_seen = 0
        self.index_array: np.ndarray | None = None

    # ------------------------------------------------------------------ by number

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)

    def __getitem__(self, idx: int) -> Any:
        if not -len(self) <= idx < len(self):
            raise ValueError(f"`{type(self).__name__}` has {len(self)} batches; got the number {idx}.")
        indices, random = self._random(idx % len(self))
        return self._get_batches_of_transformed_samples(indices, *random)

    def _draw(self, number: int) -> tuple[np.ndarray, tuple[Any, ...]]:
        if not self._shared:
            self._seed_next()
        if self.index_array is None:
            self._set_index_array()
        assert self.index_array is not None
        indices = self.index_array[self.batch_size * number : self.batch_size * (number + 1)]
        return indices, self._draw_ahead(indices) if self._shared else ()

    def _draw_key(self) -> int:
        if self.seed is not None:
            np.random.seed(self.seed + self.total_batches_seen)
        key = super()._draw_key() if self.seed is None else self.seed + self.total_batches_seen
        if self.index_array is None:
            self._set_index_array()
        self.total_batches_seen += len(self)
        return key

    def _draw_ahead(self, indices: np.ndarray) -> tuple[Any, ...]:
        """What else `_get_batches_of_transformed_samples` takes, where several workers make batches."""
        return ()

    def on_epoch_end(self) -> None:
        super().on_epoch_end()
        self._set_index_array()

    # ------------------------------------------------------------------ one after the other

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        return self.next()

    def next(self) -> Any:
        """The next batch; without end."""
        with self.lock:
            indices = self._next_indices()
        return self._get_batches_of_transformed_samples(indices)

    def reset(self) -> None:
        """Let `next` begin a new pass."""
        self.batch_index = 0

    @property
    def index_generator(self) -> Generator[np.ndarray, None, None]:
        """The samples of the next batches."""
        while True:
            yield self._next_indices()

    def _next_indices(self) -> np.ndarray:
        self._seed_next()
        if self.batch_index == 0 or self.index_array is None:
            self._set_index_array()
        assert self.index_array is not None
        first = self.batch_index * self.batch_size % max(self.n, 1)
        self.batch_index = self.batch_index + 1 if self.n > first + self.batch_size else 0
        return self.index_array[first : first + self.batch_size]

    # ------------------------------------------------------------------ parts

    def _seed_next(self) -> None:
        if self.seed is not None:
            np.random.seed(self.seed + self.total_batches_seen)
        self.total_batches_seen += 1

    def _set_index_array(self) -> None:
        self.index_array = np.random.permutation(self.n) if self.shuffle else np.arange(self.n)

    def _get_batches_of_transformed_samples(self, index_array: np.ndarray) -> Any:
        """The batch of some samples."""
        raise NotImplementedError(
            f"`{type(self).__name__}` must have a method `_get_batches_of_transformed_samples`, which gives the batch "
            "of an array of sample numbers."
        )


class ImageIterator(Iterator):
    """Base of flows of images: read, transform, standardize and, if wanted, save them. Subclasses have `_read`, and
    `_batch`, which adds the targets.

    Args:
        n: the number of images.
        batch_size: images per batch.
        shuffle: whether images come in random order.
        seed: see `Iterator`.
        image_data_generator: transforms and standardizes the images; None leaves them as they are.
        image_shape: the shape of an image in a batch.
        dtype: the dtype of a batch; the default float if None.
        data_format: where the channels are; the default of the process if None.
        save_to_dir: a folder to save the images of each batch in; none by default.
        save_prefix: the beginning of their names.
        save_format: their format: png, jpg, …
        subset: the part that this is, of a generator with a `validation_split`.
    """

    _largest_tag = 10**7

    def __init__(
        self,
        n: int,
        batch_size: int,
        shuffle: bool,
        seed: int | None,
        image_data_generator: Any,
        image_shape: tuple[int, ...],
        dtype: Any,
        data_format: str | None,
        save_to_dir: Any,
        save_prefix: str,
        save_format: str,
        subset: Subset,
    ) -> None:
        super().__init__(n, batch_size, shuffle, seed)
        self.image_data_generator, self.subset = image_data_generator, subset
        self.image_shape, self.data_format = image_shape, standardize_data_format(data_format)
        self.dtype = dtype or floatx()
        self.save_to_dir, self.save_prefix, self.save_format = save_to_dir, save_prefix, save_format

    def _read(self, index: int) -> np.ndarray:
        """An image, in an array of its own."""
        raise NotImplementedError

    def _batch(self, x: np.ndarray, index_array: np.ndarray) -> Any:
        """What a batch consists of: images, and whatever goes with them."""
        raise NotImplementedError

    def _get_batches_of_transformed_samples(
        self, index_array: np.ndarray, parameters: Iterable[Any] | None = None, tags: Iterable[int] | None = None
    ) -> Any:
        if parameters is None or tags is None:
            parameters, tags = self._parameters(index_array)
        batch = np.zeros((len(index_array), *self.image_shape), numpy_dtype(self.dtype))
        work = zip(batch, index_array.tolist(), parameters, strict=True)
        if _THREADS > 1 and self._in_threads and not self._shared:
            groups = iter(lambda: list(itertools.islice(work, _GROUP)), [])
            for _ in in_order(self._make, groups, _THREADS, ahead=2 * _THREADS):
                pass
        else:
            self._make(work)
        if self.save_to_dir:
            for x, index, tag in zip(batch, index_array, tags, strict=True):
                name = f"{self.save_prefix}_{index}_{tag}.{self.save_format}"
                array_to_img(x, self.data_format).save(Path(self.save_to_dir) / name)
        return self._batch(batch, index_array)

    def _make(self, work: Iterable[tuple[np.ndarray, int, Any]]) -> None:
        """Put images into their places in a batch."""
        generator = self.image_data_generator
        for place, index, parameters in work:
            x = self._read(index)
            if generator is not None:
                x = generator.standardize(generator.apply_transform(x, parameters))
            place[...] = x

    def _parameters(self, index_array: np.ndarray) -> tuple[Iterable[Any], Iterable[int]]:
        """The random transformations of some images, and tags for their names; drawn when they are asked for."""
        generator, shape = self.image_data_generator, self.image_shape
        parameters = (None if generator is None else generator.get_random_transform(shape) for _ in index_array)
        return parameters, (np.random.randint(self._largest_tag) for _ in index_array if self.save_to_dir)

    def _draw_ahead(self, indices: np.ndarray) -> tuple[Any, ...]:
        hook = "_get_batches_of_transformed_samples"
        if getattr(type(self), hook) is not getattr(ImageIterator, hook):
            return ()  # a user's own, which may draw something else
        return tuple(list(drawn) for drawn in self._parameters(indices))

    @property
    def _in_threads(self) -> bool:
        """Whether threads may, and had better, make the images."""
        return self.image_data_generator is None or getattr(self.image_data_generator, "pure", False)


class NumpyArrayIterator(ImageIterator):
    """Batches of the images of an array; see `ImageDataGenerator.flow`.

    Args:
        x: the images, an array of rank 4; or a pair of them and an array, or list of arrays, of more inputs.
        y: the targets; none by default.
        image_data_generator: transforms and standardizes the images.
        batch_size: images per batch.
        shuffle: whether images come in random order.
        sample_weight: weights of the images.
        seed: see `Iterator`.
        data_format: where the channels are; the default of the process if None.
        save_to_dir: a folder to save the images of each batch in.
        save_prefix: the beginning of their names.
        save_format: their format.
        subset: `"training"` or `"validation"`: a part, by the generator's `validation_split`.
        ignore_class_split: whether the two parts may have different classes.
        dtype: the dtype of images; the default float if None.

    Example:
        >>> from tsuno.legacy.preprocessing.image import ImageDataGenerator, NumpyArrayIterator
        >>> images = NumpyArrayIterator(np.ones((5, 4, 4, 3)), np.arange(5), ImageDataGenerator(rescale=0.5), 2)
        >>> x, y = images[1]
        >>> x.shape, float(x.max()), y.tolist()
        ((2, 4, 4, 3), 0.5, [2, 3])
    """

    _largest_tag = 10**4

    def __init__(
        self,
        x: Any,
        y: Any,
        image_data_generator: Any,
        batch_size: int = 32,
        shuffle: bool = False,
        sample_weight: Any = None,
        seed: int | None = None,
        data_format: str | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: Subset = None,
        ignore_class_split: bool = False,
        dtype: Any = None,
    ) -> None:
        more: list[Any] = []
        if isinstance(x, (tuple, list)) and len(x) == 2 and np.ndim(x[0]) == 4:
            more = list(x[1]) if isinstance(x[1], list) else [x[1]]
            x = x[0]
        x, more = np.asarray(x), [np.asarray(other) for other in more]
        y = None if y is None else np.asarray(y)
        sample_weight = None if sample_weight is None else np.asarray(sample_weight)
        for name, other in (("y", y), ("sample_weight", sample_weight), *(("x[1]", other) for other in more)):
            if other is not None and len(other) != len(x):
                raise ValueError(f"`{name}` must have an entry per image; got {len(other)} for {len(x)} images.")
        if x.ndim != 4:
            raise invalid("NumpyArrayIterator.x", "images, an array of rank 4", x)
        if check(Subset, subset, "NumpyArrayIterator.subset") is not None:
            cut = int(len(x) * image_data_generator._validation_split)
            if y is not None and not ignore_class_split and not np.array_equal(np.unique(y[:cut]), np.unique(y[cut:])):
                raise ValueError(
                    "The training and validation parts have different classes. Shuffle `x` and `y` first, or pass "
                    "ignore_class_split=True."
                )
            part = slice(cut) if subset == "validation" else slice(cut, None)
            x, more = x[part], [other[part] for other in more]
            y = None if y is None else y[part]
            # Keras leaves weights whole here, so that the training part gets those of other images.
            sample_weight = None if sample_weight is None else sample_weight[part]
        files = (save_to_dir, save_prefix, save_format, subset)
        super().__init__(
            len(x), batch_size, shuffle, seed, image_data_generator, x.shape[1:], dtype, data_format, *files
        )
        self.x, self.x_misc, self.y, self.sample_weight = x, more, y, sample_weight
        channels = x.shape[3 if self.data_format == "channels_last" else 1]
        if channels not in (1, 3, 4):
            warnings.warn(
                f"Images of shape {x.shape[1:]} in the data format {self.data_format!r} have {channels} channels; "
                "images usually have 1, 3 or 4.",
                stacklevel=3,
            )

    def _read(self, index: int) -> np.ndarray:
        return self.x[index].astype(numpy_dtype(self.dtype))

    def _batch(self, x: np.ndarray, index_array: np.ndarray) -> Any:
        inputs = [x, *(other[index_array] for other in self.x_misc)] if self.x_misc else x
        if self.y is None:
            return inputs
        batch = (inputs, self.y[index_array])
        return batch if self.sample_weight is None else (*batch, self.sample_weight[index_array])

    @property
    def _in_threads(self) -> bool:
        large = math.prod(self.image_shape) >= _SMALL
        return large and super()._in_threads and getattr(self.image_data_generator, "warps", False)
