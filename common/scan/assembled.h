#ifndef RSENC_SCAN_ASSEMBLED_H
#define RSENC_SCAN_ASSEMBLED_H

#include "base/buf.h"
#include "scan/pending.h"
#include "scan/rules.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The files that make up one patch, as groups.h hands them out, and their group line. */

struct assembled_file {
	const char *dir; /* as printed */
	const char *name;
	uint64_t where; /* as given to groups_add: a struct archive_file, or 0 */
	const struct rule_line *line;
	const char *label; /* what line->label makes of it */
	const char *home;  /* home.h */
	size_t band;       /* in line->bands; 0 if it holds them all */
	size_t order;      /* 0: the one of its group that was found first */
};

struct assembled {
	const struct rule *rule;
	size_t rule_number;
	const char *key; /* NUL-terminated */
	size_t key_len;
	/* In the order of the lines; those of one line in the order of their labels, then of its
	 * bands. A group that is bad may lack some, and have others twice. */
	const struct assembled_file *files;
	size_t count;
	/* Behind them: members of an archive that a later one of the same name has replaced. */
	size_t replaced;
	const char *bad;   /* why it is not to be listed; NULL: it is complete */
	bool incomplete;   /* it is bad as parts or bands are missing */
	bool one_file_bad; /* that is about its first file, not about its directory */
};

/* Sets *out to a group that waits. `files` has room for all its files. */
void assembled_read(const struct pending_group *group, const struct rule *rule,
    struct assembled_file *files, struct assembled *out);

/* Appends DIR/NAME. */
void assembled_path(const struct assembled_file *file, struct buf *out);

/* The path that a message about a bad group is about. The caller frees it. */
char *assembled_bad_path(const struct assembled *g);

/* Appends the group's line, rsenc-groups(5), without a newline. */
void assembled_line(const struct assembled *g, struct buf *out);

#endif
