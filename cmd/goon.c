#include "cmd/goon.h"

#include "base/path.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The advice is one line: of hundreds of files it shows the first. */
enum { FILES_SHOWN = 8 };

static int
go_on_add(struct buf *text, const char *words)
{
	return buf_add(text, words, strlen(words));
}

/* rsenc-load, its options and the database; `how` is -s, -f or nothing. */
static int
add_load(const struct go_on *g, const char *how, bool same_input, struct buf *text)
{
	const struct writer_options *o = g->options;
	char number[64];
	int bad = go_on_add(text, " rsenc-load");
	bad |= go_on_add(text, how);
	bad |= go_on_add(text, o->single ? " -S" : "");
	/* Options that change what is stored, or how safely, are repeated; those of the meter are
	 * not. */
	if (o->batch != g->batch) {
		snprintf(number, sizeof number, " -b %" PRIu64, o->batch);
		bad |= go_on_add(text, number);
	}
	bad |= go_on_add(text, o->sync ? " --sync" : "");
	/* Only where the same input comes again: what -s skips counts as well, but rsenc-missing
	 * passes on fewer than the whole. */
	if (same_input && g->total > 0) {
		snprintf(number, sizeof number, " -n %" PRIu64, g->total);
		bad |= go_on_add(text, number);
	}
	bad |= shell_quote(text, g->path);
	return bad;
}

/* A pipe can't be read again: its writer must be started anew, which the advice then says. */
static bool
reads_stdin(char **files)
{
	for (char **f = files; *f; f++) {
		if (strcmp(*f, "-") == 0)
			return true;
	}
	return !*files;
}

int
go_on_text(const struct go_on *g, struct buf *text)
{
	const char *resume = getenv("RSENC_RESUME");
	bool replace = g->options->replace, piped = reads_stdin(g->files);
	/* After -f neither -s nor rsenc-missing will do: they would leave old values that were to
	 * be replaced. Without it what is stored need not be stored again. */
	const char *how = replace ? " -f" : " -s";
	int bad = go_on_add(text, "To go on:");
	/* rs-tensor-encoder sets it: its user has never heard of rsenc-load. */
	if (resume && *resume) {
		bad |= go_on_add(text, " ");
		bad |= go_on_add(text, resume);
		return bad;
	}
	bad |= go_on_add(text, g->mend && *g->files ? " mend what is named above, then" : "");
	/* First the way that packs only what is missing. */
	if (piped && !replace) {
		bad |= go_on_add(text, " rsenc-scan ... | rsenc-missing");
		bad |= shell_quote(text, g->path);
		bad |= go_on_add(text, " | rsenc-pack -r |");
		bad |= add_load(g, g->options->skip ? " -s" : "", false, text);
		bad |= go_on_add(text, ", or");
	}
	bad |= go_on_add(text, piped ? " the same input again with" : "");
	bad |= add_load(g, how, true, text);
	size_t shown = 0;
	for (char **f = g->files; *f && shown < FILES_SHOWN; f++, shown++)
		bad |= strcmp(*f, "-") == 0 ? go_on_add(text, " -") : shell_quote(text, *f);
	if (shown == FILES_SHOWN && g->files[shown])
		bad |= go_on_add(text, " ...");
	if (replace)
		bad |= go_on_add(text, " (what was not replaced yet has its old value)");
	return bad;
}
