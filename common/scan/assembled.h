#ifndef RSENC_SCAN_ASSEMBLED_H
#define RSENC_SCAN_ASSEMBLED_H

#include "base/buf.h"
#include "scan/found.h"
#include "scan/rules.h"

#include <stdbool.h>
#include <stddef.h>

/* The files that make up one patch, as groups.h hands them out, and their group line. */

struct assembled_file {
	struct assembled_dir {
		size_t users;      /* files share it */
		size_t bytes;      /* of memory */
		const char *given; /* its absolute path, which in an archive begins there */
		char path[];       /* as printed */
	} * dir;
	char *name; /* NUL-terminated; behind it what the template of line->label makes of it */
	struct archive_file *in_archive; /* NULL: it is in none; its data may be taken over */
	const struct rule_line *line;
	const char *label; /* of its tensors */
	size_t band;       /* in line->bands; 0 if it holds them all */
	size_t order;      /* in which the files of its group were found */
};

struct assembled {
	struct rule *rule;
	const char *key; /* NUL-terminated */
	size_t key_len;
	/* In the order of the lines; those of one line in the order of their labels, then of its
	 * bands, then of their paths. A group that is bad may lack some, and have others twice. */
	struct assembled_file *files;
	size_t count;
	const char *bad;   /* why it is not to be listed; NULL: it is complete */
	bool incomplete;   /* it is bad as parts or bands are missing */
	bool one_file_bad; /* that is about its first file, not about its directory */
};

/* Sorts the files and sets their labels; the ranks in these (rules.h) are put into `text`. */
void assembled_sort(struct assembled *g, struct buf *text);

/* The path that a message about a bad group is about. The caller frees it. */
char *assembled_bad_path(const struct assembled *g);

/* Appends the group's line, rsenc-groups(5), without a newline. */
void assembled_line(const struct assembled *g, struct buf *out);

#endif
