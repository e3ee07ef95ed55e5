"""Data from a Sequence, from a file through HDF5Matrix, from folders of pictures; a model on many devices that are one."""
import os
import numpy as np
import h5py
from keras import layers, models
from keras.preprocessing.image import ImageDataGenerator, array_to_img, load_img, img_to_array
from keras.utils import Sequence, multi_gpu_model, to_categorical
from keras.utils.io_utils import HDF5Matrix
from keras.callbacks import Callback

rng = np.random.RandomState(0)
X = rng.rand(90, 6).astype('float32')
y = (X.sum(axis=1) > 3).astype('float32')


class Batches(Sequence):
    def __init__(self, x, y, batch_size):
        self.x, self.y, self.batch_size = x, y, batch_size
        self.ends = 0

    def __len__(self):
        return int(np.ceil(len(self.x) / float(self.batch_size)))

    def __getitem__(self, idx):
        part = slice(idx * self.batch_size, (idx + 1) * self.batch_size)
        return self.x[part], self.y[part]

    def on_epoch_end(self):
        self.ends += 1


model = models.Sequential()
model.add(layers.Dense(8, activation='tanh', input_dim=6))
model.add(layers.Dense(1, activation='sigmoid'))
try:
    parallel_model = multi_gpu_model(model, gpus=2)
except ValueError:  # fewer devices than that
    parallel_model = model
parallel_model.compile(loss='binary_crossentropy', optimizer='rmsprop', metrics=['acc'])
parallel_model.optimizer.lr = 0.03
batches = Batches(X, y, 20)
history = parallel_model.fit_generator(batches, epochs=6, verbose=0, workers=2, use_multiprocessing=False,
                                       validation_data=Batches(X, y, 30), max_queue_size=4)
assert history.history['val_acc'][-1] > 0.7, history.history
assert batches.ends >= 5 and len(history.history['loss']) == 6
scores = model.predict_generator(Batches(X, y, 20))
assert np.allclose(scores, model.predict(X), atol=1e-6)

with h5py.File('data.h5', 'w') as f:
    f['features'], f['labels'] = X, y
X_train, X_test = HDF5Matrix('data.h5', 'features', start=0, end=60), HDF5Matrix('data.h5', 'features', start=60, end=90)
y_train = HDF5Matrix('data.h5', 'labels', start=0, end=60)
assert X_train.shape == (60, 6) and len(X_test) == 30 and np.allclose(X_test[0], X[60])
doubled = HDF5Matrix('data.h5', 'features', start=0, end=10, normalizer=lambda part: part * 2)
assert np.allclose(doubled[2:4], X[2:4] * 2)
model.compile(loss='binary_crossentropy', optimizer='sgd')
model.fit(X_train, y_train, batch_size=20, shuffle='batch', verbose=0)
assert model.predict(X_test).shape == (30, 1)

for kind, colour in (('cats', (200, 40, 40)), ('dogs', (40, 40, 200))):
    for part, count in (('train', 12), ('validation', 6)):
        folder = os.path.join('data', part, kind)
        os.makedirs(folder)
        for i in range(count):
            array_to_img(rng.rand(20, 20, 3) * 50 + np.array(colour), scale=False).save(os.path.join(folder, '%d.png' % i))
train_datagen = ImageDataGenerator(rescale=1. / 255, shear_range=0.1, zoom_range=0.1, horizontal_flip=True, rotation_range=5)
test_datagen = ImageDataGenerator(rescale=1. / 255)
train_generator = train_datagen.flow_from_directory('data/train', target_size=(16, 16), batch_size=6, class_mode='binary')
validation_generator = test_datagen.flow_from_directory('data/validation', target_size=(16, 16), batch_size=6,
                                                        class_mode='binary', shuffle=False)
assert train_generator.class_indices == {'cats': 0, 'dogs': 1} and train_generator.samples == 24
net = models.Sequential()
net.add(layers.Conv2D(4, (3, 3), activation='relu', input_shape=(16, 16, 3)))
net.add(layers.MaxPooling2D((2, 2)))
net.add(layers.Flatten())
net.add(layers.Dense(1, activation='sigmoid'))
net.compile(loss='binary_crossentropy', optimizer='rmsprop', metrics=['acc'])
net.optimizer.lr = 0.01
history = net.fit_generator(train_generator, steps_per_epoch=24 // 6, epochs=4, validation_data=validation_generator,
                            validation_steps=12 // 6, verbose=0)
assert history.history['val_acc'][-1] == 1.0, history.history
validation_generator.reset()
predicted = net.predict_generator(validation_generator, steps=2)
assert ((predicted[:, 0] > 0.5) == validation_generator.classes).all()
img = load_img('data/train/cats/0.png', target_size=(16, 16))
x = img_to_array(img)
assert x.shape == (16, 16, 3)
i = 0
for batch in train_datagen.flow(x.reshape((1,) + x.shape), batch_size=1, save_to_dir='.', save_prefix='cat', save_format='jpeg'):
    i += 1
    if i > 2:
        break
assert len([name for name in os.listdir('.') if name.startswith('cat')]) == 3
print('ok')
