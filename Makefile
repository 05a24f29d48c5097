# One word a task, the same here and in CI. `make demo` and `make test` work in a bare clone.
PYTHON ?= python3
BIN := .venv/bin
RUNS ?= runs/demo

.PHONY: demo test compare selftest bench-load bench-judging bench-stack env check fmt docs lock mutants

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

# Loads two states of a template on the local stack, alternating so that a slow spell of the machine affects
# both: `make compare BASE=main`, about ten minutes. Improved or within noise exits 0, regressed 1, not enough
# runs 6, unless GATES limits the change itself.
# Two deployed stacks: `make compare BASE_TARGET=wss://… NEW_TARGET=wss://…`.
TEMPLATE ?= reference_app/template.yaml
BASE_TARGET ?= build/compare/base/$(TEMPLATE)
NEW_TARGET ?= $(TEMPLATE)
PAIRS ?= 8
LOAD ?= -u 60 -r 20 -t 20s
GATES ?=
compare: env
	@test -n "$(BASE)$(filter-out build/%,$(BASE_TARGET))" || { echo "which state to compare with? make compare BASE=main" >&2; exit 4; }
	@rm -rf build/compare && git worktree prune && mkdir -p build/compare
	@test -z "$(BASE)" || git worktree add --quiet --detach build/compare/base $(BASE)
	@for n in $$(seq $(PAIRS)); do \
	  if [ $$((n % 2)) = 0 ]; then order="base new"; else order="new base"; fi; \
	  for side in $$order; do \
	    if [ $$side = base ]; then target="$(BASE_TARGET)"; else target="$(NEW_TARGET)"; fi; \
	    printf '%s %d of %d: ' $$side $$n $(PAIRS); \
	    $(BIN)/locust -f loadtests --target "$$target" --seed $$n --run-dir build/compare/$$side-$$n \
	      --headless $(LOAD) --only-summary > build/compare/$$side-$$n.log 2>&1; code=$$?; \
	    case $$code in 0|1|6) ;; *) tail -n 5 build/compare/$$side-$$n.log >&2; exit $$code;; esac; \
	    test -f build/compare/$$side-$$n/results.json || { tail -n 5 build/compare/$$side-$$n.log >&2; exit 3; }; \
	    awk '/^churnproof load/ {getline; v = $$1} /^latency +last/ {sub(/^latency +/, ""); v = v ", " $$0} END {print v}' \
	      build/compare/$$side-$$n.log; \
	  done; \
	done
	@test -z "$(BASE)" || git worktree remove --force build/compare/base
	@$(BIN)/python -m reports build/compare/new-*[0-9] --baseline build/compare/base-*[0-9] \
	  $(if $(GATES),--gates $(GATES)) --out build/compare/report

# Every known-bad backend against every clause, as a table: more than an hour on two cores.
selftest: env
	$(BIN)/python -m conformance.selftest

# The correct backends on the seeds 1 to SEEDS, or 11-20, with all cores busy: about a minute a backend and seed.
SEEDS ?= 50
fair: env
	$(BIN)/python -m conformance.selftest --seeds $(SEEDS)

# What a verified delivery costs, beside a C client and plain Locust: two minutes, two cores, gcc.
bench-load: env
	@$(BIN)/python -m benchmarks

# What judging takes, of runs of so many million deliveries, in which violations are planted: 24 MB a million
# on disk meanwhile, and about two seconds of CPU.
MILLIONS ?= 10 30
bench-judging: env
	@$(BIN)/python -m benchmarks --judging $(MILLIONS)

# The local stack beside serverless-offline, the reference beside boto3; wants an idle machine and some minutes.
bench-stack: env
	@$(BIN)/python -m reference_app.benchmark

# Every mutant of the oracle and the checkers against their tests: half an hour on two cores, of one module
# (ONLY=oracle, ONLY=stale …) a few minutes; fails on a survivor without a reason.
mutants: env
	$(BIN)/python -m conformance.selftest.mutation $(if $(ONLY),--only $(ONLY))

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
	$(BIN)/python -m reports.schema > docs/results.schema.json

# Pins without hosts: what resolves them is the business of the machine that installs.
lock:
	@rm -rf build/lock && $(PYTHON) -m venv build/lock
	@build/lock/bin/python -m pip install --quiet --disable-pip-version-check ".[local,dev]"
	@build/lock/bin/python -m pip freeze --exclude churnproof > requirements.lock
	@rm -rf build/lock
