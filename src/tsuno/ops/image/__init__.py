"""Images as tensors: (height, width, channels) or a batch of them, channels first where the data format says so."""

from tsuno.ops.image.color import *
from tsuno.ops.image.filtering import *
from tsuno.ops.image.framing import *
from tsuno.ops.image.resampling import *
from tsuno.ops.image.warping import *
