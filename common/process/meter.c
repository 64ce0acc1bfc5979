#include "process/meter.h"

#include "process/diag.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define DRAW_EVERY 0.2 /* seconds */
#define LINE_EVERY 30.0

static double
now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void
meter_start(struct meter *m, const char *noun, uint64_t total, bool quiet, bool verbose)
{
	*m = (struct meter){.noun = noun, .total = total};
	m->drawn = !quiet && isatty(STDERR_FILENO);
	m->lines = !quiet && !m->drawn && verbose;
	m->start = m->last = now();
}

double
meter_seconds(const struct meter *m)
{
	return now() - m->start;
}

/* "45%, 0:01:23 left", or nothing where that is not known. */
static void
put_left(const struct meter *m, double seconds, char *text, size_t size)
{
	if (m->total == 0 || m->count == 0 || m->count > m->total) {
		*text = '\0';
		return;
	}
	double left = seconds * (double)(m->total - m->count) / (double)m->count;
	unsigned long s = left < 1e9 ? (unsigned long)left : 1000000000;
	snprintf(text, size, ", %u%%, %lu:%02lu:%02lu left",
	    (unsigned)(100.0 * (double)m->count / (double)m->total), s / 3600, s / 60 % 60, s % 60);
}

static void
show(struct meter *m, double seconds)
{
	char text[200], left[64];
	double mb = (double)m->bytes / 1e6;
	put_left(m, seconds, left, sizeof left);
	snprintf(text, sizeof text, "%" PRIu64 " %s, %.0f MB, %.0f %s/s, %.0f MB/s%s", m->count,
	    m->noun, mb, (double)m->count / seconds, m->noun, mb / seconds, left);
	if (m->drawn)
		diag_transient(text);
	else
		diag_warn("%s", text);
}

void
meter_add(struct meter *m, uint64_t count, uint64_t bytes)
{
	m->count += count;
	m->bytes += bytes;
	if (!m->drawn && !m->lines)
		return;
	double t = now();
	if (t - m->last < (m->drawn ? DRAW_EVERY : LINE_EVERY))
		return;
	m->last = t;
	show(m, t - m->start);
}

void
meter_finish(struct meter *m)
{
	if (m->drawn)
		diag_transient(NULL);
}
