"""Old forms that run in Keras 3 and do something else there (2a)."""

from old_form import SMALL, form

GAN = """
from keras.models import Sequential, Model
from keras.layers import Dense, Input
from keras.optimizers import SGD
d = Sequential()
d.add(Dense(1, activation='sigmoid', input_shape=(2,)))
d.compile(loss='binary_crossentropy', optimizer=SGD(0.5))
g = Sequential()
g.add(Dense(2, input_shape=(3,)))
x, y, noise = np.ones((4, 2)), np.ones((4, 1)), np.ones((4, 3))
def moved(model, step):
    before = [w.copy() for w in model.get_weights()]
    step()
    return any(np.abs(a - b).max() > 1e-4 for a, b in zip(before, model.get_weights()))
"""
form(
    "2a 1",
    "a GAN: the weights that train are those at `compile`",
    GAN
    + """
z = Input(shape=(3,))
d.trainable = False
gan = Model(z, d(g(z)))
gan.compile(loss='binary_crossentropy', optimizer=SGD(0.5))
for _ in range(2):
    assert moved(d, lambda: d.train_on_batch(x, y)), 'the discriminator stands still'
    assert not moved(d, lambda: gan.train_on_batch(noise, 1 - y)), 'the GAN moves the discriminator'
    assert moved(g, lambda: gan.train_on_batch(noise, 1 - y))
""",
)
form(
    "2a 2",
    "trained once before it is frozen; thawed without `compile`",
    GAN
    + """
d.train_on_batch(x, y)
z = Input(shape=(3,))
d.trainable = False
gan = Model(z, d(g(z)))
gan.compile(loss='binary_crossentropy', optimizer=SGD(0.5))
assert moved(d, lambda: d.train_on_batch(x, y))
assert not moved(d, lambda: gan.train_on_batch(noise, 1 - y))
d.trainable = True
assert not moved(d, lambda: gan.train_on_batch(noise, 1 - y))
assert moved(d, lambda: d.train_on_batch(x, y))
""",
)
form(
    "2a 3",
    "Convolution2D(32, 3, 3)",
    """
    from keras.models import Sequential
    from keras.layers import Convolution2D
    model = Sequential()
    model.add(Convolution2D(5, 3, 2, input_shape=(8, 8, 1)))
    assert model.layers[0].kernel_size == (3, 2) and model.layers[0].strides == (1, 1)
    assert model.output_shape == (None, 6, 7, 5)
    """,
    "Convolution2D(5, 3, 2) is read as in Keras 1",
)
form(
    "2a 4",
    "optimizer.lr = 0.5",
    """
    from keras.optimizers import SGD
    optimizer = SGD(0.1)
    optimizer.lr = 0.5
    close(optimizer.learning_rate, 0.5)
    """,
)
form(
    "2a 5",
    "SGD(decay=1e-6) decays",
    """
    from keras.models import Sequential
    from keras.layers import Dense
    from keras.optimizers import SGD
    model = Sequential([Dense(1, use_bias=False, kernel_initializer='ones', input_shape=(1,))])
    model.compile(SGD(learning_rate=1.0, decay=1.0), loss=lambda y, p: p)
    at = []
    for _ in range(3):
        model.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))
        at.append(model.get_weights()[0][0, 0])
    close(at, [0, -1 / 2, -1 / 2 - 1 / 3])
    """,
)
form(
    "2a 6",
    "SGD(0.01, 0.9, 1e-6, True)",
    """
    from keras.optimizers import SGD
    optimizer = SGD(0.01, 0.9, 1e-6, True)
    assert optimizer.nesterov is True and optimizer.weight_decay is None
    close([optimizer.momentum, optimizer.get_config()['learning_rate']['config']['decay_rate']], [0.9, 1e-6])
    """,
    "SGD(0.01, 0.9, 1e-06, True) is read as in Keras 1 and 2",
)
form(
    "2a 6",
    "Adam(1e-3, .9, .999, 1e-8, 1e-6)",
    """
    from keras.optimizers import Adam
    optimizer = Adam(1e-3, .9, .999, 1e-8, 1e-6)
    assert optimizer.amsgrad is False and optimizer.weight_decay is None
    close([optimizer.beta_1, optimizer.beta_2], [0.9, 0.999])
    assert optimizer.epsilon == 1e-8
    assert optimizer.get_config()['learning_rate']['config']['decay_rate'] == 1e-6
    """,
    "Adam(0.001, 0.9, 0.999, 1e-08, 1e-06) is read as in Keras 1 and 2",
)
form(
    "2a 6",
    "RMSprop(1e-3, .9, 1e-8)",
    """
    from keras.optimizers import RMSprop
    optimizer = RMSprop(1e-3, .9, 1e-8)
    assert optimizer.momentum == 0 and optimizer.epsilon == 1e-8 and optimizer.rho == 0.9
    """,
    "RMSprop(0.001, 0.9, 1e-08) is read as in Keras 1 and 2",
)
for name, rate in {"Adadelta": 1.0, "Adagrad": 0.01, "Nadam": 0.002, "Adamax": 0.002}.items():
    form(
        "2a 7",
        f"{name}()",
        f"""
        import keras
        close(keras.optimizers.{name}().learning_rate, {rate})
        close(keras.optimizers.{name}(0.5).learning_rate, 0.5)
        """,
        f"{name}: `learning_rate` is {rate}",
    )
form(
    "2a 7",
    "optimizer='adadelta'",
    """
    from keras.models import Sequential
    from keras.layers import Dense
    model = Sequential([Dense(1, input_shape=(1,))])
    model.compile(loss='mse', optimizer='adadelta')
    close(model.optimizer.learning_rate, 1.0)
    """,
    "Adadelta: `learning_rate` is 1.0 @adadelta",
)
form(
    "2a 7",
    "tf.keras.optimizers.Adadelta()",
    """
    import tensorflow as tf
    close(tf.keras.optimizers.Adadelta().learning_rate, 0.001)
    """,
)
OLD_JSON = """
import json
from keras.models import model_from_json
def model_of(layer, version='2.2.4', **config):
    config['name'] = 'one'
    return model_from_json(json.dumps({
        'class_name': 'Sequential', 'config': [{'class_name': layer, 'config': config}],
        'keras_version': version, 'backend': 'tensorflow'}))
"""
form(
    "2a 8",
    "hard_sigmoid(1.0)",
    OLD_JSON
    + """
model = model_of('Activation', activation='hard_sigmoid', batch_input_shape=[None, 3])
close(model.predict(np.array([[1.0, -1.0, 3.0]]), verbose=0), [[0.7, 0.3, 1.0]])
from keras.activations import keras1_hard_sigmoid
close(keras1_hard_sigmoid(np.array([1.0])), [0.7])
""",
)
form(
    "2a 9",
    "recurrent layers of old files: hard_sigmoid, reset_after=False",
    OLD_JSON
    + """
from keras import backend as K
for kind, gates in ('LSTM', 4), ('GRU', 3):
    model = model_of(kind, units=2, batch_input_shape=[None, 5, 3])
    assert model.layers[0].recurrent_activation.__name__ == 'keras2_hard_sigmoid'
    assert [w.shape for w in model.get_weights()] == [(3, 2 * gates), (2, 2 * gates), (2 * gates,)]
assert model.layers[0].reset_after is False
""",
)
form(
    "2a 10",
    "np.random.seed(7) before building",
    """
    import numpy
    numpy.random.seed(7)
    from keras.models import Sequential
    from keras.layers import Dense
    def weights(seed):
        numpy.random.seed(seed)
        return Sequential([Dense(3, input_shape=(4,))]).get_weights()[0]
    a, b, c = weights(7), weights(7), weights(8)
    assert np.array_equal(a, b) and not np.array_equal(a, c)
    """,
)
form(
    "2a 11",
    "dict(zip(model.metrics_names, model.evaluate(..)))",
    """
    from keras.models import Sequential
    from keras.layers import Dense
    model = Sequential([Dense(1, activation='sigmoid', input_shape=(2,))])
    model.compile('sgd', 'binary_crossentropy', metrics=['accuracy'])
    found = dict(zip(model.metrics_names, model.evaluate(np.ones((4, 2)), np.ones((4, 1)), verbose=0)))
    assert list(found) in (['loss', 'accuracy'], ['loss', 'acc']), found
    assert list(found.values())[1] in (0.0, 1.0)
    """,
)
form(
    "2a 12",
    "history['lr'] from LearningRateScheduler, ReduceLROnPlateau",
    SMALL
    + """
history = model.fit(x, y, epochs=2, verbose=0, callbacks=[
    callbacks.LearningRateScheduler(lambda epoch: 0.5 / (epoch + 1)), callbacks.ReduceLROnPlateau(patience=9)]).history
close(history['lr'], [0.5, 0.25])
close(history['learning_rate'], [0.5, 0.25])
""",
)
form(
    "2a 13",
    "ModelCheckpoint(monitor='val_gain', save_best_only=True) without that metric",
    SMALL
    + """
saver = callbacks.ModelCheckpoint('best.h5', monitor='val_gain', mode='max', save_best_only=True)
refused(lambda: model.fit(x, y, verbose=0, callbacks=[saver]), 'val_gain', 'accuracy', 'loss')
import os
assert not os.path.exists('best.h5')
""",
)
form(
    "2a 14",
    "a generator shorter than epochs × steps",
    SMALL
    + """
try:
    history = model.fit(((x, y) for _ in range(3)), steps_per_epoch=3, epochs=2, verbose=0).history
except Exception as error:
    assert 'steps' in str(error) or 'batches' in str(error) or 'data' in str(error)
else:
    assert len(history['loss']) == 1 or np.isnan(history['loss'][1]), history
""",
)
form(
    "2a 15",
    "labels out of range",
    """
    from keras.models import Sequential
    from keras.layers import Dense, Embedding, Flatten
    model = Sequential([Dense(3, activation='softmax', input_shape=(2,))])
    model.compile('sgd', 'sparse_categorical_crossentropy')
    refused(lambda: model.fit(np.ones((4, 2)), np.array([0, 1, 2, 3]), verbose=0), '3')
    """,
)
form(
    "2a 15",
    "an index out of range of an Embedding",
    """
    from keras.models import Sequential
    from keras.layers import Dense, Embedding, Flatten
    model = Sequential([Embedding(5, 2, input_length=3), Flatten(), Dense(1)])
    model.compile('sgd', 'mse')
    refused(lambda: model.fit(np.array([[0, 1, 5]]), np.ones((1, 1)), verbose=0), '5')
    """,
    "`input_length` of Embedding",
)
form(
    "2a 16",
    "y (n, 1) against an output (n, 3)",
    """
    from keras.models import Sequential
    from keras.layers import Dense
    for outputs, columns in (3, 1), (1, 5):
        model = Sequential([Dense(outputs, input_shape=(2,))])
        model.compile('sgd', 'mse')
        refused(lambda: model.fit(np.ones((4, 2)), np.ones((4, columns)), verbose=0), str(outputs), str(columns))
    """,
)
form(
    "2a 17",
    "layer.activation = linear after predict",
    """
    from keras.models import Sequential
    from keras.layers import Dense
    from keras import activations
    model = Sequential([Dense(2, activation='softmax', input_shape=(2,))])
    x = np.array([[1.0, 2.0]])
    model.predict(x, verbose=0)
    model.layers[-1].activation = activations.linear
    kernel, bias = model.get_weights()
    close(model.predict(x, verbose=0), x @ kernel + bias)
    """,
)
form(
    "2a 17",
    "layer.kernel_regularizer = l2() after build",
    """
    from keras.models import Sequential
    from keras.layers import Dense
    from keras.regularizers import l2
    model = Sequential([Dense(1, kernel_initializer='ones', input_shape=(2,))])
    model.layers[0].kernel_regularizer = l2(0.5)
    model.compile('sgd', 'mse')
    close(model.evaluate(np.zeros((1, 2)), np.zeros((1, 1)), verbose=0), 1.0)
    """,
)
form(
    "2a 18",
    "model.layers.pop()",
    """
    from keras.models import Sequential
    from keras.layers import Dense
    model = Sequential([Dense(3, input_shape=(2,)), Dense(1)])
    try:
        model.layers.pop()
    except Exception as error:
        assert 'pop()' in str(error) or 'Model(' in str(error)
    else:
        assert len(model.layers) == 1 and model.output_shape == (None, 3)
    """,
)
form(
    "2a 19",
    "layer._name = 'x'",
    """
    from keras.layers import Dense
    layer = Dense(1)
    layer._name = 'x'
    assert layer.name == 'x' and layer.get_config()['name'] == 'x'
    """,
)
form(
    "2a 20",
    "set_floatx('float64')",
    """
    from keras import backend as K
    from keras.models import Sequential
    from keras.layers import Dense
    K.set_floatx('float64')
    model = Sequential([Dense(1, kernel_initializer='ones', input_shape=(1,))])
    assert model.get_weights()[0].dtype == 'float64'
    assert model.predict(np.array([[1 + 1e-12]]), verbose=0)[0, 0] - 1 > 0.9e-12
    """,
)
form(
    "2a 21",
    "to_categorical gives float32",
    """
    from keras.utils import to_categorical, np_utils
    assert to_categorical([0, 2]).dtype == np_utils.to_categorical([0, 2], 3).dtype == 'float32'
    close(to_categorical([0, 2]), [[1, 0, 0], [0, 0, 1]])
    """,
)
form(
    "2a 22",
    "Lambda(lambda t: K.mean(t))",
    """
    from keras import backend as K
    from keras.layers import Input, Lambda
    from keras.models import Model
    x = Input((3,))
    model = Model(x, Lambda(lambda t: K.mean(t, axis=-1, keepdims=True))(x))
    close(model.predict(np.array([[1., 2., 6.]]), verbose=0), [[3.0]])
    refused(lambda: Lambda(lambda t: K.meen(t))(x), 'meen')
    """,
)
form(
    "2a 23",
    "BackupAndRestore(dir) leaves the user's own files",
    SMALL
    + """
import os
os.mkdir('backup')
open('backup/mine.txt', 'w').write('mine')
model.fit(x, y, verbose=0, callbacks=[callbacks.BackupAndRestore('backup')])
assert os.listdir('backup') == ['mine.txt']
""",
)
