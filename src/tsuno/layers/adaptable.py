"""Layers whose main weight may be rewritten: given a low-rank part, or quantized.

The rewriting itself is in `rewrite`: it puts something else in the place of the weight. The layer's own `build` and
`call` know nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any, ClassVar, Unpack

from tsuno import engine, ops
from tsuno.core.context import scope
from tsuno.core.registry import in_library
from tsuno.core.validate import PositiveInt
from tsuno.core.variable import Composed
from tsuno.layers.base import Layer
from tsuno.layers.parts import LayerOptions
from tsuno.layers.stored import load_variables, own_variables
from tsuno.quantizers.config import AWQConfig, GPTQConfig, Int4QuantizationConfig, resolve_config
from tsuno.rewrite.integers import DENSE
from tsuno.rewrite.low_rank import LowRank, enable_lora
from tsuno.rewrite.quantized import blank_calibration, merged, put_calibrated, quantize_weight, quantized_policy


class Adaptable(Layer):
    """A layer with a main weight that `enable_lora` works on."""

    main: ClassVar[str] = "kernel"

    def __init__(
        self,
        *,
        lora_rank: PositiveInt | None = None,
        lora_alpha: float | None = None,
        activity_regularizer: Any = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.lora_rank = lora_rank
        self.lora_alpha = lora_rank if lora_alpha is None else lora_alpha

    def _finish_build(self) -> None:
        if self.lora_rank:
            self.enable_lora(self.lora_rank, self.lora_alpha)

    @contextmanager
    def _inside(self) -> Iterator[None]:
        """Where new weights get the path of those there are, and are made at once."""
        path = tuple(self.weights[0].path.split("/")[:-1])
        with engine.eager(), scope(path=path, compute_dtype=None, bindings=None):
            yield

    @property
    def lora_enabled(self) -> bool:
        """Whether the main weight has a low-rank part."""
        return isinstance(getattr(self, self.main, None), LowRank)

    def enable_lora(
        self,
        rank: int,
        lora_alpha: float | None = None,
        a_initializer: Any = "he_uniform",
        b_initializer: Any = "zeros",
    ) -> None:
        """Freeze the main weight W and train W + α/r · A · B instead, with small A and B.

        Args:
            rank: r, the number of columns of A and rows of B.
            lora_alpha: α; as large as `rank` by default.
            a_initializer: how A's first values are made.
            b_initializer: how B's first values are made; zeros leave the layer's outputs as they were.

        Raises:
            ValueError: the layer is not built, has a low-rank part already, or has a constraint on the weight.

        Source: E. Hu et al., *LoRA: Low-Rank Adaptation of Large Language Models*, 2021.
        """
        if not self.built:
            raise ValueError(f"`{self.path}` has no weights yet: call it, or its `build`, before `enable_lora`.")
        if self.lora_enabled:
            raise ValueError(f"`{self.path}` has a low-rank part already; `enable_lora` works once for each layer.")
        if getattr(self, f"{self.main}_constraint", None) is not None:
            raise ValueError(
                f"`{self.path}` has a {self.main}_constraint, which a low-rank part would go around: make the layer "
                "without it."
            )
        self.lora_rank, self.lora_alpha = rank, rank if lora_alpha is None else lora_alpha
        regularizer = getattr(self, f"{self.main}_regularizer", None)
        with self._inside():
            enable_lora(self, self.main, rank, self.lora_alpha, a_initializer, b_initializer, regularizer)

    def save_own_variables(self, store: MutableMapping[str, Any]) -> None:
        """Put the weights into a mapping, for files; a low-rank part is added to the weight that it belongs to."""
        whole = getattr(self, self.main)
        changed = merged(whole) if isinstance(whole, LowRank) and isinstance(whole.base, Composed) else {}
        for place, variable in enumerate(self._stored()):
            store[str(place)] = changed.get(id(variable), variable.numpy())

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Take the weights from what `save_own_variables` stored; a low-rank part begins anew, at zero."""
        load_variables(self, store, [getattr(each, "base", each) for each in self._stored()])
        if self.lora_enabled:
            for letter in "ab":
                variable = getattr(self, f"lora_{self.main}_{letter}")
                variable.assign(ops.zeros(variable.shape))

    def _stored(self) -> list[Any]:
        """The weights in the order of files: the main one first, except where it was found by example."""
        whole = getattr(self, self.main)
        own = [each for each in own_variables(self) if f"lora_{self.main}_" not in each.path]
        if not isinstance(whole, Composed) or self.quantization_mode in ("gptq", "awq"):
            return own
        if isinstance(whole, LowRank) and not isinstance(whole.base, Composed):
            return [whole, *(each for each in own if each is not whole.base)]
        form = whole.base if isinstance(whole, LowRank) else whole
        return [form.parts, *(each for each in own if each is not form.parts)]

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return config if self.lora_rank else {k: v for k, v in config.items() if not k.startswith("lora_")}


class Quantizable(Adaptable):
    """A layer whose weights can be quantized."""

    modes: ClassVar[tuple[str, ...]] = ("int8", "int4", "float8", "gptq", "awq")

    def __init__(self, *, quantization_config: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.quantization_config = quantization_config

    def _uses(self) -> dict[str, str]:
        """The weights to quantize, each with the einsum that it is used in."""
        return {self.main: DENSE}

    def _finish_build(self) -> None:
        super()._finish_build()
        # A layer that is made quantized gets weights of the right form, to be filled from a file.
        policy: Any = self.dtype_policy
        if policy.quantization_mode in ("gptq", "awq"):
            kind = GPTQConfig if policy.quantization_mode == "gptq" else AWQConfig
            blank: Any = kind(None, None, weight_bits=policy.weight_bits, group_size=policy.group_size)
            self._put_calibrated(blank, blank_calibration(getattr(self, self.main).shape, blank))
        elif policy.quantization_mode is not None:
            config = self.quantization_config
            if config is None and policy.quantization_mode == "int4":
                config = Int4QuantizationConfig(block_size=getattr(policy, "block_size", None))
            self._quantize(resolve_config(policy.quantization_mode, config))

    def _follow_policy(self) -> None:
        policy: Any = self.dtype_policy
        mode = policy.quantization_mode
        if self.built and mode in ("int8", "int4", "float8") and not self.is_quantized:
            blocks = hasattr(policy, "block_size")
            self._quantize(Int4QuantizationConfig(block_size=policy.block_size) if blocks else resolve_config(mode))

    def quantize(self, mode: str | None = None, type_check: bool = True, config: Any = None) -> None:
        """Put the weights in fewer bits, in place.

        Args:
            mode: `"int8"`, `"int4"`, `"float8"`, `"gptq"` or `"awq"`; that of `config` by default.
            type_check: whether to refuse classes of your own, whose `call` may use the weights in another way.
            config: a `QuantizationConfig`; the mode's default by default.

        The modes `gptq` and `awq` look at example inputs: use `Model.quantize`.

        Raises:
            ValueError: the layer is not built, or quantized already.
            NotImplementedError: the mode is not for this layer.
        """
        chosen = resolve_config(mode, config)
        if not self.built:
            raise ValueError(f"`{self.path}` has no weights yet: call it, or its `build`, before `quantize`.")
        if chosen.mode not in self.modes:
            raise NotImplementedError(
                f"`{self.path}` ({type(self).__name__}) cannot be quantized to {chosen.mode}, only to "
                f"{', '.join(self.modes)}."
            )
        if type_check and not in_library(type(self)):
            raise NotImplementedError(
                f"`{self.path}` is of a class of your own, {type(self).__name__}: pass type_check=False if its `call` "
                "uses the weights as the class above it does."
            )
        if self.quantization_mode is not None:
            raise ValueError(f"`{self.path}` is quantized already, to {self.quantization_mode}.")
        self.quantization_config = chosen
        if chosen.mode not in ("gptq", "awq"):
            self._quantize(chosen)

    def _quantize(self, config: Any) -> None:
        with self._inside():
            for weight, equation in self._uses().items():
                quantize_weight(self, weight, equation, config)
        self._dtype_policy = quantized_policy(self, config)

    def _put_calibrated(self, config: Any, arrays: Any) -> None:
        """Take weights found from example inputs."""
        with self._inside():
            ((weight, equation),) = self._uses().items()
            put_calibrated(self, weight, equation, config, arrays)
        self._dtype_policy = quantized_policy(self, config)

    @property
    def is_quantized(self) -> bool:
        """Whether the main weight is in fewer bits."""
        return isinstance(getattr(self, self.main, None), Composed) and self.quantization_mode is not None
