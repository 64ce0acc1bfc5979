#ifndef RSENC_CMD_JOIN_OPTIONS_H
#define RSENC_CMD_JOIN_OPTIONS_H

#include "base/buf.h"
#include "base/error.h"
#include "join/labels.h"
#include "join/parts.h"
#include "join/table.h"

#include <stdbool.h>
#include <stddef.h>

/* The options of rsenc-join, and the table with the columns that they name. */

/* A column that holds keys: -p. */
struct join_part {
	char *column; /* its name */
	const char *prefix;
};

struct join_options {
	bool no_header, quiet, verbose;
	char delimiter;
	const char *new_key; /* --new-key */
	struct join_part *parts;
	size_t part_count; /* one at least, once they are read */
	struct label *labels;
	size_t label_count;

	const char *path; /* of the table */
	struct buf text;
	struct table table;
	size_t *columns; /* of the parts */
	size_t key_column;
};

/* Reads the options, then the table and the classes, gives up the rights to read more, and finds
 * the columns. Ends the process if something is wrong. */
void join_options_read(struct join_options *o, int argc, char **argv);

/* Replaces `out` by the group line, without newline, of a row that is complete: lines[i] is that of
 * part i. Returns 0, or -1 with the reason, which names the row's line in the table. */
int join_options_line(struct join_options *o, size_t row, struct join_line *const *lines,
    struct buf *out, struct error *why);

#endif
