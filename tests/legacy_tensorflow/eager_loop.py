# ruff: noqa: B007, B905
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(7)
data, targets = rng.rand(32, 4).astype("float32"), rng.rand(32, 2).astype("float32")


class Net(tf.keras.Model):
    def __init__(self):
        super().__init__()
        constant = tf.keras.initializers.Constant(0.1)
        self.hidden = tf.keras.layers.Dense(5, activation="tanh", kernel_initializer=constant)
        self.out = tf.keras.layers.Dense(2, kernel_initializer=constant)

    def call(self, x):
        return self.out(self.hidden(x))


net = Net()
optimizer = tf.keras.optimizers.Adam(0.05)
mean = tf.keras.metrics.Mean()


@tf.function
def train_step(x, y):
    with tf.GradientTape() as tape:
        predictions = net(x)
        loss = tf.reduce_mean(tf.square(y - predictions))
    gradients = tape.gradient(loss, net.trainable_variables)
    optimizer.apply_gradients(zip(gradients, net.trainable_variables))
    return loss


found = {"losses": []}
checkpoint = tf.train.Checkpoint(model=net, optimizer=optimizer)
manager = tf.train.CheckpointManager(checkpoint, "checkpoints", max_to_keep=2)
for epoch in range(3):
    mean.reset_state()
    for start in range(0, 32, 8):
        mean(train_step(tf.constant(data[start : start + 8]), tf.constant(targets[start : start + 8])))
    found["losses"].append(float(mean.result()))
    manager.save()
before = net.out.kernel.numpy()
net.out.kernel.assign(tf.zeros_like(net.out.kernel))
checkpoint.restore(manager.latest_checkpoint)
assert (net.out.kernel.numpy() == before).all() and len(manager.checkpoints) == 2
found["kernel"] = before
writer = tf.summary.create_file_writer("logs/eager")
with writer.as_default():
    for step, loss in enumerate(found["losses"]):
        tf.summary.scalar("loss", loss, step=step)
    tf.summary.histogram("kernel", net.out.kernel, step=0)
writer.flush()
