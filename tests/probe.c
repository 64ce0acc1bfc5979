/* What building needs, compiled before all else: a compiler, libtiff and LMDB, with their headers. */

#include <lmdb.h>
#include <stddef.h>
#include <tiffio.h>

int
main(void)
{
	return TIFFGetVersion() && mdb_version(NULL, NULL, NULL) ? 0 : 1;
}
