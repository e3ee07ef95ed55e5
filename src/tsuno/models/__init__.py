"""Models: layers put together, with everything it takes to train and use them."""

from tsuno.models.cloning import clone_model as clone_model
from tsuno.models.model import Model as Model
from tsuno.models.sequential import Sequential as Sequential
from tsuno.saving import load_model as load_model
from tsuno.saving import model_from_json as model_from_json
from tsuno.saving import model_from_yaml as model_from_yaml
from tsuno.saving import save_model as save_model
