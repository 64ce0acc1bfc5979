#include "cmd/verify_report.h"

#include "process/diag.h"

#include "stream/group.h"

#include <string.h>

void
verify_report_line(struct verify_report *v, const char *key, size_t key_len, const char *what,
    const struct difference *d)
{
	struct error why;
	group_escape_key(&v->out.pending, key, key_len);
	buf_add(&v->out.pending, "\t", 1);
	buf_add(&v->out.pending, what, strlen(what));
	/* Where the header differs alone there is no tensor to name. */
	const char *fields[] = {d && d->tensor ? d->tensor : "-", d ? d->index : "",
	    d ? d->value : "", d ? d->stored : ""};
	for (size_t i = 0; d && i < sizeof fields / sizeof *fields; i++) {
		buf_add(&v->out.pending, "\t", 1);
		group_escape(&v->out.pending, fields[i], strlen(fields[i]));
	}
	diag_check_output(output_line(&v->out, &why), &why);
	/* At once, because somebody may wait for a difference; the progress line may be on the same
	 * terminal. */
	status_line(NULL);
	diag_check_output(output_flush(&v->out, &why), &why);
}

void
verify_report_differs(struct verify_report *v, const char *key, size_t key_len,
    const struct buf *value, const void *stored, size_t stored_len)
{
	struct difference d;
	struct error why;
	if (!v->verbose) {
		verify_report_line(v, key, key_len, "differs", NULL);
	} else if (difference_find(&v->headers, value, stored, stored_len, &d, &why) == 0) {
		verify_report_line(v, key, key_len, "differs", &d);
	} else {
		verify_report_line(v, key, key_len, "differs", NULL);
		/* One of both may not be a valid blob: then no tensor can be named. */
		diag_warn("%.*s: %s", (int)key_len, key, why.text);
	}
}

void
verify_report_finish(struct verify_report *v)
{
	struct error why;
	diag_check_output(output_finish(&v->out, &why), &why);
	difference_free(&v->headers);
}
