"""Augmentations made of others: one after the other, a random few of them, or several random chains blended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Unpack

from tsuno import engine, random
from tsuno.core.context import set_mask
from tsuno.core.validate import NonNegative, PositiveInt
from tsuno.engine import xp
from tsuno.layers.base import Layer, require_layer
from tsuno.layers.image_base import BatchShape, ImageOptions, Interpolation, RandomImageLayer, Share, ValueRange, spread
from tsuno.layers.image_color import (
    RandomBrightness,
    RandomColorDegeneration,
    RandomContrast,
)
from tsuno.layers.image_effects import RandomPosterization, RandomSharpness, Solarization
from tsuno.layers.image_histogram import AutoContrast, Equalization
from tsuno.layers.image_warping import RandomRotation, RandomShear, RandomTranslation, Warp

__all__ = ["AugMix", "Pipeline", "RandAugment"]

# The inner layers by the names of the attributes that hold them, with their arguments that take the factor.
_KINDS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "random_shear": (RandomShear, ("x_factor", "y_factor")),
    "random_translation": (RandomTranslation, ("height_factor", "width_factor")),
    "random_rotation": (RandomRotation, ("factor",)),
    "random_brightness": (RandomBrightness, ("factor",)),
    "random_color_degeneration": (RandomColorDegeneration, ("factor",)),
    "random_contrast": (RandomContrast, ("factor",)),
    "random_sharpness": (RandomSharpness, ("factor",)),
    "random_posterization": (RandomPosterization, ()),
    "solarization": (Solarization, ("addition_factor", "threshold_factor")),
    "auto_contrast": (AutoContrast, ()),
    "equalization": (Equalization, ()),
}


class _Policy(RandomImageLayer):
    """Base of layers that apply others, chosen at random for the whole batch."""

    value_range: Any
    layer_names: Sequence[str]

    def _make_layers(self, names: Sequence[str]) -> None:
        self.layer_names = tuple(names)
        common = {"data_format": self.data_format, "bounding_box_format": self.bounding_box_format}
        for name in names:
            kind, factors = _KINDS[name]
            options: dict[str, Any] = {**common, "dtype": self.dtype_policy, **dict.fromkeys(factors, self.factor)}
            if issubclass(kind, RandomImageLayer):
                options["seed"] = self.seed
            if issubclass(kind, Warp):
                options["interpolation"] = self.interpolation
            else:
                options["value_range"] = self.value_range
            if kind is RandomPosterization:
                options["factor"] = max(1, int(8 * self.factor[1]))
            setattr(self, name, kind(**options))

    def _apply(self, method: str, value: Any, index: Any, transforms: Any) -> Any:
        """The method of the layer with a number; a number beyond the last stands for no change."""

        def of(name: str) -> Callable[[Any], Any]:
            return lambda x: getattr(getattr(self, name), method)(x, transforms(name))

        branches = [*(of(name) for name in self.layer_names), lambda x: x]
        return engine.switch(index, branches, value) if engine.is_traced(index) else branches[int(index)](value)


def _in_turn(count: int, step: Callable[[Any, Any], Any], value: Any, traced: bool) -> Any:
    """`step(value, position)` for positions from 0: a loop of the program, if a program is being made."""
    if traced:
        return engine.fori_loop(0, count, lambda position, x: step(x, position), value)
    for position in range(count):
        value = step(value, position)
    return value


class RandAugment(_Policy):
    """Apply a few layers, drawn from eleven that move or recolour, to each batch.

    Args:
        value_range: the lowest and the highest value of a pixel.
        num_ops: how many layers to apply; the same one may come twice.
        factor: the strength of each: drawn from 0 to this number (at most 1), or from a range.
        interpolation: `"nearest"` or `"bilinear"`, for layers that move pixels.
        seed: an integer for reproducible draws.
        data_format: `"channels_last"` (batch, height, width, 3) or `"channels_first"`.
        **kwargs: `bounding_box_format` and the arguments of every layer, see `Layer`.

    Example:
        >>> layer = tsuno.layers.RandAugment(seed=1)
        >>> layer(np.zeros((2, 8, 8, 3))).shape
        (2, 8, 8, 3)

    Source: Ekin D. Cubuk et al., *RandAugment: Practical Automated Data Augmentation with a Reduced Search
    Space*, 2019.
    """

    def __init__(
        self,
        value_range: ValueRange = (0, 255),
        num_ops: PositiveInt = 2,
        factor: Share = 0.5,
        interpolation: Interpolation = "bilinear",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.value_range, self.num_ops, self.factor = value_range, num_ops, spread(factor, 0)
        self.interpolation = interpolation
        self._make_layers(list(_KINDS))

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        chosen = random.randint((self.num_ops,), 0, len(self.layer_names), seed=seed)
        transforms = {name: getattr(self, name)._draw(shape, seed) for name in self.layer_names}
        return {"transforms": transforms, "layer_idxes": chosen}

    def _all(self, method: str, value: Any, transformation: Any) -> Any:
        chosen, transforms = transformation["layer_idxes"], transformation["transforms"]

        def step(x: Any, position: Any) -> Any:
            return self._apply(method, x, chosen[position], transforms.get)

        return _in_turn(self.num_ops, step, value, engine.is_traced(chosen))

    def _transform_images(self, images: Any, transformation: Any, interpolation: str) -> Any:
        return self._all("transform_images", images, transformation)

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        masks = xp.asarray(segmentation_masks)
        applies = self._applies(transformation, training)
        return self._all("transform_segmentation_masks", masks, transformation) if applies else masks

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any = None, training: bool = True) -> Any:
        applies = self._applies(transformation, training)
        return self._all("transform_bounding_boxes", bounding_boxes, transformation) if applies else bounding_boxes


class AugMix(_Policy):
    """Blend each batch with several versions of itself, each changed by a chain of random layers.

    Masks are blended in the same way; boxes and labels stay.

    Args:
        value_range: the lowest and the highest value of a pixel; results stay within.
        num_chains: how many chains there are.
        chain_depth: how many layers a chain has; one of the choices is to change nothing.
        factor: the strength of each layer: drawn from 0 to this number (at most 1), or from a range.
        alpha: the parameter of the Dirichlet and beta distributions that the weights of the blend come from.
        all_ops: whether brightness, contrast, colour and sharpness are among the layers.
        interpolation: `"nearest"` or `"bilinear"`, for layers that move pixels.
        seed: an integer for reproducible draws.
        data_format: `"channels_last"` (batch, height, width, 3) or `"channels_first"`.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> layer = tsuno.layers.AugMix(seed=1, num_chains=2)
        >>> layer(np.zeros((2, 8, 8, 3))).shape
        (2, 8, 8, 3)

    Source: Dan Hendrycks et al., *AugMix: A Simple Data Processing Method to Improve Robustness and Uncertainty*, 2019.
    """

    def __init__(
        self,
        value_range: ValueRange = (0, 255),
        num_chains: PositiveInt = 3,
        chain_depth: PositiveInt = 3,
        factor: Share = 0.3,
        alpha: NonNegative = 1.0,
        all_ops: bool = True,
        interpolation: Interpolation = "bilinear",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.value_range, self.num_chains, self.chain_depth = value_range, num_chains, chain_depth
        self.factor, self.alpha, self.all_ops, self.interpolation = spread(factor, 0), alpha, all_ops, interpolation
        extra = {"random_brightness", "random_color_degeneration", "random_contrast", "random_sharpness"}
        self._make_layers([name for name in _KINDS if all_ops or name not in extra])

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        weights = random.gamma((self.num_chains,), self.alpha, seed=seed)
        weight = random.beta((), self.alpha, self.alpha, seed=seed)
        steps = self.num_chains * self.chain_depth
        chosen = random.randint((steps,), 0, len(self.layer_names) + 1, seed=seed)
        # What all steps might need is drawn at once, as for a batch of as many times the size.
        many = (steps * shape[0], *shape[1:])

        def split(x: Any) -> Any:
            return x.reshape(steps, shape[0], *x.shape[1:]) if engine.is_array(x) else x

        drawn = {name: getattr(self, name)._draw(many, seed) for name in self.layer_names}
        transforms = {name: draw and {key: split(x) for key, x in draw.items()} for name, draw in drawn.items()}
        chains = {"layer_idxes": chosen, "transforms": transforms}
        return {"chain_mixing_weights": weights / weights.sum(), "weight_sample": weight, "chain_transforms": chains}

    def _blend(self, method: str, x: Any, transformation: Any) -> Any:
        chains = transformation["chain_transforms"]
        chosen, transforms = chains["layer_idxes"], chains["transforms"]
        weights, own = (transformation[key].astype(x.dtype) for key in ("chain_mixing_weights", "weight_sample"))
        traced = engine.is_traced(chosen)

        def link(value: Any, position: Any) -> Any:
            def of(name: str) -> Any:
                draw = transforms[name]
                return draw and {key: y[position] if engine.is_array(y) else y for key, y in draw.items()}

            return self._apply(method, value, chosen[position], of)

        def chain(total: Any, number: Any) -> Any:
            first = number * self.chain_depth
            changed = _in_turn(self.chain_depth, lambda value, depth: link(value, first + depth), x, traced)
            return total + changed * weights[number]

        return own * x + (1 - own) * _in_turn(self.num_chains, chain, xp.zeros_like(x), traced)

    def _transform_images(self, images: Any, transformation: Any, interpolation: str) -> Any:
        return xp.clip(self._blend("transform_images", images, transformation), *self.value_range)

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        masks = xp.asarray(segmentation_masks)
        if not self._applies(transformation, training):
            return masks
        return self._blend("transform_segmentation_masks", masks.astype(self.compute_dtype), transformation)


class Pipeline(Layer):
    """Layers applied one after the other, as one layer; for augmentation, as it trains unless told otherwise.

    Args:
        layers: the layers, in order.
        name: a name, unique within a model.

    Example:
        >>> pipeline = tsuno.layers.Pipeline([tsuno.layers.Rescaling(0.5), tsuno.layers.CenterCrop(1, 1)])
        >>> pipeline(np.full((2, 3, 3, 1), 4.0)).squeeze().tolist()
        [2.0, 2.0]
    """

    def __init__(self, layers: Sequence[Any], name: str | None = None) -> None:
        super().__init__(name=name)
        self.layers = [require_layer(layer, f"Pipeline.layers[{place}]") for place, layer in enumerate(layers)]

    def call(self, inputs: Any, training: bool = True, mask: Any = None) -> Any:
        if mask is not None:
            set_mask(inputs, mask)
        for layer in self.layers:
            inputs = layer(inputs, training=training)
        return inputs

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {key: config[key] for key in ("layers", "name")}
