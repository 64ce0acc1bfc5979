#include "stream/sniff.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

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
    {0, "PK\5\6", 4, KIND_ZIP},
    {0, "7z\xbc\xaf\x27\x1c", 6, KIND_7ZIP},
    {0, "Rar!\x1a\7", 6, KIND_RAR},
    {257, "ustar", 5, KIND_TAR},
    {0, "\x89PNG\r\n\x1a\n", 8, KIND_PNG},
    {0, "\xff\xd8\xff", 3, KIND_JPEG},
    {4, "jP  \r\n\x87\n", 8, KIND_JP2},
    {0, "\xff\x4f\xff\x51", 4, KIND_JP2},
    {0, "\x89HDF\r\n\x1a\n", 8, KIND_HDF5},
    {0, "CDF\1", 4, KIND_NETCDF},
    {0, "CDF\2", 4, KIND_NETCDF},
    {0, "CDF\5", 4, KIND_NETCDF},
    {0, "GRIB", 4, KIND_GRIB},
    {0, "PAR1", 4, KIND_PARQUET},
    {0, "%PDF-", 5, KIND_PDF},
    {0, "\0\5\x16\7", 4, KIND_APPLEDOUBLE},
    {0, "\x93NUMPY", 6, KIND_NUMPY},
    {0, "SQLite format 3", 16, KIND_SQLITE},
    {0, "P5\n", 3, KIND_PGM},
    {0, "P6\n", 3, KIND_PPM},
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
    [KIND_JP2] = "a JPEG 2000 file",
    [KIND_GRIB] = "a GRIB file",
    [KIND_PARQUET] = "a Parquet file",
    [KIND_PDF] = "a PDF file",
    [KIND_7ZIP] = "a 7z archive",
    [KIND_RAR] = "a RAR archive",
    [KIND_APPLEDOUBLE] = "a companion file of macOS",
    [KIND_HTML] = "an HTML page",
    [KIND_XML] = "an XML document",
    [KIND_JSON] = "JSON text",
    [KIND_LFS] = "a Git LFS pointer",
    [KIND_ANNEX] = "a git-annex pointer",
    [KIND_LMDB] = "an LMDB data file",
    [KIND_TEXT] = "text",
    [KIND_GROUPS] = "group lines",
    [KIND_RECORDS] = "a record stream",
    [KIND_BLOB] = "a bare safetensors blob",
};

/* "+digits,digits:" */
static bool
sniff_records(const char *s, size_t len)
{
	static const char digits[] = "0123456789";
	size_t at = 1;
	if (len < 4 || s[0] != '+')
		return false;
	while (at < len && memchr(digits, s[at], 10))
		at++;
	/* Text may begin with a '+', as a diff does: only both lengths and their ends make a
	 * record. */
	if (at == 1 || at == len || s[at] != ',')
		return false;
	size_t comma = at++;
	while (at < len && memchr(digits, s[at], 10))
		at++;
	return at > comma + 1 && at < len && s[at] == ':';
}

/* u64le N of at most 100 MB, then JSON. */
static bool
sniff_blob(const char *s, size_t len)
{
	uint64_t n = 0;
	for (size_t i = 8; len >= 9 && i-- > 0;)
		n = n << 8 | (unsigned char)s[i];
	/* The 100 MB and the '{' are of the format's description. */
	return n >= 2 && n <= 100000000 && s[8] == '{';
}

/* True if the first line (as far as it is there) holds no control bytes but tabs. */
static bool
sniff_text(const char *s, size_t len)
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
sniff_groups(const char *s, size_t len)
{
	const char *newline = memchr(s, '\n', len);
	size_t line = newline ? (size_t)(newline - s) : len;
	const char *tab = memchr(s, '\t', line);
	return tab && tab > s && memchr(tab, '=', line - (size_t)(tab - s));
}

/* Whether the text begins with a word, in capitals or not. */
static bool
sniff_begins(const char *s, size_t len, const char *word)
{
	size_t n = strlen(word);
	return len >= n && strncasecmp(s, word, n) == 0;
}

/* Whether one of the first bytes are such a word. */
static bool
sniff_holds(const char *s, size_t len, const char *word)
{
	for (size_t i = 0; i < len && i < SNIFF_ENOUGH; i++) {
		if (sniff_begins(s + i, len - i, word))
			return true;
	}
	return false;
}

/* What servers and programs put where a file should be. */
static enum kind
sniff_text_kind(const char *s, size_t len)
{
	if (sniff_begins(s, len, "version https://git-lfs") ||
	    sniff_begins(s, len, "version https://hawser"))
		return KIND_LFS;
	/* A pointer file, or the text of a link where there are no symbolic links. */
	if (sniff_begins(s, len, "/annex/objects/") ||
	    (sniff_holds(s, len, ".git/annex/objects/") && !memchr(s, '\t', len)))
		return KIND_ANNEX;
	/* After the pointers, which hold no tab, and before all markup: a key may begin with '<'
	 * or '{'. */
	if (sniff_groups(s, len))
		return KIND_GROUPS;
	if (sniff_begins(s, len, "\xef\xbb\xbf")) {
		s += 3;
		len -= 3;
	}
	while (len > 0 && (*s == ' ' || *s == '\t' || *s == '\r' || *s == '\n')) {
		s++;
		len--;
	}
	static const char *const html[] = {"<!doctype html", "<html", "<head", "<body", "<title"};
	for (size_t i = 0; i < sizeof html / sizeof *html; i++) {
		if (sniff_begins(s, len, html[i]) ||
		    (sniff_begins(s, len, "<") && sniff_holds(s, len, html[i])))
			return KIND_HTML;
	}
	if (sniff_begins(s, len, "<?xml") || (len > 1 && *s == '<' && isalpha((unsigned char)s[1])))
		return KIND_XML;
	return sniff_begins(s, len, "{\"") || sniff_begins(s, len, "[{") ? KIND_JSON : KIND_TEXT;
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
	/* After the magic numbers: those leave little doubt, what follows is more and more of a
	 * guess. */
	if (sniff_records(s, len))
		return KIND_RECORDS;
	if (sniff_blob(s, len))
		return KIND_BLOB;
	return sniff_text(s, len) ? sniff_text_kind(s, len) : KIND_UNKNOWN;
}

const char *
kind_name(enum kind kind)
{
	return kind_names[kind];
}
