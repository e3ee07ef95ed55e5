"""Metrics: what is measured while training, and after it."""

from tsuno.metrics.base import Mean as Mean
from tsuno.metrics.base import MeanMetricWrapper as MeanMetricWrapper
from tsuno.metrics.base import Metric as Metric
