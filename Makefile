# From a bare checkout every target does all its own set-up; a second run does none of it again.
#   make setup   the environment in .venv          make check   lint, types, definitions, migrations
#   make run     the demo county on port 8000      make bench   benchmarks, as ratios
#   make test    the whole suite                   make slow    the tests too slow for every day
#   make lock    new lock files from setup.cfg (needs uv and the network)

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := setup
.PHONY: setup run test slow check bench lock translations browser clean

PYTHON ?= python3
WORKERS ?= 2
ARGS ?=
PORT ?= 8000

VENV := .venv
BIN := $(VENV)/bin
FLASK := $(BIN)/flask
AXE_VERSION := 4.14.1
AXE := .cache/axe/node_modules/axe-core/axe.min.js

# A recipe that cannot go on says one sentence and stops.
STOP = { printf '\n%s\n' "$(1)" >&2; exit 1; }

# uv is some ten times faster than pip; both check every hash in the lock file.
install = if uv --version >/dev/null 2>&1; \
	then uv pip install --quiet --python $(BIN)/python $(1); \
	else $(BIN)/python -m pip install --quiet --disable-pip-version-check $(1); fi

# --- the environment -------------------------------------------------------------------------------
# Stamps inside .venv: removing .venv, or a newer lock file, starts the set-up again.

setup: $(VENV)/.dev $(VENV)/.project

$(VENV)/.python:
	@command -v $(PYTHON) >/dev/null || $(call STOP,Python is missing: install Python 3.11 or newer or name it with make PYTHON=….)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| $(call STOP,This Python is too old: Bangfu needs 3.11 or newer; name one with make PYTHON=….)
	@$(PYTHON) -m venv --clear $(VENV) \
		|| $(call STOP,Python cannot make a virtual environment: on Debian install python3-venv.)
	@touch $@

$(VENV)/.runtime: requirements.lock $(VENV)/.python
	@echo "Installing what Bangfu runs on into $(VENV) …"
	@$(call install,--require-hashes -r requirements.lock) \
		|| $(call STOP,Installing requirements.lock failed: see the message above; the package index must be reachable.)
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@echo "Installing the test and lint tools into $(VENV) …"
	@$(call install,--require-hashes -r requirements-dev.lock) \
		|| $(call STOP,Installing requirements-dev.lock failed: see the message above; the package index must be reachable.)
	@touch $@

# The project itself, editable. setuptools comes from the lock file, so nothing unpinned is fetched.
$(VENV)/.project: setup.cfg pyproject.toml $(VENV)/.runtime
	@$(call install,--no-deps --no-build-isolation -e .) \
		|| $(call STOP,Installing Bangfu itself failed: see the message above.)
	@touch $@

lock:
	@uv --version >/dev/null 2>&1 || $(call STOP,uv is missing: pip install uv.)
	@printf 'setuptools>=80\n' | uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-header --no-emit-index-url --no-emit-find-links \
		--extra postgres --extra server --extra sqlite setup.cfg - -o requirements.lock
	@printf 'setuptools>=80\n' | uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-header --no-emit-index-url --no-emit-find-links -c requirements.lock \
		--extra postgres --extra server --extra sqlite --extra test --extra dev setup.cfg - -o requirements-dev.lock
	@if grep -n '://' requirements*.lock; then $(call STOP,A lock file names a host; it must not.); fi

# --- translations: only what changed -----------------------------------------------------------------

CATALOGUES := $(patsubst %.po,%.mo,$(wildcard web/translations/*/LC_MESSAGES/*.po))

translations: $(CATALOGUES)

%.mo: %.po | $(VENV)/.runtime
	@$(BIN)/pybabel --quiet compile -i $< -o $@

# --- the demo ------------------------------------------------------------------------------------------

run: export BANGFU_DEMO := 1
run: export BANGFU_UNION := 云岭县总工会
run: $(VENV)/.runtime $(VENV)/.project translations
	@$(FLASK) db upgrade
	@$(FLASK) demo load
	@$(FLASK) definitions publish
	@exec $(FLASK) serve --timers --host 127.0.0.1 --port $(PORT)

# --- tests -----------------------------------------------------------------------------------------------

# Debian's Chromium, with a Chinese font, or every page in a screenshot is boxes.
browser:
	@command -v chromium >/dev/null && ls /usr/share/fonts/opentype/noto/NotoSansCJK* >/dev/null 2>&1 && exit 0; \
	if command -v chromium chromium-browser google-chrome >/dev/null && ! command -v apt-get >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing chromium and fonts-noto-cjk …"; mkdir -p .cache; \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
			chromium fonts-noto-cjk >.cache/apt.log 2>&1; } \
			|| { tail -n 20 .cache/apt.log; $(call STOP,apt-get could not install chromium and fonts-noto-cjk: see above.); }; \
	else $(call STOP,The browser tests need Chromium and a Chinese font: sudo apt-get install chromium fonts-noto-cjk.); fi

$(AXE):
	@command -v npm >/dev/null || $(call STOP,The accessibility tests need npm: on Debian install nodejs and npm.)
	@mkdir -p .cache/axe
	@npm install --silent --no-save --no-audit --no-fund --ignore-scripts --prefix .cache/axe axe-core@$(AXE_VERSION) \
		|| $(call STOP,npm could not fetch axe-core@$(AXE_VERSION): the npm registry must be reachable.)
	@touch $@

PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

test: setup translations browser $(AXE)
	$(PYTEST) -m "not slow" $(ARGS) tests

slow: setup translations browser $(AXE)
	$(PYTEST) -m slow $(ARGS) tests

# Migrations are compared with the models on a database made here and now, never on the demo's.
check: export BANGFU_DEMO := 1
check: setup translations
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(FLASK) definitions check
	@rm -rf .cache/check && mkdir -p .cache/check
	BANGFU_DATABASE_URL=sqlite:///$(CURDIR)/.cache/check/schema.db $(FLASK) db upgrade
	BANGFU_DATABASE_URL=sqlite:///$(CURDIR)/.cache/check/schema.db $(FLASK) db check

bench: setup translations
	$(BIN)/python -m bench $(ARGS)

clean:
	rm -rf $(VENV) .cache .pytest_cache .mypy_cache .ruff_cache
