#include "stream/sniff.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* First bytes that tell a kind: https://www.garykessler.net/library/file_sigs.html and the formats'
 * own documents. */
static const struct {
	size_t at;
	const char *bytes;
	size_t len;
	enum kind kind;
} magics[] = {
    {0, "II*\0", 4, KIND_TIFF},
    {0, "MM\0*", 4, KIND_TIFF},
    {0, "II+\0", 4, KIND_BIGTIFF},
    {0, "MM\0+", 4, KIND_BIGTIFF},
    {0, "\x1f\x8b", 2, KIND_GZIP},
    {0, "\x28\xb5\x2f\xfd", 4, KIND_ZSTD},
    {0,
        "\xfd"
        "7zXZ\0",
        6, KIND_XZ},
    {0, "BZh", 3, KIND_BZIP2},
    {0, "PK\3\4", 4, KIND_ZIP},
    {257, "ustar", 5, KIND_TAR},
    {0, "\x89PNG\r\n\x1a\n", 8, KIND_PNG},
    {0, "\xff\xd8\xff", 3, KIND_JPEG},
    {0, "\x89HDF\r\n\x1a\n", 8, KIND_HDF5},
    {0, "CDF\1", 4, KIND_NETCDF},
    {0, "CDF\2", 4, KIND_NETCDF},
    {0, "\x93NUMPY", 6, KIND_NUMPY},
    {0, "SQLite format 3", 16, KIND_SQLITE},
    {0, "P5\n", 3, KIND_PGM},
    {0, "P6\n", 3, KIND_PPM},
    {0, "<!DOCTYPE", 9, KIND_HTML},
    {0, "<html", 5, KIND_HTML},
    {16, "\xde\xc0\xef\xbe", 4, KIND_LMDB},
    {16, "\xbe\xef\xc0\xde", 4, KIND_LMDB},
};

static const char *const kind_names[] = {
    [KIND_TIFF] = "a TIFF file",
    [KIND_BIGTIFF] = "a BigTIFF file",
    [KIND_GZIP] = "gzip data",
    [KIND_ZSTD] = "zstd data",
    [KIND_XZ] = "xz data",
    [KIND_BZIP2] = "bzip2 data",
    [KIND_ZIP] = "a zip archive",
    [KIND_TAR] = "a tar archive",
    [KIND_PNG] = "a PNG file",
    [KIND_JPEG] = "a JPEG file",
    [KIND_HDF5] = "an HDF5 file",
    [KIND_NETCDF] = "a NetCDF file",
    [KIND_NUMPY] = "a NumPy array file",
    [KIND_SQLITE] = "an SQLite database",
    [KIND_PGM] = "a PGM image",
    [KIND_PPM] = "a PPM image",
    [KIND_HTML] = "an HTML page",
    [KIND_LMDB] = "an LMDB data file",
    [KIND_TEXT] = "text",
    [KIND_GROUPS] = "group lines",
    [KIND_RECORDS] = "a record stream",
    [KIND_BLOB] = "a bare safetensors blob",
};

/* "+digits,digits:" */
static bool
is_records(const char *s, size_t len)
{
	static const char digits[] = "0123456789";
	size_t at = 1;
	if (len < 4 || s[0] != '+')
		return false;
	while (at < len && memchr(digits, s[at], 10))
		at++;
	if (at == 1 || at == len || s[at] != ',')
		return false;
	size_t comma = at++;
	while (at < len && memchr(digits, s[at], 10))
		at++;
	return at > comma + 1 && at < len && s[at] == ':';
}

/* u64le N of at most 100 MB, then JSON. */
static bool
is_blob(const char *s, size_t len)
{
	uint64_t n = 0;
	for (size_t i = 8; len >= 9 && i-- > 0;)
		n = n << 8 | (unsigned char)s[i];
	return n >= 2 && n <= 100000000 && s[8] == '{';
}

/* True if the first line (as far as it is there) holds no control bytes but tabs. */
static bool
is_text(const char *s, size_t len)
{
	for (size_t i = 0; i < len && s[i] != '\n'; i++) {
		unsigned char c = (unsigned char)s[i];
		if ((c < 0x20 && c != '\t' && c != '\r') || c == 0x7f)
			return false;
	}
	return len > 0;
}

/* A tab and an '=' after it, on the first line. */
static bool
is_groups(const char *s, size_t len)
{
	const char *newline = memchr(s, '\n', len);
	size_t line = newline ? (size_t)(newline - s) : len;
	const char *tab = memchr(s, '\t', line);
	return tab && tab > s && memchr(tab, '=', line - (size_t)(tab - s));
}

enum kind
kind_guess(const void *bytes, size_t len)
{
	const char *s = bytes;
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
		if (len >= magics[i].at + magics[i].len &&
		    memcmp(s + magics[i].at, magics[i].bytes, magics[i].len) == 0)
			return magics[i].kind;
	}
	if (is_records(s, len))
		return KIND_RECORDS;
	if (is_blob(s, len))
		return KIND_BLOB;
	if (!is_text(s, len))
		return KIND_UNKNOWN;
	return is_groups(s, len) ? KIND_GROUPS : KIND_TEXT;
}

const char *
kind_name(enum kind kind)
{
	return kind_names[kind];
}
