#include "cmd/resume_hint.h"

#include "base/path.h"
#include "base/signals.h"
#include "process/diag.h"
#include "process/progress.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_SHOWN = 8 }; /* the hint is one line: it shows the first of hundreds of files */

/* rsenc-load with the options that change what is stored, or how safely, and the database. */
static void
add_load(const struct resume_hint *r, const char *how, bool same_input, struct buf *text)
{
	const struct writer_options *o = r->options;
	buf_addf(text, "rsenc-load%s%s", how, o->single ? " --single-file" : "");
	if (o->batch != r->batch)
		buf_addf(text, " -b %" PRIu64, o->batch);
	buf_addf(text, "%s", o->sync ? " --sync" : "");
	/* rsenc-missing passes on fewer patches than --expect counted. */
	if (same_input && r->expect > 0)
		buf_addf(text, " --expect=%" PRIu64, r->expect);
	shell_quote(text, r->path);
}

static bool
is_piped(char **files)
{
	bool piped = !*files;
	for (; *files; files++)
		piped |= strcmp(*files, "-") == 0;
	return piped;
}

/* "to resume, run 'COMMAND'"; or "to resume, $RSENC_RESUME" if that is set: the user of
 * rs-tensor-encoder does not know rsenc-load. After --replace the keys that were not reached keep
 * their old values, so neither rsenc-missing nor -s would do. */
static void
add_hint(const struct resume_hint *r, bool truncated, struct buf *text)
{
	const struct writer_options *o = r->options;
	const char *command = getenv("RSENC_RESUME");
	bool piped = is_piped(r->files);
	size_t shown = 0;
	buf_addf(text, "; to resume, ");
	if (command && *command) {
		buf_addf(text, "%s", command);
		return;
	}
	buf_addf(
	    text, "%s", r->needs_fix && *r->files ? "fix the files reported above, then " : "");
	/* First the command that packs only what is missing; a pipe cannot be read again. */
	if (piped && !o->replace) {
		buf_addf(text, "run 'rsenc-scan ... | rsenc-missing");
		shell_quote(text, r->path);
		buf_addf(text, " | rsenc-pack -r | ");
		add_load(r, o->skip ? " -s" : "", false, text);
		buf_addf(text, "', or ");
	}
	buf_addf(text, piped ? "repeat the input with '" : "run '");
	add_load(r, o->replace ? " --replace" : " -s", true, text);
	for (; shown < FILES_SHOWN && r->files[shown]; shown++)
		strcmp(r->files[shown], "-") == 0 ? buf_addf(text, " -")
		                                  : shell_quote(text, r->files[shown]);
	buf_addf(text, "%s'", r->files[shown] ? " ..." : "");
	if (o->replace)
		buf_addf(text, " (keys that were not reached keep their old values)");
	else if (truncated)
		buf_addf(text, " (with --replace, not -s, if a damaged archive was read: what is "
		               "stored of it may be wrong)");
}

void
report_kept(const struct resume_hint *r, const char *cause, uint64_t kept)
{
	struct buf text = {0};
	int signal = signals_received();
	/* The signal that a wrapper sends need not be the one that it got. */
	if (signal && run_by_wrapper())
		buf_addf(&text, "stopped: ");
	else if (signal)
		buf_addf(&text, "stopped by signal %d: ", signal);
	if (kept > 0)
		buf_addf(&text, "%" PRIu64 " %s stored", kept, progress_patches(kept));
	else
		buf_addf(&text, "nothing was stored");
	/* If nothing was stored, the same command resumes. The user who stops a wrapper sees only
	 * this line. */
	if (kept > 0 || (signal && run_by_wrapper()))
		add_hint(r, *cause, &text);
	diag_warn("%s: %s%s%.*s", r->path, cause, *cause ? ": " : "", (int)text.len, text.data);
	buf_free(&text);
}
