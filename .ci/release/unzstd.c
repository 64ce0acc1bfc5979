/* zstd for the image, of which only this is used: `zstd -dc --long=31` and `zstd -t`, from standard input. */

#include <stdio.h>
#include <string.h>
#include <zstd.h>

static int
fail(const char *why)
{
	fprintf(stderr, "zstd: standard input: %s\n", why);
	return 1;
}

int
main(int argc, char **argv)
{
	static char from[1 << 17], to[1 << 17];
	int test = argc > 1 && strchr(argv[1], 't') != NULL;
	ZSTD_DCtx *context = ZSTD_createDCtx();
	size_t left = 1; /* 0 between frames, of which there may be several */
	if (argc < 2 || (!test && strcmp(argv[1], "-dc") != 0) ||
	    (argc > 2 && strcmp(argv[2], "--long=31") != 0))
		return fail("only -dc, -t and --long=31 are known here");
	if (!context)
		return fail("out of memory");
	ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, 31); /* files made with --long */
	ZSTD_inBuffer in = {from, 0, 0};
	while ((in.size = fread(from, 1, sizeof from, stdin)) > 0) {
		for (in.pos = 0; in.pos < in.size;) {
			ZSTD_outBuffer out = {to, sizeof to, 0};
			left = ZSTD_decompressStream(context, &out, &in);
			if (ZSTD_isError(left))
				return fail(ZSTD_getErrorName(left));
			if (!test && fwrite(to, 1, out.pos, stdout) != out.pos)
				return fail("cannot write");
		}
	}
	/* What one buffer could not hold is still to come. */
	for (size_t got = 1; left > 0 && got > 0;) {
		ZSTD_outBuffer out = {to, sizeof to, 0};
		left = ZSTD_decompressStream(context, &out, &in);
		if (ZSTD_isError(left))
			return fail(ZSTD_getErrorName(left));
		got = out.pos;
		if (!test && fwrite(to, 1, got, stdout) != got)
			return fail("cannot write");
	}
	if (ferror(stdin) || left > 0)
		return fail("truncated");
	return fflush(stdout) == 0 ? 0 : fail("cannot write");
}
