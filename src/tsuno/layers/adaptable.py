"""Layers whose main weight may be rewritten: given a low-rank part, or quantized.

The rewriting itself is in `rewrite`: it puts something else in the place of the weight. The layer's own `build` and
`call` know nothing of it.
"""

from __future__ import annotations

from typing import Any, ClassVar, Unpack

from tsuno.core.validate import PositiveInt
from tsuno.layers.base import Layer
from tsuno.layers.parts import LayerOptions
from tsuno.rewrite.low_rank import LowRank, enable_lora


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
        enable_lora(self, self.main, rank, self.lora_alpha, a_initializer, b_initializer, regularizer)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return config if self.lora_rank else {k: v for k, v in config.items() if not k.startswith("lora_")}
