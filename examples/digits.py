"""A convolutional network learns to read handwritten digits.

The data are the 1,797 images of 8 x 8 pixels that come with scikit-learn. Prints the network, its progress and its
accuracy on images it has not seen, and writes the learning curves and the weights to the folder `output`.
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import tsuno
from tsuno import layers

tsuno.utils.set_random_seed(1)

images, labels = load_digits(return_X_y=True)
images = images.reshape(-1, 8, 8, 1) / 16.0
x_train, x_test, y_train, y_test = train_test_split(images, labels, test_size=360, random_state=1, stratify=labels)

model = tsuno.Sequential(
    [
        tsuno.Input((8, 8, 1)),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.BatchNormalization(),
        layers.Conv2D(64, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Dropout(0.25),
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ]
)
model.summary()

model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(x_train, y_train, batch_size=32, epochs=20, validation_split=0.1)

loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"\nTest accuracy: {accuracy:.4f} ({len(x_test)} images)\n")

probabilities = model.predict(x_test[:8], verbose=0)
for image, probability, label in zip(x_test, probabilities, y_test, strict=False):
    for row in image[..., 0]:
        print("   ", "".join(" .:-=+*#%@"[int(9 * pixel)] * 2 for pixel in row))
    print(f"    predicted {probability.argmax()} ({probability.max():.1%} sure), is {label}\n")

output = Path("output")
output.mkdir(exist_ok=True)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.5))
for axes, name in ((left, "loss"), (right, "accuracy")):
    axes.plot(history.history[name], label="training")
    axes.plot(history.history[f"val_{name}"], label="validation")
    axes.set(xlabel="epoch", title=name)
    axes.legend()
figure.tight_layout()
figure.savefig(output / "digits_curves.png", dpi=120)
np.savez(output / "digits_weights.npz", **{weight.path: weight.numpy() for weight in model.weights})
print(f"Wrote {output / 'digits_curves.png'} and {output / 'digits_weights.npz'}.")
