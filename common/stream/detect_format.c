#include "stream/detect_format.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define CONVERT "convert it to TIFF with 'gdal_translate'"
#define DECOMPRESS(with) "decompress it with '" with " -dc'"
#define BYTES(text) text, sizeof text - 1
#define NO_BYTES NULL, 0

/* The formats, and the first bytes that tell them:
 * https://www.garykessler.net/library/file_sigs.html and the formats' own documents. A format's
 * first row has its name, and what to do about one where a TIFF file was wanted; the remedies of
 * compressed ones are good anywhere. */
static const struct kind {
	enum format format;
	size_t at;
	const char *bytes;
	size_t len;
	const char *name, *remedy;
} kinds[] = {
    {FORMAT_TIFF, 0, BYTES("II*\0"), "a TIFF file", NULL},
    {FORMAT_TIFF, 0, BYTES("MM\0*"), NULL, NULL},
    {FORMAT_TIFF, 0, BYTES("II+\0"), NULL, NULL},
    {FORMAT_TIFF, 0, BYTES("MM\0+"), NULL, NULL},
    {FORMAT_GZIP, 0, BYTES("\x1f\x8b"), "gzip data", DECOMPRESS("gzip")},
    {FORMAT_ZSTD, 0, BYTES("\x28\xb5\x2f\xfd"), "zstd data", DECOMPRESS("zstd")},
    {FORMAT_ZSTD, 0, BYTES("\x50\x2a\x4d\x18"), NULL, NULL}, /* as pzstd begins */
    {FORMAT_XZ, 0, BYTES("\xfd\x37zXZ\0"), "xz data", DECOMPRESS("xz")},
    {FORMAT_BZIP2, 0, BYTES("BZh"), "bzip2 data", DECOMPRESS("bzip2")},
    {FORMAT_LZ4, 0, BYTES("\x04\x22\x4d\x18"), "lz4 data", DECOMPRESS("lz4")},
    {FORMAT_LZ4, 0, BYTES("\x02\x21\x4c\x18"), NULL, NULL},
    {FORMAT_ZIP, 0, BYTES("PK\3\4"), "a zip archive", "extract it with 'unzip'"},
    {FORMAT_ZIP, 0, BYTES("PK\5\6"), NULL, NULL},
    {FORMAT_ZIP, 0, BYTES("PK\7\10"), NULL, NULL}, /* the first part of a split one */
    {FORMAT_TAR, 257, BYTES("ustar"), "a tar archive", "extract it with 'tar -xf'"},
    {FORMAT_7Z, 0, BYTES("7z\xbc\xaf\x27\x1c"), "a 7z archive", "extract it with '7z x'"},
    {FORMAT_RAR, 0, BYTES("Rar!\x1a\7"), "a RAR archive", "extract it with '7z x'"},
    {FORMAT_PNG, 0, BYTES("\x89PNG\r\n\x1a\n"), "a PNG file", CONVERT},
    {FORMAT_JPEG, 0, BYTES("\xff\xd8\xff"), "a JPEG file", CONVERT},
    {FORMAT_JPEG2000, 0, BYTES("\0\0\0\14jP  "), "a JPEG 2000 file", CONVERT},
    {FORMAT_JPEG2000, 0, BYTES("\xff\x4f\xff\x51"), NULL, NULL},
    {FORMAT_HDF5, 0, BYTES("\x89HDF\r\n\x1a\n"), "an HDF5 or NetCDF file",
        "convert each of its variables to TIFF with 'gdal_translate -sds'"},
    {FORMAT_HDF5, 0, BYTES("CDF\1"), NULL, NULL},
    {FORMAT_HDF5, 0, BYTES("CDF\2"), NULL, NULL},
    {FORMAT_PARQUET, 0, BYTES("PAR1"), "a Parquet file", NULL},
    {FORMAT_LMDB, 16, BYTES("\xde\xc0\xef\xbe"), "an LMDB data file", NULL},
    {FORMAT_LMDB, 16, BYTES("\xbe\xef\xc0\xde"), NULL, NULL},
    {FORMAT_LFS, 0, BYTES("version https://git-lfs"), "a Git LFS pointer", "run 'git lfs pull'"},
    {FORMAT_TEXT, 0, NO_BYTES, "text", NULL},
    {FORMAT_GROUPS, 0, NO_BYTES, "group lines", NULL},
    {FORMAT_RECORDS, 0, NO_BYTES, "records", NULL},
    {FORMAT_BLOB, 0, NO_BYTES, "a safetensors file", NULL},
    {FORMAT_TABLE, 0, NO_BYTES, "a CSV table", NULL},
    {FORMAT_DATABASE, 0, NO_BYTES, "an LMDB database", NULL},
    {FORMAT_DIRECTORY, 0, NO_BYTES, "a directory", NULL},
    {FORMAT_MISSING, 0, NO_BYTES, "no such file", NULL},
    {FORMAT_UNKNOWN, 0, NO_BYTES, "unknown data", NULL},
};

/* ---- recognising ---- */

/* "+digits,digits:" */
static bool
is_records(const char *s, size_t len)
{
	size_t at = 1;
	if (len < 4 || s[0] != '+')
		return false;
	while (at < len && isdigit((unsigned char)s[at]))
		at++;
	/* Text may begin with a '+', as a diff does: only two lengths with the bytes that end
	 * them make a record. */
	if (at == 1 || at == len || s[at] != ',')
		return false;
	size_t comma = at++;
	while (at < len && isdigit((unsigned char)s[at]))
		at++;
	return at > comma + 1 && at < len && s[at] == ':';
}

/* A u64le of at most 100 MB, then JSON, which is an object: the limit is that of the reference. */
static bool
is_blob(const char *s, size_t len)
{
	uint64_t n = 0;
	for (size_t i = 8; len >= 9 && i-- > 0;)
		n = n << 8 | (unsigned char)s[i];
	return n >= 2 && n <= 100000000 && memchr("{ \t\r\n", s[8], 5);
}

/* Whether the first line, as far as it was read, has no control bytes but tabs. */
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

enum format
detect_format(const void *bytes, size_t len)
{
	const char *s = bytes;
	len = len < FORMAT_BYTES ? len : FORMAT_BYTES;
	for (const struct kind *k = kinds; k->format != FORMAT_UNKNOWN; k++) {
		if (k->bytes && len >= k->at + k->len && memcmp(s + k->at, k->bytes, k->len) == 0)
			return k->format;
	}
	/* After the magic numbers, which leave little doubt: what follows is more and more of a
	 * guess. */
	if (is_records(s, len))
		return FORMAT_RECORDS;
	if (is_blob(s, len))
		return FORMAT_BLOB;
	if (!is_text(s, len))
		return FORMAT_UNKNOWN;
	return is_groups(s, len) ? FORMAT_GROUPS : FORMAT_TEXT;
}

/* ---- words ---- */

static const struct kind *
kind_of(enum format f)
{
	const struct kind *k = kinds;
	while (k->format != f)
		k++;
	return k;
}

const char *
format_name(enum format f)
{
	return kind_of(f)->name;
}

const char *
format_remedy(enum format wanted, enum format found)
{
	const char *remedy = kind_of(found)->remedy;
	bool compressed = remedy && strncmp(remedy, "decompress", 10) == 0;
	if (wanted == FORMAT_TIFF || compressed)
		return remedy ? remedy : "download it again";
	if (wanted == FORMAT_TAR)
		return remedy;
	if (wanted == FORMAT_TABLE)
		return "save it as CSV";
	if (found == FORMAT_LMDB)
		return "run 'rsenc-dump DB' to print the records of a database";
	if (wanted == FORMAT_GROUPS)
		return "group lines come from 'rsenc-scan'";
	return found == FORMAT_GROUPS
	           ? "pipe it through 'rsenc-pack -r' first"
	           : "records come from 'rsenc-scan DATASET DIR | rsenc-pack -r'";
}

int
format_error(struct error *why, enum format wanted, enum format found)
{
	return error_set(why, "not %s%s (%s): %s", format_name(wanted),
	    wanted == FORMAT_BLOB ? " or records" : "", format_name(found),
	    format_remedy(wanted, found));
}
