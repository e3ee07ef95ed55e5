# ruff: noqa: B905
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(1)


def weight(shape):
    return tf.Variable(rng.normal(0, 0.1, shape).astype("float32"))


def bias(shape):
    return tf.Variable(tf.constant(0.1, shape=shape))


def conv2d(x, W):
    return tf.nn.conv2d(x, W, strides=[1, 1, 1, 1], padding="SAME")


def max_pool_2x2(x):
    return tf.nn.max_pool(x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")


images, labels = rng.rand(8, 64).astype("float32"), np.eye(4)[rng.randint(0, 4, 8)].astype("float32")
x = tf.placeholder(tf.float32, shape=[None, 64])
y_ = tf.placeholder(tf.float32, shape=[None, 4])
keep_prob = tf.placeholder(tf.float32)
x_image = tf.reshape(x, [-1, 8, 8, 1])
h1 = max_pool_2x2(tf.nn.relu(conv2d(x_image, weight([3, 3, 1, 4])) + bias([4])))
h2 = max_pool_2x2(tf.nn.relu(conv2d(h1, weight([3, 3, 4, 6])) + bias([6])))
flat = tf.reshape(h2, [-1, 2 * 2 * 6])
h3 = tf.nn.relu(tf.matmul(flat, weight([24, 10])) + bias([10]))
drop = tf.nn.dropout(h3, keep_prob)
W = weight([10, 4])
y_conv = tf.matmul(drop, W) + bias([4])
cross_entropy = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y_, logits=y_conv))
train_step = tf.train.AdamOptimizer(1e-2).minimize(cross_entropy)
correct_prediction = tf.equal(tf.argmax(y_conv, 1), tf.argmax(y_, 1))
accuracy = tf.reduce_mean(tf.cast(correct_prediction, tf.float32))

sess = tf.InteractiveSession()
sess.run(tf.global_variables_initializer())
losses = []
for _ in range(8):
    train_step.run(feed_dict={x: images, y_: labels, keep_prob: 1.0})
    losses.append(cross_entropy.eval(feed_dict={x: images, y_: labels, keep_prob: 1.0}))
found = {"losses": losses, "W": W.eval(), "logits": y_conv.eval({x: images, keep_prob: 1.0})}
thinned = sess.run(drop, {x: images, keep_prob: 0.5})
whole = sess.run(h3, {x: images})
assert all(abs(a) < 1e-6 or abs(a - 2 * b) < 1e-5 for a, b in zip(thinned.ravel(), whole.ravel()))
assert (thinned == 0).sum() > (whole == 0).sum()
sess.close()
