# The tasks of this package. `make help` lists them. Each one installs what it needs first (tools/setup).

JOBS ?= 2
LIBRARY = build/library
CORE = build/core
# The package in its private library, and this library before all others.
WITH_PACKAGE = R_LIBS="$(CURDIR)/$(LIBRARY):$$R_LIBS"
INSTALL = mkdir -p $(LIBRARY) && MLR3LIBTORCH_JOBS=$(JOBS) MAKEFLAGS=-j$(JOBS) R CMD INSTALL --no-test-load -l $(LIBRARY) .

.PHONY: help setup install demo test test-next test-device soak browser check lint spell format document vignettes site bench clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

setup: ## install what building, testing and the demo need
	@tools/setup test

install: ## build the package and install it, with its vignettes, where R looks for packages
	@tools/setup build
	MLR3LIBTORCH_JOBS=$(JOBS) MAKEFLAGS=-j$(JOBS) R CMD INSTALL .
	Rscript tools/vignettes.R
	MLR3LIBTORCH_JOBS=$(JOBS) MAKEFLAGS=-j$(JOBS) R CMD INSTALL --no-test-load .

demo: ## train on two real tasks, draw the learning curve, save, reload in a second R process, train on
	@tools/setup demo
	$(INSTALL)
	$(WITH_PACKAGE) Rscript inst/examples/demo.R build/demo
	$(WITH_PACKAGE) Rscript inst/examples/demo_reload.R build/demo

test: ## build everything and run all tests; the last line counts them
	@tools/setup test
	@MLR3LIBTORCH_JOBS=$(JOBS) Rscript tools/run_tests.R $(SUITES)

test-next: ## the tests in a root of Debian 13, as root: other R, LibTorch, Catch2 (docs/generations.md); an hour
	@tools/setup next
	JOBS=$(JOBS) tools/test_next

test-device: ## the tests tagged [device] with any LibTorch, without R; DEVICE=cuda, or what there is (docs/devices.md)
	MLR3LIBTORCH_JOBS=$(JOBS) tools/test_device $(DEVICE)

soak: ## 200 kills of a run and 1,000 damaged checkpoints; about half an hour
	@tools/setup test
	$(INSTALL)
	$(WITH_PACKAGE) MLR3LIBTORCH_SOAK=true NOT_CRAN=true Rscript tools/run_testthat.R build/soak_counts run_soak

browser: ## the page of the callback dashboard in headless Chromium; leaves screenshots in build/browser
	@tools/setup browser
	$(INSTALL)
	mkdir -p build/browser
	$(WITH_PACKAGE) Rscript tests/browser/dashboard.R build/browser

check: ## what R itself checks of a package: R CMD build, R CMD check
	@tools/setup check
	mkdir -p build/check
	cd build/check && R CMD build ../.. && MAKEFLAGS=-j$(JOBS) R CMD check --no-manual mlr3libtorch_*.tar.gz

lint: ## layout and habits of the code: clang-format, clang-tidy, checkbashisms, lintr; three minutes
	@tools/setup lint
	MLR3LIBTORCH_JOBS=$(JOBS) ./configure
	@MLR3LIBTORCH_JOBS=$(JOBS) tools/lint

spell: ## the spelling of the documentation; inst/WORDLIST has the words that no dictionary knows
	@tools/setup spell
	@Rscript tools/spell.R

format: ## lay out the C++ code anew
	@tools/setup lint
	@tools/lint --fix

document: ## the generated files: RcppExports, NAMESPACE, man/, the pages about names and mistakes
	@tools/setup document
	Rscript -e 'Rcpp::compileAttributes(".")'
	export R_KEEP_PKG_SOURCE=yes; $(INSTALL)
	$(WITH_PACKAGE) Rscript -e 'roxygen2::roxygenise(load_code = "installed")'
	$(WITH_PACKAGE) Rscript tools/key_pages.R
	Rscript tools/torch_names.R
	$(WITH_PACKAGE) Rscript tools/mistakes.R

vignettes: ## the pages that teach, run and written to inst/doc
	@tools/setup test
	$(INSTALL)
	$(WITH_PACKAGE) Rscript tools/vignettes.R

site: ## a site of all help pages and vignettes in build/site, made by pkgdown and checked for dead links
	@tools/setup site
	$(INSTALL)
	$(WITH_PACKAGE) Rscript tools/site.R

bench: ## the benchmark programs; about an hour and a half, BENCH=--quick: three minutes
	@tools/setup bench
	$(INSTALL)
	MLR3LIBTORCH_CMAKE_ARGS=-DMLR3LIBTORCH_BENCH=ON MLR3LIBTORCH_JOBS=$(JOBS) ./configure
	cmake --build $(CORE) -j $(JOBS)
	$(WITH_PACKAGE) bench/run $(CORE) $(BENCH)

clean: ## remove everything that was built
	./cleanup
	rm -rf build
