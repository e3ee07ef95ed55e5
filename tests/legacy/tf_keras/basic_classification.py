# TF 1.13: the first tutorial, with the layers of tf.keras and a plot
from __future__ import absolute_import, division, print_function, unicode_literals

import tensorflow as tf
from tensorflow import keras
import numpy as np

print(tf.__version__)
mnist = tf.keras.datasets.mnist
(train_images, train_labels), (test_images, test_labels) = mnist.load_data()
train_images = train_images / 255.0
test_images = test_images / 255.0

model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    keras.layers.Dense(32, activation=tf.nn.relu),
    keras.layers.Dense(10, activation=tf.nn.softmax)
])
model.compile(optimizer=tf.train.AdamOptimizer(learning_rate=0.005) if hasattr(tf, 'train') and hasattr(tf.train, 'AdamOptimizer')
              else 'adam',
              loss='sparse_categorical_crossentropy',
              metrics=['accuracy'])
history = model.fit(train_images, train_labels, epochs=4, verbose=0)
test_loss, test_acc = model.evaluate(test_images, test_labels)
print('Test accuracy:', test_acc)
predictions = model.predict(test_images)
assert test_acc > 0.9 and np.mean(np.argmax(predictions, 1) == test_labels) == np.float32(test_acc)
img = (np.expand_dims(test_images[0], 0))
assert np.argmax(model.predict(img)[0]) == test_labels[0]


class PrintDot(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs):
        if epoch % 100 == 0:
            print('')
        print('.', end='')


# houses, with losses of tf.keras 1.13
(x, y), (x_test, y_test) = keras.datasets.boston_housing.load_data()
mean, std = x.mean(axis=0), x.std(axis=0)
x, x_test = (x - mean) / std, (x_test - mean) / std
net = keras.Sequential([
    keras.layers.Dense(16, activation=tf.nn.relu, kernel_regularizer=keras.regularizers.l2(0.001), input_shape=[x.shape[1]]),
    keras.layers.Dropout(0.05),
    keras.layers.Dense(1)
])
net.compile(loss='mean_squared_error', optimizer=tf.keras.optimizers.RMSprop(0.02),
            metrics=['mean_absolute_error', 'mean_squared_error'])
early_stop = keras.callbacks.EarlyStopping(monitor='val_loss', patience=10)
history = net.fit(x, y, epochs=20, validation_split=0.2, verbose=0, callbacks=[early_stop, PrintDot()], batch_size=8)
assert history.history['val_mean_absolute_error'][-1] < 6, history.history
loss, mae, mse = net.evaluate(x_test, y_test, verbose=0)
assert abs(np.abs(net.predict(x_test).flatten() - y_test).mean() - mae) < 1e-3

# weights in a checkpoint during training, by the path of old
checkpoint_path = 'training_1/cp.ckpt'
cp_callback = tf.keras.callbacks.ModelCheckpoint(checkpoint_path, save_weights_only=True, verbose=1)
model.fit(train_images, train_labels, epochs=1, callbacks=[cp_callback], verbose=0)


def create_model():
    return keras.models.Sequential([keras.layers.Flatten(input_shape=(28, 28)), keras.layers.Dense(32, activation='relu'),
                                    keras.layers.Dense(10, activation='softmax')])


fresh = create_model()
fresh.compile(optimizer='adam', loss='sparse_categorical_crossentropy', metrics=['accuracy'])
fresh.load_weights(checkpoint_path)
assert np.allclose(fresh.predict(test_images), model.predict(test_images), atol=1e-6)
print('ok')
