# TF 1.x: placeholders, a session, tf.layers' cousins of Keras within it, and a graph around a Keras model
import numpy as np
import tensorflow as tf
from tensorflow.python.keras import backend as K
from tensorflow.python.keras.layers import Dense, Dropout
from tensorflow.python.keras.models import Sequential
from tensorflow.keras.metrics import categorical_accuracy as accuracy
from tensorflow.keras.losses import categorical_crossentropy

config = tf.ConfigProto()
config.gpu_options.allow_growth = True
sess = tf.Session(config=config)
K.set_session(sess)

(x_train, y_train), (x_test, y_test) = tf.keras.datasets.mnist.load_data()
x_train, x_test = x_train.reshape(-1, 784) / 255., x_test.reshape(-1, 784) / 255.
y_train, y_test = tf.keras.utils.to_categorical(y_train), tf.keras.utils.to_categorical(y_test)

img = tf.placeholder(tf.float32, shape=(None, 784))
labels = tf.placeholder(tf.float32, shape=(None, 10))
x = Dense(32, activation='relu')(img)
x = Dropout(0.2)(x)
preds = Dense(10, activation='softmax')(x)
loss = tf.reduce_mean(categorical_crossentropy(labels, preds))
train_step = tf.train.GradientDescentOptimizer(0.05).minimize(loss)
acc_value = accuracy(labels, preds)
init_op = tf.global_variables_initializer()
sess.run(init_op)
with sess.as_default():
    first = sess.run(loss, feed_dict={img: x_train, labels: y_train, K.learning_phase(): 0})
    for i in range(60):
        part = slice((i * 40) % 400, (i * 40) % 400 + 40)
        train_step.run(feed_dict={img: x_train[part], labels: y_train[part], K.learning_phase(): 1})
    last = loss.eval(feed_dict={img: x_train, labels: y_train, K.learning_phase(): 0})
    value = acc_value.eval(feed_dict={img: x_test, labels: y_test, K.learning_phase(): 0})
assert last < 0.5 * first, (first, last)
assert np.mean(value) > 0.8

# variables, a saver, names and scopes
with tf.variable_scope('net'):
    w = tf.get_variable('w', shape=[3, 2], initializer=tf.random_normal_initializer(stddev=0.1))
    b = tf.get_variable('b', shape=[2], initializer=tf.constant_initializer(0.5))
inputs = tf.placeholder(tf.float32, [None, 3], name='inputs')
logits = tf.matmul(inputs, w) + b
probabilities = tf.nn.softmax(logits)
targets = tf.placeholder(tf.int32, [None])
cost = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits))
step = tf.train.AdamOptimizer(0.1).minimize(cost)
rng = np.random.RandomState(0)
data = rng.randn(60, 3).astype('float32')
answers = (data[:, 0] > 0).astype('int32')
sess.run(tf.global_variables_initializer())
costs = [sess.run([step, cost], {inputs: data, targets: answers})[1] for _ in range(30)]
assert costs[-1] < 0.5 * costs[0], costs
saver = tf.train.Saver()
path = saver.save(sess, './model.ckpt')
kept = sess.run(w)
sess.run(w.assign(np.zeros((3, 2))))
assert abs(sess.run(w)).max() == 0
saver.restore(sess, path)
assert np.allclose(sess.run(w), kept)
assert np.allclose(sess.run(probabilities, {inputs: data[:2]}).sum(axis=1), 1, atol=1e-5)
print('ok')
