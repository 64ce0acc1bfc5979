#ifndef RSENC_JOIN_LABELS_H
#define RSENC_JOIN_LABELS_H

#include "base/buf.h"
#include "base/error.h"
#include "join/table.h"
#include "tensor/dtype.h"

#include <stddef.h>

/* Tensors of numbers that come from the columns of a table, as literal.h writes them in a group
 * line. */

enum label_kind {
	LABEL_NUMBERS, /* NAME:DTYPE=COLUMN[,COLUMN...]: the columns' numbers */
	LABEL_CLASS,   /* NAME=COLUMN:CLASSES: the number of the class that the column names, I64 */
	LABEL_CLASSES  /* the same: 1 for each class that the column lists, else 0, U8 */
};

struct label {
	enum label_kind kind;
	char *text;       /* the specification, its parts separated by NULs; the strings below */
	const char *name; /* of the tensor */
	enum dtype dtype;
	const char **column_names;
	size_t *columns; /* their numbers, of label_bind */
	size_t column_count;
	const char *classes_path; /* NULL for LABEL_NUMBERS */
	struct buf classes_text;
	const char **classes;
	size_t class_count;
};

/* Parses a specification as above. Returns 0, or -1 with the reason. A label lives as long
 * as the process. */
int label_parse(enum label_kind kind, const char *text, struct label *l, struct error *why);

/* Reads the names of the classes, if it has some: one a line. Returns 0, or -1 with the reason. */
int label_read_classes(struct label *l, struct error *why);

/* Looks the columns up. Returns 0, or -1 with the reason. */
int label_bind(struct label *l, const struct table *t, struct error *why);

/* Appends "<TAB>NAME=\:DTYPE:VALUES" of a row. Returns 0, or -1 with the reason, which names the
 * column. */
int label_append(
    const struct label *l, const struct table *t, size_t row, struct buf *out, struct error *why);

#endif
