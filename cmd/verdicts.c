#include "cmd/verdicts.h"

#include "process/diag.h"

#include <string.h>

void
verdicts_print(struct verdicts *v, const char *key, size_t key_len, const char *what,
    const struct difference *d)
{
	struct error why;
	diag_check_output(output_key(&v->out, key, key_len, &why), &why);
	diag_check_output(output_add(&v->out, "\t", 1, &why), &why);
	diag_check_output(output_add(&v->out, what, strlen(what), &why), &why);
	/* Where the header differs alone there is no tensor to name. */
	const char *fields[] = {d && d->tensor ? d->tensor : "-", d ? d->index : "",
	    d ? d->value : "", d ? d->stored : ""};
	for (size_t i = 0; d && i < sizeof fields / sizeof *fields; i++) {
		diag_check_output(output_add(&v->out, "\t", 1, &why), &why);
		diag_check_output(
		    output_escaped(&v->out, fields[i], strlen(fields[i]), &why), &why);
	}
	diag_check_output(output_line(&v->out, &why), &why);
	/* At once, as a difference is what somebody waits for. */
	status_line(NULL); /* both may be on one terminal */
	diag_check_output(output_flush(&v->out, &why), &why);
}

void
verdicts_differs(struct verdicts *v, const char *key, size_t key_len, const struct buf *value,
    const void *stored, size_t stored_len)
{
	struct difference d;
	struct error why;
	if (!v->verbose) {
		verdicts_print(v, key, key_len, "differs", NULL);
	} else if (difference_find(&v->headers, value, stored, stored_len, &d, &why) == 0) {
		verdicts_print(v, key, key_len, "differs", &d);
	} else {
		verdicts_print(v, key, key_len, "differs", NULL);
		/* With -v. One of both may be no valid blob: it differs all the same, and why it
		 * can't be told where is a message. */
		diag_warn("%.*s: %s", (int)key_len, key, why.text);
	}
}

void
verdicts_finish(struct verdicts *v)
{
	struct error why;
	diag_check_output(output_finish(&v->out, &why), &why);
	difference_free(&v->headers);
}
