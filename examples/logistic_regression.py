"""Logistic regression learns which three-digit binary numbers have more ones than zeros."""

import numpy as np

import tsuno
from tsuno.layers import Activation, Dense
from tsuno.optimizers import SGD

tsuno.utils.set_random_seed(1)

numbers = np.array([[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1], [1, 0, 0], [1, 0, 1], [1, 1, 0], [1, 1, 1]])
mostly_ones = (numbers.sum(axis=1, keepdims=True) > 1.5).astype(int)

model = tsuno.Sequential([Dense(1, input_dim=3), Activation("sigmoid")])
model.compile(loss="binary_crossentropy", optimizer=SGD(learning_rate=0.1))
model.fit(numbers, mostly_ones, epochs=200, batch_size=1, verbose=0)

probabilities = model.predict(numbers, batch_size=1, verbose=0)
print("classified:")
print((probabilities > 0.5) == mostly_ones)
print("output probability:")
print(probabilities)
