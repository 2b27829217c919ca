## dualmat: forward-mode differentiation of matrix expressions.  Targets:
##
##   all       build/dualmat, build/libdualmat.a, build/libdualmat.so (the default)
##   demo      everything from a bare machine: install what is missing, build, a tour on real data
##   test      build and run the tests (V=1 shows the commands)
##   asan      the tests under the address and undefined-behaviour sanitizers, warnings as errors
##   valgrind  the tests under valgrind; a lost byte is a failure
##   bench     what differentials cost: operations, workloads, other tools (BENCH=--quick: shorter; --help)
##   bench-peers  install and build the other tools that bench compares with; each is optional
##   plots     draw what bench has measured, as SVG
##   deps      install what building needs and this machine lacks (Debian, Ubuntu; elsewhere it says what)
##   install   library, header, command, manual page and dualmat.pc: PREFIX=/usr/local DESTDIR=
##   clean     remove build/
##   help      this text

VERSION   = 0.1.0
SOVERSION = 0
PREFIX   ?= /usr/local
LIBDIR   ?= $(PREFIX)/lib
DESTDIR  ?=
BUILD    ?= build
CFLAGS   ?= -O3 -g
V        ?= 0
# Any BLAS with LAPACK that pkg-config knows serves: BLAS="lapack blas", say.
BLAS     ?= openblas

Q    = $(if $(filter 1,$(V)),,@)
say  = $(if $(filter 1,$(V)),@:,@printf '  %-5s %s\n')

WARN        = -std=c17 -pedantic -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
ALL_CFLAGS  = $(WARN) -Iinclude -Isrc $(GSL_CFLAGS) -ftree-vectorize -ffp-contract=fast -fPIC -fvisibility=hidden $(CFLAGS)
COMPILE     = $(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP
# GSL without its own CBLAS: the BLAS above has that too, and faster.
LIBS        = $(GSL_LIBS) $(BLAS_LIBS) -lm -pthread

library  := $(patsubst %.c,$(BUILD)/%.o,$(filter-out src/command/%,$(wildcard src/*/*.c)))
command  := $(patsubst %.c,$(BUILD)/%.o,$(wildcard src/command/*.c))
tests    := $(patsubst %.c,$(BUILD)/%.o,$(filter-out tests/examples/%,$(wildcard tests/*.c tests/*/*.c)))
examples := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/examples/*.c))
bench    := $(patsubst %.c,$(BUILD)/%.o,$(wildcard bench/*.c))

.PHONY: all demo test asan valgrind bench bench-peers plots deps install clean help

all: $(BUILD)/dualmat $(BUILD)/libdualmat.a $(BUILD)/libdualmat.so

# ------------------------------------------------------------------------------- what is needed
#
# $(call ensure,PACKAGES): these Debian packages are missing.  Where apt-get is, it installs them.
define ensure
	if [ -n "$(strip $(1))" ]; then \
	    echo "dualmat: missing here: $(strip $(1))"; \
	    if ! command -v apt-get > /dev/null; then \
	        echo "dualmat: these are Debian's names; please install what they hold and call make again" >&2; \
	        exit 1; \
	    fi; \
	    as=; [ "$$(id -u)" = 0 ] || as=sudo; \
	    $$as apt-get update -qq && \
	    DEBIAN_FRONTEND=noninteractive $$as apt-get install -qq -y --no-install-recommends $(1) \
	        > $(BUILD)/apt.log 2>&1 || { tail -20 $(BUILD)/apt.log >&2; \
	        echo "dualmat: apt-get could not install: $(strip $(1))" >&2; exit 1; }; \
	fi
endef

# $(call lacks,LIBRARY,PACKAGE): PACKAGE where pkg-config does not know LIBRARY.
lacks   = $(shell pkg-config --exists $(1) 2> /dev/null || echo $(2))
lacking = $(shell command -v $(1) > /dev/null || echo $(2))
tools   = $(call lacking,$(CC),gcc libc6-dev) $(call lacking,pkg-config,pkg-config)
blas_package = $(if $(filter openblas,$(BLAS)),libopenblas-dev,liblapack-dev libblas-dev)

# Written once, and read by make before anything else is done.
$(BUILD)/config.mk: Makefile
	@mkdir -p $(BUILD)
	@$(call ensure,$(tools) $(call lacks,gsl,libgsl-dev) $(call lacks,$(BLAS),$(blas_package)))
	@{ echo "GSL_CFLAGS := $$(pkg-config --cflags gsl)"; \
	   echo "GSL_LIBS := $$(pkg-config --libs gsl | sed 's/-lgslcblas//')"; \
	   echo "BLAS_LIBS := $$(pkg-config --libs $(BLAS))"; \
   if pkg-config --exists cairo; then echo "CAIRO_CFLAGS := -DHAVE_CAIRO $$(pkg-config --cflags cairo)"; \
       echo "CAIRO_LIBS := $$(pkg-config --libs cairo)"; fi; } > $@

ifeq ($(filter clean help,$(MAKECMDGOALS)),)
include $(BUILD)/config.mk
endif

$(BUILD)/test-tools:
	@$(call ensure,$(call lacks,check,check) $(call lacking,$(CXX),g++))
	@touch $@

# Cairo is for PNG alone, and for the command alone: without it all else is built.
deps: $(BUILD)/test-tools
	@if [ -n "$(call lacks,cairo,missing)" ]; then $(call ensure,libcairo2-dev); rm -f $(BUILD)/config.mk; fi

# -------------------------------------------------------------------------------------- building

$(BUILD)/%.o: %.c Makefile
	$(say) cc $<
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -c $< -o $@

$(BUILD)/libdualmat.a: $(library)
	$(say) ar $@
	$(Q)rm -f $@ && ar rcs $@ $^

# What the header declares is exported, nothing else: functions that are compiled for several processors would
# be, whatever their visibility says.
$(BUILD)/exports.map: include/dualmat.h
	@mkdir -p $(@D)
	$(Q){ echo '{ global:'; tr '\n;' ' \n' < $< | \
	    sed -n 's/.*DM_API [^(]*[ *]\(dm_[a-z0-9_]*\) *(.*/\1;/p'; echo 'local: *; };'; } > $@

$(BUILD)/libdualmat.so.$(VERSION): $(library) $(BUILD)/exports.map
	$(say) link $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,libdualmat.so.$(SOVERSION) -Wl,--no-undefined \
	    -Wl,--version-script=$(BUILD)/exports.map -o $@ $(library) $(LIBS)

$(BUILD)/libdualmat.so: $(BUILD)/libdualmat.so.$(VERSION)
	$(Q)ln -sf $(<F) $(BUILD)/libdualmat.so.$(SOVERSION)
	$(Q)ln -sf $(<F) $@

$(BUILD)/src/command/canvas_png.o: $(BUILD)/config.mk
$(BUILD)/src/command/canvas_png.o: ALL_CFLAGS += $(CAIRO_CFLAGS)

$(BUILD)/dualmat: $(command) $(BUILD)/libdualmat.a
	$(say) link $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(CAIRO_LIBS) $(LIBS)

-include $(patsubst %.o,%.d,$(library) $(command) $(tests) $(bench))

# --------------------------------------------------------------------------------------- testing

# The tests replace malloc by one that fails when it is told to.
WRAP = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free

$(tests): | $(BUILD)/test-tools
$(tests): ALL_CFLAGS += $(shell pkg-config --cflags check 2> /dev/null)

$(BUILD)/tests/run: $(tests) $(BUILD)/libdualmat.a
	$(say) link $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(WRAP) -o $@ $^ $$(pkg-config --libs check) $(LIBS)

$(BUILD)/tests/examples/%: tests/examples/%.c $(BUILD)/libdualmat.a
	$(say) link $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

test: all $(BUILD)/tests/run $(examples)
	$(Q)sh tests/install.sh $(BUILD)
	$(Q)sh tests/readme.sh $(BUILD)/dualmat
	$(Q)DUALMAT=$(BUILD)/dualmat $(BUILD)/tests/run

asan:
	$(Q)$(MAKE) --no-print-directory BUILD=$(BUILD)/asan \
	    CFLAGS='-O1 -g -Werror -fsanitize=address,undefined -fno-sanitize-recover=all' \
	    run-asan

.PHONY: run-asan
run-asan: $(BUILD)/dualmat $(BUILD)/tests/run
	$(Q)LSAN_OPTIONS=suppressions=$(CURDIR)/tests/lsan.supp:print_suppressions=0 CK_FORK=no \
	    ASAN_OPTIONS=allocator_may_return_null=1 DUALMAT=$(BUILD)/dualmat $(BUILD)/tests/run

valgrind: all $(BUILD)/tests/run
	@$(call ensure,$(call lacking,valgrind,valgrind))
	$(Q)CK_FORK=no DUALMAT_TESTS=short DUALMAT=$(BUILD)/dualmat OPENBLAS_NUM_THREADS=1 valgrind --quiet --leak-check=full \
	    --errors-for-leak-kinds=definite,indirect,possible --error-exitcode=1 $(BUILD)/tests/run

# ------------------------------------------------------------------------------- demo and measuring

demo: $(BUILD)/dualmat
	@sh tests/demo.sh $(BUILD)/dualmat

$(BUILD)/bench/dualmat-bench: $(bench) $(BUILD)/libdualmat.a
	$(say) link $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# Written by hand means as an expert would compile it; the other tools too.
BENCHFLAGS ?= -O3 -march=native
$(bench): ALL_CFLAGS += $(BENCHFLAGS)

bench: $(BUILD)/bench/dualmat-bench
	$(Q)DM_BENCH_CC="$$($(CC) --version | head -n 1)" \
	    DM_BENCH_CFLAGS="$(CFLAGS) (library); $(BENCHFLAGS) (written by hand, other tools)" \
	    OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $< \
	    --csv $(BUILD)/bench/bench.csv --json $(BUILD)/bench/bench.json $(BENCH)

plots:
	@$(call ensure,$(call lacking,gnuplot,gnuplot-nox))
	@test -f $(BUILD)/bench/bench.csv || { echo "dualmat: make bench comes first" >&2; exit 1; }
	@mkdir -p $(BUILD)/bench/plots
	$(Q)gnuplot -e "csv='$(BUILD)/bench/bench.csv'; out='$(BUILD)/bench/plots'" bench/plots.gp
	@echo "$(BUILD)/bench/plots"

# The other tools, one at a time: what Debian calls them, and how they are compiled.  One that cannot be had
# is left out, and bench says so.
PEERS        ?= eigen ceres sacado adolc cppad stan torch scipy
needs_eigen   = libeigen3-dev
needs_ceres   = libceres-dev libeigen3-dev
needs_sacado  = libtrilinos-sacado-dev libeigen3-dev
needs_adolc   = libadolc-dev
needs_cppad   = r-cran-tmb libeigen3-dev
needs_stan    = r-cran-stanheaders r-cran-rcppeigen r-cran-bh r-cran-rcppparallel libtbb-dev
needs_torch   = python3-torch
needs_scipy   = python3-scipy
# $(call holds,PACKAGE,FILE): the folder in which the package has that file.
holds         = $(shell dpkg -L $(1) 2> /dev/null | sed -n 's|/$(2)$$||p' | head -n 1)
eigen_flags   = -isystem $(call holds,libeigen3-dev,Eigen/Core)
flags_eigen   = $(eigen_flags)
flags_ceres   = $(eigen_flags)
flags_sacado  = $(eigen_flags) -isystem $(call holds,libtrilinos-sacado-dev,Sacado.hpp)
flags_adolc   = -ladolc
flags_cppad   = $(eigen_flags) -isystem $(call holds,r-cran-tmb,cppad/cppad.hpp)
flags_stan    = -std=c++14 -isystem $(call holds,r-cran-stanheaders,stan/math/version.hpp) \
                -isystem $(call holds,r-cran-stanheaders,src/stan/version.hpp)/src \
                -isystem $(call holds,r-cran-rcppeigen,Eigen/Core) \
                -isystem $(call holds,r-cran-rcppparallel,RcppParallel.h) -ltbb

bench-peers:
	@mkdir -p $(BUILD)/bench/peers
	@for peer in $(PEERS); do \
	    $(MAKE) --no-print-directory $(BUILD)/bench/peers/$$peer || echo "dualmat: $$peer is left out"; \
	done

$(BUILD)/bench/peers/%: bench/peers/%.cpp bench/peers/peer.hpp bench/peers/forward.hpp bench/peers/scalar.hpp
	@missing=; for p in $(needs_$*); do dpkg -s $$p > /dev/null 2>&1 || missing="$$missing $$p"; done; \
	$(call ensure,$$missing)
	$(say) c++ $<
	$(Q)$(MAKE) --no-print-directory peer-$*

peer-%:
	$(Q)$(CXX) -std=c++17 $(BENCHFLAGS) -DNDEBUG bench/peers/$*.cpp -o $(BUILD)/bench/peers/$* $(flags_$*)

$(BUILD)/bench/peers/%: bench/peers/%.py bench/peers/peer.py
	@missing=; for p in $(needs_$*); do dpkg -s $$p > /dev/null 2>&1 || missing="$$missing $$p"; done; \
	$(call ensure,$$missing)
	$(Q)cp bench/peers/peer.py $(@D) && install -m 755 $< $@ && $@ --version > /dev/null

# ------------------------------------------------------------------------------------ installing

define PC
prefix=$(PREFIX)
libdir=$(LIBDIR)
includedir=$${prefix}/include

Name: dualmat
Description: forward-mode differentiation of matrix expressions
Version: $(VERSION)
Cflags: -I$${includedir} $(GSL_CFLAGS)
Libs: -L$${libdir} -ldualmat $(LIBS)
endef
export PC

install: all
	$(Q)install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/include \
	    $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(LIBDIR)/pkgconfig
	$(Q)install -m 755 $(BUILD)/dualmat $(DESTDIR)$(PREFIX)/bin
	$(Q)install -m 644 include/dualmat.h $(DESTDIR)$(PREFIX)/include
	$(Q)install -m 644 $(BUILD)/libdualmat.a $(DESTDIR)$(LIBDIR)
	$(Q)install -m 755 $(BUILD)/libdualmat.so.$(VERSION) $(DESTDIR)$(LIBDIR)
	$(Q)ln -sf libdualmat.so.$(VERSION) $(DESTDIR)$(LIBDIR)/libdualmat.so.$(SOVERSION)
	$(Q)ln -sf libdualmat.so.$(VERSION) $(DESTDIR)$(LIBDIR)/libdualmat.so
	$(Q)install -m 644 src/command/dualmat.1 $(DESTDIR)$(PREFIX)/share/man/man1
	$(Q)printf '%s\n' "$$PC" > $(DESTDIR)$(LIBDIR)/pkgconfig/dualmat.pc
	$(Q)[ -n "$(DESTDIR)" ] || ! command -v ldconfig > /dev/null || ldconfig 2> /dev/null || true

clean:
	rm -rf $(BUILD)

help:
	@sed -n 's/^## \{0,1\}//p' Makefile
