# Needs make and Python 3.11 or newer, nothing else. Everything is installed into .venv, from the locks.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
PIP := $(BIN)/pip --quiet --disable-pip-version-check install --no-deps
LOCK := pip compile pyproject.toml --extra build --generate-hashes --universal --python-version 3.11 \
	--no-header --quiet

.PHONY: demo test check bench browser-test format rules-table triage-report triage-model lock migration clean

demo: .venv/installed
	$(BIN)/yunban demo $(ARGS)

test: .venv/installed-test
	$(BIN)/pytest -m "not browser" -n auto $(ARGS)

check: .venv/installed-test
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/yunban dialogs check

bench: .venv/installed-test
	$(BIN)/python -m benchmarks $(ARGS)

browser-test: .venv/installed-test
	$(BIN)/pytest -m browser $(ARGS)

format: .venv/installed-test
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

# What a clinical lead signs, from dialogs/triage/rules.yaml
rules-table: .venv/installed-test
	@mkdir -p build
	$(BIN)/yunban dialogs rules > build/rules.md
	mv build/rules.md docs/clinical-safety/rules.md

triage-report: .venv/installed-test
	$(BIN)/python -m benchmarks.triage_report

# Only this needs scikit-learn; what it writes is read without
triage-model: .venv/installed-model
	$(BIN)/python -m benchmarks.triage_model

# make migration WHY="say what changes"
migration: .venv/installed-test
	$(BIN)/yunban db draft "$(WHY)"
	$(BIN)/ruff format models/migrations
	$(BIN)/ruff check --fix models/migrations

# make lock ARGS=--upgrade takes newer versions
lock:
	$(PYTHON) -m venv build/lock
	build/lock/bin/pip --quiet --disable-pip-version-check install uv
	build/lock/bin/uv $(LOCK) --output-file requirements.lock $(ARGS)
	build/lock/bin/uv $(LOCK) --extra test --constraint requirements.lock --output-file requirements-test.lock $(ARGS)
	build/lock/bin/uv $(LOCK) --extra model --constraint requirements-test.lock --output-file requirements-model.lock $(ARGS)

clean:
	rm -rf .venv build dist

.venv/bin/pip:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed" >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/installed: requirements.lock pyproject.toml | .venv/bin/pip
	$(PIP) --require-hashes --requirement requirements.lock
	$(PIP) --no-build-isolation --editable .
	@touch $@

.venv/installed-test: requirements-test.lock pyproject.toml | .venv/bin/pip
	$(PIP) --require-hashes --requirement requirements-test.lock
	$(PIP) --no-build-isolation --editable .
	@touch $@

.venv/installed-model: requirements-model.lock .venv/installed-test
	$(PIP) --require-hashes --requirement requirements-model.lock
	@touch $@
