# What there is: make help. Ports: make run PORT=8001 S3_PORT=8334. All variables: .env.example

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# Tests that drive a browser: they wait more than they work, hence beside the others.
BESIDE := tests/browser
# In the order of their names: those with few tests would come last, and the longest are among them.
PYTEST := $(BIN)/python -m pytest --dist loadfile --no-loadscope-reorder

# As new as what checks the JavaScript needs it.
NODE_IS_NEW := const [major, minor] = process.versions.node.split("."); const least = {20: 19, 22: 13}[major]; process.exit(major >= 24 || minor >= least ? 0 : 1)

# Else each of the many processes compiles all modules again.
unexport PYTHONDONTWRITEBYTECODE

.DELETE_ON_ERROR:
# Without a target.
.DEFAULT_GOAL := help
.PHONY: help run test lint client lint-js soak bench messages pictures lock clean chromium

help:
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# exec, so that a signal to make or to its group reaches the launcher, which ends what it started.
run: $(VENV)/installed  ## the whole portal on this machine: http://127.0.0.1:8000
	@exec $(BIN)/python -m amiportal.dev.run

# Meanwhile the tests are compiled and the database's template is made, once for all processes.
test: $(VENV)/installed-dev lint chromium  ## everything that must hold: lint, checks, unit, API and browser tests
	$(BIN)/python -m tests.checks
	@$(BIN)/python -m pytest --collect-only -qq >/dev/null 2>&1 & preparing=$$!; failed=0; \
	if command -v node >/dev/null; then echo "node --test tests/js"; node --test tests/js/*.test.mjs || failed=1; \
	else echo "SKIPPED: the JavaScript unit tests, because there is no node."; fi; \
	wait $$preparing; exit $$failed
	@echo "pytest, in processes with services of their own; what those for $(BESIDE) tell follows at the end"
	@told=$$(mktemp); failed=0; \
	$(PYTEST) -n 2 $(BESIDE) >"$$told" 2>&1 & beside=$$!; \
	$(PYTEST) -n 4 $(BESIDE:%=--ignore=%) || failed=1; \
	wait $$beside || failed=1; \
	cat "$$told"; rm -f "$$told"; exit $$failed

lint: $(VENV)/installed-dev  ## style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	@$(MAKE) --no-print-directory lint-js

# Types of our JavaScript, and who may know whom in it: tsconfig.json, eslint.config.js. The packages are for this alone;
# the pages need none, and no build. `npm install --save-dev NAME@VERSION` pins another version.
lint-js:
	@if command -v npm >/dev/null && node -e '$(NODE_IS_NEW)' 2>/dev/null; then \
	  set -e; $(MAKE) -s --no-print-directory node_modules/installed; \
	  for check in tsc "tsc -p tsconfig.workers.json" "eslint --max-warnings 0 ."; do \
	    echo "node_modules/.bin/$$check"; node_modules/.bin/$$check; \
	  done; \
	else echo "SKIPPED: the checks of the JavaScript, because there is no node of 20.19, 22.13, 24 or newer with npm (package.json)."; test -z "$$CI"; fi

client: $(BIN)/python  ## the script client's one file, and the constants that the page shares
	$(BIN)/python -m clients.build
	$(BIN)/python -m clients.page

# The full counts of the reliability table.
soak: $(VENV)/installed-dev  ## the full counts of docs/reliability.md, for hours
	$(BIN)/python -m pytest -m soak
	FULL=1 $(BIN)/python -m pytest tests/project/test_api_fuzzed.py tests/objectstore/test_presign.py

# Prints ratios of one run; see tests/bench.
bench: $(VENV)/installed-dev  ## ratios of speed against yardsticks; see tests/bench
	$(BIN)/python -m tests.bench

# Brings the catalogues of translations up to date with the texts, and compiles them: docs/translating.md. Needs gettext.
# Those of the scripts come first: they make the folder of a new language.
messages: $(VENV)/installed-dev  ## brings the catalogues of translations up to date; needs gettext
	$(BIN)/python -m amiportal.dev.script_messages
	$(BIN)/python manage.py makemessages --all --add-location file --no-obsolete --no-wrap \
	  --ignore "templates/admin/*" --ignore "templates/unfold/*" --ignore "tests/*" --ignore "var/*" --ignore "node_modules/*"
	$(BIN)/python manage.py compilemessages --ignore "$(VENV)/*" --ignore "var/*" --ignore "node_modules/*"

# Takes the pictures of both guides again, from the real pages.
pictures: $(VENV)/installed-dev chromium  ## takes the pictures of both guides again
	PICTURES=1 $(BIN)/python -m pytest -q -m browser tests/browser/test_a11y.py tests/browser/test_pages_a11y.py -k "nothing_stands or every_page"
	PICTURES=1 $(BIN)/python -m pytest -q tests/browser/maintainers_guide

# Writes constraints.txt from the direct dependencies of the requirements files.
lock:  ## writes constraints.txt from the requirements
	@set -e; folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	$(MAKE) --no-print-directory VENV=$$folder/venv $$folder/venv/bin/python; \
	$$folder/venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt; \
	{ echo "# Every package of the environment at the version it was tested with; \`make lock\` writes it."; \
	  $$folder/venv/bin/python -m pip freeze --disable-pip-version-check; } > $$folder/constraints.txt; \
	cp $$folder/constraints.txt constraints.txt
	@git --no-pager diff --stat constraints.txt

# Leaves var/ alone: it holds the database and the store of `make run`.
clean:  ## what was installed and cached here; var/ stays
	rm -rf $(VENV) node_modules .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Taken if there, else installed where that is possible without asking; else pytest says what it skips. In CI the headless
# shell is installed beside a whole Chromium too: it takes less than half of the processor's time.
chromium: $(VENV)/installed-dev
	@$(BIN)/python -m tests.chromium $${CI:+shell} && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing Chromium for the browser tests ..."; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium-headless-shell >/dev/null; \
	fi; \
	$(BIN)/python -m tests.chromium || \
	echo "SKIPPED: the browser tests, because there is no Chromium. Install it, or name it in CHROMIUM."

$(VENV)/installed: requirements.txt constraints.txt | $(BIN)/python
	@echo "Installing what the portal runs on into $(VENV) ..."
	@$(PIP) -r requirements.txt -c constraints.txt
	@touch $@

$(VENV)/installed-dev: requirements.txt requirements-dev.txt constraints.txt | $(BIN)/python
	@echo "Installing what the tests need into $(VENV) ..."
	@$(PIP) -r requirements-dev.txt -c constraints.txt
	@touch $@ $(VENV)/installed

node_modules/installed: package-lock.json
	@echo "Installing what checks the JavaScript into node_modules ..."
	@npm ci --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

$(BIN)/python:
	@for name in python3.13 python3.12 python3.11 python3; do \
	  if "$$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "Making $(VENV) with $$("$$name" --version) ..."; \
	    "$$name" -m venv $(VENV) && exit 0; rm -rf $(VENV); exit 1; \
	  fi; \
	done; \
	echo "Python 3.11 or newer with its venv module is needed (on Debian: apt-get install python3-venv)." >&2; exit 1
