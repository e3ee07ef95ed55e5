import numpy as np
import tensorflow as tf

rng = np.random.RandomState(2)
batch_x, batch_y = rng.rand(4, 5, 3).astype("float32"), np.eye(2)[[0, 1, 1, 0]].astype("float32")
x = tf.placeholder(tf.float32, [None, 5, 3])
y = tf.placeholder(tf.float32, [None, 2])
weights = tf.Variable(rng.normal(0, 0.3, (6, 2)).astype("float32"))
constant = tf.constant_initializer(0.1)
found = {}


def network(kind, inputs):
    with tf.variable_scope(kind, initializer=constant):
        if kind == "static":
            cell = tf.nn.rnn_cell.BasicLSTMCell(6, forget_bias=1.0)
            outputs, state = tf.nn.static_rnn(cell, tf.unstack(inputs, 5, 1), dtype=tf.float32)
            return outputs[-1], state.c
        if kind == "dynamic":
            cells = [tf.nn.rnn_cell.LSTMCell(6, initializer=constant, use_peepholes=True), tf.nn.rnn_cell.GRUCell(6)]
            cell = tf.nn.rnn_cell.MultiRNNCell(cells)
            outputs, state = tf.nn.dynamic_rnn(cell, inputs, sequence_length=[5, 3, 2, 4], dtype=tf.float32)
            return outputs[:, -1, :], state[0].h
        if kind == "both":
            ahead, back = tf.nn.rnn_cell.BasicRNNCell(3), tf.nn.rnn_cell.BasicRNNCell(3)
            outputs, _ = tf.nn.bidirectional_dynamic_rnn(
                ahead, back, inputs, sequence_length=[5, 3, 2, 4], dtype="float32"
            )
            together = tf.concat(outputs, 2)
            return together[:, 0], together
        cell = tf.nn.rnn_cell.GRUCell(6)
        state = cell.zero_state(tf.shape(inputs)[0], tf.float32)
        for t in range(5):
            output, state = cell(inputs[:, t], state)
        return output, state


for kind in ("static", "dynamic", "both", "by_hand"):
    output, state = network(kind, x)
    logits = tf.matmul(output, weights)
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=logits))
    step = tf.train.RMSPropOptimizer(0.01).minimize(loss)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        losses = [sess.run([step, loss], {x: batch_x, y: batch_y})[1] for _ in range(4)]
        found[kind] = [*losses, sess.run(state, {x: batch_x})]
found["weights"] = len(tf.trainable_variables("dynamic"))
