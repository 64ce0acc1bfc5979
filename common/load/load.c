#include "load/load.h"

#include "base/signals.h"
#include "store/state.h"
#include "stream/blob.h"

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
	if (!key || l->files.several)
		error_prefix(why, "%s", l->files.name);
	record_files_close(&l->files);
	l->bad = true;
	return LOAD_BAD_FILE;
}

static enum load_status
blame_store(struct load *l, struct error *why)
{
	error_prefix(why, "%s", l->path);
	return LOAD_BAD;
}

/* ---- one record ---- */

/* Reads the value: its header first, which is checked against the length of the blob before memory
 * is taken for the rest. The newline behind the data is waited for: only then is the record
 * complete. */
static enum load_status
load_value(struct load *l, struct error *why)
{
	struct record_reader *r = &l->files.reader;
	uint64_t size = l->record.data_len;
	enum record_status status = blob_read_header(r, size, &l->value, &l->parsed, why);
	if (status == RECORD_OK && size > WRITER_VALUE_MAX) {
		error_set(why, "the value has %" PRIu64 " bytes: LMDB can store at most %" PRIu64,
		    size, WRITER_VALUE_MAX);
		status = RECORD_INVALID;
	}
	if (status == RECORD_OK)
		status = record_rest(r, &l->value, why);
	if (status == RECORD_OK)
		status = record_done(r, why);
	if (status == RECORD_OK)
		return LOAD_OK;
	return blame_input(l, status == RECORD_INVALID ? l->record.key : NULL, why);
}

static enum load_status
load_store(struct load *l, struct error *why)
{
	const struct record *rec = &l->record;
	int stored = writer_put(
	    l->writer, rec->key, rec->key_len, l->value.data, l->value.len, why);
	if (stored < 0)
		return blame_store(l, why);
	l->records++;
	l->bytes += stored == 0 ? 0 : rec->data_len;
	return LOAD_OK;
}

/* ---- the stream ---- */

void
load_start(struct load *l, const char *path, const struct writer_options *o, char **files)
{
	*l = (struct load){.path = path, .options = *o};
	record_files_start(&l->files, files);
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

static enum load_status
load_record(struct load *l, struct error *why)
{
	enum load_status status = load_value(l, why);
	if (status == LOAD_OK)
		status = load_open(l, why);
	return status == LOAD_OK ? load_store(l, why) : status;
}

enum load_status
load_next(struct load *l, struct error *why)
{
	enum record_status got = record_files_next(&l->files, &l->record, why);
	if (got != RECORD_OK && got != RECORD_END)
		return blame_input(l, NULL, why);
	return got == RECORD_END ? load_last(l, why) : load_record(l, why);
}

int
load_end(struct load *l, bool complete, struct error *why)
{
	bool whole = complete || (l->report.refused && !l->bad);
	int status = l->writer ? writer_end(l->writer, whole, why) : 0;
	l->writer = NULL;
	return status == 0 ? 0 : error_prefix(why, "%s", l->path);
}

void
load_free(struct load *l)
{
	record_files_close(&l->files);
	safetensors_free(&l->parsed);
	buf_free(&l->value);
}
