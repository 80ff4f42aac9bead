# Needs Python 3.11 or newer and make; everything else is set up here.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv
UV_VERSION := 0.13.9
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev

.DEFAULT_GOAL := help
.PHONY: help run setup test lint types unit bench lock clean

help: ## Show this help
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

run: $(RUNTIME) ## Set up what is missing and serve web and worker at http://127.0.0.1:8000 (PORT)
	@exec $(PY) manage.py up

setup: $(RUNTIME) ## Set up only: environment, database, first customer and administrator
	@$(PY) manage.py setup

test: $(DEV) ## Lint, types, layer contracts and all tests
	@$(MAKE) --no-print-directory lint types unit

lint: $(DEV)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/lint-imports
	$(PY) manage.py makemigrations --check --dry-run

types: $(DEV)
	$(VENV)/bin/mypy .

unit: $(DEV)
	@sh .ci/debian-packages chromium
	$(PY) -m pytest

bench: $(DEV) ## Measure: places found, fill, robustness (uses ../shared/bench, or DNA_BENCH)
	$(PY) -m bench

lock: $(DEV) ## Write the lock files anew from pyproject.toml
	$(UV) pip compile pyproject.toml --generate-hashes --no-emit-index-url --no-header -o requirements.lock
	$(UV) pip compile pyproject.toml --group dev --generate-hashes --no-emit-index-url --no-header -o requirements-dev.lock

clean: ## Remove caches and build results, not var/
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(UV):
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "DNA needs Python 3.11 or newer.")'
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(RUNTIME): requirements.lock | $(UV)
	$(UV) pip install --quiet --require-hashes -r requirements.lock
	@touch $@

# A development environment has everything the program needs, so it counts for both.
$(DEV): requirements-dev.lock | $(UV)
	$(UV) pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@ $(RUNTIME)
