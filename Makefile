# The whole life of a checkout: `make deploy` brings the backend up, `make test` proves the product.
# Each target makes what it needs, so that a machine with Python 3.11+ and a package index is enough.

PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3.14 python3; do \
	command -v $$python >/dev/null && $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$python; break; }; done)
ENV ?= local
BIN := .venv/bin
RUN := .venv/.installed-sandbox
DEV := .venv/.installed-dev

PEERS := .venv-bench/.installed
AUDIT := .venv-audit/.installed
MUTMUT := .venv-mutate/.installed
# Not those of bench: what hybridctl is measured against runs in an environment of its own, on the measuring machine alone.
LOCKS := $(filter-out locks/bench.lock,$(wildcard locks/*.lock)) lambda_src/requirements.txt
COMPILE = $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --quiet
INSTALL = -m pip install --quiet --disable-pip-version-check
ONLY ?=
# More workers than cores: half of a long test is waiting for Terraform and servers.
JOBS ?= 4
# Every other Python that hybridctl supports and this machine has, on PATH or from pyenv.
PYTHONS ?= $(shell for each in 3.11 3.12 3.13 3.14; do \
	command -v python$$each || ls -d $(HOME)/.pyenv/versions/$$each.*/bin/python 2>/dev/null | tail -1; done | paste -sd:)
# The folders of that name, and the files that have it in theirs.
AREA = $(if $(ONLY),$(or $(shell find tests -not -path '*/__pycache__*' \( -type d -name '$(ONLY)' \
	-o -name 'test_$(ONLY)*.py' -o -name 'test_*_$(ONLY)*.py' \)),\
	$(error ONLY=$(ONLY) names no folder and no file of tests/)))

# Each start of hybridctl would compile it again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: deploy test test-fast matrix build check fix lock docs pictures bench audit mutate clean help

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

deploy: $(RUN) ## Deploy to ENV (default: local) and smoke it
	@$(BIN)/hybridctl deploy $(ENV)

build: $(RUN) ## Make terraform/lambda_function.zip
	@$(BIN)/hybridctl build

test: $(DEV) ## Run the whole test suite, or the tests of one name: ONLY=logs
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(AREA)

test-fast: $(DEV) ## Run the tests that need no server and no Terraform
	@$(BIN)/python -m pytest -n 3 --dist loadfile -m "not slow" $(AREA)

matrix: $(DEV) ## Use the wheel on every Python here: PYTHONS=/path/python3.12:/path/python3.13
	@HYBRIDCTL_TEST_PYTHONS="$(PYTHONS)" $(BIN)/python -m pytest -n 0 tests/e2e/test_wheel.py

check: $(DEV) ## Lint, types, import layers, HCL format
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/zizmor --offline --quiet --no-progress .github
	@$(BIN)/python -m pytest -q tests/checks

fix: $(DEV) ## Apply what the linters can fix
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

lock: $(DEV) ## Resolve the locked dependencies again
	@$(COMPILE) pyproject.toml -o locks/hybridctl.lock
	@for extra in sandbox dev; do $(COMPILE) pyproject.toml --extra $$extra -o locks/$$extra.lock || exit 1; done
	@for name in build audit mutate; do $(COMPILE) locks/$$name.in -c locks/dev.lock -o locks/$$name.lock || exit 1; done
	@$(COMPILE) locks/bench.in -o locks/bench.lock

audit: $(AUDIT) ## Ask whether a locked dependency has a known vulnerability
	@for lock in $(LOCKS); do echo "$$lock" >&2; \
		.venv-audit/bin/pip-audit --strict --disable-pip --require-hashes --progress-spinner off -r $$lock || exit 1; done

mutate: $(MUTMUT) ## Change the modules that decide, and see whether the tests notice: all, or ONLY=policy
	@PYTHONPATH=tests:$(CURDIR)/.venv-mutate nice -n 19 $(BIN)/python -m mutation $(ONLY)

clean: ## Stop the sandbox and remove all that is not in git, but for the virtual environment
	@test ! -x $(BIN)/hybridctl || $(BIN)/hybridctl sandbox stop
	@rm -rf .hybridctl .mypy_cache .ruff_cache .pytest_cache terraform/lambda_function.zip

# A marker for each lock: installed again when the lock or the project's own metadata changes. The build back ends come
# first, by hash, and build without isolation: pip fetches nothing that is not in a lock.
.venv/.installed-%: locks/%.lock locks/build.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "error: Python 3.11 or newer is not on PATH" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing locks/$*.lock into .venv" >&2
	@$(BIN)/python $(INSTALL) --only-binary :all: --require-hashes -r locks/build.lock
	@$(BIN)/python $(INSTALL) --use-pep517 --no-build-isolation --require-hashes -r $<
	@$(BIN)/python $(INSTALL) --no-build-isolation --no-index --no-deps --editable .
	@touch $@

$(AUDIT): locks/audit.lock
	@test -x .venv-audit/bin/python || $(PYTHON) -m venv .venv-audit
	@.venv-audit/bin/python $(INSTALL) --only-binary :all: --require-hashes -r $<
	@touch $@

# Beside .venv, not in it: mutmut runs the tests in its own process, with what they need.
$(MUTMUT): $(DEV) locks/mutate.lock
	@rm -rf .venv-mutate
	@$(BIN)/python $(INSTALL) --only-binary :all: --require-hashes --target .venv-mutate -r locks/mutate.lock
	@touch $@

# What hybridctl is measured against, apart from it: their dependencies are not ours. The lock is whole, and pip alone
# would take the extras in it for something else, so nothing is resolved again.
$(PEERS): locks/bench.lock
	@test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	@echo "installing locks/bench.lock into .venv-bench" >&2
	@if .venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<; then \
		touch $@; else echo "warning: the peers cannot be installed: measuring without them" >&2; fi

bench: $(DEV) $(PEERS) ## Measure beside the peers: all, or ONLY=startup
	@$(BIN)/python -m bench $(ONLY)
	@$(BIN)/python docs/generate.py

docs: $(DEV) ## Write the generated pages and pictures
	@$(BIN)/python docs/generate.py

pictures: $(DEV) ## Draw the tutorial's pictures from a real run of it
	@$(BIN)/python docs/draw_tutorial.py
