"""Settings of the process: default dtype, dtype policy, fuzz factor, image layout."""

from tsuno.core.dtypes import dtype_policy as dtype_policy
from tsuno.core.dtypes import set_dtype_policy as set_dtype_policy
from tsuno.core.settings import epsilon as epsilon
from tsuno.core.settings import floatx as floatx
from tsuno.core.settings import image_data_format as image_data_format
from tsuno.core.settings import set_epsilon as set_epsilon
from tsuno.core.settings import set_floatx as set_floatx
from tsuno.core.settings import set_image_data_format as set_image_data_format


def backend() -> str:
    """The name of the array library underneath: `'jax'`."""
    return "jax"
