#include "store/inspect.h"

#include "base/path.h"
#include "store/claim.h"
#include "store/snapshot.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* A data file of no bytes is what LMDB leaves when it is killed as it begins. */
static bool
has_data(const struct store_file *f)
{
	struct stat st;
	return stat(f->data, &st) == 0 && st.st_size > 0;
}

static enum store_state
refuse(struct error *why, const char *text)
{
	error_set(why, "%s", text);
	return STORE_REFUSED;
}

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
	struct buf path = {0};
	shell_quote(&path, p->path);
	error_set(why,
	    "a load was interrupted, and its last patches may not have reached the disk: run "
	    "'rsenc-load --recover%s %s' to return to its last checkpoint",
	    p->single ? " --single-file" : "", path.data);
	buf_free(&path);
	return STORE_TORN;
}

/* Of a new database the file may be shorter than its pages when the machine went down. */
static bool
is_truncated(const struct store_file *f)
{
	struct lmdb_extent e;
	struct snapshot s;
	if (lmdb_extent(f->data, &e, NULL) != 0)
		return true;
	if (e.missing == 0)
		return false;
	int status = snapshot_open(&s, f, NULL);
	snapshot_close(&s);
	return status != 0;
}

enum store_state
store_inspect_held(const struct store_paths *p, const struct marker *m,
    const struct store_file **file, struct error *why)
{
	struct stat st;
	bool data = has_data(&p->data), loading = stat(p->loading.data, &st) == 0;
	*file = data ? &p->data : loading ? &p->loading : NULL;
	if (data && loading)
		return refuse(why,
		    "another program made data.mdb while a load was interrupted, which continues "
		    "loading.mdb: move one of them away");
	if (!*file)
		return refuse_absent(p, why);
	if (data && m->old)
		return refuse(why,
		    "an earlier version of rsenc was interrupted while it loaded without syncs: "
		    "what it stored may be damaged. Remove the database and load again");
	if (loading && (m->unsafe || (!m->synced && is_truncated(&p->loading))))
		return report_torn(p, why);
	return m->found || loading ? STORE_INTERRUPTED : STORE_COMPLETE;
}

enum store_state
store_inspect(const struct store_paths *p, const struct store_file **file, struct error *why)
{
	struct marker m;
	bool held = marker_inspect(&m, p->marker);
	enum store_state state = store_inspect_held(p, &m, file, why);
	if (state != STORE_TORN && state != STORE_INTERRUPTED)
		return state;
	if (held) {
		error_set(why, "another load into it is running: wait for its end");
		return STORE_LOADING;
	}
	if (!claim_is_foreign(p->claim, why))
		return state;
	return state == STORE_TORN ? STORE_REFUSED : STORE_LOADING;
}
