"""Words that stand together get vectors that point together: skipgrams, a sampling table, negative samples."""
import numpy as np
from keras.layers import Input, Embedding, Reshape, Dot, Activation
from keras.models import Model
from keras.preprocessing import text, sequence

corpus = ['the cat drinks milk at home', 'the dog chews bones at home', 'ships sail the wide sea',
          'a cat drinks warm milk', 'a dog chews old bones', 'fast ships sail a cold sea'] * 5
tokenizer = text.Tokenizer(filters=text.base_filter() if hasattr(text, 'base_filter') else '!,.')
tokenizer.fit_on_texts(corpus)
vocab_size = len(tokenizer.word_index) + 1
sampling_table = sequence.make_sampling_table(vocab_size)
assert sampling_table.shape == (vocab_size,) and (np.diff(sampling_table[1:]) >= 0).all()

word, context = Input(shape=(1,), dtype='int32'), Input(shape=(1,), dtype='int32')
vectors = Embedding(vocab_size, 8, embeddings_initializer='glorot_uniform', name='vectors')
contexts = Embedding(vocab_size, 8, embeddings_initializer='glorot_uniform')
similarity = Dot(axes=2)([vectors(word), contexts(context)])
output = Activation('sigmoid')(Reshape((1,))(similarity))
model = Model(inputs=[word, context], outputs=output)
model.compile(loss='binary_crossentropy', optimizer='adam')
model.optimizer.lr = 0.02
losses = []
for epoch in range(12):
    pairs, labels = [], []
    for seq in tokenizer.texts_to_sequences(corpus):
        couples, tags = sequence.skipgrams(seq, vocabulary_size=vocab_size, window_size=2, negative_samples=1.)
        pairs += couples
        labels += tags
    pairs, labels = np.array(pairs, dtype='int32'), np.array(labels, dtype='int32')
    assert pairs.shape == (len(labels), 2) and labels.mean() == 0.5
    losses.append(model.train_on_batch([pairs[:, :1], pairs[:, 1:]], labels))
assert losses[-1] < losses[0] - 0.01, losses
weights = model.get_layer('vectors').get_weights()[0]
assert weights.shape == (vocab_size, 8) and np.isfinite(weights).all()
print('ok')
