#include "scan/tar_stream.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

struct tar_stream {
	const struct tar_stream_events *events;
	struct assemble_sink sink;
	struct assembler *assembler;
	struct archive *archive;
	uint64_t max_memory;
	struct stream_group *first, **last; /* complete, not handed out yet */
	struct buf line;
	int ended; /* what tar_stream_next returns from now on, if it is not 1 */
};

/* ---- groups, as the assembler hands them out ---- */

/* The last file of the group may still have to be read: it is handed out after archive_next. */
static void
stream_add(struct tar_stream *s, const struct assembled *g)
{
	s->line.len = 0;
	assembled_line(g, &s->line);
	struct stream_group *r = xmalloc(
	    sizeof *r + g->count * sizeof(struct archive_file *) + s->line.len);
	*r = (struct stream_group){.count = g->count, .line_len = s->line.len};
	r->line = (char *)(r->files + g->count);
	memcpy(r->line, s->line.data, s->line.len);
	for (size_t i = 0; i < g->count; i++)
		r->files[i] = archive_file_of(&g->files[i]);
	*s->last = r;
	s->last = &r->next;
}

static void
stream_complete(struct tar_stream *s, const struct assembled *g)
{
	for (size_t i = 0; i < g->count; i++)
		archive_file_complete(s->archive, archive_file_of(&g->files[i]));
}

static bool
stream_on_group(void *context, const struct assembled *g)
{
	struct tar_stream *s = context;
	stream_complete(s, g);
	if (s->events->group(s->events->context, g) && s->max_memory > 0)
		stream_add(s, g);
	else
		archive_file_release_all(g);
	return true;
}

static void
stream_on_bad(void *context, const struct assembled *g, const char *why)
{
	struct tar_stream *s = context;
	stream_complete(s, g);
	s->events->bad(s->events->context, g, why);
	archive_file_release_all(g);
}

static struct stream_group *
stream_take(struct tar_stream *s)
{
	struct stream_group *g = s->first;
	s->first = g->next;
	if (!s->first)
		s->last = &s->first;
	return g;
}

void
stream_group_free(struct stream_group *g)
{
	for (size_t i = 0; i < g->count; i++)
		archive_file_release(g->files[i]);
	free(g);
}

/* ---- the run ---- */

struct tar_stream *
tar_stream_new(struct source *source, const struct rule *const *rules, size_t count,
    const struct tar_stream_events *events, uint64_t max_memory)
{
	struct tar_stream *s = xcalloc(1, sizeof *s);
	s->events = events;
	s->max_memory = max_memory;
	s->last = &s->first;
	s->ended = 1;
	s->sink = (struct assemble_sink){s, stream_on_group, stream_on_bad};
	s->assembler = assemble_new(rules, count, &s->sink);
	if (!s->assembler)
		alloc_failed(sizeof *s);
	assemble_in_any_order(s->assembler, true);
	s->archive = archive_stream(
	    source, max_memory, s->assembler, events->problem, events->context);
	return s;
}

/* The next member; at the end, the groups that are incomplete. Returns as tar_stream_next. */
static int
stream_step(struct tar_stream *s, struct error *why)
{
	int more = archive_next(s->archive, why);
	/* Only at the end of the archive: what a truncated one lacks is unknown. */
	if (more == 0)
		assemble_end(s->assembler);
	if (assemble_no_memory(s->assembler))
		alloc_failed(0);
	/* The groups that this member completed lack its data. */
	while (more < 0 && s->first)
		stream_group_free(stream_take(s));
	return more;
}

int
tar_stream_next(struct tar_stream *s, struct stream_group **out, struct error *why)
{
	while (!s->first && s->ended == 1)
		s->ended = stream_step(s, why);
	if (!s->first)
		return s->ended;
	*out = stream_take(s);
	return 1;
}

struct assemble_counts
tar_stream_counts(const struct tar_stream *s)
{
	return assemble_counts(s->assembler);
}

const char *
tar_stream_example(const struct tar_stream *s)
{
	return archive_example(s->archive);
}

void
tar_stream_free(struct tar_stream *s)
{
	while (s->first)
		stream_group_free(stream_take(s));
	archive_close(s->archive);
	assemble_free(s->assembler);
	buf_free(&s->line);
	free(s);
}
