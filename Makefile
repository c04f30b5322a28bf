# Everything that can be done with a checkout; each target does its own set-up. PYTHON=… names the Python to use.
BIN := .venv/bin
export PYTHON
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg

.DEFAULT_GOAL := help
.PHONY: help venv lock test test-fast test-newest lint sanity molecule chaos bench demo clean-demo

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## From nothing to a running shop: load balancer, two application servers, database
	@bootstrap/system-packages hosts
	@bootstrap/environment running
	@$(BIN)/python -m stackward.providers.container.prepare
	@$(BIN)/python bootstrap/demo.py

clean-demo: ## Remove the demo: its hosts, network, volumes and state; with IMAGE=yes the host image too
	@bootstrap/clean-demo $(if $(IMAGE),--image)

venv: ## Make .venv with everything for development
	@bootstrap/system-packages
	@bootstrap/environment developing

test-fast: venv ## Style, types, import rules, unit and property tests
	@$(BIN)/python bootstrap/lanes.py fast

test: ## Every lane but chaos, with real hosts and a real PostgreSQL
	@bootstrap/system-packages hosts tests
	@bootstrap/environment developing
	@$(BIN)/python bootstrap/lanes.py all

test-newest: venv ## Unit tests and plays on Python 3.13 or later with the newest ansible-core
	@$(BIN)/python bootstrap/lanes.py newest

lint: venv ## Style and ansible-lint
	@$(BIN)/python bootstrap/lanes.py style lint

sanity: venv ## ansible-test sanity
	@$(BIN)/python bootstrap/lanes.py sanity

molecule: ## The Molecule scenario on real hosts
	@bootstrap/system-packages hosts
	@bootstrap/environment developing
	@$(BIN)/python bootstrap/lanes.py image molecule

chaos: ## What takes longest: real hosts that are killed, hung, cut off and filled, or grow by load
	@bootstrap/system-packages hosts tests
	@bootstrap/environment developing
	@$(BIN)/python bootstrap/lanes.py image chaos

bench: ## Benchmarks, as ratios side by side
	@bootstrap/system-packages hosts
	@bootstrap/environment developing
	@$(BIN)/python -m stackward.providers.container.prepare
	@$(BIN)/python -m benchmarks

lock: ## Write requirements/locked.txt anew within the ranges of pyproject.toml
	@"$$(bootstrap/find-python)" bootstrap/lock.py
