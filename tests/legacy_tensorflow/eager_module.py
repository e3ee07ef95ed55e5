# ruff: noqa: B905
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(9)
x, y = rng.rand(20, 3).astype("float32"), rng.rand(20, 1).astype("float32")


class Dense(tf.Module):
    def __init__(self, first, name=None):
        super().__init__(name=name)
        self.w = tf.Variable(first, name="w")
        self.b = tf.Variable(tf.zeros([first.shape[1]]), name="b")

    def __call__(self, x):
        return tf.matmul(x, self.w) + self.b


class Net(tf.Module):
    def __init__(self):
        super().__init__(name="net")
        self.layers = [
            Dense(rng.normal(0, 0.5, (3, 4)).astype("float32")),
            Dense(rng.normal(0, 0.5, (4, 1)).astype("float32")),
        ]

    @tf.function
    def __call__(self, x):
        return self.layers[1](tf.nn.relu(self.layers[0](x)))


net = Net()
losses = []
for _ in range(10):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((net(x) - y) ** 2) + 0.01 * tf.nn.l2_loss(net.layers[0].w)
    grads = tape.gradient(loss, net.trainable_variables)
    for g, v in zip(grads, net.trainable_variables):
        v.assign_sub(0.1 * g)
    losses.append(float(loss))
with tf.distribute.MirroredStrategy(["/cpu:0"]).scope():
    doubled = tf.Variable(2.0) * 2.0
found = {
    "losses": losses,
    "count": len(net.trainable_variables),
    "modules": len(net.submodules),
    "w": net.layers[0].w.numpy(),
    "doubled": float(doubled),
}
