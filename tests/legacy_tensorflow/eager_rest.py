# ruff: noqa: B905
import os

import numpy as np
import tensorflow as tf

tf.io.gfile.makedirs("some/folder")
pixels = np.random.RandomState(0).randint(0, 255, (6, 5, 3)).astype("uint8")
tf.io.write_file("some/folder/a.png", tf.io.encode_png(pixels))
with tf.io.gfile.GFile("some/folder/b.txt", "w") as file:
    file.write("text")
image = tf.io.decode_png(tf.io.read_file("some/folder/a.png"), channels=3)
listed = sorted(os.path.basename(path) for path in tf.io.gfile.glob("some/folder/*"))
tf.io.gfile.rmtree("some")

strategy = tf.distribute.get_strategy()
with strategy.scope():
    w = tf.Variable([2.0, -1.0], name="w")
optimizer = tf.keras.optimizers.SGD(0.1)
for _ in range(2):
    with tf.GradientTape() as tape:
        loss = tf.nn.l2_loss(w) + tf.reduce_sum(tf.nn.relu(w))
    optimizer.apply_gradients([(tape.gradient(loss, w), w)])
x = tf.constant(np.random.RandomState(1).rand(4, 6, 6, 3).astype("float32"))
tf.random.set_seed(1)
thinned = tf.nn.dropout(x, rate=0.5).numpy()
flipped = tf.image.random_flip_left_right(x).numpy()
either = [np.allclose(a, b) or np.allclose(a, b[:, ::-1]) for a, b in zip(flipped, x.numpy())]
bright = tf.image.random_brightness(x, max_delta=0.1).numpy() - x.numpy()
crop = tf.image.random_crop(x[0], [3, 2, 3])
checkpoint = tf.train.Checkpoint(step=tf.Variable(1, dtype=tf.int64), w=w)
manager = tf.train.CheckpointManager(checkpoint, "kept", max_to_keep=2, checkpoint_name="model")
for _ in range(3):
    checkpoint.step.assign_add(1)
    saved = manager.save()
checkpoint.step.assign(0)
checkpoint.restore(tf.train.latest_checkpoint("kept")).assert_existing_objects_matched()
try:
    missing = tf.nn.convolve is None
except AttributeError:
    missing = True
spec = tf.TensorSpec([None, 3], tf.float32)
tf.get_logger().setLevel("ERROR")
found = {
    "image": image.numpy(),
    "listed": listed,
    "gone": tf.io.gfile.exists("some"),
    "w": w.numpy(),
    "replicas": strategy.num_replicas_in_sync,
    "dropout": [bool(np.allclose(thinned[thinned != 0], 2 * x.numpy()[thinned != 0])), bool((thinned == 0).any())],
    "flipped": all(either),
    "bright": float(np.ptp(bright) < 1e-5 and abs(bright).max() <= 0.1),
    "crop": list(crop.shape),
    "step": int(checkpoint.step),
    "saved": [os.path.basename(path) for path in manager.checkpoints],
    "missing": missing,
    "spec": spec.is_compatible_with(tf.zeros([2, 3])),
    "gpus": len(tf.config.list_physical_devices("GPU")),
    "bytes": tf.compat.as_str(tf.compat.as_bytes("text")),
}
