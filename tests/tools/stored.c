/* stored DB [KEY...]: what a database holds, as a record stream in key order, or only these keys
 * in this order; a key that is not there is reported on stderr. -w DB: what store_open warns of.
 * -a DB: the place of each blob's tensor data in a page of 4096 bytes. */

#include "store/state.h"
#include "stream/record.h"
#include "tensor/safetensors.h"

#include <lmdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int
write_value(const void *key, size_t key_len, const void *value, size_t len, struct error *why)
{
	return record_write(STDOUT_FILENO, key, key_len, value, len, why);
}

static int
write_all(struct store *s, struct error *why)
{
	const void *key, *value;
	size_t key_len, len;
	uint64_t count = 0;
	int got;
	while ((got = store_next(s, &key, &key_len, &value, &len, why)) > 0) {
		if (write_value(key, key_len, value, len, why) != 0)
			return -1;
		count++;
	}
	if (got == 0 && count != store_count(s))
		return error_set(why, "the count is wrong");
	return got;
}

/* Where other readers find it: in the map of LMDB. */
static int
write_places(const char *path, struct error *why)
{
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	MDB_cursor *cursor;
	MDB_val key, value;
	size_t header;
	if (mdb_env_create(&env) != 0 || mdb_env_open(env, path, MDB_RDONLY, 0) != 0 ||
	    mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) != 0 ||
	    mdb_dbi_open(txn, NULL, 0, &dbi) != 0 || mdb_cursor_open(txn, dbi, &cursor) != 0)
		return error_set(why, "LMDB cannot open it");
	while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
		if (value.mv_size < SAFETENSORS_PREFIX ||
		    safetensors_header_len(value.mv_data, value.mv_size, &header, why) != 0)
			return -1;
		printf(
		    "%d\n", (int)(((uintptr_t)value.mv_data + SAFETENSORS_PREFIX + header) % 4096));
	}
	mdb_env_close(env);
	return 0;
}

static int
write_keys(struct store *s, char **keys, struct error *why)
{
	for (; *keys; keys++) {
		const void *value;
		size_t len;
		int got = store_get(s, *keys, strlen(*keys), &value, &len, why);
		if (got != store_get(s, *keys, strlen(*keys), NULL, NULL, why))
			return error_set(why, "store_get without a value disagrees");
		if (got == 0)
			fprintf(stderr, "%s: not there\n", *keys);
		if (got < 0 || (got > 0 && write_value(*keys, strlen(*keys), value, len, why) != 0))
			return -1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct store *s;
	struct error why = {.text = ""}, warned;
	int warning = argc > 2 && strcmp(argv[1], "-w") == 0;
	int places = argc > 2 && strcmp(argv[1], "-a") == 0;
	int status = argc < 2 ? -1 : 0;
	if (status == 0 && places)
		return write_places(argv[2], &why) != 0;
	if (status == 0)
		status = store_open(argv[1 + warning], &s, &warned, &why);
	if (status == 0 && warning)
		puts(warned.text[0] ? warned.text : "nothing");
	else if (status == 0)
		status = argc > 2 ? write_keys(s, argv + 2, &why) : write_all(s, &why);
	if (status == 0 && !warning)
		status = record_write_end(STDOUT_FILENO, &why);
	if (status != 0)
		fprintf(stderr, "stored: %s (%d)\n", why.text, status);
	store_close(argc < 2 ? NULL : s);
	return status != 0;
}
