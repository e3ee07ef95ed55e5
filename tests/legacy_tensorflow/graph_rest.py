# ruff: noqa: B007
import os
import sys

import tensorflow as tf

sys.argv = ["program", "--steps", "7", "--rate=0.5", "--flag"]
flags = tf.app.flags
flags.DEFINE_integer("steps", 3, "how many")
flags.DEFINE_float("rate", 0.1, "how fast")
flags.DEFINE_boolean("flag", False, "whether")
flags.DEFINE_string("folder", "here", "where")
FLAGS = flags.FLAGS
FLAGS(sys.argv)

config = tf.ConfigProto(allow_soft_placement=True)
config.gpu_options.allow_growth = True
tf.logging.set_verbosity(tf.logging.ERROR)
graph = tf.Graph()
with graph.as_default(), tf.device("/cpu:0"):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    a, b = tf.Variable([[1.0], [2.0]], name="a"), tf.Variable(3.0, name="b")
    y = tf.matmul(x, a) + b
    tf.add_to_collection("outputs", y)
    count = tf.Variable(0, trainable=False, name="count")
    with tf.control_dependencies([tf.assign_add(count, 1)]):
        counted = tf.identity(y)
    ema = tf.train.ExponentialMovingAverage(0.99, num_updates=count)
    averaged = ema.apply([b])
    saver = tf.train.Saver({"one": a, "two": b})
    whole = tf.train.Saver(max_to_keep=2)
    summaries = [tf.summary.scalar("b", b), tf.summary.image("image", tf.reshape(y, [1, 2, 2, 1]))]
    merged = tf.summary.merge(summaries)
    init = tf.group(tf.global_variables_initializer(), tf.local_variables_initializer())
with tf.Session(graph=graph, config=config) as sess:
    sess.run(init)
    feed = {x: [[1.0, 2.0], [3.0, 4.0], [0.0, 0.0], [1.0, 1.0]]}
    first = sess.run(counted, feed)
    sess.run(tf.get_collection("outputs")[0] if False else counted, feed)
    writer = tf.summary.FileWriter("logs", sess.graph)
    writer.add_summary(sess.run(merged, feed), 1)
    writer.add_summary(tf.Summary(value=[tf.Summary.Value(tag="own", simple_value=0.5)]), 2)
    writer.close()
    saver.save(sess, os.path.join(".", "two.ckpt"))
    for step in range(3):
        whole.save(sess, "./whole", global_step=count)
        sess.run(counted, feed)
    b.load(10.0, sess)
    sess.run(averaged)
    average = sess.run(ema.average(b))
    saver.restore(sess, "./two.ckpt")
    after = sess.run(b)
    state = tf.train.get_checkpoint_state(".")
found = {
    "flags": [FLAGS.steps, FLAGS.rate, FLAGS.flag, FLAGS.folder],
    "first": first,
    "average": average,
    "after": after,
    "variables": [name for name, _ in tf.train.list_variables("./two.ckpt")],
    "latest": os.path.basename(state.model_checkpoint_path),
    "kept": [os.path.basename(path) for path in state.all_model_checkpoint_paths],
    "average_name": ema.average_name(b),
}
