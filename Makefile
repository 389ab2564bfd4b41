# The front door. Every target does its own set-up; `make help` lists them.

SHELL := /bin/sh
.DEFAULT_GOAL := help

ARCH := $(patsubst x86_64,x64,$(patsubst aarch64,arm64,$(shell uname -m)))
NODE_HOME := $(CURDIR)/tools/node/node_modules/node-linux-$(ARCH)
# Node 24 first, whatever the machine's own is. The packages' programs next, so that no recipe needs npx.
export PATH := $(CURDIR)/node_modules/.bin:$(NODE_HOME)/bin:$(PATH)

RESULTS := .results
report = --reporter=$(1) --reporter=json --outputFile.json=$(RESULTS)/$(2).json

NODE_STAMP := tools/node/node_modules/.slipway
STAMP := node_modules/.slipway

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

.PHONY: setup
setup: $(STAMP) system ## what the other targets need: Node 24, npm packages, system packages

.PHONY: system
system:
	@scripts/bootstrap.sh

$(NODE_STAMP): tools/node/package.json tools/node/package-lock.json
	@cd tools/node && npm ci --ignore-scripts --no-fund --no-audit --loglevel=error
	@touch $@

# npm skips native packages whose "engines" do not fit the Node it runs on, so this one runs on Node 24.
$(STAMP): package-lock.json $(NODE_STAMP)
	@node -e 'process.exit(process.versions.node.split(".")[0] >= 24 ? 0 : 1)' || \
		{ echo "this machine has no Node 24 from npm (node-linux-$(ARCH)): install Node 24 or newer" >&2; exit 1; }
	@npm ci --ignore-scripts --no-fund --no-audit --loglevel=error
	@touch $@

.PHONY: types lint generated unit
types: $(STAMP)
	@tsc --noEmit
lint: $(STAMP)
	@biome check --diagnostic-level=error .
	@node scripts/zones.ts
generated: $(STAMP)
	@node scripts/generate.ts --check
unit: setup
	@rm -f $(RESULTS)/unit.json
	@vitest run $(call report,default,unit)

.PHONY: check
check: setup ## types, lint, import zones, generated files, unit, golden, property and ssh tests
	@$(MAKE) --no-print-directory -j --output-sync=target types lint generated unit

.PHONY: pack-test e2e
pack-test: setup
	@vitest run --config vitest.pack.config.ts $(call report,default,pack)
e2e: setup
	@vagrant/lab artifacts
	@vagrant/lab up
	@vitest run --config vitest.e2e.config.ts $(call report,verbose,e2e)

.PHONY: test
test: ## everything CI runs: check, the published package, end to end in the lab, an upgrade under load
	@rm -rf $(RESULTS)
	@status=0; for part in check pack-test e2e; do $(MAKE) --no-print-directory $$part || { status=$$?; break; }; done; \
		node scripts/tally.ts $(RESULTS) || status=1; exit $$status

.PHONY: life
life: setup ## hostile mirrors, bundles, three control planes, other CAs under load, restores: two hours in the lab
	@vagrant/lab artifacts
	@vitest run --config vitest.life.config.ts $(call report,verbose,life)

.PHONY: torture
torture: setup ## a first install and an upgrade, killed again and again, in the lab
	@vagrant/lab artifacts
	@vitest run --config vitest.torture.config.ts $(call report,verbose,torture)

.PHONY: lab lab-clean
lab: $(STAMP) ## the lab's hosts and mirrors, up and bare
	@vagrant/lab up
lab-clean: ## the lab gone; what it built stays in the cache
	@vagrant/lab clean

.PHONY: demo
demo: $(STAMP) ## from nothing to a running cluster in the lab, shown; again: quick, and nothing changes
	@vagrant/demo.sh

.PHONY: build
build: $(STAMP) ## dist/slipway.js, as it is published
	@node scripts/build.ts
