# Needs Python 3.11 or newer and make; everything else is set up here.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv
UV_VERSION := 0.13.9
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
BENCH := $(VENV)/.bench

.DEFAULT_GOAL := help
.PHONY: help run setup test lint types unit bench chaos faults lock clean

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

# Empty counts as unset: tests start hundreds of Python processes, and each would compile all that it imports.
unit: export PYTHONDONTWRITEBYTECODE =
unit: $(DEV)
	@sh .ci/debian-packages chromium libreoffice-writer-nogui poppler-utils
	$(PY) -m pytest

bench: $(BENCH) ## Measure: Word files (uses ../shared/bench, or DNA_BENCH), jobs and streams
	@sh .ci/debian-packages redis-server libreoffice-writer-nogui poppler-utils fontconfig
	$(PY) -m bench

chaos: $(DEV) ## Kill, freeze and cut off the real processes while jobs run (SEEDS="1 2 3" MINUTES=2)
	$(PY) -m tests.chaos --seeds $(or $(SEEDS),1 2 3) --minutes $(or $(MINUTES),2)

faults: $(DEV) ## Plant each fault in the runtime and see that the chaos check catches it
	$(PY) -m tests.chaos --faults

lock: $(DEV) ## Write the lock files anew from pyproject.toml
	$(UV) pip compile pyproject.toml --generate-hashes --no-emit-index-url --no-header -o requirements.lock
	$(UV) pip compile pyproject.toml --group dev --generate-hashes --no-emit-index-url --no-header -o requirements-dev.lock
	$(UV) pip compile --group bench --constraint requirements-dev.lock --generate-hashes --no-emit-index-url --no-header -o requirements-bench.lock

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

$(BENCH): requirements-bench.lock $(DEV)
	$(UV) pip install --quiet --require-hashes -r requirements-bench.lock
	@touch $@
