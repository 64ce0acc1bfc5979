#include "process/meter.h"

#include "base/clock.h"
#include "process/diag.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define DRAW_EVERY 0.2 /* seconds */
#define LINE_EVERY 30.0

/* Whether what is written already shows the progress, here or in the next command of a pipe. */
static bool
is_shown_elsewhere(enum meter_output output, bool verbose)
{
	struct stat st;
	if (output == METER_ALONE)
		return false;
	if (isatty(STDOUT_FILENO))
		return true;
	return !verbose && fstat(STDOUT_FILENO, &st) == 0 && S_ISFIFO(st.st_mode);
}

void
meter_start(struct meter *m, const char *noun, uint64_t total, enum meter_output output, bool quiet,
    bool verbose)
{
	*m = (struct meter){.noun = noun, .total = total};
	bool wanted = !quiet && !is_shown_elsewhere(output, verbose);
	m->drawn = wanted && isatty(STDERR_FILENO);
	m->lines = wanted && !m->drawn && verbose;
	m->start = m->last = clock_seconds();
}

double
meter_seconds(const struct meter *m)
{
	return clock_seconds() - m->start;
}

/* "45%, 0:01:23 left", or nothing where that is not known. */
static void
meter_left(const struct meter *m, double seconds, char *text, size_t size)
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
meter_show(struct meter *m, double seconds)
{
	char text[200], left[64];
	double mb = (double)m->bytes / 1e6;
	meter_left(m, seconds, left, sizeof left);
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
	double t = clock_seconds();
	if (t - m->last < (m->drawn ? DRAW_EVERY : LINE_EVERY))
		return;
	m->last = t;
	meter_show(m, t - m->start);
}

void
meter_finish(struct meter *m)
{
	if (m->drawn)
		diag_transient(NULL);
}
