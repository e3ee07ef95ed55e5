# TF 2.0: encoder, Bahdanau's attention and decoder as classes; a masked loss; the loop over time under a tape
import numpy as np
import tensorflow as tf

words = ['a b', 'b c', 'c a', 'a a b', 'c b a', 'b a c', 'a c b', 'c c a']
lang = tf.keras.preprocessing.text.Tokenizer(filters='')
pairs = [('<start> %s <end>' % w, '<start> %s <end>' % ' '.join(reversed(w.upper().split()))) for w in words]
inp_lang, targ_lang = lang, tf.keras.preprocessing.text.Tokenizer(filters='', lower=False)
inp_lang.fit_on_texts([p[0] for p in pairs])
targ_lang.fit_on_texts([p[1] for p in pairs])
input_tensor = tf.keras.preprocessing.sequence.pad_sequences(inp_lang.texts_to_sequences([p[0] for p in pairs]), padding='post')
target_tensor = tf.keras.preprocessing.sequence.pad_sequences(targ_lang.texts_to_sequences([p[1] for p in pairs]), padding='post')
assert input_tensor.shape == target_tensor.shape == (8, 5)
BATCH_SIZE, units, embedding_dim = 4, 24, 8
dataset = tf.data.Dataset.from_tensor_slices((input_tensor, target_tensor)).shuffle(8).batch(BATCH_SIZE, drop_remainder=True)
example_input_batch, example_target_batch = next(iter(dataset))
assert example_input_batch.shape == (4, 5)


class Encoder(tf.keras.Model):
    def __init__(self, vocab_size, embedding_dim, enc_units, batch_sz):
        super(Encoder, self).__init__()
        self.batch_sz = batch_sz
        self.enc_units = enc_units
        self.embedding = tf.keras.layers.Embedding(vocab_size, embedding_dim)
        self.gru = tf.keras.layers.GRU(self.enc_units, return_sequences=True, return_state=True,
                                       recurrent_initializer='glorot_uniform')

    def call(self, x, hidden):
        x = self.embedding(x)
        output, state = self.gru(x, initial_state=hidden)
        return output, state

    def initialize_hidden_state(self):
        return tf.zeros((self.batch_sz, self.enc_units))


class BahdanauAttention(tf.keras.layers.Layer):
    def __init__(self, units):
        super(BahdanauAttention, self).__init__()
        self.W1 = tf.keras.layers.Dense(units)
        self.W2 = tf.keras.layers.Dense(units)
        self.V = tf.keras.layers.Dense(1)

    def call(self, query, values):
        hidden_with_time_axis = tf.expand_dims(query, 1)
        score = self.V(tf.nn.tanh(self.W1(values) + self.W2(hidden_with_time_axis)))
        attention_weights = tf.nn.softmax(score, axis=1)
        context_vector = attention_weights * values
        context_vector = tf.reduce_sum(context_vector, axis=1)
        return context_vector, attention_weights


class Decoder(tf.keras.Model):
    def __init__(self, vocab_size, embedding_dim, dec_units, batch_sz):
        super(Decoder, self).__init__()
        self.embedding = tf.keras.layers.Embedding(vocab_size, embedding_dim)
        self.gru = tf.keras.layers.GRU(dec_units, return_sequences=True, return_state=True,
                                       recurrent_initializer='glorot_uniform')
        self.fc = tf.keras.layers.Dense(vocab_size)
        self.attention = BahdanauAttention(dec_units)

    def call(self, x, hidden, enc_output):
        context_vector, attention_weights = self.attention(hidden, enc_output)
        x = self.embedding(x)
        x = tf.concat([tf.expand_dims(context_vector, 1), x], axis=-1)
        output, state = self.gru(x)
        output = tf.reshape(output, (-1, output.shape[2]))
        x = self.fc(output)
        return x, state, attention_weights


encoder = Encoder(len(inp_lang.word_index) + 1, embedding_dim, units, BATCH_SIZE)
decoder = Decoder(len(targ_lang.word_index) + 1, embedding_dim, units, BATCH_SIZE)
sample_output, sample_hidden = encoder(example_input_batch, encoder.initialize_hidden_state())
assert sample_output.shape == (4, 5, units) and sample_hidden.shape == (4, units)
optimizer = tf.keras.optimizers.Adam(0.03)
loss_object = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction='none')


def loss_function(real, pred):
    mask = tf.math.logical_not(tf.math.equal(real, 0))
    loss_ = loss_object(real, pred)
    mask = tf.cast(mask, dtype=loss_.dtype)
    loss_ *= mask
    return tf.reduce_mean(loss_)


@tf.function
def train_step(inp, targ, enc_hidden):
    loss = 0
    with tf.GradientTape() as tape:
        enc_output, enc_hidden = encoder(inp, enc_hidden)
        dec_hidden = enc_hidden
        dec_input = tf.expand_dims([targ_lang.word_index['<start>']] * BATCH_SIZE, 1)
        for t in range(1, targ.shape[1]):
            predictions, dec_hidden, _ = decoder(dec_input, dec_hidden, enc_output)
            loss += loss_function(targ[:, t], predictions)
            dec_input = tf.expand_dims(targ[:, t], 1)
    batch_loss = (loss / int(targ.shape[1]))
    variables = encoder.trainable_variables + decoder.trainable_variables
    gradients = tape.gradient(loss, variables)
    optimizer.apply_gradients(zip(gradients, variables))
    return batch_loss


losses = []
for epoch in range(45):
    enc_hidden = encoder.initialize_hidden_state()
    total_loss = 0
    for (batch, (inp, targ)) in enumerate(dataset.take(2)):
        total_loss += train_step(inp, targ, enc_hidden)
    losses.append(float(total_loss))
assert losses[-1] < 0.3 * losses[0], losses


def evaluate(sentence):
    inputs = tf.convert_to_tensor([[inp_lang.word_index[i] for i in sentence.split(' ')]])
    result = ''
    enc_out, enc_hidden = encoder(inputs, tf.zeros((1, units)))
    dec_hidden = enc_hidden
    dec_input = tf.expand_dims([targ_lang.word_index['<start>']], 0)
    for t in range(6):
        predictions, dec_hidden, attention_weights = decoder(dec_input, dec_hidden, enc_out)
        assert abs(tf.reduce_sum(attention_weights).numpy() - 1) < 1e-5
        predicted_id = tf.argmax(predictions[0]).numpy()
        if targ_lang.index_word[predicted_id] == '<end>':
            return result
        result += targ_lang.index_word[predicted_id] + ' '
        dec_input = tf.expand_dims([predicted_id], 0)
    return result


right = sum(evaluate(p[0]).split() == p[1].split()[1:-1] for p in pairs)
assert right >= 5, right
print('ok')
