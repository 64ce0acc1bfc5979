#include "process/output.h"

#include "base/file.h"
#include "base/system.h"
#include "process/diag.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* As much as a pipe holds: larger pieces gain nothing there, and smaller ones cost a call each. */
enum { FLUSH_BYTES = 64 << 10 };

/* Somebody who watches, or a stage that waits for its first patch, does not wait longer than
 * this. */
#define FLUSH_SECONDS 0.5

void
output_bytes(const void *bytes, size_t len)
{
	if (file_write_all(STDOUT_FILENO, bytes, len) != 0)
		diag_die(STATUS_BAD, "standard output: %s", strerror(errno));
}

void
output_finish(struct output *o)
{
	output_bytes(o->pending.data, o->pending.len);
	o->pending.len = 0;
	o->flushed = clock_seconds();
}

void
output_line(struct output *o)
{
	/* Let go of only where a line ends: a reader, or another writer of the same file, meets
	 * whole lines, unless a request to stop comes while the output is stuck. */
	buf_add(&o->pending, "\n", 1);
	output_step(o);
}

void
output_step(struct output *o)
{
	if (o->pending.len >= FLUSH_BYTES ||
	    (o->pending.len > 0 && clock_seconds() - o->flushed >= FLUSH_SECONDS))
		output_finish(o);
}
