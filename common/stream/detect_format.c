#include "stream/detect_format.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* First bytes that tell a format: https://www.garykessler.net/library/file_sigs.html and the
 * formats' own documents. */
static const struct {
	size_t at;
	const char *bytes;
	size_t len;
	enum format format;
} magics[] = {
    {0, "II*\0", 4, FORMAT_TIFF},
    {0, "MM\0*", 4, FORMAT_TIFF},
    {0, "II+\0", 4, FORMAT_TIFF},
    {0, "MM\0+", 4, FORMAT_TIFF},
    {0, "\x1f\x8b", 2, FORMAT_GZIP},
    {0, "\x28\xb5\x2f\xfd", 4, FORMAT_ZSTD},
    {0, "\xfd\x37zXZ\0", 6, FORMAT_XZ},
    {0, "BZh", 3, FORMAT_BZIP2},
    {0, "PK\3\4", 4, FORMAT_ZIP},
    {0, "PK\5\6", 4, FORMAT_ZIP},
    {0, "PK\7\10", 4, FORMAT_ZIP}, /* the first part of a split one */
    {257, "ustar", 5, FORMAT_TAR},
    {0, "\x89PNG\r\n\x1a\n", 8, FORMAT_PNG},
    {0, "\xff\xd8\xff", 3, FORMAT_JPEG},
    {4, "jP  \r\n\x87\n", 8, FORMAT_JP2},
    {0, "\xff\x4f\xff\x51", 4, FORMAT_JP2},
    {0, "\x89HDF\r\n\x1a\n", 8, FORMAT_HDF5},
    {0, "PAR1", 4, FORMAT_PARQUET},
    {0, "\0\5\x16\7", 4, FORMAT_APPLEDOUBLE},
    {16, "\xde\xc0\xef\xbe", 4, FORMAT_LMDB},
    {16, "\xbe\xef\xc0\xde", 4, FORMAT_LMDB},
};

/* What messages call them, and what summaries count (error_kind). */
static const struct {
	const char *name, *count;
} names[] = {
    [FORMAT_UNKNOWN] = {"unknown data", "not a TIFF file"},
    [FORMAT_TEXT] = {"text", "text file|s"},
    [FORMAT_GROUPS] = {"group lines", "text file|s"},
    [FORMAT_RECORDS] = {"records", "record file|s"},
    [FORMAT_BLOB] = {"a safetensors file", "safetensors file|s"},
    [FORMAT_LMDB] = {"an LMDB data file", "LMDB data file|s"},
    [FORMAT_TIFF] = {"a TIFF file", "TIFF file|s"},
    [FORMAT_GZIP] = {"gzip data", "gzip file|s"},
    [FORMAT_ZSTD] = {"zstd data", "zstd file|s"},
    [FORMAT_XZ] = {"xz data", "xz file|s"},
    [FORMAT_BZIP2] = {"bzip2 data", "bzip2 file|s"},
    [FORMAT_ZIP] = {"a zip archive", "zip archive|s"},
    [FORMAT_TAR] = {"a tar archive", "tar archive|s"},
    [FORMAT_PNG] = {"a PNG file", "PNG file|s"},
    [FORMAT_JPEG] = {"a JPEG file", "JPEG file|s"},
    [FORMAT_JP2] = {"a JPEG 2000 file", "JPEG 2000 file|s"},
    [FORMAT_HDF5] = {"an HDF5 file", "HDF5 file|s"},
    [FORMAT_PARQUET] = {"a Parquet file", "Parquet file|s"},
    [FORMAT_APPLEDOUBLE] = {"a macOS resource file", "macOS resource file|s"},
    [FORMAT_HTML] = {"an HTML page", "HTML page|s"},
    [FORMAT_XML] = {"an XML document", "XML document|s"},
    [FORMAT_LFS] = {"a Git LFS pointer", "Git LFS pointer|s"},
    [FORMAT_ANNEX] = {"a git-annex pointer", "git-annex pointer|s"},
    [FORMAT_TABLE] = {"a CSV table", "table|s"},
    [FORMAT_DATABASE] = {"an LMDB database", "database"},
    [FORMAT_DIRECTORY] = {"a directory", "directory"},
};

/* What to do about one where another was wanted: the first row that matches counts. FORMAT_UNKNOWN
 * stands for any. */
#define ANY FORMAT_UNKNOWN
static const struct {
	enum format wanted, found;
	const char *remedy;
} remedies[] = {
    {FORMAT_TIFF, FORMAT_LFS, "run 'git lfs pull'"},
    {FORMAT_TIFF, FORMAT_ANNEX, "run 'git annex get'"},
    {FORMAT_TIFF, FORMAT_GZIP, "decompress it with 'gzip -dc'"},
    {FORMAT_TIFF, FORMAT_ZSTD, "decompress it with 'zstd -dc'"},
    {FORMAT_TIFF, FORMAT_XZ, "decompress it with 'xz -dc'"},
    {FORMAT_TIFF, FORMAT_BZIP2, "decompress it with 'bzip2 -dc'"},
    {FORMAT_TIFF, FORMAT_ZIP, "extract it with 'unzip'"},
    {FORMAT_TIFF, FORMAT_TAR, "extract it with 'tar -xf'"},
    {FORMAT_TIFF, FORMAT_PNG, "convert it with 'gdal_translate'"},
    {FORMAT_TIFF, FORMAT_JPEG, "convert it with 'gdal_translate'"},
    {FORMAT_TIFF, FORMAT_JP2, "convert it with 'gdal_translate'"},
    {FORMAT_TIFF, FORMAT_HDF5, "convert it with 'gdal_translate'"},
    {FORMAT_TIFF, FORMAT_APPLEDOUBLE, "remove the file"},
    {FORMAT_TIFF, ANY, "download it again"},
    {FORMAT_TABLE, FORMAT_GZIP, "decompress it with 'gzip -dc'"},
    {FORMAT_TABLE, FORMAT_ZSTD, "decompress it with 'zstd -dc'"},
    {FORMAT_TABLE, FORMAT_XZ, "decompress it with 'xz -dc'"},
    {FORMAT_TABLE, FORMAT_BZIP2, "decompress it with 'bzip2 -dc'"},
    {FORMAT_TABLE, ANY, "save it as CSV"},
    {ANY, FORMAT_GZIP, "pipe it through 'gzip -dc' first"},
    {ANY, FORMAT_ZSTD, "pipe it through 'zstd -dc' first"},
    {ANY, FORMAT_XZ, "pipe it through 'xz -dc' first"},
    {ANY, FORMAT_BZIP2, "pipe it through 'bzip2 -dc' first"},
    {FORMAT_GROUPS, FORMAT_RECORDS,
        "records are packed already; group lines come from 'rsenc-scan'"},
    {FORMAT_GROUPS, FORMAT_BLOB, "it is packed already; group lines come from 'rsenc-scan'"},
    {FORMAT_GROUPS, FORMAT_TIFF, "group lines come from 'rsenc-scan'"},
    {FORMAT_GROUPS, ANY, "group lines come from 'rsenc-scan'"},
    {ANY, FORMAT_LMDB, "run 'rsenc-dump DB' to print the records of a database"},
    {ANY, FORMAT_GROUPS, "pipe it through 'rsenc-pack -r' first"},
    {FORMAT_RECORDS, FORMAT_BLOB, "'rsenc-pack -r' writes records"},
    {FORMAT_RECORDS, ANY, "records come from 'rsenc-scan DATASET DIR | rsenc-pack -r'"},
    {FORMAT_BLOB, ANY,
        "'rsenc-pack' packs TIFF files, and 'rsenc-dump' prints the records of a database"},
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

static bool
begins_with(const char *s, size_t len, const char *word)
{
	size_t n = strlen(word);
	return len >= n && strncasecmp(s, word, n) == 0;
}

static bool
contains(const char *s, size_t len, const char *word)
{
	for (size_t i = 0; i < len && i < FORMAT_BYTES; i++) {
		if (begins_with(s + i, len - i, word))
			return true;
	}
	return false;
}

/* What servers and programs put where a file should be. */
static enum format
text_format(const char *s, size_t len)
{
	static const char *const html[] = {"<!doctype html", "<html", "<head", "<body", "<title"};
	if (begins_with(s, len, "version https://git-lfs"))
		return FORMAT_LFS;
	/* A pointer file, or the text of a link where there are no symbolic links. */
	if (begins_with(s, len, "/annex/objects/") ||
	    (contains(s, len, ".git/annex/objects/") && !memchr(s, '\t', len)))
		return FORMAT_ANNEX;
	/* Before all markup: a key may begin with '<'. */
	if (is_groups(s, len))
		return FORMAT_GROUPS;
	if (begins_with(s, len, "\xef\xbb\xbf")) {
		s += 3;
		len -= 3;
	}
	for (; len > 0 && isspace((unsigned char)*s); len--)
		s++;
	for (size_t i = 0; len > 0 && *s == '<' && i < sizeof html / sizeof *html; i++) {
		if (contains(s, len, html[i]))
			return FORMAT_HTML;
	}
	bool markup = len > 1 && *s == '<' && (s[1] == '?' || isalpha((unsigned char)s[1]));
	return markup ? FORMAT_XML : FORMAT_TEXT;
}

enum format
detect_format(const void *bytes, size_t len)
{
	const char *s = bytes;
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
		if (len >= magics[i].at + magics[i].len &&
		    memcmp(s + magics[i].at, magics[i].bytes, magics[i].len) == 0)
			return magics[i].format;
	}
	/* After the magic numbers, which leave little doubt: what follows is more and more of a
	 * guess. */
	if (is_records(s, len))
		return FORMAT_RECORDS;
	if (is_blob(s, len))
		return FORMAT_BLOB;
	return is_text(s, len) ? text_format(s, len) : FORMAT_UNKNOWN;
}

/* ---- words ---- */

const char *
format_name(enum format f)
{
	return names[f].name;
}

const char *
format_phrase(enum format f)
{
	static _Thread_local char phrase[64];
	const char *name = names[f].name;
	bool one = strncmp(name, "a ", 2) == 0 || strncmp(name, "an ", 3) == 0;
	snprintf(phrase, sizeof phrase, "%s %s", one ? "is" : "contains", name);
	return phrase;
}

const char *
format_remedy(enum format wanted, enum format found)
{
	for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++) {
		if ((remedies[i].wanted == wanted || remedies[i].wanted == ANY) &&
		    (remedies[i].found == found || remedies[i].found == ANY))
			return remedies[i].remedy;
	}
	return NULL;
}

int
format_error(struct error *why, enum format wanted, enum format found)
{
	const char *remedy = format_remedy(wanted, found);
	error_set(why, "%s, not %s%s", format_phrase(found), names[wanted].name,
	    wanted == FORMAT_BLOB ? " or records" : "");
	if (remedy) {
		error_append(why, ": ");
		error_append(why, remedy);
	}
	return error_kind(why, names[found].count);
}
