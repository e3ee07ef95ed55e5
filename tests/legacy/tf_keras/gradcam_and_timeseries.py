# TF 2.3 and later: Grad-CAM with a tape, windows of a series with tf.data, LSTM units with a mask, a metric of one's own
import numpy as np
import tensorflow as tf
from tensorflow import keras


def make_gradcam_heatmap(img_array, model, last_conv_layer_name, classifier_layer_names):
    last_conv_layer = model.get_layer(last_conv_layer_name)
    last_conv_layer_model = keras.Model(model.inputs, last_conv_layer.output)
    classifier_input = keras.Input(shape=last_conv_layer.output.shape[1:])
    x = classifier_input
    for layer_name in classifier_layer_names:
        x = model.get_layer(layer_name)(x)
    classifier_model = keras.Model(classifier_input, x)
    with tf.GradientTape() as tape:
        last_conv_layer_output = last_conv_layer_model(img_array)
        tape.watch(last_conv_layer_output)
        preds = classifier_model(last_conv_layer_output)
        top_pred_index = tf.argmax(preds[0])
        top_class_channel = preds[:, top_pred_index]
    grads = tape.gradient(top_class_channel, last_conv_layer_output)
    pooled_grads = tf.reduce_mean(grads, axis=(0, 1, 2))
    last_conv_layer_output = last_conv_layer_output.numpy()[0]
    pooled_grads = pooled_grads.numpy()
    for i in range(pooled_grads.shape[-1]):
        last_conv_layer_output[:, :, i] *= pooled_grads[i]
    heatmap = np.mean(last_conv_layer_output, axis=-1)
    return np.maximum(heatmap, 0) / (np.max(heatmap) + 1e-9), pooled_grads


tf.random.set_seed(3)
model = keras.Sequential([
    keras.layers.Conv2D(6, 3, activation='relu', input_shape=(12, 12, 1), name='conv'),
    keras.layers.GlobalAveragePooling2D(name='pool'),
    keras.layers.Dense(3, name='top')])
picture = np.random.rand(1, 12, 12, 1).astype('float32')
heatmap, pooled = make_gradcam_heatmap(picture, model, 'conv', ['pool', 'top'])
top = int(np.argmax(model.predict(picture)[0]))
assert heatmap.shape == (10, 10)
assert np.allclose(pooled, model.get_layer('top').kernel.numpy()[:, top] / 100, atol=1e-6)

series = np.sin(np.arange(200) / 5.).astype('float32')


def windowed_dataset(series, window_size, batch_size, shuffle_buffer):
    dataset = tf.data.Dataset.from_tensor_slices(series)
    dataset = dataset.window(window_size + 1, shift=1, drop_remainder=True)
    dataset = dataset.flat_map(lambda window: window.batch(window_size + 1))
    dataset = dataset.shuffle(shuffle_buffer).map(lambda window: (window[:-1], window[-1]))
    return dataset.batch(batch_size).prefetch(1)


dataset = windowed_dataset(series, 10, 19, 100)
first, target = next(iter(dataset))
assert first.shape == (19, 10) and target.shape == (19,)
model = tf.keras.models.Sequential([
    tf.keras.layers.Lambda(lambda x: tf.expand_dims(x, axis=-1), input_shape=[None]),
    tf.keras.layers.Bidirectional(tf.keras.layers.LSTM(6, return_sequences=True)),
    tf.keras.layers.Bidirectional(tf.keras.layers.LSTM(6)),
    tf.keras.layers.Dense(1),
    tf.keras.layers.Lambda(lambda x: x * 2.0)])
lr_schedule = tf.keras.callbacks.LearningRateScheduler(lambda epoch: 1e-2 * 0.9 ** epoch)
model.compile(loss=tf.keras.losses.Huber(), optimizer=tf.keras.optimizers.SGD(lr=1e-2, momentum=0.9), metrics=['mae'])
history = model.fit(dataset, epochs=5, callbacks=[lr_schedule], verbose=0)
assert np.allclose(history.history['lr'], 1e-2 * 0.9 ** np.arange(5)), history.history
assert history.history['mae'][-1] < 0.6 * history.history['mae'][0], history.history


class CategoricalTruePositives(keras.metrics.Metric):
    def __init__(self, name='categorical_true_positives', **kwargs):
        super(CategoricalTruePositives, self).__init__(name=name, **kwargs)
        self.true_positives = self.add_weight(name='tp', initializer='zeros')

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = tf.reshape(tf.argmax(y_pred, axis=1), shape=(-1, 1))
        values = tf.cast(tf.reshape(y_true, (-1, 1)), 'int32') == tf.cast(y_pred, 'int32')
        values = tf.cast(values, 'float32')
        if sample_weight is not None:
            values = tf.multiply(values, tf.cast(sample_weight, 'float32'))
        self.true_positives.assign_add(tf.reduce_sum(values))

    def result(self):
        return self.true_positives

    def reset_states(self):
        self.true_positives.assign(0.)


inputs = keras.Input(shape=(None,), dtype='int32')
x = keras.layers.Embedding(20, 6, mask_zero=True)(inputs)
assert x._keras_mask is not None if hasattr(x, '_keras_mask') else True
x = keras.layers.LSTM(6)(x)
net = keras.Model(inputs, keras.layers.Dense(2, activation='softmax')(x))
net.compile(keras.optimizers.Adam(0.02), 'sparse_categorical_crossentropy', metrics=[CategoricalTruePositives()])
rows = np.random.randint(1, 20, (60, 5))
padded = np.concatenate([rows, np.zeros((60, 3), int)], axis=1)
assert np.allclose(net.predict(rows), net.predict(padded), atol=1e-5)
history = net.fit(padded, (rows[:, 0] > 9).astype(int), epochs=6, batch_size=20, verbose=0)
counts = history.history['categorical_true_positives']
assert counts[-1] <= 60 and counts[-1] > 35, counts
print('ok')
