"""What a trained net looks at: pictures that filters answer to, activations layer by layer, and Grad-CAM."""
from __future__ import print_function
import numpy as np
from keras import backend as K
from keras import models
from keras.datasets import mnist
from keras.layers import Conv2D, Dense, GlobalAveragePooling2D, MaxPooling2D
from keras.models import Sequential, load_model
from keras.utils import to_categorical

(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train = np.expand_dims(x_train.astype('float32') / 255, -1)
x_test = np.expand_dims(x_test.astype('float32') / 255, -1)
model = Sequential()
model.add(Conv2D(8, (3, 3), activation='relu', input_shape=(28, 28, 1), name='block1_conv1'))
model.add(MaxPooling2D((2, 2), name='block1_pool'))
model.add(Conv2D(12, (3, 3), activation='relu', name='block2_conv1'))
model.add(MaxPooling2D((2, 2), name='block2_pool'))
model.add(GlobalAveragePooling2D())
model.add(Dense(10, activation='softmax', name='predictions'))
model.compile(optimizer='rmsprop', loss='categorical_crossentropy', metrics=['acc'])
history = model.fit(x_train, to_categorical(y_train), epochs=3, batch_size=20, verbose=0)
assert history.history['acc'][-1] > history.history['acc'][0]
model.save('digits.h5')
del model
model = load_model('digits.h5')
layer_dict = dict([(layer.name, layer) for layer in model.layers])


def normalize(x):
    return x / (K.sqrt(K.mean(K.square(x))) + K.epsilon())


kept_filters = []
for filter_index in range(6):
    layer_output = layer_dict['block2_conv1'].output
    loss = K.mean(layer_output[:, :, :, filter_index])
    grads = normalize(K.gradients(loss, model.input)[0])
    iterate = K.function([model.input], [loss, grads])
    input_img_data = np.random.random((1, 28, 28, 1)) * 0.8
    first = iterate([input_img_data])[0]
    for i in range(10):
        loss_value, grads_value = iterate([input_img_data])
        input_img_data += grads_value * 0.2
    assert abs(np.sqrt(np.mean(grads_value ** 2)) - 1) < 1e-2 or loss_value == 0
    kept_filters.append((first, loss_value))
assert any(last > first for first, last in kept_filters) and all(last >= first for first, last in kept_filters), kept_filters

# activations of all layers at once
layer_outputs = [layer.output for layer in model.layers[:4]]
activation_model = models.Model(inputs=model.input, outputs=layer_outputs)
activations = activation_model.predict(x_test[:1])
assert [a.shape for a in activations] == [(1, 26, 26, 8), (1, 13, 13, 8), (1, 11, 11, 12), (1, 5, 5, 12)]
get_3rd_layer_output = K.function([model.layers[0].input, K.learning_phase()], [model.layers[2].output])
assert np.allclose(get_3rd_layer_output([x_test[:1], 0])[0], activations[2], atol=1e-5)

# where the class is seen
class_index = int(np.argmax(model.predict(x_test[:1])[0]))
class_output = model.output[:, class_index]
last_conv_layer = model.get_layer('block2_conv1')
grads = K.gradients(class_output, last_conv_layer.output)[0]
pooled_grads = K.mean(grads, axis=(0, 1, 2))
iterate = K.function([model.input], [pooled_grads, last_conv_layer.output[0]])
pooled_grads_value, conv_layer_output_value = iterate([x_test[:1]])
assert pooled_grads_value.shape == (12,) and conv_layer_output_value.shape == (11, 11, 12)
for i in range(12):
    conv_layer_output_value[:, :, i] *= pooled_grads_value[i]
heatmap = np.maximum(np.mean(conv_layer_output_value, axis=-1), 0)
assert heatmap.shape == (11, 11) and heatmap.max() > 0
# the gradient by a weight's formula: average pooling hands the dense weights on to every place that was a maximum
weights = model.get_layer('predictions').get_weights()[0]
p = model.predict(x_test[:1])[0]
by_hand = p[class_index] * (weights[:, class_index] - weights @ p) / 121
assert np.allclose(pooled_grads_value, by_hand, atol=1e-5), (pooled_grads_value, by_hand)
print('ok')
