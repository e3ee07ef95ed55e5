"""Several functions and collections of variables, gathered one by one and written as one artifact."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tsuno.core import tree
from tsuno.core.errors import describe, invalid
from tsuno.core.variable import Variable, variables_of
from tsuno.export.endpoint import Endpoint
from tsuno.export.files import write_onnx
from tsuno.export.saved_model import write_endpoints
from tsuno.export.signature import endpoint_of, refuse_text
from tsuno.export.stablehlo import write_stablehlo
from tsuno.layers import Layer


class ExportArchive:
    """A collection of functions, the endpoints, to be written as one artifact for serving.

    A SavedModel holds any number of endpoints; files of ONNX and StableHLO hold one.

    Example:
        >>> import tempfile
        >>> model = tsuno.Sequential([tsuno.Input((3,)), tsuno.layers.Dense(1, kernel_initializer="ones")])
        >>> archive = tsuno.export.ExportArchive()
        >>> archive.track(model)
        >>> signature = [tsuno.InputSpec(shape=(None, 3), dtype="float32")]
        >>> twice = archive.add_endpoint("twice", lambda x: 2 * model(x), signature)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     archive.write_out(f"{folder}/twice.stablehlo", verbose=False)
        ...     program = tsuno.export.load_stablehlo(f"{folder}/twice.stablehlo")
        >>> program(np.ones((1, 3), "float32")).tolist()
        [[6.0]]
    """

    def __init__(self) -> None:
        self._endpoints: dict[str, tuple[Endpoint, dict[str, Any]]] = {}
        self._collections: dict[str, list[Variable]] = {}
        self._tracked: list[Any] = []

    @property
    def variables(self) -> list[Variable]:
        """The variables of everything tracked."""
        return variables_of(self._tracked)

    @property
    def trainable_variables(self) -> list[Variable]:
        """Those of them that are trained."""
        return [variable for layer in self._tracked for variable in layer.trainable_variables]

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """Those of them that are not."""
        trained = {id(variable) for variable in self.trainable_variables}
        return [variable for variable in self.variables if id(variable) not in trained]

    def track(self, resource: Any) -> None:
        """Say which layer or model the endpoints use.

        Args:
            resource: a built layer or model.
        """
        if not isinstance(resource, Layer):
            raise invalid("ExportArchive.track.resource", "a layer or a model", resource)
        if not resource.built:
            raise ValueError(f"`{resource.name}` has no weights yet: build it before you track it.")
        if all(resource is not other for other in self._tracked):
            self._tracked.append(resource)

    def add_endpoint(self, name: str, fn: Any, input_signature: Any = None, **kwargs: Any) -> Any:
        """Enter a function under a name.

        Args:
            name: its name.
            fn: a function of tensors that uses what is tracked: a model, its `call`, or a function of your own.
            input_signature: a list of what its arguments are, as `InputSpec`s, `Input`s or arrays; needed unless `fn`
                is a model that knows.
            **kwargs: for a SavedModel, `jax2tf_kwargs` and `is_static`.

        Returns:
            The function.
        """
        if name in self._endpoints:
            raise ValueError(f"There is an endpoint named {name!r} already.")
        unexpected = set(kwargs) - {"jax2tf_kwargs", "is_static"}
        if unexpected:
            raise TypeError(f"`ExportArchive.add_endpoint` takes no argument {sorted(unexpected)[0]!r}.")
        if isinstance(fn, Layer):
            self.track(fn)
            self._endpoints[name] = (endpoint_of(fn, input_signature), kwargs)
            return fn
        if not callable(fn):
            raise invalid("ExportArchive.add_endpoint.fn", "a function or a model", fn)
        if input_signature is None:
            raise ValueError(
                f"The endpoint {name!r} needs `input_signature`: a list with the shape and dtype of each argument, for "
                "example [tsuno.InputSpec(shape=(None, 3), dtype='float32')]."
            )
        owner = getattr(fn, "__self__", None)
        if isinstance(owner, Layer):
            self.track(owner)
        for layer in self._tracked:
            refuse_text(layer)
        given = list(input_signature) if isinstance(input_signature, (list, tuple)) else [input_signature]
        names = [getattr(leaf, "name", None) for leaf in tree.flatten(given)]
        known = [each or f"input_{place}" for place, each in enumerate(names)]
        self._endpoints[name] = (Endpoint(list(self._tracked), fn, given, known, name=name), kwargs)
        return fn

    def track_and_add_endpoint(self, name: str, resource: Any, input_signature: Any = None, **kwargs: Any) -> Any:
        """`track` a model, and enter its call as an endpoint.

        Args:
            name: the endpoint's name.
            resource: a built layer or model.
            input_signature: see `add_endpoint`.
            **kwargs: see `add_endpoint`.
        """
        self.track(resource)
        return self.add_endpoint(name, resource, input_signature, **kwargs)

    def add_variable_collection(self, name: str, variables: Iterable[Variable]) -> None:
        """Enter a list of variables under a name; a SavedModel gives them back after loading.

        Args:
            name: the name.
            variables: the variables.
        """
        if not isinstance(variables, (list, tuple, set)) or not all(isinstance(each, Variable) for each in variables):
            raise invalid("ExportArchive.add_variable_collection.variables", "a list of variables", variables)
        self._collections[name] = list(variables)

    def write_out(self, filepath: Any, options: Any = None, verbose: bool = True) -> None:
        """Write the artifact: ONNX or StableHLO if the ending is `.onnx` or `.stablehlo`, else a SavedModel.

        Args:
            filepath: where to.
            options: `tf.saved_model.SaveOptions`, for a SavedModel.
            verbose: whether to print the endpoints.
        """
        if not self._endpoints:
            raise ValueError("There is nothing to write: call `add_endpoint` first.")
        path = Path(os.fspath(filepath))
        writers: dict[str, Callable[..., None]] = {".onnx": write_onnx, ".stablehlo": write_stablehlo}
        write = writers.get(path.suffix.lower())
        if write is None:
            write_endpoints(self._endpoints, self._collections, path, options)
        elif len(self._endpoints) > 1 or self._collections:
            raise ValueError(
                f"A {path.suffix} file holds one function and no collections; got {describe(sorted(self._endpoints))} "
                f"and {len(self._collections)} collections. Write several files, or a SavedModel."
            )
        else:
            write(next(iter(self._endpoints.values()))[0], path)
        if verbose:
            print(f"Saved artifact at '{path}'. Endpoints: {', '.join(self._endpoints)}.")
