# Needs python3 (3.11 or later), pip and git; makes its own virtual environment in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test lint faults bench docs clean constraints

demo: $(VENV)/.demo
	$(BIN)/python examples/demo.py

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/python docs/generate.py --check

faults: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2 -m sweep -s

bench: $(VENV)/.dev
	$(BIN)/python benchmarks/scan.py
	$(BIN)/python benchmarks/overhead.py
	$(BIN)/python benchmarks/upload.py
	$(INSTALL) --group bench
	$(BIN)/python benchmarks/links.py
	$(BIN)/python benchmarks/order.py
	$(BIN)/python benchmarks/canvasdrop_routes.py

docs: $(VENV)/.dev
	$(BIN)/mkdocs build --strict

clean:
	rm -rf $(VENV) demo dist site build .presswork .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# Resolved for the oldest Python that is supported; no addresses and no hashes.
constraints: $(VENV)/.dev
	$(INSTALL) uv
	rm -rf build/lock && mkdir -p build/lock/src/presswork
	cp pyproject.toml README.md LICENSE build/lock && cp src/presswork/__init__.py build/lock/src/presswork
	cd build/lock && $(abspath $(BIN))/uv export --quiet --python 3.11 --all-extras --all-groups \
		--no-hashes --no-emit-project --no-annotate --no-header > ../../constraints.new
	mv constraints.new constraints.txt

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "error: $(PYTHON) is older than 3.11"; echo "hint: make PYTHON=python3.12"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'

$(VENV)/.demo: $(VENV)/bin/python pyproject.toml constraints.txt
	$(INSTALL) --editable '.[mkdocs,serve]'
	touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml constraints.txt
	$(INSTALL) --editable '.[mkdocs,serve]' --group dev
	touch $@ $(VENV)/.demo
