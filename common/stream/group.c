#include "stream/group.h"

#include "base/alloc.h"
#include "stream/detect_format.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
group_is_blank(const char *line, size_t len)
{
	if (len > 0 && line[0] == '#')
		return true;
	while (len > 0 && memchr(" \t\r", *line, 3)) {
		line++;
		len--;
	}
	return len == 0;
}

/* What is written with a backslash, byte by byte, and how. The first four are escaped anywhere; a
 * '#', which would begin a comment, and the first byte of a byte order mark, which would be taken
 * for an editor's, only at the start of a line, but somebody may put a prefix before a key. */
static const char escaped_bytes[] = "\t\n\r\\#\xef", escape_letters[] = "tnr\\#\xef";

enum { ALWAYS = 4 };

/* Appends `text` with escapes undone, and a NUL that len does not count. */
static int
group_unescape(struct buf *out, const char *text, size_t len, struct error *why)
{
	buf_reserve(out, len + 1);
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (c == '\\') {
			const char *e = ++i < len ? memchr(escape_letters, text[i],
			                                sizeof escape_letters - 1)
			                          : NULL;
			/* A program that writes lines without escaping would otherwise open
			 * another file. */
			if (!e)
				return error_set(why,
				    "a backslash must be written \\\\ "
				    "(only \\t, \\n, \\r, \\# and \\\\ are known)");
			c = escaped_bytes[e - escape_letters];
		}
		out->data[out->len++] = c;
	}
	out->data[out->len] = '\0';
	return 0;
}

void
group_escape(struct buf *out, const char *bytes, size_t len)
{
	bool plain = true;
	for (size_t i = 0; i < ALWAYS; i++)
		plain &= !memchr(bytes, escaped_bytes[i], len);
	/* Nearly all texts are. */
	if (plain)
		buf_add(out, bytes, len);
	for (size_t i = 0; !plain && i < len; i++) {
		const char *e = memchr(escaped_bytes, bytes[i], ALWAYS);
		buf_add(out, "\\", e != NULL);
		buf_add(out, e ? &escape_letters[e - escaped_bytes] : &bytes[i], 1);
	}
}

void
group_escape_key(struct buf *out, const char *key, size_t len)
{
	if (len > 0 && (key[0] == '#' || (len >= 3 && memcmp(key, BYTE_ORDER_MARK, 3) == 0)))
		buf_add(out, "\\", 1);
	group_escape(out, key, len);
}

/* ---- ranges ---- */

enum { RANGE_TEXT = 192 /* bytes that a range takes at most, with its NUL */ };

void
group_add_range(struct buf *out, const struct range *r)
{
	/* A backslash of a path is doubled, so that no path contains "\@" and is taken for a
	 * range. */
	buf_addf(out, "\\@%" PRIu64 ",%" PRIu64, r->at, r->size);
	if (r->checked)
		buf_addf(out, ",%" PRIu64 ",%" PRIdMAX ".%09ld,%08" PRIx32, r->whole,
		    (intmax_t)r->time.tv_sec, r->time.tv_nsec, r->check);
	if (r->checked && r->zipped)
		buf_addf(out, ",%" PRIu64 ",%u", r->stored, (unsigned)r->method);
}

/* Whether the numbers of a range are possible: the header of a tar member lies before it, and no
 * file is longer than INT64_MAX. */
static bool
is_possible(const struct range *r)
{
	uint64_t bytes = r->zipped && r->stored > r->size ? r->stored : r->size;
	uint64_t least = r->checked && !r->zipped ? RANGE_CHECKED : 0;
	return r->time.tv_nsec >= 0 && r->at >= least && r->at <= INT64_MAX &&
	       bytes <= INT64_MAX - r->at && r->whole <= INT64_MAX &&
	       (r->method == ZIP_STORED || r->method == ZIP_DEFLATED);
}

/* The text after "\@". */
static int
group_parse_range(const char *from, size_t len, struct range *r, struct error *why)
{
	char text[RANGE_TEXT] = "";
	struct buf again = {0};
	intmax_t seconds = 0;
	*r = (struct range){.checked = false};
	/* Too long, or with a NUL: the text stays empty, and fails below. */
	if (len < sizeof text && !memchr(from, 0, len))
		memcpy(text, from, len);
	int fields = sscanf(text,
	    "%" SCNu64 ",%" SCNu64 ",%" SCNu64 ",%" SCNdMAX ".%9ld,%" SCNx32 ",%" SCNu64
	    ",%" SCNu16,
	    &r->at, &r->size, &r->whole, &seconds, &r->time.tv_nsec, &r->check, &r->stored,
	    &r->method);
	r->time.tv_sec = (time_t)seconds;
	r->checked = fields >= 6;
	r->zipped = fields == 8;
	/* One spelling only: what is written is what was read. */
	group_add_range(&again, r);
	bool same = again.len == len + 2 && memcmp(again.data + 2, from, len) == 0;
	buf_free(&again);
	if (same && is_possible(r))
		return 0;
	return error_set(why,
	    "'\\@%.*s' is not a range: use OFFSET,SIZE or the form that rsenc-scan writes",
	    len > 80 ? 80 : (int)len, from);
}

/* Where the path ends and "\@" begins, or its length without a range. */
static size_t
group_find_range(const char *path, size_t len)
{
	for (size_t i = 0; i + 1 < len; i++) {
		/* An escaped backslash is skipped as a pair. */
		if (path[i] == '\\' && path[++i] == '@')
			return i - 1;
	}
	return len;
}

/* ---- lines ---- */

int
group_key(const char *line, size_t len, struct buf *key, struct error *why)
{
	const char *tab = memchr(line, '\t', len);
	/* The usual mistake is another file in place of a list. Binary data may contain tabs. */
	if (!tab || tab - line > KEY_MAX || line[0] == '\x1f' || line[0] == '\x28') {
		enum format kind = detect_format(line, len);
		if (kind != FORMAT_UNKNOWN && kind != FORMAT_TEXT && kind != FORMAT_GROUPS) {
			format_error(why, FORMAT_GROUPS, kind);
			return -2;
		}
	}
	if (!tab)
		return error_set(why,
		    "no tab: '%.*s': group lines come from 'rsenc-scan DATASET DIR'; for one file "
		    "write \"$(printf 'KEY\\tB1,B2=%%s' FILE.tif)\"",
		    len > 80 ? 80 : (int)len, line);
	size_t key_len = (size_t)(tab - line), before = key->len;
	if (group_unescape(key, line, key_len, why) != 0)
		return -1;
	if (key->len == before)
		return error_set(why, "the key is empty");
	if (key->len - before > KEY_MAX)
		return error_set(why, "the key is longer than %d bytes", KEY_MAX);
	return 0;
}

/* NAME=\:DTYPE:VALUES: the text begins behind "\:", which no path does. */
static int
group_parse_literal(const char *text, size_t len, struct group_file *f, struct error *why)
{
	f->is_literal = true;
	if (f->names.count != 1)
		return error_set(why, "%zu names for one tensor of values", f->names.count);
	/* The text stands where others have a path, for messages that say which field is meant. */
	f->path = xstrndup(text, len);
	return literal_parse(text, len, &f->literal, &f->elements, why);
}

/* One NAMES=PATH field. */
static int
group_parse_file(const char *field, size_t len, struct group_file *f, struct error *why)
{
	/* The first '=': names hold none, paths may. */
	const char *equals = memchr(field, '=', len);
	if (!equals)
		return error_set(
		    why, "'%.*s': no '=': a field is NAMES=PATH", len > 80 ? 80 : (int)len, field);
	size_t names_len = (size_t)(equals - field);
	if (names_is_open(field, names_len))
		f->open_names = xstrndup(field, names_len);
	if ((f->open_names ? names_parse_open(field, names_len, 1, &f->names, why)
	                   : names_parse(field, names_len, &f->names, why)) != 0)
		return -1;
	if (len - (size_t)(equals + 1 - field) >= 2 && memcmp(equals + 1, "\\:", 2) == 0)
		return group_parse_literal(equals + 3, len - (size_t)(equals + 3 - field), f, why);
	struct buf path = {0};
	const char *text = equals + 1;
	size_t text_len = len - (size_t)(text - field), path_len = group_find_range(text, text_len);
	f->ranged = path_len < text_len;
	if (f->ranged &&
	    group_parse_range(text + path_len + 2, text_len - path_len - 2, &f->range, why) != 0)
		return -1;
	int status = group_unescape(&path, text, path_len, why);
	f->path = path.data;
	if (status == 0 && path.len == 0)
		return error_set(why, "'%.*s': no path after '='", len > 80 ? 80 : (int)len, field);
	/* open(2) would see the part before it: another file than the one that the line says. */
	if (status == 0 && strlen(path.data) != path.len)
		return error_set(why, "a path contains a NUL byte");
	return status;
}

static int
group_check_names(const struct group *g, struct error *why)
{
	const char **all = xcalloc(g->name_count, sizeof *all);
	size_t n = 0;
	for (size_t f = 0; f < g->file_count; f++) {
		/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): each has a name */
		memcpy(all + n, g->files[f].names.name, g->files[f].names.count * sizeof *all);
		n += g->files[f].names.count;
	}
	int status = names_check_unique(all, n, "tensor name", why);
	free(all);
	return status;
}

static int
group_parse_files(const char *rest, size_t len, struct group *g, struct error *why)
{
	const char *end = rest + len;
	size_t fields = 1;
	for (const char *p = rest; p < end; p++)
		fields += *p == '\t';
	if (fields > NAMES_MAX)
		return error_set(why, "more than %d files", NAMES_MAX);
	g->files = xcalloc(fields, sizeof *g->files);
	for (const char *p = rest; p <= end;) {
		const char *tab = p < end ? memchr(p, '\t', (size_t)(end - p)) : NULL;
		size_t field = (size_t)((tab ? tab : end) - p);
		/* Counted before it is parsed: group_free must see what a failure left in it. */
		struct group_file *f = &g->files[g->file_count++];
		if (group_parse_file(p, field, f, why) != 0)
			return -1;
		g->name_count += f->names.count;
		if (g->name_count > NAMES_MAX)
			return error_set(why, "more than %d tensor names", NAMES_MAX);
		p += field + 1;
	}
	/* names_parse has compared the names of one file. */
	return g->file_count > 1 ? group_check_names(g, why) : 0;
}

int
group_set_bands(struct group *g, size_t file, size_t bands, struct error *why)
{
	struct group_file *f = &g->files[file];
	struct names names;
	if (names_parse_open(f->open_names, strlen(f->open_names), bands, &names, why) != 0)
		return -1;
	g->name_count += names.count - f->names.count;
	names_free(&f->names);
	f->names = names;
	free(f->open_names);
	f->open_names = NULL;
	if (g->name_count > NAMES_MAX)
		return error_set(why, "more than %d tensor names", NAMES_MAX);
	return g->file_count > 1 ? group_check_names(g, why) : 0;
}

int
group_parse(const char *line, size_t len, struct group *g, struct error *why)
{
	struct buf key = {0};
	*g = (struct group){0};
	if (group_key(line, len, &key, why) != 0) {
		buf_free(&key);
		return -1;
	}
	g->key = key.data;
	g->key_len = key.len;
	const char *rest = (const char *)memchr(line, '\t', len) + 1;
	return group_parse_files(rest, len - (size_t)(rest - line), g, why);
}

void
group_free(struct group *g)
{
	free(g->key);
	for (size_t i = 0; i < g->file_count; i++) {
		free(g->files[i].path);
		free(g->files[i].open_names);
		names_free(&g->files[i].names);
		buf_free(&g->files[i].elements);
	}
	free(g->files);
	*g = (struct group){0};
}
