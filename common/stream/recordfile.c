#include "stream/recordfile.h"

#include "base/hash.h"
#include "stream/record.h"
#include "base/source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static enum recordfile
recordfile_read(int fd, struct keyset *keys, uint64_t *records, struct error *why)
{
	struct source source;
	struct record_reader reader;
	struct record record;
	enum record_status status;
	if (source_start(&source, fd) != 0) {
		error_set(why, "out of memory");
		return RECORDFILE_OTHER;
	}
	record_reader_start(&reader, &source);
	while ((status = record_next(&reader, &record, why)) == RECORD_OK) {
		/* Hashes, 12 bytes a key, tell whether each key of an input is there, in
		 * whatever order both are. */
		if (keyset_add(keys, hash_bytes(record.key, record.key_len)) < 0) {
			error_set(why, "out of memory");
			status = RECORD_FAILED;
			break;
		}
		if ((status = record_skip(&reader, why)) != RECORD_OK)
			break;
	}
	*records += reader.records;
	source_free(&source);
	/* Cut and other are told apart since one may be written anew, and the other is
	 * somebody's file. */
	return status == RECORD_END         ? RECORDFILE_WHOLE
	       : status == RECORD_TRUNCATED ? RECORDFILE_CUT
	                                    : RECORDFILE_OTHER;
}

enum recordfile
recordfile_look(const char *path, struct keyset *keys, uint64_t *records, struct error *why)
{
	struct stat st;
	enum recordfile what = RECORDFILE_OTHER;
	/* O_NONBLOCK: a FIFO in the place of a file must not hang the run. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return RECORDFILE_NONE;
	if (fd < 0) {
		error_open(why);
		return RECORDFILE_OTHER;
	}
	if (fstat(fd, &st) != 0)
		error_errno(why, "can't be examined");
	else if (!S_ISREG(st.st_mode))
		error_set(why, "is not a regular file");
	else
		what = recordfile_read(fd, keys, records, why);
	close(fd);
	return what;
}
