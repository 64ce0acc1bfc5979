# What is handed out, each in a file of its own below $(B):
#
#   make static     one executable that needs nothing on the machine
#
# Included by the Makefile.

S = $(B)/static
STATIC_LIBS = $(shell $(PKG_CONFIG) --static --libs libtiff-4) -llmdb
# libjbig is under the GPL alone, so it is left out; LERC is C++.
STATIC_LINK = $(filter-out -ljbig,$(STATIC_LIBS)) $(if $(filter -lLerc,$(STATIC_LIBS)),-lstdc++) -lm
LINKED = sh .ci/release/linked.sh '$(CC)' $(STATIC_LINK)

static: $(S)/rsenc
	@echo '$(S)/rsenc'

# Without JBIG libtiff's table of codecs names what stands there for one that is not configured: files
# that need it are refused by name, as by a libtiff that was built so.
$(S)/rsenc: $(B)/cmd/rsenc.o $(S)/table.o $(S)/codecs.o $(patsubst %,$(S)/%.o,$(filter-out rsenc,$(COMMANDS))) $(B)/librsenc.a
	$(CC) -static-pie -Wl,-z,relro,-z,now -Wl,--build-id=none -s $(CFLAGS) -pthread $(LDFLAGS) \
		-Wl,--defsym,TIFFInitJBIG=NotConfigured -o $@ $(filter %.o,$^) $(B)/librsenc.a $(STATIC_LINK)

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

.PHONY: static
