/* rsenc-missing: passes on the group lines whose key a database does not hold yet. */

#include "base/buf.h"
#include "cmd/database.h"
#include "process/diag.h"
#include "process/progress.h"
#include "process/options.h"
#include "stream/group.h"
#include "stream/lines.h"
#include "stream/output.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] = "usage: rsenc-missing [-qv] DB...\n"
                            "Passes on those group lines (stdin) whose key no LMDB database DB, or "
                            "record file, holds yet; all\n"
                            "if there is no DB.\n";

/* One of the lines at hand: places in `text` and `keys`. */
struct missing_line {
	size_t at, len;
	size_t key, key_len;
	bool missing;
};

struct missing {
	char **paths;
	bool quiet, verbose;
	struct several *several;
	struct lines lines;
	struct buf text, keys, taken, order; /* of the lines at hand */
	struct output out;
	struct progress meter; /* counts lines */
	uint64_t passed, bad;  /* lines passed on, lines without a key */
	int status;
};

/* ---- lines that are looked up together ---- */

/* Adds a line to those at hand. One without a key is passed on too: it is named again where it
 * can't be packed, and whether that ends the run is decided there. Here the first one is told, and
 * how many there were: a list of paths has nothing else. What is no text at all ends the run. */
static void
missing_take(struct missing *m, const char *line, size_t len)
{
	struct error why;
	struct missing_line l = {.at = m->text.len, .len = len, .key = m->keys.len};
	int status = group_key(line, len, &m->keys, &why);
	if (status != 0) {
		if (status == -2)
			diag_die(STATUS_BAD, "standard input: %s", why.text);
		if (m->bad++ == 0)
			diag_warn("line %lu: %s", m->lines.number, why.text);
		m->status = STATUS_BAD;
		/* What was unescaped of a bad key is taken away again. */
		m->keys.len = l.key;
		l.missing = true;
	}
	l.key_len = m->keys.len - l.key;
	if (buf_add(&m->text, line, len) != 0 || buf_add(&m->taken, &l, sizeof l) != 0)
		diag_die(STATUS_BAD, "out of memory");
}

/* qsort has no context of its own. */
static const struct missing_line *sorted_lines;
static const char *sorted_keys;

static int
compare_keys(const void *a, const void *b)
{
	const struct missing_line *x = &sorted_lines[*(const size_t *)a];
	const struct missing_line *y = &sorted_lines[*(const size_t *)b];
	size_t len = x->key_len < y->key_len ? x->key_len : y->key_len;
	/* Of lines that are all bad there are no keys, and nothing to point at. */
	int order = len > 0 ? memcmp(sorted_keys + x->key, sorted_keys + y->key, len) : 0;
	return order != 0 ? order : (x->key_len > y->key_len) - (x->key_len < y->key_len);
}

/* Looks up the keys in their order: each page of the tree is mapped once, not once for each key. */
static void
missing_look_up(struct missing *m, struct missing_line *lines, size_t count)
{
	struct error why;
	m->order.len = 0;
	for (size_t i = 0; i < count; i++) {
		if (buf_add(&m->order, &i, sizeof i) != 0)
			diag_die(STATUS_BAD, "out of memory");
	}
	size_t *order = (size_t *)(void *)m->order.data;
	/* Only the order is sorted: lines are passed on as they came. */
	sorted_lines = lines;
	sorted_keys = m->keys.data;
	if (count > 1)
		qsort(order, count, sizeof *order, compare_keys);
	for (size_t i = 0; i < count; i++) {
		struct missing_line *l = &lines[order[i]];
		if (l->missing)
			continue;
		int has = several_has(m->several, m->keys.data + l->key, l->key_len, &why);
		if (has < 0)
			diag_die(STATUS_BAD, "%s: %s", several_path(m->several), why.text);
		l->missing = !has;
	}
}

/* Passes on the lines at hand, in the order in which they came. */
static void
missing_pass(struct missing *m)
{
	struct error why;
	struct missing_line *lines = (struct missing_line *)(void *)m->taken.data;
	size_t count = m->taken.len / sizeof *lines;
	missing_look_up(m, lines, count);
	for (size_t i = 0; i < count; i++) {
		if (!lines[i].missing)
			continue;
		m->passed++;
		diag_check_output(
		    output_add(&m->out, m->text.data + lines[i].at, lines[i].len, &why), &why);
		diag_check_output(output_line(&m->out, &why), &why);
	}
	m->text.len = m->keys.len = m->taken.len = 0;
}

/* As many together as are there: nobody waits for more. */
static void
missing_filter(struct missing *m)
{
	enum { TOGETHER = 8 << 20 };
	const char *line;
	size_t len;
	struct error why;
	int got;
	while ((got = lines_next(&m->lines, &line, &len, &why)) > 0) {
		if (group_is_blank(line, len))
			continue;
		progress_add(&m->meter, 1, len + 1);
		missing_take(m, line, len);
		/* 8 MiB are enough to be fast: 500,000 keys in random order of 2 million took 3.7 s
		 * one by one, and 0.77 s like this. */
		if (m->text.len + m->taken.len >= TOGETHER || !lines_ready(&m->lines))
			missing_pass(m);
	}
	/* The lines that came are whole, and passed on; the status tells that more was to come. */
	if (got < 0) {
		diag_warn("standard input: %s", why.text);
		m->status = STATUS_BAD;
	}
	missing_pass(m);
	diag_check_output(output_finish(&m->out, &why), &why);
}

/* Says what came of it. */
static void
missing_summarise(struct missing *m)
{
	if (m->bad > 1)
		diag_warn("lines that are no group lines: %" PRIu64 ", the first was told", m->bad);
	if (m->verbose)
		diag_warn("%s%s: passed %" PRIu64 " of %" PRIu64 " patches", m->paths[0],
		    m->paths[1] ? " and others" : "", m->passed, m->meter.count);
}

/* With -v: for who has mistyped a path, all patches would be packed again. */
static void
tell_absent(const char *path, const struct error *why)
{
	diag_warn("%s: %s: every patch is missing there", path, why->text);
}

/* Before the first load of all there is no database, as everybody knows. */
static void
ignore_absent(const char *path, const struct error *why)
{
	(void)path;
	(void)why;
}

static void
missing_run(struct missing *m)
{
	size_t count = 0;
	while (m->paths[count])
		count++;
	m->several = databases_open(
	    m->paths, count, m->quiet, m->verbose ? tell_absent : ignore_absent);
	lines_start(&m->lines, NULL, STDIN_FILENO);
	progress_start(&m->meter, "comparing", 0, PROGRESS_STREAM, m->quiet, m->verbose);
	missing_filter(m);
	progress_finish(&m->meter);
	missing_summarise(m);
	lines_finish(&m->lines);
	buf_free(&m->text);
	buf_free(&m->keys);
	buf_free(&m->taken);
	buf_free(&m->order);
	several_close(m->several);
}

static char **
read_options(struct missing *m, int argc, char **argv)
{
	const struct option_row rows[] = {
	    {'q', "quiet", NULL, "no meter, no warning that the database is incomplete",
	        .flag = &m->quiet},
	    {'v', "verbose", NULL, "say how many were passed, and a line of progress every 30 s",
	        .flag = &m->verbose},
	};
	return options_read(usage, rows, sizeof rows / sizeof *rows, m, argc, argv);
}

int
main(int argc, char **argv)
{
	struct missing m = {.paths = NULL};
	diag_start(argv[0]);
	m.paths = read_options(&m, argc, argv);
	if (!*m.paths || !**m.paths)
		options_operand(m.paths, "database");
	/* Before the database is opened: a command that waits at a terminal should say for what. */
	require_stdin_not_tty("group lines", "rsenc-scan");
	missing_run(&m);
	diag_close_stdout();
	return m.status;
}
