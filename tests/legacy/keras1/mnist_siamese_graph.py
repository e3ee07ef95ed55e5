'''Two pictures go through one net; a Lambda layer has their distance, a contrastive loss trains it.'''
from __future__ import absolute_import
from __future__ import print_function
import random
import numpy as np
np.random.seed(1337)

from keras.datasets import mnist
from keras.models import Sequential, Model
from keras.layers import Dense, Dropout, Input, Lambda
from keras.optimizers import RMSprop
from keras import backend as K


def euclidean_distance(vects):
    x, y = vects
    return K.sqrt(K.maximum(K.sum(K.square(x - y), axis=1, keepdims=True), K.epsilon()))


def eucl_dist_output_shape(shapes):
    shape1, shape2 = shapes
    return (shape1[0], 1)


def contrastive_loss(y_true, y_pred):
    margin = 1
    return K.mean(y_true * K.square(y_pred) + (1 - y_true) * K.square(K.maximum(margin - y_pred, 0)))


def create_pairs(x, digit_indices):
    pairs, labels = [], []
    n = min(len(digit_indices[d]) for d in range(10)) - 1
    for d in range(10):
        for i in range(n):
            pairs.append([x[digit_indices[d][i]], x[digit_indices[d][i + 1]]])
            dn = (d + random.randrange(1, 10)) % 10
            pairs.append([x[digit_indices[d][i]], x[digit_indices[dn][i]]])
            labels += [1, 0]
    return np.array(pairs), np.array(labels)


def create_base_network(input_dim):
    seq = Sequential()
    seq.add(Dense(32, input_shape=(input_dim,), activation='relu'))
    seq.add(Dropout(0.1))
    seq.add(Dense(32, activation='relu'))
    return seq


def compute_accuracy(predictions, labels):
    return labels[predictions.ravel() < 0.5].mean()


(X_train, y_train), (X_test, y_test) = mnist.load_data()
X_train = X_train.reshape(-1, 784).astype('float32') / 255
X_test = X_test.reshape(-1, 784).astype('float32') / 255
tr_pairs, tr_y = create_pairs(X_train, [np.where(y_train == i)[0] for i in range(10)])
te_pairs, te_y = create_pairs(X_test, [np.where(y_test == i)[0] for i in range(10)])

base_network = create_base_network(784)
input_a = Input(shape=(784,))
input_b = Input(shape=(784,))
processed_a = base_network(input_a)
processed_b = base_network(input_b)
distance = Lambda(euclidean_distance, output_shape=eucl_dist_output_shape)([processed_a, processed_b])
model = Model(input=[input_a, input_b], output=distance)
assert model.output_shape == (None, 1)
assert model.count_params() == base_network.count_params()

model.compile(loss=contrastive_loss, optimizer=RMSprop())
model.fit([tr_pairs[:, 0], tr_pairs[:, 1]], tr_y, validation_data=([te_pairs[:, 0], te_pairs[:, 1]], te_y),
          batch_size=32, nb_epoch=4, verbose=2)
pred = model.predict([te_pairs[:, 0], te_pairs[:, 1]])
te_acc = compute_accuracy(pred, te_y)
print('* Accuracy on test set: %0.2f%%' % (100 * te_acc))
assert te_acc > 0.9, te_acc
print('ok')
