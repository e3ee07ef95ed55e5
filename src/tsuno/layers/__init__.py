"""Layers: the parts that models are made of."""

from tsuno.layers.activation import *
from tsuno.layers.adaptive_pooling import *
from tsuno.layers.attention import GroupedQueryAttention as GroupedQueryAttention
from tsuno.layers.attention import GroupQueryAttention as GroupQueryAttention
from tsuno.layers.attention import MultiHeadAttention as MultiHeadAttention
from tsuno.layers.audio import *
from tsuno.layers.base import Layer as Layer
from tsuno.layers.bidirectional import Bidirectional as Bidirectional
from tsuno.layers.conv_lstm import *
from tsuno.layers.convolution import *
from tsuno.layers.convolution_depthwise import *
from tsuno.layers.convolution_transposed import *
from tsuno.layers.core import *
from tsuno.layers.dense import Dense as Dense
from tsuno.layers.dense import EinsumDense as EinsumDense
from tsuno.layers.dot_attention import AdditiveAttention as AdditiveAttention
from tsuno.layers.dot_attention import Attention as Attention
from tsuno.layers.embedding import Embedding as Embedding
from tsuno.layers.embedding import ReversibleEmbedding as ReversibleEmbedding
from tsuno.layers.features import *
from tsuno.layers.foreign import *
from tsuno.layers.hashing import *
from tsuno.layers.image_color import *
from tsuno.layers.image_composition import *
from tsuno.layers.image_effects import *
from tsuno.layers.image_framing import *
from tsuno.layers.image_histogram import *
from tsuno.layers.image_mixing import *
from tsuno.layers.image_warping import *
from tsuno.layers.input_spec import InputSpec as InputSpec
from tsuno.layers.lookup_layers import *
from tsuno.layers.margins import *
from tsuno.layers.merging import *
from tsuno.layers.normalization import *
from tsuno.layers.pooling import *
from tsuno.layers.recurrent import RNN as RNN
from tsuno.layers.recurrent_cells import *
from tsuno.layers.recurrent_layers import GRU as GRU
from tsuno.layers.recurrent_layers import LSTM as LSTM
from tsuno.layers.recurrent_layers import SimpleRNN as SimpleRNN
from tsuno.layers.regularization import *
from tsuno.layers.reshaping import Flatten as Flatten
from tsuno.layers.reshaping import Permute as Permute
from tsuno.layers.reshaping import RepeatVector as RepeatVector
from tsuno.layers.reshaping import Reshape as Reshape
from tsuno.layers.serialization import deserialize as deserialize
from tsuno.layers.serialization import serialize as serialize
from tsuno.layers.text import *
from tsuno.layers.upsampling import *
from tsuno.layers.wrapper import *
