#include "load/load.h"

#include "base/signals.h"
#include "store/state.h"
#include "stream/blob.h"

#include <string.h>

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

/* The reason is about the database, and with `key` about what it does with that. */
static enum load_status
blame_store(struct load *l, const char *key, struct error *why)
{
	if (key)
		error_prefix(why, "%s", key);
	error_prefix(why, "%s", l->path);
	return LOAD_BAD;
}

static enum load_status
blame_stored(struct load *l, const char *key, struct error *why)
{
	error_set(why, "already stored: skip it with -s, or replace its value with --replace");
	l->refused = true;
	return blame_store(l, key, why);
}

/* The writer failed, with the record at hand (`key`) or with those that it had buffered: records
 * are stored in the order of keys, and the key that failed may have come long before. */
static enum load_status
blame_writer(struct load *l, const char *key, struct error *why)
{
	const char *conflict = l->report.conflict;
	return conflict ? blame_stored(l, conflict, why) : blame_store(l, key, why);
}

/* ---- one record ---- */

/* Reads the blob's header, and checks it against the length of the blob, before anything of it is
 * stored. */
static enum load_status
load_header(struct load *l, struct error *why)
{
	enum record_status status = blob_read_header(
	    &l->files.reader, l->record.data_len, &l->header, &l->parsed, why);
	if (status == RECORD_OK)
		return LOAD_OK;
	return blame_input(l, status == RECORD_INVALID ? l->record.key : NULL, why);
}

static enum load_status
load_skip(struct load *l, struct error *why)
{
	if (record_skip(&l->files.reader, why) != RECORD_OK)
		return blame_input(l, NULL, why);
	l->skipped++;
	l->records++;
	return LOAD_OK;
}

/* Reads the value to where the database made room for it: behind its header, from the input,
 * without another copy. The newline behind the data is waited for: only then is the record
 * complete. */
static enum load_status
load_value(struct load *l, char *to, struct error *why)
{
	struct error undo;
	memcpy(to, l->header.data, l->header.len);
	enum record_status status = record_data(
	    &l->files.reader, to + l->header.len, (size_t)l->files.reader.left, why);
	if (status == RECORD_OK)
		status = record_done(&l->files.reader, why);
	if (status == RECORD_OK)
		return LOAD_OK;
	/* Half a value must not stay. If it can't be removed, that weighs more than the bad input.
	 * */
	if (writer_undo_record(l->writer, &undo) == 0)
		return blame_input(l, NULL, why);
	*why = undo;
	return blame_store(l, NULL, why);
}

static enum load_status
load_store(struct load *l, struct error *why)
{
	void *to;
	const struct record *rec = &l->record;
	int room = writer_put(l->writer, rec->key, rec->key_len, rec->data_len, &to, why);
	if (room < 0)
		return blame_writer(l, rec->key, why);
	if (room == 0)
		return l->options.skip ? load_skip(l, why) : blame_stored(l, rec->key, why);
	enum load_status status = load_value(l, to, why);
	if (status != LOAD_OK)
		return status;
	if (writer_commit_record(l->writer, why) != 0)
		return blame_writer(l, NULL, why);
	l->records++;
	l->bytes += rec->data_len;
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
	return blame_store(l, NULL, why);
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
	if (load_open(l, why) != LOAD_OK)
		return LOAD_BAD;
	return writer_flush(l->writer, why) == 0 ? LOAD_END : blame_writer(l, NULL, why);
}

static enum load_status
load_record(struct load *l, struct error *why)
{
	enum load_status status = load_header(l, why);
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
	enum writer_how how = complete                ? WRITER_COMPLETE
	                      : l->refused && !l->bad ? WRITER_REFUSED
	                                              : WRITER_INTERRUPTED;
	int status = l->writer ? writer_end(l->writer, how, why) : 0;
	l->skipped += l->report.skipped;
	l->writer = NULL;
	return status == 0 ? 0 : error_prefix(why, "%s", l->path);
}

void
load_free(struct load *l)
{
	record_files_close(&l->files);
	safetensors_free(&l->parsed);
	buf_free(&l->header);
}
