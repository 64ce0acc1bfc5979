#include "scan/tar_stream.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

/* Complete groups are held back until that many bytes of files wait: a second file for one of their
 * tensors may follow. */
enum { STREAM_HOLD = 1 << 20 };

struct tar_stream {
	const struct tar_stream_events *events;
	struct groups *groups;
	struct archive *archive;
	uint64_t max_memory;
	struct stream_group *first, **last; /* complete, not handed out yet */
	struct buf line;
	struct error why;
	int ended; /* what tar_stream_next returns from now on, if it is not 1 */
};

/* ---- groups, as they are handed out ---- */

static void
stream_add(struct tar_stream *s, const struct assembled *g)
{
	s->line.len = 0;
	assembled_line(g, &s->line);
	size_t all = g->count + g->replaced;
	struct stream_group *r = xmalloc(
	    sizeof *r + all * sizeof(struct archive_file *) + s->line.len);
	*r = (struct stream_group){.count = g->count, .all = all, .line_len = s->line.len};
	r->line = (char *)(r->files + all);
	memcpy(r->line, s->line.data, s->line.len);
	for (size_t i = 0; i < all; i++)
		r->files[i] = archive_file_of(&g->files[i]);
	*s->last = r;
	s->last = &r->next;
}

/* Takes the groups that are ready. */
static void
stream_take_groups(struct tar_stream *s)
{
	struct assembled g;
	while (groups_next(s->groups, &g)) {
		for (size_t i = 0; i < g.count + g.replaced; i++)
			archive_file_complete(s->archive, archive_file_of(&g.files[i]));
		s->events->group(s->events->context, &g);
		if (!g.bad && s->max_memory > 0)
			stream_add(s, &g);
		else
			archive_file_release_all(&g);
	}
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
	for (size_t i = 0; i < g->all; i++)
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
	s->groups = groups_new(rules, count);
	groups_in_any_order(s->groups, true);
	s->archive = archive_stream(
	    source, max_memory, s->groups, events->problem, events->context);
	return s;
}

/* The next member; at the end, the groups that are incomplete. Returns as tar_stream_next. */
static int
stream_step(struct tar_stream *s)
{
	int more = archive_next(s->archive, &s->why);
	uint64_t waiting = archive_waiting(s->archive);
	/* Only at the end of the archive: what a truncated one lacks is unknown. */
	if (more == 0)
		groups_end(s->groups);
	else if (more < 0 || waiting > STREAM_HOLD || waiting > s->max_memory / 4)
		groups_release(s->groups);
	stream_take_groups(s);
	return more;
}

int
tar_stream_next(struct tar_stream *s, struct stream_group **out, struct error *why)
{
	while (!s->first && s->ended == 1)
		s->ended = stream_step(s);
	if (!s->first) {
		*why = s->why;
		return s->ended;
	}
	*out = stream_take(s);
	return 1;
}

struct groups_counts
tar_stream_counts(const struct tar_stream *s)
{
	return groups_counts(s->groups);
}

const char *
tar_stream_example(const struct tar_stream *s)
{
	return archive_example(s->archive);
}

void
tar_stream_free(struct tar_stream *s)
{
	groups_end(s->groups);
	struct assembled g;
	while (groups_next(s->groups, &g))
		archive_file_release_all(&g);
	while (s->first)
		stream_group_free(stream_take(s));
	archive_close(s->archive);
	groups_free(s->groups);
	buf_free(&s->line);
	free(s);
}
