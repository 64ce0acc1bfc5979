# What is handed out, each in a file of its own below $(B):
#
#   make static     one executable that needs nothing on the machine
#   make dist       a tarball of it: links, man pages, completions, licence texts
#   make html       the manual as web pages, which the tarball also contains
#   make image      an image for docker, podman, apptainer
#   make deb        a package for the Debian at hand
#   make wheel      a Python wheel of the executable and the reader, for pip
#   make release    all of these, the source and SHA256SUMS in $(B)/release, after all checks
#
# The same source gives the same bytes in any folder: times are those of the commit.
# Included by the Makefile.

S = $(B)/static
STATIC_LIBS = $(shell $(PKG_CONFIG) --static --libs libtiff-4) -llmdb
# libjbig is under the GPL alone, so it is omitted; LERC is C++.
STATIC_LINK = $(filter-out -ljbig,$(STATIC_LIBS)) $(if $(filter -lLerc,$(STATIC_LIBS)),-lstdc++) -lm
LINKED = sh .ci/release/linked.sh '$(CC)' $(STATIC_LINK)

static: $(S)/rsenc
	@echo '$(S)/rsenc'

# Without JBIG libtiff's table of codecs names what stands there for one that is not configured: files
# that need it are refused by name, as by a libtiff that was built so.
$(S)/rsenc: $(B)/cmd/rsenc.o $(S)/table.o $(S)/codecs.o $(patsubst %,$(S)/%.o,$(filter-out rsenc,$(COMMANDS))) $(B)/librsenc.a
	$(CC) -static-pie -Wl,-z,relro,-z,now -Wl,--build-id=none -s $(CFLAGS) -pthread $(LDFLAGS) \
		-Wl,--defsym,TIFFInitJBIG=NotConfigured -o $@ $(filter %.o,$^) $(B)/librsenc.a $(STATIC_LINK) || { \
		echo 'make: the libraries are not all here as archives (.a): make deps-check' >&2; exit 1; }

$(S)/codecs.o: $(B)/flags
	@mkdir -p $(@D)
	cd $(@D) && $(AR) x "$$($(CC) -print-file-name=libtiff.a)" tif_codec.o
	objcopy --globalize-symbol=NotConfigured $(@D)/tif_codec.o $@

# Each command's main() under a name of its own.
$(S)/rsenc-%.o: $(B)/cmd/rsenc-%.o
	@mkdir -p $(@D)
	objcopy --redefine-sym main=rsenc_$(subst -,_,$*)_main $< $@

$(S)/table.c: cmd/table.sh $(MAN) $(SCRIPTS:%=$(BIN)/%) $(B)/flags $(wildcard cmd/*.c)
	@mkdir -p $(@D)
	sh cmd/table.sh -i '$(BIN)' \
		"$$($(LINKED) | cut -d ' ' -f 1,2 | paste -s -d , - | sed 's/,/, /g') (no JBIG)" $(BY_NAME) >$@

VERSION = $(shell sed -n 's/.*RSENC_VERSION "\(.*\)"/\1/p' common/process/version.h)
MACHINE = $(firstword $(subst -, ,$(shell $(CC) -dumpmachine 2>/dev/null)))
DIST = rsenc-$(VERSION)-linux-$(MACHINE)
EPOCH = $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null || stat -c %Y NEWS))
TAR = tar --sort=name --mtime=@$(EPOCH) --owner=0 --group=0 --numeric-owner --format=ustar

html: $(B)/html/style.css
	@echo '$(B)/html/rsenc.7.html'

# In man/, where mandoc sees which pages are ours; it links others at Debian.
$(B)/html/style.css: .ci/release/manual.css $(MAN)
	@command -v mandoc >/dev/null || { echo "make html: mandoc is not installed: run 'make deps-check'" >&2; exit 1; }
	@rm -rf $(@D) && mkdir -p $(@D)
	@cd man && for m in $(MAN:man/%=%); do mandoc -Thtml -O 'style=style.css,man=%N.%S.html;https://manpages.debian.org/%N.%S' \
		$$m >'$(abspath $(@D))'/$$m.html || exit; done
	@cp $< $@

dist: $(B)/$(DIST).tar.gz
	@echo '$(B)/$(DIST).tar.gz'

$(B)/$(DIST).tar.gz: $(S)/rsenc $(if $(shell command -v mandoc),$(B)/html/style.css) .ci/release/licences.sh README.md NEWS LICENSE $(wildcard cmd/completion/*) FORCE
	rm -rf $(B)/dist
	umask 022 && mkdir -p $(B)/dist/$(DIST)/bin && cp $(S)/rsenc $(B)/dist/$(DIST)/bin && \
		for c in $(BY_NAME); do ln -s rsenc $(B)/dist/$(DIST)/bin/$$c || exit 1; done
	umask 022 && $(MAKE) -s install-pages DESTDIR= PREFIX=$(B)/dist/$(DIST)
	umask 022 && CC='$(CC)' sh .ci/release/licences.sh $(B)/dist/$(DIST)/share/doc/rsenc/licences $(STATIC_LINK)
	install -m 644 README.md NEWS LICENSE $(B)/dist/$(DIST)/share/doc/rsenc
	[ ! -d $(B)/html ] || (umask 022 && cp -R $(B)/html $(B)/dist/$(DIST)/share/doc/rsenc)
	$(TAR) -C $(B)/dist -cf $(B)/$(DIST).tar $(DIST) && gzip -9nf $(B)/$(DIST).tar

# What an image has for .tar.zst: Debian has no static zstd.
$(S)/zstd: .ci/release/unzstd.c $(B)/flags
	@mkdir -p $(@D)
	$(CC) -std=c11 $(CFLAGS) -static -s -Wl,--build-id=none -o $@ $< -lzstd

image: $(B)/rsenc-$(VERSION)-image.tar
	@echo '$(B)/rsenc-$(VERSION)-image.tar'

$(B)/rsenc-$(VERSION)-image.tar: $(B)/$(DIST).tar.gz $(S)/zstd .ci/release/image.sh
	SOURCE_DATE_EPOCH=$(EPOCH) sh .ci/release/image.sh $(B)/dist/$(DIST) $(S)/zstd $(VERSION) $@

# The source: what git knows of this folder or, without it, all but what was built.
$(B)/rsenc-$(VERSION).tar.gz: FORCE
	@mkdir -p $(B)
	{ git ls-files 2>/dev/null || find . -path ./build -prune -o -type f -print; } | \
		grep -v -x -F "$$(printf '%s\n' $(COMMANDS) $(SCRIPTS) | sed 's,^,./,')" >$(B)/files
	$(TAR) --transform 's,^\(\./\)*,rsenc-$(VERSION)/,' -cf $(B)/rsenc-$(VERSION).tar -T $(B)/files
	gzip -9nf $(B)/rsenc-$(VERSION).tar

deb: $(B)/rsenc-$(VERSION).tar.gz
	SOURCE_DATE_EPOCH=$(EPOCH) sh .ci/release/deb.sh $< $(VERSION) $(B)/deb
	@ls $(B)/deb/rsenc_$(VERSION)-1_*.deb

wheel: $(B)/$(DIST).tar.gz
	SOURCE_DATE_EPOCH=$(EPOCH) sh .ci/release/wheel.sh $(S)/rsenc $(B)/dist/$(DIST)/share/doc/rsenc/licences \
		$(VERSION) $(B)/wheel $(COMMANDS) $(SCRIPTS)
	@ls $(B)/wheel/*.whl

# Rebuilt, and checked, before it is handed out.
release:
	$(MAKE) check
	$(MAKE) check-release
	$(MAKE) dist image deb wheel
	rm -rf $(B)/release && mkdir -p $(B)/release
	cp $(B)/$(DIST).tar.gz $(B)/rsenc-$(VERSION)-image.tar $(B)/deb/rsenc_$(VERSION)-1_*.deb $(B)/wheel/*.whl \
		$(B)/rsenc-$(VERSION).tar.gz $(B)/release
	cd $(B)/release && sha256sum * >SHA256SUMS && cat SHA256SUMS
	@echo '$(B)/release'

check-release: all tools
	RELEASE=long BIN='$(abspath $(BIN))' TOOLS='$(abspath $(B))/tests' CC='$(CC)' CFLAGS='$(CFLAGS)' \
	LDFLAGS='$(LDFLAGS)' prove $(PROVEFLAGS) tests/release.t

.PHONY: static html dist image deb wheel release check-release
