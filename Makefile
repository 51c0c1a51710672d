# `make demo` tells the whole story, `make test` runs every test. Only Python 3.11+ has to be there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
# Tests that talk to a real broker run inside nameko's own runner, which makes sockets green first.
UNIT := nice $(BIN)/pytest -q
REAL := PYTHONWARNINGS=ignore $(BIN)/nameko test -q -m
RABBITMQ4 := .haoping/rabbitmq4
BROWSER := $(BIN)/pytest -q -m browser tests/pages

.DEFAULT_GOAL := help
.PHONY: help demo run test real-first real-last unit real test-rabbitmq4 story pages fewfaults faults \
  slow screens lint sbom licences format bench soak lock clean

help: ## List what can be made
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: $(READY) ## The whole story on real figures, in under five minutes
	@$(BIN)/haoping demo

run: $(READY) ## Start broker, database and services; Ctrl-C stops them
	@$(BIN)/haoping up

test: $(READY) ## Every test but the slow ones, on stacks of their own, three kinds at a time
	@$(MAKE) --no-print-directory -j3 pages real-first unit real-last story fewfaults

# Tests on a real broker, parted by their names so that neither half keeps the others waiting.
real-first:
	@$(REAL) "integration and not slow" $(wildcard tests/integration/test_[a-r]*.py)

real-last:
	@$(REAL) "integration and not slow" $(wildcard tests/integration/test_[s-z]*.py)

unit: $(READY) ## The tests that need nothing: seconds
	@$(UNIT)

real: $(READY) ## The tests on a real broker and database
	@$(REAL) "integration and not slow" tests/integration

story: $(READY) ## What is kept on a real database as on the fake, and the whole story
	@$(REAL) "(integration or e2e) and not slow" tests/e2e tests/contract

test-rabbitmq4: $(READY) $(RABBITMQ4)/.installed ## The tests on a real broker, on RabbitMQ 4 (as root, on Debian)
	@HAOPING_RABBITMQ=$(abspath $(RABBITMQ4))/bin $(REAL) "integration and not slow" tests/integration

pages: $(READY) ## The tests of pages, in a real browser
	@$(BROWSER)

fewfaults: $(READY) ## A short day of faults, and mistakes that have to be seen
	@PYTHONWARNINGS=ignore $(BIN)/pytest -q -m "faults and not slow" tests/faults

faults: $(READY) ## Twenty rounds of faults against a whole town that is used, under twenty minutes
	@PYTHONWARNINGS=ignore $(BIN)/python -m tests.faults --rounds 20

slow: $(READY) ## What takes minutes: made-up requests by the thousand, benches in small, sabotage, a replay
	@$(REAL) slow tests/integration tests/contract tests/e2e
	@PYTHONWARNINGS=ignore $(BIN)/pytest -q -m "faults and slow" tests/faults
	@HAOPING_EXAMPLES=500 $(UNIT)

screens: $(READY) ## Pictures of every page, into docs/screens
	@PYTHONWARNINGS=ignore $(BIN)/python -m tests.screens.take

lint: $(READY) ## Style, types, who may import whom, weaknesses, licences
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports >.lint-imports.log || { cat .lint-imports.log; exit 1; }
	@rm -f .lint-imports.log
	@$(BIN)/bandit --quiet -c pyproject.toml -r services clients
	@$(BIN)/python -m tests.supply.licences --check
	@$(BIN)/python -m tests.supply.audit

sbom: $(READY) ## What is installed, as CycloneDX, into sbom.json
	@$(BIN)/cyclonedx-py environment --output-reproducible --pyproject pyproject.toml \
	  --output-file sbom.json $(BIN)/python

licences: $(READY) ## The licences of what is installed, into docs/licences.md
	@$(BIN)/python -m tests.supply.licences

format: $(READY) ## Put the code into its format
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

bench: $(READY) ## Measure throughput
	@$(BIN)/haoping bench

soak: $(READY) ## Twenty minutes at half of the sustained pace, into docs/soak.json and its picture
	@$(BIN)/haoping bench soak --json docs/soak.json; held=$$?; \
	  $(BIN)/python -m tests.soak.plot docs/soak.json docs/soak.svg; exit $$held

lock: ## Renew the locked requirements (needs uv on PATH)
	uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	  pyproject.toml -o requirements.txt
	uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	  --extra trial --extra dev --extra bench pyproject.toml -o requirements-dev.txt

clean: ## Remove the environment, the caches and the state of the embedded stack
	rm -rf $(VENV) .haoping .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache \
	  *.egg-info
	find services tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(RABBITMQ4)/.installed: $(wildcard tests/rabbitmq4/*)
	@echo "Preparing RabbitMQ 4 in $(RABBITMQ4) ..."
	@tests/rabbitmq4/install.sh $(RABBITMQ4)
	@touch $@

$(READY): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "This Python has no venv: apt-get install python3-venv (Debian, Ubuntu)"; exit 1; }
	@echo "Preparing $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@$(BIN)/pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
