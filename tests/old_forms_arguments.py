"""Arguments of the past (2c)."""

from old_form import SMALL, form

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
h = model.fit(x, y, nb_epoch=1, show_accuracy=True, verbose=0)
assert 'acc' in h.history and len(model.evaluate(x, y, show_accuracy=True, verbose=0)) == 2
""",
    "`class_mode` of Model.compile",
    "`show_accuracy` is now `compile(metrics=['accuracy'])`",
    "`nb_epoch` of Model.fit is now `epochs`",
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
