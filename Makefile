# make run: try it.  make test, make lint: what CI runs.  docs/operations.md says what each of them does.

SHELL := /bin/sh
.DEFAULT_GOAL := help

# Each process of the product and of its tests would compile every module anew: six seconds of each start.
unexport PYTHONDONTWRITEBYTECODE

# The first Python that the product runs on; `make run PYTHON=/path/to/python3.12` chooses another.
PYTHON ?= $(shell sh scripts/find_python.sh)
BIN := .venv/bin
comma := ,
space := $(subst ,, )
WORKERS ?= 2

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
    --custom-compile-command "make lock"

# Lines are counted where COUNT is set, on either database, and not by every test: counting doubles its time (UNCOUNTED in
# tests/conftest.py). COUNT=1 counts everything, before a release; COUNT=rooms only the three whose every line and branch
# is tested.
ROOMS = kpi_cms/foundation/engine kpi_cms/evaluation/domain kpi_cms/foundation/access
SUITE = $(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

LINTS := format code types ladder templates messages migrations checks assets

include assets.mk

.PHONY: help run test lint bench mutants messages lock format test-matrix test-faults test-tamperings test-excel test-pythons $(LINTS:%=lint-%)

help:  ## What there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

run:  ## Start the product with its demonstration on 127.0.0.1:8000 (PORT= to change)
	@test -n "$(PYTHON)" || { sh scripts/find_python.sh --say; exit 1; }
	@exec "$(PYTHON)" scripts/run.py

# Test and development tools; made again only when their lock changes.
$(BIN)/.dev-stamp: requirements.txt requirements-dev.txt
	@test -n "$(PYTHON)" || { sh scripts/find_python.sh --say; exit 1; }
	@"$(PYTHON)" scripts/environment.py requirements.txt requirements-dev.txt
	@touch $@

test: $(BIN)/.dev-stamp  ## The whole suite, on SQLite or on DATABASE_URL (COUNT=1: with its coverage)
	@CHROMIUM="$$($(BIN)/python tests/helpers/chromium.py --install)" || exit 1; export CHROMIUM; \
	case "$(COUNT)" in \
	"") exec $(SUITE) $(ARGS);; \
	rooms) exec $(SUITE) $(ROOMS:%=--cov=%) --cov-report=term --cov-fail-under=100 $(ARGS);; \
	*) $(SUITE) --cov --cov-report=term $(ARGS) && $(BIN)/coverage report --fail-under=100 \
	    --include='$(subst $(space),$(comma),$(ROOMS:%=%/*))';; \
	esac

lint: $(BIN)/.dev-stamp  ## Format, lint, types, the ladder, templates, migrations, checks, messages, assets
	@$(MAKE) --keep-going --no-print-directory $(LINTS:%=lint-%)

lint-format:
	$(BIN)/ruff format --check .
lint-code:
	$(BIN)/ruff check .
lint-types:
	$(BIN)/mypy
lint-ladder:
	$(BIN)/lint-imports --no-cache
lint-templates:
	$(BIN)/djlint --lint --quiet templates kpi_cms criteria_pages snippets
lint-messages:
	$(BIN)/python scripts/messages.py check
lint-migrations:
	$(BIN)/python manage.py makemigrations --check --dry-run
lint-checks:
	$(BIN)/python manage.py check --fail-level WARNING
lint-assets:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory assets-check; \
	else echo "npm is not here: the assets are compared where it is (CI has it)."; fi

format: $(BIN)/.dev-stamp  ## Format and sort imports
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

messages: $(BIN)/.dev-stamp  ## Merge the catalogues' fragments and compile them
	$(BIN)/python scripts/messages.py merge compile

bench: $(BIN)/.dev-stamp  ## Seed a province and measure it (BENCH=small: on SQLite)
	$(BIN)/python -m benchmarks $(ARGS)

mutants: $(BIN)/.dev-stamp  ## Mutation testing: ARGS="stages access 200"; 85 % must be killed
	$(BIN)/python scripts/mutants.py $(ARGS)

test-matrix: $(BIN)/.dev-stamp  ## Every cell of the permission matrix, on SQLite or on DATABASE_URL
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal -m whole_matrix tests/access/test_whole_matrix.py $(ARGS)

test-faults: $(BIN)/.dev-stamp  ## kill -9 of server, worker, sealer and PostgreSQL, 100 each under load
	@$(BIN)/pytest -s -m many_faults tests/faults/test_killed.py $(ARGS)

test-tamperings: $(BIN)/.dev-stamp  ## Ten thousand tamperings by SQL, all found and named (TAMPERINGS=number)
	@$(BIN)/pytest -s -m many_tamperings tests/evaluation/test_ledger_tampering.py $(ARGS)

test-excel: $(BIN)/.dev-stamp  ## A thousand cards of four kinds of set, computed by LibreOffice
	@$(BIN)/pytest -n $(WORKERS) --dist load -m many_cards tests/interfaces/exchange/sets/test_libreoffice.py $(ARGS)

test-pythons:  ## The suite on each Python this machine has
	@sh scripts/test_pythons.sh

lock: $(BIN)/.dev-stamp  ## Compile the hashed locks anew from requirements*.in
	$(COMPILE) requirements.in --output-file requirements.txt
	$(COMPILE) requirements-dev.in --output-file requirements-dev.txt
