#include "cmd/skip_summary.h"

#include "base/buf.h"
#include "process/diag.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void
skip_summary_add(struct skip_summary *s, const struct error *why)
{
	const char *kind = why->kind ? why->kind : "other";
	size_t i = 0;
	while (i < SKIP_KINDS - 1 && s->kind[i] && strcmp(s->kind[i], kind) != 0)
		i++;
	s->kind[i] = i < SKIP_KINDS - 1 ? kind : "other";
	s->count[i]++;
	s->total++;
}

/* "20 Git LFS pointers" */
static void
append_count(struct buf *list, uint64_t count, const char *kind)
{
	char text[120];
	size_t one = strcspn(kind, "|");
	const char *plural = count != 1 && kind[one] ? kind + one + 1 : "";
	int len = snprintf(text, sizeof text, "%s%" PRIu64 " %.*s%s", list->len > 0 ? ", " : "",
	    count, (int)one, kind, plural);
	if (len > 0)
		buf_add(list, text, (size_t)len);
}

void
skip_summary_print(const struct skip_summary *s, uint64_t patches)
{
	struct skip_summary left = *s;
	struct buf list = {0};
	if (s->total == 0)
		return;
	/* Most frequent first: what costs most patches is to be fixed first. */
	for (;;) {
		size_t most = 0;
		for (size_t i = 1; i < SKIP_KINDS; i++)
			most = left.count[i] > left.count[most] ? i : most;
		if (left.count[most] == 0)
			break;
		append_count(&list, left.count[most], left.kind[most]);
		left.count[most] = 0;
	}
	diag_warn("skipped %" PRIu64 " of %" PRIu64 " %s: %.*s", s->total, patches,
	    patches == 1 ? "patch" : "patches", (int)list.len, list.data);
	buf_free(&list);
}
