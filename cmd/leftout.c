#include "cmd/leftout.h"

#include "base/buf.h"
#include "process/diag.h"
#include "stream/sniff.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { ANY = -1 };

/* The first row that fits counts, and the last one fits all. Words that read on after a number, for
 * who decides what to do about 40,000 of them: one kind, one mend. */
static const struct {
	enum error_hint hint;
	int detail;
	const char *one, *many;
} kinds[] = {
    {HINT_LINE, ANY, "bad line", "bad lines"},
    {HINT_NO_FILE, KIND_ANNEX, "file that git-annex has elsewhere",
        "files that git-annex has elsewhere"},
    {HINT_NO_FILE, ANY, "missing file", "missing files"},
    {HINT_UNREADABLE, ANY, "unreadable file", "unreadable files"},
    {HINT_EMPTY, ANY, "empty file", "empty files"},
    {HINT_ENDS_EARLY, ANY, "ends early", "end early"},
    {HINT_ZEROS, ANY, "file of zeros", "files of zeros"},
    {HINT_UNFINISHED, ANY, "unfinished download", "unfinished downloads"},
    {HINT_NOT_TIFF, KIND_LFS, "Git LFS pointer", "Git LFS pointers"},
    {HINT_NOT_TIFF, KIND_ANNEX, "git-annex pointer", "git-annex pointers"},
    {HINT_NOT_TIFF, KIND_HTML, "HTML page", "HTML pages"},
    {HINT_NOT_TIFF, KIND_XML, "XML document", "XML documents"},
    {HINT_NOT_TIFF, KIND_JSON, "JSON text", "JSON texts"},
    {HINT_NOT_TIFF, KIND_TEXT, "text", "texts"},
    {HINT_NOT_TIFF, KIND_GZIP, "gzip file", "gzip files"},
    {HINT_NOT_TIFF, KIND_ZSTD, "zstd file", "zstd files"},
    {HINT_NOT_TIFF, KIND_XZ, "xz file", "xz files"},
    {HINT_NOT_TIFF, KIND_BZIP2, "bzip2 file", "bzip2 files"},
    {HINT_NOT_TIFF, KIND_ZIP, "zip archive", "zip archives"},
    {HINT_NOT_TIFF, KIND_TAR, "tar archive", "tar archives"},
    {HINT_NOT_TIFF, KIND_PNG, "PNG file", "PNG files"},
    {HINT_NOT_TIFF, KIND_JPEG, "JPEG file", "JPEG files"},
    {HINT_NOT_TIFF, KIND_JP2, "JPEG 2000 file", "JPEG 2000 files"},
    {HINT_NOT_TIFF, KIND_HDF5, "HDF5 file", "HDF5 files"},
    {HINT_NOT_TIFF, KIND_NETCDF, "NetCDF file", "NetCDF files"},
    {HINT_NOT_TIFF, KIND_APPLEDOUBLE, "companion file of macOS", "companion files of macOS"},
    {HINT_NOT_TIFF, ANY, "file that is no TIFF", "files that are no TIFF"},
    {HINT_DAMAGED, ANY, "with damaged pixels", "with damaged pixels"},
    {HINT_BANDS, ANY, "with another number of bands", "with another number of bands"},
    {HINT_BAND, ANY, "without a band of -t", "without a band of -t"},
    {HINT_MEMORY, ANY, "too large for -M", "too large for -M"},
    {HINT_TWICE, ANY, "key that comes twice", "keys that come twice"},
    {HINT_NONE, ANY, "for other reasons", "for other reasons"},
};

enum { ROWS = sizeof kinds / sizeof *kinds };
_Static_assert((int)ROWS <= (int)LEFTOUT_KINDS, "a count for each row");

/* A count for each kind, and not a list: with millions of patches memory stays the same. */
void
leftout_add(struct leftout *l, const struct error *why)
{
	size_t i = 0;
	while (i < ROWS - 1 && !(kinds[i].hint == why->hint &&
	                           (kinds[i].detail == ANY || kinds[i].detail == why->detail)))
		i++;
	l->count[i]++;
	l->total++;
}

/* The kind that is counted most of those not told yet, or -1. */
static int
most_of(const struct leftout *l, const bool told[ROWS])
{
	int most = -1;
	for (int i = 0; i < ROWS; i++) {
		if (!told[i] && l->count[i] > 0 && (most < 0 || l->count[i] > l->count[most]))
			most = i;
	}
	return most;
}

/* Most frequent first: what costs most patches is what is to be mended. */
void
leftout_tell(const struct leftout *l, uint64_t groups)
{
	bool told[ROWS] = {false};
	struct buf list = {0};
	for (int i; (i = most_of(l, told)) >= 0; told[i] = true) {
		char text[100];
		uint64_t n = l->count[i];
		int len = snprintf(text, sizeof text, "%s%" PRIu64 " %s", list.len > 0 ? ", " : "",
		    n, n == 1 ? kinds[i].one : kinds[i].many);
		/* Without memory the line is shorter: it adds to messages that were given, and is
		 * no reason to die. */
		if (len < 0 || buf_add(&list, text, (size_t)len) != 0)
			break;
	}
	if (l->total > 0)
		diag_warn("left out %" PRIu64 " of %" PRIu64 " patches: %.*s", l->total, groups,
		    (int)list.len, list.data);
	buf_free(&list);
}
