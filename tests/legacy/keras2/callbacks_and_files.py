"""Callbacks of one's own and those of Keras, checkpoints named by their scores, logs, files read back."""
import csv
import glob
import os
import warnings
import numpy as np
import keras
from keras import backend as K
from keras.callbacks import (Callback, CSVLogger, EarlyStopping, History, ModelCheckpoint, ReduceLROnPlateau,
                             TensorBoard, TerminateOnNaN)
from keras.layers import Dense, Dropout
from keras.models import Sequential, load_model, model_from_json
from keras.optimizers import SGD
from sklearn.metrics import f1_score

rng = np.random.RandomState(0)
X = rng.randn(200, 6)
Y = (X[:, 0] + X[:, 1] > 0).astype(int)


class LossHistory(keras.callbacks.Callback):
    def on_train_begin(self, logs={}):
        self.losses = []
        self.lrs = []

    def on_batch_end(self, batch, logs={}):
        self.losses.append(logs.get('loss'))
        assert logs['batch'] == batch and logs['size'] > 0

    def on_epoch_end(self, epoch, logs={}):
        lr = K.get_value(self.model.optimizer.lr)
        self.lrs.append(float(lr))
        K.set_value(self.model.optimizer.lr, lr * 0.9)


class F1(Callback):
    """Scores of the whole validation set after each epoch."""

    def on_train_begin(self, logs=None):
        self.val_f1s = []
        assert self.params['epochs'] == 4 and self.params['samples'] == 150 and 'val_loss' in self.params['metrics']

    def on_epoch_end(self, epoch, logs=None):
        val_predict = np.asarray(self.model.predict(self.validation_data[0])).round()
        self.val_f1s.append(f1_score(self.validation_data[1], val_predict))


model = Sequential()
model.add(Dense(12, input_dim=6, activation='relu', kernel_initializer='uniform'))
model.add(Dropout(0.05))
model.add(Dense(1, activation='sigmoid', kernel_initializer='uniform'))
model.compile(loss='binary_crossentropy', optimizer=SGD(lr=0.5, momentum=0.5), metrics=['accuracy'])
history, f1 = LossHistory(), F1()
logs = model.fit(X[:150], Y[:150], epochs=4, batch_size=15, verbose=0, validation_data=(X[150:], Y[150:]),
                 callbacks=[history, f1, TerminateOnNaN(), CSVLogger('log.csv'),
                            ModelCheckpoint('weights-{epoch:02d}-{val_acc:.2f}.hdf5', monitor='val_acc', verbose=1,
                                            save_best_only=True, mode='max'),
                            ModelCheckpoint('last.h5', save_weights_only=True, period=2),
                            TensorBoard(log_dir='./logs', histogram_freq=1, batch_size=15, write_graph=True, write_grads=True)])
assert len(history.losses) == 40 and np.allclose(history.lrs, 0.5 * 0.9 ** np.arange(4))
assert abs(K.get_value(model.optimizer.lr) - 0.5 * 0.9 ** 4) < 1e-6
assert f1.val_f1s[-1] > 0.8 and len(f1.val_f1s) == 4
assert logs.history['val_acc'][-1] > 0.8
saved = sorted(glob.glob('weights-*.hdf5'))
best = max(logs.history['val_acc'])
assert saved and saved[-1].endswith('-%.2f.hdf5' % best), (saved, best)
assert load_model(saved[-1]).evaluate(X[150:], Y[150:], verbose=0)[1] == best
assert os.path.exists('last.h5') and glob.glob('logs/*')
with open('log.csv') as f:
    rows = list(csv.DictReader(f))
assert len(rows) == 4 and abs(float(rows[-1]['val_loss']) - logs.history['val_loss'][-1]) < 1e-5

# stopping when nothing gets better, and a rate that falls
stopped = model.fit(X[:150], Y[:150], epochs=30, batch_size=50, verbose=0, validation_split=0.2,
                    callbacks=[EarlyStopping(monitor='val_acc', min_delta=0.5, patience=2),
                               ReduceLROnPlateau(monitor='val_loss', factor=0.1, patience=1, epsilon=10., verbose=1)])
assert len(stopped.epoch) == 3, stopped.epoch
assert np.allclose(stopped.history['lr'], np.array([1, 1, 0.1]) * 0.5 * 0.9 ** 4, rtol=1e-3), stopped.history['lr']

# architecture and weights in files of their own
with open('model.json', 'w') as json_file:
    json_file.write(model.to_json())
model.save_weights('model.h5')
loaded_model = model_from_json(open('model.json').read())
loaded_model.load_weights('model.h5')
loaded_model.compile(loss='binary_crossentropy', optimizer='rmsprop', metrics=['accuracy'])
assert np.allclose(loaded_model.evaluate(X, Y, verbose=0), model.evaluate(X, Y, verbose=0), atol=1e-5)

# the last layer goes, another comes
model.pop()
model.add(Dense(3, activation='softmax', name='new_top'))
assert model.output_shape == (None, 3) and len(model.layers) == 3
model.layers[0].trainable = False
model.compile('adam', 'sparse_categorical_crossentropy')
kept = model.layers[0].get_weights()[0].copy()
model.fit(X, rng.randint(0, 3, 200), class_weight={0: 1., 1: 2., 2: 1.}, epochs=1, verbose=0)
assert (kept == model.layers[0].get_weights()[0]).all()
print('ok')
