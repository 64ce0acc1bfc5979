#include "archive/tar.h"

#include "base/number.h"

#include <string.h>

/* Where the fields lie in a header block. */
enum {
	NAME = 0,
	NAME_LEN = 100,
	SIZE = 124,
	SIZE_LEN = 12,
	CHECKSUM = 148,
	CHECKSUM_LEN = 8,
	TYPE = 156,
	LINK = 157,
	LINK_LEN = 100,
	MAGIC = 257,
	PREFIX = 345,
	PREFIX_LEN = 155,
	STAR_PREFIX_LEN = 131, /* times follow, and "tar" at the end of the block */
	STAR_MAGIC = 508,
	SPARSE_MORE = 482
};

static const char bad_size[] = "the size is not a number, or larger than any file";

/* Up to 12 octal digits, spaces before and a space or NUL behind them; all blank is 0. */
static int
parse_octal(const unsigned char *field, size_t len, uint64_t *value)
{
	size_t i = 0;
	uint64_t n = 0;
	while (i < len && field[i] == ' ')
		i++;
	for (; i < len && field[i] >= '0' && field[i] <= '7'; i++)
		n = n << 3 | (unsigned)(field[i] - '0');
	if (i < len && field[i] != ' ' && field[i] != '\0')
		return -1;
	*value = n;
	return 0;
}

/* GNU and star write sizes that are too large for octal in base 256, marked by the first bit; a
 * negative one begins with 0xff. */
static int
parse_size(const unsigned char *field, uint64_t *value)
{
	if (!(field[0] & 0x80))
		return parse_octal(field, SIZE_LEN, value);
	uint64_t n = field[0] & 0x7f;
	for (size_t i = 1; i < SIZE_LEN; i++) {
		if (n > UINT64_MAX >> 8)
			return -1;
		n = n << 8 | field[i];
	}
	*value = n;
	return 0;
}

/* Loops without a branch, which compilers vectorize: millions of headers are summed. */
static bool
checksum_matches(const unsigned char *block)
{
	uint64_t expected;
	unsigned sum = CHECKSUM_LEN * ' ', high = 0; /* the field itself counts as spaces */
	if (parse_octal(block + CHECKSUM, CHECKSUM_LEN, &expected) != 0)
		return false;
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += block[i];
	for (size_t i = CHECKSUM; i < CHECKSUM + CHECKSUM_LEN; i++)
		sum -= block[i];
	if (expected == sum)
		return true;
	/* Old programs sum bytes from 0x80 on as negative numbers. */
	for (size_t i = 0; i < TAR_BLOCK; i++)
		high += block[i] >> 7;
	return expected + 256 * high == sum;
}

/* A field that a NUL ends unless it is full. */
static size_t
copy_field(char *to, const unsigned char *field, size_t size)
{
	const unsigned char *end = memchr(field, 0, size);
	size_t len = end ? (size_t)(end - field) : size;
	memcpy(to, field, len);
	to[len] = '\0';
	return len;
}

static void
parse_name(const unsigned char *block, struct tar_header *h)
{
	size_t at = 0;
	/* POSIX ustar: PREFIX/NAME. star's prefix is shorter, as its mark shows. GNU tar, whose
	 * magic is "ustar  ", has fields of its own in these bytes. */
	if (memcmp(block + MAGIC, "ustar", 5) == 0 && block[MAGIC + 5] != ' ' &&
	    block[PREFIX] != '\0') {
		bool star = memcmp(block + STAR_MAGIC, "tar", 4) == 0;
		at = copy_field(h->name, block + PREFIX, star ? STAR_PREFIX_LEN : PREFIX_LEN);
		h->name[at++] = '/';
	}
	copy_field(h->name + at, block + NAME, NAME_LEN);
}

int
tar_header_parse(const unsigned char *block, struct tar_header *h, struct error *why)
{
	/* Before any field is used: only the checksum distinguishes a v7 header from data. */
	if (!checksum_matches(block))
		return error_set(why, "not a tar header: wrong checksum");
	parse_name(block, h);
	copy_field(h->link, block + LINK, LINK_LEN);
	/* v7 has a NUL where POSIX has '0' for a file. */
	h->type = block[TYPE] ? (char)block[TYPE] : '0';
	h->sparse_more = h->type == 'S' && block[SPARSE_MORE] != 0;
	if (parse_size(block + SIZE, &h->size) != 0 || h->size > INT64_MAX)
		return error_set(why, bad_size);
	return 0;
}

/* ---- extended headers ---- */

/* An empty name is not set. */
static void
set_name(struct buf *name, const char *value, size_t len)
{
	name->len = 0;
	buf_add(name, value, len);
	buf_add(name, "", 1);
	name->len--;
}

/* Returns 0, or -1 if the value of a size is not one. */
static int
set_attribute(struct tar_attributes *a, const char *key, const char *value, size_t len)
{
	if (strcmp(key, "path") == 0)
		set_name(&a->path, value, len);
	if (strcmp(key, "linkpath") == 0)
		set_name(&a->link, value, len);
	/* GNU.sparse.major, .map, .size and more. With them the path is made up, of the real one:
	 * "DIR/GNUSparseFile.1/NAME". */
	if (strncmp(key, "GNU.sparse.", 11) == 0 || strcmp(key, "SCHILY.realsize") == 0)
		a->sparse = true;
	if (strcmp(key, "size") != 0)
		return 0;
	a->has_size = len > 0;
	return len > 0 && number_parse(value, 0, INT64_MAX, &a->size) ? -1 : 0;
}

/* POSIX pax: "LENGTH KEY=VALUE\n", and LENGTH counts itself. A value may hold newlines: only the
 * length ends it, and the newline there shows that the length is right. */
static int
parse_extended(char *text, size_t len, struct tar_attributes *a, struct error *why)
{
	static const char bad[] = "the extended header is damaged";
	uint64_t whole;
	/* Some writers pad with zeros. */
	for (size_t left = len; left > 0 && *text != '\0'; text += whole, left -= (size_t)whole) {
		char *key = memchr(text, ' ', left);
		if (!key)
			return error_set(why, bad);
		*key++ = '\0';
		if (number_parse(text, (uint64_t)(key - text) + 2, left, &whole) ||
		    text[whole - 1] != '\n')
			return error_set(why, bad);
		char *end = text + whole - 1, *value = memchr(key, '=', (size_t)(end - key));
		if (!value)
			return error_set(why, bad);
		*value++ = *end = '\0';
		if (set_attribute(a, key, value, (size_t)(end - value)) != 0)
			return error_set(why, bad_size);
	}
	return 0;
}

int
tar_take_attributes(char type, char *text, size_t len, struct tar_attributes *a, struct error *why)
{
	if (type == 'L' || type == 'K')
		set_name(type == 'L' ? &a->path : &a->link, text, strnlen(text, len));
	else if (type != 'g')
		return parse_extended(text, len, a, why);
	return 0;
}
