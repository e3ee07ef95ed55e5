# ruff: noqa: B905
import numpy as np
import tensorflow as tf


def generator(z, reuse=None):
    with tf.variable_scope("generator", reuse=reuse):
        h = tf.layers.dense(z, 8, activation=tf.nn.leaky_relu)
        h = tf.layers.batch_normalization(h, training=True)
        return tf.layers.dense(h, 4, activation=tf.tanh)


def discriminator(x, reuse=False):
    with tf.variable_scope("discriminator") as scope:
        if reuse:
            scope.reuse_variables()
        w = tf.get_variable("w1", [4, 8], initializer=tf.random_normal_initializer(stddev=0.02))
        b = tf.get_variable("b1", [8], initializer=tf.constant_initializer(0))
        return tf.layers.dense(tf.nn.relu(tf.matmul(x, w) + b), 1, name="out")


z, x = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.float32, [None, 4])
made = generator(z)
real, fake = discriminator(x), discriminator(made, reuse=True)
loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(logits=fake, labels=tf.ones_like(fake)))
ours = [v for v in tf.trainable_variables() if v.name.startswith("generator")]
step = tf.train.AdamOptimizer(2e-4, beta1=0.5).minimize(loss, var_list=ours)
keep = tf.placeholder(tf.float32)
cells = [tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.BasicLSTMCell(5), output_keep_prob=keep) for _ in range(2)]
cell = tf.nn.rnn_cell.MultiRNNCell(cells)
state = cell.zero_state(2, tf.float32)
outputs, last = tf.nn.dynamic_rnn(cell, tf.ones([2, 3, 4]), initial_state=state)
tf.Variable(1.0)
tf.Variable(tf.random_normal([2]), name="mine")
tf.Variable(2.0)
with tf.variable_scope("first"), tf.variable_scope("second"):
    tf.get_variable("v", [1])
before = [sess_value.name for sess_value in tf.global_variables()]
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    frozen = sess.run(tf.trainable_variables()[-1])
    sess.run(step, {z: np.ones((2, 3))})
    start = sess.run(state)
    feed = {keep: 1.0, **{part: values for pair, old in zip(state, start) for part, values in zip(pair, old)}}
    same = np.array_equal(sess.run(outputs, feed), sess.run(outputs, feed))
    thinned = sess.run(outputs, {**feed, keep: 0.5})
found = {
    "names": sorted(before),
    "trained": [v.name for v in ours],
    "same": same,
    "thinned": bool((thinned == 0).any()),
    "scopes": [tf.get_variable_scope().name, len(tf.trainable_variables("generator"))],
}
