# The vocabulary of this project: people, hooks and CI say the same words. Anything longer than a line is a script in
# infra/scripts. 'make' alone lists the words.

# The data of 'make run' and 'make demo': synthetic, hetrec-lastfm or taste-profile. ARCHIVE names a local file to read
# instead of a download. ARGS goes to pytest. SECONDS says how long to fuzz. PYTHON names the Python to build the
# environment with.
DATA ?= synthetic
ARCHIVE ?=
ARGS ?=
SECONDS ?= 300

CROSSFADE := .venv/bin/crossfade
DEMO := $(CROSSFADE) demo --data "$(DATA)" $(if $(ARCHIVE),--archive "$(ARCHIVE)")

# Nothing here phones home.
export DO_NOT_TRACK := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false
export MLFLOW_DISABLE_TELEMETRY := true
export BENTOML_DO_NOT_TRACK := True
export GX_ANALYTICS_ENABLED := false
# Where it is set, each start of Prefect takes four times as long.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup run demo test check docs reference pictures first-hour fmt bench fuzz benchmark accuracy core lowest lowest-extras lock sbom audit release clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

setup: ## make or refresh .venv for development, from the locks
	@infra/scripts/setup.sh dev

run: ## the whole loop, from data to a web page: make run [DATA=hetrec-lastfm] [ARCHIVE=file]
	@infra/scripts/setup.sh run
	@$(DEMO)
	@$(CROSSFADE) serve --ui

demo: ## the same without the web page at the end
	@infra/scripts/setup.sh run
	@$(DEMO)

test: ## the tests: make test [ARGS="-k name"]
	@infra/scripts/setup.sh dev
	@infra/scripts/browser.sh
	@infra/scripts/postgres.sh
	@infra/scripts/java.sh
	@infra/scripts/infra_tools.sh
	@.venv/bin/python -m pytest -n auto --dist loadfile $(ARGS)

check: ## format, lint, types, import directions, spelling; changes nothing
	@infra/scripts/setup.sh dev
	@infra/scripts/check.sh

docs: ## the documentation as a site, in site/, every link and anchor checked: make docs [ARGS=serve] shows it
	@infra/scripts/setup.sh dev
	@infra/scripts/docs.sh $(ARGS)

reference: ## write the reference pages of docs/ anew from the code
	@infra/scripts/setup.sh dev
	@.venv/bin/python -m infra.docs.reference

fmt: ## format, and repair what the linter can repair
	@infra/scripts/setup.sh dev
	@.venv/bin/ruff check --fix-only .
	@.venv/bin/ruff format .

bench: ## the benchmarks: make bench [ARGS="-k name"]
	@infra/scripts/setup.sh dev
	@.venv/bin/python -m pytest tests/benchmarks -m benchmark $(ARGS)

fuzz: ## fuzz the parser of the Spotify export: make fuzz [SECONDS=300]
	@infra/scripts/setup.sh dev
	@PYTHONPATH=. .venv/bin/python tests/fuzz/spotify_export.py -max_total_time=$(SECONDS)

benchmark: ## measure docs/figures.md anew: make benchmark [ARGS="ranking metrics"] (needs the real data sets)
	@infra/scripts/setup.sh dev
	@infra/scripts/peers.sh >/dev/null
	@.venv/bin/python tests/benchmarks/page.py $(ARGS)

accuracy: ## measure the tables of accuracy in docs/figures.md anew (needs the real data sets)
	@infra/scripts/setup.sh dev
	@.venv/bin/python tests/benchmarks/page.py accuracy

pictures: ## take the pictures of docs/ anew from real services: make pictures [ARGS=home]
	@infra/scripts/setup.sh dev
	@infra/scripts/browser.sh
	@.venv/bin/python -m infra.docs.pictures $(ARGS)

core: ## the core's tests on the core's packages alone, without any extra
	@infra/scripts/core_tests.sh locked

lowest: ## the same on the oldest versions that the project file allows
	@infra/scripts/core_tests.sh lowest

lowest-extras: ## flows, gate, sources and service on the oldest versions of the extras
	@infra/scripts/core_tests.sh extras

first-hour: ## do what the tutorial says in a fresh clone, and time each step: make first-hour [ARGS=--page]
	@infra/scripts/setup.sh dev
	@infra/scripts/browser.sh
	@.venv/bin/python -m infra.docs.first_hour $(ARGS)

sbom: ## list what the images carry, as CycloneDX, in build/sbom
	@infra/scripts/setup.sh dev
	@mkdir -p build/sbom
	@for image in service worker; do \
	  .venv/bin/cyclonedx-py requirements infra/locks/$$image.txt --output-reproducible --short-PURLs \
	    --pyproject pyproject.toml --output-file build/sbom/$$image.cdx.json && echo build/sbom/$$image.cdx.json; \
	done

audit: ## ask what is known against the packages of the images (needs the network)
	@infra/scripts/setup.sh dev
	@.venv/bin/python infra/scripts/audit.py

release: ## build the version that pyproject.toml names, prove wheel and Bento where there is no work tree, put it into dist/
	@infra/scripts/setup.sh dev
	@infra/scripts/release.sh $(ARGS)

lock: ## resolve the dependencies anew (LOCK_UPGRADE=1: to their newest releases)
	@infra/scripts/lock.sh

clean: ## remove the environment, the tools and the caches; data and models in .crossfade stay
	@rm -rf .venv .tools build dist site htmlcov .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks
	@find flows pipelines validation serving tests infra -name __pycache__ -type d -prune -exec rm -rf {} +
