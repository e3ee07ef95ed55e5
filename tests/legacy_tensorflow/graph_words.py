import numpy as np
import tensorflow as tf

rng = np.random.RandomState(4)
words, labels = rng.randint(0, 7, 16), rng.randint(0, 7, (16, 1))
inputs = tf.placeholder(tf.int32, shape=[16])
targets = tf.placeholder(tf.int32, shape=[16, 1])
embeddings = tf.Variable(rng.uniform(-1, 1, (7, 4)).astype("float32"))
embed = tf.nn.embedding_lookup(embeddings, inputs)
softmax_weights = tf.Variable(rng.normal(0, 0.5, (4, 7)).astype("float32"))
logits = tf.matmul(embed, softmax_weights)
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.squeeze(targets, 1), logits=logits))
optimizer = tf.train.AdagradOptimizer(1.0).minimize(loss)
norm = tf.sqrt(tf.reduce_sum(tf.square(embeddings), 1, keepdims=True))
normalized = embeddings / norm
similarity = tf.matmul(normalized, tf.transpose(normalized))
with tf.Session() as session:
    tf.global_variables_initializer().run()
    losses = [session.run([optimizer, loss], {inputs: words, targets: labels})[1] for _ in range(10)]
    found = {"losses": losses, "similarity": similarity.eval()}
