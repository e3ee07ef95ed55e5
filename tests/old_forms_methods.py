"""Methods, attributes and the backend of the past (2d), and what many programs have together."""

from old_form import SMALL, form

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
inputs = [model.inputs[0], model.targets[0], model.sample_weights[0], K.learning_phase()]
gradients = K.function(inputs, K.gradients(model.total_loss, model.trainable_weights))([x, y, np.ones(8), 0])
p = model.predict(x, verbose=0)
close(gradients[0], x.T @ (2 * (p - y) * p * (1 - p)) / 8, 1e-4)
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

# ---------------------------------------------------------------------- what many programs have together

form(
    "2b",
    "all the names that the package has had",
    """
    import importlib, keras
    for name in ('tensorflow.keras tensorflow.python.keras tensorflow.compat.v1.keras tensorflow.compat.v2.keras '
                 'tensorflow.contrib.keras tensorflow.contrib.keras.python.keras tensorflow.contrib.keras.api.keras '
                 'tf_keras keras.src keras.api keras.api._v1.keras keras.api._v2.keras keras._tf_keras.keras').split():
        assert importlib.import_module(name + '.layers').Dense is keras.layers.Dense is today.layers.Dense, name
        made = importlib.import_module(name + '.preprocessing.image').ImageDataGenerator
        assert made is keras.preprocessing.image.ImageDataGenerator, name
    """,
)
form(
    "2d",
    "the learning rate within a callback",
    SMALL
    + """
from keras import backend as K
seen = []
class Halving(callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        lr = float(K.get_value(self.model.optimizer.lr))
        K.set_value(self.model.optimizer.lr, lr * 0.5)
    def on_epoch_end(self, epoch, logs=None):
        lr, decay = self.model.optimizer.lr, self.model.optimizer.decay
        iterations = self.model.optimizer.iterations
        seen.append(K.eval(lr / (1. + decay * K.cast(iterations, K.dtype(decay)))))
model.fit(x, y, epochs=2, verbose=0, callbacks=[Halving()])
close(seen, [0.005, 0.0025])
""",
)
form(
    "2e files",
    "save_weights(path), tf.train.latest_checkpoint, load_weights(..).expect_partial()",
    """
    import os
    import tensorflow as tf
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(2,))])
    model.compile('adam', 'mse')
    saver = tf.keras.callbacks.ModelCheckpoint(filepath='training_1/cp.ckpt', save_weights_only=True, verbose=0)
    model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0, callbacks=[saver])
    expected = model.get_weights()[0] + 0
    model.set_weights([w * 0 for w in model.get_weights()])
    model.load_weights(tf.train.latest_checkpoint('training_1')).expect_partial()
    close(model.get_weights()[0], expected)
    """,
    "`save_weights` writes 'training_1/cp.ckpt' as one file in HDF5 @model.fit",
)
form(
    "2c",
    "one number a sample: fit(celsius, fahrenheit) with input_shape=[1]",
    """
    import tensorflow as tf
    celsius, fahrenheit = np.array([-40., 0., 8.]), np.array([-40., 32., 46.4])
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, kernel_initializer='ones', input_shape=[1])])
    model.compile(loss='mean_squared_error', optimizer=tf.keras.optimizers.Adam(0.1))
    close(model.evaluate(celsius, fahrenheit, verbose=0), ((fahrenheit - celsius) ** 2).mean(), 1e-4)
    model.fit(celsius, fahrenheit, epochs=2, verbose=False)
    assert model.predict([100.0], verbose=0).shape == (1, 1)
    """,
)
form(
    "2d",
    "the learning rate as a metric",
    """
    from keras.models import Sequential
    from keras.layers import Dense
    from keras.optimizers import Adam
    def get_lr_metric(optimizer):
        def lr(y_true, y_pred):
            return optimizer.lr
        return lr
    optimizer = Adam(lr=0.25)
    model = Sequential([Dense(1, input_dim=1)])
    model.compile(optimizer=optimizer, loss='mse', metrics=[get_lr_metric(optimizer)])
    close(model.fit(np.ones((8, 1)), np.ones((8, 1)), verbose=0).history['lr'], [0.25])
    """,
    "`lr` of Adam is now `learning_rate`",
)
form(
    "2d tensorflow",
    "Grad-CAM with a GradientTape",
    """
    import tensorflow as tf
    model = tf.keras.Sequential([
        tf.keras.layers.Conv2D(3, 2, input_shape=(4, 4, 1), name='last'), tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(2, name='d')])
    grad_model = tf.keras.models.Model([model.inputs], [model.get_layer('last').output, model.output])
    with tf.GradientTape() as tape:
        conv, predictions = grad_model(np.ones((1, 4, 4, 1), 'float32'))
        channel = predictions[:, tf.argmax(predictions[0])]
    grads = tape.gradient(channel, conv)
    best = int(tf.argmax(predictions[0]))
    close(grads, model.get_layer('d').get_weights()[0][:, best].reshape(1, 3, 3, 3))
    pooled = tf.reduce_mean(grads, axis=(0, 1, 2))
    heatmap = tf.squeeze(conv[0] @ pooled[..., tf.newaxis])
    assert (tf.maximum(heatmap, 0) / tf.math.reduce_max(heatmap)).numpy().shape == (3, 3)
    """,
)
