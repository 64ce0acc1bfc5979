#ifndef RSENC_STREAM_GROUP_H
#define RSENC_STREAM_GROUP_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/range.h"
#include "stream/literal.h"
#include "tensor/names.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Group lines, rsenc-groups(5): KEY <TAB> NAMES=PATH [<TAB> NAMES=PATH]...
 *
 * A tab, newline, carriage return or backslash inside KEY or PATH is written \t, \n, \r, \\; a '#'
 * or a byte order mark at the start of KEY has a backslash before it. A file that lies in an
 * archive is PATH\@OFFSET,SIZE or PATH\@OFFSET,SIZE,WHOLE,TIME,CHECK; in a zip archive
 * PATH\@OFFSET,SIZE,WHOLE,TIME,CHECK,STORED,METHOD.
 */

struct group_file {
	char *path;         /* NUL-terminated, unescaped; of a literal, its text */
	struct names names; /* of its bands, in band order */
	char *open_names;   /* NULL, or the open list of which `names` is the first name */

	bool ranged; /* the file is this range of it: */
	struct range range;

	/* The contents of the file, if the caller has read it already; else NULL. */
	const void *bytes;
	size_t bytes_len;

	/* NAME=\:DTYPE:VALUES, no file but the tensor itself: */
	bool is_literal;
	struct literal literal;
	struct buf elements;
};

struct group {
	char *key; /* unescaped, NUL-terminated for messages (it may hold a NUL of its own) */
	size_t key_len;
	struct group_file *files;
	size_t file_count;
	size_t name_count; /* over all files */
};

/* True for lines that carry no group: blank ones and comments that start with '#'. */
bool group_is_blank(const char *line, size_t len);

/* Parses one line (no newline). Checks the key's length, that there is at least one file, that
 * paths are not empty and that names are unique. On success the caller frees with group_free.
 * On failure (-1, with the reason) *g holds only the key, if that could be read (else NULL), and
 * must be freed too. */
int group_parse(const char *line, size_t len, struct group *g, struct error *why);

/* Sets the names of a file with an open list: it has that many bands. Returns 0, or -1 with the
 * reason. */
int group_set_bands(struct group *g, size_t file, size_t bands, struct error *why);

/* Only the key of a line: appended to `key`, unescaped. Returns 0, or -1 with the reason; -2 if the
 * input is something else than lines of text, see format_error. */
int group_key(const char *line, size_t len, struct buf *key, struct error *why);

/* Appends PATH to `out`, escaped. */
void group_escape(struct buf *out, const char *bytes, size_t len);

/* The same of KEY, where a line starts with it: it is never taken for a comment. */
void group_escape_key(struct buf *out, const char *key, size_t len);

/* Appends the form "\@OFFSET,SIZE,..." that says which range of the path before it is meant. */
void group_add_range(struct buf *out, const struct range *range);

void group_free(struct group *g);

#endif
