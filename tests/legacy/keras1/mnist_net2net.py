'''A trained net teaches a wider and a deeper one: weights go from one to the other by get_weights and set_weights.'''
from __future__ import print_function
import numpy as np
np.random.seed(1337)

from keras.datasets import mnist
from keras.models import Sequential
from keras.layers import Dense, Flatten, Convolution2D, MaxPooling2D
from keras.optimizers import SGD
from keras.utils import np_utils

(X_train, y_train), (X_test, y_test) = mnist.load_data()
X_train = X_train.reshape(-1, 28, 28, 1).astype('float32') / 255
X_test = X_test.reshape(-1, 28, 28, 1).astype('float32') / 255
train_data = (X_train, np_utils.to_categorical(y_train, 10))
validation_data = (X_test, np_utils.to_categorical(y_test, 10))


def make_teacher_model():
    model = Sequential()
    model.add(Convolution2D(6, 3, 3, input_shape=(28, 28, 1), border_mode='same', name='conv1'))
    model.add(MaxPooling2D((4, 4), name='pool1'))
    model.add(Flatten(name='flatten'))
    model.add(Dense(16, activation='relu', name='fc1'))
    model.add(Dense(10, activation='softmax', name='fc2'))
    model.compile(loss='categorical_crossentropy', optimizer=SGD(lr=0.05, momentum=0.9), metrics=['accuracy'])
    return model


def wider2net_fc(w1, b1, w2, new_width):
    '''Units are copied; what they send on is shared between the copies.'''
    index = np.random.randint(w1.shape[1], size=new_width - w1.shape[1])
    factors = np.bincount(index, minlength=w1.shape[1])[index] + 1.
    student_w2 = np.concatenate((w2, w2[index, :] / factors[:, np.newaxis]), axis=0)
    student_w2[index, :] = w2[index, :] / factors[:, np.newaxis]
    return np.concatenate((w1, w1[:, index]), axis=1), np.concatenate((b1, b1[index])), student_w2


def make_wider_student(teacher, width):
    w1, b1 = teacher.get_layer('fc1').get_weights()
    w2, b2 = teacher.get_layer('fc2').get_weights()
    new_w1, new_b1, new_w2 = wider2net_fc(w1, b1, w2, width)
    model = Sequential()
    model.add(Convolution2D(6, 3, 3, input_shape=(28, 28, 1), border_mode='same', name='conv1',
                            weights=teacher.get_layer('conv1').get_weights()))
    model.add(MaxPooling2D((4, 4), name='pool1'))
    model.add(Flatten(name='flatten'))
    model.add(Dense(width, activation='relu', name='fc1', weights=[new_w1, new_b1]))
    model.add(Dense(10, activation='softmax', name='fc2', weights=[new_w2, b2]))
    model.compile(loss='categorical_crossentropy', optimizer=SGD(lr=0.01, momentum=0.9), metrics=['accuracy'])
    return model


def make_deeper_student(teacher):
    model = Sequential()
    model.add(Convolution2D(6, 3, 3, input_shape=(28, 28, 1), border_mode='same', name='conv1'))
    model.add(MaxPooling2D((4, 4), name='pool1'))
    model.add(Flatten(name='flatten'))
    model.add(Dense(16, activation='relu', name='fc1'))
    model.add(Dense(16, init='identity', activation='relu', name='fc1-deeper'))
    model.add(Dense(10, activation='softmax', name='fc2'))
    for name in ('conv1', 'fc1', 'fc2'):
        model.get_layer(name=name).set_weights(teacher.get_layer(name=name).get_weights())
    model.compile(loss='categorical_crossentropy', optimizer=SGD(lr=0.01, momentum=0.9), metrics=['accuracy'])
    return model


teacher = make_teacher_model()
teacher.fit(*train_data, validation_data=validation_data, nb_epoch=3, verbose=2, batch_size=32)
score = teacher.evaluate(*validation_data, verbose=0)
assert score[1] > 0.9, score
wider = make_wider_student(teacher, 24)
deeper = make_deeper_student(teacher)
for student in (wider, deeper):
    # a student computes what its teacher does, before it goes on to learn
    assert np.allclose(student.predict(X_test), teacher.predict(X_test), atol=1e-4)
    history = student.fit(*train_data, validation_data=validation_data, nb_epoch=1, verbose=0, batch_size=32)
    assert history.history['val_acc'][-1] > 0.9
print('ok')
