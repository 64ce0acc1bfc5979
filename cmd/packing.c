#include "cmd/packing.h"

#include "base/alloc.h"
#include "base/signals.h"
#include "base/system.h"
#include "base/workers.h"
#include "process/diag.h"
#include "stream/record.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- options ---- */

void
packing_take_tensors(void *packing, const char *option, const char *value)
{
	struct packing *p = packing;
	struct error why;
	/* A second list would replace the first, or add to it: nobody can know which was meant. */
	struct names *keep = &p->options.filter.keep;
	if (keep->count > 0)
		diag_usage("%s: given twice: join the lists with a comma", option);
	if (names_parse(value, strlen(value), keep, &why) != 0)
		diag_usage("%s: '%s': %s", option, value, why.text);
}

void
packing_take_stack(void *packing, const char *option, const char *value)
{
	struct packing *p = packing;
	struct error why;
	if (band_filter_add_stack(&p->options.filter, value, &why) != 0)
		diag_usage("%s: '%s': %s", option, value, why.text);
}

void
packing_take_damaged(void *packing, const char *option, const char *value)
{
	struct packing *p = packing;
	p->options.keep_damaged = strcmp(value, "keep") == 0;
	if (!p->options.keep_damaged && strcmp(value, "refuse") != 0)
		diag_usage("%s: '%s' is neither refuse nor keep", option, value);
}

void
packing_ready(struct packing *p)
{
	struct error why;
	/* 0 passes: no alignment. */
	if (p->options.align & (p->options.align - 1))
		diag_usage("-A: '%u' is not a power of two", (unsigned)p->options.align);
	if (band_filter_check(&p->options.filter, &why) != 0)
		diag_usage("-S: %s", why.text);
}

/* ---- a library that aborts ---- */

/* The patch that this thread reads. */
static _Thread_local const struct packing_job *at_hand;

/* libtiff and its codecs have assertions: the last line of the run names the patch. */
static void
on_abort(int signal)
{
	const char *key = at_hand && at_hand->group.key ? at_hand->group.key : "";
	const char *path = at_hand && at_hand->path ? at_hand->path : "";
	const char *words[] = {program_name, ": ", key, *path ? ": " : "", path,
	    ": a library (libtiff or a codec) aborted: report the file to the maintainers of the "
	    "library\n"};
	(void)signal;
	for (size_t i = 0; at_hand && i < sizeof words / sizeof *words; i++)
		(void)!write(STDERR_FILENO, words[i], strlen(words[i]));
}

/* ---- the three steps of a job, called by parallel_ordered ---- */

static bool
packing_next(void *context, void *item)
{
	struct packing *p = context;
	struct packing_job *j = item;
	/* Jobs are used again, with their memory: fresh pages cost more than what is written to
	 * them. */
	j->line.len = 0;
	return !signals_received() && p->next(p->context, j);
}

static uint64_t
packing_work(void *context, unsigned worker, void *item)
{
	struct packing *p = context;
	struct packing_job *j = item;
	/* Here, in parallel: the step that writes, of which one runs at a time, leaves it. */
	group_free(&j->group);
	j->path = NULL;
	j->notes.len = 0;
	j->bad = group_parse(j->line.data, j->line.len, &j->group, &j->why) != 0;
	const struct packing_bytes *bytes = (const struct packing_bytes *)(void *)j->bytes.data;
	for (size_t i = 0; j->bytes.len > 0 && !j->bad && i < j->group.file_count; i++) {
		j->group.files[i].bytes = bytes[i].data;
		j->group.files[i].bytes_len = bytes[i].len;
	}
	/* One for each thread, kept from patch to patch: no locks, and buffers that fit already. */
	if (!p->readers[worker])
		p->readers[worker] = patch_reader_new(&p->options);
	at_hand = j;
	if (!j->bad)
		j->bad = patch_read(p->readers[worker], &j->group, &j->blob, &j->notes, &j->path,
		             &j->why) != 0;
	at_hand = NULL;
	return j->blob.len;
}

/* What there is to say beside the verdict: in order, whatever thread found it. */
static void
packing_report_notes(const struct packing_job *j)
{
	const char *end = j->notes.data + j->notes.len;
	for (const char *note = j->notes.data; note < end; note += strlen(note) + 1)
		diag_warn("%s: %s", j->group.key, note);
}

/* Whatever is known of it: the key, else the number of the line; the path, if one file is to
 * blame. */
static void
packing_report(const struct packing_job *j)
{
	const char *path = j->path ? j->path : "", *colon = j->path ? ": " : "";
	if (j->group.key)
		diag_bad("%s: %s%s%s", j->group.key, path, colon, j->why.text);
	else
		diag_bad("line %lu: %s", j->number, j->why.text);
}

/* Frees the files of a job that is over. */
static void
packing_free_bytes(struct packing_job *j)
{
	struct packing_bytes *bytes = (struct packing_bytes *)(void *)j->bytes.data;
	for (size_t i = 0; i < j->bytes.len / sizeof *bytes; i++)
		free(bytes[i].data);
	j->bytes.len = 0;
}

/* Record and lock in one call: several writers may share the pipe (rsenc-records(5)). */
int
packing_write_record(void *context, const struct packing_job *j, struct error *why)
{
	(void)context;
	if (record_write(
	        STDOUT_FILENO, j->group.key, j->group.key_len, j->blob.data, j->blob.len, why) == 0)
		return 0;
	return error_prefix(why, "standard output");
}

static bool
packing_emit(void *context, void *item)
{
	struct packing *p = context;
	struct packing_job *j = item;
	bool go_on = !signals_received();
	if (go_on)
		packing_report_notes(j);
	int status = go_on && !j->bad && p->write ? p->write(p->context, j, &j->why) : 0;
	/* A bad group is reported, and with -k the run continues. */
	if (go_on && (j->bad || status > 0)) {
		p->skipped++;
		packing_report(j);
		go_on = p->keep_going;
	} else if (status < 0) {
		/* Output that fails ends the run at once, also with -k. A write that a request to
		 * stop has ended is not a failure: the command reports the signal. */
		if (!signals_received())
			diag_die(STATUS_BAD, "%s: %s", j->group.key, j->why.text);
		go_on = false;
	} else if (go_on) {
		progress_add(&p->progress, 1, j->blob.len);
	}
	packing_free_bytes(j);
	p->stopped |= !go_on;
	return go_on;
}

/* ---- the run ---- */

void
packing_run(struct packing *p)
{
	struct worker_pool o = {.context = p,
	    .next = packing_next,
	    .work = packing_work,
	    .emit = packing_emit,
	    .adaptive = p->jobs == 0};
	uint64_t cores = limits_of_process().cores,
	         most = cores > WORKERS_MAX ? cores : WORKERS_MAX;
	unsigned threads = (unsigned)(p->jobs > 0 ? p->jobs : most);
	p->jobs_at_work = xcalloc(workers_items(threads), sizeof *p->jobs_at_work);
	p->readers = xcalloc(threads, sizeof *p->readers);
	signal(SIGABRT, on_abort);
	parallel_ordered(&o, threads, p->jobs_at_work, sizeof *p->jobs_at_work);
}
