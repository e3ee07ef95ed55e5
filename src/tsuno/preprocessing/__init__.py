"""Files, sequences and series as arrays and datasets: Keras' older namespace for what is in `utils`."""

from tsuno.preprocessing import image as image
from tsuno.preprocessing import sequence as sequence
from tsuno.utils.directory import image_dataset_from_directory as image_dataset_from_directory
from tsuno.utils.directory import text_dataset_from_directory as text_dataset_from_directory
from tsuno.utils.splitting import timeseries_dataset_from_array as timeseries_dataset_from_array
