"""Settings of the process: default dtype, dtype policy, fuzz factor, image layout, limits and switches."""

from tsuno.core.dtypes import dtype_policy as dtype_policy
from tsuno.core.dtypes import set_dtype_policy as set_dtype_policy
from tsuno.core.errors import invalid
from tsuno.core.settings import disable_flash_attention as disable_flash_attention
from tsuno.core.settings import disable_interactive_logging as disable_interactive_logging
from tsuno.core.settings import disable_traceback_filtering as disable_traceback_filtering
from tsuno.core.settings import enable_flash_attention as enable_flash_attention
from tsuno.core.settings import enable_interactive_logging as enable_interactive_logging
from tsuno.core.settings import enable_traceback_filtering as enable_traceback_filtering
from tsuno.core.settings import enable_unsafe_deserialization as enable_unsafe_deserialization
from tsuno.core.settings import epsilon as epsilon
from tsuno.core.settings import floatx as floatx
from tsuno.core.settings import image_data_format as image_data_format
from tsuno.core.settings import is_flash_attention_enabled as is_flash_attention_enabled
from tsuno.core.settings import is_interactive_logging_enabled as is_interactive_logging_enabled
from tsuno.core.settings import is_traceback_filtering_enabled as is_traceback_filtering_enabled
from tsuno.core.settings import max_epochs as max_epochs
from tsuno.core.settings import max_steps_per_epoch as max_steps_per_epoch
from tsuno.core.settings import set_epsilon as set_epsilon
from tsuno.core.settings import set_floatx as set_floatx
from tsuno.core.settings import set_image_data_format as set_image_data_format
from tsuno.core.settings import set_max_epochs as set_max_epochs
from tsuno.core.settings import set_max_steps_per_epoch as set_max_steps_per_epoch


def backend() -> str:
    """The name of the array library underneath: `'jax'`."""
    return "jax"


def set_backend(backend: str) -> None:
    """Choose the array library; there is one, `'jax'`.

    Args:
        backend: `"jax"`.
    """
    if backend != "jax":
        fix = "Models saved with another backend load here unchanged: only the name must be left out."
        raise invalid("set_backend.backend", "'jax', the one array library that Tsuno runs on", backend, fix)


def is_nnx_enabled() -> bool:
    """Whether layers are modules of Flax NNX: no, they never are."""
    return False
