"""What `keras` itself, and its experimental parts, had and today's has elsewhere or not at all."""

from __future__ import annotations

from typing import Any, NoReturn

from tsuno import activations, layers, models, optimizers
from tsuno.layers import Layer
from tsuno.legacy.inputs import Input as Input

PreprocessingLayer = Layer
CosineDecay = optimizers.schedules.CosineDecay
CosineDecayRestarts = optimizers.schedules.CosineDecayRestarts


class LinearModel(models.Model):
    """The sum of `Dense` layers of one column each, one for each input.

    Args:
        units: how many outputs.
        activation: applied to the sum.
        use_bias: whether a bias is added.
        kernel_initializer: of the weights.
        bias_initializer: of the bias.
        kernel_regularizer: a penalty on the weights.
        bias_regularizer: a penalty on the bias.
        **kwargs: the arguments of every model.
    """

    def __init__(
        self,
        units: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "zeros",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units, self.use_bias = units, use_bias
        self.activation = activations.get(activation)
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.kernel_regularizer, self.bias_regularizer = kernel_regularizer, bias_regularizer
        self.parts: list[Layer] = []

    def build(self, input_shape: Any = None) -> None:
        several = isinstance(input_shape, (list, tuple)) and isinstance(input_shape[0], (list, tuple))
        if not self.parts:
            self.parts = [
                layers.Dense(
                    self.units, use_bias=self.use_bias and place == 0, kernel_initializer=self.kernel_initializer,
                    bias_initializer=self.bias_initializer, kernel_regularizer=self.kernel_regularizer,
                    bias_regularizer=self.bias_regularizer,
                )
                for place in range(len(input_shape) if several else 1)
            ]  # fmt: skip
        for part, shape in zip(self.parts, input_shape if several else [input_shape], strict=True):
            part.build(shape)
        self.built = True

    def call(self, inputs: Any) -> Any:
        given = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        total: Any = sum(part(x) for part, x in zip(self.parts, given, strict=True))
        return self._activated(total)


class WideDeepModel(models.Model):
    """The sum of a linear and a deep model of the same or of two inputs.

    Args:
        linear_model: the wide part.
        dnn_model: the deep part.
        activation: applied to the sum.
        **kwargs: the arguments of every model.
    """

    def __init__(self, linear_model: Any, dnn_model: Any, activation: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.linear_model, self.dnn_model = linear_model, dnn_model
        self.activation = activations.get(activation)

    def call(self, inputs: Any) -> Any:
        wide, deep = inputs if isinstance(inputs, (list, tuple)) and len(inputs) == 2 else (inputs, inputs)
        return self._activated(self.linear_model(wide) + self.dnn_model(deep))


def model_to_estimator(
    keras_model: Any = None, keras_model_path: Any = None, custom_objects: Any = None, model_dir: Any = None,
    config: Any = None, checkpoint_format: Any = None, metric_names_map: Any = None, export_outputs: Any = None,
) -> NoReturn:  # fmt: skip
    """Estimators are no more, in TensorFlow neither."""
    raise NotImplementedError("There are no estimators, in TensorFlow neither: call `fit` on the Keras model itself.")
