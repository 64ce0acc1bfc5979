#ifndef RSENC_CMD_JOIN_OPTIONS_H
#define RSENC_CMD_JOIN_OPTIONS_H

#include "base/buf.h"
#include "base/error.h"
#include "join/labels.h"
#include "join/parts.h"
#include "join/table.h"

#include <stdbool.h>
#include <stddef.h>

/* The table of rsenc-join, and its columns by the options: the keys, the new key, the labels. All
 * zero (delimiter: TABLE_DETECT), then the options, then join_options_read_table. */

/* A column that holds keys: -p. */
struct join_part {
	char *column; /* its name */
	const char *prefix;
};

struct join_options {
	bool no_header;
	char delimiter;
	const char *new_key; /* --new-key */
	struct join_part *parts;
	size_t part_count; /* 0: the first column, without a prefix */
	struct label *labels;
	size_t label_count;

	const char *path; /* of the table */
	struct buf text;
	struct table table;
	size_t *columns; /* of the parts: one at least */
	size_t key_column;
};

/* Rows of the option table (process/options.h). */
#define JOIN_OPTIONS(o)                                                                          \
	{'p', "part", "COLUMN[=PREFIX]",                                                         \
	    "the column with the keys of the groups (the first);\n"                              \
	    "several join groups, with a prefix for the tensors",                                \
	    .take = take_part, .context = (o)},                                                  \
	    {0, "new-key", "COLUMN", "the column with the new key (that of the first part)",     \
	        .text = &(o)->new_key},                                                          \
	    {'l', "label", "NAME:DTYPE=COLUMNS", "add a tensor of the numbers of these columns", \
	        .take = take_numbers, .context = (o)},                                           \
	    {0, "class", "NAME=COLUMN:CLASSES",                                                  \
	        "add the number of a class (CLASSES: one name per line)", .take = take_class,    \
	        .context = (o)},                                                                 \
	    {'m', "multi-hot", "NAME=COLUMN:CLASSES", "add 0 or 1 for each class",               \
	        .take = take_multi_hot, .context = (o)},                                         \
	    {'d', "delimiter", "DELIMITER", "between fields (a tab, comma or semicolon)",        \
	        .take = take_delimiter, .context = (o)},                                         \
	{                                                                                        \
		'H', "no-header", NULL, "the table has no header: columns are 1, 2, ...",        \
		    .flag = &(o)->no_header                                                      \
	}

void take_part(void *options, const char *option, const char *value);
void take_numbers(void *options, const char *option, const char *value);
void take_class(void *options, const char *option, const char *value);
void take_multi_hot(void *options, const char *option, const char *value);
void take_delimiter(void *options, const char *option, const char *value);

/* Reads the table at `path` and the classes, gives up the rights to read more, and finds the
 * columns. Ends the process if something is wrong. */
void join_options_read_table(struct join_options *o, const char *path);

/* Replaces `out` by the group line, without newline, of a row that is complete: lines[i] is that of
 * part i. Returns 0, or -1 with the reason, which names the row's line in the table. */
int join_options_line(struct join_options *o, size_t row, struct join_line *const *lines,
    struct buf *out, struct error *why);

void join_options_free(struct join_options *o);

#endif
