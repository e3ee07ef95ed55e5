"""Encoder and decoder with the states between them; then, with the same layers, one step at a time."""
from __future__ import print_function

from keras.models import Model, load_model
from keras.layers import Input, LSTM, Dense
import numpy as np

latent_dim = 32
inputs = ['%s%s' % (a, b) for a in 'abcd' for b in 'abcd']
targets = ['\t' + word[::-1] + '\n' for word in inputs]  # a word read backwards
input_characters = sorted(set(''.join(inputs)))
target_characters = sorted(set(''.join(targets)))
input_token_index = dict([(char, i) for i, char in enumerate(input_characters)])
target_token_index = dict([(char, i) for i, char in enumerate(target_characters)])
num_encoder_tokens, num_decoder_tokens = len(input_characters), len(target_characters)
max_decoder_seq_length = max([len(txt) for txt in targets])
encoder_input_data = np.zeros((len(inputs), 2, num_encoder_tokens), dtype='float32')
decoder_input_data = np.zeros((len(inputs), max_decoder_seq_length, num_decoder_tokens), dtype='float32')
decoder_target_data = np.zeros((len(inputs), max_decoder_seq_length, num_decoder_tokens), dtype='float32')
for i, (input_text, target_text) in enumerate(zip(inputs, targets)):
    for t, char in enumerate(input_text):
        encoder_input_data[i, t, input_token_index[char]] = 1.
    for t, char in enumerate(target_text):
        decoder_input_data[i, t, target_token_index[char]] = 1.
        if t > 0:
            decoder_target_data[i, t - 1, target_token_index[char]] = 1.

encoder_inputs = Input(shape=(None, num_encoder_tokens))
encoder = LSTM(latent_dim, return_state=True)
encoder_outputs, state_h, state_c = encoder(encoder_inputs)
encoder_states = [state_h, state_c]
decoder_inputs = Input(shape=(None, num_decoder_tokens))
decoder_lstm = LSTM(latent_dim, return_sequences=True, return_state=True)
decoder_outputs, _, _ = decoder_lstm(decoder_inputs, initial_state=encoder_states)
decoder_dense = Dense(num_decoder_tokens, activation='softmax')
decoder_outputs = decoder_dense(decoder_outputs)
model = Model([encoder_inputs, decoder_inputs], decoder_outputs)
model.compile(optimizer='rmsprop', loss='categorical_crossentropy')
model.optimizer.lr = 0.02
history = model.fit([encoder_input_data, decoder_input_data], decoder_target_data, batch_size=4, epochs=40, verbose=0)
assert history.history['loss'][-1] < 0.2, history.history['loss']
model.save('s2s.h5')


def step_models(encoder_inputs, encoder_states, decoder_inputs, decoder_lstm, decoder_dense):
    encoder_model = Model(encoder_inputs, encoder_states)
    decoder_states_inputs = [Input(shape=(latent_dim,)), Input(shape=(latent_dim,))]
    decoder_outputs, state_h, state_c = decoder_lstm(decoder_inputs, initial_state=decoder_states_inputs)
    return encoder_model, Model([decoder_inputs] + decoder_states_inputs, [decoder_dense(decoder_outputs), state_h, state_c])


def decode_sequence(encoder_model, decoder_model, input_seq):
    states_value = encoder_model.predict(input_seq)
    target_seq = np.zeros((1, 1, num_decoder_tokens))
    target_seq[0, 0, target_token_index['\t']] = 1.
    decoded_sentence = ''
    while True:
        output_tokens, h, c = decoder_model.predict([target_seq] + states_value, verbose=0)
        sampled_char = target_characters[np.argmax(output_tokens[0, -1, :])]
        if sampled_char == '\n' or len(decoded_sentence) > max_decoder_seq_length:
            return decoded_sentence
        decoded_sentence += sampled_char
        target_seq = np.zeros((1, 1, num_decoder_tokens))
        target_seq[0, 0, target_token_index[sampled_char]] = 1.
        states_value = [h, c]


pair = step_models(encoder_inputs, encoder_states, decoder_inputs, decoder_lstm, decoder_dense)
decoded = [decode_sequence(*pair, input_seq=encoder_input_data[i:i + 1]) for i in range(6)]
assert decoded == [word[::-1] for word in inputs[:6]], decoded

# the same from the file
restored = load_model('s2s.h5')
encoder_inputs = restored.input[0]
encoder_outputs, state_h_enc, state_c_enc = restored.layers[2].output
pair = step_models(encoder_inputs, [state_h_enc, state_c_enc], restored.input[1], restored.layers[3], restored.layers[4])
assert [decode_sequence(*pair, input_seq=encoder_input_data[i:i + 1]) for i in range(6)] == decoded
print('ok')
