import numpy as np
import tensorflow as tf

rng = np.random.RandomState(0)
data, classes = rng.rand(40, 6).astype("float32"), rng.randint(0, 3, 40)
targets = np.eye(3)[classes].astype("float32")

x = tf.placeholder(tf.float32, [None, 6], name="x")
y_ = tf.placeholder(tf.float32, [None, 3], name="labels")
W = tf.Variable(tf.zeros([6, 3]), name="W")
b = tf.Variable(tf.zeros([3]), name="b")
y = tf.nn.softmax(tf.matmul(x, W) + b)
cross_entropy = tf.reduce_mean(-tf.reduce_sum(y_ * tf.log(y), reduction_indices=[1]))
train_step = tf.train.GradientDescentOptimizer(0.5).minimize(cross_entropy)
correct = tf.equal(tf.argmax(y, 1), tf.argmax(y_, 1))
accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))
saver = tf.train.Saver(max_to_keep=2)

losses = []
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(20):
        _, loss = sess.run([train_step, cross_entropy], feed_dict={x: data, y_: targets})
        losses.append(loss)
        if step % 5 == 4:
            path = saver.save(sess, "softmax.ckpt", global_step=step)
    kept = sess.run(W)
    score = accuracy.eval({x: data, y_: targets})
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    fresh = sess.run(W)
    saver.restore(sess, tf.train.latest_checkpoint("."))
    restored = sess.run(W)
assert path == "softmax.ckpt-19"
found = {"losses": losses, "W": kept, "score": score, "fresh": fresh, "restored": restored}
