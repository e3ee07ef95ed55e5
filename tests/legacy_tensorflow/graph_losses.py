import numpy as np
import tensorflow as tf

rng = np.random.RandomState(6)
p, t = tf.constant(rng.rand(4, 3).astype("float32")), tf.constant(rng.randint(0, 2, (4, 3)).astype("float32"))
weights = tf.constant([[1.0], [0.0], [2.0], [0.5]])
classes = tf.constant([0, 2, 1, 1])
made = {
    "absolute": tf.losses.absolute_difference(t, p),
    "squared": tf.losses.mean_squared_error(t, p, weights=weights),
    "huber": tf.losses.huber_loss(t, p, delta=0.4),
    "log": tf.losses.log_loss(t, p),
    "hinge": tf.losses.hinge_loss(t, p),
    "cosine": tf.losses.cosine_distance(t, p, axis=1),
    "softmax": tf.losses.softmax_cross_entropy(t, p, label_smoothing=0.1),
    "sigmoid": tf.losses.sigmoid_cross_entropy(t, p, weights=0.5),
    "sparse": tf.losses.sparse_softmax_cross_entropy(classes, p, weights=[1.0, 0.0, 1.0, 2.0]),
    "none": tf.losses.mean_squared_error(t, p, loss_collection=None, reduction=tf.losses.Reduction.NONE),
}
made["total"] = tf.losses.get_total_loss()
value, update = tf.metrics.accuracy(labels=classes, predictions=tf.argmax(p, 1))
with tf.Session() as sess:
    sess.run(tf.local_variables_initializer())
    found = sess.run({key: loss for key, loss in made.items() if key != "none"})
    found["none"] = sess.run(made["none"])
    sess.run(update)
    found["accuracy"] = sess.run(value)
