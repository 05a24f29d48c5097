# One word a task, the same here and in CI. `make demo` and `make test` work in a bare clone.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test env check fmt lock

env: .venv/.made

.venv/.made: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("churnproof needs Python 3.11 or newer, and $(PYTHON) is %d.%d; name another one: make PYTHON=python3.12 env" % v[:2])'
	@echo "making .venv from requirements.lock (about a minute, once)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

test: env
	$(BIN)/python -m pytest -n 2

check: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fmt: env
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Pins without hosts: what resolves them is the business of the machine that installs.
lock:
	$(PYTHON) -m piptools compile --quiet --strip-extras --all-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --output-file requirements.lock pyproject.toml
