#ifndef RSENC_FUZZ_H
#define RSENC_FUZZ_H

/*
 * A fuzz target is one file here that defines LLVMFuzzerTestOneInput, https://llvm.org/docs/LibFuzzer.html.
 * `make fuzz` builds it with libFuzzer (and -DLIBFUZZER); otherwise it gets the main below, which
 * runs the files named, as libFuzzer's own main does with files.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What every input must fulfil. */
static inline void
must(bool fulfilled, const char *what)
{
	if (fulfilled)
		return;
	fprintf(stderr, "fuzz: it does not hold that %s\n", what);
	abort();
}

#ifndef LIBFUZZER

#include "base/file.h"

int
main(int argc, char **argv)
{
	struct buf file = {0};
	for (int i = 1; i < argc; i++) {
		struct error why;
		if (file_read(argv[i], UINT64_C(1) << 30, NULL, &file, &why) != 0) {
			fprintf(stderr, "%s: %s\n", argv[i], why.text);
			return 2;
		}
		/* A copy of just its size: a sanitizer sees a read beyond its end. */
		uint8_t *copy = malloc(file.len + (file.len == 0));
		must(copy != NULL, "there is memory");
		memcpy(copy, file.data, file.len);
		printf("%s\n", argv[i]);
		fflush(stdout);
		LLVMFuzzerTestOneInput(copy, file.len);
		free(copy);
	}
	buf_free(&file);
	return 0;
}

#endif

#endif
