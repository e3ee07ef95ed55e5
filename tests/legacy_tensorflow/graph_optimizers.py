import numpy as np
import tensorflow as tf

start, aim = np.array([0.5, -1.5, 2.0], "float32"), np.array([1.0, 0.2, -0.3], "float32")
rate = tf.placeholder(tf.float32, [])
made = {
    "sgd": lambda: tf.train.GradientDescentOptimizer(rate),
    "momentum": lambda: tf.train.MomentumOptimizer(rate, 0.9),
    "nesterov": lambda: tf.train.MomentumOptimizer(rate, momentum=0.9, use_nesterov=True),
    "adam": lambda: tf.train.AdamOptimizer(rate, beta1=0.8, beta2=0.99, epsilon=1e-3),
    "adagrad": lambda: tf.train.AdagradOptimizer(rate),
    "rmsprop": lambda: tf.train.RMSPropOptimizer(rate, 0.8, 0.5),
    "centered": lambda: tf.train.RMSPropOptimizer(rate, centered=True),
    "adadelta": lambda: tf.train.AdadeltaOptimizer(rate),
    "ftrl": lambda: tf.train.FtrlOptimizer(rate, l1_regularization_strength=0.1, l2_regularization_strength=0.2),
    "ftrl_shrinkage": lambda: tf.train.FtrlOptimizer(
        rate, learning_rate_power=-0.4, l2_shrinkage_regularization_strength=0.1
    ),
    "proximal": lambda: tf.train.ProximalGradientDescentOptimizer(rate, 0.1, 0.2),
    "proximal_adagrad": lambda: tf.train.ProximalAdagradOptimizer(rate, 0.2, 0.1, 0.2),
}
weights, steps = {}, {}
for name, make in made.items():
    with tf.variable_scope(name):
        weights[name] = tf.get_variable("w", initializer=start)
    loss = tf.reduce_sum(tf.square(weights[name] - aim) * [1.0, 2.0, 0.5])
    steps[name] = make().minimize(loss, var_list=[weights[name]])
count = tf.placeholder(tf.int64, [])
rates = {
    "exponential": tf.train.exponential_decay(0.1, count, 10, 0.5),
    "natural": tf.train.natural_exp_decay(0.1, count, 10, 0.5, staircase=True),
    "inverse": tf.train.inverse_time_decay(0.1, count, 10, 0.5),
    "polynomial": tf.train.polynomial_decay(0.1, count, 10, 0.01, power=0.5, cycle=True),
    "cosine": tf.train.cosine_decay(0.1, count, 20, alpha=0.1),
    "piecewise": tf.train.piecewise_constant(count, [5, 12], [1.0, 0.5, 0.1]),
}
found = {}
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for now in (0.1, 0.1, 0.05, 0.2):
        sess.run(list(steps.values()), feed_dict={rate: now})
    found.update(sess.run(weights))
    for at in (0, 5, 12, 25):
        found.update({f"{key} {at}": value for key, value in sess.run(rates, {count: at}).items()})
