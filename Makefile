# Seda. `make run` and `make test` are all a newcomer needs; both make the environment first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed-from-lock
ARGS   ?=
# Three test files at a time, also on two cores: much of a test is waiting for a process, a phone or a deadline.
# Which first, and which never side by side: tests/support/workers.py.
PYTEST := $(BIN)/python -m pytest -n 3 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help run stop test test-freeswitch bench lint format docs lock clean

help: ## what there is to make
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Seda needs Python 3.11 or newer: make PYTHON=python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing pinned packages into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: $(STAMP) ## the whole platform on this machine, and a first call (ARGS=--once, ARGS=--fresh)
	@exec $(BIN)/python -m deploy.local $(ARGS)

stop: $(STAMP) ## stop what `make run` started
	@$(BIN)/python -m deploy.local stop

test: $(STAMP) lint ## everything that proves Seda; parts that need a missing FreeSWITCH say so
	@$(PYTEST) $(ARGS)

test-freeswitch: $(STAMP) ## only what needs a real FreeSWITCH: SIP phones, both switches compared
	@$(BIN)/python -m tests.support.require_freeswitch
	@$(PYTEST) -m freeswitch $(ARGS)

bench: $(STAMP) ## the table of speeds, as ratios measured in one run
	@$(BIN)/python -m tests.load $(ARGS)

lint: $(STAMP) ## format, lint, types, import contracts, snapshots
	@$(BIN)/ruff format --check --quiet . || { echo "run: make format"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo >/tmp/seda-imports.$$$$ || { cat /tmp/seda-imports.$$$$; rm -f /tmp/seda-imports.$$$$; exit 1; }; rm -f /tmp/seda-imports.$$$$

format: $(STAMP) ## put the sources into shape
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

docs: $(STAMP) ## make the generated pages anew: OpenAPI, AsyncAPI, settings, metrics, messages
	@$(BIN)/python -m deploy.docs

lock: $(STAMP) ## pin the newest versions that fit
	@uv pip compile --quiet --upgrade --generate-hashes --no-header --no-annotate --extra dev pyproject.toml -o requirements-dev.lock
	@uv pip compile --quiet --upgrade --generate-hashes --no-header --no-annotate --extra local pyproject.toml -o requirements.lock

clean: ## remove the environment and all local data
	@rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .import_linter_cache *.egg-info
