/* dupsort DB: makes a database, whose directory is there, with several values a key. mdb_load makes
 * one only in some versions, Python's lmdb never. */

#include <lmdb.h>
#include <stdio.h>

int
main(int argc, char **argv)
{
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	MDB_val key = {1, "a"}, value = {1, "b"};
	int rc;
	if (argc != 2)
		return 2;
	if ((rc = mdb_env_create(&env)) == 0 && (rc = mdb_env_open(env, argv[1], 0, 0644)) == 0 &&
	    (rc = mdb_txn_begin(env, NULL, 0, &txn)) == 0 &&
	    (rc = mdb_dbi_open(txn, NULL, MDB_DUPSORT, &dbi)) == 0 &&
	    (rc = mdb_put(txn, dbi, &key, &value, 0)) == 0 && (rc = mdb_txn_commit(txn)) == 0) {
		mdb_env_close(env);
		return 0;
	}
	fprintf(stderr, "dupsort: %s: %s\n", argv[1], mdb_strerror(rc));
	return 1;
}
