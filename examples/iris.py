"""A small network tells three kinds of iris apart by four measurements of the flower."""

import numpy as np
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split

import tsuno
from tsuno.layers import Dense

tsuno.utils.set_random_seed(1)

iris = load_iris()
x_train, x_test, y_train, y_test = train_test_split(
    iris.data, iris.target, test_size=30, random_state=1, stratify=iris.target
)
mean, deviation = x_train.mean(axis=0), x_train.std(axis=0)
x_train, x_test = (x_train - mean) / deviation, (x_test - mean) / deviation

model = tsuno.Sequential()
model.add(tsuno.Input((4,)))
model.add(Dense(16, activation="relu"))
model.add(Dense(16, activation="relu"))
model.add(Dense(3, activation="softmax"))
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=100, batch_size=8, verbose=0)

loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"Test accuracy: {accuracy:.3f} ({len(x_test)} flowers)")
for probability, kind in zip(model.predict(x_test[:5], verbose=0), y_test, strict=False):
    shown = ", ".join(f"{name} {p:.2f}" for name, p in zip(iris.target_names, probability, strict=True))
    print(f"{shown}; is {iris.target_names[kind]}")
print("Mistaken:", int(np.sum(model.predict(x_test, verbose=0).argmax(axis=1) != y_test)))
