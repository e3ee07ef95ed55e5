"""Dtype policies: names, configurations and maps of layers' paths, as Keras has them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np
import pytest

import tsuno
from tsuno import dtype_policies

NAMES = [
    "float32", "bfloat16", "mixed_float16", "mixed_bfloat16", "int8_from_float32", "int8_from_mixed_bfloat16",
    "int4_from_float32", "float8_from_mixed_bfloat16", "float8_from_float16", "int4/128_from_float32",
    "int4/-1_from_mixed_float16", "gptq/4/128_from_float32", "gptq/3/-1_from_mixed_bfloat16", "awq/4/64_from_float32",
]  # fmt: skip
REFUSED = [
    ("int8_from_float16", "range is too small"), ("int8_from_float33", "'float32'"), ("int4/0_from_float32", "positive"),
    ("int4/x_from_float32", "int4/x"), ("int4/1/2_from_float32", "int4/<block_size>"), ("gptq/5/1_from_float32", "2, 3, 4"),
    ("gptq/4_from_float32", "gptq/<weight_bits>/<group_size>"), ("gptq/4/-2_from_float32", "-2"),
    ("awq/8/1_from_float32", "4"), ("int9_from_float32", "'int8'"), ("mixed_float33", "'mixed_float16'"),
]  # fmt: skip
MADE: list[tuple[str, dict[str, Any]]] = [
    ("DTypePolicy", {}), ("DTypePolicy", {"name": "mixed_float16"}), ("FloatDTypePolicy", {"name": "bfloat16"}),
    ("QuantizedDTypePolicy", {"mode": "int8"}), ("QuantizedDTypePolicy", {"mode": "int4", "source_name": "float16"}),
    ("QuantizedFloat8DTypePolicy", {"mode": "float8"}),
    ("QuantizedFloat8DTypePolicy", {"mode": "float8", "source_name": "bfloat16", "amax_history_length": 8}),
    ("Int4DTypePolicy", {"mode": "int4/32", "source_name": "float32"}),
    ("GPTQDTypePolicy", {"mode": "gptq/2/32", "source_name": "float32"}),
    ("AWQDTypePolicy", {"mode": "awq/4/-1", "source_name": "mixed_bfloat16"}),
]  # fmt: skip
SHOWN = ("name", "compute_dtype", "variable_dtype", "quantization_mode", "amax_history_length", "block_size",
         "weight_bits", "group_size")  # fmt: skip


def shown(policy: Any) -> dict[str, Any]:
    return {name: getattr(policy, name, None) for name in SHOWN}


@pytest.mark.parametrize("name", NAMES)
def test_names_are_read_as_keras_reads_them(name):
    mine, theirs = dtype_policies.get(name), keras.dtype_policies.get(name)
    assert shown(mine) == shown(theirs)
    assert repr(mine) == repr(theirs)
    assert dtype_policies.serialize(mine) == keras.dtype_policies.serialize(theirs)
    assert dtype_policies.deserialize(keras.dtype_policies.serialize(theirs)) == mine
    assert dtype_policies.get(name) is mine  # policies are made once


@pytest.mark.parametrize(("name", "hint"), REFUSED)
def test_wrong_names_are_refused_with_the_reason(name, hint):
    with pytest.raises(ValueError) as problem:
        dtype_policies.get(name)
    assert hint in str(problem.value)


@pytest.mark.parametrize(("kind", "arguments"), MADE, ids=[f"{kind}({a})" for kind, a in MADE])
def test_policies_are_made_as_in_keras(kind, arguments):
    mine, theirs = (getattr(module.dtype_policies, kind)(**arguments) for module in (tsuno, keras))
    assert shown(mine) == shown(theirs)
    assert mine.get_config() == theirs.get_config()
    again = type(mine).from_config(mine.get_config())
    assert again == mine and hash(again) == hash(mine)
    others = [getattr(tsuno.dtype_policies, other)(**given) for other, given in MADE]
    assert [mine == other for other in others] == [theirs == other for other in
            (getattr(keras.dtype_policies, other)(**given) for other, given in MADE)]  # fmt: skip


def test_the_source_is_the_default_policy_unless_named():
    tsuno.config.set_dtype_policy("mixed_bfloat16")
    assert dtype_policies.QuantizedDTypePolicy("int8").name == "int8_from_mixed_bfloat16"
    assert dtype_policies.GPTQDTypePolicy("gptq/4/8").get_config()["source_name"] == "mixed_bfloat16"
    assert dtype_policies.DTypePolicy().name == "mixed_bfloat16"
    assert dtype_policies.get({"class_name": "DTypePolicy", "config": {"name": None}}).name == "mixed_bfloat16"
    tsuno.config.set_dtype_policy("int8_from_float32")
    assert dtype_policies.get(None).quantization_mode == "int8"


def test_arguments_of_another_type_are_refused():
    with pytest.raises(TypeError, match="amax_history_length"):
        dtype_policies.QuantizedFloat8DTypePolicy("float8", "float32", "8")
    with pytest.raises(ValueError, match=r"DTypePolicy\.name"):
        dtype_policies.DTypePolicy(3)
    assert dtype_policies.get(np.float16).name == "float16"


@pytest.mark.parametrize("autocast", [True, False])
def test_inputs_are_cast_if_they_are_floats(autocast):
    mine, theirs = dtype_policies.get("mixed_float16"), keras.dtype_policies.get("mixed_float16")
    for x in (np.ones(2, "float32"), np.ones(2, "int32"), np.ones(2, "float16"), np.ones(2, bool)):
        got, wanted = (policy.convert_input(x, autocast, "float16") for policy in (mine, theirs))
        assert got.dtype == wanted.dtype and not isinstance(got, np.ndarray)
    symbol = mine.convert_input(tsuno.Input((2,)), autocast, "float16")
    assert symbol.dtype == ("float16" if autocast else "float32")
    assert mine.convert_input("text", autocast, "float16") == "text"


def maps(**arguments: Any) -> list[Any]:
    made = [module.dtype_policies.DTypePolicyMap(**arguments) for module in (tsuno, keras)]
    for policies in made:
        policies["encoder/dense"] = "bfloat16"
        policies["encoder/.*"] = "int8_from_float32"
        policies["decoder"] = "float16"
    return made


def test_a_map_gives_each_path_its_policy():
    mine, theirs = maps(default_policy="mixed_float16")
    for path in ("encoder/dense", "encoder/dense_1", "encoder", "decoder", "decoder/dense", ""):
        assert mine[path].name == theirs[path].name, path
        assert mine.at(path).name == theirs[path].name
    assert list(mine) == list(theirs) and len(mine) == 3 and "decoder" in mine
    assert [(key, policy.name) for key, policy in mine.items()] == [
        (key, policy.name) for key, policy in theirs.items()
    ]
    assert mine.get("encoder").name == theirs.get("encoder").name == mine.default_policy.name
    for name in ("name", "compute_dtype", "variable_dtype", "quantization_mode"):
        assert getattr(mine, name) == getattr(theirs, name)
    for policies in (mine, theirs):
        policies["encoder/d.*"] = "float32"
        with pytest.raises(ValueError, match="encoder/dense_1"):
            policies["encoder/dense_1"]
        with pytest.raises(ValueError, match="decoder"):
            policies["decoder"] = "float32"
        del policies["decoder"]
        assert policies["decoder"].name == "mixed_float16"
    assert dtype_policies.get("float32").at("encoder") is dtype_policies.get("float32")


@pytest.mark.parametrize("default", ["float32", "policy", None])
def test_a_map_is_written_and_read_as_keras_does(default):
    def make(module: Any) -> Any:
        get = module.dtype_policies.get
        policies = {"a/b": get("int8_from_float32"), "c": get("float32")}
        return module.dtype_policies.DTypePolicyMap(get("float32") if default == "policy" else default, policies)

    mine, theirs = make(tsuno), make(keras)
    data = dtype_policies.serialize(mine)
    assert data == keras.dtype_policies.serialize(theirs)
    assert dtype_policies.deserialize(data) == mine
    assert keras.dtype_policies.deserialize(data)["a/b"].name == "int8_from_float32"
    if default is None:  # where it is loaded under another default, what followed the default follows that one
        tsuno.config.set_dtype_policy("bfloat16")
        assert dtype_policies.deserialize(data)["a/b"].name == "int8_from_bfloat16"
        # Names other than the default's are no part of that; Keras loses them.
        other = dtype_policies.DTypePolicyMap(policy_map={"a": "float16"})
        assert dtype_policies.deserialize(dtype_policies.serialize(other))["a"].name == "float16"


def test_a_map_is_refused_where_it_makes_no_sense():
    with pytest.raises(ValueError, match="not another map"):
        dtype_policies.DTypePolicyMap(dtype_policies.DTypePolicyMap())
    with pytest.raises(TypeError, match="policy_map"):
        dtype_policies.DTypePolicyMap(policy_map=["float32"])


def test_policies_bring_in_no_engine():
    code = "import sys, tsuno; tsuno.dtype_policies.get('gptq/4/8_from_float32'); sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
