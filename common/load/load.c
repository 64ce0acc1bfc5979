#include "load/load.h"

#include "stream/blob.h"

#include <stdio.h>
#include <string.h>

/* ---- what a reason is about ---- */

/* The reason is about the input. */
static enum load_status
load_blame_input(struct load *l, enum record_status status)
{
	if (status == RECORD_STOPPED)
		return LOAD_STOPPED;
	/* The rest of this input can't be trusted to be records: it is left, and the other files
	 * go on. */
	snprintf(l->item, sizeof l->item, "%s", l->files.name);
	record_files_give_up(&l->files);
	l->bad = true;
	return LOAD_BAD_FILE;
}

/* The reason is about the value of the key at hand. */
static enum load_status
load_blame_key(struct load *l)
{
	/* With one input everybody knows which; with several the key alone does not tell where
	 * to look. */
	bool named = l->files.several;
	snprintf(l->item, sizeof l->item, "%s%s%s", named ? l->files.name : "", named ? ": " : "",
	    l->record.key);
	record_files_give_up(&l->files);
	l->bad = true;
	return LOAD_BAD_FILE;
}

/* The reason is about the database, and with `key` about what it does with the key at hand. */
static enum load_status
load_blame_store(struct load *l, bool key)
{
	snprintf(
	    l->item, sizeof l->item, "%s%s%s", l->path, key ? ": " : "", key ? l->record.key : "");
	return LOAD_BAD;
}

const char *
load_item(const struct load *l)
{
	return l->item;
}

/* ---- one record ---- */

/* Reads the blob's header, and checks it against the length of the blob, before anything of it is
 * stored. */
static enum load_status
load_header(struct load *l, struct error *why)
{
	bool valid;
	enum record_status status = blob_read_header(
	    &l->files.reader, l->record.data_len, &l->header, &l->parsed, &valid, why);
	if (status != RECORD_OK)
		return load_blame_input(l, status);
	/* Who only reads passes over such a value; here the rest of the file is left too, and
	 * the load does not end as one that is complete. */
	return valid ? LOAD_OK : load_blame_key(l);
}

static enum load_status
load_skip(struct load *l, struct error *why)
{
	enum record_status status = record_skip(&l->files.reader, why);
	if (status != RECORD_OK)
		return load_blame_input(l, status);
	l->avoided++;
	return LOAD_OK;
}

/* Reads the value to where the database made room for it. */
static enum load_status
load_value(struct load *l, char *to, struct error *why)
{
	struct error undo;
	/* The header was read to be checked; the rest goes from the input to where the writer
	 * has room for it, and is copied nowhere else. */
	memcpy(to, l->header.data, l->header.len);
	enum record_status status = record_data(
	    &l->files.reader, to + l->header.len, (size_t)l->files.reader.left, why);
	/* The newline behind the data is waited for: only then is the record whole, and may be
	 * kept. */
	if (status == RECORD_OK)
		status = record_done(&l->files.reader, why);
	if (status == RECORD_OK)
		return LOAD_OK;
	/* Half a value must not stay. If it can't be taken back, that weighs more than the bad
	 * input. */
	if (writer_undo_record(l->writer, &undo) != 0) {
		*why = undo;
		return load_blame_store(l, false);
	}
	return load_blame_input(l, status);
}

static enum load_status
load_blame_stored(struct load *l, const char *key, struct error *why)
{
	error_set(why, "already stored: skip it with -s, or replace its value with --replace");
	snprintf(l->item, sizeof l->item, "%s: %s", l->path, key);
	return LOAD_BAD;
}

/* The writer failed, with the record at hand (`key`) or with those that it had gathered. */
static enum load_status
load_blame_writer(struct load *l, bool key, struct error *why)
{
	size_t len;
	/* Records that were gathered are stored later, in the order of keys: the key that failed
	 * may be one that came long before the record at hand. */
	const char *conflict = writer_conflict(l->writer, &len);
	return conflict ? load_blame_stored(l, conflict, why) : load_blame_store(l, key);
}

static enum load_status
load_store(struct load *l, struct error *why)
{
	void *to;
	const struct record *rec = &l->record;
	/* The header is checked by now: nothing reaches the database before. */
	switch (writer_put(l->writer, rec->key, rec->key_len, rec->data_len, &to, why)) {
	case WRITER_FAILED:
		return load_blame_writer(l, true, why);
	case WRITER_EXISTS:
		if (l->options.skip)
			return load_skip(l, why);
		return load_blame_stored(l, rec->key, why);
	case WRITER_ROOM:
		break;
	}
	enum load_status status = load_value(l, to, why);
	if (status != LOAD_OK)
		return status;
	if (writer_commit_record(l->writer, why) != 0)
		return load_blame_writer(l, false, why);
	l->taken++;
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
	if (l->writer)
		return LOAD_OK;
	int status = writer_open(l->path, &l->options, &l->writer, why);
	l->lost = status == -2;
	return status == 0 ? LOAD_OK : load_blame_store(l, false);
}

static void
load_count(struct load *l, uint64_t skipped)
{
	l->skipped = l->avoided + skipped;
	/* Some were taken, and found to be there only when what was gathered was stored. */
	l->stored = l->taken - skipped;
}

enum load_status
load_next(struct load *l, struct error *why)
{
	enum record_status got = record_files_next(&l->files, &l->record, why);
	if (got != RECORD_OK && got != RECORD_END)
		return load_blame_input(l, got);
	enum load_status status = got == RECORD_OK ? load_header(l, why) : LOAD_OK;
	/* A stream of no records, with its marker, makes an empty database. After bad input that
	 * would say that there was nothing to store. */
	if (status == LOAD_OK && !(got == RECORD_END && l->bad))
		status = load_open(l, why);
	if (status == LOAD_OK && got == RECORD_OK)
		status = load_store(l, why);
	if (l->writer)
		load_count(l, writer_skipped(l->writer));
	return status == LOAD_OK && got == RECORD_END ? LOAD_END : status;
}

int
load_finish(struct load *l, struct error *why)
{
	uint64_t skipped;
	if (writer_finish(l->writer, &skipped, why) != 0) {
		load_blame_writer(l, false, why);
		return -1;
	}
	load_count(l, skipped);
	l->writer = NULL;
	return 0;
}

int
load_abandon(struct load *l, struct writer_left *left, struct error *why)
{
	*left = (struct writer_left){.lost = l->lost};
	int status = l->writer ? writer_abandon(l->writer, left, why) : 0;
	if (l->writer)
		load_count(l, left->skipped);
	l->writer = NULL;
	load_blame_store(l, false);
	return status;
}

void
load_free(struct load *l)
{
	record_files_end(&l->files);
	safetensors_free(&l->parsed);
	buf_free(&l->header);
}
