#ifndef RSENC_CMD_PACKING_H
#define RSENC_CMD_PACKING_H

#include "base/error.h"
#include "pack/patch.h"
#include "process/progress.h"
#include "stream/group.h"
#include "tensor/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Groups to blobs with several threads, in the order of the input: the options, the run and the
 * messages that rsenc-pack and rsenc-untar share.
 */

/* The bytes of one file of a group, if they are in memory already: freed when the job is over. */
struct packing_bytes {
	void *data;
	size_t len;
};

/* One group on its way from a line to a blob. */
struct packing_job {
	struct buf line;      /* the group's */
	unsigned long number; /* of the line, 0: it has none */
	struct buf bytes;     /* a packing_bytes for each file; empty: read where the line says */

	struct group group;
	struct buf blob;
	struct buf notes; /* see patch_read */
	const char *path; /* at fault; belongs to the group */
	struct error why;
	bool bad;
};

struct packing {
	/* Options. */
	bool keep_going, quiet, verbose;
	uint64_t jobs;                /* threads; 0: as many as help */
	struct patch_options options; /* max_memory: 1G by default */

	/* What the command does; each gets `context`. */
	void *context;
	/* Fills the job's line with the next group; false at the end. By one thread at a time. */
	bool (*next)(void *context, struct packing_job *j);
	/* Writes the blob; NULL: nothing is written. Returns 0, or with the reason: 1 if it is a
	 * bad group, -1 if it can't be written. In order. */
	int (*write)(void *context, const struct packing_job *j, struct error *why);

	/* What came of it. */
	struct progress progress; /* counts what was packed */
	bool stopped;             /* before the end, by a bad group or a signal */
	uint64_t skipped;
	struct patch_reader **readers; /* private: one a worker, and */
	struct packing_job *jobs_at_work;
};

/* Rows of the option table (process/options.h). */
#define PACKING_OPTIONS(p, memory)                                                             \
	{'k', "keep-going", NULL, "skip bad groups; the exit status is 1 then",                \
	    .flag = &(p)->keep_going},                                                         \
	    {'j', "jobs", "N", "threads (0, the default: as many as help); same output",       \
	        .number = &(p)->jobs, .max = JOBS_MAX},                                        \
	    {'t', "tensors", "LIST", "keep only these, such as 'B{1..10},B12'",                \
	        .take = packing_take_tensors, .context = (p)},                                 \
	    {'S', "stack", "NAME=LIST", "make one [n,h,w] tensor of these bands",              \
	        .take = packing_take_stack, .context = (p)},                                   \
	    {'A', "align", "N", "align the data to N bytes within an LMDB page",               \
	        .number = &(p)->options.align, .min = 8, .max = 4096},                         \
	    {'M', "max-memory", "SIZE", memory, .size = &(p)->options.max_memory, .min = 1,    \
	        .max = INT64_MAX},                                                             \
	    {0, "georeference", NULL, "store coordinate system and transform in the metadata", \
	        .flag = &(p)->options.georeference},                                           \
	    {0, "damaged", "WHAT", "refuse damaged pixels (as by default) or keep them",       \
	        .take = packing_take_damaged, .context = (p)},                                 \
	    {'q', "quiet", NULL, "show no progress", .flag = &(p)->quiet},                     \
	{                                                                                      \
		'v', "verbose", NULL, "a line of progress every 30 s", .flag = &(p)->verbose   \
	}

void packing_take_tensors(void *packing, const char *option, const char *value);
void packing_take_stack(void *packing, const char *option, const char *value);
void packing_take_damaged(void *packing, const char *option, const char *value);

/* Checks the options together. Call once they are read. */
void packing_ready(struct packing *p);

/* Packs all groups, once in a process: what it holds is freed at its end. */
void packing_run(struct packing *p);

/* A record of the job's group on standard output: for `write`. */
int packing_write_record(void *context, const struct packing_job *j, struct error *why);

#endif
