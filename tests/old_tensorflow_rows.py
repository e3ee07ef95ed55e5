"""Expressions of TensorFlow and what they are; run as a program, it computes them.

python tests/old_tensorflow_rows.py record     # with TensorFlow: writes files/tensorflow_arrays.json
python tests/old_tensorflow_rows.py eager      # with Tsuno in its place: prints JSON; also graph, function, …
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

FILE = Path(__file__).parent / "files" / "tensorflow_arrays.json"

INPUTS = {
    "x": np.array([[0.5, -1.25, 2.0], [3.5, 0.25, -0.75]], "float32"),
    "y": np.array([[1.5, 2.0, -0.5], [0.75, -2.25, 4.0]], "float32"),
    "p": np.array([[0.2, 0.5, 0.9], [0.7, 0.1, 0.3]], "float32"),
    "m": np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 2.0]], "float32"),
    "c": np.arange(24, dtype="float32").reshape(2, 3, 4) / 10,
    "i": np.array([2, 0, 1, 2], "int32"),
    "k": np.array([[5, -3, 7], [2, 9, -4]], "int32"),
    "b": np.array([[True, False, True], [False, False, True]]),
}

ROWS = """
tf.constant([1.5, 2.5]) + x[0, :2]
tf.constant(3, shape=[2, 2]) + k[:, :2]
tf.constant([[1, 2], [3, 4]], dtype=tf.float32)
tf.zeros([2, 3]) + x
tf.ones([3], tf.int32) * k
tf.fill([2, 3], 2.5) * x
tf.eye(3) * m
tf.eye(2, 3, batch_shape=[2])
tf.range(2, 9, 3)
tf.range(4.0)
tf.linspace(0.0, 1.0, 5)
tf.zeros_like(x)
tf.ones_like(k)
tf.zeros(tf.shape(x))
tf.reshape(x, [3, 2])
tf.reshape(x, [tf.shape(x)[0], -1, 1])
tf.reshape(c, [-1, tf.shape(c)[1] * tf.shape(c)[2]])
tf.reshape(c, tf.concat([tf.shape(c)[:1], [12]], 0))
tf.reshape(x, tf.stack([tf.shape(x)[0], 3]))
tf.tile(tf.expand_dims(x, 1), [1, tf.shape(x)[0], 1])
tf.transpose(x)
tf.transpose(c, perm=[2, 0, 1])
tf.expand_dims(x, -1)
tf.squeeze(tf.expand_dims(x, 1), axis=1)
tf.squeeze(tf.expand_dims(x, 1))
tf.concat([x, y], 0)
tf.concat([x, y], axis=-1)
tf.stack([x, y], axis=1)
tf.unstack(x, axis=1)
tf.unstack(m)
tf.split(c, 2, axis=2)
tf.split(c, [1, 2, 1], 2)
tf.slice(x, [0, 1], [2, -1])
tf.strided_slice(c, [0, 0, 1], [2, 3, 4], [1, 2, 2])
x[:, ::-1]
x[..., tf.newaxis]
c[:, -1, 1:3]
tf.gather(m, i)
tf.gather(c, [1, 0], axis=2)
tf.gather(p, [[0, 2], [1, 1]], batch_dims=1)
tf.gather_nd(m, [[0, 1], [2, 2]])
tf.gather_nd(c, [[1, 2]])
tf.scatter_nd([[1], [3]], tf.constant([5.0, 6.0]), [5])
tf.tensor_scatter_nd_update(m, [[0, 0], [2, 1]], [10.0, 20.0])
tf.tensor_scatter_nd_add(m, [[0], [2]], x)
tf.where(x > 0, x, y)
tf.where(b, x, 0.0)
tf.tile(x, [2, 1])
tf.repeat(i, 2)
tf.repeat(x, [1, 2], axis=0)
tf.pad(x, [[1, 0], [0, 2]])
tf.pad(x, [[1, 1], [2, 2]], "REFLECT")
tf.pad(x, [[1, 1], [0, 1]], mode="SYMMETRIC")
tf.pad(x, [[0, 0], [1, 1]], constant_values=9.0)
tf.reverse(x, [1])
tf.roll(i, shift=1, axis=0)
tf.one_hot(i, 3)
tf.one_hot(i, depth=4, on_value=5.0, off_value=-1.0, axis=0)
tf.one_hot(i, 3, dtype=tf.int32)
tf.argmax(x, 1)
tf.argmax(x)
tf.argmin(x, axis=-1, output_type=tf.int32)
tf.cast(x, tf.int32)
tf.cast(b, tf.float32)
tf.cast(x > 0, "int32")
tf.shape(c)
tf.shape(c)[1:]
tf.size(c)
tf.rank(c)
tf.meshgrid(tf.range(3), tf.range(2))
tf.meshgrid([1, 2], [3, 4, 5], indexing="ij")
tf.sort(x, axis=1)
tf.sort(i, direction="DESCENDING")
tf.argsort(x, axis=0)
tf.argsort(i, direction="DESCENDING", stable=True)
tf.searchsorted([1, 3, 5, 7], i + 2)
tf.cumsum(x, axis=1)
tf.cumsum(x, 1, exclusive=True, reverse=True)
tf.math.cumprod(x)
tf.math.bincount(i, minlength=4, maxlength=4)
tf.math.segment_sum(m, tf.constant([0, 0, 1]))
tf.math.unsorted_segment_sum(x, tf.constant([1, 1]), 3)
tf.math.unsorted_segment_max(p, tf.constant([1, 0]), 2)
tf.math.unsorted_segment_mean(m, tf.constant([2, 0, 2]), 3)
tf.sequence_mask(i, 3)
tf.sequence_mask([1, 2], maxlen=4, dtype=tf.float32)
tf.broadcast_to(x[:1], [4, 3])
tf.boolean_mask(x, b)
tf.boolean_mask(c, [True, False, True], axis=1)
tf.where(b)
tf.unique(i)
tf.dynamic_partition(i, [0, 1, 0, 1], 2)
tf.reverse_sequence(c, [2, 3], seq_axis=1, batch_axis=0)
tf.einsum("ij,kj->ik", x, y)
tf.tensordot(x, m, 1)
tf.tensordot(x, y, axes=[[0, 1], [0, 1]])
tf.matmul(x, m)
tf.matmul(x, y, transpose_b=True)
tf.matmul(x, y, transpose_a=True)
x @ m
tf.linalg.matvec(m, x[0])
tf.norm(x)
tf.norm(x, axis=1)
tf.norm(x, ord=1, axis=1, keepdims=True)
tf.norm(x, ord=np.inf)
tf.math.l2_normalize(x, axis=1)
tf.linalg.inv(m)
tf.linalg.det(m)
tf.linalg.svd(m, compute_uv=False)
tf.abs(tf.linalg.svd(m)[1])
tf.linalg.eigh(m)[0]
tf.abs(tf.linalg.qr(m)[1])
tf.linalg.cholesky(m)
tf.linalg.solve(m, tf.transpose(x))
tf.linalg.triangular_solve(tf.linalg.cholesky(m), tf.transpose(x))
tf.linalg.trace(m)
tf.linalg.diag(x)
tf.linalg.diag_part(m)
tf.linalg.band_part(m, 0, -1)
tf.linalg.set_diag(m, [7.0, 8.0, 9.0])
tf.linalg.logdet(m)
tf.linalg.matrix_transpose(c)
tf.clip_by_norm(x, 1.0)
tf.clip_by_value(x, -0.5, 1.0)
tf.clip_by_global_norm([x, y], 2.0)[0]
tf.linalg.global_norm([x, y])
tf.reduce_sum(x)
tf.reduce_sum(k, axis=0)
tf.reduce_mean(x, 1, keepdims=True)
tf.reduce_mean(k)
tf.reduce_max(x, axis=[0, 1])
tf.reduce_min(k, 1)
tf.reduce_prod(x, axis=0)
tf.reduce_any(b, axis=1)
tf.reduce_all(b, axis=0)
tf.reduce_logsumexp(x, axis=1)
tf.math.reduce_std(x, 0)
tf.math.reduce_variance(x)
tf.math.reduce_euclidean_norm(x, 1)
tf.math.count_nonzero(k, axis=1)
tf.add_n([x, y, x])
tf.math.accumulate_n([x, y])
tf.complex(x, y)
tf.math.real(tf.signal.fft(tf.cast(x, tf.complex64)))
tf.abs(tf.signal.rfft(x))
tf.signal.frame(x, 2, 1)
tf.signal.hann_window(6)
tf.math.angle(tf.complex(x, y))
tf.bitwise.bitwise_and(k, 3)
tf.add(x, 1.0) - tf.multiply(2.0, y)
tf.subtract(k, 2) // 3
tf.divide(x, y)
tf.math.floormod(k, 3)
tf.math.divide_no_nan(x, tf.zeros_like(x))
tf.pow(tf.abs(x), 1.5)
tf.square(x) + tf.sqrt(tf.abs(y))
tf.exp(x) * tf.sin(y)
tf.math.log(p) + tf.math.log1p(p) + tf.math.rsqrt(p)
tf.math.erf(x) + tf.math.lgamma(p) + tf.math.digamma(p)
tf.sign(x) * tf.round(y * 1.3) + tf.floor(x) - tf.math.ceil(y)
tf.maximum(x, y) - tf.minimum(x, 0.5)
tf.math.squared_difference(x, y)
tf.math.atan2(x, y) + tf.math.asinh(x)
tf.math.xlogy(p, p)
tf.equal(k, 9)
tf.greater_equal(x, y)
tf.logical_and(b, x > 0)
tf.math.logical_not(b)
tf.math.is_nan(x / 0.0 * 0.0)
tf.math.confusion_matrix([0, 1, 1], [0, 0, 1])
tf.math.top_k(x, 2)
tf.math.in_top_k([1, 0], p, 2)
tf.identity(x)
tf.stop_gradient(x * 2.0)
tf.bitcast(x, tf.int32)
tf.cond(tf.reduce_sum(x) > 0, lambda: x + 1.0, lambda: y)
tf.case([(tf.reduce_sum(x) > 100, lambda: x), (tf.reduce_sum(x) > 0, lambda: y)], default=lambda: x - y)
tf.switch_case(i[0], [lambda: x, lambda: y, lambda: x * y])
tf.while_loop(lambda n, t: n < 4, lambda n, t: (n + 1, t * 2.0), (tf.constant(0), x))
tf.map_fn(lambda r: tf.reduce_sum(r) * r, x)
tf.scan(lambda a, r: a * 0.5 + r, m)
tf.scan(lambda a, r: a + tf.reduce_sum(r), x, initializer=tf.constant(1.0))
tf.foldl(lambda a, r: a + r, m)
tf.foldr(lambda a, r: a * 0.5 + r, m)
tf.debugging.check_numerics(x, "no")
tf.convert_to_tensor([x[0, 0], x[1, 1]])
tf.vectorized_map(lambda r: r * 2.0, x)
tf.signal.dct(x, norm="ortho")
tf.signal.idct(x)
tf.signal.fftshift(x)
tf.abs(tf.signal.stft(tf.reshape(c, [-1]), 8, 4))
tf.signal.inverse_stft(tf.signal.stft(tf.reshape(c, [-1]), 8, 4), 8, 4)
tf.signal.linear_to_mel_weight_matrix(4, 9, 8000, 100.0, 3000.0)
tf.signal.overlap_and_add(x, 2)
tf.signal.hamming_window(5, periodic=False)
tf.space_to_batch_nd(tf.reshape(c, [2, 3, 4, 1]), [1, 2], [[0, 0], [0, 0]])
tf.batch_to_space(tf.reshape(c, [4, 2, 3, 1]), [2, 2], [[0, 1], [0, 0]])
tf.unravel_index([5, 7], [3, 4])
tf.linalg.expm(m * 0.1)
tf.linalg.sqrtm(m)
tf.linalg.pinv(m)
tf.linalg.lstsq(m, tf.transpose(x))
tf.linalg.normalize(x, axis=1)
tf.linalg.cholesky_solve(tf.linalg.cholesky(m), tf.transpose(x))
tf.linalg.adjoint(m)
tf.linalg.cross(m, m[::-1])
tf.math.zero_fraction(tf.nn.relu(x))
tf.math.polyval([x, y], 2.0)
tf.math.cumulative_logsumexp(x, axis=1)
tf.math.igamma(p, p * 2.0)
tf.math.multiply_no_nan(x, tf.zeros_like(x))
tf.math.reciprocal_no_nan(tf.constant([0.0, 4.0]))
tf.math.unsorted_segment_sqrt_n(m, tf.constant([0, 0, 1]), 2)
tf.math.truediv(k, 2)
tf.truncatediv(k, 2)
tf.histogram_fixed_width(x, [-1.0, 4.0], nbins=5)
tf.invert_permutation([2, 0, 1]) if hasattr(tf, "invert_permutation") else tf.math.invert_permutation([2, 0, 1])
tf.dynamic_stitch([[0, 2], [1]], [[10.0, 30.0], [20.0]])
tf.clip_by_norm(x, 0.5, axes=[1])
tf.gather(x, tf.argmax(x[0]), axis=1)
tf.matmul(c, c, transpose_b=True)
tf.shape(x)[0] * 2 + tf.rank(x)
tf.add(x, y, "sum") + tf.reshape(x, [-1, 3], "flat")
""".strip().splitlines()

FIRST = """
tf.to_float(k)
tf.to_int32(x)
tf.log(p)
tf.reduce_sum(x, reduction_indices=[1])
tf.reduce_mean(x, reduction_indices=1, keep_dims=True)
tf.argmax(x, dimension=1)
tf.expand_dims(x, dim=0)
tf.squeeze(tf.expand_dims(x, 0), squeeze_dims=[0])
tf.div(k, 2)
tf.matrix_inverse(m)
tf.matrix_determinant(m)
tf.matrix_band_part(m, -1, 0)
tf.diag([1.0, 2.0])
tf.count_nonzero(k)
tf.shape(tf.random_uniform(tf.shape(x), 2.0, 3.0))
tf.shape(tf.random_normal([tf.shape(x)[0], 5]))
tf.gradients(tf.reduce_sum(x * x * y), [x, y])
tf.where([True, False], x, y)
tf.cross(m, m[::-1])
tf.is_nan(x)
tf.lin_space(0.0, 2.0, 3)
tf.segment_sum(m, [0, 1, 1])
tf.py_func(lambda a: a * 2, [x], tf.float32)
tf.where(tf.equal(k, 9))
""".strip().splitlines()
"""Of TensorFlow 1, in graphs."""

OLDEST = {
    "tf.mul(x, y)": "x * y",
    "tf.sub(x, y)": "x - y",
    "tf.neg(x)": "-x",
    "tf.inv(y)": "1.0 / y",
    "tf.pack([x, y])": "tf.stack([x, y])",
    "tf.unpack(m)": "tf.unstack(m)",
    "tf.concat(1, [x, y])": "tf.concat([x, y], 1)",
    "tf.concat(concat_dim=0, values=[x, y])": "tf.concat([x, y], 0)",
    "tf.split(1, 3, x)": "tf.split(x, 3, 1)",
    "tf.batch_matmul(c, c, adj_y=True)": "tf.matmul(c, c, adjoint_b=True)",
    "tf.select(b, x, y)": "tf.where(b, x, y)",
    "tf.complex_abs(tf.complex(x, y))": "tf.abs(tf.complex(x, y))",
    "tf.reverse(x, [False, True])": "tf.reverse(x, [1])",
    "tf.unsorted_segment_sum(x, [1, 1], 3)": "tf.math.unsorted_segment_sum(x, [1, 1], 3)",
}
"""Of TensorFlow 0: what the last version calls otherwise."""

BY_VALUES = (
    "boolean_mask",
    "tf.where(b)",
    "unique",
    "dynamic_partition",
    "py_func",
    "tf.where(tf.equal",
    "segment_sum(m",
)
"""In what the shapes depend on values."""

GRADIENTS = """
tf.reduce_sum(x * y + tf.exp(x))
tf.reduce_sum(tf.reshape(x, [-1]) ** 3)
tf.reduce_mean(tf.matmul(x, m)) + tf.norm(x)
tf.reduce_max(x)
tf.reduce_sum(tf.concat([x, y], 1)[:, ::2] ** 2)
tf.reduce_sum(tf.gather(tf.transpose(x), i) ** 2)
tf.reduce_logsumexp(x)
tf.reduce_sum(tf.where(x > 0, x * x, y))
tf.reduce_sum(tf.boolean_mask(x, b) ** 2)
tf.reduce_sum(tf.stack(tf.unstack(x, axis=1)[:2]) ** 2)
tf.reduce_sum(tf.clip_by_value(x, -1.0, 1.0) * y)
tf.reduce_sum(tf.pad(x, [[1, 1], [0, 0]], "SYMMETRIC") ** 2)
tf.reduce_sum(tf.linalg.inv(tf.matmul(x, x, transpose_b=True) + tf.eye(2)))
tf.reduce_sum(tf.math.l2_normalize(x, 1) * y)
tf.reduce_sum(tf.cumsum(x, 1) ** 2)
tf.reduce_sum(tf.stop_gradient(x) * x)
tf.reduce_sum(tf.map_fn(lambda r: r * r[0], x))
tf.while_loop(lambda n, t: n < 3, lambda n, t: (n + 1, t * tf.reduce_sum(x)), (0, tf.constant(1.0)))[1]
tf.cond(x[0, 0] > 0, lambda: tf.reduce_sum(x * x), lambda: tf.reduce_sum(x))
tf.einsum("ij,jk,ik->", x, m, y)
tf.reduce_sum(tf.scatter_nd([[0], [2]], x, [4, 3]) ** 2)
tf.clip_by_global_norm([x], 1.0)[0][0][1, 0]
""".strip().splitlines()
"""Numbers whose gradients by x are taken by a tape, and in graphs."""

DATA = """
D.from_tensor_slices([1, 2, 3])
D.from_tensor_slices(np.arange(6).reshape(3, 2))
D.from_tensor_slices(([1, 2], [3.0, 4.0]))
D.from_tensor_slices({"a": [1, 2], "b": [[3], [4]]})
D.from_tensors([1, 2, 3])
D.from_tensor_slices(["a", "bc"])
D.range(5)
D.range(2, 10, 3)
D.range(10).batch(4)
D.range(10).batch(4, drop_remainder=True)
D.range(3).map(lambda x: x * 2)
D.range(3).map(lambda x: tf.cast(x, tf.float32) / 2.0, num_parallel_calls=tf.data.AUTOTUNE)
D.range(4).map(lambda x: (x, x + 1)).map(lambda a, b: a * b)
D.range(3).map(lambda x: {"x": x, "y": tf.ones([2]) * tf.cast(x, tf.float32)})
D.range(10).filter(lambda x: x % 3 == 0)
D.from_tensor_slices(([1, 2, 3], [4, 5, 6])).filter(lambda a, b: a + b > 5)
D.range(3).repeat(2)
D.range(3).repeat().take(7)
D.range(6).skip(4)
D.range(6).take(2).concatenate(D.range(2))
D.range(3).enumerate(start=5)
D.zip((D.range(3), D.range(10, 20)))
D.zip((D.range(2), (D.range(2, 4), D.range(4, 6))))
D.range(4).batch(2).unbatch()
D.range(3).flat_map(lambda x: D.from_tensor_slices([x, x]))
D.range(1, 6).interleave(lambda x: D.from_tensors(x).repeat(6), cycle_length=2, block_length=4)
D.range(3).interleave(lambda x: D.range(x), cycle_length=3)
D.range(7).window(3).flat_map(lambda w: w.batch(3))
D.range(7).window(3, shift=1, drop_remainder=True).flat_map(lambda w: w.batch(3))
D.range(10).window(2, shift=4, stride=2).flat_map(lambda w: w.batch(2))
D.range(1, 5).map(lambda x: tf.fill([x], x)).padded_batch(2)
D.range(1, 5).map(lambda x: tf.fill([x], x)).padded_batch(2, padded_shapes=[5], padding_values=np.int64(-1))
D.from_generator(lambda: iter([1, 2, 3]), output_types=tf.int32)
D.from_generator(lambda: ((n, [n] * n) for n in (1, 2)), output_types=(tf.int64, tf.float32))
D.from_generator(lambda n: range(n), args=[3], output_signature=tf.TensorSpec([], tf.int32))
D.range(4).cache().repeat(2)
D.range(4).prefetch(1).apply(lambda d: d.batch(2))
D.range(9).shard(3, 1)
D.range(10).take_while(lambda x: x < 4)
D.range(8).batch(2).map(lambda x: tf.reduce_sum(x)).batch(2)
D.range(8).group_by_window(lambda x: x % 2, lambda k, d: d.batch(4), window_size=4)
D.from_tensor_slices([1.5, 2.5]).map(lambda x: tf.strings.as_string(tf.cast(x, tf.int32)))
""".strip().splitlines()

NAMESPACE: dict[str, Any] = {"np": np}


def value(expression: str, tf: Any, given: dict[str, Any]) -> Any:
    return eval(expression, {"tf": tf, **NAMESPACE, **given})


def flat(found: Any) -> list[Any]:
    """Tensors in a result; dicts by key."""
    if isinstance(found, dict):
        return [leaf for key in sorted(found) for leaf in flat(found[key])]
    if isinstance(found, (list, tuple)):
        return [leaf for item in found for leaf in flat(item)]
    return [found]


def plain(x: Any) -> dict[str, Any]:
    """An array as JSON: its shape, its kind of numbers, and these."""
    array = np.asarray(x)
    kind = array.dtype.kind
    if kind in "SUO":
        return {"shape": list(array.shape), "kind": "S", "values": [bytes(v).decode() for v in array.ravel().tolist()]}
    parts = [array.real, array.imag] if kind == "c" else [array.astype("float64")]
    numbers = [float(f"{v:.8g}") for part in parts for v in part.ravel().tolist()]
    return {"shape": list(array.shape), "kind": kind, "values": numbers}


def eager(tf: Any, rows: Any = tuple(ROWS)) -> dict[str, Any]:
    given = {name: tf.constant(array) for name, array in INPUTS.items()}
    return {row: [plain(x.numpy()) for x in flat(value(row, tf, given))] for row in rows}


def function(tf: Any) -> dict[str, Any]:
    """All in one compiled function; each by itself where shapes depend on values."""

    def of(rows: list[str]) -> Any:
        return tf.function(lambda given: [flat(value(row, tf, given)) for row in rows])

    given = {name: tf.constant(array) for name, array in INPUTS.items()}
    groups = [[row for row in ROWS if not row.count("tf.where(b)") and not by_values(row)]]
    groups += [[row] for row in ROWS if by_values(row)]
    return {
        row: [plain(x.numpy()) for x in found]
        for group in groups
        for row, found in zip(group, of(group)(given), strict=True)
    }


def by_values(row: str) -> bool:
    return any(part in row for part in BY_VALUES)


def graph(tf: Any, rows: Any = (*ROWS, *FIRST, *OLDEST)) -> dict[str, Any]:
    """All in one run of a session, from placeholders whose number of rows is not known."""
    v1 = tf.compat.v1
    unknown = ("x", "y", "c", "i")
    given = {
        name: v1.placeholder(array.dtype, [None, *array.shape[1:]] if name in unknown else array.shape)
        for name, array in INPUTS.items()
    }
    tensors = {row: flat(value(row, v1, given)) for row in rows}
    feed = {given[name]: array for name, array in INPUTS.items()}
    results: dict[str, Any] = {}
    with v1.Session() as session:
        together = [row for row in rows if not by_values(row)]
        found = dict(zip(together, session.run([tensors[row] for row in together], feed), strict=True))
        for row in rows:
            results[row] = [plain(x) for x in (found[row] if row in found else session.run(tensors[row], feed))]
            for tensor, result in zip(tensors[row], results[row], strict=True) if "py_func" not in row else ():
                known = list(tensor.get_shape().as_list())
                fits = len(known) == len(result["shape"]) and all(
                    size in (None, own) for size, own in zip(known, result["shape"], strict=True)
                )
                if not fits:
                    results[row] = f"static shape {known}, shape {result['shape']}"
                    break
    return results


def gradients(tf: Any) -> dict[str, Any]:
    found = {}
    for row in GRADIENTS:
        given = {name: tf.constant(array) for name, array in INPUTS.items()}
        with tf.GradientTape() as tape:
            tape.watch(given["x"])
            number = value(row, tf, given)
        found[row] = [plain(number.numpy()), plain(tf.convert_to_tensor(tape.gradient(number, given["x"])).numpy())]
    return found


def gradients_in_graphs(tf: Any) -> dict[str, Any]:
    rows = [row.replace("tf.while_loop(", "tf.while_loop(maximum_iterations=5, cond=") for row in GRADIENTS]
    rows = [row.replace("cond=lambda n, t: n < 3, lambda", "cond=lambda n, t: n < 3, body=lambda") for row in rows]
    rows = [row.replace("(x)), (0, tf", "(x)), loop_vars=(0, tf") for row in rows]
    v1 = tf.compat.v1
    given = {name: v1.placeholder(array.dtype, array.shape) for name, array in INPUTS.items()}
    numbers = [value(row, v1, given) for row in rows]
    wanted = [[number, v1.gradients(number, given["x"])[0]] for number in numbers]
    feed = {given[name]: array for name, array in INPUTS.items()}
    with v1.Session() as session:
        together = session.run([pair for row, pair in zip(rows, wanted, strict=True) if not by_values(row)], feed)
        results = iter(together)
        return {
            name: [plain(x) for x in (session.run(pair, feed) if by_values(row) else next(results))]
            for name, row, pair in zip(GRADIENTS, rows, wanted, strict=True)
        }


def pipelines(tf: Any) -> dict[str, Any]:
    found = {}
    for row in DATA:
        dataset = value(row, tf, {"D": tf.data.Dataset})
        found[row] = [[plain(x.numpy()) for x in flat(element)] for element in dataset]
        again = [[plain(x) for x in flat(element)] for element in dataset.as_numpy_iterator()]
        found[row] = found[row] if found[row] == again else "the second pass differs"
    return found


def facts_at_once(tf: Any) -> dict[str, Any]:
    """What is found, and what it must be."""
    x = INPUTS["x"]
    facts: dict[str, Any] = {}
    tf.random.set_seed(5)
    first = tf.random.normal([4]).numpy(), tf.random.uniform([3], 0, 9, tf.int32).numpy()
    tf.random.set_seed(5)
    again = tf.random.normal([4]).numpy(), tf.random.uniform([3], 0, 9, tf.int32).numpy()
    facts["a seed starts all over"] = [bool((first[0] == again[0]).all() and (first[1] == again[1]).all()), True]
    draw = tf.function(lambda: tf.random.normal([3]))
    facts["a compiled function draws anew"] = [bool((draw().numpy() == draw().numpy()).any()), False]
    same = [tf.random.stateless_normal([3], seed=[1, 2]).numpy().tolist() for _ in range(2)]
    facts["stateless"] = [same[0] == same[1], True]
    made = tf.random.Generator.from_seed(3)
    facts["a generator moves on"] = [bool((made.normal([3]).numpy() == made.normal([3]).numpy()).any()), False]
    facts["truncated"] = [bool((np.abs(tf.random.truncated_normal([300]).numpy()) <= 2).all()), True]
    means = [tf.random.poisson([4000], 3.0), tf.random.gamma([4000], 3.0), tf.random.uniform([4000], 2.0, 4.0)]
    facts["means"] = [[round(float(tf.reduce_mean(each))) for each in means], [3, 3, 3]]
    facts["shuffle"] = [sorted(tf.random.shuffle([3, 1, 2]).numpy().tolist()), [1, 2, 3]]
    facts["categorical"] = [tf.random.categorical([[0.0, 90.0]], 5).numpy().tolist(), [[1] * 5]]
    facts["crop"] = [
        list(tf.image.random_crop(x, [1, 2]).shape) if hasattr(tf.image, "random_crop") else [1, 2],
        [1, 2],
    ]
    dtype = tf.float32
    facts["dtypes"] = [
        [
            dtype == np.float32,
            np.float32 == dtype,
            dtype == "float32",
            dtype != tf.float64,
            dtype.name,
            dtype.is_floating,
        ],
        [True, True, True, True, "float32", True],
    ]
    facts["dtype as numpy"] = [
        [np.zeros(1, dtype).dtype.name, tf.int32.as_numpy_dtype is np.int32, tf.int8.max],
        ["float32", True, 127],
    ]
    facts["text"] = [tf.strings.join(["a", tf.strings.upper("b")], "-").numpy().decode(), "a-B"]
    facts["parts of text"] = [[t.decode() for t in tf.strings.split("a b c").numpy()], ["a", "b", "c"]]
    facts["numbers in text"] = [tf.strings.to_number(["1.5", "2"]).numpy().tolist(), [1.5, 2.0]]
    facts["text in a condition"] = [bool(tf.reduce_all(tf.constant(["a", "b"]) == tf.constant(["a", "b"]))), True]
    seen = []
    for check in (
        lambda: tf.debugging.assert_equal(tf.constant([1, 2]), tf.constant([1, 3])),
        lambda: tf.debugging.assert_positive(tf.constant([1.0, -1.0])),
        lambda: tf.Assert(tf.constant(False), ["data"]),
        lambda: tf.debugging.check_numerics(tf.constant(np.nan), "bad"),
    ):
        try:
            check()
        except tf.errors.InvalidArgumentError:
            seen.append(True)
    facts["checks"] = [seen, [True] * 4]
    v = tf.Variable(2.0)

    @tf.function
    def chosen(flag: Any) -> Any:
        return tf.cond(flag, lambda: v.assign_add(1.0) * 1.0, lambda: v * 10.0)

    found = [float(chosen(tf.constant(True))), float(chosen(tf.constant(False))), float(v.numpy())]
    facts["a compiled branch assigns"] = [found, [3.0, 30.0, 3.0]]

    @tf.custom_gradient
    def steep(x: Any) -> Any:
        return x * x, lambda upstream: upstream * 100.0

    with tf.GradientTape() as tape:
        result = steep(v) * 2.0
    facts["custom gradient"] = [float(tape.gradient(result, v)), 200.0]
    host = tf.py_function(lambda a: a * 3.0, [tf.constant(2.0)], tf.float32)
    facts["python"] = [
        [float(host), float(tf.numpy_function(np.sum, [tf.constant([1.0, 2.0])], tf.float32))],
        [6.0, 3.0],
    ]
    data = tf.data.Dataset.from_tensor_slices((np.ones((10, 2), "float32"), np.ones((10, 1), "float32")))
    data = data.shuffle(10).batch(4).prefetch(tf.data.AUTOTUNE)
    facts["spec"] = [[list(s.shape.as_list()) for s in data.element_spec] + [len(data)], [[None, 2], [None, 1], 3]]
    model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    losses = model.fit(data, epochs=2, verbose=0).history["loss"]
    facts["fit"] = [losses[1] < losses[0], True]
    order = [[int(x) for x in tf.data.Dataset.range(9).shuffle(9, seed=2)] for _ in range(2)]
    facts["shuffled data"] = [[order[0] == order[1], sorted(order[0])], [True, list(range(9))]]
    summed = tf.data.Dataset.range(5).reduce(np.int64(0), lambda total, x: total + x)
    facts["reduced data"] = [int(summed), 10]
    return facts


def facts_of_graphs(tf: Any) -> dict[str, Any]:
    """What is found, and what it must be."""
    tf = tf.compat.v1
    tf.disable_eager_execution()
    facts: dict[str, Any] = {}
    array = np.arange(6, dtype="float32").reshape(3, 2)
    x = tf.placeholder(tf.float32, [None, 2])
    session = tf.Session()
    noise = tf.random_normal(tf.shape(x))
    slope = tf.gradients(tf.reduce_sum(noise * x), x)[0]
    runs = [session.run([noise, slope], {x: array}) for _ in range(2)]
    facts["the same within a run"] = [[bool(np.allclose(*run)) for run in runs], [True, True]]
    facts["anew in each run"] = [bool((runs[0][0] == runs[1][0]).any()), False]
    flag, v = tf.placeholder(tf.bool, []), tf.Variable(1.0)
    session.run(tf.global_variables_initializer())

    def updated() -> Any:
        with tf.control_dependencies([v.assign_add(10.0)]):
            return tf.identity(v) + tf.reduce_sum(x)

    branch = tf.cond(flag, updated, lambda: v * 2.0)
    found = [float(session.run(branch, {flag: way, x: array})) for way in (False, True)]
    facts["an effect in a branch"] = [[*found, float(session.run(v))], [2.0, 26.0, 11.0]]
    count = tf.placeholder(tf.int32, [])
    loop = tf.while_loop(lambda n, t: n < count, lambda n, t: (n + 1, t + tf.reduce_sum(x)), [tf.constant(0), 0.0])
    facts["a loop"] = [[float(each) for each in session.run(loop, {count: 4, x: array})], [4.0, 60.0]]
    w = tf.Variable([1.0, 2.0])
    session.run(tf.global_variables_initializer())
    hessian = session.run(tf.hessians(tf.reduce_sum(w**3), w)[0])
    facts["second derivatives"] = [hessian.tolist(), [[6.0, 0.0], [0.0, 12.0]]]
    through = tf.gradients(tf.scan(lambda a, row: a * w + row, x, initializer=tf.zeros([2]))[-1], w)[0]
    facts["through a scan"] = [session.run(through, {x: array}).tolist(), [2.0, 7.0]]
    shapes = [
        tf.reshape(x, [-1, 1]),
        tf.zeros([tf.shape(x)[0], 5]),
        tf.one_hot(tf.argmax(x, 1), 3),
        tf.range(tf.shape(x)[0]),
    ]
    words = tf.placeholder("float", [None, None, 2])
    rows = tf.reshape(words, [-1, 2]) * 2.0
    back = tf.reshape(rows, [tf.shape(words)[0], tf.shape(words)[1], 2])
    facts["there and back"] = [
        [back.get_shape().as_list(), session.run(back, {words: array[None]}).tolist()],
        [[None, None, 2], (array[None] * 2).tolist()],
    ]
    same = tf.concat([x, tf.zeros([3, 1])], 1)
    facts["an unknown size beside a known one"] = [session.run(same, {x: array})[:, 2].tolist(), [0.0] * 3]
    facts["static shapes"] = [[t.get_shape().as_list() for t in shapes], [[None, 1], [None, 5], [None, 3], [None]]]
    anything = tf.placeholder(tf.float32)
    sums = session.run([tf.reduce_sum(anything), tf.reshape(anything, [-1])[1], tf.shape(anything)], {anything: array})
    facts["any number of axes"] = [[float(sums[0]), float(sums[1]), sums[2].tolist()], [15.0, 1.0, [3, 2]]]
    facts["text"] = [session.run(tf.constant("Hello")).decode(), "Hello"]
    data = tf.data.Dataset.from_tensor_slices(array).repeat(2).batch(4)
    (row,) = [tf.data.make_one_shot_iterator(data).get_next()]
    wanted, seen = [tf.shape(row)[0], tf.reduce_sum(row), tf.gradients(tf.reduce_sum(row * v), v)[0]], []
    try:
        while True:
            seen.append([float(each) for each in session.run(wanted)])
    except tf.errors.OutOfRangeError:
        seen.append("end")
    facts["an iterator"] = [seen, [[4.0, 16.0, 16.0], [2.0, 14.0, 14.0], "end"]]
    given = tf.placeholder(tf.float32, [None])
    iterator = tf.data.make_initializable_iterator(tf.data.Dataset.from_tensor_slices(given).map(lambda t: t * 2.0))
    element, seen = iterator.get_next(), []
    for start in (1.0, 5.0):
        session.run(iterator.initializer, {given: np.array([start, start + 1], "float32")})
        seen += [float(session.run(element)), float(session.run(element))]
    facts["an initializable iterator"] = [seen, [2.0, 4.0, 10.0, 12.0]]
    return facts


def record() -> None:
    import tensorflow as tf

    with tf.Graph().as_default():
        first = graph(tf, FIRST)
    oldest = eager(tf, tuple(OLDEST.values()))
    rows = eager(tf)
    everything = {
        "rows": {**rows, **{row: first[row] for row in FIRST}, **{row: oldest[now] for row, now in OLDEST.items()}},
        "gradients": gradients(tf),
        "pipelines": pipelines(tf),
    }
    FILE.write_text(json.dumps(everything, separators=(",", ":")))
    print(f"{len(everything['rows'])} rows")


if __name__ == "__main__":
    if sys.argv[1] == "record":
        record()
    else:
        import tsuno.legacy

        tsuno.legacy.install()
        import tensorflow

        print(json.dumps({mode: globals()[mode](tensorflow) for mode in sys.argv[1:]}))
