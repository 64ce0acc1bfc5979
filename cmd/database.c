#include "cmd/database.h"

#include "process/diag.h"
#include "process/sandbox.h"
#include "store/state.h"

struct store *
database_open(const char *path, bool quiet, struct error *absent)
{
	struct store *store = NULL;
	struct error why, warning;
	install_page_handler(path, NULL);
	int status = store_open(path, &store, &warning, &why);
	/* Only rsenc-missing continues without a database: for all others that is an error. */
	if (status != 0 && !(status > 0 && absent))
		diag_die(STATUS_BAD, "%s: %s", path, why.text);
	if (status > 0)
		*absent = why;
	else if (warning.text[0] && !quiet)
		diag_warn("%s: %s", path, warning.text);
	/* Not earlier: store_open opens the lock file for writing. */
	sandbox_enter(NULL);
	return store;
}
