# `make demo` and `make test` are all a newcomer needs; both set up .venv first and cost nothing the second time.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help install demo test test-all lint ruff format-check mypy docs clean

# The line that `make demo` runs; a second demo is called demo-2, and so on. SEED=2 makes another one.
SEED ?= 1
DEMO = .venv/bin/evolve run mnist1d --name "$$name" --seed $(SEED) --model offline --generations 4 --initial 10 --population 8

# Options of pytest: one file stays in one process, so that what its tests share is made once; in the order of tests/conftest.py.
ARGS ?=
# One process more than two processors have to do: now and then a test waits.
JOBS ?= 3
PYTEST = .venv/bin/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

# Any CPython from 3.11 on; 3.11 itself first, since constraints.txt was solved for it.
PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

STAMP := .venv/.installed

# The system's certificates, where there are any: behind a proxy that opens TLS, uv's own list knows no issuer.
export UV_SYSTEM_CERTS ?= $(if $(wildcard /etc/ssl/certs/ca-certificates.crt),true,false)

help:
	@echo "make demo   set up .venv, then evolve a small network on this machine (no key, no network needed while it runs)"
	@echo "make test   set up .venv, then run the tests but for the slow ones (ARGS='tests/test_personas.py -x', JOBS=2)"
	@echo "make test-all   the same with the slow ones: whole runs, every cheat and every honest program"
	@echo "make lint   ruff and mypy"
	@echo "make docs   write the generated parts of the documents anew"
	@echo "make clean  remove .venv and caches; runs stay"

install: $(STAMP)

demo: $(STAMP)
	@name=demo; n=1; while [ -e "$${EVOLVE_RUNS:-runs}/$$name" ]; do n=$$((n + 1)); name=demo-$$n; done; \
	echo "== $(DEMO)"; $(DEMO)

test: $(STAMP)
	$(PYTEST) -m "not slow" $(ARGS)

test-all: $(STAMP)
	$(PYTEST) $(ARGS)

lint: ruff format-check mypy
ruff: $(STAMP)
	.venv/bin/ruff check .
format-check: $(STAMP)
	.venv/bin/ruff format --check .
mypy: $(STAMP)
	.venv/bin/mypy

docs: $(STAMP)
	.venv/bin/python docs/generate.py

clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

# uv installs everything: it is fast, and it takes no heed of pip's own settings, under which a stray torch built
# for another torchvision could be picked. Debian splits `ensurepip` off into python3-venv, hence the three ways.
$(STAMP): pyproject.toml constraints.txt
	@if [ -z "$(PYTHON)" ]; then \
	  echo "needs CPython 3.11 or newer, found none; install python3, or name one: make PYTHON=/path/to/python3.11" >&2; exit 1; fi
	@if [ ! -x .venv/bin/uv ]; then \
	  echo "== making .venv with $$($(PYTHON) --version)"; \
	  if ! $(PYTHON) -c 'import ensurepip' 2>/dev/null && ! $(PYTHON) -m pip --version >/dev/null 2>&1; then \
	    if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	      echo "== installing python3-venv, which this Python lacks"; \
	      apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -qq -y python3-venv >/dev/null; \
	    else \
	      echo "this Python cannot make an environment; cure: sudo apt-get install python3-venv, then call make again" >&2; exit 1; \
	    fi; \
	  fi; \
	  if $(PYTHON) -c 'import ensurepip' 2>/dev/null; then \
	    $(PYTHON) -m venv --clear .venv; .venv/bin/python -m pip install -q -c constraints.txt uv; \
	  else \
	    $(PYTHON) -m venv --clear --without-pip .venv; \
	    $(PYTHON) -m pip --python .venv/bin/python install -q -c constraints.txt uv; \
	  fi; \
	fi
	@echo "== installing into .venv (PyTorch is about 5 GB the first time)"
	@.venv/bin/uv pip install -q --compile-bytecode --python .venv/bin/python -c constraints.txt -b constraints.txt -e '.[dev]'
	@touch $@
