"""Dtypes by name, and policies: which dtype a layer computes in and which its weights are kept in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, ClassVar, Self

import numpy as np

from tsuno import engine
from tsuno.core.arithmetic import OPS, Arithmetic
from tsuno.core.config import Configurable
from tsuno.core.errors import invalid, unknown
from tsuno.core.registry import custom_object_scope, deserialize, serialize
from tsuno.core.settings import floatx

ALLOWED_DTYPES = (
    "bool", "int4", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bfloat16", "float16",
    "float32", "float64", "float8_e4m3fn", "float8_e5m2", "complex64", "complex128", "string",
)  # fmt: skip
QUANTIZATION_MODES = ("int8", "float8", "int4", "gptq", "awq")
_PYTHON_DTYPES = {bool: "bool", int: "int32", str: "string", complex: "complex64"}


def standardize_dtype(dtype: Any) -> str:
    """The name of a dtype given as a name, a NumPy or engine dtype, a Python type, or None for the default float.

    Example:
        >>> from tsuno.core.dtypes import standardize_dtype
        >>> standardize_dtype(float), standardize_dtype(int)
        ('float32', 'int32')
    """
    if dtype is None or dtype is float:
        return floatx()
    if dtype in _PYTHON_DTYPES:
        return _PYTHON_DTYPES[dtype]
    name = dtype if isinstance(dtype, str) else getattr(dtype, "name", None) or getattr(dtype, "__name__", str(dtype))
    name = str(name).rsplit(".", 1)[-1]  # torch.float32
    if name not in ALLOWED_DTYPES:
        raise unknown("dtype", dtype, ALLOWED_DTYPES)
    return name


def is_float(dtype: Any) -> bool:
    """Whether a dtype is a floating-point one, the small ones included."""
    return "float" in str(dtype)


def numpy_dtype(dtype: Any) -> np.dtype[Any]:
    """NumPy's dtype of that name; the small floats come from `ml_dtypes`."""
    name = standardize_dtype(dtype)
    if name in ("bfloat16", "int4") or name.startswith("float8"):
        import ml_dtypes

        return np.dtype(getattr(ml_dtypes, name))
    return np.dtype(name)


class DTypePolicy(Configurable):
    """Which dtype a layer computes in and which its variables have.

    Args:
        name: a dtype for both, such as `"float32"` or `"bfloat16"`; or `"mixed_bfloat16"` or `"mixed_float16"`, which
            compute in the half-width type and keep variables in float32. None for the name of the default policy.

    Example:
        >>> policy = tsuno.dtype_policies.DTypePolicy("mixed_bfloat16")
        >>> policy.compute_dtype, policy.variable_dtype
        ('bfloat16', 'float32')
    """

    _quantization_mode: str | None = None

    def __init__(self, name: str | None = None) -> None:
        name = dtype_policy().name if name is None else name
        if not isinstance(name, str):
            raise invalid("DTypePolicy.name", "the name of a dtype or of a mixed policy", name)
        if name in ("mixed_bfloat16", "mixed_float16"):
            self._compute_dtype, self._variable_dtype = name.removeprefix("mixed_"), "float32"
        else:
            options = [*ALLOWED_DTYPES, "mixed_bfloat16", "mixed_float16"]
            if name not in options:
                raise unknown("dtype policy", name, options)
            self._compute_dtype = self._variable_dtype = name
        self._name = name

    @property
    def name(self) -> str:
        """What the policy is known by, such as `"mixed_bfloat16"` or `"int8_from_float32"`."""
        return self._name

    @property
    def compute_dtype(self) -> str:
        """The dtype that inputs are cast to and that `call` works in."""
        return self._compute_dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype that weights are kept in."""
        return self._variable_dtype

    @property
    def quantization_mode(self) -> str | None:
        """How main weights are quantized: `int8`, `int4`, `float8`, `gptq`, `awq`, or None."""
        return self._quantization_mode

    def at(self, path: str) -> DTypePolicy:
        """The policy of the layer at a path: this one, unless the policy is a map of paths."""
        return self

    def convert_input(self, x: Any, autocast: bool, dtype: Any) -> Any:
        """`x` as a tensor, cast to `dtype` if it is of floats and `autocast` is set; other things as they are.

        Example:
            >>> tsuno.dtype_policies.DTypePolicy("float16").convert_input(np.ones(2), True, "float16").dtype
            dtype('float16')
        """
        if not isinstance(x, Arithmetic):
            if not hasattr(x, "__array__"):
                return x
            x = engine.asarray(x)
        name = standardize_dtype(dtype)
        if not autocast or not is_float(x.dtype) or standardize_dtype(x.dtype) == name:
            return x
        return OPS["cast"](x, name) if isinstance(x, Arithmetic) else x.astype(numpy_dtype(name))

    def _identity(self) -> tuple[Any, ...]:
        return (DTypePolicy if type(self) is FloatDTypePolicy else type(self), self.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicy) and other._identity() == self._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def __repr__(self) -> str:
        return f'<{self._identity()[0].__name__} "{self.name}">'


class FloatDTypePolicy(DTypePolicy):
    """Another name of `DTypePolicy`.

    Example:
        >>> tsuno.dtype_policies.FloatDTypePolicy("float32") == tsuno.dtype_policies.DTypePolicy("float32")
        True
    """


class QuantizedDTypePolicy(DTypePolicy):
    """A policy of layers whose main weights are kept in few bits; its name is `"<mode>_from_<source_name>"`.

    Args:
        mode: `"int8"`, `"int4"` (one scale for each output) or another of the modes of quantization.
        source_name: the policy before quantization, a dtype or a mixed policy; None for the default policy's name.

    Example:
        >>> policy = tsuno.dtype_policies.get("int8_from_mixed_bfloat16")
        >>> policy.quantization_mode, policy.compute_dtype
        ('int8', 'bfloat16')
    """

    _config_module = "keras.dtype_policies"
    _algorithm: ClassVar[str | None] = None
    _numbers: ClassVar[tuple[tuple[str, tuple[int, ...] | None], ...]] = ()
    """The numbers within the mode, in order: the name and the options of each, None for a size of groups."""
    mode: str

    def __init__(self, mode: str, source_name: str | None = None) -> None:
        super().__init__(source_name)
        algorithm, *numbers = str(mode).split("/")
        known = QUANTIZATION_MODES if self._algorithm is None else (self._algorithm,)
        if algorithm not in known or len(numbers) != len(self._numbers):
            forms = ["/".join([name, *(f"<{number}>" for number, _ in self._numbers)]) for name in known]
            raise invalid(f"{type(self).__name__}.mode", " or ".join(map(repr, forms)), mode)
        if algorithm == "int8" and self.compute_dtype == "float16":
            raise ValueError(
                f"{type(self).__name__}: mode 'int8' cannot compute in float16, whose range is too small for sums of "
                f"products; got source_name={self.name!r}. Use 'mixed_bfloat16'."
            )
        for (name, options), text in zip(self._numbers, numbers, strict=True):
            setattr(self, name, _number(f"{type(self).__name__}.mode", name, options, text, mode))
        self.mode = self._quantization_mode = algorithm
        self._name = f"{mode}_from_{self._name}"

    def get_config(self) -> dict[str, Any]:
        """The arguments, with the name of the source that was found."""
        mode, _, source = self.name.partition("_from_")
        return super().get_config() | {"mode": mode, "source_name": source}


class QuantizedFloat8DTypePolicy(QuantizedDTypePolicy):
    """A policy of layers that multiply 8-bit floats, with scales found from the largest values of recent steps.

    Args:
        mode: `"float8"`.
        source_name: the policy before quantization; None for the default policy's name.
        amax_history_length: how many steps are looked back on for a scale.

    Example:
        >>> tsuno.dtype_policies.get("float8_from_float32").amax_history_length
        1024

    Source: P. Micikevicius et al., *FP8 Formats for Deep Learning*, 2022.
    """

    default_amax_history_length = 1024

    def __init__(self, mode: str, source_name: str | None = None, amax_history_length: int = 1024) -> None:
        super().__init__(mode, source_name)
        if isinstance(amax_history_length, bool) or not isinstance(amax_history_length, int):
            where = "QuantizedFloat8DTypePolicy.amax_history_length"
            raise invalid(where, "an integer", amax_history_length, kind=TypeError)
        self._amax_history_length = amax_history_length

    @property
    def amax_history_length(self) -> int:
        """How many steps are looked back on for a scale."""
        return self._amax_history_length

    def _identity(self) -> tuple[Any, ...]:
        return (*super()._identity(), self.amax_history_length)


class Int4DTypePolicy(QuantizedDTypePolicy):
    """A policy of layers with 4-bit weights, with a scale and a zero point for each block of inputs.

    Args:
        mode: `"int4/<block_size>"`; a block size of -1 stands for one scale for each output.
        source_name: the policy before quantization; None for the default policy's name.

    Example:
        >>> tsuno.dtype_policies.get("int4/128_from_float32").block_size
        128
    """

    _algorithm = "int4"
    _numbers = (("block_size", None),)
    block_size: int


class GPTQDTypePolicy(QuantizedDTypePolicy):
    """A policy of layers whose weights were quantized by GPTQ.

    Args:
        mode: `"gptq/<weight_bits>/<group_size>"` with 2, 3, 4 or 8 bits; a group size of -1 stands for no groups.
        source_name: the policy before quantization; None for the default policy's name.

    Example:
        >>> policy = tsuno.dtype_policies.get("gptq/4/128_from_float32")
        >>> policy.weight_bits, policy.group_size
        (4, 128)

    Source: E. Frantar et al., *GPTQ: Accurate Quantization for Generative Pre-trained Transformers*, 2023.
    """

    _algorithm = "gptq"
    _numbers = (("weight_bits", (2, 3, 4, 8)), ("group_size", None))
    weight_bits: int
    group_size: int


class AWQDTypePolicy(QuantizedDTypePolicy):
    """A policy of layers whose weights were quantized by AWQ.

    Args:
        mode: `"awq/4/<group_size>"`; a group size of -1 stands for no groups.
        source_name: the policy before quantization; None for the default policy's name.

    Example:
        >>> tsuno.dtype_policies.get("awq/4/64_from_float32").group_size
        64

    Source: J. Lin et al., *AWQ: Activation-aware Weight Quantization for LLM Compression and Acceleration*, 2024.
    """

    _algorithm = "awq"
    _numbers = (("weight_bits", (4,)), ("group_size", None))
    weight_bits: int
    group_size: int


def _number(where: str, name: str, options: tuple[int, ...] | None, text: str, mode: str) -> int:
    """A number within a mode, checked."""
    number = int(text) if text.removeprefix("-").isdecimal() else 0
    if number not in options if options else number < -1 or number == 0:
        listed = ", ".join(map(str, options)) if options else "a positive integer, or -1 for none"
        raise invalid(where, f"a mode whose <{name}> is {'one of ' if options else ''}{listed}", mode)
    return number


class DTypePolicyMap(DTypePolicy):
    """Policies for layers by their paths; a mapping to which paths and regular expressions are added.

    A path takes the policy entered for itself; else that of the one expression which matches it as a whole; else the
    default.

    Args:
        default_policy: the policy of paths without one, as anything that `dtype_policies.get` takes; None for the
            default policy of the process, also where the map is loaded again.
        policy_map: a dict of policies by path or expression.

    Raises:
        ValueError: a path matches several expressions, or a key is entered twice.

    Example:
        >>> policies = tsuno.dtype_policies.DTypePolicyMap("float32")
        >>> policies["encoder/.*"] = "bfloat16"
        >>> policies["encoder/dense"].name, policies["decoder/dense"].name
        ('bfloat16', 'float32')
    """

    _config_module = "keras.dtype_policies"
    # A mapping in all it can do, but not by type: in a configuration a mapping would stand for plain data.
    keys: Any = Mapping.keys
    items: Any = Mapping.items
    values: Any = Mapping.values
    get: Any = Mapping.get
    pop: Any = MutableMapping.pop
    clear: Any = MutableMapping.clear
    update: Any = MutableMapping.update
    setdefault: Any = MutableMapping.setdefault

    def __init__(self, default_policy: Any = None, policy_map: dict[str, Any] | None = None) -> None:
        if isinstance(default_policy, DTypePolicyMap):
            raise invalid("DTypePolicyMap.default_policy", "a policy for all paths, not another map", default_policy)
        if policy_map is not None and not isinstance(policy_map, dict):
            where = "DTypePolicyMap.policy_map"
            raise invalid(where, "a dict of policies by path", policy_map, kind=TypeError)
        self._follows_default = default_policy is None
        default = self._default_policy = get_policy(default_policy)
        self._name, self._quantization_mode = f"map_{default.name}", default.quantization_mode
        self._compute_dtype, self._variable_dtype = default.compute_dtype, default.variable_dtype
        self._policies = {path: get_policy(policy) for path, policy in (policy_map or {}).items()}

    @property
    def default_policy(self) -> DTypePolicy:
        """The policy of paths without one."""
        return self._default_policy

    def at(self, path: str) -> DTypePolicy:
        return self[path] if path else self.default_policy

    def __getitem__(self, key: str) -> DTypePolicy:
        if key in self._policies:
            return self._policies[key]
        matches = [pattern for pattern in self._policies if re.fullmatch(pattern, key)]
        if len(matches) > 1:
            raise ValueError(
                f"DTypePolicyMap: the path {key!r} matches {' and '.join(map(repr, matches))}; at most one key may "
                "match a path. Enter a policy for the path itself, or change an expression."
            )
        return self._policies[matches[0]] if matches else self.default_policy

    def __setitem__(self, key: str, policy: Any) -> None:
        if key in self._policies:
            raise ValueError(f"DTypePolicyMap has {self._policies[key]!r} for {key!r} already; delete the key first.")
        self._policies[key] = get_policy(policy)

    def __delitem__(self, key: str) -> None:
        del self._policies[key]

    def __contains__(self, key: object) -> bool:
        return key in self._policies

    def __len__(self) -> int:
        return len(self._policies)

    def __iter__(self) -> Iterator[str]:
        return iter(self._policies)

    def get_config(self) -> dict[str, Any]:
        """The policies; where the default is the process's, names equal to its name are left out."""
        policies = serialize(self._policies)
        if self._follows_default:
            for config in (data["config"] for data in policies.values()):
                same = [key for key in ("name", "source_name") if config.get(key) == self.default_policy.name]
                config |= dict.fromkeys(same)
        return {"default_policy": serialize(self._arguments["default_policy"]), "policy_map": policies}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """A map from what `get_config` returned."""
        with custom_object_scope(custom_objects or {}):
            return super().from_config(config)

    def _identity(self) -> tuple[Any, ...]:
        return (type(self), self.name, tuple(sorted(self._policies.items(), key=lambda item: item[0])))

    def __repr__(self) -> str:
        policies = {path: policy.name for path, policy in self._policies.items()}
        return f"<DTypePolicyMap default_policy={self.default_policy.name!r}, policies={policies}>"


_default_policy: list[DTypePolicy] = []
_by_name: dict[str, DTypePolicy] = {}
_QUANTIZED = {"float8": QuantizedFloat8DTypePolicy, "gptq": GPTQDTypePolicy, "awq": AWQDTypePolicy}


def dtype_policy() -> DTypePolicy:
    """The policy that layers take when they are given no `dtype`."""
    return _default_policy[0] if _default_policy else _named(floatx())


def set_dtype_policy(policy: DTypePolicy | str) -> None:
    """Set the policy of layers made from now on.

    Args:
        policy: a `DTypePolicy` or its name, such as `"mixed_bfloat16"`.

    Example:
        >>> tsuno.config.set_dtype_policy("mixed_bfloat16")
        >>> tsuno.layers.Dense(3).compute_dtype
        'bfloat16'
        >>> tsuno.config.set_dtype_policy("float32")
    """
    _default_policy[:] = [get_policy(policy)]


def get_policy(identifier: Any) -> DTypePolicy:
    """A policy from a policy, a name, a dtype, a config, or None for the default.

    Example:
        >>> tsuno.dtype_policies.get("gptq/4/128_from_float32")
        <GPTQDTypePolicy "gptq/4/128_from_float32">
    """
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, dict):
        if identifier.get("class_name", "DTypePolicy") in ("DTypePolicy", "Policy", "PolicyV1"):
            return DTypePolicy(**identifier.get("config", identifier))
        policy: DTypePolicy = deserialize(identifier)
        return policy
    return _named(identifier if isinstance(identifier, str) else standardize_dtype(identifier))


def _named(name: str) -> DTypePolicy:
    """The policy of that name; policies do not change, so there is one of each."""
    if name not in _by_name:
        _by_name[name] = _from_name(name)
    return _by_name[name]


def _from_name(name: str) -> DTypePolicy:
    mode, separator, source = name.partition("_from_")
    if not separator:
        return DTypePolicy(name)
    algorithm, slash, _ = mode.partition("/")
    kind = Int4DTypePolicy if algorithm == "int4" and slash else _QUANTIZED.get(algorithm, QuantizedDTypePolicy)
    return kind(mode, source)
