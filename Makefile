# Plaudit: everything a person types. `make` alone prints this list.
# Every target makes what it needs by itself; a second call is quick.

SHELL := /bin/sh
.DEFAULT_GOAL := help
PY := .venv/bin/python
SITE := $(PY) -m plaudit_site

.PHONY: help venv demo demo-reset serve check test browser screenshots judges fuzz faults bench docs lock clean

help: ## print this list
	@echo "Plaudit: praise you can audit. Targets:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: ## make .venv with everything in it (uv, or python3-venv and pip)
	@sh scripts/venv.sh

demo: venv ## a whole site with demo data at http://localhost:8000 (PORT=8001 make demo)
	@exec $(SITE) demo

demo-reset: venv ## throw the demo's data away, then as `make demo`
	@exec $(SITE) demo --reset

serve: venv ## the site as your environment describes it (docs/settings.md)
	@exec $(SITE) serve

check: venv ## the quick gate: style, types, direction, tests without browser or judges
	@$(PY) scripts/gate.py quick

test: venv ## the whole gate, as the robots run it; installs what the machine allows
	@$(PY) scripts/gate.py full

browser: venv ## the browser tests alone, with Chromium and axe
	@$(PY) scripts/gate.py browser

screenshots: venv ## the README's pictures, taken again by the browser tests
	@PLAUDIT_SCREENSHOTS=1 $(PY) scripts/gate.py browser

judges: venv ## install the foreign judges of the conformance tests
	@$(PY) scripts/gate.py judges

fuzz: venv ## mutants of good badges, none of which may be accepted (FUZZ_CASES=100000)
	@$(PY) scripts/gate.py fuzz

faults: venv ## kill, cut off and fill up: the long form of the fault tests
	@$(PY) scripts/gate.py faults

bench: venv ## every figure we claim, measured again on this machine
	@sh bench/install.sh
	@for work in issue verify tokens ob2 bake poison start mail papers bulk beside workbook; do \
	  echo; echo "## $$work"; $(PY) bench/$$work.py || exit 1; done
	@if command -v wrk >/dev/null; then echo; echo "## public"; $(PY) bench/public.py; \
	  else echo "bench: wrk is missing, so public pages are not measured (on Debian: apt-get install wrk)" >&2; fi

docs: venv ## write the generated pages of docs/ anew
	@$(PY) scripts/journey.py
	@$(PY) scripts/readme.py

lock: venv ## resolve the dependencies anew and pin them by hash
	@sh scripts/lock.sh

clean: ## remove what the other targets made (the demo's data too)
	@rm -rf .venv .make build dist var test-results tests/browser/node_modules
	@rm -rf tests/conformance/*/.venv tests/conformance/*/node_modules bench/peers/*/.venv bench/peers/*/node_modules
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find src tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +
