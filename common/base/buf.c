#include "base/buf.h"

#include "base/alloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
buf_try_reserve(struct buf *b, size_t extra)
{
	if (extra <= b->capacity - b->len)
		return 0;
	if (extra > SIZE_MAX / 2 - b->len)
		return -1;
	size_t need = b->len + extra;
	size_t capacity = need < b->capacity + b->capacity / 2 ? b->capacity + b->capacity / 2
	                                                       : need;
	char *data = realloc(b->data, capacity);
	if (!data)
		return -1;
	b->data = data;
	b->capacity = capacity;
	return 0;
}

void
buf_reserve(struct buf *b, size_t extra)
{
	if (buf_try_reserve(b, extra) != 0)
		alloc_failed();
}

void
buf_add(struct buf *b, const void *bytes, size_t len)
{
	buf_reserve(b, len);
	if (len > 0)
		memcpy(b->data + b->len, bytes, len);
	b->len += len;
}

void
buf_addv(struct buf *b, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	buf_reserve(b, (size_t)len + 1);
	vsnprintf(b->data + b->len, (size_t)len + 1, format, args);
	b->len += (size_t)len;
}

void
buf_addf(struct buf *b, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	buf_addv(b, format, args);
	va_end(args);
}

void
buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){0};
}
