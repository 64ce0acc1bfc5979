/* Bytes as a file or as a pipe: what readers of archives take. */

#ifndef RSENC_FUZZ_ARCHIVE_H
#define RSENC_FUZZ_ARCHIVE_H

#include "base/source.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A regular file with these bytes, read from its start. It is the same one each time. */
static int
archive_file(const uint8_t *data, size_t size)
{
	static FILE *file;
	if (!file)
		file = tmpfile();
	int fd = file ? fileno(file) : -1;
	if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size ||
	    lseek(fd, 0, SEEK_SET) != 0)
		abort();
	return fd;
}

/* A source of these bytes: a regular file, or (without `sized`) one that does not know its end. */
static inline struct source
archive_source(const uint8_t *data, size_t size, bool sized)
{
	struct source s;
	source_start(&s, archive_file(data, size));
	s.seekable &= sized;
	return s;
}

#endif
