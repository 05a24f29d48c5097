# One word a task, the same here and in CI. `make demo` and `make test` work in a bare clone.
PYTHON ?= python3
BIN := .venv/bin
RUNS ?= runs/demo

.PHONY: demo test selftest bench-load env check fmt docs lock

env: .venv/.made

.venv/.made: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("churnproof needs Python 3.11 or newer, and $(PYTHON) is %d.%d; name another one: make PYTHON=python3.12 env" % v[:2])'
	@echo "making .venv from requirements.lock (about a minute, once)"
	@$(PYTHON) -m venv .venv || { echo "$(PYTHON) cannot make virtual environments; on Debian: apt-get install python3-venv" >&2; exit 3; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

# The reference app on the local stack: judged, then loaded for 30 s under churn, then one report of
# both. The last command exits with the worst verdict, so the two before it may fail.
demo: env
	@rm -rf $(RUNS)
	@echo "1/3  judging the reference app on the local stack, under churn"
	-@$(BIN)/python -m pytest conformance --target local --seed 1 --run-dir $(RUNS)/conformance -q
	@echo "2/3  loading it for 30 s under churn, every delivery verified"
	-@$(BIN)/locust -f loadtests --target local --seed 1 --run-dir $(RUNS)/load --headless -u 60 -r 20 -t 30s --only-summary
	@echo "3/3  one report of both"
	@$(BIN)/python -m reports $(RUNS)/conformance $(RUNS)/load --out $(RUNS)/report

test: env
	$(BIN)/python -m pytest -n 2 --dist worksteal

# Every known-bad backend against every clause, as a table: about half an hour on two cores.
selftest: env
	$(BIN)/python -m conformance.selftest

# What a verified delivery costs, beside a C client and plain Locust: two minutes, two cores, gcc.
bench-load: env
	@$(BIN)/python -m benchmarks

check: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fmt: env
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# What is generated from tables; a test keeps both in step.
docs: env
	$(BIN)/python -m conformance clauses > docs/clauses.md

# Pins without hosts: what resolves them is the business of the machine that installs.
lock:
	@rm -rf build/lock && $(PYTHON) -m venv build/lock
	@build/lock/bin/python -m pip install --quiet --disable-pip-version-check ".[local,dev]"
	@build/lock/bin/python -m pip freeze --exclude churnproof > requirements.lock
	@rm -rf build/lock
