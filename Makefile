# `make help` lists the verbs. Everything they need is installed by them: into .venv and, for the local cluster,
# into a cache folder (XDG_CACHE_HOME) and as packages of the system.

SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
SOURCES := shared webhook controller cli tests

.PHONY: help setup demo test test-full unit soak lint format crds pod-schema reference lock bench cluster-up cluster-down clean

help: ## List these verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1m%-14s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## Make .venv with everything in it, the command flink-operator included

$(INSTALLED): requirements/dev.lock pyproject.toml
	@echo "setting up $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## Start a real Kubernetes, install the operator by its chart, and run a real Flink job
	@$(BIN)/python -m tests.demo

test: setup ## Run everything: lint, types, unit, API server, and end to end on a real cluster
	@$(BIN)/python -m tests.everything

test-full: setup ## As test, with every supported Flink version
	@$(BIN)/python -m tests.everything --full

unit: setup ## Only the tests that need no cluster (seconds)
	@$(BIN)/pytest -q tests/unit

soak: setup ## Play SCENARIOS (10000) simulated scenarios, from SEED or a new one
	@$(BIN)/python -m tests.simulation --scenarios $(or $(SCENARIOS),10000) $(if $(SEED),--seed $(SEED))

lint: setup ## Style, types, boundaries between packages, generated files
	@$(BIN)/python -m tests.everything --only lint

format: setup ## Format the code and sort the imports
	@$(BIN)/ruff check --quiet --fix $(SOURCES) && $(BIN)/ruff format $(SOURCES)

crds: setup ## Generate the chart's CRDs from the model
	@$(BIN)/flink-operator crd --output charts/flink-operator/crds

reference: setup ## Generate docs/reference from the model
	@$(BIN)/flink-operator reference --output docs/reference

pod-schema: setup ## Take the types of Pod templates anew from the local API server
	@$(BIN)/python -m tests.pod_template_schema

lock: setup ## Resolve the dependencies anew and write the lock files
	@for part in webhook controller; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    --no-emit-index-url pyproject.toml --extra $$part -o requirements/$$part.lock || exit 1; done
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url pyproject.toml --extra webhook --extra controller --extra cli --group dev -o requirements/dev.lock

bench: setup ## Measure, as ratios within one run
	@$(BIN)/python -m tests.bench

cluster-up: setup ## Start the local Kubernetes (Linux, root), or repair it
	@$(BIN)/python -m tests.cluster up --level node

cluster-down: setup ## Stop every local cluster and leave nothing behind
	@$(BIN)/python -m tests.cluster down --all

clean: ## Remove what setup and the tests made in this folder (not the caches)
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
