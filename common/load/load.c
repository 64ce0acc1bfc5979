#include "load/load.h"

#include "base/signals.h"
#include "store/state.h"

#include <inttypes.h>

/* ---- what a reason is about ---- */

/* The reason is about the input, or about the value of a key in it: with several inputs the key
 * alone does not tell where to look. The rest of this input can't be trusted to be records: it is
 * left, and the other files are read. */
static enum load_status
blame_input(struct load *l, const char *key, struct error *why)
{
	if (signals_received())
		return LOAD_STOPPED;
	if (key)
		error_prefix(why, "%s", key);
	if (!key || l->blobs.files.several)
		error_prefix(why, "%s", l->blobs.files.name);
	record_files_close(&l->blobs.files);
	l->bad = true;
	return LOAD_BAD_FILE;
}

static enum load_status
blame_store(struct load *l, struct error *why)
{
	error_prefix(why, "%s", l->path);
	return LOAD_BAD;
}

/* ---- the stream ---- */

void
load_start(struct load *l, const char *path, const struct writer_options *o, char **files)
{
	*l = (struct load){.path = path, .options = *o};
	blob_reader_start(&l->blobs, files, true, WRITER_VALUE_MAX);
	l->blobs.strict = true;
}

static enum load_status
load_open(struct load *l, struct error *why)
{
	if (l->writer || writer_open(l->path, &l->options, &l->report, &l->writer, why) == 0)
		return LOAD_OK;
	return blame_store(l, why);
}

/* All streams were read. Without records no database is made, and one that exists is completed. */
static enum load_status
load_last(struct load *l, struct error *why)
{
	struct store *store = NULL;
	struct error warning;
	if (l->bad)
		return LOAD_END;
	if (!l->writer && store_open(l->path, &store, &warning, NULL) > 0) {
		error_set(why, "contains no records: the command before it may have failed");
		error_kind(why, ERROR_TRUNCATED);
		return blame_input(l, NULL, why);
	}
	store_close(store);
	return load_open(l, why) == LOAD_OK ? LOAD_END : LOAD_BAD;
}

enum load_status
load_next(struct load *l, struct error *why)
{
	struct blob_reader *b = &l->blobs;
	enum blob_status got = blob_reader_next(b, why);
	if (got == BLOB_END)
		return load_last(l, why);
	if (got == BLOB_BAD && why->kind == ERROR_TOO_LARGE)
		error_set(why, "the value has %" PRIu64 " bytes: LMDB can store at most %" PRIu64,
		    b->size, WRITER_VALUE_MAX);
	if (got == BLOB_BAD)
		return blame_input(l, b->key_len > 0 ? b->key : NULL, why);
	if (load_open(l, why) != LOAD_OK)
		return LOAD_BAD;
	int stored = writer_put(l->writer, b->key, b->key_len, b->bytes.data, b->bytes.len, why);
	if (stored < 0)
		return blame_store(l, why);
	l->records++;
	l->bytes += stored == 0 ? 0 : b->size;
	return LOAD_OK;
}

int
load_end(struct load *l, bool complete, struct error *why)
{
	bool whole = complete || (l->report.refused && !l->bad);
	int status = l->writer ? writer_end(l->writer, whole, why) : 0;
	l->writer = NULL;
	return status == 0 ? 0 : error_prefix(why, "%s", l->path);
}
