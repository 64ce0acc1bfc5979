#include "process/progress.h"

#include "base/system.h"
#include "process/diag.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define DRAW_EVERY 0.2 /* seconds */
#define LINE_EVERY 30.0
#define SETTLED 3.0 /* seconds after which the time left is shown */

enum { SETTLED_COUNT = 10 }; /* ... and patches */

/* Whether what is written already shows the progress, here or in the next command of a pipe: two
 * would draw over each other on a terminal, whatever -v says. */
static bool
is_shown_elsewhere(bool verbose)
{
	struct stat st;
	bool pipe = fstat(STDOUT_FILENO, &st) == 0 && S_ISFIFO(st.st_mode);
	return isatty(STDOUT_FILENO) || (pipe && (!verbose || isatty(STDERR_FILENO)));
}

void
progress_start(struct progress *m, const char *phase, uint64_t total, enum progress_output output,
    bool quiet, bool verbose)
{
	*m = (struct progress){.phase = phase, .total = total == NOT_EXPECTED ? 0 : total};
	bool wanted = !quiet && (output == PROGRESS_ALONE || !is_shown_elsewhere(verbose));
	m->drawn = wanted && isatty(STDERR_FILENO);
	m->lines = wanted && !m->drawn && verbose;
	m->start = m->last = clock_seconds();
}

const char *
progress_patches(uint64_t count)
{
	return count == 1 ? "patch" : "patches";
}

int
progress_expected(const struct progress *m, const char *path, const char *done, uint64_t expect)
{
	if (expect == NOT_EXPECTED || m->count == expect)
		return 0;
	diag_warn("%s: %" PRIu64 " %s %s, but --expect is %" PRIu64 "%s", path, m->count,
	    progress_patches(m->count), done, expect,
	    m->count < expect ? ": an earlier command may have failed" : "");
	return m->count < expect ? -1 : 1;
}

void
progress_bytes(uint64_t bytes, char text[PROGRESS_BYTES])
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	double value = (double)bytes;
	size_t unit = 0;
	while (value >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
		value /= 1000;
		unit++;
	}
	snprintf(
	    text, PROGRESS_BYTES, "%.*f %s", unit > 0 && value < 9.95 ? 1 : 0, value, units[unit]);
}

void
progress_line(const struct progress *m, double seconds, struct buf *text)
{
	char rate[PROGRESS_BYTES];
	bool counted = m->total > 0 && m->count <= m->total; /* not more than were expected */
	double done = counted ? (double)m->count / (double)m->total : 0;
	double left = done > 0 ? seconds * (1 - done) / done : 0;
	unsigned long s = left < 1e9 ? (unsigned long)left + 1 : 1000000000;
	buf_addf(text, "%s: ", m->phase);
	if (counted)
		buf_addf(text, "%u%%, ", (unsigned)(100 * done));
	/* The time is shown once the rate has settled: after some seconds, and not from the first
	 * few patches, which a cold cache makes slow. */
	if (seconds >= SETTLED && m->count >= SETTLED_COUNT && done > 0 && done < 1)
		buf_addf(text, "%lu:%02lu:%02lu left, ", s / 3600, s / 60 % 60, s % 60);
	buf_addf(text, "%" PRIu64, m->count);
	if (counted)
		buf_addf(text, " of %" PRIu64, m->total);
	buf_addf(text, " %s", progress_patches(counted ? m->total : m->count));
	if (seconds > 0)
		buf_addf(text, ", %.0f/s", (double)m->count / seconds);
	if (seconds > 0 && m->bytes > 0) {
		double bytes = (double)m->bytes / seconds;
		progress_bytes(bytes < 1e18 ? (uint64_t)bytes : 0, rate);
		buf_addf(text, ", %s/s", rate);
	}
}

void
progress_add(struct progress *m, uint64_t count, uint64_t bytes)
{
	struct buf text = {0};
	m->count += count;
	m->bytes += bytes;
	if (!m->drawn && !m->lines)
		return;
	double t = clock_seconds();
	if (t - m->last < (m->drawn ? DRAW_EVERY : LINE_EVERY))
		return;
	m->last = t;
	progress_line(m, t - m->start, &text);
	if (m->drawn)
		status_line(text.data);
	else
		diag_warn("%s", text.data);
	buf_free(&text);
}

void
progress_phase(struct progress *m, const char *phase)
{
	m->phase = phase;
	/* A log gets a line for it only when one is due. */
	if (m->drawn)
		m->last = 0;
	progress_add(m, 0, 0);
}

void
progress_finish(struct progress *m)
{
	if (m->drawn)
		status_line(NULL);
}
