#include "scan/collect.h"

#include "scan/archive.h"
#include "archive/held.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct collect {
	const struct collect_events *events;
	struct assemble_sink sink;
	struct archive_events members;
	struct tar *tar;
	struct assembler *assembler;
	struct archive *archive;
	struct held *held;
	uint64_t most, waiting; /* bytes of files whose group is not complete */
	struct collected *first, **last;
	struct buf line;
	bool no_memory;
	int ended; /* what collect_next returned, when it was not 1 */
	bool over;
};

/* ---- groups, as the assembler hands them out ---- */

/* Puts a group to those that are ready. Its last file may yet have to be read: nothing is done with a
 * group before archive_next has returned. */
static void
collect_add(struct collect *c, const struct assembled *g, bool wanted)
{
	c->line.len = 0;
	struct collected *r = NULL;
	if (!wanted || assembled_line(g, &c->line) == 0)
		r = malloc(sizeof *r + g->count * sizeof *r->files + c->line.len);
	if (!r) {
		c->no_memory = true;
		return;
	}
	*r = (struct collected){.wanted = wanted, .count = g->count, .line_len = c->line.len};
	for (size_t i = 0; i < g->count; i++)
		r->files[i] = (struct collect_file){.where = g->files[i].where};
	r->line = (char *)(r->files + g->count);
	if (r->line_len > 0)
		memcpy(r->line, c->line.data, r->line_len);
	*c->last = r;
	c->last = &r->next;
}

static bool
collect_group(void *context, const struct assembled *g)
{
	struct collect *c = context;
	bool wanted = c->events->group(c->events->context, g);
	collect_add(c, g, wanted && c->most > 0);
	return !c->no_memory;
}

static void
collect_bad(void *context, const struct assembled *g, const char *why)
{
	struct collect *c = context;
	c->events->bad(c->events->context, g, why);
	collect_add(c, g, false);
}

/* Takes the first of those that are ready, whose files no longer wait. */
static struct collected *
collect_take(struct collect *c)
{
	struct collected *r = c->first;
	c->first = r->next;
	if (!c->first)
		c->last = &c->first;
	for (size_t i = 0; c->most > 0 && i < r->count; i++) {
		struct collect_file *f = &r->files[i];
		f->data = held_file(c->held, f->where, &f->len);
		if (f->data)
			c->waiting -= f->len;
		held_hide(c->held, f->where);
	}
	return r;
}

void
collect_let_go(struct collect *c, struct collected *g)
{
	for (size_t i = 0; c->most > 0 && i < g->count; i++)
		held_let_go(c->held, g->files[i].where);
	free(g);
}

/* ---- files, as the archive has them ---- */

static int
collect_place(void *context, const struct tar_member *m, uint64_t *where)
{
	struct collect *c = context;
	(void)m;
	*where = 0;
	return c->most > 0 ? held_place(c->held, where) : 0;
}

static void
collect_drop(void *context, uint64_t where)
{
	struct collect *c = context;
	if (c->most > 0)
		held_let_go(c->held, where);
}

static int
collect_too_much(const char *path, const char *what, const char *remedy, struct error *why)
{
	error_set(why, "%s: %s: raise it with -M%s", path, what, remedy);
	return error_kind(why, ERROR_TOO_LARGE);
}

static int
collect_fill(void *context, uint64_t where, const uint64_t *same, const char *path, struct tar *tar,
    const struct tar_member *m, struct error *why)
{
	struct collect *c = context;
	size_t size = (size_t)m->size;
	const void *other = same ? held_file(c->held, *same, &size) : NULL;
	if (size > c->most) {
		char text[100];
		snprintf(text, sizeof text, "the file has %zu bytes, more than is allowed", size);
		return collect_too_much(path, text, "", why);
	}
	/* This check keeps `waiting` from ever passing `most`, so the difference cannot wrap. */
	if (size > c->most - c->waiting)
		return collect_too_much(path,
		    "the files of patches that are not complete take more memory than is allowed",
		    ", or extract the archive, or scan it uncompressed with rsenc-scan", why);
	void *data = held_room(c->held, where, size, path);
	if (!data)
		return error_set(why, "out of memory");
	c->waiting += size;
	if (!other)
		return tar_read(tar, data, why);
	memcpy(data, other, size);
	return 0;
}

static bool
collect_recall(void *context, const char *path, uint64_t *where)
{
	struct collect *c = context;
	return held_find(c->held, path, where);
}

/* Which files would be held is not known when nothing is: the link is counted. */
static bool
collect_recall_any(void *context, const char *path, uint64_t *where)
{
	(void)context;
	(void)path;
	*where = 0;
	return true;
}

static void
collect_problem(void *context, const char *path, const char *why)
{
	struct collect *c = context;
	c->events->problem(c->events->context, path, why);
}

/* ---- the run ---- */

struct collect *
collect_new(const struct tar_source *source, const struct rule *const *rules, size_t count,
    const struct collect_events *events, uint64_t most)
{
	struct collect *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	c->events = events;
	c->most = most;
	c->last = &c->first;
	c->sink = (struct assemble_sink){c, collect_group, collect_bad};
	c->members = (struct archive_events){.context = c,
	    .place = collect_place,
	    .drop = collect_drop,
	    .fill = most > 0 ? collect_fill : NULL,
	    .recall = most > 0 ? collect_recall : collect_recall_any,
	    .problem = collect_problem};
	c->tar = tar_new(source);
	c->held = held_new();
	c->assembler = assemble_new(rules, count, &c->sink);
	/* Paths stand alone, and are matched as if the archive lay unpacked in the root directory. */
	if (c->tar && c->held && c->assembler)
		c->archive = archive_new(c->tar, c->assembler, "", "/", &c->members);
	if (!c->archive) {
		collect_free(c);
		return NULL;
	}
	assemble_in_any_order(c->assembler, true);
	return c;
}

/* The next member; at the end, what is left. Returns 1, or what ends it. */
static int
collect_step(struct collect *c, struct error *why)
{
	int more = archive_next(c->archive, why);
	/* Only at the archive's own end: of one that was cut off nobody knows what would have
	 * followed. */
	if (more == 0) {
		archive_lost_links(c->archive,
		    "does not follow in the archive: its bytes may have gone by, unpack it or scan "
		    "it uncompressed");
		assemble_end(c->assembler);
	}
	if (assemble_no_memory(c->assembler) || c->no_memory)
		more = error_set(why, "out of memory");
	/* Whatever this member made ready lacks its data. */
	while (more < 0 && c->first)
		collect_let_go(c, collect_take(c));
	return more;
}

int
collect_next(struct collect *c, struct collected **out, struct error *why)
{
	for (;;) {
		while (!c->first && !c->over) {
			c->ended = collect_step(c, why);
			c->over = c->ended != 1;
		}
		if (!c->first)
			return c->ended;
		struct collected *r = collect_take(c);
		if (r->wanted) {
			*out = r;
			return 1;
		}
		collect_let_go(c, r);
	}
}

struct assemble_counts
collect_counts(const struct collect *c)
{
	return assemble_counts(c->assembler);
}

const char *
collect_example(const struct collect *c)
{
	return archive_example(c->archive);
}

void
collect_free(struct collect *c)
{
	if (!c)
		return;
	while (c->first)
		collect_let_go(c, collect_take(c));
	archive_free(c->archive);
	assemble_free(c->assembler);
	tar_free(c->tar);
	held_free(c->held);
	buf_free(&c->line);
	free(c);
}
