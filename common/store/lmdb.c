#include "store/lmdb.h"

#include <errno.h>
#include <stddef.h>

static const struct {
	int rc;
	const char *text;
} texts[] = {
    {MDB_INVALID, "this is no LMDB database"},
    {MDB_VERSION_MISMATCH, "this is the database of another version of LMDB"},
    {MDB_CORRUPTED, "the database is damaged: copy it again, or load again"},
    {MDB_PAGE_NOTFOUND, "the database is damaged: copy it again, or load again"},
    {MDB_PANIC, "LMDB failed earlier and gave up"},
    {MDB_READERS_FULL, "too many programs are reading it (126 can)"},
    {MDB_MAP_FULL,
        "the memory map is full (a fault in rsenc: please report it); load again with -s"},
    {MDB_TXN_FULL, "the batch is too large: give a smaller -b"},
    {MDB_INCOMPATIBLE, "the key names a table of its own in this database"},
    /* LMDB turns a short write, as on a full disk, into EIO. */
    {EIO, "Input/output error: the disk is full, or it fails"},
    {ENODEV, "No such device: this file system can't map files into memory; copy the database to a "
             "local disk"},
    {EFBIG, "File too large: see 'ulimit -f'"},
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
		return error_set(why, "another program made this database, with %s: not supported",
		    flags & MDB_DUPSORT ? "several values a key" : "another order of keys");
	return 0;
}
