# `make run` and `make test` are all a fresh Debian 12 needs: they install what is missing, build
# and work. Everything made lies in build/.

# The system's own Python, so that build/venv lives as long as the system does.
PYTHON ?= $(firstword $(wildcard /usr/bin/python3) python3)
PREFIX ?= /usr/local
DESTDIR ?=
SECONDS ?= 30
export CROSSCUT_PYTHON := $(PYTHON)

STRICT := $(if $(filter true 1,$(CI)),-Dwerror=true)
SANITISE := -Db_sanitize=address,undefined -Db_lundef=false
SAMPLE := build/sample-show

.DEFAULT_GOAL := build
.PHONY: build run demo check test test-deps test-containers asan fuzz bench lint format install clean help

help: ## say what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

build: build-deps ## the program, at build/crosscut
	@tools/set-up build $(STRICT)
	@ninja -C build

.PHONY: build-deps
build-deps:
	@tools/need-packages build

run: build $(SAMPLE)/truth.json ## start the studio, and say the address to open
	@build/crosscut serve --sample-show $(SAMPLE)

demo: build $(SAMPLE)/truth.json ## direct the sample show; prints the finished paths
	build/crosscut direct $(SAMPLE)/host.mp4 $(SAMPLE)/guest.mov $(SAMPLE)/third.mp4 \
	  $(SAMPLE)/wide.mkv --label cam_1=Maya --label cam_2=Tomas --label cam_3=Ines \
	  --role cam_4=wide --name "The sample show" --height 720 --overwrite -o build/demo

$(SAMPLE)/truth.json: samples/make-sample-show samples/conversation.txt samples/draw-show.c \
                      samples/figure.c samples/canvas.c samples/mix-show.c | build
	@tools/need-packages sample
	samples/make-sample-show --tools build/samples -o $(SAMPLE)

test-deps: build-deps ## what tests need: system packages, Python and npm packages in build/
	@tools/need-packages sample test
	@tools/make-venv build/venv tests/requirements.txt
	@tools/make-node build/node tests/node
	@tools/make-s3-server build/s3-server
	@tools/make-livekit-server build/livekit-server

check: build ## the quick tests: all but command line and browser
	tests/run --no-suite cli --no-suite browser build

test: test-deps build ## every test, plain and sanitised, and the linter
	@tools/set-up build/asan $(SANITISE) $(STRICT)
	@ninja -C build/asan
	@tests/run --also lint "tools/lint build" build build/asan

test-containers: test-deps ## build both containers with buildah and render in them (as root, minutes)
	@tools/need-packages container
	@CROSSCUT_SOURCE=$(CURDIR) CROSSCUT_BUILD=$(CURDIR)/build build/venv/bin/python3 \
	  tests/containers/test-containers.py

asan: test-deps ## the tests under AddressSanitizer and UBSan
	@tools/set-up build/asan $(SANITISE) $(STRICT)
	@ninja -C build/asan
	@tests/run build/asan

fuzz: test-deps ## run each fuzz target for SECONDS=30
	@CC=clang tools/set-up build/fuzz -Dfuzz=true $(SANITISE)
	tools/fuzz build/fuzz $(SECONDS)

bench: build test-deps ## measure against the plain way; prints both sides
	bench/run build

lint: test-deps build ## clang-tidy, warnings are errors
	tools/lint build

format: ## clang-format over all C files, in place
	git ls-files '*.c' '*.h' | xargs clang-format -i

install: build ## to PREFIX=/usr/local
	tools/install-program build/crosscut $(DESTDIR)$(PREFIX)

clean: ## remove build/
	rm -rf build
