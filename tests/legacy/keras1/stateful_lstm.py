'''States are kept from batch to batch: a decaying cosine, told on from its last values.'''
from __future__ import print_function
import numpy as np
from keras.models import Sequential
from keras.layers import Dense, LSTM

tsteps = 1
batch_size = 5
epochs = 6
lahead = 1


def gen_cosine_amp(amp=100, period=25, x0=0, xn=250, step=1, k=0.01):
    cos = np.zeros(((xn - x0) * step, 1, 1))
    for i in range(len(cos)):
        idx = x0 + i * step
        cos[i, 0, 0] = amp * np.cos(idx / (2 * np.pi * period)) * np.exp(-k * idx)
    return cos


cos = gen_cosine_amp() / 100
expected_output = np.zeros((len(cos), 1))
for i in range(len(cos) - lahead):
    expected_output[i, 0] = np.mean(cos[i + 1:i + lahead + 1])

model = Sequential()
model.add(LSTM(8, batch_input_shape=(batch_size, tsteps, 1), return_sequences=True, stateful=True))
model.add(LSTM(8, batch_input_shape=(batch_size, tsteps, 1), return_sequences=False, stateful=True))
model.add(Dense(1))
model.compile(loss='mse', optimizer='rmsprop')
model.optimizer.lr.set_value(0.005)
losses = []
for i in range(epochs):
    history = model.fit(cos, expected_output, batch_size=batch_size, verbose=0, nb_epoch=1, shuffle=False)
    losses += history.history['loss']
    model.reset_states()
predicted_output = model.predict(cos, batch_size=batch_size)
assert predicted_output.shape == (250, 1)
assert losses[-1] < 0.5 * losses[0], losses
# the same batch again differs, as the states have moved on; after a reset it does not
model.reset_states()
first = model.predict_on_batch(cos[:batch_size])
second = model.predict_on_batch(cos[:batch_size])
model.reset_states()
again = model.predict_on_batch(cos[:batch_size])
assert np.allclose(first, again, atol=1e-6) and abs(first - second).max() > 1e-4
print('ok')
