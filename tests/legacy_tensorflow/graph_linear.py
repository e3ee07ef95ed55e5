# ruff: noqa: B007, B905
import numpy as np
import tensorflow as tf

train_X = np.asarray([3.3, 4.4, 5.5, 6.71, 6.93, 4.168])
train_Y = np.asarray([1.7, 2.76, 2.09, 3.19, 1.694, 1.573])
X = tf.placeholder("float")
Y = tf.placeholder("float")
W = tf.Variable(0.3, name="weight")
b = tf.Variable(-0.2, name="bias")
pred = tf.add(tf.multiply(X, W), b)
cost = tf.reduce_sum(tf.pow(pred - Y, 2)) / (2 * len(train_X))
optimizer = tf.train.GradientDescentOptimizer(0.01).minimize(cost)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for epoch in range(5):
        for one, other in zip(train_X, train_Y):
            sess.run(optimizer, feed_dict={X: one, Y: other})
    cost_now, w_now, b_now = sess.run([cost, W, b], feed_dict={X: train_X, Y: train_Y})
found = {"cost": cost_now, "W": w_now, "b": b_now}
