/* Tar archives, made block by block: what is read of them, and what is refused with which words. */

#include "base/inflate.h"
#include "base/range.h"
#include "archive/tar.h"

#include "tap.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- an archive in memory ---- */

struct archive {
	struct buf bytes;
	bool seekable; /* its size is known */
};

static void
put(struct archive *a, const char *text, size_t len)
{
	static const char zeros[TAR_BLOCK];
	buf_add(&a->bytes, text, len);
	buf_add(&a->bytes, zeros, -len % TAR_BLOCK);
}

static void
put_zeros(struct archive *a, int blocks)
{
	static const char zeros[TAR_BLOCK];
	while (blocks-- > 0)
		put(a, zeros, TAR_BLOCK);
}

static void
set_sum(char *block, bool as_signed)
{
	int sum = 0;
	memset(block + 148, ' ', 8);
	for (int i = 0; i < TAR_BLOCK; i++)
		sum += as_signed ? (signed char)block[i] : (unsigned char)block[i];
	snprintf(block + 148, 8, "%06o", (unsigned)sum & 0777777);
}

/* A header; `magic` is "ustar", "ustar  " or "". */
static void
fill(char *block, const char *magic, char type, const char *name, const char *link, uint64_t size)
{
	memset(block, 0, TAR_BLOCK);
	memcpy(block, name, strnlen(name, 100));
	snprintf(block + 124, 12, "%011" PRIo64, size & 077777777777);
	block[156] = type;
	memcpy(block + 157, link, strnlen(link, 100));
	memcpy(block + 257, magic, strlen(magic));
	if (strcmp(magic, "ustar") == 0)
		memcpy(block + 263, "00", 2);
	set_sum(block, false);
}

static void
put_member(struct archive *a, const char *magic, char type, const char *name, const char *link,
    uint64_t size)
{
	char block[TAR_BLOCK];
	fill(block, magic, type, name, link, size);
	put(a, block, TAR_BLOCK);
}

/* A file, an extended header or a long name with its data. */
static void
put_text(struct archive *a, const char *magic, char type, const char *name, const char *text)
{
	put_member(a, magic, type, name, "", strlen(text));
	put(a, text, strlen(text));
}

/* All that is read of an archive, "KIND NAME >LINK SIZE 'DATA' (BAD); ...", and the reason if it is
 * damaged. */
static const char *
text_of(struct archive *a)
{
	static const char kinds[] = "FHSO";
	static char text[4000];
	struct source source;
	struct member m;
	struct error why = {.text = ""};
	int more;
	size_t at = 0;
	FILE *file = tmpfile();
	text[0] = '\0';
	if (!file || write(fileno(file), a->bytes.data, a->bytes.len) != (ssize_t)a->bytes.len ||
	    lseek(fileno(file), 0, SEEK_SET) != 0)
		abort();
	source_start(&source, fileno(file));
	source.seekable = a->seekable;
	struct tar *t = tar_new(&source);
	while ((more = tar_next(t, &m, &why)) > 0) {
		at += (size_t)snprintf(text + at, sizeof text - at, "%c %s", kinds[m.kind], m.name);
		if (*m.link)
			at += (size_t)snprintf(text + at, sizeof text - at, " >%s", m.link);
		if (m.bad)
			at += (size_t)snprintf(text + at, sizeof text - at, " (%.20s)", m.bad);
		if (m.kind == MEMBER_FILE && m.range.size < 100 && !m.bad) {
			char data[100] = "";
			if (tar_read(t, data, &why) != 0) {
				more = -1;
				break;
			}
			at += (size_t)snprintf(text + at, sizeof text - at, " '%s'", data);
			ok(memcmp(data, a->bytes.data + m.range.at, (size_t)m.range.size) == 0 &&
			        crc32_of(a->bytes.data + m.range.at - TAR_BLOCK, RANGE_CHECKED) ==
			            m.range.check,
			    "%s: the data and its header lie where it says", m.name);
		} else if (m.range.size > 0) {
			at += (size_t)snprintf(
			    text + at, sizeof text - at, " %" PRIu64, m.range.size);
		}
		at += (size_t)snprintf(text + at, sizeof text - at, "; ");
	}
	if (more < 0)
		snprintf(text + at, sizeof text - at, "! %s", why.text);
	tar_free(t);
	source_free(&source);
	fclose(file);
	return text;
}

static void
is(struct archive *a, const char *what, const char *wanted)
{
	const char *got = text_of(a);
	bool prefix = wanted[0] && wanted[strlen(wanted) - 1] == '*';
	int same = prefix ? strncmp(got, wanted, strlen(wanted) - 1) == 0
	                  : strcmp(got, wanted) == 0;
	ok(same, "%s: %s%s%s", what, got, same ? "" : " wanted: ", same ? "" : wanted);
	a->bytes.len = 0;
	a->seekable = false;
}

/* ---- what is read ---- */

static void
test_formats(void)
{
	struct archive a = {0};
	char block[TAR_BLOCK], name[101];
	put_text(&a, "", '\0', "a/b.tif", "v7");
	put_member(&a, "", '\0', "dir/", "", 0);
	put_member(&a, "", '1', "c.tif", "a/b.tif", 3000); /* no data in v7, whatever the size */
	put_member(&a, "ustar", '2', "d.tif", "b.tif", 0);
	put_member(&a, "ustar", '5', "d", "", 0);
	put_member(&a, "ustar", '3', "null", "", 0);
	put_text(&a, "ustar  ", '7', "contiguous", "x");
	put_text(&a, "ustar", 'Z', "of no known kind", "y");
	put_text(&a, "ustar", 'A', "acl", "z");
	put_zeros(&a, 2);
	is(&a, "the kinds",
	    "F a/b.tif 'v7'; O dir/; H c.tif >a/b.tif; S d.tif >b.tif; O d; O null; "
	    "F contiguous 'x'; F of no known kind 'y'; O acl 1; ");

	memset(name, 'n', 100);
	name[100] = '\0';
	fill(block, "ustar", '0', name, "", 0);
	memset(block + 345, 'p', 155);
	set_sum(block, false);
	put(&a, block, TAR_BLOCK);
	put_zeros(&a, 2);
	const char *got = text_of(&a);
	ok(strlen(got) == 2 + 256 + 5 && got[2] == 'p' && got[2 + 155] == '/' &&
	        got[2 + 156] == 'n',
	    "name and prefix without a NUL");
	a.bytes.len = 0;

	fill(block, "ustar", '0', "\xc3\xa9.tif", "", 0);
	set_sum(block, true);
	put(&a, block, TAR_BLOCK);
	put_zeros(&a, 1);
	is(&a, "a sum of signed bytes", "F \xc3\xa9.tif ''; ");

	/* star: a prefix of 131 bytes, times, and its mark. */
	char prefix[132], wanted[160];
	memset(prefix, 'p', 131);
	prefix[131] = '\0';
	fill(block, "ustar", '0', "s.tif", "", 0);
	memcpy(block + 345, prefix, 131);
	memcpy(block + 476, "12345670123 12345670123 ", 24);
	memcpy(block + 508, "tar", 4);
	set_sum(block, false);
	put(&a, block, TAR_BLOCK);
	put_zeros(&a, 1);
	snprintf(wanted, sizeof wanted, "F %s/s.tif ''; ", prefix);
	is(&a, "the prefix of star", wanted);

	fill(block, "ustar  ", '0', "huge", "", 0);
	memcpy(block + 124, "\x80\0\0\0\0\0\0\2\0\0\0\1", 12);
	set_sum(block, false);
	put(&a, block, TAR_BLOCK);
	is(&a, "a size in base 256",
	    "F huge 8589934593; ! huge: truncated: the archive ends after 0 of its 8589934593 "
	    "bytes");
	buf_free(&a.bytes);
}

static void
test_extended(void)
{
	struct archive a = {0};
	put_text(&a, "ustar", 'x', "PaxHeaders/a", "22 path=long/name.tif\n20 mtime=1234.56789\n");
	put_text(&a, "ustar", '0', "a", "1");
	put_text(&a, "ustar", '0', "b", "2");
	put_text(&a, "ustar", 'x', "x", "10 size=3\n18 linkpath=where\n");
	put_member(&a, "ustar", '0', "c", "", 0);
	put(&a, "abc", 3);
	put_text(&a, "ustar", 'x', "x", "10 path=p\n8 path=\n");
	put_member(&a, "ustar", '0', "d", "", 0);
	put_text(&a, "ustar", 'g', "g", "10 path=g\n");
	put_member(&a, "ustar", '0', "e", "", 0);
	put_text(&a, "ustar", 'x', "x", "10 path=q\n");
	put_member(&a, "ustar", '1', "f", "g", 4);
	put_zeros(&a, 3);
	put_text(&a, "ustar", '0', "h", "another archive");
	put_zeros(&a, 2);
	is(&a, "extended headers",
	    "F long/name.tif '1'; F b '2'; F c >where 'abc'; F d ''; F e ''; H q >g; "
	    "F h 'another archive'; ");

	put_text(&a, "ustar  ", 'L', "././@LongLink", "a/long/name");
	put_text(&a, "ustar  ", 'K', "././@LongLink", "a/long/link");
	put_member(&a, "ustar  ", '2', "a/l", "a/l", 0);
	put_member(&a, "ustar  ", '1', "h", "t", 77);
	put_text(&a, "ustar  ", 'L', "././@LongLink", "a/longer/f.tif");
	put_text(&a, "ustar  ", '0', "a/longer/", "1");
	put_text(&a, "ustar  ", 'L', "././@LongLink", "a/longer/d/");
	put_member(&a, "ustar  ", '0', "a/longer", "", 0);
	put_zeros(&a, 2);
	is(&a, "GNU's long names",
	    "S a/long/name >a/long/link; H h >t; F a/longer/f.tif '1'; O a/longer/d/; ");

	put_text(&a, "ustar", 'x', "x", "22 GNU.sparse.major=1\n27 GNU.sparse.name=a/s.tif\n");
	put_text(&a, "ustar", '0', "a/GNUSparseFile.7/s.tif", "1");
	put_text(&a, "ustar", 'x', "x", "23 SCHILY.realsize=999\n");
	put_text(&a, "ustar", '0', "star.tif", "1");
	put_text(&a, "ustar", '0', "plain.tif", "1");
	char block[TAR_BLOCK];
	fill(block, "ustar  ", 'S', "old.tif", "", 1);
	block[482] = 1;
	set_sum(block, false);
	put(&a, block, TAR_BLOCK);
	memset(block, 'm', TAR_BLOCK);
	put(&a, block, TAR_BLOCK);
	block[504] = 0;
	put(&a, block, TAR_BLOCK);
	put(&a, "s", 1);
	put_text(&a, "ustar  ", 'M', "rest.tif", "1");
	put_zeros(&a, 2);
	is(&a, "what is not a whole file",
	    "F a/GNUSparseFile.7/s.tif (a sparse file, which) 1; F star.tif (a sparse file, which) "
	    "1; F plain.tif "
	    "'1'; F old.tif (a sparse file, which) 1; F rest.tif (continues a file of ) 1; ");
	buf_free(&a.bytes);
}

static void
test_nul(void)
{
	static const char text[] = "16 path=a.tif\0b\n";
	struct archive a = {0};
	put_member(&a, "ustar", 'x', "x", "", sizeof text - 1);
	put(&a, text, sizeof text - 1);
	put_member(&a, "ustar", '0', "a", "", 0);
	put_zeros(&a, 2);
	is(&a, "a NUL in a name", "F a.tif (the name contains a ); ");
	buf_free(&a.bytes);
}

/* ---- damage ---- */

static const struct {
	const char *what, *text, *wanted;
} bad_extended[] = {
    {"no length", "path=x\n", "the extended header is damaged"},
    {"too long", "99 path=x\n", "the extended header is damaged"},
    {"too short", "3 path=x\n", "the extended header is damaged"},
    {"no newline", "9 path=xy", "the extended header is damaged"},
    {"no equals", "9 path x\n", "the extended header is damaged"},
    {"an overflow", "18446744073709551617 a=b\n", "the extended header is damaged"},
    {"a size that is none", "11 size=1x\n", "the size is not a number"},
    {"a size too large", "28 size=9223372036854775808\n", "the size is not a number"},
    {"a negative size", "11 size=-1\n", "the size is not a number"},
};

/* A download that reserved its space and stopped: more zeros than any blocking factor leaves. */
static void
test_zeros(void)
{
	struct archive a = {0};
	put_text(&a, "ustar", '0', "a", "1");
	put_zeros(&a, 2048);
	is(&a, "1 MiB of zeros", "F a '1'; ");
	put_text(&a, "ustar", '0', "a", "1");
	put_zeros(&a, 2049);
	is(&a, "more than 1 MiB of zeros", "F a '1'; ! ends in 1049088 bytes of zeros*");
	buf_free(&a.bytes);
}

static void
test_damage(void)
{
	struct archive a = {0};
	char block[TAR_BLOCK];
	is(&a, "nothing at all", "! is empty: download it again");
	put_text(&a, "ustar", '0', "a", "1");
	is(&a, "no end mark", "F a '1'; ! truncated: the archive ends after a, without end marker");
	put_text(&a, "ustar", '0', "a", "1");
	put_zeros(&a, 1);
	a.bytes.len -= 100;
	is(&a, "cut within the end mark",
	    "F a '1'; ! truncated: the archive ends after a, without end marker");
	put_text(&a, "ustar", '0', "a", "1");
	put_zeros(&a, 2);
	a.bytes.len -= 100;
	is(&a, "cut within the second block of the end mark", "F a '1'; ");
	for (int seekable = 0; seekable < 2; seekable++) {
		put_text(&a, "ustar", '0', "a", "1");
		put_text(&a, "ustar", '0', "b", "123456789");
		a.bytes.len -= TAR_BLOCK - 4;
		a.seekable = seekable;
		is(&a, "cut within data",
		    seekable
		        ? "F a '1'; ! b: truncated: the archive ends after 4 of its 9 bytes"
		        : "F a '1'; F b! b: truncated: the archive ends after 4 of its 9 bytes");
	}
	put_text(&a, "ustar", '0', "a", "1");
	put_text(&a, "ustar", '0', "b", "123456789");
	a.bytes.len -= TAR_BLOCK - 20;
	is(&a, "cut within padding",
	    "F a '1'; F b '123456789'; ! truncated: the archive ends after b, without end marker");
	put_text(&a, "ustar", '0', "a", "1");
	put_text(&a, "ustar", '0', "b", "2");
	a.bytes.data[2 * TAR_BLOCK] ^= 1;
	is(&a, "a flipped bit",
	    "F a '1'; ! damaged at byte 1024, after a: not a tar header: wrong checksum");
	put_text(&a, "ustar", '0', "a", "1");
	put_zeros(&a, 2);
	put(&a, "garbage", 7);
	is(&a, "what is not an archive behind it",
	    "F a '1'; ! damaged at byte 2048, after a: not an archive after the end of the "
	    "archive");
	put_text(&a, "ustar", '0', "a", "1");
	put_zeros(&a, 2);
	buf_add(&a.bytes, "rest", 4);
	is(&a, "a little behind it",
	    "F a '1'; ! damaged at byte 2048, after a: not an archive after the end of the "
	    "archive");
	static const char *const bad_sizes[][2] = {{"a size that is none", "12345678x12"},
	    {"a negative size", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"},
	    {"a size of 2^80 and 1", "\x80\1\0\0\0\0\0\0\0\0\0\1"}};
	for (size_t i = 0; i < sizeof bad_sizes / sizeof *bad_sizes; i++) {
		fill(block, "ustar", '0', "a", "", 0);
		memcpy(block + 124, bad_sizes[i][1], 12);
		set_sum(block, false);
		put(&a, block, TAR_BLOCK);
		is(&a, bad_sizes[i][0],
		    "! not a tar archive, or damaged at byte 0: the size is not a number, or "
		    "larger than any file");
	}
	for (size_t i = 0; i < sizeof bad_extended / sizeof *bad_extended; i++) {
		char wanted[100];
		put_text(&a, "ustar", 'x', "x", bad_extended[i].text);
		snprintf(
		    wanted, sizeof wanted, "! damaged at byte 512: %s*", bad_extended[i].wanted);
		is(&a, bad_extended[i].what, wanted);
	}
	put_member(&a, "ustar", 'x', "x", "", UINT64_C(1) << 32);
	is(&a, "a huge extended header",
	    "! damaged at byte 512: the extended header has more than 1M");
	put_member(&a, "ustar  ", 'L', "x", "", 3000);
	is(&a, "a long name that is cut", "! damaged at byte 512: truncated in an extended header");
	buf_free(&a.bytes);
}

int
main(void)
{
	ok(crc32_of((const char[RANGE_CHECKED]){0}, RANGE_CHECKED) == 0xb2aa7578,
	    "CRC-32 of 512 zeros");
	test_formats();
	test_extended();
	test_nul();
	test_damage();
	test_zeros();
	return tap_done();
}
