#ifndef RSENC_CMD_JOINING_H
#define RSENC_CMD_JOINING_H

#include "base/buf.h"
#include "base/error.h"
#include "join/labels.h"
#include "join/parts.h"
#include "join/table.h"

#include <stdbool.h>
#include <stddef.h>

/* The table of rsenc-join, and what its options say of the columns: the keys, the new key, the labels.
 * All zero (delimiter: TABLE_DETECT), then the options, then joining_read. */

/* A column that holds keys: -p. */
struct joining_part {
	char *column; /* its name */
	const char *prefix;
};

struct joining {
	bool no_header;
	char delimiter;
	const char *new_key; /* -n */
	struct joining_part *parts;
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
#define JOINING_OPTIONS(j)                                                                       \
	{'p', "part", "COLUMN[=PREFIX]",                                                         \
	    "the column with the groups' keys (the first one); several\n"                        \
	    "make one group of several, with a prefix for the tensors of each",                  \
	    .take = joining_take_part, .context = (j)},                                          \
	    {'n', "new-key", "COLUMN", "the column with the new key (that of the first part)",   \
	        .text = &(j)->new_key},                                                          \
	    {'l', "label", "NAME:DTYPE=COLUMNS", "add a tensor of these columns' numbers",       \
	        .take = joining_take_numbers, .context = (j)},                                   \
	    {'c', "class", "NAME=COLUMN:CLASSES",                                                \
	        "add the number of a class (CLASSES: a file of names)",                          \
	        .take = joining_take_class, .context = (j)},                                     \
	    {'m', "multi-hot", "NAME=COLUMN:CLASSES", "add 0 or 1 for each class",               \
	        .take = joining_take_classes, .context = (j)},                                   \
	    {'d', "delimiter", "DELIMITER", "what separates fields (a tab, comma or semicolon)", \
	        .take = joining_take_delimiter, .context = (j)},                                 \
	{                                                                                        \
		'H', "no-header", NULL, "there is no header: columns are called 1, 2, ...",      \
		    .flag = &(j)->no_header                                                      \
	}

void joining_take_part(void *joining, const char *option, const char *value);
void joining_take_numbers(void *joining, const char *option, const char *value);
void joining_take_class(void *joining, const char *option, const char *value);
void joining_take_classes(void *joining, const char *option, const char *value);
void joining_take_delimiter(void *joining, const char *option, const char *value);

/* Reads the table at `path` and the classes, gives up the rights to read more, and finds the columns. */
void joining_read(struct joining *j, const char *path);

/* Replaces `out` by the group line, without newline, of a row that is complete: lines[i] is that of part
 * i. Returns 0, or -1 with the reason, which names the row's line in the table. */
int joining_line(struct joining *j, size_t row, struct join_line *const *lines, struct buf *out,
    struct error *why);

void joining_free(struct joining *j);

#endif
