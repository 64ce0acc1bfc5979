#include "cmd/resume_hint.h"

#include "base/path.h"
#include "base/signals.h"
#include "process/diag.h"
#include "process/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_SHOWN = 8 }; /* the hint is one line: it shows the first of hundreds of files */

static void
add(struct buf *text, const char *words)
{
	buf_add(text, words, strlen(words));
}

static void
add_number(struct buf *text, const char *option, uint64_t n)
{
	char number[64];
	snprintf(number, sizeof number, "%s%" PRIu64, option, n);
	add(text, number);
}

/* rsenc-load with the options that change what is stored, or how safely, and the database. */
static void
add_load(const struct resume_hint *r, const char *how, bool same_input, struct buf *text)
{
	const struct writer_options *o = r->options;
	add(text, "rsenc-load");
	add(text, how);
	add(text, o->single ? " --single-file" : "");
	if (o->batch != r->batch)
		add_number(text, " -b ", o->batch);
	add(text, o->sync ? " --sync" : "");
	/* rsenc-missing passes on fewer patches than --expect counted. */
	if (same_input && r->expect > 0)
		add_number(text, " --expect=", r->expect);
	shell_quote(text, r->path);
}

static void
add_files(char **files, struct buf *text)
{
	size_t shown = 0;
	for (; shown < FILES_SHOWN && files[shown]; shown++)
		strcmp(files[shown], "-") == 0 ? add(text, " -") : shell_quote(text, files[shown]);
	add(text, files[shown] ? " ..." : "");
}

void
resume_hint(const struct resume_hint *r, struct buf *text)
{
	const char *command = getenv("RSENC_RESUME"),
	           *how = r->options->replace ? " --replace" : " -s";
	bool piped = !*r->files;
	for (char **f = r->files; *f; f++)
		piped |= strcmp(*f, "-") == 0;
	add(text, "to resume, ");
	if (command && *command) {
		add(text, command);
		return;
	}
	add(text, r->needs_fix && *r->files ? "fix the files reported above, then " : "");
	/* First the command that packs only what is missing; a pipe cannot be read again. */
	if (piped && !r->options->replace) {
		add(text, "run 'rsenc-scan ... | rsenc-missing");
		shell_quote(text, r->path);
		add(text, " | rsenc-pack -r | ");
		add_load(r, r->options->skip ? " -s" : "", false, text);
		add(text, "', or ");
	}
	add(text, piped ? "repeat the input with '" : "run '");
	add_load(r, how, true, text);
	add_files(r->files, text);
	add(text, "'");
	if (r->options->replace)
		add(text, " (keys that were not reached keep their old values)");
}

void
report_kept(const struct resume_hint *r, const char *cause, uint64_t kept)
{
	struct buf how = {0};
	char stopped[64] = "", count[64] = "nothing was stored";
	/* The signal that a wrapper sends need not be the one that it got. */
	if (signals_received() && run_by_wrapper())
		snprintf(stopped, sizeof stopped, "stopped: ");
	else if (signals_received())
		snprintf(stopped, sizeof stopped, "stopped by signal %d: ", signals_received());
	if (kept > 0)
		snprintf(
		    count, sizeof count, "%" PRIu64 " %s stored", kept, progress_patches(kept));
	/* If nothing was stored, the same command resumes. The user who stops a wrapper sees only
	 * this line. */
	if (kept > 0 || (signals_received() && run_by_wrapper())) {
		buf_add(&how, "; ", 2);
		resume_hint(r, &how);
	}
	diag_warn("%s: %s%s%s%s%.*s", r->path, cause, *cause ? ": " : "", stopped, count,
	    (int)how.len, how.data ? how.data : "");
	buf_free(&how);
}
