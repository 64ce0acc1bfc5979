#include "store/state.h"

#include "base/path.h"
#include "store/claim.h"
#include "store/lmdb_format.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- looking ---- */

static enum store_state
refuse(struct error *why, const char *text)
{
	error_set(why, "%s", text);
	return STORE_REFUSED;
}

/* A data file of no bytes is what LMDB leaves when it is killed as it begins. */
static enum store_state
refuse_absent(const struct store_paths *p, struct error *why)
{
	struct stat st;
	if (stat(p->data.data, &st) == 0) {
		if (!S_ISREG(st.st_mode))
			return refuse(why, "not a database");
		error_set(why, "the database is empty: its load was killed as it began");
	} else if (errno != ENOENT) {
		error_errno(why, "opening");
		return STORE_REFUSED;
	} else if (lstat(p->data.data, &st) == 0) {
		error_set(why, "%s is a link to a file that does not exist", p->data.data);
		return STORE_REFUSED;
	} else if (stat(p->path, &st) != 0) {
		error_set(why, "no such database");
	} else {
		error_set(why, "not a database: the directory has no data.mdb");
	}
	return STORE_ABSENT;
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
store_inspect_held(const struct store_paths *p, const struct marker *m,
    const struct store_file **file, struct error *why)
{
	struct stat st;
	bool data = stat(p->data.data, &st) == 0 && st.st_size > 0,
	     loading = stat(p->loading.data, &st) == 0;
	*file = data ? &p->data : loading ? &p->loading : NULL;
	if (data && loading)
		return refuse(why,
		    "another program made data.mdb while a load was interrupted, which continues "
		    "loading.mdb: move one of them away");
	if (!*file)
		return refuse_absent(p, why);
	if (loading && (m->unsafe || (!m->synced && is_truncated(&p->loading))))
		return report_torn(p, why);
	return m->found || loading ? STORE_INTERRUPTED : STORE_COMPLETE;
}

enum store_state
store_inspect(const struct store_paths *p, const struct store_file **file, struct error *why)
{
	struct marker m;
	struct error claimed;
	bool held = claim_is_held(p, &claimed);
	marker_inspect(&m, p->marker);
	enum store_state state = store_inspect_held(p, &m, file, why);
	if (!held || state == STORE_ABSENT || state == STORE_REFUSED)
		return state;
	if (why)
		*why = claimed;
	return state == STORE_TORN ? STORE_REFUSED : STORE_LOADING;
}

/* ---- reading ---- */

static int
open_state(
    const struct store_paths *p, struct store **out, struct error *warning, struct error *why)
{
	const struct store_file *file;
	enum store_state state = store_inspect(p, &file, why);
	*out = NULL;
	*warning = (struct error){.text = ""};
	if (state == STORE_ABSENT)
		return 1;
	/* What a torn one shows can't be relied on: what is missing would be thought to exist. */
	if (state == STORE_TORN || state == STORE_REFUSED || store_open_file(file, out, why) != 0)
		return -1;
	int cause = store_lacks_locks(*out);
	if (state == STORE_LOADING)
		error_set(warning, "a load into it is running: this is what it has committed");
	else if (state == STORE_INTERRUPTED)
		error_set(warning,
		    "incomplete: an earlier load was interrupted (loading again completes it)");
	if (cause != 0 && warning->text[0])
		error_append(warning, "; ");
	if (cause != 0) {
		error_append(warning, "read without locks, which can't be had here (");
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
