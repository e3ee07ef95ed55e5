"""Word vectors from a file become a layer that is not trained; texts come from folders."""
from __future__ import print_function
import os
import numpy as np
from keras.preprocessing.text import Tokenizer
from keras.preprocessing.sequence import pad_sequences
from keras.utils import to_categorical
from keras.layers import Dense, Input, GlobalMaxPooling1D
from keras.layers import Conv1D, MaxPooling1D, Embedding
from keras.models import Model
from keras.initializers import Constant

MAX_SEQUENCE_LENGTH, MAX_NUM_WORDS, EMBEDDING_DIM, VALIDATION_SPLIT = 20, 25, 8, 0.2
topics = {'cooking': 'pan oil salt bread oven'.split(), 'sailing': 'wind boat rope wave port'.split()}
common = 'the a of and to in is it on with'.split()
for name, words in topics.items():
    os.makedirs(os.path.join('20_newsgroup', name))
    for i in range(40):
        text = ' '.join(np.random.choice(words if np.random.rand() < 0.4 else common) for _ in range(15))
        with open(os.path.join('20_newsgroup', name, str(1000 + i)), 'w') as f:
            f.write('From: someone\n\n%s, %s!' % (words[i % 5].capitalize(), text))
with open('glove.txt', 'w') as f:
    for word in sum(topics.values(), common[:-1]):
        f.write(word + ' ' + ' '.join('%.4f' % v for v in np.random.randn(EMBEDDING_DIM)) + '\n')

embeddings_index = {}
with open('glove.txt') as f:
    for line in f:
        values = line.split()
        embeddings_index[values[0]] = np.asarray(values[1:], dtype='float32')
texts, labels_index, labels = [], {}, []
for name in sorted(os.listdir('20_newsgroup')):
    labels_index[name] = len(labels_index)
    for fname in sorted(os.listdir(os.path.join('20_newsgroup', name))):
        with open(os.path.join('20_newsgroup', name, fname)) as f:
            t = f.read()
        texts.append(t[t.find('\n\n'):])
        labels.append(labels_index[name])
tokenizer = Tokenizer(num_words=MAX_NUM_WORDS)
tokenizer.fit_on_texts(texts)
sequences = tokenizer.texts_to_sequences(texts)
word_index = tokenizer.word_index
print('Found %s unique tokens.' % len(word_index))
assert len(word_index) == 20 and min(word_index.values()) == 1
data = pad_sequences(sequences, maxlen=MAX_SEQUENCE_LENGTH)
labels = to_categorical(np.asarray(labels))
indices = np.arange(data.shape[0])
np.random.shuffle(indices)
data, labels = data[indices], labels[indices]
num_validation_samples = int(VALIDATION_SPLIT * data.shape[0])
x_train, y_train = data[:-num_validation_samples], labels[:-num_validation_samples]
x_val, y_val = data[-num_validation_samples:], labels[-num_validation_samples:]

num_words = min(MAX_NUM_WORDS, len(word_index) + 1)
embedding_matrix = np.zeros((num_words, EMBEDDING_DIM))
for word, i in word_index.items():
    if i >= MAX_NUM_WORDS:
        continue
    embedding_vector = embeddings_index.get(word)
    if embedding_vector is not None:
        embedding_matrix[i] = embedding_vector

for given in ({'weights': [embedding_matrix]}, {'embeddings_initializer': Constant(embedding_matrix)}):
    embedding_layer = Embedding(num_words, EMBEDDING_DIM, input_length=MAX_SEQUENCE_LENGTH, trainable=False, **given)
    sequence_input = Input(shape=(MAX_SEQUENCE_LENGTH,), dtype='int32')
    embedded_sequences = embedding_layer(sequence_input)
    x = Conv1D(16, 3, activation='relu')(embedded_sequences)
    x = MaxPooling1D(3)(x)
    x = GlobalMaxPooling1D()(x)
    preds = Dense(len(labels_index), activation='softmax')(x)
    model = Model(sequence_input, preds)
    model.compile(loss='categorical_crossentropy', optimizer='rmsprop', metrics=['acc'])
    model.optimizer.lr = 0.01
    history = model.fit(x_train, y_train, batch_size=16, epochs=4, validation_data=(x_val, y_val), verbose=0)
    assert np.allclose(embedding_layer.get_weights()[0], embedding_matrix)
    assert history.history['val_acc'][-1] > 0.8, history.history
    assert embedding_layer.get_weights()[0].dtype == 'float32' and len(model.trainable_weights) == 4
print('ok')
