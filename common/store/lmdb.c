#include "store/lmdb.h"

#include "store/lmdb_format.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#define NO_MAPS ": this file system cannot map files into memory: copy the database to a local disk"

static const struct {
	int rc;
	const char *text;
} texts[] = {
    {MDB_INVALID, "not an LMDB database"},
    {MDB_VERSION_MISMATCH, "made by another version of LMDB: rsenc reads those of LMDB 0.9"},
    {MDB_CORRUPTED, LMDB_DAMAGED},
    {MDB_PAGE_NOTFOUND, LMDB_DAMAGED},
    {MDB_CURSOR_FULL, LMDB_DAMAGED},
    {MDB_PAGE_FULL, LMDB_DAMAGED},
    {MDB_READERS_FULL, "too many programs are reading the database (at most 126)"},
    {MDB_TXN_FULL, "the batch is too large: use a smaller -b"},
    {MDB_INCOMPATIBLE, "the key is the name of a named database (LMDB) in this file"},
    {ENOSPC, "no room: the disk is full"},
    {EDQUOT, "no room: the disk quota is used up"},
    {EFBIG,
        "no room: a limit on the size of a file is reached ('ulimit -f' shows one; FAT: 4 GiB)"},
    /* LMDB turns a short write, as on a full disk, into EIO. */
    {EIO, "no room, or the disk fails (Input/output error): the disk is full or damaged, a quota "
          "is used up, or a limit on the size of a file is reached ('ulimit -f', FAT: 4 GiB)"},
    {ENODEV, "No such device" NO_MAPS},
    {EINVAL, "Invalid argument" NO_MAPS},
    {ENOMEM, "out of memory, or of address space (see 'ulimit -v')"},
};

int
lmdb_explain(struct error *why, int rc, const char *doing)
{
	const char *text = mdb_strerror(rc);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		if (texts[i].rc == rc)
			text = texts[i].text;
	}
	return error_set(why, "%s: %s", doing, text);
}

/* LMDB would print the place in its own code first. */
static void
on_assert(MDB_env *env, const char *text)
{
	(void)env;
	(void)text;
	abort();
}

int
lmdb_env(MDB_env **env, uint64_t map_size)
{
	int rc = mdb_env_create(env);
	if (rc == 0)
		rc = mdb_env_set_assert(*env, on_assert);
	return rc != 0 ? rc : mdb_env_set_mapsize(*env, (size_t)map_size);
}

int
lmdb_table(MDB_txn *txn, MDB_dbi *table, struct error *why)
{
	unsigned flags;
	int rc = mdb_dbi_open(txn, NULL, 0, table);
	if (rc == 0)
		rc = mdb_dbi_flags(txn, *table, &flags);
	if (rc != 0)
		return lmdb_explain(why, rc, "opening");
	if (flags != 0)
		return error_set(why, "made by another program, with %s: not supported",
		    flags & MDB_DUPSORT ? "several values per key" : "another order of keys");
	return 0;
}
