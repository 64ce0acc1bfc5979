#include "cmd/wholefile.h"

#include "base/hash.h"
#include "base/keyset.h"
#include "base/signals.h"
#include "process/diag.h"
#include "stream/record.h"
#include "stream/recordfile.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* For atexit(3), which passes nothing. */
static struct atomic_file *unfinished;

/* Also when the command dies of an error. */
static void
drop_unfinished(void)
{
	if (unfinished)
		atomic_file_abandon(unfinished);
}

int
wholefile_write(struct wholefile *w, const struct packing_job *j, struct error *why)
{
	struct iovec data = {.iov_base = j->blob.data, .iov_len = j->blob.len};
	if (record_write(w->file.fd, j->group.key, j->group.key_len, &data, 1, why) == 0)
		return 0;
	return error_prefix(why, "%s", w->path);
}

/* The file is there already: it must hold all that the input asks for. Input is read to its end, so
 * that a command that writes it into a pipe ends well. Returns the status. */
static int
check_whole(struct wholefile *w, const struct keyset *keys, uint64_t records)
{
	uint64_t groups = 0, missing = 0;
	struct buf key = {0}, first = {0};
	struct error why;
	const char *line;
	size_t len;
	while (!signals_received() && w->next(w->context, &line, &len)) {
		groups++;
		key.len = 0;
		/* A line without a key counts as missing: it is not in the file either. */
		if (group_key(line, len, &key, &why) == 0 &&
		    keyset_has(keys, hash_bytes(key.data, key.len)))
			continue;
		if (missing++ == 0 && buf_add(&first, key.data, key.len) != 0)
			diag_die(STATUS_BAD, "out of memory");
	}
	if (signals_received())
		return 128 + signals_received();
	if (missing > 0)
		diag_warn("%s: is there and complete, but %" PRIu64 " of %" PRIu64
		          " patches are not in it, first %.*s: remove it to pack them all anew",
		    w->path, missing, groups, (int)first.len, first.data);
	else if (w->verbose)
		diag_warn("%s: is there and complete, with %" PRIu64 " patches: nothing to do",
		    w->path, records);
	buf_free(&key);
	buf_free(&first);
	return missing > 0 ? STATUS_BAD : STATUS_OK;
}

bool
wholefile_begin(struct wholefile *w, int *status)
{
	struct keyset keys = {0};
	uint64_t records = 0;
	struct error why;
	/* A task of a job array may be requeued, or run twice: a file that is whole is left as it
	 * is, so that the same command can be given again and again. */
	enum recordfile there = recordfile_look(w->path, &keys, &records, &why);
	/* -w groups.tsv, for groups.rec, must not cost the user the list. */
	if (there == RECORDFILE_OTHER)
		diag_die(STATUS_BAD, "%s: is there and is not replaced: %s", w->path, why.text);
	if (there == RECORDFILE_WHOLE)
		*status = check_whole(w, &keys, records);
	keyset_free(&keys);
	if (there == RECORDFILE_WHOLE)
		return false;
	if (there == RECORDFILE_CUT && records > 0)
		diag_warn("%s: is there and was cut off: packing it anew", w->path);
	/* Only now: a run that finds nothing to do lists no directory. */
	atomic_file_clean(w->path);
	if (atomic_file_begin(&w->file, w->path, &why) != 0)
		diag_die(STATUS_BAD, "%s: %s", w->path, why.text);
	unfinished = &w->file;
	atexit(drop_unfinished);
	return true;
}

void
wholefile_finish(struct wholefile *w, bool good)
{
	struct error why;
	/* A shard that lacks groups must not look like a whole one. A whole one gets its end
	 * marker, then is synced, renamed, and its directory synced (base/newfile): whoever finds
	 * the file by its name finds all of it, also after a loss of power. */
	if (!good) {
		atomic_file_abandon(&w->file);
		diag_warn("%s: was not made: with -k it holds what is good", w->path);
	} else if (record_write_end(w->file.fd, &why) != 0 ||
	           atomic_file_commit(&w->file, true, &why) != 0) {
		diag_die(STATUS_BAD, "%s: %s", w->path, why.text);
	}
}

const char *
wholefile_directory(const char *path)
{
	static char directory[PATH_MAX];
	const char *slash = strrchr(path, '/');
	/* Also of "FILE" and "/FILE". */
	int len = slash == path ? 1 : slash ? (int)(slash - path) : 0;
	snprintf(directory, sizeof directory, "%.*s", len, path);
	return len > 0 ? directory : ".";
}
