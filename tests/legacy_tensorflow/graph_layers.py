import numpy as np
import tensorflow as tf

rng = np.random.RandomState(5)
images, classes = rng.rand(8, 8, 8, 2).astype("float32"), rng.randint(0, 3, 8)
features = tf.placeholder(tf.float32, [None, 8, 8, 2])
labels = tf.placeholder(tf.int32, [None])
training = tf.placeholder(tf.bool)


def values(seed):
    def make(shape, dtype=None, partition_info=None):
        return np.random.RandomState(seed).normal(0, 0.2, [int(n) for n in shape]).astype("float32")

    return make


def model(x, reuse=None):
    with tf.variable_scope("model", reuse=reuse):
        x = tf.layers.conv2d(
            x, 4, [3, 3], padding="same", activation=tf.nn.relu, kernel_initializer=values(1), name="conv"
        )
        x = tf.layers.batch_normalization(x, training=training, momentum=0.9, name="norm")
        x = tf.layers.max_pooling2d(x, pool_size=[2, 2], strides=2)
        x = tf.layers.separable_conv2d(
            x, 3, 3, depthwise_initializer=values(2), pointwise_initializer=values(3), name="apart"
        )
        x = tf.layers.conv2d_transpose(x, 2, 3, strides=2, padding="same", kernel_initializer=values(4), name="up")
        x = tf.layers.average_pooling2d(x, 2, 2)
        x = tf.layers.flatten(x)
        x = tf.layers.dropout(x, rate=0.4, training=False)
        regularizer = lambda w: 0.01 * tf.reduce_sum(tf.square(w))
        return tf.layers.dense(x, 3, kernel_initializer=values(6), kernel_regularizer=regularizer, name="logits")


logits = model(features)
again = model(features, reuse=True)
loss = tf.losses.sparse_softmax_cross_entropy(labels=labels, logits=logits)
total = tf.losses.get_total_loss()
update_ops = tf.get_collection(tf.GraphKeys.UPDATE_OPS)[:2]
with tf.control_dependencies(update_ops):
    train_op = tf.train.AdamOptimizer(0.01).minimize(total, global_step=tf.train.get_or_create_global_step())
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    feed = {features: images, labels: classes}
    losses = [sess.run([train_op, total], {**feed, training: True})[1] for _ in range(5)]
    named = {v.name.split(":")[0]: v for v in tf.global_variables()}
    found = {
        "losses": losses,
        "evaluated": sess.run(again, {**feed, training: False}),
        "variance": sess.run(tf.get_default_graph().get_tensor_by_name("model/norm/moving_variance:0")),
        "trainable": len(tf.trainable_variables()),
        "step": sess.run(tf.train.get_global_step()),
    }
