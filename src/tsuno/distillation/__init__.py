"""Distillation: a small model learns from the labels and from what a larger, trained one makes of the same inputs."""

from tsuno.distillation.distiller import Distiller as Distiller
from tsuno.distillation.losses import DistillationLoss as DistillationLoss
from tsuno.distillation.losses import FeatureDistillation as FeatureDistillation
from tsuno.distillation.losses import LogitsDistillation as LogitsDistillation

__all__ = ["DistillationLoss", "Distiller", "FeatureDistillation", "LogitsDistillation"]
