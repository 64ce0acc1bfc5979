#include "cmd/explaining.h"

#include "base/buf.h"
#include "process/diag.h"
#include "scan/explain.h"
#include "stream/lines.h"
#include "stream/output.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct explaining {
	const struct datasets *sets;
	struct output out;
	int status;
};

static _Noreturn void
out_of_memory(void)
{
	diag_die(STATUS_BAD, "out of memory");
}

static void
explaining_file(struct explaining *e, const char *path)
{
	struct buf out = {0};
	struct stat st;
	struct error why;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		diag_warn("%s: no: is a directory: -n takes files, as in: find DIR -type f | "
		          "rsenc-scan -n %s",
		    path, e->sets->arguments.data);
		e->status = STATUS_BAD;
		return;
	}
	int status = explain_path(e->sets->selected, e->sets->selected_count, path, &out);
	if (status < 0 || buf_add(&out, "", 1) != 0)
		out_of_memory();
	if (status > 0) {
		diag_check_output(output_add(&e->out, out.data, strlen(out.data), &why), &why);
		diag_check_output(output_line(&e->out, &why), &why);
	} else {
		/* A line for each cause. */
		for (char *line = strtok(out.data, "\n"); line; line = strtok(NULL, "\n"))
			diag_warn("%s: no: %s", path, line);
		e->status = STATUS_BAD;
	}
	buf_free(&out);
}

int
explaining_files(const struct datasets *sets, char **files)
{
	struct explaining e = {.sets = sets};
	struct lines in;
	struct error why;
	const char *line;
	size_t len;
	int more;
	if (!files[0])
		require_stdin_not_tty("paths of files", "find DIR");
	lines_start(&in, files, STDIN_FILENO);
	while ((more = lines_next(&in, &line, &len, &why)) > 0) {
		char *path = strndup(line, len);
		if (!path)
			out_of_memory();
		explaining_file(&e, path);
		free(path);
	}
	/* The lines that came are written first; `why` still holds the reason that there are no
	 * more. */
	struct error lost;
	diag_check_output(output_finish(&e.out, &lost), &lost);
	if (more < 0)
		diag_die(STATUS_BAD, "standard input: %s", why.text);
	lines_finish(&in);
	return e.status;
}
