#include "cmd/database.h"

#include "base/buf.h"
#include "process/sandbox.h"
#include "process/diag.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Before rights are given up: a database's lock file must be opened for writing. */
static struct store *
open_one(const char *path, bool quiet, struct error *absent)
{
	struct store *store = NULL;
	struct error why;
	int status = store_open(path, &store, &why);
	/* Only rsenc-missing goes on without a database: for all others none is an error as any
	 * other. */
	if (status > 0 && absent) {
		*absent = why;
		return NULL;
	}
	if (status != 0)
		diag_die(STATUS_BAD, "%s: %s", path, why.text);
	if (store_warning(store) && !quiet)
		diag_warn("%s: %s", path, store_warning(store));
	return store;
}

/* Rights are kept: for who still starts another program (rsenc-verify --oracle). */
struct store *
database_open_freely(const char *path, bool quiet)
{
	install_sigbus_handler(path);
	return open_one(path, quiet, NULL);
}

struct store *
database_open(const char *path, bool quiet, struct error *absent)
{
	install_sigbus_handler(path);
	struct store *store = open_one(path, quiet, absent);
	/* Now, before the first key or value is looked at. */
	sandbox_enter(NULL);
	return store;
}

/* Of several, a page that can't be read names all: which one it was nobody can tell. */
static void
catch_bus(char **paths, size_t count)
{
	static struct buf all; /* for good: a signal's handler looks at it */
	for (size_t i = 0; i < count; i++) {
		if (buf_add(&all, ", ", i > 0 ? 2 : 0) != 0 ||
		    buf_add(&all, paths[i], strlen(paths[i])) != 0)
			diag_die(STATUS_BAD, "out of memory");
	}
	if (buf_add(&all, "", 1) != 0)
		diag_die(STATUS_BAD, "out of memory");
	install_sigbus_handler(all.data);
}

/* By its first byte: a record begins with a plus, and an empty stream is its end marker alone, a
 * newline (rsenc-records(5)). LMDB data begins with neither. */
static bool
is_record_file(const char *path)
{
	struct stat st;
	char first = '\0';
	int fd = stat(path, &st) == 0 && S_ISREG(st.st_mode) ? open(path, O_RDONLY | O_CLOEXEC)
	                                                     : -1;
	bool read_one = fd >= 0 && read(fd, &first, 1) == 1;
	if (fd >= 0)
		close(fd);
	return read_one && (first == '+' || first == '\n');
}

/* Each of them stays open, a database with its lock file: of the 1024 descriptors that most systems
 * begin with, hundreds of shards need more. */
static void
allow_many_files(void)
{
	/* The soft limit only, which needs no privilege. That it can't be raised is not told: with
	 * few shards it does not matter, and with many the open that fails says so. */
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

struct several *
databases_open(char **paths, size_t count, bool quiet,
    void (*absent)(const char *path, const struct error *why))
{
	struct several *s = several_new();
	struct error why;
	if (!s)
		diag_die(STATUS_BAD, "out of memory");
	allow_many_files();
	/* Before the first page of any of them is looked at. */
	catch_bus(paths, count);
	for (size_t i = 0; i < count; i++) {
		struct store *store = NULL;
		/* Records are read where they lie, in the order of keys: a pipe can't be. */
		if (strcmp(paths[i], "-") == 0)
			diag_usage("'-': standard input is no database: give record files by name");
		if (!is_record_file(paths[i])) {
			store = open_one(paths[i], quiet, absent ? &why : NULL);
			if (!store) {
				if (absent)
					absent(paths[i], &why);
				/* What is absent is told, or not, by the command; the others still
				 * count. */
				continue;
			}
		}
		if (several_add(s, paths[i], store, &why) != 0)
			diag_die(STATUS_BAD, "%s: %s", paths[i], why.text);
	}
	/* Once all are open: their lock files are opened for writing. */
	sandbox_enter(NULL);
	return s;
}
