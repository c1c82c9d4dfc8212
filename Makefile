# The commands of this project; `make help` lists them.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# One stamp per set of packages: made again when what it was made from has changed.
DEMO_STAMP := $(VENV)/.installed-demo
TEST_STAMP := $(VENV)/.installed-test

.PHONY: help setup demo check test test-setup lint stack stack-down clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

$(BIN)/python:
	@deploy/setup/venv.sh $(PYTHON) $(VENV)

$(DEMO_STAMP): pyproject.toml constraints.txt | $(BIN)/python
	@deploy/setup/packages.sh $(VENV) demo
	@touch $@

$(TEST_STAMP): pyproject.toml constraints.txt | $(BIN)/python
	@deploy/setup/packages.sh $(VENV) test
	@touch $@ $(DEMO_STAMP)

setup: $(DEMO_STAMP) ## Make .venv with what the product runs on (no torch)

demo: $(DEMO_STAMP) ## See it run on a simulated store: make demo ARGS="--for 90"
	@$(BIN)/shelfstream demo $(ARGS)

lint: $(TEST_STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint ## Format, lint, types, import rules and the fast tests
	$(BIN)/python -m pytest -q -n 2 -m "not slow and not real"

test-setup: $(TEST_STAMP)
	@deploy/setup/debian.sh
	@$(BIN)/python -m devstack.kafka.jars

# A worker that dies is not replaced: the scheduler of files may wait for ever afterwards (pytest-xdist 3.8, issue 1378).
test: test-setup lint ## All set-up, then everything, with real servers (ARGS: options for pytest)
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder --max-worker-restart 0 $(ARGS)

stack: test-setup ## Start Kafka, Redis and PostgreSQL for development, without containers
	@$(BIN)/python -m devstack up

stack-down: $(DEMO_STAMP) ## Stop them again; their data stay in .cache/stack
	@$(BIN)/python -m devstack down

clean: ## Remove the environment, caches, the demo's data and everything that was fetched
	rm -rf $(VENV) .cache .demo .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
