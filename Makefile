# make demo                 build a release from the shipped specimen papers, load it, score scripted answerers, report them
# make demo PAPERS=folder   the same from your own PDFs
# make test                 lint, types and tests
# make soak                 builds killed at 20 random points each, 200 publishes with a fault or kill each, a cluster's builds, 2,000 papers of ../shared/corpus cut twice, 10,000 mutated PDFs; resumable, state in soak/
# make audit                known vulnerabilities of what is installed, by pip-audit; asks PyPI, and fails where that cannot answer
# Each does all its own set-up in .venv (Python 3.11 or newer).

PYTHON ?= python3
PAPERS ?= tests/papers
OUT ?= demo-release
RECIPE ?= csm_bench
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test soak audit regenerate clean

demo: $(VENV)/.installed
	@test "$(OUT)" != demo-release || rm -rf demo-release demo-release.report
	$(BIN)/microtome build $(RECIPE) --papers "$(PAPERS)" --out "$(OUT)" --version 1.0.0
	$(BIN)/microtome validate "$(OUT)"
	$(BIN)/python -m builder.demo "$(OUT)" "$(OUT).report"

test: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

KILLS ?= 20

soak: $(VENV)/.installed-dev
	$(BIN)/python -m tests.soak.kills $(KILLS) soak/kills-pointing pointing
	$(BIN)/python -m tests.soak.kills $(KILLS) soak/kills-written written
	$(BIN)/python tests/soak/publish.py soak/publish
	$(BIN)/python -m tests.soak.cluster 20 soak/cluster "$(PAPERS)"
	$(BIN)/python -m tests.soak.papers 2000 30 soak/papers
	$(BIN)/python -m tests.fuzz.mutated_pdfs 10000 soak/mutants --papers tests/papers $(wildcard ../shared/corpus/papers)

audit: $(VENV)/.installed
	test -x $(VENV)-audit/bin/pip-audit || { $(PYTHON) -m venv $(VENV)-audit && $(VENV)-audit/bin/python -m pip install --quiet pip-audit; }
	$(BIN)/python -m pip freeze --exclude-editable > $(VENV)-audit/installed.txt
	$(VENV)-audit/bin/pip-audit --strict --no-deps --disable-pip --requirement $(VENV)-audit/installed.txt

regenerate: $(VENV)/.installed-dev
	$(BIN)/python cards/metric_plots.py
	$(BIN)/microtome schemas builder/schemas
	$(BIN)/python -m pytest --regenerate tests/test_card.py tests/test_validate.py
	$(BIN)/python -c 'from builder.edges.metric_folders import copy_scoring; print(*copy_scoring(), sep="\n")'

$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $$($(PYTHON) --version) was found. Set PYTHON=/path/to/python3.11"; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) $(VENV)-audit demo-release demo-release.work demo-release.report soak
