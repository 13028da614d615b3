# The only list of tasks; hooks and CI call these.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup spark oracles docs demo test check prove mlflow notebooks lock bento clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.ready ## make .venv with everything in the hashed lock

$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else "Wanted Python 3.11 to 3.13; came %d.%d. To do: make setup PYTHON=python3.11." % v)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m uv --version 2>/dev/null | grep -q ' $(UV_VERSION)' || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/python -m uv pip install --python $(BIN)/python --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m uv pip install --python $(BIN)/python --quiet --no-deps --no-build-isolation -e .
	@touch $@

spark: $(VENV)/.spark ## add Spark, an extra (Java 17 or newer must be there)

$(VENV)/.spark: requirements-spark.lock $(VENV)/.ready
	$(BIN)/python -m uv pip install --python $(BIN)/python --quiet --require-hashes -r requirements-spark.lock
	@touch $@

oracles: $(VENV)/.oracles ## add the libraries that tests compare with, an extra

$(VENV)/.oracles: requirements-oracles.lock $(VENV)/.ready
	$(BIN)/python -m uv pip install --python $(BIN)/python --quiet --require-hashes -r requirements-oracles.lock
	@touch $@

$(VENV)/.docs: requirements-docs.lock $(VENV)/.ready
	$(BIN)/python -m uv pip install --python $(BIN)/python --quiet --require-hashes -r requirements-docs.lock
	@touch $@

docs: setup $(VENV)/.docs ## the documentation as pages, under var/docs (ARGS=serve shows them)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs $(if $(ARGS),$(ARGS),build --strict)

demo: setup ## the main job: simulate, ingest, train, score, serve (ARGS=--no-serve)
	$(BIN)/jaga demo $(ARGS)

test: setup spark oracles $(VENV)/.docs ## the tests
	$(BIN)/python -m pytest $(ARGS)

check: setup $(VENV)/.docs ## ruff, mypy, import-linter and what a tracked file may not hold
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@! git ls-files -z | xargs -0 grep -IlE 'https?://[^ ]*(/simple|/packages/)' || { echo "the files above record a package index"; exit 1; }

prove: setup spark oracles $(VENV)/.docs ## the long proofs at full size: the same tests, JAGA_PROVE=1
	JAGA_PROVE=1 $(BIN)/python -m pytest $(ARGS)

mlflow: setup ## open the tracking pages over the home's runs
	$(BIN)/python -m training.tracking $(ARGS)

notebooks: setup ## executed copies of the notebooks under var/notebooks
	mkdir -p var/notebooks
	for source in notebooks/*.py; do copy=var/notebooks/$$(basename $$source .py).ipynb; $(BIN)/jupytext --to ipynb --output $$copy $$source && $(BIN)/jupyter-execute --inplace $$copy || exit 1; done

bento: setup ## build the Bento
	$(BIN)/bentoml build

lock: ## resolve the five hashed locks again
	uv pip compile pyproject.toml --extra serving --extra training --extra sql --extra shared --extra tracing --extra assistant --extra dev --generate-hashes --python-version 3.11 --universal -q -o requirements.lock --custom-compile-command "make lock"
	uv pip compile pyproject.toml --extra serving --extra shared --extra tracing -c requirements.lock --generate-hashes --python-version 3.11 --universal -q -o requirements-serve.lock --custom-compile-command "make lock"
	uv pip compile pyproject.toml --extra spark -c requirements.lock --generate-hashes --python-version 3.11 --universal -q -o requirements-spark.lock --custom-compile-command "make lock"
	uv pip compile pyproject.toml --extra oracles -c requirements.lock --generate-hashes --python-version 3.11 --universal -q -o requirements-oracles.lock --custom-compile-command "make lock"

	uv pip compile pyproject.toml --extra docs --extra serving --extra training -c requirements.lock --generate-hashes --python-version 3.11 --universal -q -o requirements-docs.lock --custom-compile-command "make lock"

clean: ## remove what runs left behind (never var/)
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build
