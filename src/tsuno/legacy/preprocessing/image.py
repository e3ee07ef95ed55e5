"""Images in batches, each drawn anew in each epoch; single images transformed; images between files and arrays."""

from tsuno.legacy.preprocessing.files import DataFrameIterator as DataFrameIterator
from tsuno.legacy.preprocessing.files import DirectoryIterator as DirectoryIterator
from tsuno.legacy.preprocessing.generator import ImageDataGenerator as ImageDataGenerator
from tsuno.legacy.preprocessing.iterators import Iterator as Iterator
from tsuno.legacy.preprocessing.iterators import NumpyArrayIterator as NumpyArrayIterator
from tsuno.legacy.preprocessing.pictures import list_pictures as list_pictures
from tsuno.legacy.preprocessing.pictures import load_img as load_img
from tsuno.legacy.preprocessing.transforms import apply_affine_transform as apply_affine_transform
from tsuno.legacy.preprocessing.transforms import apply_brightness_shift as apply_brightness_shift
from tsuno.legacy.preprocessing.transforms import apply_channel_shift as apply_channel_shift
from tsuno.legacy.preprocessing.transforms import apply_transform as apply_transform
from tsuno.legacy.preprocessing.transforms import flip_axis as flip_axis
from tsuno.legacy.preprocessing.transforms import random_brightness as random_brightness
from tsuno.legacy.preprocessing.transforms import random_channel_shift as random_channel_shift
from tsuno.legacy.preprocessing.transforms import random_rotation as random_rotation
from tsuno.legacy.preprocessing.transforms import random_shear as random_shear
from tsuno.legacy.preprocessing.transforms import random_shift as random_shift
from tsuno.legacy.preprocessing.transforms import random_zoom as random_zoom
from tsuno.legacy.preprocessing.transforms import transform_matrix_offset_center as transform_matrix_offset_center
from tsuno.utils.images import array_to_img as array_to_img
from tsuno.utils.images import img_to_array as img_to_array
from tsuno.utils.images import save_img as save_img
