# make run | test | test-slow | interop | bench | figures | texts | setup | tools | format | lock; everything lives in .venv
VENV := .venv
BIN := $(VENV)/bin
PYTEST := QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -q
export PYTHONDONTWRITEBYTECODE :=
.DEFAULT_GOAL := help

help:  ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

setup: $(VENV)/.ready  ## make .venv with what running needs and check the Qt libraries (done once, quick afterwards)
	@sh packaging/check_qt.sh $(BIN)/python

tools: setup $(VENV)/.tools  ## add the developers' tools to .venv (done once)

$(VENV)/.ready: requirements.lock pyproject.toml packaging/setup.sh packaging/trim.py
	@sh packaging/setup.sh $(VENV) requirements.lock
	@touch $@

$(VENV)/.tools: requirements-dev.lock $(VENV)/.ready
	@sh packaging/setup.sh $(VENV) requirements-dev.lock
	@touch $@

run: setup  ## open the window on the sample project; without a display, run the same trip headless
	@$(BIN)/python packaging/run.py

test: tools  ## ruff, pyright (strict), import-linter, pytest without the slow tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(PYTEST) -n auto --dist worksteal --durations 10 -m "not bench and not slow"

test-slow: tools  ## the slow tests: whole trips with the real models, and what is killed in the middle of them
	$(PYTEST) -n auto --dist worksteal --durations 10 -m slow

INTEROP := build/interop/bin/python

interop: tools  ## programs of others read what is written here, and the other way round (installs them: some GB)
	@test -x $(INTEROP) || $(BIN)/python -m venv build/interop
	@$(INTEROP) -m pip install --quiet --requirement packaging/interop-requirements.txt
	HITL_INTEROP_PYTHON=$(CURDIR)/$(INTEROP) $(PYTEST) tests/interop

bench: tools  ## the measurements of tests/benchmarks as a table and in build/bench.json
	$(PYTEST) -m bench tests/benchmarks

figures: tools  ## sizes of files, functions and classes, each beside its limit
	@$(BIN)/python packaging/figures.py

screenshots: setup  ## the window in all of its states, in build/screenshots, and the pictures of the README
	$(BIN)/python packaging/screenshots.py

texts: tools  ## write the texts to translate into resources/translations (LANGUAGE=de), and compile what is translated
	@mkdir -p build resources/translations
	$(BIN)/pybabel -q extract -F packaging/babel.cfg -k tr -k trn:1,2 -o build/hitl_desktop.pot hitl_desktop resources/templates
	$(BIN)/pybabel -q $(if $(wildcard resources/translations/$(LANGUAGE)/LC_MESSAGES/hitl_desktop.po),update,init) -D hitl_desktop -i build/hitl_desktop.pot -d resources/translations -l $(LANGUAGE)
	$(BIN)/pybabel -q compile -D hitl_desktop -d resources/translations

format: tools  ## ruff's formatter and its safe mends
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
	pyproject.toml packaging/build-requirements.txt

lock:  ## write both lock files anew from pyproject.toml (needs uv); versions stay unless they have to change
	$(COMPILE) -o requirements.lock
	$(COMPILE) --extra dev --constraints requirements.lock -o requirements-dev.lock

.PHONY: help setup tools run test test-slow interop bench figures screenshots texts format lock
