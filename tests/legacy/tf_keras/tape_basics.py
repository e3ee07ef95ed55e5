# TF 2: variables, gradients of gradients, a line fitted by hand, clipped gradients, tf.function with control flow
import numpy as np
import tensorflow as tf

x = tf.constant(3.0)
with tf.GradientTape(persistent=True) as t:
    t.watch(x)
    y = x * x
    z = y * y
assert t.gradient(z, x).numpy() == 108.0
assert t.gradient(y, x).numpy() == 6.0
del t
x = tf.Variable(1.0)
with tf.GradientTape() as t:
    with tf.GradientTape() as t2:
        y = x * x * x
    dy_dx = t2.gradient(y, x)
d2y_dx2 = t.gradient(dy_dx, x)
assert dy_dx.numpy() == 3.0 and d2y_dx2.numpy() == 6.0


class Linear(object):
    def __init__(self):
        self.W = tf.Variable(5.0)
        self.b = tf.Variable(0.0)

    def __call__(self, x):
        return self.W * x + self.b


def loss(target_y, predicted_y):
    return tf.reduce_mean(tf.square(target_y - predicted_y))


model = Linear()
tf.random.set_seed(0)
inputs = tf.random.normal(shape=[200])
noise = tf.random.normal(shape=[200])
outputs = inputs * 3.0 + 2.0 + noise * 0.1
for epoch in range(40):
    with tf.GradientTape() as t:
        current_loss = loss(outputs, model(inputs))
    dW, db = t.gradient(current_loss, [model.W, model.b])
    model.W.assign_sub(0.1 * dW)
    model.b.assign_sub(0.1 * db)
assert abs(model.W.numpy() - 3) < 0.1 and abs(model.b.numpy() - 2) < 0.1

# a layer, its parts, gradients by list and by norm
layer = tf.keras.layers.Dense(4, activation='relu')
data = tf.convert_to_tensor(np.arange(6, dtype=np.float32).reshape(2, 3))
with tf.GradientTape() as tape:
    y = layer(data)
    value = tf.reduce_sum(y ** 2) + 0.01 * tf.nn.l2_loss(layer.kernel)
grads = tape.gradient(value, layer.trainable_variables)
assert [g.shape for g in grads] == [v.shape for v in layer.trainable_variables]
clipped, norm = tf.clip_by_global_norm(grads, 1.0)
assert abs(np.sqrt(sum(float(tf.reduce_sum(g ** 2)) for g in clipped)) - min(1., float(norm))) < 1e-4


@tf.function
def collatz(n):
    steps = tf.constant(0)
    while n > 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps


assert int(collatz(tf.constant(6))) == 8
a = tf.reshape(tf.range(6, dtype=tf.float32), (2, 3))
assert np.allclose(tf.matmul(a, a, transpose_b=True), a.numpy() @ a.numpy().T)
assert tf.argmax(a, axis=1).numpy().tolist() == [2, 2]
assert tf.concat([a, a], axis=0).shape.as_list() == [4, 3] and tf.stack([a, a]).shape == (2, 2, 3)
one_hot = tf.one_hot([0, 2], depth=3)
assert one_hot.numpy().tolist() == [[1, 0, 0], [0, 0, 1]]
assert np.allclose(tf.nn.softmax_cross_entropy_with_logits(labels=one_hot, logits=a),
                   tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[0, 2], logits=a))
print('ok')
