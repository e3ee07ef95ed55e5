"""Calls of functions of TensorFlow on made data; each gives numbers."""

import numpy as np

rng = np.random.RandomState(0)
X = rng.normal(size=(2, 6, 5, 4)).astype("float32")
LINE = rng.normal(size=(2, 9, 4)).astype("float32")
SOLID = rng.normal(size=(1, 4, 5, 3, 2)).astype("float32")
FLAT = rng.normal(size=(3, 5)).astype("float32")
K = rng.normal(size=(3, 2, 4, 3)).astype("float32")
DEEP = rng.normal(size=(3, 3, 4, 2)).astype("float32")
POINT = rng.normal(size=(1, 1, 8, 3)).astype("float32")
K1 = rng.normal(size=(3, 4, 2)).astype("float32")
K3 = rng.normal(size=(2, 2, 2, 2, 3)).astype("float32")
HOT = np.eye(5)[[1, 4, 0]].astype("float32")
PICTURE = rng.uniform(size=(2, 12, 14, 3)).astype("float32")
BYTES = (PICTURE * 255).astype("uint8")

FIRST = {  # as TensorFlow 1 has them
    "conv2d": lambda tf: tf.nn.conv2d(X, K, [1, 2, 1, 1], "SAME"),
    "conv2d_filter": lambda tf: tf.nn.conv2d(
        input=X, filter=K, strides=[1, 1, 1, 1], padding="VALID", dilations=[1, 2, 1, 1]
    ),
    "conv1d": lambda tf: tf.nn.conv1d(LINE, K1, 2, "SAME"),
    "conv3d": lambda tf: tf.nn.conv3d(SOLID, K3, [1, 1, 2, 1, 1], "SAME"),
    "conv2d_transpose": lambda tf: tf.nn.conv2d_transpose(X, rng_like((3, 3, 2, 4)), [2, 12, 10, 2], [1, 2, 2, 1]),
    "conv2d_transpose_odd": lambda tf: tf.nn.conv2d_transpose(
        X, rng_like((3, 3, 2, 4)), [2, 11, 9, 2], [1, 2, 2, 1], "SAME"
    ),
    "conv2d_transpose_valid": lambda tf: tf.nn.conv2d_transpose(
        X, rng_like((3, 3, 2, 4)), [2, 14, 11, 2], [1, 2, 2, 1], "VALID"
    ),
    "depthwise": lambda tf: tf.nn.depthwise_conv2d(X, DEEP, [1, 1, 1, 1], "SAME"),
    "depthwise_rate": lambda tf: tf.nn.depthwise_conv2d(X, DEEP, [1, 1, 1, 1], "VALID", rate=[2, 2]),
    "separable": lambda tf: tf.nn.separable_conv2d(X, DEEP, POINT, [1, 2, 2, 1], "SAME"),
    "atrous": lambda tf: tf.nn.atrous_conv2d(X, K, 2, "SAME"),
    "convolution": lambda tf: tf.nn.convolution(X, K, "SAME", strides=[2, 1]),
    "max_pool": lambda tf: tf.nn.max_pool(X, [1, 2, 2, 1], [1, 2, 2, 1], "SAME"),
    "avg_pool": lambda tf: tf.nn.avg_pool(X, ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1], padding="SAME"),
    "pool": lambda tf: tf.nn.pool(X, [2, 3], "AVG", "VALID", strides=[1, 2]),
    "softmax": lambda tf: tf.nn.softmax(X, dim=1),
    "moments": lambda tf: tf.concat(tf.nn.moments(X, [0, 1], keep_dims=True), 0),
    "batch_normalization": lambda tf: tf.nn.batch_normalization(FLAT, FLAT[0], np.abs(FLAT[1]), FLAT[2], FLAT[1], 1e-3),
    "fused_batch_norm": lambda tf: tf.nn.fused_batch_norm(X, X[0, 0, 0], X[1, 1, 1])[2],
    "weighted": lambda tf: tf.nn.weighted_cross_entropy_with_logits(HOT, FLAT, 2.5),
    "zero_fraction": lambda tf: tf.nn.zero_fraction(tf.nn.relu(FLAT)),
    "resize_images": lambda tf: tf.image.resize_images(PICTURE, [7, 20]),
    "resize_nearest": lambda tf: tf.image.resize_nearest_neighbor(PICTURE, [7, 20]),
    "resize_area": lambda tf: tf.image.resize_area(PICTURE, [5, 7]),
    "resize_aligned": lambda tf: tf.image.resize_bilinear(PICTURE, [7, 20], align_corners=True),
}
TODAY = {  # as TensorFlow 2 has them
    "conv2d": lambda tf: tf.nn.conv2d(X, K, 2, "SAME"),
    "conv2d_pads": lambda tf: tf.nn.conv2d(X, K, [1, 1, 1, 1], [[0, 0], [1, 2], [0, 1], [0, 0]]),
    "max_pool2d": lambda tf: tf.nn.max_pool2d(X, 2, 1, "VALID"),
    "avg_pool1d": lambda tf: tf.nn.avg_pool1d(LINE, 3, 2, "SAME"),
    "max_pool3d": lambda tf: tf.nn.max_pool3d(SOLID, 2, 2, "SAME"),
    "log_softmax": lambda tf: tf.nn.log_softmax(FLAT, axis=0),
    "cross_entropy": lambda tf: tf.nn.softmax_cross_entropy_with_logits(HOT, FLAT),
    "sparse": lambda tf: tf.nn.sparse_softmax_cross_entropy_with_logits([1, 4, 0], FLAT),
    "sigmoid": lambda tf: tf.nn.sigmoid_cross_entropy_with_logits(labels=HOT, logits=FLAT),
    "poisson": lambda tf: tf.nn.log_poisson_loss(np.abs(FLAT) * 3, FLAT, compute_full_loss=True),
    "l2_loss": lambda tf: tf.nn.l2_loss(X),
    "l2_normalize": lambda tf: tf.nn.l2_normalize(X, axis=[1, 2]),
    "lrn": lambda tf: tf.nn.local_response_normalization(X, 2, 1.5, 0.3, 0.6),
    "bias_add": lambda tf: tf.nn.bias_add(X, X[0, 0, 0]),
    "crelu": lambda tf: tf.nn.crelu(FLAT),
    "leaky": lambda tf: tf.nn.leaky_relu(FLAT, alpha=0.1),
    "gelu": lambda tf: tf.nn.gelu(FLAT),
    "selu": lambda tf: tf.nn.selu(FLAT) + tf.nn.elu(FLAT) + tf.nn.relu6(FLAT * 9) + tf.nn.swish(FLAT),
    "top_k": lambda tf: tf.nn.top_k(FLAT, 2).values,
    "top_k_places": lambda tf: tf.nn.top_k(FLAT, k=3)[1],
    "in_top_k": lambda tf: tf.cast(tf.nn.in_top_k([1, 4, 0], FLAT, 2), "float32"),
    "embedding": lambda tf: tf.nn.embedding_lookup(FLAT, [[0, 2], [1, 1]]),
    "embedding_norm": lambda tf: tf.nn.embedding_lookup(FLAT, [0, 2], max_norm=1.0),
    "dropout_none": lambda tf: tf.nn.dropout(FLAT, 0.0),
    "ctc": lambda tf: tf.nn.ctc_loss([[1, 2], [3, 0]], LINE[:, :, :].transpose(1, 0, 2), [2, 1], [9, 7], blank_index=0),
    "resize": lambda tf: tf.image.resize(PICTURE, (7, 20)),
    "resize_nearest": lambda tf: tf.image.resize(BYTES, [5, 6], method="nearest"),
    "resize_bicubic": lambda tf: tf.image.resize(
        PICTURE, [20, 21], method=tf.image.ResizeMethod.BICUBIC, antialias=True
    ),
    "resize_smaller": lambda tf: tf.image.resize(PICTURE, [5, 6], antialias=True),
    "resize_area": lambda tf: tf.image.resize(PICTURE, [5, 6], "area"),
    "resize_pad": lambda tf: tf.image.resize_with_pad(PICTURE, 10, 10),
    "crop_or_pad": lambda tf: tf.image.resize_with_crop_or_pad(PICTURE, 9, 17),
    "central_crop": lambda tf: tf.image.central_crop(PICTURE, 0.6),
    "crop_box": lambda tf: tf.image.crop_to_bounding_box(PICTURE, 1, 2, 5, 6),
    "pad_box": lambda tf: tf.image.pad_to_bounding_box(PICTURE[0], 1, 2, 20, 21),
    "brightness": lambda tf: tf.image.adjust_brightness(BYTES, 0.2),
    "contrast": lambda tf: tf.image.adjust_contrast(PICTURE, 1.7),
    "saturation": lambda tf: tf.image.adjust_saturation(PICTURE, 0.6),
    "hue": lambda tf: tf.image.adjust_hue(PICTURE, 0.3),
    "gamma": lambda tf: tf.image.adjust_gamma(PICTURE, 0.8, 1.2),
    "gray": lambda tf: tf.image.rgb_to_grayscale(PICTURE),
    "gray_bytes": lambda tf: tf.image.rgb_to_grayscale(BYTES),
    "color": lambda tf: tf.image.grayscale_to_rgb(tf.constant(PICTURE[..., :1])),
    "hsv": lambda tf: tf.image.rgb_to_hsv(PICTURE),
    "standard": lambda tf: tf.image.per_image_standardization(PICTURE),
    "rot90": lambda tf: tf.image.rot90(PICTURE, k=3),
    "flips": lambda tf: tf.image.flip_left_right(tf.image.flip_up_down(PICTURE[0])),
    "to_float": lambda tf: tf.image.convert_image_dtype(BYTES, tf.float32),
    "to_bytes": lambda tf: tf.image.convert_image_dtype(PICTURE, tf.uint8),
    "variation": lambda tf: tf.image.total_variation(tf.constant(PICTURE)),
    "psnr": lambda tf: tf.image.psnr(PICTURE, PICTURE**2, 1.0),
    "ssim": lambda tf: tf.image.ssim(PICTURE, PICTURE**2, 1.0, filter_size=7),
    "gradients": lambda tf: tf.image.image_gradients(tf.constant(PICTURE))[1],
    "sobel": lambda tf: tf.image.sobel_edges(tf.constant(PICTURE)),
    "png": lambda tf: tf.io.decode_png(tf.io.encode_png(BYTES[0])),
}


def rng_like(shape):
    return np.random.RandomState(11).normal(size=shape).astype("float32")
