#include "stream/output.h"

#include "base/file.h"
#include "base/system.h"

#include <unistd.h>

/* As much as a pipe holds: larger pieces gain nothing there, and smaller ones cost a call each. */
enum { FLUSH_BYTES = 64 << 10 };

/* Somebody who watches, or a stage that waits for its first patch, does not wait longer than
 * this. */
#define FLUSH_SECONDS 0.5

int
output_bytes(const void *bytes, size_t len, struct error *why)
{
	if (file_write_all(STDOUT_FILENO, bytes, len) != 0)
		return error_errno(why, "standard output");
	return 0;
}

int
output_flush(struct output *o, struct error *why)
{
	int status = output_bytes(o->pending.data, o->pending.len, why);
	/* Also after a failure: it is reported once, and not tried again when the output is
	 * finished. */
	o->pending.len = 0;
	o->flushed = clock_seconds();
	return status;
}

int
output_line(struct output *o, struct error *why)
{
	/* Let go of only where a line ends: a reader, or another writer of the same file, meets
	 * whole lines, unless a request to stop comes while the output is stuck. */
	buf_add(&o->pending, "\n", 1);
	return output_step(o, why);
}

int
output_step(struct output *o, struct error *why)
{
	if (o->pending.len == 0)
		return 0;
	if (o->pending.len >= FLUSH_BYTES || clock_seconds() - o->flushed >= FLUSH_SECONDS)
		return output_flush(o, why);
	return 0;
}

int
output_finish(struct output *o, struct error *why)
{
	int status = output_flush(o, why);
	buf_free(&o->pending);
	return status;
}
