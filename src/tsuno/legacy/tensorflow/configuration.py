"""`tf.config`, `tf.ConfigProto`, `tf.test`, `tf.app` and the like: settings, most of which have no meaning here."""

from __future__ import annotations

import argparse
import sys
import unittest
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

from tsuno import engine

# ---------------------------------------------------------------------- settings that are accepted


class _Settings:
    """Fields of any name, each of which is there when it is asked for."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self.__dict__[name] = made = _Settings()
        return made

    def CopyFrom(self, other: Any) -> None:
        """Take the fields of another one."""
        self.__dict__.update(vars(other))


class ConfigProto(_Settings):
    """Accepted by `Session` for compatibility."""


class GPUOptions(_Settings):
    """Accepted by `ConfigProto` for compatibility."""


class OptimizerOptions(_Settings):
    """Accepted by `ConfigProto` for compatibility."""

    L0, L1, OFF, ON_1, ON_2 = 0, -1, -1, 1, 2


class GraphOptions(_Settings):
    """Accepted by `ConfigProto` for compatibility."""


# ---------------------------------------------------------------------- devices


class PhysicalDevice(NamedTuple):
    """A device."""

    name: str
    device_type: str


LogicalDevice = PhysicalDevice


def _has_gpu() -> bool:
    return engine.memory() is not None


def list_physical_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """The devices, of one type if it is named."""
    kinds = ["CPU", *(["GPU"] * engine.device_count() if _has_gpu() else [])]
    places = [kinds[:at].count(kind) for at, kind in enumerate(kinds)]
    found = [PhysicalDevice(f"/physical_device:{kind}:{at}", kind) for kind, at in zip(kinds, places, strict=True)]
    return [each for each in found if device_type in (None, each.device_type)]


list_logical_devices = get_visible_devices = list_physical_devices


def set_visible_devices(devices: Any, device_type: Any = None) -> None:
    """Has no effect."""


def set_memory_growth(device: Any, enable: bool) -> None:
    """Has no effect: memory is taken as it is needed."""


def get_memory_growth(device: Any) -> bool:
    """Whether memory is taken as it is needed."""
    return True


def set_virtual_device_configuration(device: Any, logical_devices: Any) -> None:
    """Has no effect."""


set_logical_device_configuration = set_virtual_device_configuration


class VirtualDeviceConfiguration(_Settings):
    """Accepted for compatibility."""

    def __init__(self, memory_limit: Any = None, **fields: Any) -> None:
        super().__init__(memory_limit=memory_limit, **fields)


LogicalDeviceConfiguration = VirtualDeviceConfiguration


def get_memory_info(device: Any) -> dict[str, int]:
    """Bytes in use; not known here."""
    return {"current": 0, "peak": 0}


_flags: dict[str, bool] = {"functions": False}


def run_functions_eagerly(run_eagerly: bool) -> None:
    """Accepted for compatibility; functions stay compiled."""
    _flags["functions"] = bool(run_eagerly)


def functions_run_eagerly() -> bool:
    """What was last said to `run_functions_eagerly`."""
    return _flags["functions"]


def set_soft_device_placement(enabled: bool) -> None:
    """Has no effect."""


def set_intra_op_parallelism_threads(num_threads: int) -> None:
    """Has no effect."""


set_inter_op_parallelism_threads = set_intra_op_parallelism_threads


def enable_op_determinism() -> None:
    """Has no effect: the same seed gives the same numbers anyway."""


def get_soft_device_placement() -> bool:
    """Whether devices are chosen by themselves."""
    return True


optimizer = SimpleNamespace(set_jit=lambda enabled: None, set_experimental_options=lambda options: None)

# ---------------------------------------------------------------------- tf.test and device_lib


def is_gpu_available(cuda_only: bool = False, min_cuda_compute_capability: Any = None) -> bool:
    """Whether a GPU computes."""
    return _has_gpu()


def gpu_device_name() -> str:
    """The name of the first GPU; empty if there is none."""
    return "/device:GPU:0" if _has_gpu() else ""


def is_built_with_cuda() -> bool:
    """Whether a GPU computes."""
    return _has_gpu()


is_built_with_gpu_support = is_built_with_cuda


def is_built_with_rocm() -> bool:
    """No."""
    return False


def list_local_devices(session_config: Any = None) -> list[Any]:
    """The devices, with name and type."""
    return [
        SimpleNamespace(
            name=f"/device:{each.device_type}:{each.name.rpartition(':')[2]}", device_type=each.device_type,
            memory_limit=(engine.memory() if each.device_type == "GPU" else engine.host_memory()) or 0,
            physical_device_desc=each.name,
        )
        for each in list_physical_devices()
    ]  # fmt: skip


class TestCase(unittest.TestCase):
    """A test case."""


def main(argv: Any = None) -> None:
    """Run the tests of a program."""
    unittest.main(argv=argv)


# ---------------------------------------------------------------------- autograph and experimental


def do_not_convert(func: Any = None) -> Any:
    """The function."""
    return func if func is not None else lambda function: function


def set_verbosity(level: Any = 0, alsologtostdout: bool = False) -> None:
    """Has no effect."""


def to_code(entity: Any, *args: Any, **kwargs: Any) -> str:
    """Refused: functions are traced, not rewritten."""
    raise NotImplementedError("`tf.autograph.to_code` is not there: functions are traced, not rewritten.")


# ---------------------------------------------------------------------- tf.app and tf.flags


class _Flags:
    """The values of flags, read from the command line when one is first asked for."""

    def __init__(self) -> None:
        self.__dict__["_parser"] = argparse.ArgumentParser(allow_abbrev=False)
        self.__dict__["_values"] = None
        self.__dict__["_rest"] = []

    def _read(self, arguments: Any = None) -> None:
        given = sys.argv[1:] if arguments is None else list(arguments)
        self.__dict__["_values"], self.__dict__["_rest"] = self._parser.parse_known_args(given)

    def _add(self, name: str, **options: Any) -> None:
        self._parser.add_argument(f"--{name}", dest=name, **options)
        if self._values is not None:
            self._read()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self._values is None:
            self._read()
        if not hasattr(self._values, name):
            raise AttributeError(f"There is no flag {name!r}; those defined are {sorted(vars(self._values))}.")
        return getattr(self._values, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if self._values is None:
            self._read()
        setattr(self._values, name, value)

    def __call__(self, argv: Any = None, known_only: bool = False) -> list[str]:
        self._read(argv[1:] if argv else None)
        return [(argv or sys.argv)[0], *self._rest]

    def flag_values_dict(self) -> dict[str, Any]:
        """The flags by name."""
        if self._values is None:
            self._read()
        return dict(vars(self._values))


FLAGS: Any = _Flags()


def _truth(text: str) -> bool:
    lower = text.lower()
    if lower not in ("true", "false", "t", "f", "1", "0", "yes", "no", "y", "n"):
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return lower in ("true", "t", "1", "yes", "y")


def _defining(kind: Any, **options: Any) -> Callable[..., None]:
    def define(flag_name: str, default_value: Any = None, docstring: Any = None, **more: Any) -> None:
        default = more.get("default", default_value)
        FLAGS._add(flag_name, type=kind, default=default, help=docstring or more.get("help"), **options)

    return define


DEFINE_boolean = DEFINE_bool = _defining(_truth, nargs="?", const=True)
DEFINE_string, DEFINE_integer, DEFINE_float = _defining(str), _defining(int), _defining(float)


def DEFINE_enum(flag_name: str, default_value: Any, enum_values: Any, docstring: Any = None) -> None:
    """A flag with one of some values."""
    FLAGS._add(flag_name, default=default_value, choices=list(enum_values), help=docstring)


def DEFINE_list(flag_name: str, default_value: Any, docstring: Any = None) -> None:
    """A flag with a list of values, parted by commas."""
    FLAGS._add(flag_name, type=lambda text: text.split(","), default=default_value, help=docstring)


def run(main: Callable[..., Any] | None = None, argv: Any = None) -> None:
    """Read the flags and run the program's `main`; ends the program."""
    rest = FLAGS(argv or sys.argv)
    chosen = main or sys.modules["__main__"].main
    sys.exit(chosen(rest))


flags = SimpleNamespace(
    FLAGS=FLAGS, DEFINE_bool=DEFINE_bool, DEFINE_boolean=DEFINE_boolean, DEFINE_enum=DEFINE_enum,
    DEFINE_float=DEFINE_float, DEFINE_integer=DEFINE_integer, DEFINE_list=DEFINE_list, DEFINE_string=DEFINE_string,
)  # fmt: skip


AS_THEY_ARE = {
    "DEFINE_bool", "DEFINE_boolean", "DEFINE_enum", "DEFINE_float", "DEFINE_integer", "DEFINE_list", "DEFINE_string",
    "do_not_convert", "enable_op_determinism", "functions_run_eagerly", "get_memory_growth", "get_memory_info",
    "get_soft_device_placement", "get_visible_devices", "gpu_device_name", "is_built_with_cuda",
    "is_built_with_gpu_support", "is_built_with_rocm", "is_gpu_available", "list_local_devices",
    "list_logical_devices", "list_physical_devices", "main", "run", "run_functions_eagerly",
    "set_inter_op_parallelism_threads", "set_intra_op_parallelism_threads", "set_logical_device_configuration",
    "set_memory_growth", "set_soft_device_placement", "set_verbosity", "set_virtual_device_configuration",
    "set_visible_devices", "to_code",
}  # fmt: skip
