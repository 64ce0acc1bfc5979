#ifndef RSENC_SCAN_COLLECT_H
#define RSENC_SCAN_COLLECT_H

#include "scan/assemble.h"
#include "archive/reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Groups out of an archive that goes by once, from front to back: files that a rule takes are held in
 * memory until their group is complete. Groups come in the order in which the archive completes them.
 */

struct collect_file {
	uint64_t where; /* private */
	const void *data;
	size_t len;
};

/* A group whose files are all there. */
struct collected {
	struct collected *next; /* private, as is `wanted` */
	bool wanted;
	char *line; /* rsenc-groups(5), without a newline */
	size_t line_len;
	size_t count;
	struct collect_file files[]; /* in the order of the line */
};

struct collect_events {
	void *context;

	/* A complete group: whether it is wanted. One that is not is let go. */
	bool (*group)(void *context, const struct assembled *g);

	/* A group that is not to be listed, and why. */
	void (*bad)(void *context, const struct assembled *g, const char *why);

	/* Something is wrong with a member of that name. */
	void (*problem)(void *context, const char *path, const char *why);
};

struct collect;

/* `most` is how many bytes of files whose group is not complete may be held; with 0 nothing is: data
 * is passed over, and all groups are let go once they were told. All that is given must outlive it.
 * NULL when there is no memory. */
struct collect *collect_new(const struct tar_source *source, const struct rule *const *rules,
    size_t count, const struct collect_events *events, uint64_t most);

/* The next group that is wanted, with its files, until collect_let_go. Returns 1; 0 at the end, when
 * groups that are not complete have been told; -1 with the reason where the archive is damaged, more
 * would have to be held, or there is no memory; 2 after a request to stop (base/signals.h). After another
 * number than 1 there is no more. By one thread at a time. */
int collect_next(struct collect *c, struct collected **out, struct error *why);

/* Frees a group, its files and itself. By any thread. */
void collect_let_go(struct collect *c, struct collected *g);

/* What became of the files of the archive so far. */
struct assemble_counts collect_counts(const struct collect *c);

/* The path of the first TIFF file that was seen, or NULL. */
const char *collect_example(const struct collect *c);

void collect_free(struct collect *c);

#endif
