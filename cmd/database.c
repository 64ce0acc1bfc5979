#include "cmd/database.h"

#include "cmd/hints.h"
#include "process/confine.h"
#include "process/diag.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Before rights are given up: a database's lock file must be opened for writing. */
static struct store *
open_one(const char *path, bool quiet, struct error *absent)
{
	struct store *store = NULL;
	struct error why;
	int status = store_open(path, &store, &why);
	if (status < 0 || (status > 0 && !absent))
		diag_die(STATUS_BAD, "%s: %s", path, why.text);
	if (status > 0) {
		*absent = why;
		return NULL;
	}
	if (store_warning(store) && !quiet)
		diag_warn("%s: %s", path, store_warning(store));
	return store;
}

struct store *
database_open(const char *path, bool quiet, struct error *absent)
{
	diag_catch_bus(path);
	struct store *store = open_one(path, quiet, absent);
	confine(NULL);
	return store;
}

/* Of several, a page that can't be read names all: which one it was nobody can tell. */
static const char *
join_paths(char **paths, size_t count)
{
	size_t len = 1;
	for (size_t i = 0; i < count; i++)
		len += strlen(paths[i]) + 2;
	char *all = malloc(len); /* for good */
	if (!all)
		diag_die(STATUS_BAD, "out of memory");
	*all = '\0';
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			strcat(all, ", ");
		strcat(all, paths[i]);
	}
	return all;
}

static bool
is_record_file(const char *path)
{
	struct stat st;
	FILE *f = stat(path, &st) == 0 && S_ISREG(st.st_mode) ? fopen(path, "r") : NULL;
	int first = f ? getc(f) : EOF;
	if (f)
		fclose(f);
	return first == '+' || first == '\n';
}

struct several *
databases_open(char **paths, size_t count, bool quiet,
    void (*absent)(const char *path, const struct error *why))
{
	struct several *s = several_new();
	struct error why;
	if (!s)
		diag_die(STATUS_BAD, "out of memory");
	diag_catch_bus(count == 1 ? paths[0] : join_paths(paths, count));
	for (size_t i = 0; i < count; i++) {
		struct store *store = NULL;
		if (!is_record_file(paths[i])) {
			store = open_one(paths[i], quiet, absent ? &why : NULL);
			if (!store) {
				absent(paths[i], &why);
				continue;
			}
		}
		if (several_add(s, paths[i], store, &why) != 0)
			diag_die(STATUS_BAD, "%s: %s", paths[i], hint_text(&why));
	}
	confine(NULL);
	return s;
}
