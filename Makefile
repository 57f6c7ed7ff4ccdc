# Everything runs from a virtual environment in .venv, made on first use from the hash-locked requirements.
# `make demo` starts reglens on its embedded registry; `make test` runs every test.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# Wheels only: nothing that is installed runs code of its own meanwhile. Where a package has none for a platform
# (cryptography on Intel Macs), ONLY_BINARY= lets it be built.
ONLY_BINARY ?= --only-binary :all:
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes $(ONLY_BINARY)
JOBS   ?= auto

.PHONY: demo test lint check audit snapshots screenshots bench lock clean

demo: $(VENV)/run.stamp
	@$(BIN)/reglens demo $(ARGS)

test: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup $(ARGS)

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test

audit:
	@$(PYTHON) .ci/audit.py

snapshots: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -q tests/snapshots --snapshot-update

screenshots: $(VENV)/dev.stamp
	$(BIN)/python screenshots/make.py

bench: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks $(ARGS)

lock: $(VENV)/dev.stamp
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header -o requirements/build.txt requirements/build.in
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header -o requirements/run.txt pyproject.toml
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header -o requirements/dev.txt -c requirements/run.txt --group dev pyproject.toml
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header -o requirements/audit.txt requirements/audit.in

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "reglens needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ..." >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "This Python cannot make virtual environments. On Debian: apt-get install python3-venv" >&2; exit 2; }

$(VENV)/run.stamp: $(BIN)/python pyproject.toml requirements/run.txt requirements/build.txt
	@echo "Installing reglens into $(VENV) (once) ..."
	@$(PIP) -r requirements/build.txt -r requirements/run.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q tui
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements/dev.txt
	@$(PIP) -r requirements/dev.txt
	@touch $@
