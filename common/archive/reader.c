#include "archive/reader.h"

#include "base/range.h"
#include "archive/header.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct tar {
	const struct tar_source *source;
	uint64_t at;     /* bytes of the source that were read or passed over */
	uint64_t data;   /* bytes of the member at hand that were not read */
	size_t padding;  /* behind them */
	uint64_t zeros;  /* blocks of them just before this one */
	bool extended;   /* an extended header was seen: the archive is a pax one */
	uint64_t member; /* size of the member at hand */
	unsigned char block[TAR_BLOCK];
	struct tar_header header;
	struct tar_attributes global, own;
	struct buf name, link; /* of the member at hand */
	struct buf text;       /* of an extended header */
};

struct tar *
tar_new(const struct tar_source *source)
{
	struct tar *t = calloc(1, sizeof *t);
	if (t)
		t->source = source;
	return t;
}

void
tar_free(struct tar *t)
{
	if (!t)
		return;
	tar_attributes_free(&t->global);
	tar_attributes_free(&t->own);
	buf_free(&t->name);
	buf_free(&t->link);
	buf_free(&t->text);
	free(t);
}

/* ---- damage ---- */

static int
tar_cut_off(const struct tar *t, uint64_t got, struct error *why)
{
	return error_set(why,
	    "%.250s: cut off: the archive ends after %" PRIu64 " of its %" PRIu64 " bytes",
	    t->name.data, got, t->member);
}

static int
tar_damaged(const struct tar *t, uint64_t at, const char *reason, struct error *why)
{
	bool first = t->name.len == 0;
	return error_set(why, "damaged at byte %" PRIu64 "%s%.250s: %s", at,
	    first ? "" : ", after ", first ? "" : t->name.data, reason);
}

/* ---- blocks ---- */

/* Reads a block. Returns 1; 0 at the end, also if that comes within it: *got tells. */
static int
tar_read_block(struct tar *t, size_t *got, struct error *why)
{
	ssize_t n = t->source->read(t->source->context, t->block, TAR_BLOCK, why);
	if (n < 0)
		return -1;
	t->at += (uint64_t)n;
	*got = (size_t)n;
	return n == TAR_BLOCK;
}

/* Passes over what is left of the member at hand. */
static int
tar_pass_over(struct tar *t, struct error *why)
{
	int more = 1;
	if (t->data > 0)
		more = t->source->skip(t->source->context, t->data, why);
	if (more == 0)
		return error_set(why,
		    "%.250s: cut off: the archive ends before its %" PRIu64 " bytes do",
		    t->name.data, t->member);
	/* An end within the padding is found by the next read: the file itself is whole. */
	if (more > 0 && t->padding > 0)
		more = t->source->skip(t->source->context, t->padding, why);
	t->at += t->data + t->padding;
	t->data = t->padding = 0;
	return more < 0 ? -1 : 0;
}

static size_t
tar_padding(uint64_t size)
{
	return (size_t)(-size & (TAR_BLOCK - 1));
}

/* The data of a header that is about another member, into t->text. */
static int
tar_read_text(struct tar *t, struct error *why)
{
	uint64_t size = t->header.size, start = t->at;
	/* The size is the archive's word: it is limited before memory is taken. */
	if (size > TAR_EXTENDED_MAX)
		return tar_damaged(t, start, "an extended header that is too large", why);
	t->text.len = 0;
	size_t padded = (size_t)size + tar_padding(size);
	if (buf_try_reserve(&t->text, padded + 1) != 0)
		return error_set(why, "out of memory");
	ssize_t n = t->source->read(t->source->context, t->text.data, padded, why);
	if (n < 0)
		return -1;
	t->at += (uint64_t)n;
	if ((size_t)n < size)
		return tar_damaged(t, start, "cut off in an extended header", why);
	t->text.len = (size_t)size;
	return 0;
}

/* ---- members ---- */

static int
tar_set_name(struct buf *to, const struct buf *own, const struct buf *global, const char *header)
{
	const struct buf *from = own->len > 0 ? own : global;
	size_t len = from->len > 0 ? from->len : strlen(header);
	to->len = 0;
	if (buf_add(to, from->len > 0 ? from->data : header, len) != 0 || buf_add(to, "", 1) != 0)
		return -1;
	to->len--;
	return 0;
}

/* Whether a hard link has data: in pax archives it may. Before, some writers set the size of the
 * file though no data follows. */
static bool
tar_link_has_data(const struct tar *t)
{
	return t->extended && t->header.format == TAR_USTAR;
}

/* The blocks of a GNU sparse map that did not fit into the header. */
static int
tar_pass_sparse_map(struct tar *t, struct error *why)
{
	size_t got;
	for (bool more = t->header.sparse_more; more; more = tar_sparse_more(t->block)) {
		int status = tar_read_block(t, &got, why);
		if (status < 0)
			return -1;
		if (status == 0)
			return tar_cut_off(t, 0, why);
	}
	return 0;
}

/* What the header at hand is about, as the tables of tar(5) and of POSIX have it; a kind that nobody
 * knows is to be taken for a file. */
static void
tar_set_kind(struct tar *t, struct tar_member *m)
{
	static const char no_data[] = "3456", no_file[] = "345ADEINV";
	char type = t->header.type;
	/* v7 has no other mark for a directory. Of a longer name the header's part may end so, too. */
	if (type == '0' && t->name.len > 0 && t->name.data[t->name.len - 1] == '/')
		type = '5';
	m->kind = TAR_FILE;
	if (type == '1' || type == '2') {
		m->kind = type == '1' ? TAR_HARD : TAR_SYMBOLIC;
		if (type == '1' && m->size > 0 && tar_link_has_data(t))
			m->kind = TAR_FILE;
		else
			m->size = 0;
	} else if (strchr(no_data, type) != NULL) {
		m->kind = TAR_OTHER;
		m->size = 0;
	} else if (strchr(no_file, type) != NULL) {
		m->kind = TAR_OTHER;
	}
	if (m->kind == TAR_FILE && (type == 'S' || t->own.sparse || t->global.sparse))
		m->bad = "a sparse file, of which tar has stored only parts: unpack the archive";
	else if (m->kind == TAR_FILE && type == 'M')
		m->bad = "the rest of a file that began in another volume: join the volumes first";
	else if (strlen(t->name.data) < t->name.len || strlen(t->link.data) < t->link.len)
		m->bad = "its name holds a NUL byte";
}

static int
tar_set_member(struct tar *t, struct tar_member *m, struct error *why)
{
	if (tar_set_name(&t->name, &t->own.path, &t->global.path, t->header.name) != 0 ||
	    tar_set_name(&t->link, &t->own.link, &t->global.link, t->header.link) != 0)
		return error_set(why, "out of memory");
	/* POSIX pax: a member's own extended header goes before the global one, both before the
	 * field. */
	const struct tar_attributes *sized = t->own.has_size ? &t->own : &t->global;
	*m = (struct tar_member){.name = t->name.data,
	    .link = t->link.data,
	    .size = sized->has_size ? sized->size : t->header.size};
	tar_set_kind(t, m);
	if (m->kind == TAR_FILE)
		/* Now, for the sparse map is read into the same block. */
		m->check = range_check(t->block);
	t->member = m->size;
	if (tar_pass_sparse_map(t, why) != 0)
		return -1;
	/* Behind the sparse map, which the size does not count. */
	m->at = t->at;
	t->data = m->size;
	t->padding = tar_padding(m->size);
	tar_attributes_clear(&t->own);
	uint64_t left = t->source->size > t->at ? t->source->size - t->at : 0;
	/* A regular file is skipped without a read, so a cut must be seen by its size. */
	if (t->source->size > 0 && m->size > left)
		return tar_cut_off(t, left, why);
	return 0;
}

/* A header that is about those that follow. Returns 1 if it was one, 0 if not, -1 with the reason. */
static int
tar_take_extended(struct tar *t, struct error *why)
{
	struct error reason;
	char type = t->header.type;
	uint64_t start = t->at;
	if (type == 0 || strchr("xXgLK", type) == NULL)
		return 0;
	if (tar_read_text(t, why) != 0)
		return -1;
	int status = 0;
	if (type == 'L' || type == 'K')
		status = tar_long_name(
		    t->text.data, t->text.len, type == 'L' ? &t->own.path : &t->own.link, &reason);
	else {
		t->extended = true;
		status = tar_extended_parse(
		    t->text.data, t->text.len, type == 'g' ? &t->global : &t->own, &reason);
	}
	return status == 0 ? 1 : tar_damaged(t, start, reason.text, why);
}

/* There are no more blocks. */
static int
tar_end(struct tar *t, size_t got, struct error *why)
{
	if (t->zeros > 0) {
		/* Less than a block of zeros is left of the end, too. */
		for (size_t i = 0; i < got; i++) {
			if (t->block[i] != 0)
				return tar_damaged(
				    t, t->at - got, "what follows its end is no archive", why);
		}
		return 0;
	}
	if (t->at == 0)
		return error_set(why, "empty: fetch it again");
	return error_set(why, "cut off: the archive ends%s%.250s, without its end mark",
	    t->name.len > 0 ? " after " : "", t->name.len > 0 ? t->name.data : "");
}

/* Zeros end an archive, but tar -A and cat put another behind, and a tape's blocks leave more zeros than
 * two blocks: so they are counted, and what follows them must be a header or the end. */
int
tar_next(struct tar *t, struct tar_member *m, struct error *why)
{
	struct error reason;
	size_t got;
	if (tar_pass_over(t, why) != 0)
		return -1;
	for (;;) {
		int more = tar_read_block(t, &got, why);
		if (more <= 0)
			return more < 0 ? -1 : tar_end(t, got, why);
		if (tar_block_is_zero(t->block)) {
			t->zeros++;
			continue;
		}
		int bad = tar_header_parse(t->block, &t->header, &reason);
		/* The very first block: more likely another kind of file than damage. */
		if (bad && t->at == TAR_BLOCK)
			error_append(&reason, ": is it a tar archive?");
		if (bad)
			return tar_damaged(t, t->at - TAR_BLOCK,
			    t->zeros > 0 ? "what follows its end is no archive" : reason.text, why);
		if (t->zeros > 0) { /* another archive */
			t->zeros = 0;
			t->extended = false;
			tar_attributes_clear(&t->global);
			tar_attributes_clear(&t->own);
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
	ssize_t n = t->source->read(t->source->context, to, (size_t)t->data, why);
	if (n < 0)
		return -1;
	t->at += (uint64_t)n;
	if ((uint64_t)n < t->data)
		return tar_cut_off(t, (uint64_t)n, why);
	t->data = 0;
	return 0;
}
