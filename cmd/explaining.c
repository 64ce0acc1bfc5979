#include "cmd/explaining.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/path.h"
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

static void
explaining_file(struct explaining *e, const char *path)
{
	struct buf out = {0};
	struct stat st;
	struct error why;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		shell_quote(&out, path);
		diag_warn("%s: is a directory: run 'find %s -type f | rsenc-scan --explain %s'",
		    path, out.data, e->sets->arguments.data);
		e->status = STATUS_BAD;
	} else if (explain_path(e->sets->selected, e->sets->selected_count, path, &out)) {
		buf_add(&e->out.pending, out.data, out.len);
		diag_check_output(output_line(&e->out, &why), &why);
	} else {
		buf_add(&out, "", 1);
		/* A line for each cause. */
		for (char *line = strtok(out.data, "\n"); line; line = strtok(NULL, "\n"))
			diag_warn("%s: no match: %s", path, line);
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
		char *path = xstrndup(line, len);
		explaining_file(&e, path);
		free(path);
	}
	/* The lines that were read are written first; `why` still is the reason that there are no
	 * more. */
	struct error lost;
	diag_check_output(output_finish(&e.out, &lost), &lost);
	if (more < 0)
		diag_die(STATUS_BAD, "standard input: %s", why.text);
	lines_finish(&in);
	return e.status;
}
