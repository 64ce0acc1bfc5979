# rsenc: remote-sensing patches to safetensors in LMDB.
#
#   make            build the commands (here, beside the README)
#   make deps       install what building needs, with the system's package manager; more is installed
#                   by deps-check (tests), deps-cluster (Slurm, sshd), deps-release (packages),
#                   deps-lint, deps-dev (benchmarks, fuzzing); tests/deps.sh has the names
#   make demo       make a small dataset, convert it, draw what came out
#   make check      run all tests; TESTS='tests/pack.t tests/load.t' only these, PROVEFLAGS='-v -j3'
#                   shows each point and runs three files at a time
#   make install    PREFIX=/usr/local DESTDIR=
#   make html       the manual as web pages, in build/html
#   make clients    Python's lmdb, safetensors, torch and rasterio from PyPI, for tests/clients.t
#   make oracles    the newest rasterio and tifffile from PyPI, for make check-gdal and tests/gdal.t
#   make check-gdal thousands of TIFF files against ORACLE=system (GDAL), wheel or tifffile, and
#                   100,000 broken ones (MUTANTS) read under sanitizers
#   make lint       layers, columns, format, cppcheck, gcc -fanalyzer, shellcheck, mandoc (as CI does);
#                   make lint-deep also clang-tidy, which takes minutes
#   make fuzz       each fuzz target for FUZZ_SECONDS (60), with clang
#   make torture    tests/faults.t in its long form: 320 runs killed, more faults (minutes)
#   make mutants    breaks promises of store, archive, stream and tiff one by one; the tests must notice
#   make soak       200,000 generated patches through the pipe, memory watched (10 GB of TMPDIR)
#   make soak-names 8,000,000 empty files in memory through rsenc-scan and rsenc-missing, beside find
#   make bench      speed beside tar, cat and find, with the targets (tests/bench/bench.sh)
#   make bench-peers  the whole pipe beside Python with rasterio, safetensors and lmdb, and beside
#                   rico-hdl in RICO=DIR (tests/bench/peers.sh)
#   make bench-disk   loads to a slow disk, and what others that write there feel of them (root)
#   make bench-read   patches a second in Python, from TIFFs, databases and tar shards
#
# CFLAGS, LDFLAGS and CC are yours: make check CFLAGS='-O1 -g -fsanitize=address,undefined'
# B is where objects go and BIN where the commands go, for several builds of one tree.

B = build
BIN = .
PREFIX = /usr/local
BINDIR = $(PREFIX)/bin
MANDIR = $(PREFIX)/share/man
BASHDIR = $(PREFIX)/share/bash-completion/completions
ZSHDIR = $(PREFIX)/share/zsh/site-functions
DOCDIR = $(PREFIX)/share/doc/rsenc

CC = cc
CFLAGS = -O2 -g -D_FORTIFY_SOURCE=2
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion
HARDEN = -fstack-protector-strong -fPIE
HARDEN_LD = -pie -Wl,-z,relro,-z,now
CPP = -std=c11 -D_XOPEN_SOURCE=700 -D_DEFAULT_SOURCE -D_FILE_OFFSET_BITS=64 -Icommon -I.
PKG_CONFIG = pkg-config
# Asked once, when the first recipe needs it: make deps may only just have brought it. LMDB of
# conda-forge and of EasyBuild has no lmdb.pc.
TIFF_CFLAGS = $(eval TIFF_CFLAGS := $(shell $(PKG_CONFIG) --cflags libtiff-4 2>/dev/null))$(TIFF_CFLAGS)
TIFF_LIBS = $(eval TIFF_LIBS := $(shell $(PKG_CONFIG) --libs libtiff-4 2>/dev/null || echo -ltiff))$(TIFF_LIBS)
LMDB_CFLAGS = $(eval LMDB_CFLAGS := $(shell $(PKG_CONFIG) --cflags lmdb 2>/dev/null))$(LMDB_CFLAGS)
LMDB_LIBS = $(eval LMDB_LIBS := $(shell $(PKG_CONFIG) --libs lmdb 2>/dev/null || echo -llmdb))$(LMDB_LIBS)
DEFLATE_LIBS = $(shell $(PKG_CONFIG) --libs libdeflate 2>/dev/null)
# What libtiff itself inflates with is used to compare the checksums that it does not ask for:
# libdeflate where it was built with that, else zlib.
INFLATE = $(eval INFLATE := $(shell $(PKG_CONFIG) --print-requires-private libtiff-4 2>/dev/null | \
	grep -q '^libdeflate' && $(PKG_CONFIG) --exists libdeflate && echo libdeflate || echo zlib))$(INFLATE)
INFLATE_CFLAGS = $(if $(filter libdeflate,$(INFLATE)),-DDEFLATE_BY_LIBDEFLATE)
INFLATE_LIBS = $(if $(filter libdeflate,$(INFLATE)),-ldeflate) -lz
FLAGS = $(CC) $(CPP) $(WARN) $(HARDEN) $(CFLAGS) -pthread
LINK = $(CC) $(HARDEN_LD) $(CFLAGS) -pthread $(LDFLAGS)

# Other files of cmd/ are shared by commands.
COMMANDS = rsenc $(patsubst cmd/%.c,%,$(wildcard cmd/rsenc-*.c))
SCRIPTS = $(patsubst cmd/%.sh,%,$(wildcard cmd/rs-*.sh))
BY_NAME = $(sort $(filter-out rsenc,$(COMMANDS)) $(SCRIPTS))
COMMON = $(patsubst %.c,$(B)/%.o,$(filter-out cmd/rsenc.c cmd/rsenc-%,$(wildcard cmd/*.c common/*/*.c)))
COMMON += $(B)/common/scan/builtin_rules.o
TOOLS = $(patsubst tests/%.c,%,$(wildcard tests/unit/*.c tests/tools/*.c tests/fuzz/*.c)) tools/fixture
BENCH_TOOLS = $(patsubst tests/%.c,%,$(wildcard tests/bench/*.c)) bench/slow.so bench/late.so
MAN = $(wildcard man/*.[157])
EXAMPLES = $(wildcard cmd/slurm/*.sh cmd/examples/*)

all: $(COMMANDS:%=$(BIN)/%) $(SCRIPTS:%=$(BIN)/%)

# What each command links besides the archive.
LIBS_rsenc = $(TIFF_LIBS) $(LMDB_LIBS) -lm
LIBS_rsenc-pack = $(TIFF_LIBS) $(INFLATE_LIBS) -lm
LIBS_rsenc-untar = $(LIBS_rsenc-pack)
LIBS_rsenc-scan = $(INFLATE_LIBS)
LIBS_rsenc-load = $(LMDB_LIBS)
LIBS_rsenc-dump = $(LMDB_LIBS)
LIBS_rsenc-missing = $(LMDB_LIBS)
LIBS_rsenc-verify = $(LMDB_LIBS) -lm
LIBS_rsenc-show = -lm
LIBS_rsenc-view = $(INFLATE_LIBS) -lm

$(B)/%.o: EXTRA = $(TIFF_CFLAGS) $(INFLATE_CFLAGS) $(LMDB_CFLAGS)
$(B)/tests/bench/%.o: EXTRA = $(TIFF_CFLAGS) $(if $(DEFLATE_LIBS),-DHAVE_LIBDEFLATE)
$(B)/tests/bench/inflate: LIBS = $(DEFLATE_LIBS)

$(BIN)/rsenc-%: $(B)/cmd/rsenc-%.o $(B)/librsenc.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(LIBS_rsenc-$*)

$(BIN)/rsenc: $(B)/cmd/rsenc.o $(B)/cmd/table.o $(B)/librsenc.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(LIBS_rsenc)

$(B)/%.o: $(B)/%.c $(B)/flags
	$(FLAGS) -c -o $@ $<

$(B)/cmd/table.c: FORCE | $(B)/flags
	@mkdir -p $(@D)
	@sh cmd/table.sh $(BY_NAME) >$@.tmp
	@cmp -s $@.tmp $@ && rm $@.tmp || mv $@.tmp $@

# The built-in rules are a file of rules like a user's.
$(B)/common/scan/builtin_rules.c: common/scan/builtin.rules
	@mkdir -p $(@D)
	@{ echo '#include "scan/rules.h"' && echo 'const char *const builtin_rules[] = {' && \
		sed '/^#/d; /^$$/d; s/["\\?]/\\&/g; s/.*/"&",/' $< && echo '0};'; } >$@.tmp && mv $@.tmp $@

$(BIN)/rs-%: cmd/rs-%.sh common/process/version.h | $(B)/flags
	@mkdir -p $(@D)
	v=$$(sed -n 's/.*RSENC_VERSION "\(.*\)"/\1/p' common/process/version.h) && \
	sed "s/@VERSION@/$$v/" $< >$@.tmp && chmod 755 $@.tmp && mv $@.tmp $@

$(B)/librsenc.a: $(COMMON)
	rm -f $@
	$(AR) rc $@ $^

# Objects depend on the flags they were built with: a sanitizer build needs no clean.
$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(FLAGS) $(EXTRA) -MMD -MP -c -o $@ $<

# Before anything is compiled with new flags, they are tried: better one line now than many.
ALL_FLAGS = $(FLAGS) $(TIFF_CFLAGS) $(INFLATE_CFLAGS) $(LMDB_CFLAGS) $(LINK) $(TIFF_LIBS) $(LMDB_LIBS)
PROBE = $(FLAGS) $(TIFF_CFLAGS) $(INFLATE_CFLAGS) $(LMDB_CFLAGS) -o $(B)/probe tests/probe.c $(HARDEN_LD) \
	$(LDFLAGS) $(TIFF_LIBS) $(INFLATE_LIBS) $(LMDB_LIBS)
$(B)/flags: FORCE | $(filter deps deps-%,$(MAKECMDGOALS))
	@mkdir -p $(@D) && test -w $(@D) || { echo "make: $(@D) belongs to $$(stat -c %U $(@D)):" \
		"run 'sudo rm -rf $(@D)' first" >&2; exit 1; }
	@command -v $(firstword $(CC)) >/dev/null || { echo "make: no C compiler ($(firstword $(CC))):" \
		"run 'make deps' first" >&2; exit 1; }
	@echo '$(ALL_FLAGS)' | cmp -s - $@ || { $(PROBE) && echo '$(ALL_FLAGS)' >$@; } || { \
		echo 'make: what building needs (a C compiler, libtiff and LMDB, with headers) is not all' \
			'here, or not with these flags: make deps' >&2; exit 1; }

# The maker of fixtures has a folder of its own.
$(B)/tests/tools/fixture: $(patsubst %.c,$(B)/%.o,$(wildcard tests/fixture/*.c)) $(B)/librsenc.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(TIFF_LIBS) -lm

# Unit tests, tools and fuzz targets: one program a file.
$(B)/tests/%: $(B)/tests/%.o $(B)/librsenc.a
	$(LINK) -o $@ $^ $(TIFF_LIBS) $(INFLATE_LIBS) $(LMDB_LIBS) $(LIBS) -lm

# Preloaded, so without what is for programs.
$(B)/tests/bench/%.so: tests/bench/preload/%.c $(B)/flags
	@mkdir -p $(@D)
	$(CC) -std=c11 $(WARN) $(CFLAGS) -shared -fPIC -o $@ $<

tools: $(TOOLS:%=$(B)/tests/%)

check: all tools
	BIN='$(abspath $(BIN))' TOOLS='$(abspath $(B))/tests' CC='$(CC)' CFLAGS='$(CFLAGS)' \
	LDFLAGS='$(LDFLAGS)' sh tests/run.sh $(PROVEFLAGS) $(if $(TESTS),$(TESTS),tests/)

FUZZ_SECONDS = 60
FUZZERS = $(patsubst %.c,$(B)/fuzz/%,$(wildcard tests/fuzz/*.c))
fuzz: all tools
	$(MAKE) B='$(B)/fuzz' PROBE=: CC=clang LDFLAGS=-fsanitize=fuzzer CFLAGS='-O1 -g -DLIBFUZZER \
		-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined' $(FUZZERS)
	PATH='$(abspath $(BIN)):$(abspath $(B))/tests/tools':"$$PATH" \
		sh tests/fuzz/run.sh $(FUZZ_SECONDS) $(abspath $(B))/fuzz $(abspath $(FUZZERS))

# All files of tests/gdal, and 100,000 broken copies of them read under sanitizers.
# ORACLE=system is Debian's GDAL, wheel and tifffile are those of `make oracles`.
ORACLE = system
check-gdal: all
	$(MAKE) B='$(B)/asan' BIN='$(B)/asan' CFLAGS='-O1 -g -fsanitize=address,undefined' \
		'$(B)/asan/tests/tools/mutate'
	BIN='$(abspath $(BIN))' MUTATE='$(abspath $(B))/asan/tests/tools/mutate' \
	ORACLES='$(abspath build/oracles)' sh tests/gdal/check.sh '$(ORACLE)'

torture: all tools
	BIN='$(abspath $(BIN))' TOOLS='$(abspath $(B))/tests' CC='$(CC)' CFLAGS='$(CFLAGS)' \
	FAULTS=long KILLS=320 prove -v tests/faults.t

mutants:
	@CC='$(CC)' sh tests/mutants.sh

# All tests on other Debians, from the commit: 2 GB each, below DEBIAN (root; ten minutes each).
DEBIAN = build/debian
check-debian:
	@CC='$(CC)' CFLAGS='$(CFLAGS) -Werror' sh tests/debian.sh '$(DEBIAN)' $(SUITE)

SOAK_PATCHES = 200000
soak: all tools
	@BIN='$(abspath $(BIN))' TOOLS='$(abspath $(B))/tests' sh tests/soak.sh $(SOAK_PATCHES)

SOAK_NAMES = 8000000
soak-names: all $(B)/tests/bench/peak
	@BIN='$(abspath $(BIN))' TOOLS='$(abspath $(B))/tests' sh tests/soak-names.sh $(SOAK_NAMES)

demo:
	@$(MAKE) -s --no-print-directory all '$(B)/tests/tools/fixture'
	@BIN='$(abspath $(BIN))' TOOLS='$(abspath $(B))/tests' DEMO='$(abspath $(B))/demo' sh tests/demo.sh

# The picture in README.md is that of the demo.
man/contact-sheet.png: demo
	cp $(B)/demo/sheet.png $@

# BENCH_PATCHES, BENCH_ROUNDS and BENCH_DIR: see the script. Cold caches need root.
bench: all $(B)/tests/tools/fixture $(B)/tests/tools/records $(BENCH_TOOLS:%=$(B)/tests/%)
	@BIN='$(abspath $(BIN))' TOOLS='$(abspath $(B))/tests' CC='$(CC)' sh tests/bench/bench.sh

# Patches a second in Python; READ_PATCHES, READ_ROUNDS and READ_SECONDS: see the script.
bench-read: all clients $(B)/tests/tools/fixture
	@BIN='$(abspath $(BIN))' TOOLS='$(abspath $(B))/tests' CLIENTS='$(abspath build/clients)' sh tests/bench/read.sh

# The whole pipe beside Python's; PEERS_PATCHES and PEERS_ROUNDS: see the script.
bench-peers: all clients $(B)/tests/tools/fixture
	@BIN='$(abspath $(BIN))' TOOLS='$(abspath $(B))/tests' CLIENTS='$(abspath build/clients)' sh tests/bench/peers.sh

# A slow disk, made of a loop device (root); DISK_PATCHES, DISK_RATE and DISK_ROUNDS: see the script.
bench-disk: all $(B)/tests/tools/fixture $(B)/tests/bench/late.so
	@BIN='$(abspath $(BIN))' TOOLS='$(abspath $(B))/tests' sh tests/bench/disk.sh

bench-cold:
	@BENCH_COLD=1 BENCH_ROUNDS=$${BENCH_ROUNDS:-3} $(MAKE) --no-print-directory bench

deps:
	@sh tests/deps.sh

deps-%:
	@sh tests/deps.sh $*

# In build, whatever B is: one for all builds of the tree.
clients:
	@sh tests/clients/venv.sh clients build/clients

# The same for a newer GDAL, and for decoders that share no code with libtiff.
oracles:
	@sh tests/clients/venv.sh oracles build/oracles

install: all install-pages
	mkdir -p '$(DESTDIR)$(BINDIR)'
	cd $(BIN) && install -m 755 $(COMMANDS) $(SCRIPTS) '$(DESTDIR)$(BINDIR)'

install-pages:
	for m in $(MAN); do d='$(DESTDIR)$(MANDIR)'/man$${m##*.}; \
		mkdir -p "$$d" && install -m 644 $$m "$$d" || exit 1; done
	mkdir -p '$(DESTDIR)$(BASHDIR)' '$(DESTDIR)$(ZSHDIR)'
	for c in $(COMMANDS) $(SCRIPTS); do \
		install -m 644 cmd/completion/rsenc.bash '$(DESTDIR)$(BASHDIR)'/$$c || exit 1; done
	install -m 644 cmd/completion/_rsenc '$(DESTDIR)$(ZSHDIR)'
	mkdir -p '$(DESTDIR)$(DOCDIR)/examples'
	install -m 644 $(EXAMPLES) '$(DESTDIR)$(DOCDIR)/examples'

uninstall:
	cd '$(DESTDIR)$(BINDIR)' && rm -f $(COMMANDS) $(SCRIPTS)
	for m in $(MAN); do rm -f '$(DESTDIR)$(MANDIR)'/man$${m##*.}/$${m##*/}; done
	for c in $(COMMANDS) $(SCRIPTS); do rm -f '$(DESTDIR)$(BASHDIR)'/$$c; done
	rm -f '$(DESTDIR)$(ZSHDIR)/_rsenc'
	for f in $(notdir $(EXAMPLES)); do rm -f '$(DESTDIR)$(DOCDIR)/examples'/$$f; done
	rmdir '$(DESTDIR)$(DOCDIR)/examples' '$(DESTDIR)$(DOCDIR)' 2>/dev/null || :

# gcc loses track of pointers in structures that are copied, and takes them for leaks: the sanitizers
# and valgrind look for those.
ANALYSE = $(CPP) $(TIFF_CFLAGS) $(INFLATE_CFLAGS) $(LMDB_CFLAGS) -include tests/lint.h
GCC_ANALYSE = -O2 -Werror -fanalyzer -Wno-analyzer-malloc-leak -c -o /dev/null
SOURCES = $(wildcard cmd/*.[ch] common/*/*.[ch])
EACH = printf '%s\n' $(filter-out common/base/error.c,$(filter %.c,$(SOURCES))) | xargs -P 4 -n 1
lint:
	@sh tests/layers.sh
	@for f in $(SOURCES); do expand $$f | LC_ALL=C.UTF-8 grep -n '.\{101\}' | \
		sed "s,^,$$f:,; s,\(:[0-9]*\):.*,\1: more than 100 columns,"; done | { ! grep .; }
	clang-format --dry-run -Werror $(SOURCES) $(wildcard tests/*.[ch] tests/*/*.[ch])
	cppcheck --quiet -j4 --error-exitcode=1 --enable=warning,performance,portability \
		--inline-suppr --suppress=missingIncludeSystem \
		--library=tests/cppcheck.cfg -Icommon -I. cmd common
	@$(EACH) gcc $(ANALYSE) $(GCC_ANALYSE)
	shellcheck $(wildcard cmd/*.sh cmd/*/*.sh .ci/release/*.sh cmd/completion/*.bash tests/*.sh tests/*.t \
		tests/*/*.sh) .ci/run
	mandoc -Tlint -W warning $(MAN)

lint-deep: lint
	@$(EACH) sh -c 'clang-tidy --quiet "$$0" -- $(ANALYSE) 2>/dev/null'

include .ci/release/release.mk

clean:
	rm -rf $(B) $(COMMANDS:%=$(BIN)/%) $(SCRIPTS:%=$(BIN)/%)

FORCE:
.PHONY: all tools check check-gdal check-debian clients oracles fuzz torture mutants soak soak-names bench bench-cold bench-read bench-peers bench-disk demo deps install install-pages uninstall lint lint-deep clean FORCE
.SECONDARY:
-include $(wildcard $(B)/*/*.d $(B)/*/*/*.d)
