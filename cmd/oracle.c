#include "cmd/oracle.h"

#include "base/system.h"
#include "base/hash.h"
#include "base/signals.h"
#include "process/diag.h"
#include "stream/group.h"
#include "stream/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SILENCE = 10 }; /* seconds, after which it is told */

/* ---- which lines ---- */

/* A line is copied only if it is chosen: a list of millions takes no more memory than the
 * sample. */
static void
oracle_read(struct oracle *o, const char *name, int fd)
{
	struct lines lines;
	const char *line;
	size_t len;
	struct error why;
	int got;
	lines_start(&lines, NULL, fd);
	while ((got = lines_next(&lines, &line, &len, &why)) > 0) {
		if (!group_is_blank(line, len) && sample_add(&o->sample, line, len) != 0)
			diag_die(STATUS_BAD, "out of memory");
	}
	if (got < 0)
		diag_die(STATUS_BAD, "%s: %s", name, why.text);
	lines_finish(&lines);
}

/* Bytewise, and of what begins alike the shorter first: keys may hold any byte. */
static int
compare_keys(const void *a, const void *b)
{
	const struct buf *x = &((const struct oracle_key *)a)->key;
	const struct buf *y = &((const struct oracle_key *)b)->key;
	int order = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);
	return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* Of the lines that were chosen alone. One without a key ends the run: no record could be told to
 * be its own. */
static void
oracle_read_keys(struct oracle *o)
{
	struct error why;
	o->keys = calloc(o->sample.count, sizeof *o->keys);
	if (!o->keys)
		diag_die(STATUS_BAD, "out of memory");
	for (size_t i = 0; i < o->sample.count; i++) {
		const struct buf *line = &o->sample.line[i].text;
		if (group_key(line->data, line->len, &o->keys[i].key, &why) != 0)
			diag_die(STATUS_BAD, "group line %" PRIu64 ": %s",
			    o->sample.line[i].number + 1, why.text);
	}
	qsort(o->keys, o->sample.count, sizeof *o->keys, compare_keys);
}

void
oracle_choose(struct oracle *o, char **paths)
{
	static char dash[] = "-";
	static char *standard_input[] = {dash, NULL};
	/* No seed was given: one that differs from run to run, so that in time other patches are
	 * looked at. The summary tells it, and --seed repeats the choice. */
	if (o->seed > ORACLE_SEED_MAX) {
		struct timespec now;
		clock_gettime(CLOCK_REALTIME, &now);
		const intmax_t any[] = {now.tv_sec, now.tv_nsec, getpid()};
		o->seed = hash_bytes(any, sizeof any) & ORACLE_SEED_MAX;
	}
	sample_start(&o->sample, o->size, o->seed);
	for (paths = *paths ? paths : standard_input; *paths; paths++) {
		bool standard = strcmp(*paths, "-") == 0;
		int fd = standard ? STDIN_FILENO : open(*paths, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			diag_die(STATUS_BAD, "%s: can't be opened: %s", *paths, strerror(errno));
		oracle_read(o, standard ? "standard input" : *paths, fd);
		if (!standard)
			close(fd);
	}
	/* A list that was cut short would give a sample of its beginning. */
	if (signals_received())
		diag_die(
		    STATUS_BAD, "stopped by signal %d: nothing was compared", signals_received());
	if (o->sample.count == 0)
		diag_die(STATUS_BAD, "there are no group lines: nothing was compared");
	sample_sort(&o->sample);
	oracle_read_keys(o);
}

/* ---- the program ---- */

/* Writes the next piece of the lines that are chosen, at most what fits. Lines are kept without
 * their newline, which is written by itself. */
static bool
oracle_feed(void *context, int fd)
{
	struct oracle *o = context;
	const struct buf *text = &o->sample.line[o->fed].text;
	const bool end = o->fed_of_line == text->len;
	ssize_t n = write(
	    fd, end ? "\n" : text->data + o->fed_of_line, end ? 1 : text->len - o->fed_of_line);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	o->fed_of_line = end ? 0 : o->fed_of_line + (size_t)n;
	o->fed += end;
	return o->fed < o->sample.count;
}

void
oracle_start(struct oracle *o)
{
	struct error why;
	int output = program_start(&o->program, o->command, oracle_feed, o, &why);
	/* So it is read as any record stream is. */
	if (output < 0 || dup2(output, STDIN_FILENO) < 0)
		diag_die(STATUS_BAD, "the oracle can't be started: %s",
		    output < 0 ? why.text : strerror(errno));
	close(output);
}

void
oracle_wait(const struct oracle *o)
{
	struct pollfd output = {.fd = STDIN_FILENO, .events = POLLIN};
	if (poll(&output, 1, SILENCE * 1000) == 0 && !signals_received())
		diag_warn("the oracle has written nothing for %d s, and %" PRIu64
		          " of %zu records before: waiting for it",
		    SILENCE, o->taken, o->sample.count);
}

bool
oracle_end(struct oracle *o, bool ended)
{
	/* First, so that a program that writes on is ended by SIGPIPE and waits for no reader. */
	close(STDIN_FILENO);
	if (o->strange > 1)
		diag_warn("the oracle wrote %" PRIu64 " more records that it was not asked for",
		    o->strange - 1);
	double tell = clock_seconds() + (double)SILENCE;
	bool told = false;
	int status = 0;
	bool over = false;
	while (ended && !signals_received() && !(over = program_ended(&o->program, &status))) {
		const struct timespec pause = {.tv_nsec = 10000000L};
		if (!told && clock_seconds() > tell) {
			diag_warn("the oracle has closed its output, and runs on: waiting for it");
			told = true;
		}
		nanosleep(&pause, NULL);
	}
	program_let_go(&o->program);
	if (over && WIFSIGNALED(status))
		diag_warn("the oracle was ended by signal %d", WTERMSIG(status));
	else if (over && WEXITSTATUS(status) != 0)
		diag_warn("the oracle has failed: exit status %d", WEXITSTATUS(status));
	return over && status == 0;
}

/* ---- what it wrote ---- */

bool
oracle_takes(struct oracle *o, const struct record *rec)
{
	struct oracle_key *keys = o->keys;
	size_t low = 0, high = o->sample.count;
	char bytes[sizeof rec->key];
	/* A buf takes no const bytes, hence the copy. */
	memcpy(bytes, rec->key, rec->key_len);
	const struct oracle_key wanted = {.key = {.data = bytes, .len = rec->key_len}};
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_keys(&keys[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	bool asked = false;
	/* A key that was chosen twice, since the list has it twice, is asked for twice. */
	for (; low < o->sample.count && compare_keys(&keys[low], &wanted) == 0; low++) {
		asked = true;
		if (!keys[low].taken) {
			keys[low].taken = true;
			o->taken++;
			return true;
		}
	}
	/* A program that does not do as it is asked may write a whole database. */
	if (o->strange++ == 0)
		diag_warn("%s: the oracle wrote this record %s", rec->key,
		    asked ? "twice" : "though it was not asked for it");
	return false;
}

void
oracle_free(struct oracle *o)
{
	for (size_t i = 0; o->keys && i < o->sample.count; i++)
		buf_free(&o->keys[i].key);
	free(o->keys);
	sample_free(&o->sample);
}
