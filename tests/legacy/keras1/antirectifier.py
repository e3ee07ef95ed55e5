'''A layer of one's own, in the form of Keras 1: get_output_shape_for, and another with weights from self.init.'''
from __future__ import print_function
from keras.models import Sequential
from keras.layers import Dense, Dropout, Layer, Activation
from keras.engine.topology import InputSpec
from keras.datasets import mnist
from keras import backend as K
from keras import initializations, regularizers, constraints, activations
from keras.utils import np_utils


class Antirectifier(Layer):
    '''Both signs of what is centred, each rectified.'''

    def get_output_shape_for(self, input_shape):
        shape = list(input_shape)
        assert len(shape) == 2
        shape[-1] *= 2
        return tuple(shape)

    def call(self, x, mask=None):
        x -= K.mean(x, axis=1, keepdims=True)
        x = K.l2_normalize(x, axis=1)
        pos = K.relu(x)
        neg = K.relu(-x)
        return K.concatenate([pos, neg], axis=1)


class Affine(Layer):
    '''A dense layer, by hand.'''

    def __init__(self, output_dim, init='glorot_uniform', activation='linear', W_regularizer=None, W_constraint=None,
                 bias=True, **kwargs):
        self.init = initializations.get(init)
        self.activation = activations.get(activation)
        self.output_dim = output_dim
        self.W_regularizer = regularizers.get(W_regularizer)
        self.W_constraint = constraints.get(W_constraint)
        self.bias = bias
        self.input_spec = [InputSpec(ndim=2)]
        super(Affine, self).__init__(**kwargs)

    def build(self, input_shape):
        input_dim = input_shape[1]
        self.W = self.init((input_dim, self.output_dim), name='{}_W'.format(self.name))
        self.b = K.zeros((self.output_dim,), name='{}_b'.format(self.name))
        self.trainable_weights = [self.W, self.b] if self.bias else [self.W]
        if self.W_regularizer is not None:
            self.W_regularizer.set_param(self.W)
        self.built = True

    def call(self, x, mask=None):
        output = K.dot(x, self.W)
        if self.bias:
            output += self.b
        return self.activation(output)

    def get_output_shape_for(self, input_shape):
        return (input_shape[0], self.output_dim)

    def get_config(self):
        config = {'output_dim': self.output_dim, 'init': self.init.__name__}
        base_config = super(Affine, self).get_config()
        return dict(list(base_config.items()) + list(config.items()))


(X_train, y_train), (X_test, y_test) = mnist.load_data()
X_train = X_train.reshape(-1, 784).astype('float32') / 255
X_test = X_test.reshape(-1, 784).astype('float32') / 255
Y_train = np_utils.to_categorical(y_train, 10)
Y_test = np_utils.to_categorical(y_test, 10)

model = Sequential()
model.add(Affine(24, input_shape=(784,), init='uniform'))
model.add(Antirectifier())
model.add(Dropout(0.1))
model.add(Affine(24, activation='tanh'))
model.add(Antirectifier())
model.add(Dropout(0.1))
model.add(Dense(10))
model.add(Activation('softmax'))
assert model.layers[1].output_shape == (None, 48)
assert model.count_params() == 784 * 24 + 24 + 48 * 24 + 24 + 48 * 10 + 10
assert abs(model.layers[0].W.get_value()).max() <= 0.05

before = K.get_value(model.layers[0].W)
model.compile(loss='categorical_crossentropy', optimizer='rmsprop', metrics=['accuracy'])
model.optimizer.lr.set_value(0.003)
history = model.fit(X_train, Y_train, batch_size=20, nb_epoch=4, verbose=1, validation_data=(X_test, Y_test))
assert abs(K.get_value(model.layers[0].W) - before).max() > 1e-3
assert history.history['val_acc'][-1] > 0.9, history.history
print('ok')
