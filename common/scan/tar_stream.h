#ifndef RSENC_SCAN_TAR_STREAM_H
#define RSENC_SCAN_TAR_STREAM_H

#include "base/source.h"
#include "scan/archive.h"
#include "scan/groups.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The groups of a tar archive that is read once, from front to back, with their files in memory,
 * in the order in which the archive completes them. */

/* A group with all its files. */
struct stream_group {
	struct stream_group *next; /* private */
	char *line;                /* rsenc-groups(5), without a newline */
	size_t line_len;
	size_t count;
	size_t all;                   /* private */
	struct archive_file *files[]; /* in the order of the line; their data is there */
};

struct tar_stream_events {
	void *context;

	/* A group: complete, or with the reason why it is not listed. */
	void (*group)(void *context, const struct assembled *g);

	archive_problem *problem;
};

struct tar_stream;

/* See archive_stream for max_memory; with 0 no group is handed out. All arguments must outlive
 * it. */
struct tar_stream *tar_stream_new(struct source *source, const struct rule *const *rules,
    size_t count, const struct tar_stream_events *events, uint64_t max_memory);

/* The next wanted group, until stream_group_free. Returns 1; 0 at the end, when incomplete
 * groups have been reported; -1 with the reason if the archive is damaged or too much would have
 * to wait. After another number than 1 there are no more. By one thread at a time. */
int tar_stream_next(struct tar_stream *s, struct stream_group **out, struct error *why);

/* Frees a group and its files. By any thread. */
void stream_group_free(struct stream_group *g);

/* How many files of each kind were seen. */
struct groups_counts tar_stream_counts(const struct tar_stream *s);

/* The path of the first TIFF file, or NULL. */
const char *tar_stream_example(const struct tar_stream *s);

void tar_stream_free(struct tar_stream *s);

#endif
