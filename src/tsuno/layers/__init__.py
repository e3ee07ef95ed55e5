"""Layers: the parts that models are made of."""

from tsuno.layers.attention import MultiHeadAttention as MultiHeadAttention
from tsuno.layers.base import Layer as Layer
from tsuno.layers.convolution import *
from tsuno.layers.core import Activation as Activation
from tsuno.layers.core import Input as Input
from tsuno.layers.core import InputLayer as InputLayer
from tsuno.layers.core import Lambda as Lambda
from tsuno.layers.dense import Dense as Dense
from tsuno.layers.dense import EinsumDense as EinsumDense
from tsuno.layers.embedding import Embedding as Embedding
from tsuno.layers.input_spec import InputSpec as InputSpec
from tsuno.layers.merging import Add as Add
from tsuno.layers.merging import Concatenate as Concatenate
from tsuno.layers.merging import Multiply as Multiply
from tsuno.layers.merging import add as add
from tsuno.layers.merging import concatenate as concatenate
from tsuno.layers.merging import multiply as multiply
from tsuno.layers.normalization import BatchNormalization as BatchNormalization
from tsuno.layers.normalization import LayerNormalization as LayerNormalization
from tsuno.layers.pooling import *
from tsuno.layers.recurrent import RNN as RNN
from tsuno.layers.recurrent_cells import GRUCell as GRUCell
from tsuno.layers.recurrent_cells import LSTMCell as LSTMCell
from tsuno.layers.recurrent_cells import SimpleRNNCell as SimpleRNNCell
from tsuno.layers.recurrent_layers import GRU as GRU
from tsuno.layers.recurrent_layers import LSTM as LSTM
from tsuno.layers.recurrent_layers import SimpleRNN as SimpleRNN
from tsuno.layers.regularization import Dropout as Dropout
from tsuno.layers.reshaping import Flatten as Flatten
from tsuno.layers.reshaping import Permute as Permute
from tsuno.layers.reshaping import RepeatVector as RepeatVector
from tsuno.layers.reshaping import Reshape as Reshape
