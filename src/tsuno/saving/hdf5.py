"""Weight files: `.weights.h5`, and the member of that name in `.keras` archives.

A file is read as data and nothing else: links to other places and other files are refused, and so is what claims to be
much larger than it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tsuno.core.dtypes import numpy_dtype
from tsuno.core.errors import describe
from tsuno.saving.state import own_arrays, saveables, take_arrays

_LARGEST_UNSTORED = 1 << 24
_MOST_EXPANSION = 1000


def write_weights(root: Any, file: Any) -> None:
    """Write what a model keeps into a file, given as a path or as a binary file."""
    import h5py

    with h5py.File(file, "w") as h5:
        for path, item in saveables(root):
            group = (h5.create_group(path) if path else h5).create_group("vars")
            if isinstance(getattr(item, "name", None), str):
                group.attrs["name"] = item.name
            for name, value in own_arrays(item).items():
                array = np.asarray(value)
                dataset = group.create_dataset(name, data=array)
                if array.dtype.name == "bfloat16":
                    dataset.attrs["dtype"] = "bfloat16"


def read_weights(root: Any, file: Any, skip_mismatch: bool = False) -> list[str]:
    """Put into a model what a file holds.

    Args:
        root: the model, built.
        file: a path or a binary file.
        skip_mismatch: leave objects alone whose arrays do not fit.

    Returns:
        A sentence for each object that was left alone.

    Raises:
        ValueError: it is no such file, or its arrays do not fit; the model is then partly loaded.
    """
    import h5py

    problems = []
    try:
        h5 = h5py.File(file, "r")
    except OSError as problem:
        raise ValueError(f"The weight file {describe(file)} cannot be read: {problem}") from None
    with h5:
        for path, item in saveables(root):
            stored = _Group(_inside(h5, f"{path}/vars" if path else "vars"), path)
            try:
                take_arrays(item, stored)
            except (ValueError, KeyError) as problem:
                problems.append(f"{getattr(item, 'name', path)!r} ({type(item).__name__}, {path!r}): {problem}")
    if problems and not skip_mismatch:
        more = f" There are {len(problems) - 1} more such objects." if len(problems) > 1 else ""
        raise ValueError(f"The weights do not fit the model: {problems[0]}{more}")
    return problems


def _inside(group: Any, path: str) -> Any:
    """The group at a path within a file, or None; only members of the file itself."""
    import h5py

    for part in path.split("/"):
        if part not in group:
            return None
        if not isinstance(group.get(part, getlink=True), h5py.HardLink):
            raise ValueError(f"{group.name}/{part} in the weight file is a link to somewhere else; that is refused.")
        group = group[part]
        if not isinstance(group, h5py.Group):
            raise ValueError(f"{group.name} in the weight file must be a group of arrays; it is none.")
    return group


class _Group(Mapping[str, Any]):
    """The arrays of one object in a file, read when asked for."""

    def __init__(self, group: Any, path: str) -> None:
        self._group, self._path = group, path

    def __len__(self) -> int:
        return 0 if self._group is None else len(self._group)

    def __iter__(self) -> Iterator[str]:
        return iter(()) if self._group is None else iter(self._group)

    def __getitem__(self, name: str) -> np.ndarray:
        import h5py

        if self._group is None or name not in self._group:
            raise KeyError(f"the file has no array {name!r} for it")
        hard = isinstance(self._group.get(name, getlink=True), h5py.HardLink)
        dataset = self._group[name] if hard else None
        if not isinstance(dataset, h5py.Dataset) or dataset.external or dataset.is_virtual:
            raise ValueError(
                f"{self._path}/vars/{name} in the weight file is not an array of its own; that is refused."
            )
        size, stored = int(np.prod(dataset.shape, dtype=float)) * dataset.dtype.itemsize, dataset.id.get_storage_size()
        if size > _LARGEST_UNSTORED and size > _MOST_EXPANSION * stored:
            raise ValueError(
                f"{self._path}/vars/{name} in the weight file claims {size} bytes, of which {stored} are there; that "
                "is refused."
            )
        array = np.asarray(dataset[()])
        return array.view(numpy_dtype("bfloat16")) if dataset.attrs.get("dtype") == "bfloat16" else array
