#include "cmd/explaining.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/path.h"
#include "process/diag.h"
#include "scan/explain.h"
#include "stream/lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Returns the exit status. */
static int
explaining_file(const struct datasets *sets, const char *path, struct groups *groups)
{
	struct buf out = {0};
	struct stat st;
	bool match = false;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		shell_quote(&out, path);
		diag_warn("%s: is a directory: run 'find %s -type f | rsenc-scan --explain %s'",
		    path, out.data, sets->arguments.data);
	} else if (explain_path(sets->selected, sets->selected_count, path, groups, &out)) {
		match = true;
		buf_add(&out, "\n", 1);
		fwrite(out.data, 1, out.len, stdout);
	} else {
		buf_add(&out, "", 1);
		/* A line for each cause. */
		for (char *line = strtok(out.data, "\n"); line; line = strtok(NULL, "\n"))
			diag_warn("%s: no match: %s", path, line);
	}
	buf_free(&out);
	return match ? 0 : STATUS_BAD;
}

/* Reports files that are not of one patch together, though each of them matches. */
static void
explaining_groups(struct groups *groups)
{
	const struct assembled *g;
	groups_release(groups);
	groups_end(groups);
	while ((g = groups_next(groups)) != NULL) {
		if (g->bad && !g->incomplete && !g->one_file_bad)
			diag_warn("%s: %s", g->key, g->bad);
	}
	groups_free(groups);
}

int
explaining_files(const struct datasets *sets, char **files)
{
	struct groups *groups = groups_new(sets->selected, sets->selected_count, UINT64_MAX);
	struct lines in;
	struct error why;
	const char *line;
	size_t len;
	int more, status = 0;
	if (!files[0])
		require_stdin_not_tty("paths of files", "find DIR");
	lines_start(&in, files, STDIN_FILENO);
	while ((more = lines_next(&in, &line, &len, &why)) > 0) {
		char *path = xstrndup(line, len);
		if (explaining_file(sets, path, groups) != 0)
			status = STATUS_BAD;
		free(path);
	}
	fflush(stdout);
	if (more < 0)
		diag_die(STATUS_BAD, "standard input: %s", why.text);
	lines_finish(&in);
	explaining_groups(groups);
	return status;
}
