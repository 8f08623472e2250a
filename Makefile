# Beeline: everything a developer runs. `make help` lists it.
#
# Needs Go, Node 20 or newer and npm; `make test` also Chromium and Firefox,
# which it installs where apt-get can.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

GO      := go
NPM     := npm --prefix web
LISTEN  ?= 127.0.0.1:8080
WASMENV := GOOS=js GOARCH=wasm

# How long one fuzz target runs in `make fuzz`.
FUZZTIME ?= 10s

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: build ## build everything and serve on 127.0.0.1:8080
	bin/beeline serve --listen $(LISTEN)

.PHONY: build
build: web ## wasm, page, and one binary with both inside: bin/beeline
	$(GO) build -trimpath -o bin/beeline ./backend

.PHONY: web
web: web/node_modules/.installed
	node web/build.mjs

# npm ci only when what is installed isn't what the lock file says.
web/node_modules/.installed: web/package-lock.json | tools
	$(NPM) ci --no-audit --no-fund
	@touch $@

.PHONY: tools
tools:
	@.ci/tools go node npm

# First what needs no browser, at the same time, while those are installed. The tests in
# test-race and test-web wait for real clocks: what only computes is behind them.
.PHONY: test
test: tools ## install what the tests need, browsers included, and run every test
	+@MAKE='$(MAKE)' .ci/together browsers test-race 'nice:lint nice:test-core nice:test-wasm test-web'
	$(MAKE) --no-print-directory test-e2e

.PHONY: browsers
browsers:
	.ci/tools browsers

.PHONY: check
check: web/node_modules/.installed
	$(GO) vet ./...
	$(WASMENV) $(GO) vet ./wasm/...
	$(NPM) run --silent types
	$(NPM) run --silent lint

# The core has no goroutines. What has is tested with the race detector, which needs
# a C compiler.
.PHONY: test-go
test-go: test-core test-race

.PHONY: test-core
test-core:
	$(GO) test ./wasm/... ./web/...

.PHONY: test-race
test-race:
	$(GO) test $(if $(shell command -v gcc),-race) ./signaling/... ./backend/...
	$(if $(shell command -v gcc),,@echo "No C compiler here: tests ran without the race detector.")

# The same tests compiled as the browser compiles them, run by Node. -short leaves
# out those that only ask for size: natively they run.
.PHONY: test-wasm
test-wasm:
	env -i PATH="$$PATH" HOME="$$HOME" GOPATH="$$($(GO) env GOPATH)" GOPROXY="$$($(GO) env GOPROXY)" GOFLAGS="$$($(GO) env GOFLAGS)" $(WASMENV) \
	  $(GO) test -short -exec="$$($(GO) env GOROOT)/lib/wasm/go_js_wasm_exec" ./wasm/...

.PHONY: test-web
test-web: web/node_modules/.installed
	node --test wasm/testdata/vectors.test.mjs
	$(NPM) run --silent unit

.PHONY: test-e2e
test-e2e: build
	$(NPM) run --silent e2e

.PHONY: dist
dist: web ## static binaries for Linux, macOS and Windows, with checksums, into dist/
	.ci/dist

.PHONY: bench
bench: ## measure; one JSON line a figure on stdout
	@.ci/tools browsers >&2
	@$(MAKE) --no-print-directory build >&2
	@$(NPM) run --silent bench

.PHONY: lab
lab: build ## the long ones: a 5 GB file, 10,000 small ones, a hundred cuts, many seeds, every pair of NATs
	@.ci/tools browsers >&2
	BEELINE_SEEDS=20000 $(GO) test -timeout 60m ./wasm/session
	$(NPM) run --silent lab

.PHONY: shots
shots: build ## a picture of every state of the pages, into web/.shots
	cd web && node --import tsx e2e/shots/shots.ts $(STATES)

.PHONY: dev
dev: web/node_modules/.installed ## serve on 127.0.0.1:8080, build and start again on every change
	node web/dev.mjs --listen $(LISTEN)

.PHONY: lint
lint: check ## what CI checks before it tests
	@test -z "$$(gofmt -l backend signaling wasm web/*.go)" || { gofmt -l backend signaling wasm web/*.go; echo "gofmt: these files are not formatted"; exit 1; }
	@$(GO) mod tidy -diff || { echo "go.mod or go.sum is not tidy: run \`go mod tidy\`"; exit 1; }
	GOBIN="$$PWD/bin" $(GO) install $(STATICCHECK)
	bin/staticcheck ./...
	$(WASMENV) bin/staticcheck -checks inherit,-U1000 ./wasm/... # it does not know go:wasmexport

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (10s)
	@for dir in $$($(GO) list -f '{{.Dir}}' ./...); do \
	  for target in $$(grep -ho 'func Fuzz[A-Za-z0-9_]*' $$dir/*_test.go 2>/dev/null | cut -d' ' -f2 || true); do \
	    echo "fuzz $${dir#$$PWD/} $$target"; \
	    $(GO) test -run='^$$' -fuzz="^$$target\$$" -fuzztime=$(FUZZTIME) "$$dir"; \
	  done; \
	done

.PHONY: gen
gen: ## write web/wire/wire.ts from wasm/wire/wire.go, and the list of words
	$(GO) run ./wasm/wire/gen wasm/wire/wire.go web/wire/wire.ts
	$(GO) run ./wasm/words/gen wasm/words/list.go
