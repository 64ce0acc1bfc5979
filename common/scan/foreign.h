#ifndef RSENC_SCAN_FOREIGN_H
#define RSENC_SCAN_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What patterns hold that were written for another language: the escapes and the "(?" of Python's re
 * (docs.python.org/3/library/re.html) and of PCRE.
 */

struct foreign {
	const char *text; /* begins with it: "\d", "(?P<" */
	char until;       /* it goes on to this, as a name does; 0: it is just the text */
	const char *mend; /* how POSIX has it */
	/* glibc and musl take it too, so that rules with it work here: no error, but not elsewhere. */
	bool works;
};

/* What begins at p, of `len` bytes, or NULL. *size is how much of p it is. */
const struct foreign *foreign_find(const char *p, size_t len, size_t *size);

#endif
