#include "store/recover.h"

#include "store/incomplete.h"
#include "store/pages.h"
#include "store/paths.h"

static int
recover_paths(const struct store_paths *p, uint64_t *records, struct error *why)
{
	struct incomplete i;
	/* A look first: the file must not be made where it is not. */
	if (incomplete_look(p->incomplete) != INCOMPLETE_BACK)
		return 0;
	if (incomplete_take(&i, p->incomplete, why) != 0)
		return -1;
	int status = 0;
	if (i.goes_back) {
		status = pages_go_back(p->data, &i.point, records, why) == 0 &&
		                 pages_check(p->data, why) == 0 &&
		                 incomplete_write(&i, SYNCED_YES, why) == 0
		             ? 1
		             : -1;
	}
	incomplete_release(&i);
	return status;
}

int
store_recover(const char *path, bool single, uint64_t *records, struct error *why)
{
	struct store_paths p = {0};
	int status = -1;
	if (store_paths_make(&p, path, single) != 0)
		error_set(why, "out of memory");
	else
		status = recover_paths(&p, records, why);
	store_paths_free(&p);
	return status;
}
