# Every target works on a fresh machine: Python 3.11 or newer and make are all it takes.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo test test-long coverage mutants check bench format clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

$(STAMP): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

demo: $(STAMP) ## the worked example and its explanation
	$(BIN)/zerosum demo

test: $(STAMP) ## the fast suite
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

test-long: $(STAMP) ## the fast suite and the long one
	ZEROSUM_HYPOTHESIS=long $(BIN)/python -m pytest -n $(WORKERS) -m "long or not long and not bench"

coverage: $(STAMP) ## branches of domain and ledger that the fast suite takes, at least 95 %
	rm -f build/coverage*; mkdir -p build
	$(BIN)/coverage run -m pytest -p no:randomly
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

mutants: $(STAMP) ## small mistakes that the tests find (an hour; TARGETS="margin tree" for some)
	$(BIN)/python -m tests.mutation $(TARGETS)

check: $(STAMP) ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports

bench: $(STAMP) ## events per second, and an auto-deleveraging decision
	$(BIN)/python -m tests.bench

format: $(STAMP) ## rewrite the sources as the formatter wants them
	$(BIN)/ruff check --fix --exit-zero --quiet .
	$(BIN)/ruff format .

clean: ## remove everything that is not source
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
