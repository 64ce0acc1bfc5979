/* rsenc-untar: the patches of a dataset out of a tar archive on standard input, to a record stream. */

#include "base/hash.h"
#include "base/keyset.h"
#include "base/stop.h"
#include "cmd/archives.h"
#include "cmd/datasets.h"
#include "cmd/packing.h"
#include "pack/held.h"
#include "process/confine.h"
#include "process/diag.h"
#include "process/options.h"
#include "scan/archive.h"
#include "stream/record.h"
#include "stream/sniff.h"
#include "tar/input.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: rsenc-untar [-ckqv] [-j N] [-f RULES]... [-t LIST] [-S NAME=LIST]... [-A N] [-M SIZE]\n"
    "                   DATASET\n"
    "       rsenc-untar --count [-cqv] [-f RULES]... DATASET\n"
    "Reads a tar archive on standard input and writes the patches of a dataset as records.\n";

/* A group whose files are all there, or one that is to be forgotten. */
struct ready {
	struct ready *next;
	bool forget;
	size_t count;
	size_t line_len;
	char *line;       /* behind the places */
	uint64_t where[]; /* of its files, count of them */
};

struct untar {
	struct packing packing;
	struct datasets sets;
	bool check, count;
	struct tar_input input;
	struct tar *tar;
	struct assembler *assembler;
	struct archive *archive;
	struct keyset keys;
	struct held *held;
	uint64_t waiting; /* bytes of files whose patch is not complete */
	struct ready *first, **last;
	struct buf line;
	bool ended, damaged;
	uint64_t bad; /* patches that were named and left out */
};

static _Noreturn void
out_of_memory(void)
{
	diag_die(STATUS_BAD, "out of memory");
}

/* ---- groups, as the assembler hands them out ---- */

/* Puts a group to those that are ready. Its last file may yet have to be read: nothing is done with a
 * group before archive_next has returned. */
static void
add_ready(struct untar *u, const struct assembled *g, bool forget)
{
	u->line.len = 0;
	if (!forget && assemble_line(g, &u->line) != 0)
		out_of_memory();
	struct ready *r = malloc(sizeof *r + g->count * sizeof *r->where + u->line.len);
	if (!r)
		out_of_memory();
	*r = (struct ready){.forget = forget, .count = g->count, .line_len = u->line.len};
	for (size_t i = 0; i < g->count; i++)
		r->where[i] = g->files[i].where;
	r->line = (char *)(r->where + g->count);
	if (r->line_len > 0)
		memcpy(r->line, u->line.data, r->line_len);
	*u->last = r;
	u->last = &r->next;
}

static struct ready *
take_ready(struct untar *u)
{
	struct ready *r = u->first;
	u->first = r->next;
	if (!u->first)
		u->last = &u->first;
	for (size_t i = 0; !u->count && i < r->count; i++) {
		size_t size;
		if (held_file(u->held, r->where[i], &size))
			u->waiting -= size;
	}
	return r;
}

static void
forget_ready(struct untar *u, struct ready *r)
{
	for (size_t i = 0; !u->count && i < r->count; i++)
		held_let_go(u->held, r->where[i]);
	free(r);
}

static void
on_bad_group(void *context, const struct assembled *g, const char *why)
{
	struct untar *u = context;
	diag_warn("%s: %s: %s", g->key, assemble_first(g)->dir, why);
	u->packing.status = STATUS_BAD;
	u->bad++;
	add_ready(u, g, true);
}

static bool
on_group(void *context, const struct assembled *g)
{
	struct untar *u = context;
	int new = keyset_add(&u->keys, hash_bytes(g->key, g->key_len));
	if (new < 0)
		out_of_memory();
	if (new == 0) {
		on_bad_group(u, g, "its key came before; not written");
		return true;
	}
	size_t rule = 0;
	while (u->sets.selected[rule] != g->rule)
		rule++;
	u->sets.listed[rule]++;
	add_ready(u, g, u->count);
	return true;
}

/* ---- files, as the archive has them ---- */

static int
on_place(void *context, const struct tar_member *m, uint64_t *where)
{
	struct untar *u = context;
	(void)m;
	*where = 0;
	return u->count ? 0 : held_place(u->held, where);
}

static void
on_drop(void *context, uint64_t where)
{
	struct untar *u = context;
	if (!u->count)
		held_let_go(u->held, where);
}

static int
on_fill(void *context, uint64_t where, const uint64_t *same, const char *path, struct tar *tar,
    const struct tar_member *m, struct error *why)
{
	struct untar *u = context;
	uint64_t most = u->packing.options.max_memory;
	size_t size = (size_t)m->size;
	const void *other = same ? held_file(u->held, *same, &size) : NULL;
	if (size > most)
		return error_set(
		    why, "%s: the file has %zu bytes, more than -M allows", path, size);
	if (size > most - u->waiting)
		return error_set(why,
		    "%s: the files of patches that are not complete take more memory than -M "
		    "allows: "
		    "raise it, or unpack the archive, or scan it uncompressed with rsenc-scan",
		    path);
	void *data = held_room(u->held, where, size, path);
	if (!data)
		return error_set(why, "out of memory");
	u->waiting += size;
	if (!other)
		return tar_read(tar, data, why);
	memcpy(data, other, size);
	return 0;
}

static bool
on_recall(void *context, const char *path, uint64_t *where)
{
	struct untar *u = context;
	/* Which files would be held is not known when nothing is: the link is counted. */
	return u->count || held_find(u->held, path, where);
}

static void
on_problem(void *context, const char *path, const char *why)
{
	struct untar *u = context;
	diag_warn("%s: %s", path, why);
	u->packing.status = STATUS_BAD;
}

/* ---- the run ---- */

/* The next member; at the end, what is left. */
static void
step(struct untar *u)
{
	struct error why;
	int more = stop_signal() ? 2 : archive_next(u->archive, &why);
	if (assemble_no_memory(u->assembler))
		out_of_memory();
	u->ended = more != 1;
	if (more == 0) {
		archive_lost_links(u->archive,
		    "does not follow in the archive: its bytes may have gone "
		    "by, unpack it or scan it uncompressed");
		assemble_end(u->assembler);
	} else if (more < 0) {
		/* Whatever this member made ready lacks its data. */
		while (u->first)
			forget_ready(u, take_ready(u));
		u->damaged = !stop_signal();
		if (u->damaged)
			diag_warn("standard input: %s", why.text);
	}
}

static bool
next_job(void *context, struct packing_job *j)
{
	struct untar *u = context;
	for (;;) {
		while (!u->first && !u->ended)
			step(u);
		if (!u->first)
			return false;
		struct ready *r = take_ready(u);
		if (r->forget) {
			forget_ready(u, r);
			continue;
		}
		struct packing_bytes *bytes = realloc(j->bytes, r->count * sizeof *bytes);
		if (!bytes || buf_add(&j->line, r->line, r->line_len) != 0)
			out_of_memory();
		j->bytes = bytes;
		j->own = r;
		for (size_t i = 0; i < r->count; i++) {
			bytes[i].data = held_file(u->held, r->where[i], &bytes[i].len);
			held_hide(u->held, r->where[i]);
		}
		return true;
	}
}

static void
done(void *context, struct packing_job *j)
{
	forget_ready(context, j->own);
	j->own = NULL;
}

/* Groups are only counted: their data is passed over. */
static void
count_groups(struct untar *u)
{
	while (!u->ended) {
		step(u);
		while (u->first)
			forget_ready(u, take_ready(u));
	}
	for (size_t i = 0; i < u->sets.selected_count; i++)
		printf("%s\t%" PRIu64 "\n", u->sets.selected[i]->name, u->sets.listed[i]);
}

static void
open_archive(struct untar *u, const char *dataset)
{
	static struct assemble_sink sink;
	static struct archive_events events;
	struct error why;
	const void *first;
	size_t len;
	if (tar_input_open(&u->input, STDIN_FILENO, &why) != 0 ||
	    tar_input_peek(&u->input, SNIFF_ENOUGH, &first, &len, &why) != 0)
		diag_die(STATUS_BAD, "standard input: %s", why.text);
	archives_check_input(first, len, dataset);
	sink = (struct assemble_sink){u, on_group, on_bad_group};
	events = (struct archive_events){.context = u,
	    .place = on_place,
	    .drop = on_drop,
	    .fill = u->count ? NULL : on_fill,
	    .recall = u->count ? NULL : on_recall,
	    .problem = on_problem};
	u->tar = tar_new(&u->input.source);
	u->held = held_new();
	u->assembler = assemble_new(u->sets.selected, u->sets.selected_count, &sink);
	if (u->tar && u->assembler)
		u->archive = archive_new(u->tar, u->assembler, "", "/", &events);
	if (!u->archive || !u->held)
		out_of_memory();
	assemble_in_any_order(u->assembler, true);
}

/* ---- what came of it ---- */

static void
finish(struct untar *u, const char *dataset)
{
	struct packing *k = &u->packing;
	struct assemble_counts counts = assemble_counts(u->assembler);
	struct error why;
	uint64_t found = 0;
	for (size_t i = 0; i < u->sets.selected_count; i++)
		found += u->sets.listed[i];
	if (stop_signal()) {
		diag_warn("stopped by signal %d after %" PRIu64
		          " patches: start again with rsenc-load "
		          "-s, which passes over what is stored",
		    stop_signal(), k->written);
		k->status = 128 + stop_signal();
		return;
	}
	if (u->damaged) {
		k->status = STATUS_BAD;
		if (found > 0)
			diag_warn("%s: patches that were whole before that: %" PRIu64
			          ". Once the rest has come, start again with rsenc-load -s, which "
			          "passes "
			          "over what is stored",
			    dataset, u->count ? found : k->written);
	} else if (u->ended && found == 0 && u->bad == 0) {
		datasets_say_nothing(
		    &u->sets, dataset, "the archive", archive_example(u->archive), &counts);
		k->status = STATUS_BAD;
	}
	if (u->ended && datasets_compare(&u->sets, u->check, k->verbose))
		k->status = STATUS_BAD;
	if (k->verbose)
		datasets_say_files(&counts);
	if (!u->count && !u->damaged && !k->stopped && record_write_end(STDOUT_FILENO, &why) != 0)
		diag_die(STATUS_BAD, "standard output: %s", why.text);
}

static const char *
read_options(struct untar *u, int argc, char **argv)
{
	const struct option_row rows[] = {
	    {'c', "check", NULL, "any other number of groups than the published one is an error",
	        .flag = &u->check},
	    {0, "count", NULL, "only count the patches: one line a rule, its name and the number",
	        .flag = &u->count},
	    DATASETS_OPTION(&u->sets),
	    PACKING_OPTIONS(&u->packing, "largest memory for one patch, and for all files of "
	                                 "those\nthat are not complete (1G)"),
	};
	char **operands = options_read(usage, rows, sizeof rows / sizeof *rows, u, argc, argv);
	const char *dataset = options_operand(operands, "dataset");
	packing_ready(&u->packing);
	datasets_ready(&u->sets);
	datasets_select(&u->sets, dataset);
	if (u->sets.selected_count == 0)
		datasets_unknown(&u->sets, dataset);
	datasets_warn(&u->sets);
	return dataset;
}

int
main(int argc, char **argv)
{
	struct untar u = {.packing = PACKING_DEFAULTS, .last = &u.first};
	struct packing *k = &u.packing;
	diag_start(argv[0]);
	const char *dataset = read_options(&u, argc, argv);
	diag_need_input("a tar archive", "zstd -dc");
	if (!u.count)
		diag_refuse_terminal("a record stream");
	confine(NULL);
	stop_catch();
	open_archive(&u, dataset);
	if (u.count) {
		count_groups(&u);
	} else {
		k->context = &u;
		k->next = next_job;
		k->write = packing_write_record;
		k->done = done;
		meter_start(&k->meter, "packing", 0, METER_STREAM, k->quiet, k->verbose);
		packing_run(k);
		meter_finish(&k->meter);
	}
	finish(&u, dataset);
	while (u.first)
		forget_ready(&u, take_ready(&u));
	archive_free(u.archive);
	assemble_free(u.assembler);
	tar_free(u.tar);
	tar_input_close(&u.input);
	held_free(u.held);
	keyset_free(&u.keys);
	buf_free(&u.line);
	datasets_free(&u.sets);
	packing_free(k);
	diag_close_stdout();
	return k->status;
}
