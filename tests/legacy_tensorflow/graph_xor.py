import numpy as np
import tensorflow as tf

x_data = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
y_data = np.array([[0], [1], [1], [0]], dtype=np.float32)
X = tf.placeholder(tf.float32, [None, 2])
Y = tf.placeholder(tf.float32, [None, 1])
first = np.array([[0.5, -0.3], [0.2, 0.8]], "float32")
with tf.name_scope("layer1"):
    W1 = tf.Variable(first, name="weight1")
    b1 = tf.Variable(tf.zeros([2]), name="bias1")
    layer1 = tf.sigmoid(tf.matmul(X, W1) + b1)
with tf.name_scope("layer2"):
    W2 = tf.Variable(np.array([[0.7], [-0.6]], "float32"), name="weight2")
    b2 = tf.Variable(tf.zeros([1]), name="bias2")
    hypothesis = tf.sigmoid(tf.matmul(layer1, W2) + b2)
cost = -tf.reduce_mean(Y * tf.log(hypothesis) + (1 - Y) * tf.log(1 - hypothesis))
tf.summary.scalar("cost", cost)
tf.summary.histogram("weights1", W1)
merged = tf.summary.merge_all()
train = tf.train.MomentumOptimizer(0.5, 0.9, use_nesterov=True).minimize(cost)
predicted = tf.cast(hypothesis > 0.5, dtype=tf.float32)
accuracy = tf.reduce_mean(tf.cast(tf.equal(predicted, Y), dtype=tf.float32))
with tf.Session() as sess:
    writer = tf.summary.FileWriter("logs/xor")
    writer.add_graph(sess.graph)
    sess.run(tf.global_variables_initializer())
    for step in range(30):
        summary, _ = sess.run([merged, train], feed_dict={X: x_data, Y: y_data})
        writer.add_summary(summary, global_step=step)
    writer.close()
    h, c, a, w = sess.run([hypothesis, predicted, accuracy, W1], feed_dict={X: x_data, Y: y_data})
found = {"hypothesis": h, "accuracy": a, "W1": w}
