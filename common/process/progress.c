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

/* Whether what is written already shows the progress, here or in the next command of a pipe. */
static bool
meter_is_elsewhere(enum progress_output output, bool verbose)
{
	struct stat st;
	if (output == PROGRESS_ALONE)
		return false;
	if (isatty(STDOUT_FILENO))
		return true;
	if (fstat(STDOUT_FILENO, &st) != 0 || !S_ISFIFO(st.st_mode))
		return false;
	/* Two meters would draw over each other: on a terminal there is one, whatever -v says. */
	return !verbose || isatty(STDERR_FILENO);
}

void
progress_start(struct progress *m, const char *phase, uint64_t total, enum progress_output output,
    bool quiet, bool verbose)
{
	*m = (struct progress){.phase = phase, .total = total};
	bool wanted = !quiet && !meter_is_elsewhere(output, verbose);
	m->drawn = wanted && isatty(STDERR_FILENO);
	m->lines = wanted && !m->drawn && verbose;
	m->start = m->last = clock_seconds();
}

double
progress_seconds(const struct progress *m)
{
	return clock_seconds() - m->start;
}

const char *
progress_patches(uint64_t count)
{
	return count == 1 ? "patch" : "patches";
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

int
progress_source(struct progress *m, int fd)
{
	struct stat st;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || lseek(fd, 0, SEEK_CUR) < 0)
		return -1;
	m->source = fd;
	m->source_size = (uint64_t)st.st_size;
	return 0;
}

/* How much is done, of 1; negative if that is not known. */
static double
meter_done(const struct progress *m)
{
	if (m->source > 0 && m->source_size > 0) {
		off_t at = lseek(m->source, 0, SEEK_CUR);
		double done = (double)at / (double)m->source_size;
		return done > 1 ? 1 : done;
	}
	return m->total == 0 || m->count > m->total ? -1 : (double)m->count / (double)m->total;
}

/* "45%, 0:01:23 left, ". The time is shown once the rate has settled: after some seconds, and not
 * from the first few patches, which a cold cache makes slow. */
static int
meter_left(const struct progress *m, double seconds, char *text, size_t size)
{
	double done = meter_done(m);
	if (done < 0)
		return 0;
	unsigned percent = (unsigned)(100 * done);
	if (seconds < SETTLED || m->count < SETTLED_COUNT || done <= 0 || done >= 1)
		return snprintf(text, size, "%u%%, ", percent);
	double left = seconds * (1 - done) / done;
	unsigned long s = left < 1e9 ? (unsigned long)left + 1 : 1000000000;
	return snprintf(
	    text, size, "%u%%, %lu:%02lu:%02lu left, ", percent, s / 3600, s / 60 % 60, s % 60);
}

/* ", 4200/s, 680 MB/s" */
static int
meter_rate(const struct progress *m, double seconds, char *text, size_t size)
{
	char rate[PROGRESS_BYTES];
	if (seconds <= 0)
		return 0;
	double bytes = (double)m->bytes / seconds;
	progress_bytes(bytes < 1e18 ? (uint64_t)bytes : 0, rate);
	return m->bytes > 0
	           ? snprintf(text, size, ", %.0f/s, %s/s", (double)m->count / seconds, rate)
	           : snprintf(text, size, ", %.0f/s", (double)m->count / seconds);
}

void
progress_line(const struct progress *m, double seconds, char text[PROGRESS_TEXT])
{
	size_t size = PROGRESS_TEXT;
	int at = snprintf(text, size, "%s: ", m->phase);
	at += meter_left(m, seconds, text + at, size - (size_t)at);
	at += m->total > 0 && m->count <= m->total
	          ? snprintf(text + at, size - (size_t)at, "%" PRIu64 " of %" PRIu64 " %s",
	                m->count, m->total, progress_patches(m->total))
	          : snprintf(text + at, size - (size_t)at, "%" PRIu64 " %s", m->count,
	                progress_patches(m->count));
	meter_rate(m, seconds, text + at, size - (size_t)at);
}

static void
meter_show(const struct progress *m, const char *text)
{
	if (m->drawn)
		status_line(text);
	else if (m->lines)
		diag_warn("%s", text);
}

void
progress_add(struct progress *m, uint64_t count, uint64_t bytes)
{
	char text[PROGRESS_TEXT];
	m->count += count;
	m->bytes += bytes;
	if (!m->drawn && !m->lines)
		return;
	double t = clock_seconds();
	if (t - m->last < (m->drawn ? DRAW_EVERY : LINE_EVERY))
		return;
	m->last = t;
	progress_line(m, t - m->start, text);
	meter_show(m, text);
}

void
progress_phase(struct progress *m, const char *phase)
{
	char text[PROGRESS_TEXT], bytes[PROGRESS_BYTES];
	m->phase = phase;
	m->last = clock_seconds();
	progress_bytes(m->bytes, bytes);
	snprintf(text, sizeof text, "%s: %" PRIu64 " %s, %s", phase, m->count,
	    progress_patches(m->count), bytes);
	/* A log gets a line for it only where it got one before. */
	if (m->drawn || m->last - m->start >= LINE_EVERY)
		meter_show(m, text);
}

void
progress_finish(struct progress *m)
{
	if (m->drawn)
		status_line(NULL);
}
