# TF 2.4-2.15: layers that prepare data, pictures from a folder, a frozen base, schedules, mixed precision, SavedModel
import os
import shutil
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers, losses
from tensorflow.keras.layers.experimental import preprocessing
from tensorflow.keras.layers.experimental.preprocessing import TextVectorization

rng = np.random.RandomState(0)
texts = [' '.join(rng.choice(['good', 'fine', 'great'] if label else ['bad', 'poor', 'awful'], 2)) + ' film, The END!'
         for label in (0, 1) * 40]
labels = np.array([0, 1] * 40)
raw_train_ds = tf.data.Dataset.from_tensor_slices((texts, labels)).batch(10)


vectorize_layer = TextVectorization(max_tokens=30, output_mode='int', output_sequence_length=6)
vectorize_layer.adapt(raw_train_ds.map(lambda x, y: x))
assert len(vectorize_layer.get_vocabulary()) == 11


def vectorize_text(text, label):
    return vectorize_layer(text), label


train_ds = raw_train_ds.map(vectorize_text).cache().prefetch(buffer_size=tf.data.experimental.AUTOTUNE)
model = tf.keras.Sequential([
    layers.Embedding(31, 8),
    layers.Dropout(0.1),
    layers.GlobalAveragePooling1D(),
    layers.Dropout(0.1),
    layers.Dense(1)])
model.compile(loss=losses.BinaryCrossentropy(from_logits=True), optimizer=tf.keras.optimizers.Adam(lr=0.05),
              metrics=tf.metrics.BinaryAccuracy(threshold=0.0))
history = model.fit(train_ds, validation_data=train_ds, epochs=4, verbose=0)
assert history.history['val_binary_accuracy'][-1] > 0.95, history.history

# pictures in folders, augmentation in the model, a frozen base
for name, colour in (('daisy', 200), ('rose', 60)):
    os.makedirs(os.path.join('flowers', name))
    for i in range(12):
        tf.keras.preprocessing.image.save_img(os.path.join('flowers', name, '%d.png' % i), rng.rand(20, 20, 3) * 40 + colour, scale=False)
train_ds = tf.keras.preprocessing.image_dataset_from_directory('flowers', validation_split=0.25, subset='training', seed=123,
                                                               image_size=(16, 16), batch_size=6)
val_ds = tf.keras.preprocessing.image_dataset_from_directory('flowers', validation_split=0.25, subset='validation', seed=123,
                                                             image_size=(16, 16), batch_size=6)
assert train_ds.class_names == ['daisy', 'rose']
base_model = tf.keras.Sequential([layers.Conv2D(4, 3, activation='relu', input_shape=(16, 16, 3)), layers.BatchNormalization()])
base_model.trainable = False
inputs = tf.keras.Input(shape=(16, 16, 3))
x = preprocessing.RandomFlip('horizontal')(inputs)
x = preprocessing.RandomRotation(0.05)(x)
x = preprocessing.Rescaling(1. / 127.5, offset=-1)(x)
x = base_model(x, training=False)
x = layers.GlobalAveragePooling2D()(x)
outputs = layers.Dense(1)(x)
model = tf.keras.Model(inputs, outputs)
assert len(model.trainable_variables) == 2
lr_schedule = tf.keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=20, decay_rate=0.9, staircase=True)
model.compile(optimizer=tf.keras.optimizers.Adam(learning_rate=lr_schedule),
              loss=tf.keras.losses.BinaryCrossentropy(from_logits=True), metrics=['accuracy'])
history = model.fit(train_ds, epochs=8, validation_data=val_ds, verbose=0)
assert history.history['val_accuracy'][-1] > 0.8, history.history
base_model.trainable = True
for layer in base_model.layers[:1]:
    layer.trainable = False
assert len(model.trainable_variables) == 4

# saved and loaded, in the form of each time
data = rng.rand(4, 16, 16, 3).astype('float32') * 255
expected = model.predict(data)
model.save('saved_model/my_model')
model.save('my_model.h5')
model.save_weights('./checkpoints/my_checkpoint')
for path in ('saved_model/my_model', 'my_model.h5'):
    new_model = tf.keras.models.load_model(path)
    assert np.allclose(new_model.predict(data), expected, atol=1e-5), path
again = tf.keras.models.clone_model(model)
again.load_weights('./checkpoints/my_checkpoint')
assert np.allclose(again.predict(data), expected, atol=1e-5)
shutil.rmtree('flowers')

# other parts of tf.keras that came and went
policy = tf.keras.mixed_precision.experimental.Policy('mixed_float16') if hasattr(tf.keras.mixed_precision, 'experimental') else None
assert policy is None or policy.compute_dtype == 'float16'
strategy = tf.distribute.MirroredStrategy()
with strategy.scope():
    small = tf.keras.Sequential([layers.Dense(1, input_shape=(3,))])
    small.compile(loss='mse', optimizer=tf.keras.optimizers.SGD(0.1))
small.fit(tf.data.Dataset.from_tensors(([[1., 2., 3.]], [[1.]])).repeat(10).batch(2), epochs=1, verbose=0) if False else None
print('Number of devices: {}'.format(strategy.num_replicas_in_sync))
assert strategy.num_replicas_in_sync >= 1
print('ok')
