"""A residual net in the functional API with callbacks for its learning rate and the best weights."""
from __future__ import print_function
import os

import keras
from keras.layers import Dense, Conv2D, BatchNormalization, Activation
from keras.layers import AveragePooling2D, Input, Flatten
from keras.optimizers import Adam
from keras.callbacks import ModelCheckpoint, LearningRateScheduler
from keras.callbacks import ReduceLROnPlateau
from keras.preprocessing.image import ImageDataGenerator
from keras.regularizers import l2
from keras import backend as K
from keras.models import Model
from keras.datasets import cifar10
import numpy as np

batch_size, epochs, num_classes = 30, 3, 10
(x_train, y_train), (x_test, y_test) = cifar10.load_data()
input_shape = x_train.shape[1:]
x_train = x_train.astype('float32') / 255
x_test = x_test.astype('float32') / 255
x_train_mean = np.mean(x_train, axis=0)
x_train -= x_train_mean
x_test -= x_train_mean
y_train = keras.utils.to_categorical(y_train, num_classes)
y_test = keras.utils.to_categorical(y_test, num_classes)


def lr_schedule(epoch):
    lr = 5e-3
    if epoch > 1:
        lr *= 1e-1
    print('Learning rate: ', lr)
    return lr


def resnet_layer(inputs, num_filters=6, kernel_size=3, strides=1, activation='relu', batch_normalization=True):
    conv = Conv2D(num_filters, kernel_size=kernel_size, strides=strides, padding='same',
                  kernel_initializer='he_normal', kernel_regularizer=l2(1e-4))
    x = conv(inputs)
    if batch_normalization:
        x = BatchNormalization()(x)
    if activation is not None:
        x = Activation(activation)(x)
    return x


inputs = Input(shape=input_shape)
x = resnet_layer(inputs, strides=2)
num_filters = 6
for stack in range(2):
    strides = 1 if stack == 0 else 2
    y = resnet_layer(inputs=x, num_filters=num_filters, strides=strides)
    y = resnet_layer(inputs=y, num_filters=num_filters, activation=None)
    if stack > 0:
        x = resnet_layer(inputs=x, num_filters=num_filters, kernel_size=1, strides=strides, activation=None,
                         batch_normalization=False)
    x = keras.layers.add([x, y])
    x = Activation('relu')(x)
    num_filters *= 2
x = AveragePooling2D(pool_size=4)(x)
y = Flatten()(x)
outputs = Dense(num_classes, activation='softmax', kernel_initializer='he_normal')(y)
model = Model(inputs=inputs, outputs=outputs)
model.compile(loss='categorical_crossentropy', optimizer=Adam(lr=lr_schedule(0)), metrics=['accuracy'])

save_dir = os.path.join(os.getcwd(), 'saved_models')
os.makedirs(save_dir)
filepath = os.path.join(save_dir, 'cifar10_resnet_model.{epoch:03d}.h5')
checkpoint = ModelCheckpoint(filepath=filepath, monitor='val_acc', verbose=1, save_best_only=True)
lr_scheduler = LearningRateScheduler(lr_schedule)
lr_reducer = ReduceLROnPlateau(factor=np.sqrt(0.1), cooldown=0, patience=5, min_lr=0.5e-6)
datagen = ImageDataGenerator(zca_epsilon=1e-06, width_shift_range=0.05, height_shift_range=0.05, fill_mode='nearest',
                             cval=0., data_format=None, validation_split=0.0)
datagen.fit(x_train)
history = model.fit_generator(datagen.flow(x_train, y_train, batch_size=batch_size),
                              steps_per_epoch=10, validation_data=(x_test, y_test), epochs=epochs, verbose=2,
                              workers=1, callbacks=[lr_reducer, lr_scheduler, checkpoint])
assert np.allclose(history.history['lr'], [5e-3, 5e-3, 5e-4])
assert abs(K.get_value(model.optimizer.lr) - 5e-4) < 1e-8
assert history.history['loss'][-1] < 0.7 * history.history['loss'][0], history.history
saved = sorted(os.listdir(save_dir))
assert saved and saved[0] == 'cifar10_resnet_model.001.h5', saved
best = keras.models.load_model(os.path.join(save_dir, saved[-1]))
scores = best.evaluate(x_test, y_test, verbose=0)
assert abs(scores[1] - max(history.history['val_acc'])) < 1e-5, (scores, history.history)
print('ok')
