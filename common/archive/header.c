#include "archive/header.h"

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
	SPARSE_MORE = 482,     /* in the header itself */
	SPARSE_MORE_NEXT = 504 /* in the blocks that follow it */
};

static const char bad_size[] = "the size is not a number, or larger than any file";

bool
tar_block_is_zero(const unsigned char *block)
{
	/* Nearly every header differs in its first byte. */
	return block[0] == 0 && memcmp(block, block + 1, TAR_BLOCK - 1) == 0;
}

/* Octal digits, spaces before and a space or NUL behind them; all blank is 0. */
static int
parse_octal(const unsigned char *field, size_t len, uint64_t *value)
{
	size_t i = 0;
	uint64_t n = 0;
	while (i < len && field[i] == ' ')
		i++;
	for (; i < len && field[i] >= '0' && field[i] <= '7'; i++) {
		if (n > UINT64_MAX >> 3)
			return -1;
		n = n << 3 | (unsigned)(field[i] - '0');
	}
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
	int32_t sum = 0, signed_sum = 0; /* some old programs sum signed bytes */
	if (parse_octal(block + CHECKSUM, CHECKSUM_LEN, &expected) != 0)
		return false;
	for (size_t i = 0; i < TAR_BLOCK; i++) {
		sum += block[i];
		signed_sum += (signed char)block[i];
	}
	/* The field itself counts as spaces. */
	for (size_t i = CHECKSUM; i < CHECKSUM + CHECKSUM_LEN; i++) {
		sum += ' ' - block[i];
		signed_sum += ' ' - (signed char)block[i];
	}
	return expected == (uint64_t)sum || expected == (uint64_t)signed_sum;
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
	/* POSIX ustar: PREFIX/NAME. star's prefix is shorter, which its mark tells. GNU tar has
	 * fields of its own in these bytes: no prefix is taken from them. */
	if (h->format == TAR_USTAR && block[PREFIX] != '\0') {
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
		return error_set(why, "wrong header checksum");
	/* GNU's magic begins like that of POSIX, so it is compared first. */
	if (memcmp(block + MAGIC, "ustar  ", 8) == 0)
		h->format = TAR_GNU;
	else if (memcmp(block + MAGIC, "ustar", 5) == 0)
		h->format = TAR_USTAR;
	else
		h->format = TAR_V7;
	parse_name(block, h);
	copy_field(h->link, block + LINK, LINK_LEN);
	/* v7 has a NUL where POSIX has '0' for a file. */
	h->type = block[TYPE] ? (char)block[TYPE] : '0';
	h->sparse_more = h->type == 'S' && block[SPARSE_MORE] != 0;
	if (parse_size(block + SIZE, &h->size) != 0 || h->size > INT64_MAX)
		return error_set(why, bad_size);
	return 0;
}

bool
tar_sparse_more(const unsigned char *block)
{
	return block[SPARSE_MORE_NEXT] != 0;
}

/* ---- extended headers ---- */

/* Digits only. */
static int
parse_decimal(const char *text, size_t len, uint64_t *value)
{
	uint64_t n = 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || n > (INT64_MAX - 9) / 10)
			return -1;
		n = n * 10 + (unsigned)(text[i] - '0');
	}
	*value = n;
	return len > 0 ? 0 : -1;
}

static void
set_name(struct buf *name, const char *value, size_t len)
{
	name->len = 0;
	if (len == 0)
		return; /* an empty value unsets */
	buf_add(name, value, len);
	buf_add(name, "", 1);
	name->len--;
}

static bool
is_key(const char *key, size_t len, const char *wanted)
{
	return len == strlen(wanted) && memcmp(key, wanted, len) == 0;
}

static int
set_attribute(struct tar_attributes *a, const char *key, size_t key_len, const char *value,
    size_t len, struct error *why)
{
	if (is_key(key, key_len, "path")) {
		set_name(&a->path, value, len);
	} else if (is_key(key, key_len, "linkpath")) {
		set_name(&a->link, value, len);
	} else if (is_key(key, key_len, "size")) {
		a->has_size = len > 0;
		if (len > 0 && parse_decimal(value, len, &a->size) != 0)
			return error_set(why, bad_size);
	} else if ((key_len > 11 && memcmp(key, "GNU.sparse.", 11) == 0) ||
	           is_key(key, key_len, "SCHILY.realsize")) {
		/* GNU.sparse.major, .map, .size and more. With them the path is made up, of the real
		 * one: "DIR/GNUSparseFile.1/NAME". */
		a->sparse = true;
	}
	return 0;
}

int
tar_extended_parse(const char *text, size_t len, struct tar_attributes *a, struct error *why)
{
	static const char bad[] = "the extended header is damaged";
	for (size_t at = 0; at < len;) {
		const char *record = text + at;
		size_t left = len - at, digits = 0;
		uint64_t whole;
		while (digits < left && record[digits] >= '0' && record[digits] <= '9')
			digits++;
		/* Some writers pad with zeros. */
		if (digits == 0 && record[0] == '\0')
			break;
		/* POSIX pax: "LENGTH KEY=VALUE\n", and LENGTH counts itself. A value may hold
		 * newlines: only the length ends it, and the newline there shows that the length
		 * is right. */
		if (parse_decimal(record, digits, &whole) != 0 || whole > left ||
		    whole < digits + 3 || record[digits] != ' ' || record[whole - 1] != '\n')
			return error_set(why, bad);
		const char *key = record + digits + 1, *end = record + whole - 1;
		const char *equals = memchr(key, '=', (size_t)(end - key));
		if (!equals)
			return error_set(why, bad);
		if (set_attribute(a, key, (size_t)(equals - key), equals + 1,
		        (size_t)(end - equals - 1), why) != 0)
			return -1;
		at += (size_t)whole;
	}
	return 0;
}

void
tar_long_name(const char *text, size_t len, struct buf *name)
{
	const char *end = memchr(text, 0, len);
	set_name(name, text, end ? (size_t)(end - text) : len);
}

void
tar_attributes_clear(struct tar_attributes *a)
{
	a->path.len = a->link.len = 0;
	a->has_size = a->sparse = false;
}
