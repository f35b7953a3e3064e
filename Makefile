# Everything is made in the project's folder: .venv (runtime), .venv-test, .venv-floors, .venv-cli, .venv-mitmproxy (tests),
# var (what runs).
# Needed beforehand: Python 3.11 or later as `python3` (or PYTHON=…), make, git.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
UV_VERSION := 0.13.8
LOCK_OPTIONS ?=
DEMO_OPTIONS ?=
WAREHOUSE_OPTIONS ?=
RUN ?=
KIND ?= staging
N ?= 30
SEED ?= 1
STORM_OPTIONS ?=
OFFLINE ?=
WHEELHOUSE ?= var/wheelhouse

export PYTHON UV_VERSION

RUNTIME := .venv/.synced
TESTING := .venv-test/.synced
FLOORS := .venv-floors/.synced
CLI := .venv-cli/.synced
MITMPROXY := .venv-mitmproxy/.synced
INSTALLER := local/setup/make-environment.sh

.PHONY: help install wheelhouse demo up down status shell warehouse warehouse-down test test-floors storm lint lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: ## make .venv and nothing else; without internet OFFLINE=folder, which make wheelhouse made elsewhere
	@if [ -n "$(OFFLINE)" ]; then OFFLINE="$(OFFLINE)" $(INSTALLER) .venv requirements.txt; \
	else $(MAKE) --no-print-directory $(RUNTIME); fi

wheelhouse: $(RUNTIME) ## collect all that make install needs elsewhere, with checksums (WHEELHOUSE=var/wheelhouse)
	@local/setup/make-wheelhouse.sh "$(WHEELHOUSE)"

demo: $(RUNTIME) ## load three months of real flights and weather, drop one, load it again; leaves the UI running
	@.venv/bin/python -m local.demo $(DEMO_OPTIONS)

up: $(RUNTIME) ## start the local warehouse and Airflow, with the demo's input files, and nothing loaded
	@.venv/bin/python -m local.stack up

down: ## stop everything that demo or up started; what was loaded is kept
	@if [ -x .venv/bin/python ] && [ -e var/stack.json ]; then .venv/bin/python -m local.stack down; \
	else echo "No stack was started here: nothing to stop."; fi

status: ## show what runs
	@if [ -e $(RUNTIME) ]; then .venv/bin/python -m local.stack status || true; else echo "The stack is stopped."; fi

shell: $(RUNTIME) ## open a shell that sees the stack's Airflow; or run one command there (RUN="airflow sfetl ledger verify")
	@.venv/bin/python -m local.stack shell $(RUN)

warehouse: $(RUNTIME) ## start the stand-in alone, to try configs against (WAREHOUSE_OPTIONS="--folder … --tls --port …")
	@.venv/bin/python -m local.warehouse start $(WAREHOUSE_OPTIONS)

warehouse-down: ## stop what warehouse started
	@if [ -x .venv/bin/python ]; then .venv/bin/python -m local.warehouse stop; fi

test: $(TESTING) $(FLOORS) $(CLI) $(MITMPROXY) ## linters, types, import rules, all tests
	@local/setup/run-tests.sh

test-floors: $(FLOORS) ## core, adapters and the Airflow skin with the oldest supported versions, in .venv-floors
	@local/setup/install-debian-packages.sh
	@local/setup/run-floors.sh

storm: $(TESTING) ## kill stagings, loads or drops N times, seeded, until they complete (KIND=staging|load|drop|airflow N=30 SEED=1 STORM_OPTIONS=--record)
	@.venv-test/bin/python -m tests.system.storm --kind $(KIND) --kills $(N) --seed $(SEED) $(STORM_OPTIONS)

lint: $(TESTING) ## linters, types, import rules
	@local/setup/run-lint.sh

lock: $(RUNTIME) ## compile requirements*.txt from requirements*.in (LOCK_OPTIONS=--upgrade for newer versions)
	@local/setup/compile-locks.sh $(LOCK_OPTIONS)

clean: down warehouse-down ## stop, then delete all that make made: environments, data, caches
	@rm -rf .venv .venv-test .venv-floors .venv-cli .venv-mitmproxy var .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUNTIME): requirements.txt pyproject.toml $(INSTALLER) Makefile
	@$(INSTALLER) .venv requirements.txt

$(TESTING): requirements-dev.txt pyproject.toml $(INSTALLER) Makefile
	@$(INSTALLER) .venv-test requirements-dev.txt

# The oldest supported versions.
$(FLOORS): requirements-floors.txt pyproject.toml $(INSTALLER) Makefile
	@$(INSTALLER) .venv-floors requirements-floors.txt

# The Snowflake CLI, which the tests start as its users do.
$(CLI): requirements-cli.txt $(INSTALLER) Makefile
	@$(INSTALLER) .venv-cli requirements-cli.txt alone

# A proxy that opens TLS, for the tests.
$(MITMPROXY): requirements-mitmproxy.txt $(INSTALLER) Makefile
	@$(INSTALLER) .venv-mitmproxy requirements-mitmproxy.txt alone
