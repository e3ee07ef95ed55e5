"""Words in pictures: convolutions, recurrent layers both ways, and the loss of CTC in a Lambda layer."""
import itertools

import numpy as np

from keras import backend as K
from keras.layers.convolutional import Conv2D, MaxPooling2D
from keras.layers import Input, Dense, Activation, Reshape, Lambda
from keras.layers.merge import add, concatenate
from keras.layers.recurrent import GRU
from keras.models import Model
from keras.optimizers import SGD
import keras.callbacks

alphabet = 'abc '
img_w, img_h, absolute_max_string_len = 32, 8, 4
forms = np.random.RandomState(5).rand(3, 8, 6)


def labels_to_text(labels):
    return ''.join('' if c == len(alphabet) else alphabet[c] for c in labels)


class TextImageGenerator(keras.callbacks.Callback):
    """Gives batches, and makes its words when training begins."""

    def __init__(self, minibatch_size, downsample_factor):
        self.minibatch_size = minibatch_size
        self.downsample_factor = downsample_factor

    def on_train_begin(self, logs={}):
        self.words = [''.join(w) for w in itertools.product('abc', repeat=3)]
        self.cur_train_index = 0

    def get_batch(self, size):
        X_data = np.ones([size, img_w, img_h, 1])
        labels = np.ones([size, absolute_max_string_len]) * -1
        input_length = np.full([size, 1], img_w // self.downsample_factor - 2)
        label_length = np.zeros([size, 1])
        for i in range(size):
            word = self.words[(self.cur_train_index + 7 * i) % len(self.words)]
            picture = np.random.rand(img_h, img_w) * 0.1
            for place, letter in enumerate(word):
                picture[:, 2 + 9 * place: 8 + 9 * place] += forms[alphabet.find(letter)]
            X_data[i, :, :, 0] = picture.T
            labels[i, :len(word)] = [alphabet.find(c) for c in word]
            label_length[i] = len(word)
        self.cur_train_index += 1
        inputs = {'the_input': X_data, 'the_labels': labels, 'input_length': input_length, 'label_length': label_length}
        return (inputs, {'ctc': np.zeros([size])})

    def next_train(self):
        while 1:
            yield self.get_batch(self.minibatch_size)


# the first outputs of a recurrent net tend to be of no use
def ctc_lambda_func(args):
    y_pred, labels, input_length, label_length = args
    y_pred = y_pred[:, 2:, :]
    return K.ctc_batch_cost(labels, y_pred, input_length, label_length)


input_data = Input(name='the_input', shape=(img_w, img_h, 1), dtype='float32')
inner = Conv2D(8, (3, 3), padding='same', activation='relu', kernel_initializer='he_normal', name='conv1')(input_data)
inner = MaxPooling2D(pool_size=(2, 2), name='max1')(inner)
inner = Reshape(target_shape=(img_w // 2, (img_h // 2) * 8), name='reshape')(inner)
inner = Dense(16, activation='relu', name='dense1')(inner)
gru_1 = GRU(16, return_sequences=True, kernel_initializer='he_normal', name='gru1')(inner)
gru_1b = GRU(16, return_sequences=True, go_backwards=True, kernel_initializer='he_normal', name='gru1_b')(inner)
gru1_merged = add([gru_1, gru_1b])
gru_2 = GRU(16, return_sequences=True, kernel_initializer='he_normal', name='gru2')(gru1_merged)
inner = Dense(len(alphabet) + 1, kernel_initializer='he_normal', name='dense2')(concatenate([gru_2, gru1_merged]))
y_pred = Activation('softmax', name='softmax')(inner)
labels = Input(name='the_labels', shape=[absolute_max_string_len], dtype='float32')
input_length = Input(name='input_length', shape=[1], dtype='int64')
label_length = Input(name='label_length', shape=[1], dtype='int64')
loss_out = Lambda(ctc_lambda_func, output_shape=(1,), name='ctc')([y_pred, labels, input_length, label_length])
sgd = SGD(lr=0.1, decay=1e-6, momentum=0.9, nesterov=True, clipnorm=5)
model = Model(inputs=[input_data, labels, input_length, label_length], outputs=loss_out)
# the loss is computed within the model
model.compile(loss={'ctc': lambda y_true, y_pred: y_pred}, optimizer=sgd)
test_func = K.function([input_data], [y_pred])

img_gen = TextImageGenerator(minibatch_size=16, downsample_factor=2)
history = model.fit_generator(generator=img_gen.next_train(), steps_per_epoch=10, epochs=4, callbacks=[img_gen], verbose=0)
losses = history.history['loss']
assert losses[-1] < 0.7 * losses[0], losses

# the loss against the sum over all ways, for one short word
batch, _ = img_gen.get_batch(2)
out = test_func([batch['the_input']])[0]
assert out.shape == (2, 16, 5) and np.allclose(out.sum(axis=-1), 1, atol=1e-5)


def probability(p, target):
    """Of all ways to say a word, by trying every one."""
    total = 0.
    for way in itertools.product(range(5), repeat=len(p)):
        said = [c for c, _ in itertools.groupby(way) if c != 4]
        total += np.prod(p[np.arange(len(p)), way]) if said == target else 0.
    return total


few = out[:, 5:9]
cost = K.eval(K.ctc_batch_cost(K.variable([[0, 1], [2, 0]]), K.variable(few), K.variable([[4], [4]], dtype='int32'),
                               K.variable([[2], [1]], dtype='int32')))
expected = [-np.log(probability(few[0], [0, 1])), -np.log(probability(few[1], [2]))]
assert np.allclose(cost[:, 0], expected, rtol=1e-3), (cost, expected)
decoded = K.get_value(K.ctc_decode(out, input_length=np.ones(2) * 16, greedy=True)[0][0])
best = [[c for c, _ in itertools.groupby(row) if c != 4] for row in out.argmax(axis=-1)]
assert [[c for c in row if c >= 0] for row in decoded.tolist()] == best, (decoded, best)
print([labels_to_text(row) for row in best])
print('ok')
