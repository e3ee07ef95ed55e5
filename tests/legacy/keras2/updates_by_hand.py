"""Steps that programs put together themselves: gradients, updates and functions of the backend, optimizers of one's own."""
import numpy as np
import tensorflow as tf
import keras
from keras import backend as K
from keras.layers import Dense, Input, Lambda
from keras.models import Model, Sequential
from keras.optimizers import Adam, Optimizer, RMSprop
from sklearn.metrics import roc_auc_score

rng = np.random.RandomState(0)
states = rng.rand(40, 4).astype('float32')
actions = rng.randint(0, 2, 40)
rewards = (states[:, 0] > 0.5).astype('float32')

# Q-learning: the loss of the actions that were taken, from placeholders
state = Input(shape=(4,))
q_value = Dense(2)(Dense(16, activation='relu')(state))
q_network = Model(inputs=state, outputs=q_value)
target_network = keras.models.clone_model(q_network)
target_network.set_weights(q_network.get_weights())
a = K.placeholder(shape=(None,), dtype='int32')
y = K.placeholder(shape=(None,), dtype='float32')
a_one_hot = K.one_hot(a, 2)
error = K.abs(y - K.sum(q_network.output * a_one_hot, axis=1))
quadratic_part = K.clip(error, 0.0, 1.0)
loss = K.mean(0.5 * K.square(quadratic_part) + (error - quadratic_part))
updates = RMSprop(lr=0.01, epsilon=0.01).get_updates(q_network.trainable_weights, [], loss)
train_fn = K.function([q_network.input, a, y], [loss], updates=updates)
losses = [train_fn([states, actions, rewards])[0] for _ in range(40)]
assert losses[-1] < 0.5 * losses[0], (losses[0], losses[-1])
assert abs(target_network.get_weights()[0] - q_network.get_weights()[0]).max() > 1e-3

# a policy whose loss takes an input of the model
advantages = Input(shape=(1,))


def policy_loss(advantages):
    def loss(y_true, y_pred):
        return K.mean(-K.log(K.sum(y_true * y_pred, axis=-1) + 1e-10) * K.flatten(advantages))
    return loss


policy = Model([state, advantages], Dense(2, activation='softmax')(state))
policy.compile(optimizer=Adam(lr=0.05), loss=policy_loss(advantages))
wanted = np.eye(2)[(states[:, 1] > 0.5).astype(int)]
first = policy.train_on_batch([states, np.ones((40, 1))], wanted)
for _ in range(30):
    last = policy.train_on_batch([states, np.ones((40, 1))], wanted)
assert last < first - 0.05, (first, last)
assert abs(policy.test_on_batch([states, np.zeros((40, 1))], wanted)) < 1e-6


# an optimizer of one's own
class PlainDescent(Optimizer):
    def __init__(self, lr=0.1, **kwargs):
        super(PlainDescent, self).__init__(**kwargs)
        with K.name_scope(self.__class__.__name__):
            self.iterations = K.variable(0, dtype='int64', name='iterations')
            self.lr = K.variable(lr, name='lr')

    def get_updates(self, loss, params):
        grads = self.get_gradients(loss, params)
        self.updates = [K.update_add(self.iterations, 1)]
        for p, g in zip(params, grads):
            self.updates.append(K.update(p, p - self.lr * g))
        return self.updates

    def get_config(self):
        return {'lr': float(K.get_value(self.lr))}


def net():
    model = Sequential()
    model.add(Dense(6, input_dim=4, activation='tanh'))
    model.add(Dense(1, activation='sigmoid'))
    return model


own, usual = net(), net()
usual.set_weights(own.get_weights())
own.compile(PlainDescent(lr=0.5), 'binary_crossentropy')
usual.compile(keras.optimizers.SGD(lr=0.5), 'binary_crossentropy')
for model in (own, usual):
    model.fit(states, rewards, epochs=2, batch_size=10, shuffle=False, verbose=0)
assert all(np.allclose(p, q, atol=1e-5) for p, q in zip(own.get_weights(), usual.get_weights()))

# the gradients of a compiled model, by the loss that it has
grads = usual.optimizer.get_gradients(usual.total_loss, usual.trainable_weights)
get_gradients = K.function([usual.inputs[0], usual.sample_weights[0], usual.targets[0], K.learning_phase()], grads)
found = get_gradients([states, np.ones(40), rewards.reshape(-1, 1), 0])
before = usual.get_weights()
usual.train_on_batch(states, rewards)
assert all(np.allclose(w - 0.5 * g, v, atol=1e-5) for w, g, v in zip(before, found, usual.get_weights()))


# a score of scikit-learn as a metric, and layers taken off
def auc(y_true, y_pred):
    return tf.py_func(roc_auc_score, (y_true, y_pred), tf.double)


usual.compile('adam', 'binary_crossentropy', metrics=[auc])
score = usual.evaluate(states, rewards, batch_size=40, verbose=0)[1]
assert abs(score - roc_auc_score(rewards, usual.predict(states)[:, 0])) < 1e-5
functional = Model(state, Dense(3)(Dense(5, name='codes')(state)))
functional.layers.pop()
codes = Model(functional.input, functional.layers[-1].output)
assert codes.output_shape == (None, 5)
doubled = Model(codes.input, Lambda(lambda t: tf.multiply(t, 2.))(codes.output))
assert np.allclose(doubled.predict(states), 2 * codes.predict(states))
print('ok')
