"""Import paths and names of the past (2b)."""

from old_form import SMALL, form

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
