"""Callbacks and files of the past (2e)."""

from old_form import SMALL, form

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
form(
    "2e files",
    "save(save_format=), save_weights(save_format=), include_optimizer=, by_name=",
    SMALL
    + """
model.save('m.h5', save_format='h5')
model.save('m2.h5', include_optimizer=False)
model.save_weights('w.h5', save_format='h5')
model.save_weights('w2.h5', overwrite=True)
from keras.models import save_model
save_model(model, 'm3.h5', overwrite=True, include_optimizer=True)
expected = model.predict(x, verbose=0)
for name in 'm.h5', 'm2.h5', 'm3.h5':
    close(load_model(name).predict(x, verbose=0), expected)
for name in 'w.h5', 'w2.h5':
    model.load_weights(name, by_name=True)
    close(model.predict(x, verbose=0), expected)
model.save('folder', save_format='tf')
close(load_model('folder').predict(x, verbose=0), expected)
""",
    "`save` writes 'folder' as one file in HDF5",
)
form(
    "2e files",
    "tf.keras.models.save_model(model, 'folder')",
    """
    import tensorflow as tf
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(2,))])
    tf.keras.models.save_model(model, 'export/1')
    again = tf.keras.models.load_model('export/1')
    close(again.predict(np.ones((1, 2)), verbose=0), model.predict(np.ones((1, 2)), verbose=0))
    """,
    "`save_model` writes 'export/1' as one file in HDF5",
)
