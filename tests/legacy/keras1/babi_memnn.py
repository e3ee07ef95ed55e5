'''A memory network on made up questions: sentences and question are matched in two Sequential models that are merged.'''
from __future__ import print_function
from keras.models import Sequential
from keras.layers.embeddings import Embedding
from keras.layers import Activation, Dense, Merge, Permute, Dropout
from keras.layers import LSTM
from keras.preprocessing.sequence import pad_sequences
import numpy as np
np.random.seed(3)

people, places = ['mary', 'john'], ['hall', 'garden', 'office']
words = ['.', '?', 'where', 'is', 'went', 'to'] + people + places
word_idx = dict((w, i + 1) for i, w in enumerate(words))
vocab_size = len(words) + 1
stories, queries, answers = [], [], []
for _ in range(200):
    who = np.random.permutation(2)
    where = np.random.randint(0, 3, 2)
    story = sum([[people[w], 'went', 'to', places[p], '.'] for w, p in zip(who, where)], [])
    asked = np.random.randint(2)
    stories.append([word_idx[w] for w in story])
    queries.append([word_idx[w] for w in ['where', 'is', people[who[asked]], '?']])
    answers.append(np.eye(vocab_size)[word_idx[places[where[asked]]]])
story_maxlen, query_maxlen = 10, 4
inputs_train = pad_sequences(stories, maxlen=story_maxlen)
queries_train = pad_sequences(queries, maxlen=query_maxlen)
answers_train = np.array(answers)

input_encoder_m = Sequential()
input_encoder_m.add(Embedding(input_dim=vocab_size, output_dim=16, input_length=story_maxlen))
input_encoder_m.add(Dropout(0.1))
question_encoder = Sequential()
question_encoder.add(Embedding(input_dim=vocab_size, output_dim=16, input_length=query_maxlen))
question_encoder.add(Dropout(0.1))
match = Sequential()
match.add(Merge([input_encoder_m, question_encoder], mode='dot', dot_axes=[2, 2]))
match.add(Activation('softmax'))
assert match.output_shape == (None, story_maxlen, query_maxlen)
input_encoder_c = Sequential()
input_encoder_c.add(Embedding(input_dim=vocab_size, output_dim=query_maxlen, input_length=story_maxlen))
input_encoder_c.add(Dropout(0.1))
response = Sequential()
response.add(Merge([match, input_encoder_c], mode='sum'))
response.add(Permute((2, 1)))
assert response.output_shape == (None, query_maxlen, story_maxlen)

answer = Sequential()
answer.add(Merge([response, question_encoder], mode='concat', concat_axis=-1))
answer.add(LSTM(16))
answer.add(Dropout(0.1))
answer.add(Dense(vocab_size))
answer.add(Activation('softmax'))
answer.compile(optimizer='rmsprop', loss='categorical_crossentropy', metrics=['accuracy'])
assert len(answer.trainable_weights) == 3 + 5
# the story once for each of the two encoders of it, the question for the match and again for the answer
history = answer.fit([inputs_train, queries_train, inputs_train], answers_train, batch_size=20, nb_epoch=14, verbose=0)
assert len(answer.inputs) == 3
assert history.history['loss'][-1] < 0.6 * history.history['loss'][0], history.history['loss']
print('ok')
