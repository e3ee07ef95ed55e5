"""The timed programs: `keras_api.py` for every library with the Keras API, the others written by hand for one."""
