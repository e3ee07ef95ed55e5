import numpy as np
import tensorflow as tf


class Cell(tf.nn.rnn_cell.RNNCell):
    def __init__(self, units):
        super().__init__()
        self._units = units

    @property
    def state_size(self):
        return self._units

    @property
    def output_size(self):
        return self._units

    def __call__(self, inputs, state, scope=None):
        with tf.variable_scope(scope or "mine"):
            size = inputs.get_shape().as_list()[1] + self._units
            w = tf.get_variable("w", [size, self._units], initializer=tf.constant_initializer(0.2))
            b = tf.get_variable("b", [self._units], initializer=tf.zeros_initializer())
        new = tf.tanh(tf.matmul(tf.concat([inputs, state], 1), w) + b) - 0.1 * state
        return new, new


data = np.random.RandomState(0).rand(2, 5, 3).astype("float32")
x = tf.placeholder(tf.float32, [None, 5, 3])
outputs, state = tf.nn.dynamic_rnn(Cell(4), x, dtype=tf.float32)
loss = tf.reduce_mean(tf.square(outputs))
step = tf.train.GradientDescentOptimizer(0.3).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    losses = [sess.run([step, loss], {x: data})[1] for _ in range(5)]
    found = {"losses": losses, "state": sess.run(state, {x: data}), "names": [v.name for v in tf.trainable_variables()]}
