"""Arguments of the past: one table of what they are called today, and how their values are read.

A row is for a class of the library and its heirs, and applies only where the class has no argument of that name: the
words of today keep the meaning of today. A row under a name of today reads the values that only the past has, such as
`axis=[3]`. What no row reads is left as it is, and the class says itself that it has no such argument.
"""

from __future__ import annotations

from typing import Any

from tsuno.legacy.rows import (
    LEFT,
    Row,
    as_number,
    as_number_note,
    batch,
    every,
    first_values,
    four_sides,
    gone,
    joined,
    of_keras_1,
    of_length,
    one_axis,
    sequence,
    valued,
    with_dtype,
    with_readers,
)

_ORDER = valued("data_format", {"th": "channels_first", "tf": "channels_last", "default": None})
_KERNEL: dict[str, Any] = {
    "init": Row("kernel_initializer", with_dtype),
    "bias": "use_bias",
    "W_regularizer": Row("kernel_regularizer", of_keras_1),
    "b_regularizer": Row("bias_regularizer", of_keras_1),
    "W_constraint": Row("kernel_constraint", of_keras_1),
    "b_constraint": Row("bias_constraint", of_keras_1),
}
_CONV: dict[str, Any] = _KERNEL | {
    "nb_filter": "filters",
    "subsample": "strides",
    "border_mode": "padding",
    "dim_ordering": _ORDER,
    "atrous_rate": "dilation_rate",
    "groups": gone(1),
}
_SEQUENCE: dict[str, Any] = {
    "input_length": Row("input_shape", sequence, ("input_length", "input_dim")),
    "input_dim": Row(None, lambda size: LEFT if size is None else {"input_shape": (None, size)}, today=True),
}
_STEPS: dict[str, Any] = {
    **_SEQUENCE,
    "filter_length": Row("kernel_size", one_axis),
    "subsample_length": "strides",
}
_IMAGE: dict[str, Any] = {name: joined("kernel_size", "nb_row", "nb_col") for name in ("nb_row", "nb_col")}
_VOLUME: dict[str, Any] = {
    f"kernel_dim{axis}": joined("kernel_size", "kernel_dim1", "kernel_dim2", "kernel_dim3") for axis in (1, 2, 3)
}
_RECURRENT: dict[str, Any] = {
    **_KERNEL,
    "inner_init": Row("recurrent_initializer", with_dtype),
    "inner_activation": "recurrent_activation",
    "U_regularizer": Row("recurrent_regularizer", of_keras_1),
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
    "forget_bias_init": Row("unit_forget_bias", lambda init: init in ("one", "ones")),
    "consume_less": gone(),
    "implementation": gone(),
    "truncate_gradient": gone(-1),
    "time_major": gone(False),
}
_ONE_FOR_ALL = {name: gone() for name in ("kernel_initializer", "kernel_regularizer", "kernel_constraint")}

TABLE: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "Layer",
        {
            "batch_input_shape": Row(None, batch),
            "input_shape": gone(),
            "batch_size": gone(),
            "input_dtype": gone(),
            "dynamic": gone(False),
            "trainable": gone(),
            "autocast": gone(),
            "sparse": gone(False),
            "ragged": gone(False),
            "cache_enabled": gone(),
            "rng_type": gone(),
            "force_generator": gone(),
            "weights": gone(None),
            "activity_regularizer": Row("activity_regularizer", of_keras_1),
        },
    ),
    (
        "InputLayer",
        {
            "batch_input_shape": "batch_shape",
            "input_dtype": "dtype",
            "type_spec": gone(None),
        },
    ),
    ("Model Functional", {"input": "inputs", "output": "outputs"}),
    # layers with weights
    ("Dense", {**_KERNEL, "output_dim": "units", "weights": first_values("kernel", "bias")}),
    ("Conv1D SeparableConv1D DepthwiseConv1D Conv1DTranspose LocallyConnected1D", {**_CONV, **_STEPS}),
    ("Conv2D Conv2DTranspose SeparableConv2D DepthwiseConv2D LocallyConnected2D", {**_CONV, **_IMAGE}),
    ("Conv3D Conv3DTranspose", {**_CONV, **_VOLUME}),
    (
        "Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose LocallyConnected1D LocallyConnected2D",
        {"weights": first_values("kernel", "bias")},
    ),
    ("Conv2DTranspose Conv3DTranspose", {"output_shape": gone()}),
    ("LocallyConnected1D LocallyConnected2D", {"implementation": gone()}),
    ("MaxoutDense Highway TimeDistributedDense", {**_KERNEL, "output_dim": "units", "transform_bias": gone()}),
    ("TimeDistributedDense", _SEQUENCE),
    (
        "SeparableConv1D SeparableConv2D",
        {
            **_ONE_FOR_ALL,
            "init": Row(None, lambda init: {"depthwise_initializer": init, "pointwise_initializer": init}),
            "depthwise_regularizer": Row("depthwise_regularizer", of_keras_1),
            "pointwise_regularizer": Row("pointwise_regularizer", of_keras_1),
            "depthwise_constraint": Row("depthwise_constraint", of_keras_1),
            "pointwise_constraint": Row("pointwise_constraint", of_keras_1),
            "weights": first_values("depthwise", "pointwise", "bias"),
        },
    ),
    (
        "DepthwiseConv1D DepthwiseConv2D",
        {
            **_ONE_FOR_ALL,
            "init": "depthwise_initializer",
            "weights": first_values("depthwise", "bias"),
        },
    ),
    ("SimpleRNN GRU LSTM", {**_SEQUENCE, **_RECURRENT, "output_dim": "units"}),
    ("SimpleRNNCell GRUCell LSTMCell", {**_RECURRENT, "output_dim": "units"}),
    ("RNN", {**_SEQUENCE, "time_major": gone(False), "num_constants": gone(None, 0)}),
    ("Bidirectional", {"num_constants": gone(None, 0)}),
    ("ConvLSTM1D ConvLSTM2D ConvLSTM3D", {**_CONV, **_RECURRENT}),
    ("ConvLSTM2D", _IMAGE),
    ("SimpleRNN GRU", {"weights": first_values("kernel", "recurrent", "bias")}),
    ("LSTM", {"weights": first_values("kernel", "recurrent", "bias", unit_forget_bias=False)}),
    (
        "Embedding",
        {
            "init": Row("embeddings_initializer", with_dtype),
            "W_regularizer": Row("embeddings_regularizer", of_keras_1),
            "W_constraint": Row("embeddings_constraint", of_keras_1),
            "input_length": Row(None, of_length, today=True),
            "sparse": gone(),
            "dropout": Row(
                None,
                lambda rate: {},
                note=lambda rate: f"dropout={rate} is left out; put a SpatialDropout1D layer after it." if rate else "",
            ),
        },
    ),
    ("PReLU", {"init": "alpha_initializer", "weights": first_values("alpha")}),
    (
        "BatchNormalization",
        {
            "beta_init": "beta_initializer",
            "gamma_init": "gamma_initializer",
            "beta_regularizer": Row("beta_regularizer", of_keras_1),
            "gamma_regularizer": Row("gamma_regularizer", of_keras_1),
            "mode": gone(0),
            "axis": Row("axis", one_axis),
            "fused": gone(),
            "virtual_batch_size": gone(None),
            "adjustment": gone(None),
            "weights": first_values("gamma", "beta", "moving_mean", "moving_variance"),
        },
    ),
    # layers without weights
    (
        "MaxPooling1D AveragePooling1D",
        {"pool_length": Row("pool_size", one_axis), "stride": "strides", "border_mode": "padding"},
    ),
    (
        "MaxPooling2D MaxPooling3D AveragePooling2D AveragePooling3D",
        {"border_mode": "padding", "dim_ordering": _ORDER, "poolsize": "pool_size", "ignore_border": gone()},
    ),
    (
        "GlobalMaxPooling2D GlobalMaxPooling3D GlobalAveragePooling2D GlobalAveragePooling3D UpSampling2D UpSampling3D "
        "Cropping2D Cropping3D ZeroPadding2D ZeroPadding3D SpatialDropout2D SpatialDropout3D",
        {"dim_ordering": _ORDER},
    ),
    ("ZeroPadding2D", {"padding": Row("padding", four_sides)}),
    ("UpSampling1D", {"length": "size"}),
    (
        "Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D GaussianDropout AlphaDropout",
        {"p": "rate", "rate": Row("rate", as_number, today=True, note=as_number_note)},
    ),
    ("SpatialDropout1D SpatialDropout2D SpatialDropout3D", {"noise_shape": gone(None)}),
    ("GaussianNoise", {"sigma": "stddev"}),
    ("LeakyReLU", {"alpha": "negative_slope"}),
    ("Reshape", {"dims": "target_shape"}),
    ("Softmax", {"robust_masking": gone()}),
    (
        "MultiHeadAttention",
        {name: gone() for name in ("softmax_robust_masking", "query_shape", "key_shape", "value_shape")},
    ),
    ("Attention AdditiveAttention", {"causal": gone(False)}),
    (
        "CategoryEncoding",
        {"max_tokens": "num_tokens", "output_mode": valued("output_mode", {"binary": "multi_hot"})},
    ),
    (
        "StringLookup IntegerLookup TextVectorization",
        {
            "output_mode": valued("output_mode", {"binary": "multi_hot", "tf-idf": "tf_idf"}),
            "vocabulary_dtype": gone("string"),
        },
    ),
    ("Discretization", {"bins": Row(None, lambda x: {"num_bins" if isinstance(x, int) else "bin_boundaries": x})}),
    (
        "Lambda",
        {
            **{f"{part}_type": gone() for part in ("function", "output_shape", "mask")},
            **{f"{part}module": gone() for part in ("", "output_shape_", "mask_")},
        },
    ),
    # parts
    ("DTypePolicy", {"loss_scale": gone()}),
    ("Initializer", {"dtype": gone(), "partition_info": gone(), "verify_shape": gone()}),
    ("VarianceScaling", {"distribution": valued("distribution", {"normal": "truncated_normal"})}),
    ("L1", {"l": "l1"}),
    ("L2", {"l": "l2"}),
    ("MaxNorm", {"m": "max_value"}),
    ("MinMaxNorm", {"low": "min_value", "high": "max_value"}),
    ("Loss", {"reduction": valued("reduction", {"auto": "sum_over_batch_size"}), "fn": gone()}),
    ("Metric", {"dynamic": gone(False), "trainable": gone()}),
    (
        "Optimizer",
        {
            "lr": "learning_rate",
            "epsilon": Row(None, lambda value: {} if value is None else LEFT, today=True),
            "schedule_decay": gone(0.004),
            "jit_compile": gone(),
            "is_legacy_optimizer": gone(),
            "gradient_aggregator": gone(None),
            "gradient_transformers": gone(None),
            "adaptive_epsilon": gone(False),
        },
    ),
    ("LossScaleOptimizer", {"optimizer": "inner_optimizer", "loss_scale": gone("dynamic")}),
    # callbacks
    (
        "ModelCheckpoint",
        {"period": Row("save_freq", every), "options": gone(None), "load_weights_on_restart": gone(False)},
    ),
    ("ReduceLROnPlateau", {"epsilon": "min_delta"}),
    ("Callback", {"stateful_metrics": gone()}),
    ("ProgbarLogger", {"count_mode": gone()}),
    ("BackupAndRestore", {"save_before_preemption": gone(False)}),
)  # fmt: skip
"""The classes that rows are for, and the rows: the old name, and its name today or a `Row`."""

_READING: dict[str, Any] = {
    **{
        old: Row(None, lambda x, value, new=new: {"x": with_readers(x, new, value)}, ("x", old))
        for new in ("workers", "max_queue_size")
        for old in (new, {"workers": "nb_worker", "max_queue_size": "max_q_size"}[new])
    },
    "use_multiprocessing": gone(),  # threads read as well, and take whatever a program has
    "pickle_safe": gone(),
}
_SHOW_ACCURACY = Row(None, lambda shown: {}, note=lambda shown: _TO_COMPILE if shown else "")
_CLASS_WEIGHT = Row(
    "class_weight",
    lambda value: None if isinstance(value, str) else value,
    note=lambda value: (
        f"class_weight={value!r} has no effect, and had none: give a dict of weights." if isinstance(value, str) else ""
    ),
)
_TO_COMPILE = "`show_accuracy` is now `compile(metrics=['accuracy'])`."

FUNCTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Model.fit Model.evaluate", {"show_accuracy": _SHOW_ACCURACY}),
    ("Model.fit Model.evaluate Model.predict", _READING),
    ("Model.fit", {"nb_epoch": "epochs", "samples_per_epoch": gone(None), "nb_val_samples": "validation_steps"}),
    ("Model.fit Model.train_on_batch", {"class_weight": _CLASS_WEIGHT}),
    ("Model.train_on_batch Model.test_on_batch", {"reset_metrics": gone(), "accuracy": gone(False)}),
    ("Model.evaluate", {"val_samples": "steps"}),
    (
        "Model.compile",
        {
            "sample_weight_mode": gone(),
            "class_mode": gone(),
            "theano_mode": gone(),
            "target_tensors": gone(None),
            "distribute": gone(None),
            "experimental_run_tf_function": gone(),
        },
    ),
    ("to_categorical utils.to_categorical utils.np_utils.to_categorical", {"y": "x"}),
    (
        "applications.inception_v3.conv2d_bn",
        {
            "nb_filter": "filters",
            "nb_row": "num_row",
            "nb_col": "num_col",
            "border_mode": "padding",
            "subsample": "strides",
        },
    ),
    ("applications.inception_resnet_v2.conv2d_bn", {"kernel_size": "num_row"}),
    ("activations.relu", {"alpha": "negative_slope"}),
    ("utils.serialize_keras_object", {"instance": "obj"}),
    ("to_categorical utils.to_categorical utils.np_utils.to_categorical", {"nb_classes": "num_classes"}),
    ("datasets.imdb.load_data datasets.reuters.load_data", {"nb_words": "num_words"}),
    ("datasets.imdb.load_data", {"test_split": gone()}),
    ("preprocessing.text.one_hot preprocessing.text.text_to_word_sequence", {"text": "input_text"}),
    ("preprocessing.image.random_channel_shift", {"intensity": "intensity_range"}),
    (
        "preprocessing.image.random_rotation preprocessing.image.random_shift preprocessing.image.random_shear "
        "preprocessing.image.random_zoom preprocessing.image.apply_transform",
        {"row_index": "row_axis", "col_index": "col_axis", "channel_index": "channel_axis"},
    ),
    (
        "preprocessing.image.array_to_img preprocessing.image.img_to_array "
        "applications.imagenet_utils.preprocess_input",
        {"dim_ordering": _ORDER},
    ),
    (
        "preprocessing.image.ImageDataGenerator preprocessing.image.NumpyArrayIterator "
        "preprocessing.image.DirectoryIterator",
        {"dim_ordering": _ORDER},
    ),
)
"""The methods and functions that rows are for, and the rows."""

DEFAULTS: dict[str, tuple[str, Any]] = {
    "Adadelta": ("learning_rate", 1.0),
    "Adagrad": ("learning_rate", 0.01),
    "Nadam": ("learning_rate", 0.002),
    "Adamax": ("learning_rate", 0.002),
}
"""What arguments were by default in Keras up to 2.3, where that makes another program of it."""
