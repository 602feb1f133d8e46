# `make` sets the project up and lists what else there is. Nothing is done twice until the files it rests on change.
#   make PYTHON=/path/to/python3.12    uses that Python for a new .venv
.DEFAULT_GOAL := all
.PHONY: all help prerequisites install serve test check lint format types imports yaml spelling drill clean
MAKEFLAGS += --no-builtin-rules

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# About twice as fast: without them glibc trims the heap at each deleted engine session (benchmarks, docs/decisions).
serve: export MALLOC_TRIM_THRESHOLD_ := 268435456
serve: export MALLOC_MMAP_THRESHOLD_ := 67108864

all: install help

help:
	@echo 'make            set up .venv, then this list'
	@echo 'make serve      run the service (CDS_PORT, default 8000)'
	@echo 'make test       all tests but the long ones'
	@echo 'make check      format, lint, types, import contracts, YAML, spelling'
	@echo 'make drill      the long tests'
	@echo 'make clean      remove .venv and caches; never var/, which holds keys and records'

# Prints the one line that installs what is missing, and stops with status 2.
prerequisites:
	@python=$$(PYTHON='$(PYTHON)' /bin/sh .ci/prerequisites) || exit 2

install: .venv/.development

# A .venv that is half made, or whose Python has gone, is made anew.
.venv/.runtime: requirements.txt pyproject.toml
	@python=$$(PYTHON='$(PYTHON)' /bin/sh .ci/prerequisites) || exit 2; \
	$(BIN)/python -m pip --version >/dev/null 2>&1 || { echo "making .venv with $$python"; "$$python" -m venv --clear .venv; }
	@echo 'installing (durable-rules is compiled: a minute or two)'
	$(PIP) install -r requirements.txt
	$(PIP) install --no-deps -e .
	@touch $@

.venv/.development: .venv/.runtime requirements-dev.txt requirements-postgres.txt
	$(PIP) install -r requirements-dev.txt
	@touch $@

serve: .venv/.runtime
	@exec $(BIN)/cds serve

# Two processes, but for what shares a server: that runs after them. Both run, so that one look shows everything.
test: .venv/.development
	@status=0; \
	$(BIN)/python -m pytest -m "not drill" -n 2 --ignore tests/stores || status=$$?; \
	$(BIN)/python -m pytest -m "not drill" tests/stores || status=$$?; \
	exit $$status

# One target each: `make -k check` shows everything that is wrong, `make types` is one of them alone.
check: lint format types imports yaml spelling

lint: .venv/.development
	$(BIN)/ruff check .

format: .venv/.development
	$(BIN)/ruff format --check .

types: .venv/.development
	$(BIN)/mypy

imports: .venv/.development
	$(BIN)/lint-imports --no-logo

yaml: .venv/.development
	$(BIN)/yamllint --strict rulesets

spelling: .venv/.development
	$(BIN)/codespell cds tests docs rulesets benchmarks $(wildcard *.md)

drill: .venv/.development
	$(BIN)/python -m pytest -m drill

clean:
	rm -rf .venv .clients .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage htmlcov build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
