#include "cmd/oracle.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/stop.h"
#include "cmd/hints.h"
#include "process/diag.h"
#include "stream/group.h"
#include "stream/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
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
			    o->sample.line[i].number + 1, hint_text(&why));
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
	if (stop_signal())
		diag_die(STATUS_BAD, "stopped by signal %d: nothing was compared", stop_signal());
	if (o->sample.count == 0)
		diag_die(STATUS_BAD, "there are no group lines: nothing was compared");
	sample_sort(&o->sample);
	oracle_read_keys(o);
}

/* ---- the program ---- */

static pid_t
oracle_fork(void)
{
	pid_t pid = fork();
	if (pid < 0)
		diag_die(STATUS_BAD, "the oracle can't be started: %s", strerror(errno));
	return pid;
}

static void
oracle_pipe(int ends[2])
{
	if (pipe(ends) != 0)
		diag_die(STATUS_BAD, "the oracle can't be started: %s", strerror(errno));
}

/* Writes the next piece of the lines that are chosen, at most what fits. Returns whether there is more. */
static bool
oracle_feed(const struct oracle *o, int fd, size_t *line, size_t *at)
{
	const struct buf *text = &o->sample.line[*line].text;
	const bool end = *at == text->len;
	/* Lines are kept without their newline, which is written by itself. */
	ssize_t n = write(fd, end ? "\n" : text->data + *at, end ? 1 : text->len - *at);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	*at = end ? 0 : *at + (size_t)n;
	*line += end;
	return *line < o->sample.count;
}

/* In a process of its own: writes the lines, so that it is all the same whether the program reads first,
 * last or never; and ends the program with all that it has started where this process is told to stop or
 * is no more. It can't do that itself: by then it has no right to signal others (process/confine.h), nor
 * has the system in its name (PR_SET_PDEATHSIG). */
_Noreturn static void
oracle_guard(const struct oracle *o, int lines, int alive)
{
	struct pollfd fds[] = {{.fd = alive, .events = POLLIN}, {.fd = lines, .events = POLLOUT}};
	size_t line = 0, at = 0;
	char well;
	/* A program that ends without reading all lines is not a mistake by itself: what it wrote
	 * tells. */
	signal(SIGPIPE, SIG_IGN);
	/* Else a program that does not read would keep the guard from seeing that all is over. */
	fcntl(lines, F_SETFL, O_NONBLOCK);
	for (;;) {
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[0].revents) {
			/* A byte: the program has ended by itself. An end without one: this process
			 * was told to stop, or died in whatever way, for then the system closes its
			 * end. */
			if (read(alive, &well, 1) != 1)
				kill(-o->pid, SIGTERM);
			_exit(0);
		}
		if (fds[1].revents && !oracle_feed(o, lines, &line, &at)) {
			close(lines);
			fds[1].fd = -1;
		}
	}
}

_Noreturn static void
oracle_run(const struct oracle *o, int input, int output)
{
	/* A group of its own, so that one signal reaches all that the shell has started. */
	setpgid(0, 0);
	if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0)
		/* 126 and 127 as sh(1) has them, and _exit: what the parent's buffers hold is not
		 * the child's to write. */
		_exit(126);
	close(input);
	close(output);
	execl("/bin/sh", "sh", "-c", o->command, (char *)NULL);
	_exit(127);
}

void
oracle_start(struct oracle *o)
{
	int in[2], out[2], alive[2];
	oracle_pipe(in);
	oracle_pipe(out);
	if ((o->pid = oracle_fork()) == 0) {
		/* The program must see the end of its input and of its output's reader: it keeps no
		 * ends that are not its own. */
		close(in[1]);
		close(out[0]);
		oracle_run(o, in[0], out[1]);
	}
	setpgid(o->pid, o->pid); /* whoever comes first */
	close(in[0]);
	close(out[1]);
	/* Only now, so that the program does not inherit it: it would keep the guard waiting. */
	oracle_pipe(alive);
	if (oracle_fork() == 0) {
		close(out[0]);
		close(alive[1]);
		oracle_guard(o, in[1], alive[0]);
	}
	close(in[1]);
	close(alive[0]);
	o->alive = alive[1];
	/* So it is read as any record stream is. */
	if (dup2(out[0], STDIN_FILENO) < 0)
		diag_die(STATUS_BAD, "the oracle can't be read: %s", strerror(errno));
	close(out[0]);
}

void
oracle_wait(const struct oracle *o)
{
	struct pollfd output = {.fd = STDIN_FILENO, .events = POLLIN};
	if (poll(&output, 1, SILENCE * 1000) == 0 && !stop_signal())
		diag_warn("the oracle has written nothing for %d s, and %" PRIu64
		          " of %zu records before: waiting for it",
		    SILENCE, o->taken, o->sample.count);
}

/* How it ended, as waitpid tells; -1: a signal asked to stop before. */
static int
oracle_wait_end(const struct oracle *o)
{
	double told = clock_seconds() + (double)SILENCE;
	int status = -1;
	/* waitpid(2) knows no time limit: so it looks a hundred times a second, and sees a request
	 * to stop as well. */
	while (waitpid(o->pid, &status, WNOHANG) == 0) {
		const struct timespec pause = {.tv_nsec = 10000000L};
		if (stop_signal())
			return -1;
		if (clock_seconds() > told) {
			diag_warn("the oracle has closed its output, and runs on: waiting for it");
			told += 1e9;
		}
		nanosleep(&pause, NULL);
	}
	return status;
}

bool
oracle_end(struct oracle *o, bool ended)
{
	/* First, so that a program that writes on is ended by SIGPIPE and waits for no reader. */
	close(STDIN_FILENO);
	if (o->strange > 1)
		diag_warn("the oracle wrote %" PRIu64 " more records that it was not asked for",
		    o->strange - 1);
	int status = ended && !stop_signal() ? oracle_wait_end(o) : -1;
	/* The guard is told that it need not end it. */
	if (status != -1 && write(o->alive, "", 1) != 1)
		diag_warn("the oracle's guard has ended: %s", strerror(errno));
	close(o->alive);
	if (status != -1 && WIFSIGNALED(status))
		diag_warn("the oracle was ended by signal %d", WTERMSIG(status));
	else if (status != -1 && WEXITSTATUS(status) != 0)
		diag_warn("the oracle has failed: exit status %d", WEXITSTATUS(status));
	return status == 0;
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
