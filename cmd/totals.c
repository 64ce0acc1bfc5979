#include "cmd/totals.h"

#include "base/system.h"
#include "base/workers.h"
#include "cmd/hints.h"
#include "process/diag.h"
#include "process/progress.h"
#include "stream/blobs.h"
#include "tensor/totals.h"
#include "tensor/unstack.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct totals_run {
	const struct totals_options *options;
	struct totals *totals;
	struct input input;
	struct progress meter;
	uint64_t bad; /* blobs, or rests of files, that were left out */
	bool failed;  /* `why` ends the run */
	struct error why;
};

/* A blob while threads are at it. */
struct totals_job {
	struct safetensors blob;
	struct buf body;
	struct unstack bands;
	const struct tensor *tensors; /* of the blob, or of `bands` */
	size_t count;
	struct buf rows, parts; /* one for each of them: struct totals_row *, struct totals_part */
	uint64_t size;
	bool failed;
	struct error why;
};

/* ---- the three steps of a job, called by parallel_ordered ---- */

/* The rows of a blob's tensors: here, where blobs come in order, so that rows do too. */
static int
totals_find_rows(struct totals_run *r, struct totals_job *j)
{
	j->tensors = j->blob.tensors;
	j->count = j->blob.count;
	/* Who stacks bands for training wants a mean a channel, not one of all. */
	if (r->options->bands) {
		if (unstack(&j->bands, &j->blob) != 0)
			return error_set(&r->why, "out of memory");
		j->tensors = j->bands.tensors;
		j->count = j->bands.count;
	}
	size_t count = j->count;
	j->rows.len = j->parts.len = 0;
	if (buf_reserve(&j->rows, count * sizeof(struct totals_row *) + 1) != 0 ||
	    buf_reserve(&j->parts, count * sizeof(struct totals_part) + 1) != 0)
		return error_set(&r->why, "out of memory");
	struct totals_row **rows = (struct totals_row **)(void *)j->rows.data;
	for (size_t i = 0; i < count; i++) {
		rows[i] = totals_see(r->totals, &j->tensors[i], j->body.data, &r->why);
		if (!rows[i])
			return -1;
	}
	return 0;
}

static bool
totals_next(void *context, void *item)
{
	struct totals_run *r = context;
	struct totals_job *j = item;
	struct error why;
	enum input_status got;
	/* A bad blob is named, counted and passed over; the status says so at the end. */
	while ((got = input_next(&r->input, &why)) == INPUT_BAD) {
		diag_warn("%s: %s", input_label(&r->input), hint_text(&why));
		r->bad++;
	}
	if (got != INPUT_OK)
		return false;
	j->size = r->input.size;
	j->failed = false;
	/* Not copied: the blob of a hyperspectral patch has megabytes. */
	input_keep(&r->input, &j->blob, &j->body);
	/* No memory for a row ends the run: totals without some tensors would look whole. */
	r->failed = totals_find_rows(r, j) != 0;
	return !r->failed;
}

static void
totals_count_job(void *context, unsigned worker, void *item)
{
	struct totals_job *j = item;
	struct totals_row **rows = (struct totals_row **)(void *)j->rows.data;
	struct totals_part *parts = (struct totals_part *)(void *)j->parts.data;
	(void)context;
	(void)worker;
	for (size_t i = 0; i < j->count && !j->failed; i++)
		j->failed = totals_work(
		                rows[i], &j->tensors[i], j->body.data, &parts[i], &j->why) != 0;
}

/* In the order of the stream, so that results are the same to the last bit whatever -j: sums of
 * floating point depend on their order. */
static bool
totals_take(void *context, void *item)
{
	struct totals_run *r = context;
	struct totals_job *j = item;
	struct totals_row **rows = (struct totals_row **)(void *)j->rows.data;
	const struct totals_part *parts = (const struct totals_part *)(void *)j->parts.data;
	if (j->failed) {
		r->failed = true;
		r->why = j->why;
		return false;
	}
	for (size_t i = 0; i < j->count; i++)
		totals_merge(rows[i], &parts[i]);
	progress_add(&r->meter, 1, j->size);
	return true;
}

static void
totals_read(struct totals_run *r, char **paths)
{
	struct worker_pool o = {
	    .context = r, .next = totals_next, .work = totals_count_job, .emit = totals_take};
	unsigned threads = r->options->jobs > 0 ? r->options->jobs : cores_allowed();
	/* A blob is held in each: half as many again as threads, as rsenc-pack has them. */
	size_t count = threads + (threads + 1) / 2;
	struct totals_job *jobs = calloc(count, sizeof *jobs);
	if (!jobs)
		diag_die(STATUS_BAD, "out of memory");
	/* With their data, of which -M bounds the largest. */
	input_start(&r->input, paths, true, r->options->max_memory);
	if (parallel_ordered(&o, threads, jobs, sizeof *jobs, count) != 0)
		diag_die(STATUS_BAD, "%s", strerror(errno));
	for (size_t i = 0; i < count; i++) {
		safetensors_free(&jobs[i].blob);
		buf_free(&jobs[i].body);
		unstack_free(&jobs[i].bands);
		buf_free(&jobs[i].rows);
		buf_free(&jobs[i].parts);
	}
	free(jobs);
}

/* ---- what a reader of the rows should know ---- */

static void
totals_tell(struct totals_run *r)
{
	const char *name;
	enum dtype one, other;
	size_t several = totals_several(r->totals, &name, &one, &other);
	if (several > 0)
		diag_warn(
		    "%zu tensor names come with several dtypes, '%s' with %s and %s: each dtype "
		    "has totals of its own",
		    several, name, dtype_name(one), dtype_name(other));
	/* At the end too: the messages above have scrolled away when the totals are looked at. */
	if (r->bad > 0)
		diag_warn("the totals are of %" PRIu64 " blobs, without what is named above",
		    r->input.count);
}

int
totals_print(const struct totals_options *o, char **paths)
{
	struct totals_run r = {.options = o};
	/* Where addresses have 32 bits. */
	size_t most = o->max_memory > SIZE_MAX ? SIZE_MAX : (size_t)o->max_memory;
	r.totals = totals_new(most, &o->nodata);
	if (!r.totals)
		diag_die(STATUS_BAD, "out of memory");
	progress_start(&r.meter, "reading", 0, PROGRESS_ALONE, o->quiet, o->verbose);
	totals_read(&r, paths);
	progress_finish(&r.meter);
	if (r.failed)
		diag_die(STATUS_BAD, "%s: no totals were written", hint_text(&r.why));
	/* Rows first, then what is to be known of them: on a terminal that stands below. */
	totals_write(r.totals, o);
	totals_tell(&r);
	input_finish(&r.input);
	totals_free(r.totals);
	return r.bad > 0 ? STATUS_BAD : STATUS_OK;
}
