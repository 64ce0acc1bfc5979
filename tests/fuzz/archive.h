/* An archive in memory, as the tar reader takes it. */

#ifndef RSENC_FUZZ_ARCHIVE_H
#define RSENC_FUZZ_ARCHIVE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

struct archive {
	const uint8_t *data;
	size_t size, at;
};

static ssize_t
archive_read(void *context, void *to, size_t size, struct error *why)
{
	struct archive *a = context;
	size_t n = size < a->size - a->at ? size : a->size - a->at;
	(void)why;
	if (n > 0)
		memcpy(to, a->data + a->at, n);
	a->at += n;
	return (ssize_t)n;
}

static int
archive_skip(void *context, uint64_t size, struct error *why)
{
	struct archive *a = context;
	size_t left = a->size - a->at;
	(void)why;
	a->at += size < left ? (size_t)size : left;
	return size <= left;
}

#endif
