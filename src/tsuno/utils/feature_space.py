"""Tables with columns of different kinds, as vectors: each column has a layer that prepares it, all of them one result.

A `Feature` says what a column is and which layer prepares it; a `Cross` makes one column of several.
"""

from __future__ import annotations

import builtins
import functools
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np

from tsuno import layers, ops, saving
from tsuno.core.config import Configurable
from tsuno.core.errors import describe, invalid, suggest, unknown
from tsuno.core.naming import auto_name
from tsuno.core.op import as_numpy
from tsuno.core.registry import serialize
from tsuno.core.spec import KerasTensor
from tsuno.core.validate import PositiveInt
from tsuno.layers.strings import as_text, holds_text

__all__ = ["FeatureSpace"]

_MODULE = "keras.src.layers.preprocessing.feature_space"
_BATCH = 32
Mode = Literal["int", "one_hot"]


class Cross(Configurable):
    """Several columns as one, by hashing; made by `FeatureSpace.cross`."""

    _config_module = _MODULE

    def __init__(self, feature_names: Sequence[str], crossing_dim: PositiveInt, output_mode: Mode = "one_hot") -> None:
        self.feature_names, self.crossing_dim, self.output_mode = tuple(feature_names), crossing_dim, output_mode

    @property
    def name(self) -> str:
        """The names of the columns, joined by `_X_`."""
        return "_X_".join(self.feature_names)


class Feature(Configurable):
    """What a column is, and the layer that prepares it; made by `FeatureSpace.feature` and its siblings."""

    _config_module = _MODULE

    def __init__(self, dtype: str, preprocessor: Any, output_mode: Literal["int", "one_hot", "float"]) -> None:
        self.dtype, self.preprocessor, self.output_mode = dtype, preprocessor, output_mode


class TFDIdentity(layers.Identity):
    """What prepares a column that is used as it is; the name is that in files of Keras."""

    _config_module = _MODULE


class FeatureSpace(layers.Layer):
    """The columns of a table as one vector for each row, or as a dict of vectors.

    Args:
        features: for each column, by name, its kind: `"float"`, `"float_normalized"`, `"float_rescaled"`,
            `"float_discretized"`, `"integer_categorical"`, `"string_categorical"`, `"integer_hashed"`,
            `"string_hashed"`; or what the method of that name returns, which has options.
        output_mode: `"concat"` for one vector, of columns in the order of their names and then of crosses, or `"dict"`.
        crosses: groups of columns to hash into one, as tuples of names or as what `FeatureSpace.cross` returns.
        crossing_dim: the number of bins of a cross.
        hashing_dim: the number of bins of a hashed column.
        num_discretization_bins: the number of bins of a discretized column.
        name: a name.

    Example:
        >>> space = tsuno.utils.FeatureSpace({"size": "float_normalized", "kind": "string_categorical"})
        >>> space.adapt({"size": [1.0, 3.0, 1.0, 3.0], "kind": ["cat", "dog", "dog", "dog"]})
        >>> space({"size": [3.0], "kind": ["dog"]}).tolist()
        [[0.0, 1.0, 0.0, 1.0]]
        >>> inputs, encoded = space.get_inputs(), space.get_encoded_features()
        >>> tsuno.Model(inputs, tsuno.layers.Dense(1)(encoded)).output_shape
        (None, 1)
    """

    _untracked = layers.Layer._untracked | {"inputs", "encoded_features"}

    def __init__(
        self,
        features: Mapping[str, Any],
        output_mode: Literal["concat", "dict"] = "concat",
        crosses: Sequence[Any] | None = None,
        crossing_dim: PositiveInt = 32,
        hashing_dim: PositiveInt = 32,
        num_discretization_bins: PositiveInt = 32,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if not features:
            raise invalid("FeatureSpace.features", "a dict with at least one column", features)
        self.crossing_dim, self.hashing_dim = crossing_dim, hashing_dim
        self.num_discretization_bins, self.output_mode = num_discretization_bins, output_mode
        self.features = {key: self._feature(key, value) for key, value in features.items()}
        self.crosses = [self._cross(cross) for cross in crosses or []]
        self.crosses_by_name = {cross.name: cross for cross in self.crosses}
        self.inputs = {
            key: layers.Input(shape=(1,), dtype=feature.dtype, name=key) for key, feature in self.features.items()
        }
        self.preprocessors = {key: feature.preprocessor for key, feature in self.features.items()}
        self.crossers = {
            cross.name: layers.HashedCrossing(cross.crossing_dim, name=cross.name) for cross in self.crosses
        }
        self.one_hot_encoders: dict[str, layers.Layer] = {}
        self.encoded_features: Any = None
        self._is_adapted = False

    # ------------------------------------------------------------------ kinds of columns

    @classmethod
    def cross(cls, feature_names: Sequence[str], crossing_dim: int, output_mode: Mode = "one_hot") -> Cross:
        """Several columns as one, each combination of values hashed into one of `crossing_dim` bins."""
        return Cross(feature_names, crossing_dim, output_mode)

    @classmethod
    def feature(cls, dtype: str, preprocessor: Any, output_mode: Literal["int", "one_hot", "float"]) -> Feature:
        """A column of any dtype, prepared by any layer; `output_mode` says whether to make one-hot vectors of it."""
        return Feature(dtype, preprocessor, output_mode)

    @classmethod
    def float(cls, name: str | None = None) -> Feature:
        """Numbers, used as they are."""
        return _made("float", "float32", functools.partial(TFDIdentity, dtype="float32"), "float", name)

    @classmethod
    def float_rescaled(
        cls, scale: builtins.float = 1.0, offset: builtins.float = 0.0, name: str | None = None
    ) -> Feature:
        """Numbers, times `scale` plus `offset`."""
        return _made("float_rescaled", "float32", layers.Rescaling, "float", name, scale=scale, offset=offset)

    @classmethod
    def float_normalized(cls, name: str | None = None) -> Feature:
        """Numbers, brought to mean 0 and variance 1."""
        return _made("float_normalized", "float32", layers.Normalization, "float", name, axis=-1)

    @classmethod
    def float_discretized(
        cls,
        num_bins: int | None,
        bin_boundaries: Sequence[builtins.float] | None = None,
        output_mode: Mode = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """Numbers, put into bins: `num_bins` equally full ones, or those between `bin_boundaries`."""
        bins = {"num_bins": num_bins, "bin_boundaries": bin_boundaries}
        return _made("float_discretized", "float32", layers.Discretization, output_mode, name, **bins)

    @classmethod
    def integer_categorical(
        cls,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        output_mode: Mode = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """Integers that stand for categories; see `IntegerLookup`."""
        limits = {"max_tokens": max_tokens, "num_oov_indices": num_oov_indices}
        return _made("integer_categorical", "int32", layers.IntegerLookup, output_mode, name, **limits)

    @classmethod
    def string_categorical(
        cls,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        output_mode: Mode = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """Strings that stand for categories; see `StringLookup`."""
        limits = {"max_tokens": max_tokens, "num_oov_indices": num_oov_indices}
        return _made("string_categorical", "string", layers.StringLookup, output_mode, name, **limits)

    @classmethod
    def string_hashed(cls, num_bins: int, output_mode: Mode = "one_hot", name: str | None = None) -> Feature:
        """Strings, hashed into bins."""
        return _made("string_hashed", "string", layers.Hashing, output_mode, name, num_bins=num_bins)

    @classmethod
    def integer_hashed(cls, num_bins: int, output_mode: Mode = "one_hot", name: str | None = None) -> Feature:
        """Integers, hashed into bins."""
        return _made("integer_hashed", "int32", layers.Hashing, output_mode, name, num_bins=num_bins)

    _KINDS: ClassVar[Mapping[str, Sequence[str]]] = {
        "float": (), "float_rescaled": (), "float_normalized": (), "float_discretized": ("num_discretization_bins",),
        "integer_categorical": (), "string_categorical": (), "integer_hashed": ("hashing_dim",),
        "string_hashed": ("hashing_dim",),
    }  # fmt: skip
    """The kinds by name, each with the attributes that its method takes."""

    def _feature(self, name: str, feature: Any) -> Feature:
        if isinstance(feature, Feature):
            return feature
        if feature not in self._KINDS:
            raise unknown(f"kind of the feature {name!r}:", feature, self._KINDS)
        make = getattr(type(self), feature)
        made: Feature = make(*(getattr(self, option) for option in self._KINDS[feature]), name=name)
        return made

    def _cross(self, cross: Any) -> Cross:
        cross = cross if isinstance(cross, Cross) else Cross(cross, self.crossing_dim)
        for name in cross.feature_names:
            if name not in self.features:
                raise unknown("feature in `FeatureSpace.crosses`:", name, self.features)
        return cross

    # ------------------------------------------------------------------ fitting to data

    def adapt(self, dataset: Any) -> None:
        """Let the layers of all columns find out what they need to know of data.

        Args:
            dataset: a dict of columns; or an iterable of dicts of values, or of batches of them.
        """
        if isinstance(dataset, Iterator):
            dataset = list(dataset)
        if not isinstance(dataset, (Mapping, Iterable)) or isinstance(dataset, (str, bytes)):
            raise invalid("FeatureSpace.adapt.dataset", "a dict of columns, or an iterable of such dicts", dataset)
        for name in self._adaptable():
            self.preprocessors[name].adapt(_batches(dataset, name))
        self._is_adapted = True
        self.encoded_features = None
        self.one_hot_encoders = {}
        self.get_encoded_features()
        self.built = True

    def _adaptable(self) -> list[str]:
        """The columns whose layers have something to find out."""
        told = {name for name, layer in self.preprocessors.items() if _is_told(layer)}
        return [name for name, layer in self.preprocessors.items() if hasattr(layer, "adapt") and name not in told]

    def _check_adapted(self) -> None:
        if not self._is_adapted and self._adaptable():
            raise ValueError(f"The FeatureSpace {self.name!r} must `adapt` to data before it is used.")
        self._is_adapted = True

    # ------------------------------------------------------------------ use

    def get_inputs(self) -> dict[str, KerasTensor]:
        """A symbolic input for each column, by name."""
        self._check_adapted()
        return self.inputs

    def get_encoded_features(self) -> Any:
        """The result for the symbolic inputs of `get_inputs`."""
        self._check_adapted()
        if self.encoded_features is None:
            self.encoded_features = self._encode(self.inputs)
        return self.encoded_features

    def __call__(self, data: Any) -> Any:
        self._check_adapted()
        if not isinstance(data, Mapping):
            raise invalid(f"{self.name}.data", "a dict of columns", data)
        missing = [name for name in self.features if name not in data]
        if missing:
            raise ValueError(f"The data for {self.name!r} lacks the column {missing[0]!r}.{suggest(missing[0], data)}")
        columns = {name: _as_array(data[name]) for name in self.features}
        single = all(column.ndim == 0 for column in columns.values())
        return self._squeezed(self._encode({name: _column(x) for name, x in columns.items()}), single)

    def _squeezed(self, result: Any, single: bool) -> Any:
        if not single:
            return result
        return {name: x[0] for name, x in result.items()} if isinstance(result, dict) else result[0]

    def _encode(self, columns: Mapping[str, Any]) -> Any:
        """The result for arrays, or for symbolic tensors."""
        prepared = {name: self.preprocessors[name](columns[name]) for name in self.features}
        crossed = {
            cross.name: self.crossers[cross.name]([prepared[name] for name in cross.feature_names])
            for cross in self.crosses
        }
        features: dict[str, Any] = {}
        for name, x in itertools.chain(sorted(prepared.items()), sorted(crossed.items())):
            spec = self.features[name] if name in prepared else self.crosses_by_name[name]
            features[name] = self._one_hot(name, x) if spec.output_mode == "one_hot" else x
        if self.output_mode == "dict":
            return features
        for name, x in features.items():
            if "float" not in str(x.dtype):
                raise ValueError(
                    f"The feature {name!r} is of dtype {x.dtype} and cannot be part of one vector. Let its output_mode "
                    "be 'one_hot', or that of the FeatureSpace 'dict'."
                )
        return ops.concatenate(list(features.values()), axis=-1)

    def _one_hot(self, name: str, x: Any) -> Any:
        if name not in self.one_hot_encoders:
            layer = self.preprocessors.get(name) or self.crossers[name]
            size = _cardinality(layer)
            if size is None or "int" not in str(x.dtype):
                raise ValueError(
                    f"The feature {name!r} cannot be one_hot: it is not known how many integers "
                    f"{describe(type(layer))} gives. Use output_mode='int'."
                )
            self.one_hot_encoders[name] = layers.CategoryEncoding(size, output_mode="multi_hot")
        return self.one_hot_encoders[name](x)

    # ------------------------------------------------------------------ files

    def save(self, filepath: Any) -> None:
        """Save the feature space in a `.keras` file, for `saving.load_model`."""
        saving.save_model(self, filepath)

    def get_config(self) -> dict[str, Any]:
        names = ("features", "output_mode", "crosses", "crossing_dim", "hashing_dim", "num_discretization_bins")
        return {name: serialize(getattr(self, name)) for name in names}

    def get_build_config(self) -> dict[str, Any]:
        """The shapes that the layers of columns were built for."""
        return {name: layer.get_build_config() for name, layer in self.preprocessors.items()}

    def build_from_config(self, config: Mapping[str, Any]) -> None:
        """Build the layers of columns; what they know of data comes with their weights and vocabularies."""
        for name, shapes in config.items():
            if not self.preprocessors[name].built:
                self.preprocessors[name].build_from_config(shapes)
        self._is_adapted = True


def _made(kind: str, dtype: str, layer: Any, output_mode: Any, name: str | None, **options: Any) -> Feature:
    return Feature(dtype, layer(name=f"{name or auto_name(kind)}_preprocessor", **options), output_mode)


def _is_told(layer: Any) -> bool:
    """Whether a layer was told what it would otherwise find out."""
    given = (getattr(layer, name, None) for name in ("input_mean", "input_vocabulary"))
    inner = getattr(layer, "_lookup_layer", layer)
    boundaries = isinstance(layer, layers.Discretization) and layer.num_bins is None
    return boundaries or any(x is not None for x in given) or getattr(inner, "_has_input_vocabulary", False)


def _cardinality(layer: Any) -> int | None:
    """How many different integers a layer may give, None if it is not known."""
    if hasattr(layer, "vocabulary_size"):
        size: int = layer.vocabulary_size()
        return size
    if isinstance(layer, layers.Discretization) and layer.bin_boundaries is not None:
        return len(layer.bin_boundaries) + 1
    found: int | None = getattr(layer, "num_tokens", getattr(layer, "num_bins", None))
    return found


def _as_array(value: Any) -> Any:
    if isinstance(value, KerasTensor):
        return value
    return as_text(value) if holds_text(value) else np.asarray(as_numpy(value))


def _column(x: Any) -> Any:
    """Values as a column: (batch, 1), a single value as one row."""
    if x.ndim == 0:
        return x.reshape(1, 1)
    return x[:, None] if x.ndim == 1 else x


def _batches(dataset: Any, name: str) -> Iterator[np.ndarray]:
    """Batches (rows, 1) of a column, of whole columns or of an iterable of rows or batches."""
    if isinstance(dataset, Mapping):
        column = _column(_as_array(dataset[name]))
        yield from (column[start : start + _BATCH] for start in range(0, len(column), _BATCH))
        return
    waiting: list[np.ndarray] = []
    for row in dataset:
        values = _as_array(row[name])
        if values.ndim:
            yield _column(values)
            continue
        waiting.append(_column(values))
        if len(waiting) == _BATCH:
            yield np.concatenate(waiting)
            waiting = []
    if waiting:
        yield np.concatenate(waiting)
