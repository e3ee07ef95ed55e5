"""Anything a user passes to `fit`, as batches on the device."""

from tsuno.data.arrays import ArrayData as ArrayData
from tsuno.data.chunk import KEPT_LOGS as KEPT_LOGS
from tsuno.data.chunk import Chunk as Chunk
from tsuno.data.chunk import Data as Data
from tsuno.data.dataset import Dataset as Dataset
from tsuno.data.large import resident_limit as resident_limit
from tsuno.data.large import set_resident_limit as set_resident_limit
from tsuno.data.py_dataset import PyDataset as PyDataset
from tsuno.data.source import make_data as make_data
from tsuno.data.source import split_batch as split_batch
from tsuno.data.stream import StreamData as StreamData
