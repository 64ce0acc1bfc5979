#include "cmd/database.h"

#include "process/confine.h"
#include "process/diag.h"

struct store *
database_open(const char *path, bool quiet, struct error *absent)
{
	struct store *store = NULL;
	struct error why;
	diag_catch_bus(path);
	int status = store_open(path, &store, &why);
	if (status < 0 || (status > 0 && !absent))
		diag_die(STATUS_BAD, "%s: %s", path, why.text);
	confine(NULL);
	if (status > 0) {
		*absent = why;
		return NULL;
	}
	if (store_warning(store) && !quiet)
		diag_warn("%s: %s", path, store_warning(store));
	return store;
}
