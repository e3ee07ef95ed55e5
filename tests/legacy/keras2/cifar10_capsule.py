"""A capsule layer of one's own, in the form of Keras 2: build with add_weight, compute_output_shape, K throughout."""
from __future__ import print_function

from keras import activations
from keras import backend as K
from keras import layers
from keras import models
from keras import utils
from keras.datasets import cifar10


def squash(x, axis=-1):
    s_squared_norm = K.sum(K.square(x), axis, keepdims=True) + K.epsilon()
    scale = K.sqrt(s_squared_norm) / (0.5 + s_squared_norm)
    return scale * x


def margin_loss(y_true, y_pred):
    lamb, margin = 0.5, 0.1
    return K.sum(y_true * K.square(K.relu(1 - margin - y_pred)) +
                 lamb * (1 - y_true) * K.square(K.relu(y_pred - margin)), axis=-1)


class Capsule(layers.Layer):
    """Votes of the inputs, weighed by how well they agree."""

    def __init__(self, num_capsule, dim_capsule, routings=3, share_weights=True, activation='squash', **kwargs):
        super(Capsule, self).__init__(**kwargs)
        self.num_capsule = num_capsule
        self.dim_capsule = dim_capsule
        self.routings = routings
        self.share_weights = share_weights
        self.activation = squash if activation == 'squash' else activations.get(activation)

    def build(self, input_shape):
        input_dim_capsule = input_shape[-1]
        self.kernel = self.add_weight(name='capsule_kernel',
                                      shape=(1, input_dim_capsule, self.num_capsule * self.dim_capsule),
                                      initializer='glorot_uniform', trainable=True)

    def call(self, inputs):
        hat_inputs = K.conv1d(inputs, self.kernel)
        batch_size = K.shape(inputs)[0]
        input_num_capsule = K.shape(inputs)[1]
        hat_inputs = K.reshape(hat_inputs, (batch_size, input_num_capsule, self.num_capsule, self.dim_capsule))
        hat_inputs = K.permute_dimensions(hat_inputs, (0, 2, 1, 3))
        b = K.zeros_like(hat_inputs[:, :, :, 0])
        for i in range(self.routings):
            c = K.softmax(b, 1)
            o = self.activation(K.sum(K.expand_dims(c) * hat_inputs, axis=2))
            if i < self.routings - 1:
                b = K.sum(K.expand_dims(o, 2) * hat_inputs, axis=-1)
        return o

    def compute_output_shape(self, input_shape):
        return (None, self.num_capsule, self.dim_capsule)


(x_train, y_train), (x_test, y_test) = cifar10.load_data()
x_train = x_train.astype('float32') / 255
x_test = x_test.astype('float32') / 255
y_train = utils.to_categorical(y_train, 10)
y_test = utils.to_categorical(y_test, 10)

input_image = layers.Input(shape=(None, None, 3))
x = layers.Conv2D(8, (3, 3), strides=2, activation='relu')(input_image)
x = layers.AveragePooling2D((2, 2))(x)
x = layers.Conv2D(16, (3, 3), activation='relu')(x)
x = layers.Reshape((-1, 16))(x)
capsule = Capsule(10, 8, 3, True)(x)
output = layers.Lambda(lambda z: K.sqrt(K.sum(K.square(z), 2)))(capsule)
model = models.Model(inputs=input_image, outputs=output)
assert K.int_shape(capsule) == (None, 10, 8)
assert K.int_shape(output) == (None, 10)
model.compile(loss=margin_loss, optimizer='adam', metrics=['accuracy'])
model.summary()
K.set_value(model.optimizer.lr, 0.005)
history = model.fit(x_train, y_train, batch_size=30, epochs=5, validation_data=(x_test, y_test), shuffle=True, verbose=2)
assert history.history['loss'][-1] < 0.6 * history.history['loss'][0], history.history
assert history.history['val_acc'][-1] > 0.4, history.history
print('ok')
