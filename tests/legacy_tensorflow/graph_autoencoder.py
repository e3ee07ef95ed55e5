import numpy as np
import tensorflow as tf

rng = np.random.RandomState(3)
data = rng.rand(12, 8).astype("float32")
X = tf.placeholder("float", [None, 8])
sizes = {"encoder": [8, 5], "code": [5, 3], "decoder": [3, 5], "out": [5, 8]}
weights = {key: tf.Variable(rng.normal(0, 0.5, size).astype("float32")) for key, size in sizes.items()}
biases = {key: tf.Variable(tf.zeros([size[1]])) for key, size in sizes.items()}
layer = X
for key in sizes:
    layer = tf.nn.sigmoid(tf.add(tf.matmul(layer, weights[key]), biases[key]))
cost = tf.reduce_mean(tf.pow(X - layer, 2))
global_step = tf.Variable(0, trainable=False)
rate = tf.train.exponential_decay(0.05, global_step, 3, 0.9, staircase=True)
optimizer = tf.train.RMSPropOptimizer(rate, momentum=0.5, centered=True)
pairs = optimizer.compute_gradients(cost)
clipped = [(tf.clip_by_value(g, -0.01, 0.01), v) for g, v in pairs]
train = optimizer.apply_gradients(clipped, global_step=global_step)
ema = tf.train.ExponentialMovingAverage(0.9)
with tf.control_dependencies([train]):
    train_and_average = ema.apply([weights["code"]])
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    costs = []
    for _ in range(8):
        sess.run(train_and_average, feed_dict={X: data})
        costs.append(sess.run(cost, {X: data}))
    found = {
        "costs": costs,
        "rate": sess.run(rate),
        "step": sess.run(global_step),
        "code": sess.run(weights["code"]),
        "average": sess.run(ema.average(weights["code"])),
        "slot": sess.run(optimizer.get_slot(weights["out"], "momentum")),
    }
