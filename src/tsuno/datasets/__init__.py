"""Small data sets that books and courses begin with, as NumPy arrays.

They are fetched once, into the folder `datasets` of `$KERAS_HOME` or `~/.keras`, and compared with the hash that is
known of them. On a machine without a network, `TSUNO_DATASETS` names folders with copies of your own, which are used
as they are; see `tsuno.utils.get_file`, also for a mirror.
"""

from tsuno.datasets import boston_housing as boston_housing
from tsuno.datasets import california_housing as california_housing
from tsuno.datasets import cifar10 as cifar10
from tsuno.datasets import cifar100 as cifar100
from tsuno.datasets import fashion_mnist as fashion_mnist
from tsuno.datasets import imdb as imdb
from tsuno.datasets import mnist as mnist
from tsuno.datasets import reuters as reuters

__all__ = [
    "boston_housing", "california_housing", "cifar10", "cifar100", "fashion_mnist", "imdb", "mnist", "reuters",
]  # fmt: skip
