# rsenc: remote-sensing patches to safetensors in LMDB.
#
#   make            build the commands (here, beside the README)
#   make deps       install what building and testing need, with the system's package manager
#   make demo       make a small dataset, convert it, show what came out
#   make check      run all tests          make install  PREFIX=/usr/local DESTDIR=
#   make lint       format, cppcheck, shellcheck, mandoc
#
# CFLAGS, LDFLAGS and CC are yours: make check CFLAGS='-O1 -g -fsanitize=address,undefined'
# B is where objects go and BIN where the commands go, for several builds of one tree.

B = build
BIN = .
PREFIX = /usr/local
BINDIR = $(PREFIX)/bin
MANDIR = $(PREFIX)/share/man

CC = cc
CFLAGS = -O2 -g -D_FORTIFY_SOURCE=2
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion
HARDEN = -fstack-protector-strong -fPIE
HARDEN_LD = -pie -Wl,-z,relro,-z,now
CPP = -std=c11 -D_XOPEN_SOURCE=700 -D_DEFAULT_SOURCE -D_FILE_OFFSET_BITS=64 -Icommon
PKG_CONFIG = pkg-config
TIFF_CFLAGS = $(shell $(PKG_CONFIG) --cflags libtiff-4)
TIFF_LIBS = $(shell $(PKG_CONFIG) --libs libtiff-4)
LMDB_CFLAGS = $(shell $(PKG_CONFIG) --cflags lmdb)
LMDB_LIBS = $(shell $(PKG_CONFIG) --libs lmdb)
FLAGS = $(CC) $(CPP) $(WARN) $(HARDEN) $(CFLAGS) -pthread
LINK = $(CC) $(HARDEN_LD) $(CFLAGS) -pthread $(LDFLAGS)

COMMANDS = $(patsubst cmd/%.c,%,$(wildcard cmd/*.c))
SCRIPTS = $(patsubst cmd/%.sh,%,$(wildcard cmd/*.sh))
COMMON = $(patsubst common/%.c,$(B)/common/%.o,$(wildcard common/*.c))
TOOLS = $(patsubst tests/%.c,%,$(wildcard tests/*.c))
MAN = $(wildcard man/*.[157])

all: $(COMMANDS:%=$(BIN)/%) $(SCRIPTS:%=$(BIN)/%)

# What each command links besides the archive; rsenc-scan needs neither library.
LIBS_rsenc-pack = $(TIFF_LIBS) -lm
LIBS_rsenc-load = $(LMDB_LIBS)
LIBS_rsenc-dump = $(LMDB_LIBS)
LIBS_rsenc-missing = $(LMDB_LIBS)
LIBS_rsenc-verify = $(LMDB_LIBS)

$(B)/common/tiff%.o $(B)/tests/%.o: EXTRA = $(TIFF_CFLAGS)
$(B)/common/store%.o: EXTRA = $(LMDB_CFLAGS)

$(BIN)/rsenc-%: $(B)/cmd/rsenc-%.o $(B)/librsenc.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(LIBS_rsenc-$*)

$(BIN)/rs-%: cmd/rs-%.sh common/version.h
	@mkdir -p $(@D)
	v=$$(sed -n 's/.*RSENC_VERSION "\(.*\)"/\1/p' common/version.h) && \
	sed "s/@VERSION@/$$v/" $< >$@.tmp && chmod 755 $@.tmp && mv $@.tmp $@

$(B)/librsenc.a: $(COMMON)
	rm -f $@
	$(AR) rc $@ $^

# Objects depend on the flags they were built with: a sanitizer build needs no clean.
$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(FLAGS) $(EXTRA) -MMD -MP -c -o $@ $<

$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(FLAGS) $(LINK)' | cmp -s - $@ || echo '$(FLAGS) $(LINK)' >$@

# Unit tests (test-*.c) and fixture makers: one program a file.
$(B)/tests/%: $(B)/tests/%.o $(B)/librsenc.a
	$(LINK) -o $@ $^ $(TIFF_LIBS) $(LMDB_LIBS) -lm

tools: $(TOOLS:%=$(B)/tests/%)

check: all tools
	BIN='$(abspath $(BIN))' TOOLS='$(abspath $(B))/tests' CC='$(CC)' CFLAGS='$(CFLAGS)' \
	LDFLAGS='$(LDFLAGS)' prove $(PROVEFLAGS) $(if $(TESTS),$(TESTS),tests/)

demo: all tools
	@BIN='$(abspath $(BIN))' TOOLS='$(abspath $(B))/tests' sh tests/demo.sh

deps:
	@sh tests/deps.sh

install: all
	mkdir -p '$(DESTDIR)$(BINDIR)'
	cd $(BIN) && install -m 755 $(COMMANDS) $(SCRIPTS) '$(DESTDIR)$(BINDIR)'
	for m in $(MAN); do d='$(DESTDIR)$(MANDIR)'/man$${m##*.}; \
		mkdir -p "$$d" && install -m 644 $$m "$$d" || exit 1; done

uninstall:
	cd '$(DESTDIR)$(BINDIR)' && rm -f $(COMMANDS) $(SCRIPTS)
	for m in $(MAN); do rm -f '$(DESTDIR)$(MANDIR)'/man$${m##*.}/$${m##*/}; done

lint:
	clang-format --dry-run -Werror $(wildcard cmd/*.c common/*.[ch] tests/*.[ch] tests/*/*.[ch])
	cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability \
		--inline-suppr --suppress=missingIncludeSystem -Icommon cmd common
	shellcheck $(wildcard cmd/*.sh tests/*.sh tests/*.t tests/*/*.sh) .ci/run
	mandoc -Tlint -W warning $(MAN)

clean:
	rm -rf $(B) $(COMMANDS:%=$(BIN)/%) $(SCRIPTS:%=$(BIN)/%)

FORCE:
.PHONY: all tools check demo deps install uninstall lint clean FORCE
.SECONDARY:
-include $(wildcard $(B)/*/*.d)
