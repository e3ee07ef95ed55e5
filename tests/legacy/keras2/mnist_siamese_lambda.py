"""Pairs of pictures with shared layers, a metric of one's own, and KerasClassifier's cousin for numbers."""
import numpy as np
from keras import backend as K
from keras.datasets import boston_housing
from keras.layers import Dense, Flatten, Input, Lambda, Subtract, Dot
from keras.models import Model, Sequential
from keras.wrappers.scikit_learn import KerasRegressor
from keras.datasets import mnist

(x_train, y_train), _ = mnist.load_data()
x_train = x_train[:200].astype('float32') / 255
y_train = y_train[:200]
left = np.arange(200)
right = np.random.permutation(200)
right[::2] = (left[::2] + 10) % 200  # the same digit, as the digits go round
same = (y_train[left] == y_train[right]).astype('float32')


def accuracy(y_true, y_pred):
    return K.mean(K.equal(y_true, K.cast(y_pred < 0.5, y_true.dtype)))


def contrastive_loss(y_true, y_pred):
    return K.mean(y_true * K.square(y_pred) + (1 - y_true) * K.square(K.maximum(1 - y_pred, 0)))


base_input = Input(shape=(28, 28))
x = Flatten()(base_input)
x = Dense(24, activation='relu')(x)
x = Dense(24, activation='relu')(x)
base = Model(base_input, x)
a, b = Input(shape=(28, 28)), Input(shape=(28, 28))
difference = Subtract()([base(a), base(b)])
distance = Lambda(lambda d: K.sqrt(K.sum(K.square(d), axis=1, keepdims=True) + K.epsilon()), output_shape=(1,))(difference)
model = Model([a, b], distance)
model.compile(loss=contrastive_loss, optimizer='rmsprop', metrics=[accuracy])
history = model.fit([x_train[left], x_train[right]], same, batch_size=20, epochs=6, verbose=2)
assert history.history['accuracy'][-1] > 0.9, history.history
loss, acc = model.evaluate([x_train[left], x_train[right]], same, verbose=0)
distances = model.predict([x_train[left], x_train[right]], verbose=0)
assert abs(np.mean((distances[:, 0] < 0.5) == same) - acc) < 1e-5
cosine = Model([a, b], Dot(axes=-1, normalize=True)([base(a), base(b)])).predict([x_train[:3], x_train[:3]])
assert np.allclose(cosine, 1, atol=1e-4)

# houses, by the regressor for scikit-learn, in folds
(x_houses, y_houses), _ = boston_housing.load_data()
mean, std = x_houses.mean(axis=0), x_houses.std(axis=0)
x_houses = (x_houses - mean) / std


def build_model(units=16, optimizer='rmsprop'):
    model = Sequential()
    model.add(Dense(units, activation='relu', input_shape=(13,)))
    model.add(Dense(1))
    model.compile(optimizer=optimizer, loss='mse', metrics=['mae'])
    return model


k = 2
num_val = len(x_houses) // k
all_scores = []
for i in range(k):
    part = slice(i * num_val, (i + 1) * num_val)
    train = np.delete(np.arange(len(x_houses)), np.arange(len(x_houses))[part])
    fold = build_model()
    K.set_value(fold.optimizer.lr, 0.02)
    history = fold.fit(x_houses[train], y_houses[train], validation_data=(x_houses[part], y_houses[part]),
                       epochs=15, batch_size=8, verbose=0)
    all_scores.append(history.history['val_mean_absolute_error'][-1])
assert np.mean(all_scores) < 5, all_scores
regressor = KerasRegressor(build_fn=build_model, units=8, epochs=2, batch_size=8, verbose=0)
regressor.fit(x_houses, y_houses)
assert regressor.predict(x_houses).shape == (128,) and regressor.score(x_houses, y_houses) < 0
print('ok')
