'''A deep net in the manner of VGG, its last layers taken off as one did then, its features for another task.'''
from keras.models import Sequential, Model
from keras.layers.core import Flatten, Dense, Dropout, Activation, Permute, Reshape
from keras.layers.convolutional import Convolution2D, MaxPooling2D, ZeroPadding2D
from keras.optimizers import SGD
from keras.regularizers import l2, activity_l2
from keras.constraints import maxnorm
from keras.callbacks import EarlyStopping, ModelCheckpoint
from keras import backend as K
import numpy as np

K.set_image_dim_ordering('th')
random = np.random.RandomState(0)
X = random.rand(60, 3, 12, 12).astype('float32')
y = np.array([[0, 1], [1, 0]])[(X[:, 0, :6].mean(axis=(1, 2)) > 0.5).astype(int)]
X[:, 0, :6] += y[:, 1][:, None, None]


def VGG_16(weights_path=None):
    model = Sequential()
    model.add(ZeroPadding2D((1, 1), input_shape=(3, 12, 12)))
    model.add(Convolution2D(4, 3, 3, activation='relu', name='conv1_1'))
    model.add(ZeroPadding2D((1, 1)))
    model.add(Convolution2D(4, 3, 3, activation='relu', name='conv1_2', W_regularizer=l2(1e-4), activity_regularizer=activity_l2(1e-5)))
    model.add(MaxPooling2D((2, 2), strides=(2, 2)))
    model.add(Flatten())
    model.add(Dense(16, activation='relu', W_constraint=maxnorm(2), b_regularizer=l2(1e-4)))
    model.add(Dropout(0.1))
    model.add(Dense(2, activation='softmax'))
    if weights_path:
        model.load_weights(weights_path)
    return model


model = VGG_16()
assert model.layers[1].output_shape == (None, 4, 12, 12)
sgd = SGD(lr=0.05, decay=1e-6, momentum=0.9, nesterov=True)
model.compile(optimizer=sgd, loss='categorical_crossentropy', metrics=['accuracy'])
history = model.fit(X, y, nb_epoch=12, batch_size=10, class_weight='auto', verbose=0, validation_split=0.2,
                    callbacks=[EarlyStopping(monitor='val_loss', patience=20),
                               ModelCheckpoint('vgg.hdf5', monitor='val_acc', save_best_only=True)])
assert history.history['acc'][-1] > 0.7, history.history
norms = np.sqrt((model.layers[6].get_weights()[0] ** 2).sum(axis=0))
assert norms.max() <= 2 + 1e-4
model.save_weights('vgg16_weights.h5', overwrite=True)
again = VGG_16('vgg16_weights.h5')
assert np.allclose(again.predict(X), model.predict(X), atol=1e-6)

# the last layers go
expected = K.function([model.layers[0].input, K.learning_phase()], [model.layers[6].output])([X[:5], 0])[0]
again.pop()
again.pop()
assert again.output_shape == (None, 16)
again.compile(optimizer='sgd', loss='mse')
assert np.allclose(again.predict(X[:5]), expected, atol=1e-5)
again.add(Dense(3, activation='softmax', name='own'))
for layer in again.layers[:-1]:
    layer.trainable = False
again.compile(optimizer='rmsprop', loss='categorical_crossentropy')
fixed = [w.copy() for w in again.get_weights()]
again.fit(X, np.eye(3)[random.randint(0, 3, 60)], nb_epoch=1, verbose=0)
moved = [abs(a - b).max() > 0 for a, b in zip(fixed, again.get_weights())]
assert moved == [False] * 6 + [True] * 2, moved

# a functional model between the layers of a Sequential one
extractor = Model(input=model.input, output=model.get_layer('conv1_2').output)
features = extractor.predict(X[:2])
assert features.shape == (2, 4, 12, 12) and features.min() >= 0
assert model.get_layer(index=1).name == 'conv1_1'
print('ok')
