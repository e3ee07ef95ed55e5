"""The next picture of a moving square."""
from keras.models import Sequential
from keras.layers.convolutional import Conv3D
from keras.layers.convolutional_recurrent import ConvLSTM2D
from keras.layers.normalization import BatchNormalization
import numpy as np

seq = Sequential()
seq.add(ConvLSTM2D(filters=4, kernel_size=(3, 3), input_shape=(None, 10, 10, 1), padding='same', return_sequences=True))
seq.add(BatchNormalization())
seq.add(ConvLSTM2D(filters=4, kernel_size=(3, 3), padding='same', return_sequences=True))
seq.add(BatchNormalization())
seq.add(Conv3D(filters=1, kernel_size=(3, 3, 3), activation='sigmoid', padding='same', data_format='channels_last'))
seq.compile(loss='binary_crossentropy', optimizer='adadelta')


def generate_movies(n_samples, n_frames=4):
    movies = np.zeros((n_samples, n_frames + 1, 10, 10, 1))
    for i in range(n_samples):
        x, y = np.random.randint(1, 5, 2)
        dx, dy = np.random.randint(0, 2, 2)
        for t in range(n_frames + 1):
            movies[i, t, x + dx * t - 1: x + dx * t + 2, y + dy * t - 1: y + dy * t + 2] = 1
    return movies[:, :-1], movies[:, 1:]


noisy_movies, shifted_movies = generate_movies(30)
history = seq.fit(noisy_movies[:25], shifted_movies[:25], batch_size=5, epochs=3, validation_split=0.2, verbose=0)
assert history.history['loss'][-1] < 0.8 * history.history['loss'][0], history.history
track = noisy_movies[26][:2, ::, ::, ::]
for j in range(3):
    new_pos = seq.predict(track[np.newaxis, ::, ::, ::, ::])
    new = new_pos[::, -1, ::, ::, ::]
    track = np.concatenate((track, new), axis=0)
assert track.shape == (5, 10, 10, 1)
print('ok')
