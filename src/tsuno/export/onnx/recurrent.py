"""Loops that ONNX has an operator for: the steps of LSTM, GRU and a simple recurrent layer, known by their form.

Every step of a loop has been written as nodes when its form is looked at: which operator works on which of the step's
inputs, weights and results. A step of just this form, over the product of a sequence and a matrix, is the operator.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tsuno.export.onnx.graph import Graph, Value
from tsuno.export.onnx.rows import Equation
from tsuno.export.onnx.shapes import flipped

_LSTM = (
    "MatMul(e0,w0) Add(e2,n0) Split(n1,w1) Sigmoid(n1) Split(n3,w1) Mul(n4.1,e1) Tanh(n2.2) Mul(n4.0,n6) Add(n5,n7) "
    "Tanh(n8) Mul(n4.3,n9) -> n10,n8,n10"
)
_GRU = (
    "Split(e1,w0) MatMul(e0,w1) Add(n1,w2) Split(n2,w0) Add(n0.0,n3.0) Sigmoid(n4) Add(n0.1,n3.1) Sigmoid(n6) "
    "Mul(n7,n3.2) Add(n0.2,n8) Tanh(n9) Mul(n5,e0) Sub(w3,n5) Mul(n12,n10) Add(n11,n13) -> n14,n14"
)
_SIMPLE = "MatMul(e0,w0) Add(e1,n0) Tanh(n1) -> n2,n2"
_FORMS: dict[str, tuple[str, tuple[int, ...], int, int | None]] = {
    _LSTM: ("LSTM", (0, 3, 1, 2), 0, None),
    _GRU: ("GRU", (0, 1, 2), 1, 2),
    _SIMPLE: ("RNN", (0,), 0, None),
}
"""For each form: the operator, the order of its gates, and which weights are the recurrent matrix and its bias."""


def as_operator(
    e: Equation, step: Graph, inside: Sequence[Value], results: Sequence[Value], state: Sequence[Value], line: Value
) -> list[str] | None:
    """A loop as one operator, if its step has the form of one: the names of what it leaves and makes.

    Args:
        e: the loop.
        step: the nodes of a step.
        inside: what comes into a step.
        results: what a step leaves.
        state: what comes into the first step.
        line: the sequence that the steps take in.
    """
    form, weights = _form(step, inside, results)
    if form not in _FORMS or line.rank != 3 or line.dtype != np.float32:
        return None
    operator, gates, matrix, offset = _FORMS[form]
    source = _source(e, line)
    if source is None or not _splits_evenly(step):
        return None
    if operator == "GRU" and weights[3].reshape(-1).tolist() != [1.0]:
        return None
    name, kernel, bias, back = source
    recurrent = weights[matrix]
    units, label = recurrent.shape[0], f"{e.scope}/{operator}" if e.scope else operator

    def known(array: np.ndarray, what: str) -> str:
        """Weights with a gate after another, in the operator's order, features behind."""
        blocks = np.split(array, len(gates), axis=-1)
        ordered = np.concatenate([blocks[gate] for gate in gates], axis=-1)
        return e.constant(np.ascontiguousarray(ordered.T)[None], label=f"{label}/{what}").arranged()

    given = [name, known(kernel, "kernel"), known(recurrent, "recurrent_kernel"), "", ""]
    offsets = None if offset is None else weights[offset].reshape(-1)
    if bias is not None or offsets is not None:
        both = [np.zeros(len(gates) * units, np.float32) if each is None else each for each in (bias, offsets)]
        ordered = [np.concatenate([np.split(each, len(gates))[gate] for gate in gates]) for each in both]
        given[3] = e.constant(np.concatenate(ordered)[None], label=f"{label}/bias").arranged()
    given += [e.node("Unsqueeze", value.arranged(), e.vector(0)) for value in state]
    more = {"linear_before_reset": 1} if operator == "GRU" else {}
    direction = "reverse" if bool(e.params["reverse"]) != back else "forward"
    whole, *last = e.nodes(operator, 1 + len(state), *given, hidden_size=units, direction=direction, **more)
    made = e.node("Squeeze", whole, e.vector(1))
    return [*(e.node("Squeeze", each, e.vector(0)) for each in last), flipped(e, made, [0]) if back else made]


def _form(step: Graph, inside: Sequence[Value], results: Sequence[Value]) -> tuple[str, list[np.ndarray]]:
    """What a step does, in words of its own, and the weights that it reads; nothing if it reads anything else."""
    names = {str(value.name): f"e{place}" for place, value in enumerate(inside)}
    weights: list[np.ndarray] = []
    words = []
    for place, node in enumerate(step.nodes):
        for name in node.input:
            if name not in names:
                array = step.root.initializers.get(name)
                if array is None:
                    return "", []
                names[name] = f"w{len(weights)}"
                weights.append(array)
        words.append(f"{node.op_type}({','.join(names[name] for name in node.input)})")
        many = len(node.output) > 1
        names.update({name: f"n{place}.{i}" if many else f"n{place}" for i, name in enumerate(node.output)})
    ends = [names.get(value.arranged(), "") for value in results]
    return f"{' '.join(words)} -> {','.join(ends)}", weights


def _splits_evenly(step: Graph) -> bool:
    splits = [step.root.initializers[node.input[1]].tolist() for node in step.nodes if node.op_type == "Split"]
    return all(len(set(sizes)) == 1 for sizes in splits)


def _source(e: Equation, line: Value) -> tuple[str, np.ndarray, np.ndarray | None, bool] | None:
    """The sequence, time first, whose product with a known matrix, and a bias, the line is; and whether backwards."""
    graph, known = e.graph, e.graph.root.initializers
    forward, along = graph.flips.get(str(line.name), ("", []))
    back = along == [line.order[0]]
    name, bias = forward if back else line.name, None
    added = graph.maker(name, "Add")
    if added is not None:
        name, bias = added.input[0], known.get(added.input[1])
        if bias is None:
            return None
    product = graph.maker(name, "MatMul")
    kernel = None if product is None else known.get(product.input[1])
    if product is None or kernel is None or kernel.ndim != 2 or line.order not in ((1, 0, 2), (0, 1, 2)):
        return None
    if bias is not None and bias.shape != kernel.shape[1:]:
        return None
    turned = graph.turned(product.input[0], line.order)
    return turned, kernel, bias, back
