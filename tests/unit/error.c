/* base/error: what is put before and behind a reason, and its kind. */

#include "base/error.h"
#include "tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void
test_long(void)
{
	struct error why;
	char *path = malloc(801);
	if (!path)
		exit(1);
	memset(path, 'p', 800);
	path[800] = '\0';
	errno = ENOSPC;
	error_errno(&why, "%s: %s", path, path);
	ok(strstr(why.text, "p: No space left on device") != NULL, "two long paths fit");
	for (int i = 0; i < 4; i++)
		error_prefix(&why, "%s", path);
	ok(strlen(why.text) == ERROR_SIZE - 1, "what is longer loses its end");
	free(path);
}

int
main(void)
{
	struct error why;
	test_long();
	error_set(&why, "short %d", 1);
	ok(strcmp(why.text, "short 1") == 0 && why.kind == ERROR_OTHER,
	    "a new reason is of no kind");
	ok(error_kind(&why, ERROR_DAMAGED) == -1 && why.kind == ERROR_DAMAGED, "a kind");
	ok(error_prefix(&why, "in %s", "a.tif") == -1 &&
	        strcmp(why.text, "in a.tif: short 1") == 0 && why.kind == ERROR_DAMAGED,
	    "a prefix keeps it");
	error_append(&why, ": run 'x'");
	ok(strcmp(why.text, "in a.tif: short 1: run 'x'") == 0, "a remedy is appended");
	ok(error_memory(&why, "%d bytes", 7) == -1 && why.kind == ERROR_TOO_LARGE &&
	        strcmp(why.text, "7 bytes: raise it with -M") == 0,
	    "too much memory names the option");
	errno = EINTR;
	error_errno(&why, "reading");
	ok(strcmp(why.text, "reading: stopped by a signal") == 0, "an interrupted call");
	errno = ENOENT;
	ok(error_errno(&why, "cannot be opened") == -1 && why.kind == ERROR_MISSING,
	    "a file that does not exist");
	errno = EACCES;
	ok(error_errno(&why, "cannot be opened") == -1 && why.kind == ERROR_OTHER,
	    "one that cannot be opened");
	ok(error_set(NULL, "x") == -1 && error_errno(NULL, "x") == -1 &&
	        error_prefix(NULL, "x") == -1 && error_kind(NULL, ERROR_MISSING) == -1 &&
	        error_memory(NULL, "x") == -1,
	    "no reason is wanted");
	return tap_done();
}
