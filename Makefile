# The set-up lives in .venv and is made anew only when pyproject.toml or constraints.txt has changed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt
ARGS ?=

.PHONY: help sweep article test ui lint format bench setup setup-bench clean

help:  ## show this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | expand -t 14

sweep: setup  ## sweep learning rate and epochs on the article's surface (ARGS="--trials 6" passes options on)
	$(BIN)/python sweeps/lr_epochs.py $(ARGS)

article: setup  ## walk through the article: its data, its three runs, what each knob bought
	$(BIN)/knobwise article $(ARGS)

test: setup  ## run the tests (ARGS="-k relu" picks some)
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

ui: setup  ## browse the recorded runs with `mlflow ui`
	@echo 'At the top left of the page choose "Model training", then an experiment' >&2
	$(BIN)/mlflow ui $(ARGS)

lint: setup  ## check style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict

format: setup  ## format the code, and fix what ruff can fix by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup-bench  ## measure against PyTorch, JAX and scikit-learn (installs PyTorch and JAX)
	$(BIN)/python -m benchmarks $(ARGS)

setup: $(VENV)/.installed-dev

setup-bench: $(VENV)/.installed-bench

$(VENV)/.installed-dev: pyproject.toml constraints.txt
	@found=$$($(PYTHON) -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null) || \
	    { echo "Knobwise needs Python >= 3.11; $(PYTHON) was not found (PYTHON=/path/to/python names another)" >&2; exit 1; }; \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Knobwise needs Python >= 3.11; $(PYTHON) is $$found (PYTHON=python3.11 names another)" >&2; exit 1; }; \
	echo "Setting up .venv with Python $$found and the pinned packages; about a minute, only this once" >&2
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) -e ".[dev]"
	@touch $@

$(VENV)/.installed-bench: $(VENV)/.installed-dev
	@echo "Adding PyTorch and JAX to .venv; a few minutes, only this once" >&2
	@$(INSTALL) -e ".[dev,bench]"
	@touch $@

clean:  ## remove the set-up and the caches; recorded runs stay
	rm -rf $(VENV) build dist ./*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
