# `make run` and `make test` are all a new clone needs; both do their own set-up.

.DEFAULT_GOAL := help
.PHONY: help run test lint format bench lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Start the hub for development: set up, migrate, seed, print the address
	@scripts/environment.sh run
	@.venv/bin/hub migrate
	@.venv/bin/hub seed
	@exec .venv/bin/hub serve

test: ## Set up what the tests need, then lint, types and every test
	@scripts/environment.sh test
	@scripts/install-services.sh
	@scripts/test.sh

lint: ## Lint and types only
	@scripts/environment.sh test
	@scripts/test.sh lint

format: ## Format the Python code and mend what ruff can mend
	@scripts/environment.sh test
	@.venv/bin/ruff check --fix --quiet . || true
	@.venv/bin/ruff format .

bench: ## Measure the fan-out (see bench/README.md)
	@scripts/environment.sh test
	@scripts/install-services.sh redis-server gcc libc6-dev
	@scripts/install-services.sh nginx libnginx-mod-nchan || echo "nchan is left out"
	@scripts/install-services.sh nodejs npm || echo "the peers on Node are left out"
	@.venv/bin/python -m bench

lock: ## Resolve the dependencies again into requirements*.lock
	@scripts/lock.sh

clean: ## Remove the environment and all caches; keeps var/ (database, keys)
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .schemathesis build dist *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
