"""Two inputs, two outputs with names; losses, their weights and data as dicts; shared layers; a model within a model."""
import numpy as np
import keras
from keras.layers import Input, Embedding, LSTM, Dense, concatenate, TimeDistributed
from keras.models import Model, model_from_json

main_input = Input(shape=(12,), dtype='int32', name='main_input')
x = Embedding(output_dim=8, input_dim=50, input_length=12)(main_input)
lstm_out = LSTM(8)(x)
auxiliary_output = Dense(1, activation='sigmoid', name='aux_output')(lstm_out)
auxiliary_input = Input(shape=(5,), name='aux_input')
x = keras.layers.concatenate([lstm_out, auxiliary_input])
x = Dense(16, activation='relu')(x)
main_output = Dense(1, activation='sigmoid', name='main_output')(x)
model = Model(inputs=[main_input, auxiliary_input], outputs=[main_output, auxiliary_output])
model.compile(optimizer='rmsprop',
              loss={'main_output': 'binary_crossentropy', 'aux_output': 'mse'},
              loss_weights={'main_output': 1., 'aux_output': 0.2},
              metrics={'main_output': 'accuracy', 'aux_output': ['mae']})
headlines = np.random.randint(1, 50, (120, 12))
additional = np.random.rand(120, 5)
labels = (additional[:, 0] > 0.5).astype('float32')
model.optimizer.lr = 0.01
history = model.fit({'main_input': headlines, 'aux_input': additional}, {'main_output': labels, 'aux_output': labels},
                    epochs=10, batch_size=12, verbose=0, validation_split=0.25)
h = history.history
for key in ('loss', 'main_output_loss', 'aux_output_loss', 'main_output_acc', 'aux_output_mean_absolute_error',
            'val_loss', 'val_main_output_loss', 'val_main_output_acc'):
    assert len(h[key]) == 10, key
assert abs(h['loss'][-1] - h['main_output_loss'][-1] - 0.2 * h['aux_output_loss'][-1]) < 1e-4
assert h['main_output_acc'][-1] > 0.8, h
scores = model.evaluate([headlines, additional], [labels, labels], verbose=0)
assert len(scores) == 5 == len(model.metrics_names)
named = dict(zip(model.metrics_names, scores))
assert abs(named['loss'] - named['main_output_loss'] - 0.2 * named['aux_output_loss']) < 1e-4
predictions = model.predict([headlines, additional])
assert [p.shape for p in predictions] == [(120, 1), (120, 1)]
assert abs(((predictions[1][:, 0] - labels) ** 2).mean() - named['aux_output_loss']) < 1e-4
weighted = model.train_on_batch([headlines, additional], [labels, labels],
                                sample_weight={'main_output': np.ones(120), 'aux_output': np.zeros(120)})
assert abs(weighted[2]) < 1e-6 < weighted[1]

# layers that are shared, and a model on every step of a sequence
tweet_a, tweet_b = Input(shape=(4, 6)), Input(shape=(4, 6))
shared_lstm = LSTM(5)
encoded_a, encoded_b = shared_lstm(tweet_a), shared_lstm(tweet_b)
assert shared_lstm.get_output_at(0) is encoded_a and shared_lstm.get_output_at(1) is encoded_b
assert shared_lstm.get_input_shape_at(1) == (None, 4, 6)
pair = Model(inputs=[tweet_a, tweet_b], outputs=Dense(1, activation='sigmoid')(concatenate([encoded_a, encoded_b], axis=-1)))
assert len(pair.trainable_weights) == 5 and len(pair.get_layer(index=2).get_weights()) == 3
single = Model(tweet_a, encoded_a)
rows = Input(shape=(3, 4, 6))
over_time = Model(rows, TimeDistributed(single)(rows))
data = np.random.rand(2, 3, 4, 6)
assert np.allclose(over_time.predict(data)[:, 1], single.predict(data[:, 1]), atol=1e-5)
again = model_from_json(model.to_json())
again.set_weights(model.get_weights())
assert np.allclose(again.predict([headlines, additional])[0], model.predict([headlines, additional])[0], atol=1e-6)
print('ok')
