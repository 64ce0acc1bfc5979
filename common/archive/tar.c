#include "archive/tar.h"

#include "base/alloc.h"
#include "base/inflate.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	/* Zeros that may stand at the end. Tapes have used records of up to 1 MiB. */
	ZEROS_MAX = 1 << 20,
	RECORD = 20 * TAR_BLOCK, /* of tar by default */
	CUT_MIN = 16,     /* zeros that a member ends in, if more than a record of them follow */
	SPARSE_MORE = 504 /* in a block of a sparse map: whether another one follows */
};

static const unsigned char no_data[TAR_BLOCK];

struct tar {
	struct source *source;
	uint64_t data;         /* bytes of the current member that were not read */
	size_t padding;        /* after them */
	uint32_t part;         /* archives before this one */
	uint64_t zeros;        /* blocks of zeros just before this one */
	uint64_t zeros_at_end; /* bytes, of a regular file */
	bool ends_in_zeros;    /* the data that was read last */
	uint64_t member;       /* size of the current member */
	unsigned char block[TAR_BLOCK];
	struct tar_header header;
	struct tar_attributes own; /* of the next member */
	struct buf name, link;     /* of the current member */
	struct buf text;           /* of an extended header */
};

/* How many zeros a regular file ends in. */
static uint64_t
tar_zeros_at_end(int fd, uint64_t size)
{
	char block[16 << 10];
	uint64_t zeros = 0;
	size_t kept = 0;
	for (size_t n; kept == 0 && zeros < size; zeros += n - kept) {
		n = size - zeros < sizeof block ? (size_t)(size - zeros) : sizeof block;
		kept = n;
		if (pread(fd, block, n, (off_t)(size - zeros - n)) != (ssize_t)n)
			break;
		while (kept > 0 && block[kept - 1] == 0)
			kept--;
	}
	return zeros;
}

struct tar *
tar_new(struct source *source)
{
	struct tar *t = xcalloc(1, sizeof *t);
	t->source = source;
	if (source->seekable)
		t->zeros_at_end = tar_zeros_at_end(source->fd, source->start + source_left(source));
	return t;
}

void
tar_free(struct tar *t)
{
	if (!t)
		return;
	buf_free(&t->own.path);
	buf_free(&t->own.link);
	buf_free(&t->name);
	buf_free(&t->link);
	buf_free(&t->text);
	free(t);
}

static size_t
tar_padding(uint64_t size)
{
	return (size_t)(-size & (TAR_BLOCK - 1));
}

/* ---- damage ---- */

static int
tar_truncated(const struct tar *t, uint64_t got, struct error *why)
{
	return error_set(why,
	    "%.1000s: truncated: the archive ends after %" PRIu64 " of its %" PRIu64 " bytes",
	    t->name.data, got, t->member);
}

static int
tar_damaged(const struct tar *t, uint64_t at, const char *reason, struct error *why)
{
	bool first = t->name.len == 0;
	return error_set(why, "%sdamaged at byte %" PRIu64 "%s%.1000s: %s",
	    at == 0 ? "not a tar archive, or " : "", at, first ? "" : ", after ",
	    first ? "" : t->name.data, reason);
}

static int
tar_ends_in_zeros(uint64_t zeros, struct error *why)
{
	return error_set(why,
	    "ends in %" PRIu64
	    " bytes of zeros: the download may have stopped: complete the download",
	    zeros);
}

/* Whether zeros cut a member that ends at `at`, because a piece of a download is missing: they are
 * its last bytes, and more follow than tar writes, or something else than a header after them. */
static bool
tar_is_cut_by_zeros(const struct tar *t, uint64_t at)
{
	unsigned char b[RECORD + 2 * TAR_BLOCK];
	struct tar_header header;
	uint64_t end = t->source->start + at, next = end + tar_padding(at);
	int fd = t->source->fd;
	/* No header begins with a zero: mostly this is the only look. */
	if (!t->source->seekable || t->member < CUT_MIN || pread(fd, b, 1, (off_t)next) != 1 ||
	    b[0] != 0 || pread(fd, b, CUT_MIN, (off_t)(end - CUT_MIN)) != CUT_MIN ||
	    memcmp(b, no_data, CUT_MIN) != 0)
		return false;
	ssize_t size = pread(fd, b, sizeof b, (off_t)next), i = 0;
	while (i + TAR_BLOCK <= size && memcmp(b + i, no_data, TAR_BLOCK) == 0)
		i += TAR_BLOCK;
	return i + TAR_BLOCK <= size ? tar_header_parse(b + i, &header, NULL) != 0
	                             : size == sizeof b;
}

/* ---- blocks ---- */

static ssize_t
tar_take(struct tar *t, void *to, size_t size, struct error *why)
{
	ssize_t n = source_take(t->source, to, size);
	return n < 0 ? error_errno(why, "cannot be read") : n;
}

/* Reads a block. Returns 1; 0 at the end, also if that comes within it: *got is how much was
 * read. */
static int
tar_read_block(struct tar *t, size_t *got, struct error *why)
{
	ssize_t n = tar_take(t, t->block, TAR_BLOCK, why);
	*got = n > 0 ? (size_t)n : 0;
	return n < 0 ? -1 : n == TAR_BLOCK;
}

/* Skips the rest of the current member. Of a pipe, the end of the data is looked at. */
static int
tar_skip_rest(struct tar *t, struct error *why)
{
	char end[CUT_MIN];
	size_t look = !t->source->seekable && t->data >= CUT_MIN ? CUT_MIN : 0;
	uint64_t size = t->data - look + (look ? 0 : t->padding);
	int64_t n = size > 0 ? source_skip(t->source, size) : 0, more = 0;
	if (look && n == (int64_t)size)
		more = source_take(t->source, end, look);
	if (n < 0 || more < 0)
		return error_errno(why, "cannot be read");
	/* An end within the padding is found by the next read: the file itself is complete. */
	if ((uint64_t)(n + more) < t->data)
		return tar_truncated(t, t->member - t->data + (uint64_t)(n + more), why);
	if (look)
		t->ends_in_zeros = memcmp(end, no_data, CUT_MIN) == 0;
	if (look && source_skip(t->source, t->padding) < 0)
		return error_errno(why, "cannot be read");
	t->data = t->padding = 0;
	return 0;
}

/* The data of a header that is about another member, into t->text. */
static int
tar_read_text(struct tar *t, struct error *why)
{
	uint64_t size = t->header.size, start = t->source->offset;
	/* The size comes from the archive: it is limited before memory is allocated. */
	if (size > TAR_EXTENDED_MAX)
		return tar_damaged(t, start, "the extended header has more than 1M", why);
	t->text.len = 0;
	size_t padded = (size_t)size + tar_padding(size);
	buf_reserve(&t->text, padded + 1);
	ssize_t n = tar_take(t, t->text.data, padded, why);
	if (n < 0)
		return -1;
	if ((size_t)n < size)
		return tar_damaged(t, start, "truncated in an extended header", why);
	t->text.len = (size_t)size;
	return 0;
}

/* ---- members ---- */

static void
tar_set_name(struct buf *to, const struct buf *from, const char *header)
{
	size_t len = from->len > 0 ? from->len : strlen(header);
	to->len = 0;
	buf_add(to, from->len > 0 ? from->data : header, len);
	buf_add(to, "", 1);
	to->len--;
}

/* The blocks of a GNU sparse map that did not fit into the header. */
static int
tar_skip_sparse_map(struct tar *t, struct error *why)
{
	size_t got;
	for (bool more = t->header.sparse_more; more; more = t->block[SPARSE_MORE]) {
		int status = tar_read_block(t, &got, why);
		if (status < 0)
			return -1;
		if (status == 0)
			return tar_truncated(t, 0, why);
	}
	return 0;
}

/* The tables of tar(5) and of POSIX; an unknown type is a file. v7 marks a directory only by the
 * slash; the header's part of a longer name may end so, too. */
static enum member_kind
tar_kind(const struct tar *t)
{
	bool slash = t->name.len > 0 && t->name.data[t->name.len - 1] == '/';
	switch (t->header.type) {
	case '0':
		return slash ? MEMBER_OTHER : MEMBER_FILE;
	case '1':
		return MEMBER_HARD_LINK;
	case '2':
		return MEMBER_SYMLINK;
	default:
		return strchr("3456ADEINV", t->header.type) ? MEMBER_OTHER : MEMBER_FILE;
	}
}

static const char *
tar_bad(const struct tar *t, enum member_kind kind)
{
	char type = t->header.type;
	if (kind == MEMBER_FILE && (type == 'S' || t->own.sparse))
		return "a sparse file, which tar stores in parts: unpack the archive";
	if (kind == MEMBER_FILE && type == 'M')
		return "continues a file of another volume: unpack with 'tar -xM -f FIRST -f "
		       "SECOND'";
	if (strlen(t->name.data) < t->name.len || strlen(t->link.data) < t->link.len)
		return "the name contains a NUL byte";
	return NULL;
}

static void
tar_clear_attributes(struct tar *t)
{
	t->own.path.len = t->own.link.len = 0;
	t->own.has_size = t->own.sparse = false;
}

static int
tar_set_member(struct tar *t, struct member *m, struct error *why)
{
	tar_set_name(&t->name, &t->own.path, t->header.name);
	tar_set_name(&t->link, &t->own.link, t->header.link);
	uint64_t size = t->own.has_size ? t->own.size : t->header.size;
	*m = (struct member){.kind = tar_kind(t), .name = t->name.data, .link = t->link.data};
	m->bad = tar_bad(t, m->kind);
	m->range.checked = m->kind == MEMBER_FILE;
	if (m->range.checked)
		/* Now, because the sparse map is read into the same block. */
		m->range.check = crc32_of(t->block, RANGE_CHECKED);
	/* Of others, the size means nothing. */
	if (m->kind != MEMBER_FILE && !strchr("ADEINV", t->header.type))
		size = 0;
	t->member = size;
	t->ends_in_zeros = false;
	if (tar_skip_sparse_map(t, why) != 0)
		return -1;
	/* After the sparse map, which the size does not count. */
	m->range.at = t->source->offset;
	m->range.part = t->part;
	m->range.size = t->data = size;
	t->padding = tar_padding(size);
	tar_clear_attributes(t);
	/* A regular file is skipped without a read, so its size shows that it is truncated. */
	uint64_t left = source_left(t->source);
	if (size > left)
		return tar_truncated(t, left, why);
	if (m->kind == MEMBER_FILE && tar_is_cut_by_zeros(t, m->range.at + size))
		return error_set(why,
		    "%.1000s: cut by zeros: the download may have stopped: complete the download",
		    t->name.data);
	return 0;
}

/* Reads a header that is about the next member. Returns 1 if it was one, 0 if not, -1 with the
 * reason. */
static int
tar_take_extended(struct tar *t, struct error *why)
{
	struct error reason;
	char type = t->header.type;
	uint64_t start = t->source->offset;
	if (type == 0 || strchr("xXgLK", type) == NULL)
		return 0;
	if (tar_read_text(t, why) != 0)
		return -1;
	if (tar_take_attributes(type, t->text.data, t->text.len, &t->own, &reason) != 0)
		return tar_damaged(t, start, reason.text, why);
	return 1;
}

/* Whether more zeros follow the last member than tar writes. */
static bool
tar_has_hole(const struct tar *t)
{
	return t->zeros * TAR_BLOCK > (t->ends_in_zeros ? RECORD + TAR_BLOCK : ZEROS_MAX);
}

static const char after_end[] = "not an archive after the end of the archive";
static const char hole[] = "after zeros: the download may have stopped: complete the download";

/* There are no more blocks. */
static int
tar_end(struct tar *t, size_t got, struct error *why)
{
	if (tar_has_hole(t))
		return tar_ends_in_zeros(t->zeros * TAR_BLOCK + got, why);
	if (t->zeros > 0) {
		/* Less than a block of zeros may also stand there. */
		return memcmp(t->block, no_data, got) == 0
		           ? 0
		           : tar_damaged(t, t->source->offset - got, after_end, why);
	}
	if (t->source->offset == 0)
		return error_set(why, "is empty: download it again");
	return error_set(why, "truncated: the archive ends%s%.1000s, without end marker",
	    t->name.len > 0 ? " after " : "", t->name.len > 0 ? t->name.data : "");
}

/* Zeros end an archive, but tar -A and cat append another one, and the blocks of a tape leave
 * more zeros than two blocks: so they are counted, and a header or the end must follow. */
int
tar_next(struct tar *t, struct member *m, struct error *why)
{
	struct error reason;
	size_t got;
	/* Before any member is read: the last one may consist of zeros. */
	if (t->source->offset == 0 && t->zeros_at_end > ZEROS_MAX + RECORD)
		return tar_ends_in_zeros(t->zeros_at_end, why);
	if (tar_skip_rest(t, why) != 0)
		return -1;
	for (;;) {
		int more = tar_read_block(t, &got, why);
		if (more <= 0)
			return more < 0 ? -1 : tar_end(t, got, why);
		if (memcmp(t->block, no_data, TAR_BLOCK) == 0) {
			t->zeros++;
			continue;
		}
		if (tar_header_parse(t->block, &t->header, &reason) != 0 || tar_has_hole(t))
			return tar_damaged(t, t->source->offset - TAR_BLOCK,
			    tar_has_hole(t) ? hole
			    : t->zeros > 0  ? after_end
			                    : reason.text,
			    why);
		if (t->zeros > 0) { /* another archive */
			t->part += t->zeros > 1;
			t->zeros = 0;
			tar_clear_attributes(t);
		}
		more = tar_take_extended(t, why);
		if (more < 0)
			return -1;
		if (more == 0)
			return tar_set_member(t, m, why) == 0 ? 1 : -1;
	}
}

int
tar_read(struct tar *t, void *to, struct error *why)
{
	ssize_t n = tar_take(t, to, (size_t)t->data, why);
	if (n < 0)
		return -1;
	if ((uint64_t)n < t->data)
		return tar_truncated(t, (uint64_t)n, why);
	t->ends_in_zeros = n >= CUT_MIN && memcmp((char *)to + n - CUT_MIN, no_data, CUT_MIN) == 0;
	t->data = 0;
	return 0;
}
