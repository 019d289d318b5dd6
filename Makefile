# Everything one types in this repository. `make` alone prints the list.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := .venv/bin
ARGS ?=
UV_COMPILE := $(BIN)/uv pip compile pyproject.toml --quiet --generate-hashes --no-emit-index-url --no-header \
              --python-version 3.11 --python-platform x86_64-unknown-linux-gnu --group build

# The processing register reads the models, so Django is set up; its data folder is a throw-away one.
REGISTER := CADENZA_DATA=.mypy_cache/data $(BIN)/python -m django processing_register --skip-checks --settings cadenza.settings

.PHONY: help demo test check gate format lint types contracts docs docs-check scripts fix bench fault fuzz lock clean

help: ## Print this list
	@printf 'Cadenza. Say `make` and one of:\n\n'
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  \033[1m%-11s\033[0m %s\n", $$1, $$2 }'
	@printf '\nARGS go on to the command:  make test ARGS="tests/cdp -x"   make demo ARGS="--help"\n'

# The stamps are newer than the locks when .venv holds what they name; the second run passes them at once.
.venv/runtime: requirements.lock pyproject.toml .ci/venv
	@.ci/venv requirements.lock
	@touch $@

.venv/dev: requirements-dev.lock requirements.lock pyproject.toml .ci/venv
	@.ci/venv requirements-dev.lock
	@touch .venv/runtime $@

demo: .venv/runtime ## Start Cadenza with a real shop in it and print the sign-in link
	@$(BIN)/cadenza demo $(ARGS)

test: .venv/dev ## Run the tests, a file to each of two processes; with ARGS, what they say
	@$(BIN)/python -m pytest $(or $(ARGS),-n 2 --dist loadfile --no-loadscope-reorder)

check: gate test ## The whole gate: format, lint, types, contracts, docs, scripts, tests

gate: format lint types contracts docs-check scripts ## The gate without the tests

format: .venv/dev ## Is every file formatted?
	@$(BIN)/ruff format --check --quiet . || { echo 'Say `make fix`.'; exit 1; }

lint: .venv/dev ## Find mistakes that a reader would find
	@$(BIN)/ruff check --quiet .

types: .venv/dev ## Check the types
	@CADENZA_DATA=.mypy_cache/data $(BIN)/mypy

contracts: .venv/dev ## Do imports only go down?
	@$(BIN)/lint-imports --no-logo --no-cache

docs-check: .venv/dev ## Are the generated pages of docs/ up to date?
	@$(BIN)/python docs/generate.py --check
	@$(REGISTER) --check

scripts: ## Test the pure parts of the page scripts (where Node is found)
	@found=$$(find . \( -name node_modules -o -name .venv \) -prune -o \( -name '*.test.js' -o -name '*.test.mjs' \) -print); \
	if [ -z "$$found" ]; then :; \
	elif command -v node >/dev/null; then node --test $$found; \
	else echo 'Skipped the script tests: Node is not installed.'; fi

docs: .venv/dev ## Write the generated pages of docs/
	@$(BIN)/python docs/generate.py
	@$(REGISTER)

fix: .venv/dev ## Mend what a machine can mend: format and simple lint
	@$(BIN)/ruff check --quiet --fix . || true
	@$(BIN)/ruff format --quiet .

bench: .venv/dev ## Measure: one JSON line a benchmark, each beside its ceiling
	@$(BIN)/python -m bench $(ARGS)

fault: .venv/dev ## Kill, fill, cut and stop at the published sizes (an hour); a line of JSON each in fault-results.jsonl
	@for file in tests/fault/test_*.py; do CADENZA_FAULT_SCALE=full $(BIN)/python -m pytest -q -s $$file $(ARGS) || failed=1; done; exit $${failed:-0}

fuzz: .venv/dev ## Send 100,000 hostile inputs to every public endpoint
	@CADENZA_FUZZ_SCALE=full $(BIN)/python -m pytest -q -s tests/fuzz $(ARGS)

lock: .venv/dev ## Lock the dependencies of pyproject.toml anew
	@$(UV_COMPILE) --upgrade --extra dev --output-file requirements-dev.lock >/dev/null
	@$(UV_COMPILE) --upgrade --constraint requirements-dev.lock --output-file requirements.lock >/dev/null
	@grep -c '^[a-z0-9]' requirements.lock requirements-dev.lock

clean: ## Remove .venv and caches; what Cadenza stored stays
	@rm -rf .venv build dist .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
