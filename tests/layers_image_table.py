"""Every layer of images, in one or more rows: arguments that show what it can do, and images to do it to.

Random layers have a seed, so that Keras draws the same. Layers whose images are small and few compile fast.
"""

from __future__ import annotations

import functools

import numpy as np
from layer_rows import BATCH, Of, Table

ROWS = row = Table()

rng = np.random.default_rng(8)
IMAGES = rng.uniform(0, 255, (BATCH, 8, 8, 3)).astype("float32")
WIDE = rng.uniform(0, 1, (BATCH, 6, 9, 3)).astype("float32")
UNIT = (0, 1)

# ---------------------------------------------------------------------- size and scale

row("Rescaling", IMAGES, scale=1 / 127.5, offset=-1)
row("Rescaling", IMAGES[:, 0, :5, 0], scale=[1.0, 2.0, 3.0, 4.0, 5.0])
row("Resizing", WIDE, height=4, width=5)
row("Resizing", WIDE, height=7, width=11, interpolation="bicubic", antialias=True)
row("Resizing", WIDE, height=4, width=4, interpolation="nearest", crop_to_aspect_ratio=True)
row("Resizing", WIDE, height=4, width=4, pad_to_aspect_ratio=True, fill_value=0.5)
row("CenterCrop", WIDE, height=3, width=4)
row("CenterCrop", WIDE, height=8, width=4)
row("RandomCrop", WIDE, height=3, width=4, seed=3)
row("MaxNumBoundingBoxes", IMAGES, max_number=3, bounding_box_format="xyxy")

# ---------------------------------------------------------------------- movement

row("RandomFlip", WIDE, seed=1)
row("RandomFlip", WIDE, mode="horizontal", seed=2)
row("RandomFlip", WIDE, mode="vertical", seed=3)
row("RandomRotation", WIDE, factor=0.2, seed=1)
row("RandomRotation", IMAGES, factor=(0.1, 0.4), fill_mode="constant", fill_value=7.0, seed=2)
row("RandomTranslation", WIDE, height_factor=0.3, width_factor=(-0.2, 0.4), seed=1)
row("RandomTranslation", WIDE, height_factor=(0.1, 0.3), width_factor=0.5, fill_mode="wrap", seed=2)
row("RandomZoom", WIDE, height_factor=0.4, seed=1)
row("RandomZoom", WIDE, height_factor=(-0.3, -0.1), width_factor=0.2, interpolation="nearest", seed=2)
row("RandomShear", WIDE, x_factor=0.3, y_factor=(0.1, 0.2), fill_mode="nearest", seed=1)
row("RandomPerspective", WIDE, factor=(0.6, 0.9), scale=0.5, seed=1)
row("RandomElasticTransform", IMAGES, factor=(0.5, 1.0), scale=(0.7, 1.0), seed=4)

# ---------------------------------------------------------------------- colour

row("RandomBrightness", IMAGES, factor=0.3, seed=1)
row("RandomBrightness", WIDE, factor=(-0.2, 0.5), value_range=UNIT, seed=2)
row("RandomContrast", IMAGES, factor=(0.3, 0.8), seed=1)
row("RandomContrast", WIDE, factor=0.5, value_range=UNIT, seed=2)
row("RandomHue", IMAGES, factor=0.7, seed=1)
row("RandomHue", WIDE, factor=(0.2, 0.4), value_range=UNIT, seed=2)
row("RandomSaturation", WIDE, factor=(0.2, 0.8), value_range=UNIT, seed=1)
row("RandomColorDegeneration", IMAGES, factor=(0.2, 0.9), seed=1)
row("RandomGrayscale", IMAGES, factor=0.4, seed=1)
row("RandomColorJitter", IMAGES, brightness_factor=0.2, contrast_factor=(0.1, 0.3), hue_factor=0.2, seed=1)
row("RandomColorJitter", WIDE, value_range=UNIT, saturation_factor=0.6, seed=2)

# ---------------------------------------------------------------------- effects and histograms

row("RandomSharpness", IMAGES, factor=0.8, seed=1)
row("RandomGaussianBlur", IMAGES, factor=(0.3, 0.9), kernel_size=(3, 5), sigma=(0.3, 1.0), seed=1)
row("RandomInvert", WIDE, factor=(0.3, 0.9), value_range=UNIT, seed=1)
row("RandomPosterization", IMAGES, factor=(2, 6), seed=1)
row("RandomPosterization", WIDE, factor=(3, 3), value_range=UNIT)
row("Solarization", IMAGES, addition_factor=0.3, threshold_factor=(0.2, 0.7), seed=1)
row("AutoContrast", 0.5 * IMAGES + 20)
row("AutoContrast", WIDE, value_range=UNIT)
# One channel, and none of the values halfway between two levels, where libraries may round apart.
row("Equalization", IMAGES[..., :1], bins=16)
row("Equalization", WIDE[..., :1], value_range=UNIT, bins=8)
clahe = functools.partial(row, "ContrastLimitedAdaptiveHistogramEqualization")
clahe(IMAGES, tile_grid_size=(2, 2))
clahe(WIDE, value_range=UNIT, tile_grid_size=(2, 4), clip_limit=0.0)

# ---------------------------------------------------------------------- mixing and composition

row("MixUp", IMAGES, alpha=0.5, seed=1)
row("CutMix", IMAGES, factor=(0.5, 0.9), seed=1)
row("RandomErasing", IMAGES, factor=(0.5, 1.0), seed=1)
row("RandomErasing", IMAGES, scale=(0.2, 0.6), fill_value=5.0, seed=2)
row("AugMix", IMAGES, num_chains=2, chain_depth=2, seed=1)
row("RandAugment", IMAGES, num_ops=2, factor=(0.1, 0.5), seed=1)
row(
    "Pipeline", WIDE,
    layers=Of(lambda lib: [lib.layers.Resizing(4, 5, name="a"), lib.layers.RandomFlip("vertical", seed=1, name="b")]),
)  # fmt: skip
