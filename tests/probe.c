/* What building needs, compiled before all else: a compiler, libtiff, what that inflates with, and
 * LMDB, with their headers. */

#include <lmdb.h>
#include <stddef.h>
#include <tiffio.h>
#include <zlib.h>
#ifdef DEFLATE_BY_LIBDEFLATE
#include <libdeflate.h>
#endif

int
main(void)
{
	return TIFFGetVersion() && mdb_version(NULL, NULL, NULL) ? 0 : 1;
}
