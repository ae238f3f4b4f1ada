# Two commands on a fresh machine: `make demo` and `make test`. Everything else is installed here, into .venv, from the lock file.
PYTHON ?= python3
BIN := .venv/bin
export MOTCUA_MODE ?= development
# Without it every process would compile every library anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo run test static check bench torture lock

help:
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/'

.venv/ready: requirements-dev.lock deploy/bootstrap.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Một Cửa needs Python 3.11 or newer; say PYTHON=/path/to/python3.11 make ...' >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement deploy/bootstrap.lock
	$(BIN)/python -m uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes --requirement requirements-dev.lock
	$(BIN)/python -m uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch .venv/ready

setup: .venv/ready  ## install everything into .venv

demo: .venv/ready  ## play real procedures through the whole system
	$(BIN)/python -m demo

run: .venv/ready  ## start the stack and keep it running
	$(BIN)/python -m demo --stay

static: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/basedpyright --warnings

check: static  ## format, lint, types, imports, migrations
	$(BIN)/pytest tests/house/test_repository.py

test: static  ## checks and tests
	$(BIN)/pytest --numprocesses 2

bench: .venv/ready  ## measurements, as ratios of one run
	$(BIN)/python -m tests.bench

torture: .venv/ready  ## kill everything at random, then count what was lost
	$(BIN)/python -m tests.torture

lock: .venv/ready  ## pin the newest libraries that fit pyproject.toml
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet --group dev pyproject.toml --output-file requirements-dev.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet pyproject.toml --output-file deploy/requirements.lock
	echo uv | $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet - --output-file deploy/bootstrap.lock
