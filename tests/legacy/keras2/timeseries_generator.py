"""Temperatures from those before: a generator of one's own, TimeseriesGenerator, stacked GRUs with dropout, a stateful net."""
import numpy as np
from keras.models import Sequential
from keras import layers
from keras.optimizers import RMSprop
from keras.preprocessing.sequence import TimeseriesGenerator
from keras.callbacks import LambdaCallback

float_data = np.stack([np.sin(np.arange(400) / 8.), np.cos(np.arange(400) / 8.)], axis=1)
float_data += np.random.randn(400, 2) * 0.05
mean, std = float_data[:300].mean(axis=0), float_data[:300].std(axis=0)
float_data = (float_data - mean) / std


def generator(data, lookback, delay, min_index, max_index, shuffle=False, batch_size=20, step=2):
    if max_index is None:
        max_index = len(data) - delay - 1
    i = min_index + lookback
    while 1:
        if shuffle:
            rows = np.random.randint(min_index + lookback, max_index, size=batch_size)
        else:
            if i + batch_size >= max_index:
                i = min_index + lookback
            rows = np.arange(i, min(i + batch_size, max_index))
            i += len(rows)
        samples = np.zeros((len(rows), lookback // step, data.shape[-1]))
        targets = np.zeros((len(rows),))
        for j, row in enumerate(rows):
            samples[j] = data[range(row - lookback, row, step)]
            targets[j] = data[row + delay][1]
        yield samples, targets


lookback, step, delay = 16, 2, 3
train_gen = generator(float_data, lookback, delay, 0, 300, shuffle=True)
val_gen = generator(float_data, lookback, delay, 301, None)
model = Sequential()
model.add(layers.GRU(8, dropout=0.05, recurrent_dropout=0.05, return_sequences=True, input_shape=(None, 2)))
model.add(layers.GRU(8, activation='relu', dropout=0.05))
model.add(layers.Dense(1))
model.compile(optimizer=RMSprop(lr=0.01), loss='mae')
ends = []
history = model.fit_generator(train_gen, steps_per_epoch=10, epochs=4, validation_data=val_gen, validation_steps=3, verbose=0,
                              callbacks=[LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(logs['val_loss']))])
assert ends == history.history['val_loss'] and len(ends) == 4
assert ends[-1] < 0.5, history.history

data_gen = TimeseriesGenerator(float_data, float_data[:, :1], length=6, sampling_rate=2, batch_size=20)
x, y = data_gen[0]
assert x.shape == (20, 3, 2) and np.allclose(x[0], float_data[[0, 2, 4]]) and np.allclose(y[0], float_data[6, :1])
small = Sequential([layers.LSTM(6, input_shape=(3, 2)), layers.Dense(1)])
small.compile(optimizer='adam', loss='mse')
small.fit_generator(data_gen, epochs=2, verbose=0)
assert small.predict_generator(data_gen).shape == (len(float_data) - 6, 1)

# states from one part of a long row to the next
stateful = Sequential()
stateful.add(layers.LSTM(4, input_shape=(5, 2), batch_size=1, stateful=True))
stateful.add(layers.Dense(1))
stateful.compile(loss='mse', optimizer='adam')
rows = float_data[:50].reshape(10, 5, 2)
for _ in range(2):
    stateful.fit(rows, rows[:, 0, :1], batch_size=1, shuffle=False, epochs=1, verbose=0)
    stateful.reset_states()
parts = stateful.predict(rows, batch_size=1)
stateless = Sequential([layers.LSTM(4, input_shape=(None, 2)), layers.Dense(1)])
stateless.set_weights(stateful.get_weights())
assert np.allclose(parts[3], stateless.predict(float_data[None, :20])[0], atol=1e-4)
print('ok')
