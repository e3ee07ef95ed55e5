# `make demo` and `make test` work as the first command in a fresh clone: they make a virtual environment of their own.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo examples test lint types benchmark clean

demo: $(VENV)/.examples
	$(BIN)/python examples/digits.py

examples: $(VENV)/.examples
	$(BIN)/python examples/logistic_regression.py
	$(BIN)/python examples/iris.py
	$(BIN)/python examples/licences.py
	$(BIN)/python examples/digits.py
	$(BIN)/python examples/distillation.py
	$(BIN)/python examples/vae.py
	$(BIN)/python examples/gan.py

test: lint types
	KERAS_BACKEND=jax $(BIN)/python -m pytest -n 2

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy

benchmark: $(VENV)/.test
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/memory.py
	$(BIN)/python benchmarks/streaming.py
	$(BIN)/python benchmarks/resume.py
	$(BIN)/python benchmarks/saving.py --sync
	$(BIN)/python benchmarks/crash_files.py

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.examples: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[examples]"
	touch $@

$(VENV)/.test: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[examples]" --group test
	touch $@

clean:
	rm -rf $(VENV) output
