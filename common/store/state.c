#include "store/state.h"

#include "base/path.h"
#include "store/claim.h"
#include "store/lmdb_format.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- looking ---- */

/* A data file of no bytes is what LMDB leaves when it is killed as it begins. */
static enum store_state
refuse_absent(const struct store_paths *p, struct error *why)
{
	struct stat st;
	bool exists = stat(p->data.data, &st) == 0;
	enum store_state state = STORE_REFUSED;
	if (exists && !S_ISREG(st.st_mode)) {
		error_set(why, "not a database");
	} else if (!exists && errno != ENOENT) {
		error_errno(why, "opening");
	} else if (!exists && lstat(p->data.data, &st) == 0) {
		error_set(why, "%s is a link to a file that does not exist", p->data.data);
	} else {
		state = STORE_ABSENT;
		error_set(why, "%s",
		    exists ? "the database is empty: its load was killed as it began"
		    : stat(p->path, &st) != 0 ? "no such database"
		                              : "not a database: the directory has no data.mdb");
	}
	return state;
}

static enum store_state
report_torn(const struct store_paths *p, struct error *why)
{
	struct buf command = {0};
	store_recover_command(p, "", &command);
	error_set(why,
	    "a load was interrupted, and its last patches may not have reached the disk: run '%s' "
	    "to return to its last checkpoint",
	    command.data);
	buf_free(&command);
	return STORE_TORN;
}

/* Of a new database the file may be shorter than its pages when the machine went down. */
static bool
is_truncated(const struct store_file *f)
{
	struct lmdb_extent e;
	struct store *s;
	if (lmdb_extent(f->data, &e, NULL) == 0 && e.missing == 0)
		return false;
	int status = store_open_file(f, &s, NULL);
	store_close(s);
	return status != 0;
}

enum store_state
store_inspect(const struct store_paths *p, const struct marker *m, const struct store_file **file,
    struct error *why)
{
	struct stat st;
	bool data = stat(p->data.data, &st) == 0 && st.st_size > 0,
	     loading = stat(p->loading.data, &st) == 0;
	*file = data ? &p->data : loading ? &p->loading : NULL;
	if (data && loading) {
		error_set(why,
		    "another program made data.mdb while a load was interrupted, which continues "
		    "loading.mdb: move one of them away");
		return STORE_REFUSED;
	}
	if (!*file)
		return refuse_absent(p, why);
	if (loading && (m->unsafe || (!m->synced && is_truncated(&p->loading))))
		return report_torn(p, why);
	return m->found || loading ? STORE_INTERRUPTED : STORE_COMPLETE;
}

/* ---- reading ---- */

static int
open_state(
    const struct store_paths *p, struct store **out, struct error *warning, struct error *why)
{
	const struct store_file *file;
	struct marker m;
	bool held = claim_is_held(p, warning);
	marker_read(&m, p->marker);
	enum store_state state = store_inspect(p, &m, &file, why);
	*out = NULL;
	if (state == STORE_ABSENT)
		return 1;
	if (state == STORE_TORN && held && why)
		*why = *warning;
	/* What a torn one shows can't be relied on: what is missing would be thought to exist. */
	if (state == STORE_TORN || state == STORE_REFUSED || store_open_file(file, out, why) != 0)
		return -1;
	error_set(warning, "%s",
	    held ? "a load into it is running: this is what it has committed"
	    : state == STORE_INTERRUPTED
	        ? "incomplete: an earlier load was interrupted (loading again completes it)"
	        : "");
	int cause = store_lacks_locks(*out);
	if (cause != 0) {
		error_append(warning, warning->text[0] ? "; read" : "read");
		error_append(warning, " without locks, which can't be had here (");
		error_append(warning, strerror(cause));
		error_append(warning, "): nothing may write to it meanwhile");
	}
	return 0;
}

int
store_open(const char *path, struct store **out, struct error *warning, struct error *why)
{
	struct stat st, loading;
	struct store_paths paths;
	/* A single file that is being loaded has another name yet. */
	store_paths_make(&paths, path, true);
	bool single = stat(path, &st) == 0 ? !S_ISDIR(st.st_mode)
	                                   : stat(paths.loading.data, &loading) == 0;
	store_paths_free(&paths);
	store_paths_make(&paths, path, single);
	int status = open_state(&paths, out, warning, why);
	store_paths_free(&paths);
	return status;
}

/* ---- returning to a checkpoint ---- */

enum store_state
store_recover(const struct store_paths *p, struct marker *m, uint64_t *records, struct error *why)
{
	const struct store_file *f = &p->loading;
	if (m->checkpoint.len > 0)
		return lmdb_meta_restore(f->data, &m->checkpoint, records, why) == 0 &&
		               marker_write(m, SYNCED_YES, why) == 0
		           ? STORE_INTERRUPTED
		           : STORE_REFUSED;
	*records = 0;
	unlink(f->lock);
	if (unlink(f->data) != 0) {
		error_errno(why, "removing %s", f->data);
		return STORE_REFUSED;
	}
	m->found = false;
	return STORE_ABSENT;
}
