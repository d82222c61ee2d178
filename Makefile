# make run | test | bench | setup | lint | format; everything lives in .venv
VENV := .venv
BIN := $(VENV)/bin
export PYTHONDONTWRITEBYTECODE :=
.DEFAULT_GOAL := help

help:  ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

setup: $(VENV)/.ready  ## make .venv from requirements.lock and check the Qt libraries (done once, quick afterwards)
	@sh packaging/check_qt.sh $(BIN)/python

$(VENV)/.ready: requirements.lock pyproject.toml packaging/setup.sh
	@sh packaging/setup.sh $(VENV)

run: setup  ## open the window on the sample project; without a display, run the same trip headless
	@$(BIN)/python packaging/run.py

test: setup  ## ruff, pyright (strict), import-linter, pytest
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -q -m "not bench"

bench: setup  ## the measurements of tests/benchmarks as a table and in build/bench.json
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -q -m bench tests/benchmarks

format:  ## ruff's formatter and its safe mends
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

lock:  ## write requirements.lock anew from pyproject.toml (needs uv)
	uv pip compile --universal --python-version 3.11 --extra dev --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml packaging/build-requirements.txt -o requirements.lock

.PHONY: help setup run test bench format lock
