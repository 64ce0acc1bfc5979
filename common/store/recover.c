#include "store/recover.h"

#include "store/claim.h"
#include "store/inspect.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static int
restore(const struct store_paths *p, struct marker *m, uint64_t *records, struct error *why)
{
	const struct store_file *file;
	enum store_state state = store_inspect_held(p, m, &file, why);
	if (state == STORE_REFUSED)
		return -1;
	if (state != STORE_TORN)
		return 0;
	*records = 0;
	if (m->checkpoint.len == 0) {
		unlink(p->loading.lock);
		return unlink(p->loading.data) == 0 ? 1 : error_errno(why, "removing loading.mdb");
	}
	if (lmdb_meta_restore(file->data, &m->checkpoint, records, why) != 0)
		return -1;
	return marker_write(m, SYNCED_YES, why) == 0 ? 1 : -1;
}

/* The marker stays where something was loaded; one that was made for its lock goes. */
static int
recover_paths(const struct store_paths *p, bool takeover, uint64_t *records, struct error *why)
{
	struct marker m;
	struct claim c;
	const struct store_file *file;
	struct stat st;
	/* A look first: the marker must not be made where it is not needed. */
	enum store_state state = store_inspect(p, &file, why);
	if (state != STORE_TORN && !(takeover && stat(p->claim, &st) == 0))
		return 0;
	if (marker_lock(&m, p->marker, why) != 0)
		return -1;
	int status = claim_take(&c, p->claim, takeover, why);
	if (status == 0)
		status = restore(p, &m, records, why);
	claim_release(&c, p->claim, NULL);
	bool begins_again = status > 0 && m.checkpoint.len == 0;
	if (begins_again || (m.made && status >= 0))
		marker_remove(&m, p->marker, NULL);
	marker_unlock(&m);
	return status;
}

int
store_recover(const char *path, bool single, bool takeover, uint64_t *records, struct error *why)
{
	struct store_paths p;
	store_paths_make(&p, path, single);
	int status = recover_paths(&p, takeover, records, why);
	store_paths_free(&p);
	return status;
}
