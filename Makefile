# Everything a developer runs. `make` alone lists it; git, make and Python 3.11 or newer are all it needs.

PORT ?= 8000
VENV ?= .venv
# Tests run in this many processes.
WORKERS ?= 2
# Browser tests in this many: a browser mostly waits.
BROWSERS ?= 3
# Passed on: PYTEST_ARGS to pytest ("-k drawer -x"), ARGS to bench, supervisor-speed, real-retail and screenshots.
PYTEST_ARGS ?=
ARGS ?=
# The first Python that really runs (a pyenv shim may not), can make an environment, and is one Django 5.2 supports.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null \
	&& echo $$python && break; done)
UV_VERSION := 0.13.8

PY = $(VENV)/bin/python
INSTALLED = $(VENV)/.installed
READY = $(VENV)/.ready
CATALOGS = $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/django.po))
MANAGE = $(PY) manage.py
# Each process gets a row of neighbouring tests, which share what their file has made, and helps out when it is through.
PYTEST = $(PY) -m pytest --dist worksteal
UV = UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=$(VENV) UV_PYTHON=$(PY) $(PY) -m uv
# Said outright: a .env file may name another database.
ON_SQLITE = env DATABASE_URL=sqlite:///cashdesk.sqlite3
ON_POSTGRES = $(PY) tests/with_postgres.py
# What `check` starts must not touch the developer's own database.
ON_NOTHING = env DATABASE_URL=sqlite://:memory:

MAKEFLAGS += --no-print-directory
export PORT
# These would send packages elsewhere than into $(VENV), or make uv warn of another environment.
unexport PIP_USER PIP_TARGET PIP_PREFIX VIRTUAL_ENV PYTHONHOME

.DEFAULT_GOAL := help
# Suites share two cores, and `make clean test` means what it says.
.NOTPARALLEL:
.PHONY: help demo run test test-sqlite test-postgres test-core test-long patterns-long test-browser test-browser-slow screenshots \
	storm check lint types commits layers migrations-check deploy-check api-check api-clients api-cases bench supervisor-speed real-retail lock messages clean

help: ## list what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' Makefile
	@echo 'PORT, DATABASE_URL, PYTHON, VENV, WORKERS, BROWSERS, PYTEST_ARGS and ARGS are honoured, as in: make demo PORT=8080'

# ---- the environment -------------------------------------------------------------------------------------------------

# uv fetches from where uv.lock found each file. A machine that only reaches an index its pip is set up for
# (PIP_INDEX_URL, PIP_FIND_LINKS) gets the same versions with the same hashes through pip.
define sync
$(UV) sync --quiet --frozen $(1) || { \
	echo 'uv could not reach the packages: trying pip, with the same versions and hashes'; \
	$(UV) export --quiet --frozen --no-emit-project $(1) --output-file $(VENV)/requirements.txt && \
	$(PY) -m pip install --quiet --require-hashes --requirement $(VENV)/requirements.txt; }
endef

$(INSTALLED): pyproject.toml uv.lock
	@test -n "$(PYTHON)" || { echo 'No Python from 3.11 to 3.14 that can make a virtual environment was found.' \
		'Install one (Debian: apt-get install python3-venv) or name it: make PYTHON=/path/to/python3' >&2; exit 1; }
	@echo 'Preparing the environment in $(VENV); the first time takes a minute.'
	@$(PY) -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(call sync)
	@touch $@

# What a program reads of a catalog is compiled and not committed. The compiled files are the targets: another checkout
# may share the environment, and has none of its own yet.
%.mo: %.po | $(INSTALLED)
	@$(VENV)/bin/pybabel --quiet compile --input-file $< --output-file $@

$(READY): $(INSTALLED) $(CATALOGS)
	@touch $@

# ---- running it ------------------------------------------------------------------------------------------------------

demo: $(READY) ## the whole thing with a demonstration world, at http://127.0.0.1:8000
	@$(MANAGE) migrate --noinput --verbosity 0
	@$(MANAGE) demo
	@exec $(PY) -m gunicorn config.wsgi --bind 127.0.0.1:$(PORT) --worker-class config.worker.Worker --workers 1 --threads 8 \
		--no-control-socket

run: $(READY) ## the development server on your database, reloading; an empty one gets a link to set up your shop
	@$(MANAGE) migrate --noinput --verbosity 0
	@exec $(MANAGE) runserver 127.0.0.1:$(PORT)

# ---- tests -----------------------------------------------------------------------------------------------------------

# $(call on_both_databases,what it is,command,what is not in it): the second runs whatever became of the first.
define on_both_databases
@sqlite=FAILED; postgres=FAILED; \
echo '== $(1), on SQLite'; $(ON_SQLITE) $(2) && sqlite=passed; \
echo; echo '== $(1), on PostgreSQL'; $(ON_POSTGRES) --skip-status 77 $(2); \
case $$? in 0) postgres=passed ;; 77) postgres='SKIPPED (the line above says why)' ;; esac; \
echo; echo "$(1), on `$(PY) --version`"; echo "  SQLite:     $$sqlite"; echo "  PostgreSQL: $$postgres"; \
$(if $(3),echo '  not part of it: $(3)';) \
test "$$sqlite" = passed && test "$$postgres" != FAILED
endef

NOT_FAST = the browser tests (make test-browser) and the storms (make storm)

test: $(READY) ## the fast suite, on SQLite and, where there is one, on PostgreSQL
	$(call on_both_databases,The fast suite,$(PYTEST) -n $(WORKERS) $(PYTEST_ARGS),$(NOT_FAST))

test-sqlite: $(READY) ## the fast suite, on SQLite only
	$(ON_SQLITE) $(PYTEST) -n $(WORKERS) $(PYTEST_ARGS)

test-postgres: $(READY) ## the fast suite, on PostgreSQL only
	$(ON_POSTGRES) $(PYTEST) -n $(WORKERS) $(PYTEST_ARGS)

# The domain and the models, and every published API with each conversation that its pages print.
CORE = tests/cashdesk tests/contracts tests/worked_days tests/test_architecture.py

test-core: $(READY) ## domain, models and published APIs, on SQLite only: for one more version of Python
	$(ON_SQLITE) $(PYTEST) -n $(WORKERS) $(CORE) $(PYTEST_ARGS)

test-long: $(READY) ## the longest proofs in their long form, before a release, on both databases
	$(call on_both_databases,The long proofs,env CASHDESK_TEST_LONG=1 $(PYTEST) -m long --timeout 3600 \
		-n $(WORKERS) $(PYTEST_ARGS))

roads-long: $(READY) ## no list and no report reads the history: a million movements, on PostgreSQL
	$(ON_POSTGRES) env CASHDESK_TEST_LONG=1 $(PYTEST) -m long --timeout 3600 -n 0 tests/speed $(PYTEST_ARGS)

patterns-long: $(READY) ## how often patterns find a loss, and mark nobody wrongly: many made-up shops
	$(ON_SQLITE) env CASHDESK_TEST_LONG=1 $(PYTEST) -m long --timeout 3600 -n $(WORKERS) \
		tests/reconciliations/patterns/test_worlds.py $(PYTEST_ARGS)

test-browser: $(READY) ## the screens in a real browser (needs chromium-headless-shell or chromium), on both databases
	$(call on_both_databases,The browser tests,$(PYTEST) -m browser tests/browser -n $(BROWSERS) $(PYTEST_ARGS))

test-browser-slow: $(READY) ## the same on answers that come late and in pieces, on SQLite
	$(ON_SQLITE) env CASHDESK_TEST_SLOW_MS=300 $(PYTEST) -m browser tests/browser -n $(BROWSERS) $(PYTEST_ARGS)

screenshots: $(READY) ## every page as contact sheets in var/screenshots (needs chromium-headless-shell or chromium)
	@$(ON_SQLITE) $(PY) -m tests.screenshots $(ARGS)

storm: $(READY) ## many tills at once, for minutes, on both databases
	$(call on_both_databases,The storms,$(PYTEST) -m storm -n 0 $(PYTEST_ARGS))

# ---- checks ----------------------------------------------------------------------------------------------------------

check: commits lint types layers migrations-check deploy-check api-check ## all of these (make -k check: go on after a failure)

commits: $(READY) ## commit subjects since origin/main, or the last 20 (CONTRIBUTING.md)
	@$(PY) -m tests.commits

lint: $(READY) ## style of Python and templates
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m djlint --lint --quiet templates

types: $(READY) ## mypy
	$(PY) -m mypy .

layers: $(READY) ## who may import whom (import-linter)
	$(VENV)/bin/lint-imports

migrations-check: $(READY) ## models and migrations agree
	$(ON_NOTHING) $(MANAGE) makemigrations --check --dry-run

deploy-check: $(READY) ## Django's deployment checks, under settings as in production
	env CASHDESK_ENV=production DATABASE_URL=postgres://cashdesk@127.0.0.1/cashdesk \
		ALLOWED_HOSTS=cashdesk.example CSRF_TRUSTED_ORIGINS=https://cashdesk.example \
		SECRET_KEY=for-the-deployment-check-only-0123456789-abcdefghijklmnopqrstuvwxyz \
		$(MANAGE) check --deploy --fail-level WARNING

api-check: $(READY) ## the API description is complete and valid
	$(ON_NOTHING) $(MANAGE) spectacular --file /dev/null --validate --fail-on-warn

api-clients: $(READY) ## generated clients of the API description work a day (TypeScript needs node and npm)
	$(ON_SQLITE) env CASHDESK_TEST_CLIENTS=1 $(PYTEST) tests/clients -n $(WORKERS) -rs $(PYTEST_ARGS)

api-cases: $(READY) ## more than 10,000 made-up requests get answers as described (about 20 minutes)
	$(ON_SQLITE) env CASHDESK_TEST_CLIENTS=1 CASHDESK_TEST_LONG=1 $(PYTEST) tests/clients/test_any_request.py \
		-n $(WORKERS) $(PYTEST_ARGS)

# ---- measuring -------------------------------------------------------------------------------------------------------

bench: $(READY) ## rates and latencies, on SQLite and on a PostgreSQL with durability on
	$(ON_SQLITE) $(PY) -m bench $(ARGS)
	$(ON_POSTGRES) --durable $(PY) -m bench $(ARGS)

supervisor-speed: $(READY) ## every page of a supervisor with 1,000 stores and 1.4 million movements: none may be slow (needs PostgreSQL)
	$(ON_POSTGRES) $(PY) -m bench.supervisor $(ARGS)

real-retail: $(READY) ## real shop receipts through the ledger (fetches a public data set)
	@$(call sync,--group real-retail)
	$(PY) -m tests.real_retail $(ARGS)

# ---- housekeeping ----------------------------------------------------------------------------------------------------

lock: $(READY) ## move every dependency to its newest allowed version; nothing else changes versions
	$(UV) lock --upgrade
	@$(MAKE) $(READY)

messages: $(READY) ## bring the catalogs in locale/ up to what the source says; then translate what is empty there
	$(PY) -m tests.messages
	@$(MAKE) $(READY)

clean: ## remove the environment and caches; your database stays
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis var/static
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
