"""Losses, metrics, regularizers, constraints, initializers and activations of one's own, with K; files that need them."""
import numpy as np
import keras.backend as K
from keras import regularizers, constraints
from keras.engine.topology import Layer, InputSpec
from keras.layers import Dense, Input, Activation, LSTM, Lambda, Flatten, RepeatVector, Permute, multiply
from keras.models import Model, Sequential, load_model
from keras.utils.generic_utils import get_custom_objects
from keras.regularizers import Regularizer


def recall_m(y_true, y_pred):
    true_positives = K.sum(K.round(K.clip(y_true * y_pred, 0, 1)))
    possible_positives = K.sum(K.round(K.clip(y_true, 0, 1)))
    return true_positives / (possible_positives + K.epsilon())


def precision_m(y_true, y_pred):
    true_positives = K.sum(K.round(K.clip(y_true * y_pred, 0, 1)))
    predicted_positives = K.sum(K.round(K.clip(y_pred, 0, 1)))
    return true_positives / (predicted_positives + K.epsilon())


def f1_m(y_true, y_pred):
    precision, recall = precision_m(y_true, y_pred), recall_m(y_true, y_pred)
    return 2 * ((precision * recall) / (precision + recall + K.epsilon()))


def focal_loss(gamma=2., alpha=.5):
    def focal_loss_fixed(y_true, y_pred):
        pt_1 = K.switch(K.equal(y_true, 1), y_pred, K.ones_like(y_pred))
        pt_0 = K.switch(K.equal(y_true, 0), y_pred, K.zeros_like(y_pred))
        return -K.mean(alpha * K.pow(1. - pt_1, gamma) * K.log(K.clip(pt_1, K.epsilon(), 1.))) \
            - K.mean((1 - alpha) * K.pow(pt_0, gamma) * K.log(K.clip(1. - pt_0, K.epsilon(), 1.)))
    return focal_loss_fixed


def orthogonal_rows(weight_matrix):
    return 0.01 * K.sum(K.square(K.dot(K.transpose(weight_matrix), weight_matrix)))


class L1Off(Regularizer):
    def __init__(self, rate=0.01):
        self.rate = K.cast_to_floatx(rate)

    def __call__(self, x):
        return self.rate * K.sum(K.abs(x))

    def get_config(self):
        return {'rate': float(self.rate)}


def half_one(w):
    return K.clip(w, -0.5, 0.5)


def my_init(shape, dtype=None):
    return K.random_normal(shape, stddev=0.3, dtype=dtype)


def swish(x):
    return K.sigmoid(x) * x


class Attention(Layer):
    """Weighs the steps of a sequence."""

    def __init__(self, W_regularizer=None, u_regularizer=None, W_constraint=None, bias=True, **kwargs):
        self.supports_masking = True
        self.W_regularizer = regularizers.get(W_regularizer)
        self.W_constraint = constraints.get(W_constraint)
        self.bias = bias
        super(Attention, self).__init__(**kwargs)

    def build(self, input_shape):
        assert len(input_shape) == 3
        self.W = self.add_weight((input_shape[-1], input_shape[-1]), initializer='glorot_uniform',
                                 name='{}_W'.format(self.name), regularizer=self.W_regularizer,
                                 constraint=self.W_constraint)
        if self.bias:
            self.b = self.add_weight((input_shape[-1],), initializer='zero', name='{}_b'.format(self.name))
        self.u = self.add_weight((input_shape[-1],), initializer='glorot_uniform', name='{}_u'.format(self.name))
        super(Attention, self).build(input_shape)

    def compute_mask(self, input, input_mask=None):
        return None

    def call(self, x, mask=None):
        uit = K.squeeze(K.dot(x, K.expand_dims(self.W)), axis=-1)
        if self.bias:
            uit += self.b
        uit = K.tanh(uit)
        ait = K.squeeze(K.dot(uit, K.expand_dims(self.u)), axis=-1)
        a = K.exp(ait)
        if mask is not None:
            a *= K.cast(mask, K.floatx())
        a /= K.cast(K.sum(a, axis=1, keepdims=True) + K.epsilon(), K.floatx())
        return K.sum(x * K.expand_dims(a), axis=1)

    def compute_output_shape(self, input_shape):
        return input_shape[0], input_shape[-1]


get_custom_objects().update({'swish': Activation(swish)})
rng = np.random.RandomState(0)
x = rng.randn(160, 5, 4).astype('float32')
y = (x[:, :, 0].sum(axis=1) > 0).astype('float32')
sequence = Input(shape=(5, 4))
h = LSTM(8, return_sequences=True)(sequence)
h = Attention(W_regularizer=regularizers.l2(1e-4))(h)
h = Dense(8, activation=swish, kernel_initializer=my_init, kernel_regularizer=orthogonal_rows, bias_regularizer=L1Off(1e-3),
          kernel_constraint=half_one, name='own')(h)
out = Dense(1, activation='sigmoid')(h)
model = Model(sequence, out)
assert model.layers[2].output_shape == (None, 8)
model.compile(optimizer='adam', loss=focal_loss(), metrics=['accuracy', f1_m, precision_m, recall_m])
model.optimizer.lr = 0.02
history = model.fit(x, y, epochs=6, batch_size=16, validation_split=0.25, verbose=0)
h = history.history
assert h['val_acc'][-1] > 0.75 and h['val_f1_m'][-1] > 0.7, h
assert abs(model.get_layer('own').get_weights()[0]).max() <= 0.5 + 1e-6
loss, accuracy, f1_score, precision, recall = model.evaluate(x, y, batch_size=160, verbose=0)
p = model.predict(x).round()[:, 0]
assert abs(recall - (p * y).sum() / y.sum()) < 1e-4 and abs(precision - (p * y).sum() / p.sum()) < 1e-4
assert abs(accuracy - (p == y).mean()) < 1e-5
plain = Model(sequence, out)
plain.set_weights(model.get_weights())

# attention by the layers that there are, with a Lambda
inputs = Input(shape=(5, 4))
a = Permute((2, 1))(inputs)
a = Dense(5, activation='softmax')(a)
a = Lambda(lambda z: K.mean(z, axis=1), name='dim_reduction')(a)
a = RepeatVector(4)(a)
a_probs = Permute((2, 1), name='attention_vec')(a)
attended = multiply([inputs, a_probs], name='attention_mul')
block = Model(inputs, Flatten()(attended))
assert block.output_shape == (None, 20)
seen = K.function([block.layers[0].input], [block.get_layer('attention_vec').output])([x[:2]])[0]
assert np.allclose(seen.sum(axis=1), 1, atol=1e-5)

small = Sequential([Dense(3, input_shape=(4,), kernel_constraint=constraints.maxnorm(1.), activation='swish',
                          kernel_regularizer=regularizers.l1_l2(l1=1e-3, l2=1e-3))])
small.compile('sgd', loss=focal_loss(), metrics=[f1_m])
small.save('small.h5')
again = load_model('small.h5', custom_objects={'focal_loss_fixed': focal_loss(), 'f1_m': f1_m})
assert np.allclose(again.predict(x[:, 0]), small.predict(x[:, 0]), atol=1e-6)
print('ok')
