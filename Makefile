# Everything from a fresh clone: `make demo` shows it, `make test` tests it. Both make .venv from requirements.lock.

PYTHON ?= python3
BIN := .venv/bin
BIN_ASYNC := .venv-ib_async/bin
# Compiled once at install, so that every start is quick, also where the environment says not to write bytecode.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: kill crash safeguards guards generated mutate coverage fuzz sweep help setup demo test test-looks test-orders test-processes test-rest test-ib_async check lint types format bench bench-setup bench-lock clients clients-lock lock wheel clean

help:
	@echo "make demo    set up everything and show one look, end to end, on a paper gateway of our own"
	@echo "make test    set up everything and run all tests, with ib_insync and with ib_async"
	@echo "make check   lint, format, types, layers and house style"
	@echo "make bench   benchmarks (only=NAME for one group); the first time: make bench-setup, for the peers"
	@echo "make fuzz    a million frames at the gateway (frames=NUMBER for another number)"
	@echo "make sweep   every fault at every moment of a look, minutes (only=NAME for one)"
	@echo "make kill    a halt in every state of the bot, timed, about ten minutes (runs=NUMBER)"
	@echo "make crash   the bot dies at every write of a look, real processes are killed; minutes (only=SEED:POINT for one)"
	@echo "make safeguards each safeguard is taken away, and a test notices; minutes (only=NAME for one)"
	@echo "make clients the clients that others wrote, against our gateway (only=NAME for one)"
	@echo "make coverage every line and branch of the core is reached by its tests"
	@echo "make mutate  one change at a time in the rules and the planner, long (only=NAME for one file)"
	@echo "make guards  10,000 generated snapshots for each guard, half a minute (count=NUMBER for another number)"
	@echo "make setup   only make the environments"
	@echo "make lock    resolve the dependencies anew (needs uv)"

setup: .venv/.made .venv-ib_async/.made

define check_python
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || \
		{ echo "Python 3.11, 3.12 or 3.13 is needed, found: $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "Python's venv module is missing. On Debian: apt-get install python3-venv" >&2; exit 1; }
endef

PIP_INSTALL = -m pip install --quiet --disable-pip-version-check --no-deps

# $(1) the environment, $(2) its lock. --no-deps: the lock names everything, and the ib_async environment must not
# pull in ib_insync, which the project itself declares (the two overwrite each other's eventkit).
define make_environment
	@echo "Making $(1) (about a minute, once) ..."
	rm -rf $(1)
	$(PYTHON) -m venv $(1)
	$(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(2)
	touch $(1)/.locked
endef

define install_project
	$(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(1)/.made
endef

.venv/.locked: requirements.lock
	$(check_python)
	$(call make_environment,.venv,requirements.lock)

.venv-ib_async/.locked: requirements-ib_async.lock
	$(check_python)
	$(call make_environment,.venv-ib_async,requirements-ib_async.lock)

.venv/.made: .venv/.locked pyproject.toml
	$(call install_project,.venv)

.venv-ib_async/.made: .venv-ib_async/.locked pyproject.toml
	$(call install_project,.venv-ib_async)

demo: .venv/.made
	@$(BIN)/bot demo

# What trades waits most of its time: for the limiter of 45 messages a second, for settle windows, for processes.
ORDERS := tests/engine/execution tests/engine/faults tests/engine/recovery tests/live tests/kill
LOOKS := tests/engine
PROCESSES := tests/process tests/cli tests/incidents tests/crash

# Five runs side by side. The one that takes longest shows itself; the others keep to themselves, unless they fail.
test: .venv/.made .venv-ib_async/.made
	@$(MAKE) --no-print-directory --jobs=5 --keep-going test-looks quietly-orders quietly-processes quietly-rest quietly-ib_async

test-looks: .venv/.made
	$(BIN)/python -m pytest -q $(LOOKS) $(ORDERS:%=--ignore=%)

test-orders: .venv/.made
	$(BIN)/python -m pytest -q $(ORDERS)

test-processes: .venv/.made
	$(BIN)/python -m pytest -q $(PROCESSES)

test-rest: .venv/.made
	$(BIN)/python -m pytest -q $(LOOKS:%=--ignore=%) $(ORDERS:%=--ignore=%) $(PROCESSES:%=--ignore=%)

# What talks to a broker runs a second time, with the other client library.
test-ib_async: .venv-ib_async/.made
	BOT_BROKER__LIBRARY=ib_async $(BIN_ASYNC)/python -m pytest -q tests/gateway tests/adapters/ib tests/process/test_must_show.py

quietly-%:
	@$(MAKE) --no-print-directory test-$* > .test-$*.log 2>&1 || { cat .test-$*.log; exit 1; }
	@tail -n 1 .test-$*.log | sed 's/^/\n$*: /'

check: .venv/.made
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/test_house_style.py tests/test_repository.py tests/test_runbooks.py tests/test_deploy.py

lint: .venv/.made
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: .venv/.made
	$(BIN)/mypy

format: .venv/.made
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/.made .venv-ib_async/.made
	$(BIN)/python -m benchmarks $(if $(only),--only $(only))

# What we are measured against, in environments of their own: never dependencies of the project.
PEERS := planning

bench-setup: .venv/.made .venv-ib_async/.made $(PEERS:%=.bench/%/.made)

.bench/%/.made: benchmarks/locks/%.txt
	$(check_python)
	@echo "Making .bench/$* ..."
	@rm -rf .bench/$*
	@$(PYTHON) -m venv .bench/$*
	@.bench/$*/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

# Each client library in an environment of its own: all official ones install the package ibapi. Not part of the tests,
# since the first run fetches them.
CLIENTS := ibapi nautilus-ibapi ibapi-stable ibapi-latest ib_insync ib_async

clients: .venv/.made $(CLIENTS:%=.clients/%/.made)
	$(BIN)/python tests/clients $(if $(only),--only $(only))

.clients/%/.made: tests/clients/locks/%.txt
	$(check_python)
	@echo "Making .clients/$* ..."
	@rm -rf .clients/$*
	@$(PYTHON) -m venv .clients/$*
	@.clients/$*/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

# No index line and no host in a lock: where packages come from is the machine's business.
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-annotate --custom-compile-command "make lock" --extra dev

lock:
	unset PIP_FIND_LINKS; $(COMPILE) --upgrade pyproject.toml -o requirements.lock
	rm -rf .lock && mkdir .lock
	sed 's/"ib_insync==[^"]*"/"ib_async>=2.1,<3"/' pyproject.toml > .lock/pyproject.toml
	unset PIP_FIND_LINKS; $(COMPILE) --upgrade .lock/pyproject.toml -o requirements-ib_async.lock
	rm -rf .lock

# Every guard on generated snapshots, against an oracle of its own; the tests run a short one.
guards: .venv/.made
	$(BIN)/python -m tests.core.guards $(if $(count),--count $(count))

# Every fault of the gateway, struck at every moment of a look of the bot; the tests run one line for each.
sweep: .venv/.made
	$(BIN)/python -m tests.engine.faults $(only)

# A halt in every state of the bot, timed at the gateway; frozen ones, a full disk, a journal that cannot be written.
kill: .venv/.made
	$(BIN)/python -m tests.kill $(if $(runs),--runs $(runs))

# A look dies at every commit of the journal and every write to the broker, and is gone on with; the tests die at a few.
crash: .venv/.made
	$(BIN)/python -m tests.crash $(if $(only),--only $(only))

# Each safeguard of tests/safeguards/list.toml is taken away in a copy, and its test must fail there.
safeguards: .venv/.made
	$(BIN)/python -m tests.safeguards $(if $(only),"$(only)")

# A million frames at the gateway's port, on all cores; the tests run a short one.
fuzz: .venv/.made
	$(BIN)/python -m tests.fuzz $(if $(frames),--frames $(frames))

# What is made from the rules' own parameters: the schema for editors, and the example with every key.
generated: .venv/.made
	$(BIN)/python -m bot.settings.schema > .generated && mv .generated config/bot.schema.json
	$(BIN)/python -m bot.settings.template > .generated && mv .generated config/example.toml

# One change at a time in the rules and the planner, and whether a test notices; long. What survives needs a reason.
mutate: .venv/.made
	$(BIN)/python -m tests.mutation $(if $(only),--only $(only))

# Every line and branch of the core is reached by the core's own tests.
coverage: .venv/.made
	$(BIN)/python -m pytest -q tests/core --cov=bot.core --cov-branch --cov-report=term-missing:skip-covered --cov-fail-under=100

clients-lock:
	$(call lock_each,tests/clients/locks,make clients-lock)

bench-lock:
	$(call lock_each,benchmarks/locks,make bench-lock)

# $(1) the folder with one .in for each environment, $(2) what makes its locks.
define lock_each
	unset PIP_FIND_LINKS; for each in $(1)/*.in; do \
		uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
			--custom-compile-command "$(2)" $$each -o $${each%.in}.txt || exit; done
endef

wheel: .venv/.made
	$(BIN)/hatchling build -t wheel

clean:
	rm -rf .test-*.log .venv .venv-ib_async .clients .bench dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
