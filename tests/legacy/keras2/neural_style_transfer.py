"""A picture between two others, by L-BFGS on a loss of a net's features; then one a net dreams, by ascent."""
from __future__ import print_function
from keras.preprocessing.image import save_img, img_to_array, array_to_img
import numpy as np
from scipy.optimize import fmin_l_bfgs_b

from keras.applications import vgg19
from keras import backend as K
from keras.layers import Conv2D, Input, MaxPooling2D
from keras.models import Model

img_nrows, img_ncols = 16, 16
random = np.random.RandomState(1)


def deprocess_image(x):
    x = x.reshape((img_nrows, img_ncols, 3)).copy()
    x[:, :, 0] += 103.939
    x[:, :, 1] += 116.779
    x[:, :, 2] += 123.68
    return np.clip(x[:, :, ::-1], 0, 255).astype('uint8')


def preprocess_image(picture):
    return vgg19.preprocess_input(np.expand_dims(img_to_array(array_to_img(picture)), axis=0))


grid = np.indices((img_nrows, img_ncols))
base_image = K.variable(preprocess_image(np.stack([grid[0] * 16, grid[1] * 16, 0 * grid[0]], -1)))
style_reference_image = K.variable(preprocess_image(np.stack([(grid.sum(0) % 4) * 60] * 3, -1)))
combination_image = K.placeholder((1, img_nrows, img_ncols, 3))
input_tensor = K.concatenate([base_image, style_reference_image, combination_image], axis=0)

# a net like VGG's first blocks, with weights from nowhere
inputs = Input(tensor=input_tensor)
x = Conv2D(6, (3, 3), activation='relu', padding='same', name='block1_conv1')(inputs)
x = MaxPooling2D((2, 2), strides=(2, 2), name='block1_pool')(x)
x = Conv2D(8, (3, 3), activation='relu', padding='same', name='block2_conv1')(x)
x = Conv2D(8, (3, 3), activation='relu', padding='same', name='block2_conv2')(x)
model = Model(inputs, x)
outputs_dict = dict([(layer.name, layer.output) for layer in model.layers])


def gram_matrix(x):
    assert K.ndim(x) == 3
    features = K.batch_flatten(K.permute_dimensions(x, (2, 0, 1)))
    return K.dot(features, K.transpose(features))


def style_loss(style, combination):
    S, C = gram_matrix(style), gram_matrix(combination)
    return K.sum(K.square(S - C)) / (4.0 * (3 ** 2) * ((img_nrows * img_ncols) ** 2))


def content_loss(base, combination):
    return K.sum(K.square(combination - base))


def total_variation_loss(x):
    assert K.ndim(x) == 4
    a = K.square(x[:, :img_nrows - 1, :img_ncols - 1, :] - x[:, 1:, :img_ncols - 1, :])
    b = K.square(x[:, :img_nrows - 1, :img_ncols - 1, :] - x[:, :img_nrows - 1, 1:, :])
    return K.sum(K.pow(a + b, 1.25))


loss = K.variable(0.0)
layer_features = outputs_dict['block2_conv2']
loss = loss + 0.025 * content_loss(layer_features[0, :, :, :], layer_features[2, :, :, :])
for layer_name in ['block1_conv1', 'block2_conv1']:
    layer_features = outputs_dict[layer_name]
    loss = loss + (1.0 / 2) * style_loss(layer_features[1, :, :, :], layer_features[2, :, :, :])
loss = loss + 1e-3 * total_variation_loss(combination_image)
grads = K.gradients(loss, combination_image)
outputs = [loss]
if isinstance(grads, (list, tuple)):
    outputs += grads
else:
    outputs.append(grads)
f_outputs = K.function([combination_image], outputs)


def eval_loss_and_grads(x):
    x = x.reshape((1, img_nrows, img_ncols, 3))
    outs = f_outputs([x])
    return outs[0], outs[1].flatten().astype('float64')


class Evaluator(object):
    """Keeps the gradients that were computed with the loss."""

    def __init__(self):
        self.loss_value = None

    def loss(self, x):
        assert self.loss_value is None
        self.loss_value, self.grad_values = eval_loss_and_grads(x)
        return self.loss_value

    def grads(self, x):
        assert self.loss_value is not None
        self.loss_value = None
        return np.copy(self.grad_values)


evaluator = Evaluator()
x = preprocess_image(random.rand(img_nrows, img_ncols, 3) * 255).flatten().astype('float64')
start, start_grads = eval_loss_and_grads(x)
step = 1e-1 * start_grads / abs(start_grads).max()
difference = (eval_loss_and_grads(x + step)[0] - eval_loss_and_grads(x - step)[0]) / 2
assert abs(difference - (start_grads * step).sum()) < 0.02 * abs(difference), 'gradients'
losses = [start]
for i in range(2):
    x, min_val, info = fmin_l_bfgs_b(evaluator.loss, x, fprime=evaluator.grads, maxfun=10)
    print('Current loss value:', min_val)
    losses.append(min_val)
assert losses[2] < losses[1] < 0.5 * losses[0], losses
save_img('result.png', deprocess_image(x))

# a dream: what a layer's activity grows by
dream_in = Input((None, None, 3))
dream_out = Conv2D(4, 3, activation='relu', padding='same', name='mixed2')(Conv2D(4, 3, padding='same')(dream_in))
dream_model = Model(dream_in, dream_out)
dream = dream_model.input
layer_dict = dict([(layer.name, layer) for layer in dream_model.layers])
loss = K.variable(0.)
activation = layer_dict['mixed2'].output
scaling = K.prod(K.cast(K.shape(activation), 'float32'))
loss = loss + 2.0 * K.sum(K.square(activation[:, 2: -2, 2: -2, :])) / scaling
grads = K.gradients(loss, dream)[0]
grads /= K.maximum(K.mean(K.abs(grads)), K.epsilon())
fetch_loss_and_grads = K.function([dream], [loss, grads])
for size in (8, 10):
    image = random.rand(1, size, size, 3)
    seen = []
    for i in range(5):
        loss_value, grad_values = fetch_loss_and_grads([image])
        assert grad_values.shape == image.shape
        image += 0.01 * grad_values
        seen.append(float(loss_value))
    assert np.all(np.diff(seen) > 0), seen
print('ok')
