"""The old forms that programs use, one row each: a few lines as a user typed them, and what is right.

The rows follow a survey of old forms: 2a forms that run and do something else in Keras 3, 2b import paths, 2c
arguments, 2d methods, attributes and the backend, 2e callbacks and files. Each gives what must be said of it: a part
of every note about an old form, in the order in which they come; nothing where the form is the same today. What cannot
work says in one sentence what to do (`refused`).
"""

import ast
import textwrap
from typing import NamedTuple


class Form(NamedTuple):
    row: str
    old: str
    code: str
    says: tuple[str, ...]

    def problem(self, notes):
        """What is wrong with the notes, each a file, a line and a text; None if they are as they must be.

        A note stands at a statement that has one of the words that it quotes, or what follows ` @` in the table.
        """
        said = [text for _, _, text in notes]
        parts = [part.partition(" @") for part in self.says]
        if len(said) != len(parts) or not all(part in text for (part, _, _), text in zip(parts, said, strict=True)):
            return f"said {said}, wanted {self.says}"
        for (file, line, text), (_, _, place) in zip(notes, parts, strict=True):
            words = [place] if place else [*text.split("`")[1::2], text.split("(")[0]]
            source = self.statement(line) if file == "prog.py" else ""
            if not any(word in source for word in words):
                return f"{text!r} is said at {file}:{line}: {source!r}"
        return None

    def statement(self, line):
        """The text of the smallest statement that a line belongs to."""
        found = [
            each for each in ast.walk(ast.parse(self.code))
            if isinstance(each, ast.stmt) and each.lineno <= line <= each.end_lineno
        ]  # fmt: skip
        return ast.get_source_segment(self.code, min(found, key=lambda each: each.end_lineno - each.lineno)) or ""


FORMS: list[Form] = []


def form(row, old, code, *says):
    """Add a row."""
    FORMS.append(Form(row, old, textwrap.dedent(code).strip() + "\n", says))


# ---------------------------------------------------------------------- 2a: runs, and does something else

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
SMALL = """
from keras.models import Sequential, load_model
from keras.layers import Dense
from keras import callbacks
x, y = np.arange(16.).reshape(8, 2) / 16, np.ones((8, 1))
model = Sequential()
model.add(Dense(1, input_dim=2, activation='sigmoid'))
model.compile(loss='mean_squared_error', optimizer='sgd', metrics=['accuracy'])
"""
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

# ---------------------------------------------------------------------- 2b: import paths

LAYERS = {
    "core": "Dense Dropout Activation Flatten Reshape Permute RepeatVector Lambda Masking ActivityRegularization "
    "SpatialDropout1D SpatialDropout2D SpatialDropout3D",
    "convolutional": "Conv1D Conv2D Conv3D Conv2DTranspose Conv3DTranspose SeparableConv2D UpSampling1D UpSampling2D "
    "UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D Cropping1D Cropping2D Cropping3D MaxPooling2D",
    "pooling": "MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D GlobalAveragePooling1D "
    "GlobalAveragePooling2D GlobalMaxPooling1D GlobalMaxPooling2D",
    "recurrent": "SimpleRNN GRU LSTM RNN SimpleRNNCell GRUCell LSTMCell StackedRNNCells",
    "embeddings": "Embedding",
    "normalization": "BatchNormalization LayerNormalization",
    "noise": "GaussianNoise GaussianDropout AlphaDropout",
    "merge": "Add Multiply Average Maximum Concatenate Dot add multiply average maximum concatenate dot",
    "wrappers": "TimeDistributed Bidirectional Wrapper",
    "advanced_activations": "LeakyReLU PReLU ELU Softmax ReLU",
    "convolutional_recurrent": "ConvLSTM2D",
}
for part, names in LAYERS.items():
    form(
        "2b layers",
        f"keras.layers.{part}",
        f"""
        from keras.layers.{part} import {", ".join(names.split())}
        import keras.layers.{part} as part, keras
        for name in {names!r}.split():
            assert getattr(part, name) is getattr(today.layers, name) is getattr(keras.layers, name), name
            assert getattr(keras.layers.{part}, name) is getattr(part, name)
        """,
    )
form(
    "2b layers",
    "keras.layers.local",
    """
    from keras.layers.local import LocallyConnected1D, LocallyConnected2D
    layer = LocallyConnected1D(2, 3, kernel_initializer='ones')
    close(layer(np.arange(5.).reshape(1, 5, 1)), [[[3, 3], [6, 6], [9, 9]]])
    """,
)
form(
    "2b layers",
    "keras.layers.cudnn_recurrent",
    """
    from keras.layers.cudnn_recurrent import CuDNNLSTM, CuDNNGRU
    assert CuDNNLSTM(3)(np.ones((2, 4, 1))).shape == CuDNNGRU(3)(np.ones((2, 4, 1))).shape == (2, 3)
    """,
)
form(
    "2b utils",
    "from keras.utils import np_utils",
    """
    from keras.utils import np_utils
    close(np_utils.to_categorical([1, 0], 2), [[0, 1], [1, 0]])
    close(np_utils.normalize(np.array([[3., 4.]])), [[0.6, 0.8]])
    from keras.utils.np_utils import to_categorical, probas_to_classes
    close(to_categorical(np.array([1]), nb_classes=3), [[0, 1, 0]])
    assert list(probas_to_classes(np.array([[0.1, 0.9], [0.8, 0.2]]))) == [1, 0]
    """,
    "`nb_classes` of",
)
form(
    "2b utils",
    "keras.utils.vis_utils, .visualize_util",
    SMALL
    + """
from keras.utils.vis_utils import plot_model, model_to_dot
from keras.utils.visualize_util import plot
assert plot is plot_model is today.utils.plot_model and model_to_dot is today.utils.model_to_dot
assert 'dense' in str(model_to_dot(model))
""",
)
form(
    "2b utils",
    "keras.utils.generic_utils",
    """
    from keras.utils.generic_utils import get_custom_objects, CustomObjectScope, Progbar, custom_object_scope
    from keras.utils.generic_utils import serialize_keras_object, deserialize_keras_object, has_arg, to_list
    from keras.layers import Activation
    get_custom_objects().update({'twice': Activation(lambda x: 2 * x)})
    close(Activation('twice')(np.ones(2)), [2, 2])
    with CustomObjectScope({'thrice': lambda x: 3 * x}):
        close(Activation('thrice')(np.ones(2)), [3, 3])
    get_custom_objects().clear()
    Progbar(3).update(1)
    assert to_list(1) == [1] and has_arg(lambda a: a, 'a')
    """,
)
form(
    "2b utils",
    "keras.utils.data_utils",
    """
    from keras.utils.data_utils import get_file, Sequence, OrderedEnqueuer, GeneratorEnqueuer
    class Mine(Sequence):
        def __len__(self):
            return 2
        def __getitem__(self, i):
            return np.ones((2, 1)) * i, np.ones((2, 1)) * i
    queue = OrderedEnqueuer(Mine())
    queue.start(workers=1, max_queue_size=2)
    found = queue.get()
    close(next(found)[0], [[0], [0]])
    close(next(found)[0], [[1], [1]])
    queue.stop()
    assert get_file is today.utils.get_file
    """,
)
form(
    "2b utils",
    "keras.utils.io_utils, HDF5Matrix",
    SMALL
    + """
import h5py
with h5py.File('data.h5', 'w') as f:
    f['x'], f['y'] = x, y
from keras.utils.io_utils import HDF5Matrix, ask_to_proceed_with_overwrite
from keras.utils import HDF5Matrix
data, labels = HDF5Matrix('data.h5', 'x', 0, 6), HDF5Matrix('data.h5', 'y', 0, 6)
assert data.shape == (6, 2)
close(data[1:3], x[1:3])
whole = model.evaluate(x[:6], y[:6], verbose=0)
close(model.evaluate(data, labels, verbose=0), whole)
model.fit(data, labels, shuffle='batch', batch_size=3, verbose=0)
""",
)
form(
    "2b utils",
    "keras.utils.layer_utils: print_summary, count_params, convert_all_kernels_in_model",
    SMALL
    + """
from keras.utils.layer_utils import print_summary, convert_all_kernels_in_model, count_params
from keras.utils import print_summary, convert_all_kernels_in_model
lines = []
print_summary(model, print_fn=lines.append)
assert 'dense' in ''.join(lines)
assert count_params(model.trainable_weights) == 3
from keras.layers import Conv2D
conv = Sequential([Conv2D(1, 2, input_shape=(3, 3, 1))])
before = conv.get_weights()[0]
convert_all_kernels_in_model(conv)
close(conv.get_weights()[0], before[::-1, ::-1])
""",
)
form(
    "2b utils",
    "keras.utils.conv_utils",
    """
    from keras.utils import conv_utils
    from keras.utils.conv_utils import conv_output_length, normalize_tuple, convert_kernel
    assert conv_output_length(8, 3, 'valid', 2) == 3 and conv_output_length(8, 3, 'same', 2) == 4
    assert normalize_tuple(3, 2, 'kernel_size') == (3, 3)
    assert conv_utils.normalize_data_format(None) == 'channels_last'
    """,
)
form(
    "2b utils",
    "multi_gpu_model",
    SMALL
    + """
from keras.utils import multi_gpu_model
parallel = multi_gpu_model(model, gpus=2)
parallel.compile(loss='mse', optimizer='sgd')
parallel.fit(x, y, verbose=0)
close(parallel.predict(x, verbose=0), model.predict(x, verbose=0))
""",
    "`multi_gpu_model` returns the model as it is",
)
ATTENTION = """
from keras import backend as K
from keras import initializers, regularizers, constraints
class Attention(Layer):
    def __init__(self, W_regularizer=None, bias=True, **kwargs):
        self.supports_masking = True
        self.init = initializers.get('glorot_uniform')
        self.W_regularizer = regularizers.get(W_regularizer)
        self.bias = bias
        super(Attention, self).__init__(**kwargs)
    def build(self, input_shape):
        assert len(input_shape) == 3
        self.W = self.add_weight((input_shape[-1],), initializer=self.init, name='{}_W'.format(self.name),
                                 regularizer=self.W_regularizer)
        if self.bias:
            self.b = self.add_weight((input_shape[1],), initializer='zero', name='{}_b'.format(self.name))
        self.built = True
    def compute_mask(self, input, input_mask=None):
        return None
    def call(self, x, mask=None):
        e = K.squeeze(K.dot(x, K.expand_dims(self.W)), axis=-1)
        a = K.exp(K.tanh(e + self.b))
        if mask is not None:
            a *= K.cast(mask, K.floatx())
        a /= K.cast(K.sum(a, axis=1, keepdims=True) + K.epsilon(), K.floatx())
        return K.sum(x * K.expand_dims(a), axis=1)
    def get_output_shape_for(self, input_shape):
        return input_shape[0], input_shape[-1]
    def compute_output_shape(self, input_shape):
        return input_shape[0], input_shape[-1]
layer = Attention()
x = np.random.rand(2, 4, 3).astype('float32')
found = layer(x)
w, b = layer.get_weights()
a = np.exp(np.tanh(x @ w + b))
a /= a.sum(1, keepdims=True) + 1e-7
close(found, (x * a[..., None]).sum(1))
"""
for path, names in {
    "topology": "Layer, InputSpec, Input, get_source_inputs, merge, Merge, Container",
    "base_layer": "Layer, InputSpec",
    "training": "Model",
}.items():
    form(
        "2b engine",
        f"keras.engine.{path}",
        f"from keras.engine.{path} import {names}\nfrom keras.engine import Layer\n{ATTENTION}",
    )
form(
    "2b engine",
    "keras.engine",
    """
    from keras.engine import Layer, InputSpec, Input, Model
    import keras.engine, keras.engine.topology
    assert Layer is keras.engine.topology.Layer is today.layers.Layer
    x = Input(shape=(2,))
    assert Model(x, x).predict(np.ones((1, 2)), verbose=0).shape == (1, 2)
    """,
)
form(
    "2b",
    "keras.objectives",
    """
    from keras.objectives import binary_crossentropy, mse, categorical_crossentropy, mean_squared_error
    from keras import objectives
    close(mse(np.array([[1., 2.]]), np.array([[0., 0.]])), [2.5])
    close(objectives.get('mae')(np.array([[1., 2.]]), np.array([[0., 0.]])), [1.5])
    """,
)
form(
    "2b",
    "keras.initializations",
    """
    from keras import initializations
    from keras.initializations import normal, uniform, glorot_uniform, he_normal, orthogonal, identity, zero, one
    from keras import backend as K
    assert K.get_value(initializations.get('zero')((2, 3), name='w')).shape == (2, 3)
    assert abs(K.get_value(normal((500,), scale=0.1, name='n')).std() - 0.1) < 0.02
    close(K.get_value(identity((2, 2))), np.eye(2))
    """,
)
form(
    "2b text",
    "keras.preprocessing.text: Tokenizer",
    """
    from keras.preprocessing.text import Tokenizer
    tokenizer = Tokenizer(nb_words=4)
    tokenizer.fit_on_texts(['The cat sat.', 'The cat', 'the'])
    assert tokenizer.word_index == {'the': 1, 'cat': 2, 'sat': 3}
    assert tokenizer.texts_to_sequences(['cat the dog sat']) == [[2, 1, 3]]
    close(tokenizer.texts_to_matrix(['the the cat'], mode='count'), [[0, 2, 1, 0]])
    """,
    "`nb_words` of Tokenizer is now `num_words`",
)
form(
    "2b text",
    "text_to_word_sequence, one_hot, hashing_trick",
    """
    from keras.preprocessing.text import text_to_word_sequence, one_hot, hashing_trick
    assert text_to_word_sequence('Hello, World! it is') == ['hello', 'world', 'it', 'is']
    assert one_hot('a b a', 50)[0] == one_hot('a b a', 50)[2] and all(0 < i < 50 for i in one_hot('a b', 50))
    assert hashing_trick('hello world', 10, hash_function='md5') == [3, 6] or True
    import hashlib
    expected = [int(hashlib.md5(w.encode()).hexdigest(), 16) % 9 + 1 for w in ('hello', 'world')]
    assert hashing_trick('hello world', 10, hash_function='md5') == expected
    """,
)
for module in ("keras_preprocessing.text", "keras.preprocessing.text", "keras.src.preprocessing.text"):
    form(
        "2b text",
        f"a pickled Tokenizer ({module})",
        f"""
        import pickle
        from keras.preprocessing.text import Tokenizer
        tokenizer = Tokenizer(num_words=5)
        tokenizer.fit_on_texts(['a b b'])
        data = pickle.dumps(tokenizer, 0)
        old = Tokenizer.__module__.encode()
        assert old in data
        again = pickle.loads(data.replace(old, {module!r}.encode()))
        assert again.texts_to_sequences(['a b']) == [[2, 1]]
        """,
    )
form(
    "2b sequence",
    "pad_sequences",
    """
    from keras.preprocessing import sequence
    from keras.preprocessing.sequence import pad_sequences
    assert sequence.pad_sequences([[1, 2, 3], [4]], maxlen=2).tolist() == [[2, 3], [0, 4]]
    assert pad_sequences([[1], [2, 3]], padding='post').tolist() == [[1, 0], [2, 3]]
    """,
)
form(
    "2b sequence",
    "TimeseriesGenerator",
    """
    from keras.preprocessing.sequence import TimeseriesGenerator
    data = np.arange(10.).reshape(10, 1)
    generator = TimeseriesGenerator(data, data, length=3, batch_size=4)
    x, y = generator[0]
    assert len(generator) == 2 and x.shape == (4, 3, 1)
    close(y.ravel(), [3, 4, 5, 6])
    from keras.models import Sequential
    from keras.layers import Dense, LSTM
    model = Sequential([LSTM(2, input_shape=(3, 1)), Dense(1)])
    model.compile('adam', 'mse')
    model.fit_generator(generator, epochs=1, verbose=0)
    """,
    "`fit_generator` is now `fit`",
)
form(
    "2b sequence",
    "skipgrams, make_sampling_table",
    """
    from keras.preprocessing.sequence import skipgrams, make_sampling_table
    couples, labels = skipgrams([1, 2, 3], vocabulary_size=4, window_size=1, negative_samples=0., shuffle=False)
    assert couples == [[1, 2], [2, 1], [2, 3], [3, 2]] and labels == [1, 1, 1, 1]
    table = make_sampling_table(5)
    assert table.shape == (5,) and (np.diff(table[1:]) >= 0).all()
    """,
)
IMAGES = """
from keras.preprocessing.image import ImageDataGenerator, array_to_img
import os
for kind, level in ('cats', 50), ('dogs', 200):
    os.makedirs('data/' + kind)
    for i in range(2):
        array_to_img(np.full((8, 8, 3), level), scale=False).save('data/%s/%d.png' % (kind, i))
"""
form(
    "2b image",
    "ImageDataGenerator.flow",
    """
    from keras.preprocessing.image import ImageDataGenerator
    x, y = np.arange(5 * 4 * 4).reshape(5, 4, 4, 1).astype('float32'), np.arange(5)
    datagen = ImageDataGenerator(rescale=1. / 2, horizontal_flip=False, featurewise_center=False)
    bx, by = next(datagen.flow(x, y, batch_size=3, shuffle=False))
    close(bx, x[:3] / 2)
    assert by.tolist() == [0, 1, 2]
    centred = ImageDataGenerator(featurewise_center=True, featurewise_std_normalization=True)
    centred.fit(x)
    close(next(centred.flow(x, batch_size=5, shuffle=False)), (x - x.mean()) / x.std(), 1e-4)
    """,
)
form(
    "2b image",
    "ImageDataGenerator.flow_from_directory",
    IMAGES
    + """
flow = ImageDataGenerator(rescale=1. / 255).flow_from_directory(
    'data', target_size=(6, 6), batch_size=4, class_mode='binary', shuffle=False)
x, y = next(flow)
assert flow.class_indices == {'cats': 0, 'dogs': 1} and y.tolist() == [0, 0, 1, 1] and x.shape == (4, 6, 6, 3)
close(x[0], np.full((6, 6, 3), 50 / 255))
""",
)
form(
    "2b image",
    "ImageDataGenerator.flow_from_dataframe",
    IMAGES
    + """
import pandas as pd
df = pd.DataFrame({'filename': ['cats/0.png', 'dogs/1.png'], 'class': ['cats', 'dogs']})
flow = ImageDataGenerator().flow_from_dataframe(df, 'data', target_size=(8, 8), shuffle=False, batch_size=2)
x, y = next(flow)
close(x.mean((1, 2, 3)), [50, 200])
close(y, [[1, 0], [0, 1]])
""",
)
form(
    "2b image",
    "load_img, img_to_array, array_to_img",
    IMAGES
    + """
from keras.preprocessing.image import load_img, img_to_array
from keras.preprocessing import image
img = image.load_img('data/dogs/0.png', target_size=(4, 4))
close(img_to_array(img), np.full((4, 4, 3), 200))
close(image.img_to_array(array_to_img(np.full((2, 2, 1), 7.), scale=False)), np.full((2, 2, 1), 7))
""",
)
form(
    "2b",
    "keras.wrappers.scikit_learn.KerasClassifier",
    """
    from keras.models import Sequential
    from keras.layers import Dense
    from keras.wrappers.scikit_learn import KerasClassifier
    from sklearn.model_selection import cross_val_score
    def create_model():
        model = Sequential()
        model.add(Dense(1, input_dim=1, activation='sigmoid'))
        model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
        return model
    x = np.r_[np.full(8, -5.), np.full(8, 5.)].reshape(-1, 1)
    y = (x[:, 0] > 0).astype(int)
    model = KerasClassifier(build_fn=create_model, epochs=1, batch_size=16, verbose=0)
    assert cross_val_score(model, x, y, cv=2).shape == (2,)
    assert set(np.ravel(model.fit(x, y) and model.predict(x))) <= {0, 1}
    """,
    "`KerasClassifier` is now `tsuno.wrappers.SKLearnClassifier`",
)
form(
    "2b",
    "keras.wrappers.scikit_learn.KerasRegressor",
    """
    from keras.models import Sequential
    from keras.layers import Dense
    from keras.wrappers.scikit_learn import KerasRegressor
    def model():
        model = Sequential([Dense(1, input_dim=1, kernel_initializer='ones')])
        model.compile(loss='mean_squared_error', optimizer='sgd')
        return model
    x = np.ones((4, 1))
    regressor = KerasRegressor(build_fn=model, nb_epoch=1, verbose=0)
    regressor.fit(x, x[:, 0])
    close(regressor.predict(x), np.ones(4))
    """,
    "`KerasRegressor` is now `tsuno.wrappers.SKLearnRegressor`",
    "`nb_epoch` of Model.fit is now `epochs` @regressor.fit",
)
form(
    "2b applications",
    "keras.applications.vgg16",
    """
    from keras.applications.vgg16 import VGG16, preprocess_input, decode_predictions
    from keras.applications import VGG16
    model = VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))
    assert model.count_params() == 14714688 and model.layers[1].name == 'block1_conv1'
    close(preprocess_input(np.zeros((1, 1, 1, 3)))[0, 0, 0], [-103.939, -116.779, -123.68])
    """,
)
form(
    "2b applications",
    "keras.applications.resnet50, .imagenet_utils",
    """
    from keras.applications.resnet50 import ResNet50, preprocess_input, decode_predictions
    from keras.applications.imagenet_utils import preprocess_input as old, decode_predictions
    close(preprocess_input(np.zeros((1, 1, 1, 3)))[0, 0, 0], [-103.939, -116.779, -123.68])
    close(old(np.full((1, 1, 1, 3), 255.), mode='tf'), np.ones((1, 1, 1, 3)))
    assert ResNet50 is today.applications.ResNet50
    """,
)
form(
    "2b applications",
    "keras.applications.mobilenetv2",
    """
    from keras.applications.mobilenetv2 import MobileNetV2, preprocess_input
    assert MobileNetV2 is today.applications.MobileNetV2
    close(preprocess_input(np.full((1, 1, 1, 3), 255.)), np.ones((1, 1, 1, 3)))
    """,
)
form(
    "2b applications",
    "keras.applications.resnext",
    """
    def old():
        from keras.applications.resnext import ResNeXt50
    refused(old, 'resnext')
    """,
)
form(
    "2b backend",
    "import keras.backend.tensorflow_backend as KTF, set_session",
    """
    import tensorflow as tf
    import keras.backend.tensorflow_backend as KTF
    from keras.backend.tensorflow_backend import set_session
    config = tf.ConfigProto()
    config.gpu_options.allow_growth = True
    config.gpu_options.per_process_gpu_memory_fraction = 0.3
    session = tf.Session(config=config)
    KTF.set_session(session)
    set_session(session)
    from keras.models import Sequential
    from keras.layers import Dense
    model = Sequential([Dense(1, kernel_initializer='ones', input_shape=(2,))])
    close(model.predict(np.ones((1, 2))), [[2]])
    """,
)
form(
    "2b layers",
    "from keras.layers import Merge",
    """
    from keras.models import Sequential
    from keras.layers import Dense, Merge
    left, right = Sequential(), Sequential()
    left.add(Dense(2, input_dim=2, init='one'))
    right.add(Dense(2, input_dim=1, init='one'))
    model = Sequential()
    model.add(Merge([left, right], mode='concat'))
    assert model.output_shape == (None, 4)
    close(model.predict([np.ones((1, 2)), np.ones((1, 1))], verbose=0), [[2, 2, 1, 1]])
    """,
    "`init` of Dense is now `kernel_initializer`",
)
MERGED = {
    "sum": [4, 6], "mul": [3, 8], "concat": [1, 2, 3, 4], "ave": [2, 3], "max": [3, 4], "dot": [11], "cos": [0.98387],
}  # fmt: skip
form(
    "2b layers",
    "from keras.layers import merge",
    f"""
    from keras.layers import Input, merge
    from keras.models import Model
    a, b = Input(shape=(2,)), Input(shape=(2,))
    for mode, expected in {MERGED!r}.items():
        model = Model(input=[a, b], output=merge([a, b], mode=mode))
        close(np.ravel(model.predict([np.array([[1., 2.]]), np.array([[3., 4.]])], verbose=0)), expected, 1e-4)
    """,
    "`input` of",
    "`output` of",
)
form(
    "2b layers",
    "AtrousConvolution2D",
    """
    from keras.layers import AtrousConvolution2D
    layer = AtrousConvolution2D(1, 3, 3, atrous_rate=(2, 2), border_mode='valid', init='one')
    close(layer(np.ones((1, 6, 6, 1))), np.full((1, 2, 2, 1), 9))
    """,
    "AtrousConvolution2D(1, 3, 3) is read as in Keras 1",
)
form(
    "2b layers",
    "Deconvolution2D",
    """
    from keras.layers import Deconvolution2D
    layer = Deconvolution2D(1, 2, 2, output_shape=(None, 4, 4, 1), subsample=(2, 2), init='one')
    close(layer(np.ones((1, 2, 2, 1))), np.ones((1, 4, 4, 1)))
    """,
    "Deconvolution2D(1, 2, 2) is read as in Keras 1",
)
form(
    "2b layers",
    "Highway",
    """
    from keras.layers import Highway
    layer = Highway(activation='linear', init='zero')
    close(layer(np.ones((2, 3))), np.full((2, 3), 1 / (1 + np.e)))  # the gate's bias is 1 at first
    """,
    "`init` of Highway is now `kernel_initializer`",
)
form(
    "2b layers",
    "MaxoutDense",
    """
    from keras.layers import MaxoutDense
    layer = MaxoutDense(output_dim=2, nb_feature=3)
    x = np.random.rand(4, 5).astype('float32')
    found = layer(x)
    w, b = layer.get_weights()
    close(found, (np.einsum('bi,kio->bko', x, w) + b).max(1))
    """,
    "`output_dim` of MaxoutDense is now `units`",
)
form(
    "2b layers",
    "TimeDistributedDense",
    """
    from keras.models import Sequential
    from keras.layers import TimeDistributedDense
    model = Sequential([TimeDistributedDense(output_dim=2, init='one', input_dim=3, input_length=4)])
    assert model.output_shape == (None, 4, 2)
    close(model.predict(np.ones((1, 4, 3)), verbose=0), np.full((1, 4, 2), 3))
    """,
    "`input_length` and `input_dim` of TimeDistributedDense are now `input_shape`",
    "`output_dim` of TimeDistributedDense is now `units`",
    "`init` of TimeDistributedDense is now `kernel_initializer`",
)
for name in ("CuDNNLSTM", "CuDNNGRU"):
    form(
        "2b layers",
        name,
        f"""
        from keras.layers import {name}
        layer = {name}(2, return_sequences=True)
        assert layer(np.ones((1, 4, 3))).shape == (1, 4, 2)
        assert layer.recurrent_activation.__name__ == 'sigmoid'
        """,
    )
form(
    "2b layers",
    "LocallyConnected1D, LocallyConnected2D",
    """
    from keras.layers import LocallyConnected1D, LocallyConnected2D
    assert [w.shape for w in (lambda l: (l.build((None, 5, 2)), l)[1])(LocallyConnected1D(4, 3)).weights] == [(3, 6, 4), (3, 4)]
    layer = LocallyConnected2D(2, (2, 2), kernel_initializer='ones')
    close(layer(np.ones((1, 3, 3, 1))), np.full((1, 2, 2, 2), 4))
    assert layer.count_params() == 4 * 4 * 2 + 4 * 2
    """,
)
form(
    "2b layers",
    "ThresholdedReLU",
    """
    from keras.layers import ThresholdedReLU
    from keras.layers.advanced_activations import ThresholdedReLU
    close(ThresholdedReLU(theta=1.0)(np.array([0.5, 1.0, 2.0])), [0, 0, 2])
    """,
)
form(
    "2b layers",
    "RandomHeight, RandomWidth",
    """
    import tensorflow as tf
    for kind in tf.keras.layers.RandomHeight, tf.keras.layers.RandomWidth:
        layer = kind((1.0, 1.0), interpolation='nearest')  # twice as high, or wide, of which the middle is kept
        x = np.arange(16.).reshape(1, 4, 4, 1).astype('float32')
        close(layer(x, training=False), x)
        seen = np.asarray(layer(x, training=True))[0, :, :, 0]
        rows = x[0, :, :, 0] if kind is tf.keras.layers.RandomHeight else x[0, :, :, 0].T
        close(seen if kind is tf.keras.layers.RandomHeight else seen.T, rows[[1, 1, 2, 2]])
    """,
)
form(
    "2b layers",
    "DenseFeatures",
    """
    def old():
        from keras.layers import DenseFeatures
    refused(old, 'DenseFeatures', 'Input', 'Concatenate')
    """,
)
form(
    "2b layers",
    "AbstractRNNCell",
    """
    import tensorflow as tf
    class Cell(tf.keras.layers.AbstractRNNCell):
        def __init__(self, units, **kwargs):
            self.units = units
            super().__init__(**kwargs)
        @property
        def state_size(self):
            return self.units
        def build(self, input_shape):
            self.kernel = self.add_weight(shape=(input_shape[-1], self.units), initializer='ones', name='kernel')
            self.built = True
        def call(self, inputs, states):
            output = tf.matmul(inputs, self.kernel) + states[0]
            return output, output
    close(tf.keras.layers.RNN(Cell(2))(np.ones((1, 3, 2), 'float32')), [[6, 6]])
    """,
)
for name, kind in {
    "Convolution2D": "Conv2D", "MaxPool2D": "MaxPooling2D", "SeparableConvolution2D": "SeparableConv2D",
    "UpSampling2D": "UpSampling2D", "Convolution1D": "Conv1D", "Convolution3D": "Conv3D",
}.items():  # fmt: skip
    given = "3, 2" if "Conv" in name else ""
    form(
        "2b layers",
        name,
        f"""
        from keras.layers import {name}
        assert isinstance({name}({given}), today.layers.{kind})
        """,
    )
form(
    "2b layers",
    "keras.layers.experimental.preprocessing",
    """
    from tensorflow.keras.layers.experimental.preprocessing import Rescaling, Normalization, RandomFlip
    from tensorflow.keras.layers.experimental import preprocessing
    close(Rescaling(1. / 2)(np.ones((1, 2))), [[0.5, 0.5]])
    normalizer = preprocessing.Normalization()
    normalizer.adapt(np.array([[1.], [3.]]))
    close(normalizer(np.array([[3.]])), [[1.0]])
    """,
)
form(
    "2b losses",
    "keras.losses: mse, mae, logcosh, kullback_leibler_divergence, cosine_proximity",
    """
    from keras.losses import mse, mae, mape, msle, logcosh, kullback_leibler_divergence, cosine_proximity, MSE, MAE, KLD
    y, p = np.array([[0.25, 0.75]]), np.array([[0.5, 0.5]])
    close(mse(y, p), [0.0625])
    close(mae(y, p), [0.25])
    close(logcosh(y, p), [np.log(np.cosh(0.25))])
    close(kullback_leibler_divergence(y, p), [(y * np.log(y / p)).sum()])
    close(cosine_proximity(y, p), [-(y * p).sum() / np.sqrt((y ** 2).sum() * (p ** 2).sum())])
    from keras.metrics import mae, mse, binary_accuracy
    close(mae(y, p), [0.25])
    """,
)
form(
    "2b losses",
    "keras.losses.Reduction",
    """
    import tensorflow as tf
    y, p = np.array([[0.], [1.]]), np.array([[1.], [3.]])
    close(tf.keras.losses.MeanSquaredError(reduction=tf.keras.losses.Reduction.NONE)(y, p), [1, 4])
    close(tf.keras.losses.MeanSquaredError(reduction=tf.keras.losses.Reduction.AUTO)(y, p), 2.5)
    close(tf.keras.losses.MeanSquaredError(tf.keras.losses.Reduction.SUM)(y, p), 5)
    """,
)
for name, today in {
    "kullback_leibler_divergence": "kl_divergence", "cosine_proximity": "cosine_similarity", "logcosh": "log_cosh",
    "huber_loss": "huber",
}.items():  # fmt: skip
    form(
        "2b losses",
        f"loss={name!r}",
        f"""
        from keras.models import Sequential
        from keras.layers import Activation
        y, p = np.array([[0.25, 0.75]]), np.array([[0.5, 0.4]])
        model = Sequential([Activation('linear', input_shape=(2,))])
        model.compile('sgd', loss={name!r})
        expected = today.losses.{today}(y, p)[0]
        close(model.evaluate(p, y, verbose=0), expected)
        """,
    )
form(
    "2b initializers",
    "keras.initializers.normal/uniform/one/zero",
    """
    from keras import initializers
    from keras.initializers import normal, uniform, one, zero
    from keras.layers import Dense
    close(one()((2,)), [1, 1])
    close(zero()((2,)), [0, 0])
    assert np.abs(uniform(minval=-1, maxval=1)((100,))).max() <= 1
    assert abs(np.std(normal(stddev=2.0)((500,))) - 2) < 0.4
    assert [type(Dense(1, kernel_initializer=name).kernel_initializer).__name__ for name in
            ('normal', 'uniform', 'zero', 'one')] == ['RandomNormal', 'RandomUniform', 'Zeros', 'Ones']
    """,
)
form(
    "2b regularizers",
    "activity_l2, l1l2, constraints.maxnorm, nonneg, unitnorm",
    """
    from keras.regularizers import activity_l2, activity_l1, l2, l1l2, activity_l1l2
    from keras.constraints import maxnorm, nonneg, unitnorm
    close(activity_l2(0.5)(np.array([1., 2.])), 2.5)
    close(activity_l1(0.5)(np.array([1., -2.])), 1.5)
    close(l1l2(l1=0.5, l2=0.1)(np.array([1., 2.])), 2)
    close(maxnorm(1)(np.array([[3.], [4.]])), [[0.6], [0.8]])
    close(maxnorm(m=1)(np.array([[3.], [4.]])), [[0.6], [0.8]])
    close(nonneg()(np.array([-1., 2.])), [0, 2])
    close(unitnorm()(np.array([[3.], [4.]])), [[0.6], [0.8]])
    """,
    "`m` of MaxNorm is now `max_value`",
)
for name in ("Adam", "SGD", "RMSprop"):
    form(
        "2b optimizers",
        f"keras.optimizers.legacy.{name}",
        f"""
        from tensorflow.keras.optimizers.legacy import {name}
        import tensorflow as tf
        close(tf.keras.optimizers.legacy.{name}(learning_rate=0.5).learning_rate, 0.5)
        """,
    )
form(
    "2b models",
    "model_from_yaml",
    SMALL
    + """
from keras.models import model_from_yaml
again = model_from_yaml(model.to_yaml())
again.set_weights(model.get_weights())
close(again.predict(x, verbose=0), model.predict(x, verbose=0))
""",
)
form(
    "2b models",
    "keras.models.Graph",
    """
    def old():
        from keras.models import Graph
        Graph()
    refused(old, 'Graph', 'Model(')
    """,
)
form(
    "2b models",
    "keras.experimental",
    """
    import tensorflow as tf
    schedule = tf.keras.experimental.CosineDecay(0.1, 10)
    close(schedule(10), 0)
    model = tf.keras.experimental.LinearModel()
    assert tuple(model(np.ones((2, 3), 'float32')).shape) == (2, 1)
    assert issubclass(tf.keras.experimental.WideDeepModel, tf.keras.Model)
    """,
)
form(
    "2b models",
    "keras.estimator",
    """
    import tensorflow as tf
    refused(lambda: tf.keras.estimator.model_to_estimator(keras_model=None), 'fit')
    """,
)
form(
    "2b callbacks",
    "BaseLogger",
    SMALL
    + """
from keras.callbacks import BaseLogger
assert 'loss' in model.fit(x, y, verbose=0, callbacks=[BaseLogger()]).history
""",
)

# ---------------------------------------------------------------------- 2c: arguments

form(
    "2c",
    "Dense(output_dim=64, input_dim=20)",
    """
    from keras.models import Sequential
    from keras.layers import Dense
    model = Sequential([Dense(output_dim=4, input_dim=3, init='one')])
    close(model.predict(np.ones((1, 3)), verbose=0), [[3] * 4])
    """,
    "`output_dim` of Dense is now `units`",
    "`init` of Dense is now `kernel_initializer`",
)
for old, value, new, wanted in (
    ("init", "'uniform'", "kernel_initializer", "RandomUniform"),
    ("W_regularizer", "l2(0.25)", "kernel_regularizer", "L2"),
    ("b_regularizer", "l2(0.25)", "bias_regularizer", "L2"),
    ("W_constraint", "maxnorm(2)", "kernel_constraint", "MaxNorm"),
    ("b_constraint", "maxnorm(2)", "bias_constraint", "MaxNorm"),
):
    form(
        "2c",
        f"Dense({old}=)",
        f"""
        from keras.layers import Dense
        from keras.regularizers import l2, activity_l2
        from keras.constraints import maxnorm
        layer = Dense(4, {old}={value})
        assert type(layer.{new}).__name__ == {wanted!r}
        """,
        f"`{old}` of Dense is now `{new}`",
    )
form(
    "2c",
    "Dense(bias=False)",
    """
    from keras.layers import Dense
    layer = Dense(4, bias=False)
    assert layer(np.ones((1, 2))).shape == (1, 4) and len(layer.weights) == 1
    """,
    "`bias` of Dense is now `use_bias`",
)
form(
    "2c",
    "Dense(activity_regularizer=activity_l2(0.01))",
    """
    from keras.models import Sequential
    from keras.layers import Dense
    from keras.regularizers import activity_l2
    model = Sequential([Dense(1, kernel_initializer='ones', activity_regularizer=activity_l2(0.5), input_shape=(2,))])
    model.compile('sgd', 'mse')
    close(model.evaluate(np.ones((1, 2)), np.full((1, 1), 2.), verbose=0), 2.0)
    """,
)
form(
    "2c",
    "Dense(64, 'uniform')",
    """
    from keras.layers import Dense
    layer = Dense(64, 'uniform')
    assert type(layer.kernel_initializer).__name__ == 'RandomUniform' and layer.activation.__name__ == 'linear'
    """,
    "Dense(64, 'uniform') is read as in Keras 1",
)
for name, old, new in (
    ("Dropout", "p", "rate"), ("SpatialDropout2D", "p", "rate"), ("GaussianNoise", "sigma", "stddev"),
    ("GaussianDropout", "p", "rate"),
):  # fmt: skip
    form(
        "2c",
        f"{name}({old}=0.5)",
        f"""
        from keras.layers import {name}
        assert {name}({old}=0.5).{new} == 0.5
        """,
        f"`{old}` of {name} is now `{new}`",
    )
form(
    "2c",
    "Convolution2D(nb_filter, nb_row, nb_col, subsample, border_mode, dim_ordering)",
    """
    from keras.models import Sequential
    from keras.layers import Convolution2D
    model = Sequential()
    model.add(Convolution2D(nb_filter=4, nb_row=3, nb_col=2, subsample=(2, 1), border_mode='same',
                            dim_ordering='th', input_shape=(1, 8, 6)))
    assert model.output_shape == (None, 4, 4, 6)
    layer = model.layers[0]
    assert layer.kernel_size == (3, 2) and layer.strides == (2, 1) and layer.data_format == 'channels_first'
    """,
    "`nb_row` and `nb_col` of Convolution2D are now `kernel_size`",
    "`nb_filter` of Convolution2D is now `filters`",
    "`subsample` of Convolution2D is now `strides`",
    "`border_mode` of Convolution2D is now `padding`",
    "`dim_ordering` of Convolution2D is now `data_format`",
)
form(
    "2c",
    "Convolution1D(nb_filter, filter_length, subsample_length)",
    """
    from keras.layers import Convolution1D
    layer = Convolution1D(nb_filter=2, filter_length=3, subsample_length=2, border_mode='valid', activation='relu')
    assert layer.kernel_size == (3,) and layer.strides == (2,)
    assert layer(np.ones((1, 7, 2))).shape == (1, 3, 2)
    """,
    "`nb_filter` of Conv1D is now `filters`",
    "`filter_length` of Conv1D is now `kernel_size`",
    "`subsample_length` of Conv1D is now `strides`",
    "`border_mode` of Conv1D is now `padding`",
)
form(
    "2c",
    "MaxPooling1D(pool_length, stride, border_mode)",
    """
    from keras.layers import MaxPooling1D
    layer = MaxPooling1D(pool_length=3, stride=1, border_mode='same')
    close(layer(np.arange(4.).reshape(1, 4, 1))[0, :, 0], [1, 2, 3, 3])
    """,
    "`pool_length` of MaxPooling1D is now `pool_size`",
    "`stride` of MaxPooling1D is now `strides`",
    "`border_mode` of MaxPooling1D is now `padding`",
)
form(
    "2c",
    "AtrousConvolution2D(atrous_rate=)",
    """
    from keras.layers import AtrousConvolution2D
    layer = AtrousConvolution2D(nb_filter=1, nb_row=3, nb_col=3, atrous_rate=2)
    assert layer.dilation_rate == (2, 2)
    """,
    "`nb_row` and `nb_col` of",
    "`nb_filter` of",
    "`atrous_rate` of",
)
form(
    "2c",
    "input_shape=, input_dim= on a first layer",
    """
    from keras.models import Sequential
    from keras.layers import Dense
    assert Sequential([Dense(2, input_shape=(3,))]).input_shape == (None, 3)
    assert Sequential([Dense(2, input_dim=3)]).input_shape == (None, 3)
    """,
)
form(
    "2c",
    "input_shape=(784), Input(shape=784)",
    """
    from keras.models import Sequential
    from keras.layers import Dense, Input
    assert Sequential([Dense(2, input_shape=(784))]).input_shape == (None, 784)
    assert tuple(Input(shape=784).shape) == (None, 784)
    """,
)
form(
    "2c",
    "batch_input_shape=(1, 1, 7)",
    """
    from keras.models import Sequential
    from keras.layers import LSTM, Dense
    model = Sequential()
    model.add(LSTM(4, batch_input_shape=(1, 1, 7), stateful=True))
    assert model.input_shape == (1, 1, 7)
    x = np.ones((1, 1, 7))
    first, second = model.predict(x, verbose=0), model.predict(x, verbose=0)
    assert np.abs(first - second).max() > 1e-4
    model.reset_states()
    close(model.predict(x, verbose=0), first)
    """,
    "`batch_input_shape` of LSTM is now `input_shape` and `batch_size`",
)
form(
    "2c",
    "LSTM(input_dim=, input_length=), Conv1D(input_length=)",
    """
    from keras.models import Sequential
    from keras.layers import LSTM, Conv1D, Embedding
    assert Sequential([LSTM(2, input_dim=3, input_length=5)]).input_shape == (None, 5, 3)
    assert Sequential([LSTM(2, input_dim=3)]).input_shape == (None, None, 3)
    assert Sequential([Conv1D(2, 3, input_dim=3, input_length=5)]).output_shape == (None, 3, 2)
    assert Sequential([Embedding(9, 2, input_length=5)]).output_shape == (None, 5, 2)
    """,
    "`input_length` and `input_dim` of LSTM are now `input_shape`",
    "`input_dim` of LSTM is now `input_shape`",
    "`input_length` of Embedding is now `input_shape`",
)
form(
    "2c",
    "Dense(weights=[W, b]), Embedding(weights=[m])",
    """
    from keras.models import Sequential
    from keras.layers import Dense, Embedding
    matrix = np.arange(6.).reshape(3, 2)
    model = Sequential([Embedding(3, 2, weights=[matrix], trainable=False)])
    close(model.predict(np.array([[2, 0]]), verbose=0), [[[4, 5], [0, 1]]])
    W, b = np.array([[1.], [2.]]), np.array([3.])
    close(Sequential([Dense(1, weights=[W, b], input_dim=2)]).predict(np.ones((1, 2)), verbose=0), [[6]])
    """,
    "`weights` of Dense",
)
form(
    "2c",
    "LSTM(dropout_W=, dropout_U=, inner_activation=, consume_less=, time_major=)",
    """
    from keras.layers import LSTM
    layer = LSTM(2, dropout_W=0.25, dropout_U=0.5, inner_activation='hard_sigmoid', consume_less='gpu', time_major=False,
                 inner_init='orthogonal', forget_bias_init='one')
    assert (layer.dropout, layer.recurrent_dropout) == (0.25, 0.5)
    assert 'hard_sigmoid' in layer.recurrent_activation.__name__ and layer.unit_forget_bias is True
    """,
    "`dropout_W` of LSTM is now `dropout`",
    "`dropout_U` of LSTM is now `recurrent_dropout`",
    "`inner_activation` of LSTM is now `recurrent_activation`",
    "`consume_less` of LSTM is without effect",
    "`time_major` of LSTM is without effect",
    "`inner_init` of LSTM is now `recurrent_initializer`",
    "`forget_bias_init` of LSTM is now `unit_forget_bias`",
)
form(
    "2c",
    "BatchNormalization(mode=0, fused=True)",
    """
    from keras.layers import BatchNormalization
    BatchNormalization(mode=0, axis=1)(np.ones((2, 3)))
    BatchNormalization(fused=True)(np.ones((2, 3)))
    refused(lambda: BatchNormalization(mode=1), 'mode')
    """,
    "`mode` of BatchNormalization",
    "`fused` of BatchNormalization",
)
form(
    "2c",
    "Adam(lr=...)",
    """
    from keras.optimizers import Adam
    close(Adam(lr=0.25).learning_rate, 0.25)
    """,
    "`lr` of Adam is now `learning_rate`",
)
form(
    "2c",
    "Adam(epsilon=None)",
    SMALL
    + """
from keras.optimizers import Adam
optimizer = Adam(learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=None, amsgrad=False)
assert optimizer.epsilon == 1e-7
model.compile(loss='mse', optimizer=optimizer)
assert np.isfinite(model.fit(x, y, verbose=0).history['loss'][0])
""",
    "`epsilon` of Adam is without effect today",
)
form(
    "2c",
    "l2(l=0.01), LeakyReLU(alpha=)",
    """
    from keras.regularizers import l1, l2
    from keras.layers import LeakyReLU
    close(l2(l=0.5)(np.array([2.])), 2)
    close(LeakyReLU(alpha=0.25)(np.array([-4., 1.])), [-1, 1])
    """,
    "`l` of L2 is now `l2`",
    "`alpha` of LeakyReLU is now `negative_slope`",
)
form(
    "2c",
    "Dense(np.int64(3)), Dense(64 / 2)",
    """
    from keras.layers import Dense
    assert Dense(np.int64(3)).units == 3 and Dense(64 / 2).units == 32
    refused(lambda: Dense(2.5), '2.5', 'units')
    """,
)
form(
    "2c",
    "compile(sample_weight_mode='temporal')",
    """
    from keras.models import Sequential
    from keras.layers import Dense
    model = Sequential([Dense(1, kernel_initializer='ones', input_shape=(3, 1))])
    model.compile('sgd', 'mse', sample_weight_mode='temporal')
    x, y = np.array([[[1.], [2.], [3.]]]), np.zeros((1, 3, 1))
    close(model.evaluate(x, y, sample_weight=np.array([[1., 0., 0.]]), verbose=0), 1 / 3)
    """,
    "`sample_weight_mode` of Model.compile",
)
form(
    "2c",
    "compile(metrics=['mae']) with 2 outputs",
    """
    from keras.layers import Input, Dense
    from keras.models import Model
    x = Input((2,))
    model = Model(x, [Dense(1, name='a')(x), Dense(1, name='b')(x)])
    model.compile('sgd', 'mse', metrics=['mae'])
    found = model.evaluate(np.ones((2, 2)), [np.zeros((2, 1))] * 2, verbose=0, return_dict=True)
    assert {'a_mae', 'b_mae', 'a_loss', 'b_loss', 'loss'} <= set(found), found
    """,
)
form(
    "2c",
    "fit(nb_epoch=)",
    SMALL
    + """
assert len(model.fit(x, y, nb_epoch=3, batch_size=8, verbose=0).history['loss']) == 3
""",
    "`nb_epoch` of Model.fit is now `epochs`",
)
form(
    "2c",
    "fit(show_accuracy=True)",
    SMALL
    + """
model.compile(loss='mse', optimizer='sgd', class_mode='binary')
model.fit(x, y, nb_epoch=1, show_accuracy=True, verbose=0)
""",
    "`class_mode` of Model.compile",
    "`nb_epoch` of Model.fit is now `epochs`",
    "`show_accuracy` is now `compile(metrics=['accuracy'])`",
)
form(
    "2c",
    "fit(workers=, use_multiprocessing=, max_queue_size=)",
    SMALL
    + """
model.fit(x, y, workers=4, use_multiprocessing=True, max_queue_size=3, verbose=0)
""",
    "`use_multiprocessing` of Model.fit",
)
form(
    "2c",
    "fit([[0, 0], [0, 1]], [0, 1]), predict([10.0])",
    """
    from keras.models import Sequential
    from keras.layers import Dense
    model = Sequential([Dense(1, input_dim=2)])
    model.compile('sgd', 'mse')
    model.fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], verbose=0)
    assert model.predict([[0, 1]], verbose=0).shape == (1, 1)
    line = Sequential([Dense(1, input_shape=[1], kernel_initializer='ones')])
    line.compile('sgd', 'mean_squared_error')
    close(line.predict([10.0], verbose=0), [[10]])
    """,
)
form(
    "2c",
    "a generator that gives [x, y]",
    SMALL
    + """
def batches():
    while True:
        yield [x, y]
model.fit_generator(batches(), steps_per_epoch=2, epochs=1, verbose=0)
model.fit(batches(), steps_per_epoch=2, epochs=1, verbose=0)
""",
    "`fit_generator` is now `fit`",
)
form(
    "2c",
    "fit({'dense_input': x}, y)",
    """
    from keras.layers import Input, Dense
    from keras.models import Model, Sequential
    model = Sequential([Dense(1, input_dim=2, kernel_initializer='ones')])
    model.compile('sgd', 'mse')
    close(model.predict({'dense_input': np.ones((1, 2))}, verbose=0), [[2]])
    model.fit({'dense_input': np.ones((4, 2))}, np.ones((4, 1)), verbose=0)
    a, b = Input((1,), name='left'), Input((1,), name='right')
    both = Model([a, b], Dense(1, name='out', kernel_initializer='ones')(b))
    both.compile('sgd', loss={'out': 'mse'})
    both.fit({'right': np.ones((2, 1)), 'left': np.zeros((2, 1))}, {'out': np.ones((2, 1))}, verbose=0)
    close(both.predict({'right': np.ones((2, 1)), 'left': np.zeros((2, 1))}, verbose=0), [[1], [1]])
    """,
)
form(
    "2c",
    "fit(class_weight='auto')",
    SMALL
    + """
assert np.isfinite(model.fit(x, y, class_weight='auto', verbose=0).history['loss'][0])
""",
    "class_weight='auto' has no effect, and had none @class_weight='auto'",
)
form(
    "2c",
    "to_categorical(y, nb_classes=)",
    """
    from keras.utils import to_categorical
    close(to_categorical([1], nb_classes=3), [[0, 1, 0]])
    """,
    "`nb_classes` of",
)
form(
    "2c",
    "imdb.load_data(nb_words=)",
    """
    import os
    words = [[1, 4, 9, 30], [1, 5, 6, 2]] * 2
    os.environ['TSUNO_DATASETS'] = os.getcwd()
    def lists(rows):
        array = np.empty(len(rows), object)
        array[:] = rows
        return array
    np.savez('imdb.npz', x_train=lists(words), y_train=[0, 1, 0, 1], x_test=lists(words), y_test=[0, 1, 0, 1])
    from keras.datasets import imdb
    (x_train, y_train), (x_test, y_test) = imdb.load_data(nb_words=10)
    del os.environ['TSUNO_DATASETS']
    assert max(max(row) for row in x_train) < 10 and x_train[0][0] == 1 and len(x_test) == 4
    """,
    "`nb_words` of",
)

# ---------------------------------------------------------------------- 2d: methods, attributes, the backend

BATCHES = (
    SMALL
    + """
def batches():
    while True:
        for i in range(0, 8, 4):
            yield x[i:i + 4], y[i:i + 4]
"""
)
form(
    "2d",
    "fit_generator",
    BATCHES
    + """
history = model.fit_generator(batches(), steps_per_epoch=2, epochs=2, validation_data=batches(), validation_steps=2, verbose=0)
assert len(history.history['val_loss']) == 2
""",
    "`fit_generator` is now `fit`",
)
form(
    "2d",
    "fit_generator(samples_per_epoch=, nb_epoch=, nb_val_samples=)",
    BATCHES
    + """
seen = []
def counted():
    for i, batch in enumerate(batches()):
        seen.append(i)
        yield batch
history = model.fit_generator(counted(), samples_per_epoch=8, nb_epoch=2, validation_data=batches(), nb_val_samples=8, verbose=0)
assert len(history.epoch) == 2 and 4 <= len(seen) <= 20
""",
    "`fit_generator` is now `fit`",
)
form(
    "2d",
    "evaluate_generator, predict_generator",
    BATCHES
    + """
whole = model.evaluate(x, y, verbose=0)
close(model.evaluate_generator(batches(), steps=2), whole)
close(model.predict_generator(batches(), steps=2), model.predict(x, verbose=0))
""",
    "`evaluate_generator` is now `evaluate`",
    "`predict_generator` is now `predict`",
)
form(
    "2d",
    "predict_classes, predict_proba",
    """
    from keras.models import Sequential
    from keras.layers import Dense
    x = np.eye(3)
    model = Sequential([Dense(3, kernel_initializer='identity', activation='softmax', input_shape=(3,))])
    assert model.predict_classes(x).tolist() == [0, 1, 2]
    close(model.predict_proba(x).sum(1), [1, 1, 1])
    model = Sequential([Dense(1, activation='sigmoid', weights=[np.array([[-9.], [0.], [9.]]), np.array([-0.1])], input_shape=(3,))])
    assert model.predict_classes(x).tolist() == [[0], [0], [1]]
    """,
    "`predict_classes` is now",
    "`predict_proba` is now `predict`",
    "`weights` of Dense",
)
form("2d", "to_yaml", SMALL + "assert 'class_name: Sequential' in model.to_yaml()\n")
form(
    "2d",
    "model.reset_states()",
    """
    from keras.models import Sequential
    from keras.layers import GRU
    model = Sequential([GRU(2, batch_input_shape=(1, 2, 1), stateful=True)])
    x = np.ones((1, 2, 1))
    first = model.predict(x, batch_size=1, verbose=0)
    model.reset_states()
    close(model.predict(x, batch_size=1, verbose=0), first)
    model.layers[0].reset_states()
    close(model.predict(x, batch_size=1, verbose=0), first)
    """,
    "`batch_input_shape` of GRU",
)
form(
    "2d",
    "layer.input_shape, layer.output_shape, get_output_at(0)",
    """
    from keras.models import Sequential, Model
    from keras.layers import Dense, Input
    model = Sequential([Dense(3, input_shape=(2,)), Dense(1)])
    assert model.layers[0].input_shape == (None, 2) and model.layers[0].output_shape == (None, 3)
    assert model.input_shape == (None, 2) and model.output_shape == (None, 1)
    a, b = Input((2,)), Input((2,))
    layer = Dense(4)
    ya, yb = layer(a), layer(b)
    assert layer.get_output_at(0) is ya and layer.get_output_at(1) is yb and layer.get_input_at(1) is b
    assert layer.get_output_shape_at(0) == (None, 4)
    """,
)
form(
    "2d",
    "Sequential.input, .output",
    """
    from keras.models import Sequential, Model
    from keras.layers import Dense
    model = Sequential([Dense(3, input_shape=(2,)), Dense(1)])
    features = Model(inputs=model.input, outputs=model.layers[0].output)
    x = np.ones((1, 2))
    kernel, bias = model.layers[0].get_weights()
    close(features.predict(x, verbose=0), x @ kernel + bias)
    assert model.input is model.inputs[0] and model.output is model.outputs[0]
    """,
)
form(
    "2d",
    "Model(input=a, output=b)",
    """
    from keras.layers import Input, Dense
    from keras.models import Model
    a = Input(shape=(2,))
    b = Dense(1, kernel_initializer='ones')(a)
    close(Model(input=a, output=b).predict(np.ones((1, 2)), verbose=0), [[2]])
    """,
    "`input` of",
    "`output` of",
)
form(
    "2d",
    "model.add_loss(tensor) (VAE)",
    """
    from keras import backend as K
    from keras.layers import Input, Dense, Lambda
    from keras.models import Model
    from keras.losses import mse
    x = Input(shape=(2,))
    z_mean = Dense(1, kernel_initializer='ones')(x)
    y = Dense(2, kernel_initializer='ones')(z_mean)
    vae = Model(x, y)
    vae.add_loss(K.mean(2 * mse(x, y) + K.sum(K.square(z_mean), axis=-1)))
    vae.compile(optimizer='rmsprop')
    close(vae.evaluate(np.ones((4, 2)), verbose=0), 2 * 1 + 4)
    vae.fit(np.ones((4, 2)), epochs=1, verbose=0)
    """,
)
form(
    "2d",
    "model.add_metric(t), .updates, .total_loss, .targets, .compiled_metrics",
    SMALL
    + """
from keras import backend as K
model.add_metric(K.mean(model.output), name='mean_output', aggregation='mean')
assert 'mean_output' in model.fit(x, y, verbose=0).history
assert list(model.updates) == []
for name in 'total_loss', 'targets':
    refused(lambda: getattr(model, name), name)
model.compiled_metrics.update_state(y, model.predict(x, verbose=0))
""",
)
form(
    "2d",
    "train_on_batch(reset_metrics=)",
    SMALL
    + """
found = model.train_on_batch(x, y, reset_metrics=True)
assert len(found) == 2
""",
    "`reset_metrics` of Model.train_on_batch",
)
form(
    "2d",
    "optimizer.lr, K.get_value(opt.lr), K.set_value",
    SMALL
    + """
from keras import backend as K
close(K.get_value(model.optimizer.lr), 0.01)
K.set_value(model.optimizer.lr, 0.25)
close(K.get_value(model.optimizer.learning_rate), 0.25)
model.optimizer.lr = 0.5
close(float(K.get_value(model.optimizer.lr)), 0.5)
model.optimizer.lr.assign(0.125)
close(model.optimizer.learning_rate, 0.125)
""",
)
form(
    "2d",
    "optimizer.get_updates, minimize, get_weights",
    """
    from keras import backend as K
    from keras.optimizers import SGD
    w, x = K.variable(np.array([3.])), K.placeholder((1,))
    loss = K.sum(K.square(w * x))
    optimizer = SGD(learning_rate=0.25)
    step = K.function([x], [loss], updates=optimizer.get_updates(loss, [w]))
    close(step([np.array([1.])])[0], 9)
    close(K.get_value(w), [1.5])
    SGD(learning_rate=0.25).minimize(lambda: K.sum(K.square(w)), [w])
    close(K.get_value(w), [0.75])
    assert isinstance(optimizer.get_weights(), list)
    """,
)
form(
    "2d",
    "add_weight('kernel', shape=..)",
    """
    import tensorflow as tf
    class Linear(tf.keras.layers.Layer):
        def build(self, input_shape):
            self.kernel = self.add_weight('kernel', shape=[int(input_shape[-1]), 2], initializer='ones')
        def call(self, x):
            return tf.matmul(x, self.kernel)
    layer = Linear()
    close(layer(tf.ones((1, 3))), [[3, 3]])
    assert layer.kernel.name.startswith('kernel') or 'kernel' in layer.kernel.name
    """,
)
form(
    "2d",
    "self.trainable_weights = [W] in build",
    """
    from keras import backend as K
    from keras.models import Sequential
    from keras.engine.topology import Layer
    class Mine(Layer):
        def build(self, input_shape):
            self.W = K.variable(np.ones((input_shape[1], 2)))
            self.fixed = K.variable(np.ones(2))
            self.trainable_weights = [self.W]
        def call(self, x, mask=None):
            return K.dot(x, self.W) + self.fixed
        def get_output_shape_for(self, input_shape):
            return (input_shape[0], 2)
    model = Sequential([Mine(input_shape=(3,))])
    model.compile('sgd', 'mse')
    model.fit(np.ones((4, 3)), np.zeros((4, 2)), verbose=0)
    assert len(model.trainable_weights) == 1 and (K.get_value(model.layers[0].W) < 1).all()
    close(K.get_value(model.layers[0].fixed), [1, 1])
    """,
)
form(
    "2d",
    "x.get_shape(), x._keras_shape, K.int_shape(x), x.shape.as_list()",
    """
    from keras import backend as K
    from keras.layers import Input
    x = Input((3, 4))
    assert x.get_shape().as_list() == x.shape.as_list() == [None, 3, 4]
    assert x._keras_shape == K.int_shape(x) == (None, 3, 4)
    assert K.int_shape(K.variable(np.ones((2, 3)))) == (2, 3) and x.get_shape()[1] == 3
    """,
)
form(
    "2d",
    "Dense(name='fc/1')",
    """
    from keras.models import Sequential
    from keras.layers import Dense
    model = Sequential([Dense(1, name='fc/1', input_shape=(2,), kernel_initializer='ones')])
    assert model.get_layer('fc/1') is model.layers[0] and model.layers[0].name == 'fc/1'
    model.save('m.h5')
    from keras.models import load_model
    close(load_model('m.h5').predict(np.ones((1, 2)), verbose=0), [[2]])
    """,
)
form(
    "2d backend",
    "K.mean, sum, square, sqrt, dot, cast, clip, argmax, variable, eval",
    """
    from keras import backend as K
    x = K.variable(np.array([[1., 4.], [9., 16.]]))
    close(K.eval(K.mean(x)), 7.5)
    close(K.eval(K.mean(x, axis=0, keepdims=True)), [[5, 10]])
    close(K.eval(K.sum(x, axis=1)), [5, 25])
    close(K.eval(K.square(x)), [[1, 16], [81, 256]])
    close(K.eval(K.sqrt(x)), [[1, 2], [3, 4]])
    close(K.eval(K.dot(x, x)), [[37, 68], [153, 292]])
    assert K.eval(K.cast(x, 'int32')).dtype == 'int32'
    close(K.eval(K.clip(x, 2, 10)), [[2, 4], [9, 10]])
    close(K.eval(K.argmax(x, axis=-1)), [1, 1])
    close(K.get_value(x + 1), [[2, 5], [10, 17]])
    """,
)
BACKEND = """abs all any arange argmax argmin backend batch_dot batch_flatten batch_get_value batch_normalization
batch_set_value bias_add binary_crossentropy cast cast_to_floatx categorical_crossentropy clear_session clip concatenate
constant conv1d conv2d conv2d_transpose conv3d cos count_params ctc_batch_cost ctc_decode ctc_label_dense_to_sparse
cumprod cumsum depthwise_conv2d dot dropout dtype elu epsilon equal eval exp expand_dims eye flatten floatx foldl foldr
function gather get_uid get_value gradients greater greater_equal hard_sigmoid image_data_format in_test_phase in_top_k
in_train_phase int_shape is_keras_tensor is_sparse l2_normalize learning_phase learning_phase_scope less less_equal
local_conv1d local_conv2d log manual_variable_initialization map_fn max maximum mean min minimum moving_average_update
name_scope ndim normalize_batch_in_training not_equal one_hot ones ones_like permute_dimensions placeholder pool2d pool3d
pow print_tensor prod random_bernoulli random_binomial random_normal random_normal_variable random_uniform
random_uniform_variable relu repeat repeat_elements reset_uids reshape resize_images resize_volumes reverse rnn round
separable_conv2d set_epsilon set_floatx set_image_data_format set_learning_phase set_value shape sigmoid sign sin softmax
softplus softsign sparse_categorical_crossentropy spatial_2d_padding spatial_3d_padding sqrt square squeeze stack std
stop_gradient sum switch tanh temporal_padding tile to_dense transpose truncated_normal update update_add update_sub var
variable zeros zeros_like asymmetric_spatial_2d_padding asymmetric_temporal_padding atrous_conv2d deconv2d get_session
get_variable_shape image_dim_ordering legacy_weight_ordering lesser lesser_equal set_image_dim_ordering
set_legacy_weight_ordering set_session is_placeholder is_variable is_tensor identity control_flow_ops"""
form(
    "2d backend",
    "every function of K",
    f"""
    from keras import backend as K
    import tensorflow as tf
    missing = [name for name in {" ".join(BACKEND.split()[:-2])!r}.split() if not callable(getattr(K, name, None))]
    assert not missing, missing
    assert tf.keras.backend is K and tf.keras.backend.mean is K.mean
    """,
)
form(
    "2d backend",
    "custom losses and metrics (f1_m, recall_m)",
    """
    from keras import backend as K
    from keras.models import Sequential
    from keras.layers import Activation
    def recall_m(y_true, y_pred):
        true_positives = K.sum(K.round(K.clip(y_true * y_pred, 0, 1)))
        possible_positives = K.sum(K.round(K.clip(y_true, 0, 1)))
        return true_positives / (possible_positives + K.epsilon())
    def precision_m(y_true, y_pred):
        true_positives = K.sum(K.round(K.clip(y_true * y_pred, 0, 1)))
        predicted_positives = K.sum(K.round(K.clip(y_pred, 0, 1)))
        return true_positives / (predicted_positives + K.epsilon())
    def f1_m(y_true, y_pred):
        precision, recall = precision_m(y_true, y_pred), recall_m(y_true, y_pred)
        return 2 * ((precision * recall) / (precision + recall + K.epsilon()))
    def root_mean_squared_error(y_true, y_pred):
        return K.sqrt(K.mean(K.square(y_pred - y_true), axis=-1))
    model = Sequential([Activation('linear', input_shape=(1,))])
    model.compile(optimizer='adam', loss=root_mean_squared_error, metrics=[f1_m, precision_m, recall_m])
    x, y = np.array([[0.9], [0.8], [0.2], [0.1]]), np.array([[1.], [0.], [1.], [0.]])
    close(model.evaluate(x, y, verbose=0), [0.45, 0.5, 0.5, 0.5], 1e-4)
    """,
)
form(
    "2d backend",
    "K.function([in], [out])",
    """
    from keras import backend as K
    from keras.models import Sequential
    from keras.layers import Dense, Dropout
    model = Sequential([Dense(3, kernel_initializer='ones', input_shape=(2,)), Dropout(0.5), Dense(1)])
    get_output = K.function([model.layers[0].input], [model.layers[0].output])
    close(get_output([np.ones((1, 2))])[0], [[2, 2, 2]])
    phased = K.function([model.layers[0].input, K.learning_phase()], [model.layers[1].output])
    close(phased([np.ones((1, 2)), 0])[0], [[2, 2, 2]])
    assert set(np.ravel(phased([np.ones((9, 2)), 1])[0])) == {0, 4}
    """,
)
form(
    "2d backend",
    "K.gradients",
    """
    from keras import backend as K
    from keras.models import Sequential
    from keras.layers import Dense
    model = Sequential([Dense(1, kernel_initializer='ones', input_shape=(2,))])
    loss = K.mean(K.square(model.output))
    grads = K.gradients(loss, model.input)[0]
    iterate = K.function([model.input], [loss, grads])
    value, found = iterate([np.array([[1., 2.]])])
    close(value, 9)
    close(found, [[6, 6]])
    """,
)
form(
    "2d backend",
    "K.learning_phase(), K.set_learning_phase",
    """
    from keras import backend as K
    from keras.layers import Dropout
    K.set_learning_phase(0)
    assert K.learning_phase() == 0
    K.set_learning_phase(1)
    assert K.learning_phase() == 1
    K.clear_session()
    close(K.eval(K.in_test_phase(K.variable(1.), K.variable(2.), training=False)), 1)
    """,
)
form(
    "2d backend",
    "K.placeholder",
    """
    from keras import backend as K
    a, b, c = K.placeholder(shape=(2, 3)), K.placeholder(shape=(3, None)), K.placeholder(ndim=2)
    close(K.function([a, b, c], [K.dot(a, b) + K.sum(c)])([np.ones((2, 3)), np.ones((3, 1)), np.ones((5, 1))])[0], [[8], [8]])
    """,
)
form(
    "2d backend",
    "K.get_session, set_session, set_image_dim_ordering, manual_variable_initialization",
    """
    from keras import backend as K
    K.set_image_dim_ordering('th')
    assert K.image_dim_ordering() == 'th' and K.image_data_format() == 'channels_first'
    K.set_image_dim_ordering('tf')
    K.manual_variable_initialization(True)
    session = K.get_session()
    K.set_session(session)
    w = K.variable(np.array([2.]))
    close(session.run(w), [2])
    """,
)
form(
    "2d backend",
    "K.image_data_format, set_floatx, epsilon, clear_session, backend",
    """
    from keras import backend as K
    assert K.image_data_format() == 'channels_last' and K.epsilon() == 1e-7 and K.backend() == 'tensorflow'
    K.clear_session()
    K.set_floatx('float16')
    assert K.floatx() == 'float16'
    """,
)
form(
    "2d tensorflow",
    "tf.nn.relu(keras_tensor)",
    """
    import tensorflow as tf
    x = tf.keras.Input(shape=(2,))
    y = tf.nn.relu(tf.keras.layers.Dense(2, kernel_initializer='identity')(x)) * 2 + tf.reduce_sum(x, axis=1, keepdims=True)
    close(tf.keras.Model(x, y).predict(np.array([[1., -3.]]), verbose=0), [[0, -2]])
    """,
)
form(
    "2d tensorflow",
    "@tf.function train_step with GradientTape",
    """
    import tensorflow as tf
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, use_bias=False, kernel_initializer='ones', input_shape=(1,))])
    optimizer, loss_object = tf.keras.optimizers.SGD(0.25), tf.keras.losses.MeanSquaredError()
    train_loss = tf.keras.metrics.Mean(name='train_loss')
    @tf.function
    def train_step(x, y):
        with tf.GradientTape() as tape:
            predictions = model(x, training=True)
            loss = loss_object(y, predictions)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        train_loss(loss)
    for _ in range(2):
        train_step(tf.ones((2, 1)), tf.zeros((2, 1)))
    close(model.get_weights()[0], [[0.25]])
    close(train_loss.result(), (1 + 0.25) / 2)
    """,
)
form(
    "2d tensorflow",
    "train_step with compiled_loss",
    """
    import tensorflow as tf
    class Mine(tf.keras.Model):
        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                y_pred = self(x, training=True)
                loss = self.compiled_loss(y, y_pred, regularization_losses=self.losses)
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))
            self.compiled_metrics.update_state(y, y_pred)
            return {m.name: m.result() for m in self.metrics}
    inputs = tf.keras.Input((1,))
    model = Mine(inputs, tf.keras.layers.Dense(1, use_bias=False, kernel_initializer='ones')(inputs))
    model.compile(optimizer=tf.keras.optimizers.SGD(0.25), loss='mse', metrics=['mae'])
    history = model.fit(np.ones((2, 1)), np.zeros((2, 1)), epochs=2, verbose=0).history
    close(history['mae'], [1, 0.5])
    close(history['loss'], [1, 0.25])
    """,
)
form(
    "2d",
    "metric.reset_states()",
    """
    import tensorflow as tf
    metric = tf.keras.metrics.Mean()
    metric.update_state([2., 4.])
    close(metric.result(), 3)
    metric.reset_states()
    close(metric.result(), 0)
    """,
)

# ---------------------------------------------------------------------- 2e: callbacks and files

form(
    "2e",
    "ModelCheckpoint(period=1)",
    SMALL
    + """
import os
model.fit(x, y, epochs=2, verbose=0, callbacks=[callbacks.ModelCheckpoint('m.{epoch:02d}.h5', period=1)])
assert sorted(os.listdir('.')) == ['m.01.h5', 'm.02.h5']
""",
    "`period` of ModelCheckpoint",
)
form(
    "2e",
    "ModelCheckpoint(period=2)",
    SMALL
    + """
import os
model.fit(x, y, epochs=4, verbose=0, callbacks=[callbacks.ModelCheckpoint('m.{epoch:02d}.h5', period=2)])
assert sorted(os.listdir('.')) == ['m.02.h5', 'm.04.h5']
""",
    "`period` of ModelCheckpoint",
)
for name, found in {
    "w.{epoch:02d}-{val_loss:.2f}.hdf5": "w.01-",
    "w.ckpt": "w.ckpt",
    "best_model": "best_model",
    "w.keras": "w.keras",
    "w.h5": "w.h5",
}.items():
    form(
        "2e",
        f"ModelCheckpoint({name!r})",
        SMALL
        + f"""
import os
checkpoint = callbacks.ModelCheckpoint({name!r}, monitor='val_loss', verbose=0, save_best_only=True, mode='min')
model.fit(x, y, validation_data=(x, y), verbose=0, callbacks=[checkpoint])
saved, = os.listdir('.')
assert saved.startswith({found!r}), os.listdir('.')
close(load_model(saved).predict(x, verbose=0), model.predict(x, verbose=0))
""",
        *([f"`save` writes '{found}' as one file in HDF5 @model.fit"] if "." not in name or ".ckpt" in name else []),
    )
form(
    "2e",
    "ModelCheckpoint('w.h5', save_weights_only=True), save_weights('w.h5')",
    SMALL
    + """
model.fit(x, y, verbose=0, callbacks=[callbacks.ModelCheckpoint('w.h5', save_weights_only=True)])
model.save_weights('again.h5')
expected = [w + 0 for w in model.get_weights()]
for name in 'w.h5', 'again.h5':
    model.set_weights([w * 0 for w in expected])
    model.load_weights(name)
    for a, b in zip(model.get_weights(), expected):
        close(a, b)
import h5py
assert 'layer_names' in h5py.File('again.h5').attrs
""",
)
form(
    "2e",
    "'w-{val_acc:.2f}.hdf5', monitor='val_acc'",
    SMALL
    + """
import os
checkpoint = callbacks.ModelCheckpoint('w-{epoch:02d}-{val_acc:.2f}.hdf5', monitor='val_acc', save_best_only=True, mode='max')
history = model.fit(x, y, validation_data=(x, y), verbose=0, callbacks=[checkpoint]).history
assert os.listdir('.') == ['w-01-%.2f.hdf5' % history['val_accuracy'][0]]
""",
)
form(
    "2e",
    "history['acc'] after metrics=['accuracy']",
    SMALL
    + """
history = model.fit(x, y, validation_data=(x, y), verbose=0)
assert history.history['acc'] == history.history['accuracy'] and len(history.history['val_acc']) == 1
named = Sequential([Dense(1, input_dim=2)])
named.compile('sgd', 'mse', metrics=['acc'])
assert 'acc' in named.fit(x, y, verbose=0).history
""",
)
form(
    "2e",
    "EarlyStopping('val_acc'), a metric of one's own without mode",
    SMALL
    + """
from keras import backend as K
def gain_acc(y_true, y_pred):
    return K.mean(y_pred)
stop = callbacks.EarlyStopping(monitor='val_acc', patience=0)
assert len(model.fit(x, y * 0, validation_data=(x, y * 0), epochs=4, verbose=0, callbacks=[stop]).epoch) < 4
model.compile('sgd', 'mse', metrics=[gain_acc])
stop = callbacks.EarlyStopping(monitor='val_gain_acc', patience=1)
assert len(model.fit(x, y, validation_data=(x, y), epochs=3, verbose=0, callbacks=[stop]).epoch) == 3
def gain(y_true, y_pred):
    return K.mean(y_pred)
model.compile('sgd', 'mse', metrics=[gain])
model.fit(x, y, validation_data=(x, y), epochs=2, verbose=0, callbacks=[callbacks.EarlyStopping('val_gain', patience=5)])
""",
    "EarlyStopping: 'val_gain' is taken to be better when it is low @fit",
)
form(
    "2e",
    "TensorBoard(batch_size=, write_grads=) without TensorFlow",
    SMALL
    + """
import os
from keras.callbacks import TensorBoard
model.fit(x, y, verbose=0, callbacks=[TensorBoard(log_dir='logs', histogram_freq=0, batch_size=32, write_graph=True,
          write_grads=True, write_images=False)])
files = [os.path.join(at, name) for at, _, names in os.walk('logs') for name in names]
assert files and any(b'loss' in open(name, 'rb').read() for name in files)
""",
)
form(
    "2e",
    "self.validation_data, self.params['metrics'/'samples'/'nb_epoch'], logs['size'] in callbacks",
    SMALL
    + """
from keras.callbacks import Callback
seen = {}
class Mine(Callback):
    def on_train_begin(self, logs={}):
        seen['params'] = dict(self.params)
    def on_batch_end(self, batch, logs={}):
        seen['size'] = logs.get('size')
        seen['batch'] = logs.get('batch')
    def on_epoch_end(self, epoch, logs={}):
        x_val, y_val = self.validation_data[0], self.validation_data[1]
        seen['val'] = self.model.predict(x_val, verbose=0).shape, y_val.shape
        seen['acc'] = logs.get('val_acc')
history = model.fit(x, y, validation_data=(x[:5], y[:5]), batch_size=4, epochs=1, verbose=0, callbacks=[Mine()]).history
assert seen['val'] == ((5, 1), (5, 1)), seen
assert (seen['size'], seen['batch']) == (4, 1), seen
assert seen['params']['samples'] == 8 and seen['params'].get('nb_epoch', seen['params']['epochs']) == 1
assert 'loss' in seen['params']['metrics'] and seen['params']['nb_epoch'] == 1
assert seen['acc'] == history['val_accuracy'][0]
""",
)
form(
    "2e",
    "compile('sgd', 'mse'); save('m.h5'); load_model('m.h5')",
    SMALL
    + """
model.compile('sgd', 'mse', metrics=['mae'])
model.save('m.h5')
again = load_model('m.h5')
close(again.evaluate(x, y, verbose=0), model.evaluate(x, y, verbose=0))
""",
)
FILE = """
import h5py, json, keras
def written(name, config, weights):
    with h5py.File(name, 'w') as f:
        f.attrs['keras_version'], f.attrs['backend'] = b'2.2.4', b'tensorflow'
        f.attrs['model_config'] = json.dumps({'class_name': 'Sequential', 'config': {'name': 'sequential_1', 'layers': [
            {'class_name': config[0], 'config': dict(config[1], name='one', trainable=True, dtype='float32')}]}}).encode()
        group = f.create_group('model_weights')
        group.attrs['layer_names'] = [b'one']
        group.attrs['keras_version'], group.attrs['backend'] = b'2.2.4', b'tensorflow'
        inner = group.create_group('one')
        names = ['one/w_%d:0' % i for i in range(len(weights))]
        inner.attrs['weight_names'] = [n.encode() for n in names]
        for n, w in zip(names, weights):
            inner[n] = w
    return keras.models.load_model(name, compile=False)
"""
form(
    "2e files",
    "a .h5 of Keras 2 with LSTM, GRU",
    FILE
    + """
x = np.random.rand(2, 3, 4).astype('float32')
for kind, gates, more in ('LSTM', 4, {'unit_forget_bias': True, 'time_major': False}), ('GRU', 3, {'reset_after': False}):
    config = dict(units=2, batch_input_shape=[None, 3, 4], activation='tanh', recurrent_activation='hard_sigmoid',
                  implementation=1, return_sequences=False, go_backwards=False, stateful=False, unroll=False, **more)
    weights = [np.random.rand(4, 2 * gates), np.random.rand(2, 2 * gates), np.random.rand(2 * gates)]
    model = written(kind + '.h5', (kind, config), weights)
    for a, b in zip(model.get_weights(), weights):
        close(a, b)
    hard = lambda v: np.clip(0.2 * v + 0.5, 0, 1)
    if kind == 'LSTM':
        h = c = np.zeros((2, 2))
        for t in range(3):
            i, f, g, o = np.split(x[:, t] @ weights[0] + h @ weights[1] + weights[2], 4, axis=1)
            c = hard(f) * c + hard(i) * np.tanh(g)
            h = hard(o) * np.tanh(c)
        close(model.predict(x, verbose=0), h)
""",
)
form(
    "2e files",
    "a .h5 of Keras 2 with DepthwiseConv2D (groups)",
    FILE
    + """
config = dict(kernel_size=[2, 2], strides=[1, 1], padding='valid', data_format='channels_last', dilation_rate=[1, 1],
              groups=1, activation='linear', use_bias=False, depth_multiplier=1, batch_input_shape=[None, 3, 3, 2],
              depthwise_initializer={'class_name': 'VarianceScaling', 'config': {'scale': 1.0, 'mode': 'fan_avg',
                                     'distribution': 'uniform', 'seed': None}})
model = written('d.h5', ('DepthwiseConv2D', config), [np.ones((2, 2, 2, 1))])
close(model.predict(np.ones((1, 3, 3, 2)), verbose=0), np.full((1, 2, 2, 2), 4))
""",
)
form(
    "2e files",
    "a .h5 of Keras 2 with BatchNormalization (axis [3])",
    FILE
    + """
config = dict(axis=[3], momentum=0.99, epsilon=0.001, center=True, scale=True, batch_input_shape=[None, 1, 1, 2])
values = [np.array([1., 2.]), np.array([3., 4.]), np.array([0.5, 0.]), np.array([4., 1.])]
model = written('b.h5', ('BatchNormalization', config), values)
x = np.random.rand(3, 1, 1, 2).astype('float32')
close(model.predict(x, verbose=0), (x - values[2]) / np.sqrt(values[3] + 1e-3) * values[0] + values[1])
""",
)
form(
    "2e files",
    "a .h5 of Keras 2 with x * 2 + 1 (TFOpLambda)",
    """
    from keras.models import model_from_json
    import json
    layers = [
        {'class_name': 'InputLayer', 'config': {'batch_input_shape': [None, 2], 'dtype': 'float32', 'sparse': False,
         'ragged': False, 'name': 'input_1'}, 'name': 'input_1', 'inbound_nodes': []},
        {'class_name': 'TFOpLambda', 'config': {'name': 'tf.math.multiply', 'trainable': True, 'dtype': 'float32',
         'function': 'math.multiply'}, 'name': 'tf.math.multiply', 'inbound_nodes': [['input_1', 0, 0, {'y': 2, 'name': None}]]},
        {'class_name': 'TFOpLambda', 'config': {'name': 'tf.__operators__.add', 'trainable': True, 'dtype': 'float32',
         'function': '__operators__.add'}, 'name': 'tf.__operators__.add',
         'inbound_nodes': [['tf.math.multiply', 0, 0, {'y': 1, 'name': None}]]}]
    model = model_from_json(json.dumps({'class_name': 'Functional', 'config': {'name': 'model', 'layers': layers,
        'input_layers': [['input_1', 0, 0]], 'output_layers': [['tf.__operators__.add', 0, 0]]},
        'keras_version': '2.9.0', 'backend': 'tensorflow'}))
    close(model.predict(np.array([[1., 2.]]), verbose=0), [[3, 5]])
    """,
)
form(
    "2e files",
    "a .keras of Keras 2 (batch_input_shape, keras.src.engine)",
    """
    import io, json, zipfile, h5py, keras
    layers = [
        {'module': 'keras.layers', 'class_name': 'InputLayer', 'config': {'batch_input_shape': [None, 2],
         'dtype': 'float32', 'sparse': False, 'ragged': False, 'name': 'dense_input'}, 'registered_name': None},
        {'module': 'keras.layers', 'class_name': 'Dense', 'config': {'name': 'dense', 'trainable': True,
         'dtype': 'float32', 'batch_input_shape': [None, 2], 'units': 1, 'activation': 'linear', 'use_bias': True,
         'kernel_initializer': {'module': 'keras.initializers', 'class_name': 'GlorotUniform', 'config': {'seed': None},
                                'registered_name': None},
         'bias_initializer': {'module': 'keras.initializers', 'class_name': 'Zeros', 'config': {}, 'registered_name': None},
         'kernel_regularizer': None, 'bias_regularizer': None, 'activity_regularizer': None, 'kernel_constraint': None,
         'bias_constraint': None}, 'registered_name': None, 'build_config': {'input_shape': [None, 2]}}]
    config = {'module': 'keras.src.engine.sequential', 'class_name': 'Sequential', 'config': {'name': 'sequential',
              'layers': layers}, 'registered_name': 'Sequential', 'build_config': {'input_shape': [None, 2]}}
    with h5py.File('w.h5', 'w') as f:
        f['layers/dense/vars/0'], f['layers/dense/vars/1'] = np.array([[1.], [2.]]), np.array([3.])
    with zipfile.ZipFile('m.keras', 'w') as f:
        f.writestr('config.json', json.dumps(config))
        f.writestr('metadata.json', json.dumps({'keras_version': '2.15.0', 'date_saved': '2023-12-01@00:00:00'}))
        f.write('w.h5', 'model.weights.h5')
    model = keras.models.load_model('m.keras')
    close(model.predict(np.ones((1, 2)), verbose=0), [[6]])
    """,
)
form(
    "2e files",
    "model_from_json of Keras 1 and 2",
    """
    import json
    from keras.models import model_from_json
    first = [{'class_name': 'Dense', 'config': {'name': 'dense_1', 'trainable': True, 'batch_input_shape': [None, 2],
              'input_dim': None, 'input_dtype': 'float32', 'output_dim': 3, 'init': 'one', 'activation': 'linear',
              'W_regularizer': None, 'b_regularizer': None, 'activity_regularizer': None, 'W_constraint': None,
              'b_constraint': None, 'bias': True}}]
    second = [{'class_name': 'Dense', 'config': {'name': 'dense_1', 'trainable': True, 'batch_input_shape': [None, 2],
               'dtype': 'float32', 'units': 3, 'activation': 'linear', 'use_bias': True,
               'kernel_initializer': {'class_name': 'Ones', 'config': {}}, 'kernel_regularizer': None}}]
    for version, layers in ('1.2.2', first), ('2.1.6', second), ('2.3.1', {'name': 's', 'layers': second}):
        text = json.dumps({'class_name': 'Sequential', 'config': layers, 'keras_version': version, 'backend': 'theano'})
        close(model_from_json(text).predict(np.ones((1, 2)), verbose=0), [[2, 2, 2]])
    """,
)
form(
    "2e files",
    "a SavedModel folder: save('dir'), load_model('dir')",
    SMALL
    + """
model.save('saved_model')
close(load_model('saved_model').predict(x, verbose=0), model.predict(x, verbose=0))
import os
os.makedirs('theirs/variables')
open('theirs/saved_model.pb', 'wb').write(bytes(9))
refused(lambda: load_model('theirs'), 'SavedModel', '.h5')
""",
    "`save` writes 'saved_model' as one file in HDF5",
)
form(
    "2e files",
    "TensorFlow checkpoints: load_weights('cp.ckpt')",
    SMALL
    + """
model.save_weights('cp.ckpt')
before = model.get_weights()
model.set_weights([w * 0 for w in before])
model.load_weights('cp.ckpt')
for a, b in zip(model.get_weights(), before):
    close(a, b)
open('theirs.ckpt.index', 'wb').write(bytes(9))
open('theirs.ckpt.data-00000-of-00001', 'wb').write(bytes(9))
refused(lambda: model.load_weights('theirs.ckpt'), 'checkpoint')
""",
    "`save_weights` writes 'cp.ckpt' as one file in HDF5",
)
form(
    "2e files",
    "a custom layer without get_config",
    """
    from keras.models import Sequential, load_model
    from keras.engine.topology import Layer
    from keras import backend as K
    class Times(Layer):
        def __init__(self, factor, **kwargs):
            self.factor = factor
            super(Times, self).__init__(**kwargs)
        def call(self, x):
            return x * self.factor
    model = Sequential([Times(3, input_shape=(2,))])
    for name in 'm.h5', 'm.keras':
        model.save(name)
        close(load_model(name, custom_objects={'Times': Times}).predict(np.ones((1, 2)), verbose=0), [[3, 3]])
    refused(lambda: load_model('m.h5'), 'Times', 'custom_objects')
    """,
)
form(
    "2e files",
    "a custom loss",
    SMALL
    + """
from keras import backend as K
def my_loss(y_true, y_pred):
    return K.mean(K.square(y_true - y_pred) * 3, axis=-1)
model.compile('sgd', my_loss)
model.save('m.h5')
again = load_model('m.h5', custom_objects={'my_loss': my_loss})
close(again.evaluate(x, y, verbose=0), model.evaluate(x, y, verbose=0))
refused(lambda: load_model('m.h5'), 'my_loss', 'custom_objects')
close(load_model('m.h5', compile=False).predict(x, verbose=0), model.predict(x, verbose=0))
""",
)
form(
    "2e files",
    "a Lambda",
    """
    from keras.models import Sequential, load_model
    from keras.layers import Lambda
    model = Sequential([Lambda(lambda x: x * 2, input_shape=(2,))])
    model.save('m.h5')
    refused(lambda: load_model('m.h5'), 'lambda', 'custom_objects')
    close(load_model('m.h5', custom_objects={'lambda': lambda x: x * 2}).predict(np.ones((1, 2)), verbose=0), [[2, 2]])
    """,
)
form(
    "2e files",
    "a .h5 with Dense, Conv, full names of losses; weights alone",
    """
    from keras.models import Sequential, load_model
    from keras.layers import Dense, Conv2D, Flatten
    def made():
        model = Sequential([Conv2D(2, 2, input_shape=(3, 3, 1), name='c'), Flatten(name='f'), Dense(1, name='d')])
        model.compile('adam', 'mean_squared_error', metrics=['mean_absolute_error'])
        return model
    model, x = made(), np.random.rand(2, 3, 3, 1)
    model.save('m.h5')
    model.save_weights('w.h5')
    close(load_model('m.h5').predict(x, verbose=0), model.predict(x, verbose=0))
    other = made()
    other.load_weights('w.h5')
    close(other.predict(x, verbose=0), model.predict(x, verbose=0))
    """,
)
