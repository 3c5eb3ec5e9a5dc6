# unnoise: `make` prints this list. Every target does the set-up it needs by itself.
#
# Variables: GOEXPERIMENT=      builds the plain loops instead of SIMD
#            ADDR=HOST:PORT     where `make serve` listens
#            BROWSERS="..."     which browsers `make test-browser` drives
#            MODEL=DIR CASES=F  input and output of `make golden`
#            BENCH="..."        options of `make bench`
#            CI_TRAIN=1         `make test` with the tests of training, which install PyTorch
#            FUZZTIME=1h        how long `make fuzz` tries each target

SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

# The go.mod names a toolchain; an image's GOTOOLCHAIN=local would refuse it. SIMD is an experiment of that toolchain.
GOTOOLCHAIN  = auto
GOEXPERIMENT = simd
export GOTOOLCHAIN GOEXPERIMENT

GO       = go
ADDR     = localhost:8080
BROWSERS = chromium firefox webkit
PYTHON   = python3
TRAIN    = tools/train
CI_TRAIN ?=
FUZZTIME = 1h

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOFOLDERS   = kernels weights wasm tools
CORE        = ./kernels/... ./weights/... ./wasm/...
JS          = GOOS=js GOARCH=wasm

# What go.mod asks for: a staticcheck built by an older Go refuses newer code.
TOOLCHAIN = $(shell sed -n 's/^toolchain //p' go.mod)
GOFMT     = "$$($(GO) env GOROOT)/bin/gofmt"

help: ## print this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

deps: ## install browsers and what tests need, from Debian packages where missing
	@tools/deps.sh

build: node_modules ## build/convert, build/sample and the site in build/site
	$(GO) build -trimpath -o build/ ./tools/convert ./tools/sample
	$(GO) run ./tools/site
	node tools/docs/docs.mjs

package: node_modules ## the npm package: build/package, and packed as build/unnoise.tgz
	node tools/package/package.mjs

serve: build ## build the site and serve it on ADDR
	$(GO) run ./tools/serve --addr $(ADDR)

test: deps lint test-go test-fuzz test-browser test-train-if ## everything: lint, Go tests native, fuzzing, tests in browsers
	@echo "all tests passed"

test-go: .venv ## Go tests with SIMD, and of what computes with plain loops; the js/wasm build
	$(GO) vet ./...
	$(GO) test ./...
ifneq ($(GOEXPERIMENT),)
	GOEXPERIMENT= $(GO) vet ./...
	GOEXPERIMENT= $(GO) test ./kernels/... ./wasm/unet ./wasm/engine/... ./wasm/sampler
endif
	$(JS) $(GO) build $(CORE)

test-fuzz: ## the readers of foreign files, some seconds a target
	tools/fuzz.sh 12s

fuzz: ## the same for FUZZTIME a target: hours, days
	tools/fuzz.sh $(FUZZTIME)

test-browser: node_modules build ## engines and page in real browsers
	@tools/deps.sh browsers
	tools/test-browser.sh $(BROWSERS)

# PyTorch takes gigabytes: its tests are part of `make test` where it is installed already, or with CI_TRAIN=1.
test-train-if:
	@if [ -e $(TRAIN)/.venv -o "$(CI_TRAIN)" = 1 ]; then $(MAKE) --no-print-directory test-train; \
	else echo "tests of training left out: make train-env installs what they need, CI_TRAIN=1 includes them"; fi

test-train: $(TRAIN)/.venv ## tests of training and evaluation, with PyTorch
	cd $(TRAIN) && .venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/python -m pytest -q

train-env: $(TRAIN)/.venv ## PyTorch and what training needs, in tools/train/.venv

lint: lint-format lint-vet lint-static lint-tree lint-page ## format, vet, staticcheck, the tree's own rules, JavaScript with its types, and CSS

lint-format:
	@$(GOFMT) -d $(GOFOLDERS) | (! grep .)

lint-vet:
	$(GO) vet ./...
	$(JS) $(GO) vet $(CORE)

lint-static:
	GOBIN=$(CURDIR)/build/bin GOTOOLCHAIN=$(TOOLCHAIN) GOEXPERIMENT= $(GO) install $(STATICCHECK)
	build/bin/staticcheck ./...
	GOEXPERIMENT= build/bin/staticcheck $(CORE)
	$(JS) build/bin/staticcheck $(CORE)

lint-tree:
	$(GO) run ./tools/lint

lint-page: node_modules
	npm run --silent check
	npm run --silent types

golden: ## reference values of the diffusers model in MODEL, written to CASES
	@test -n "$(MODEL)" -a -n "$(CASES)" || { echo "usage: make golden MODEL=DIR CASES=OUT.safetensors"; exit 2; }
	$(PYTHON) tools/golden/cases.py "$(MODEL)" "$(CASES)"

bench: node_modules ## seconds a step beside onnxruntime-web, in Chromium and Firefox, and natively; BENCH="--backends webgpu" for GPUs
	@tools/deps.sh browsers
	npm run --silent bench -- $(BENCH)
	$(GO) run ./tools/bench native

clean: ## remove what was built and installed in this folder
	rm -rf build node_modules .venv $(TRAIN)/.venv

# The browser tests' packages, as package-lock.json fixes them.
node_modules: package.json package-lock.json
	@tools/deps.sh tools
	npm ci --no-audit --no-fund
	@touch node_modules

$(TRAIN)/.venv: $(TRAIN)/pyproject.toml $(TRAIN)/constraints.txt
	@tools/deps.sh python
	$(PYTHON) -m venv $@
	$@/bin/pip install --quiet --disable-pip-version-check -c $(TRAIN)/constraints.txt -e '$(TRAIN)[test]'
	@touch $@

# Python's own reader of .safetensors, to open what we write.
.venv: weights/testdata/requirements.txt
	@tools/deps.sh python
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check -r weights/testdata/requirements.txt
	@touch .venv

.PHONY: help deps build package serve test test-go test-fuzz fuzz test-browser test-train test-train-if train-env lint lint-format lint-vet lint-static lint-tree lint-page golden bench clean
