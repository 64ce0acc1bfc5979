#ifndef RSENC_BASE_BUF_H
#define RSENC_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

/* A growable array of bytes that is kept and filled again and again. All zero is empty. */
struct buf {
	char *data;
	size_t len;      /* bytes in use */
	size_t capacity; /* bytes allocated */
};

/* Makes room for `extra` more bytes after len. Fails as alloc.h says. */
void buf_reserve(struct buf *b, size_t extra);

/* The same for sizes that input asks for: returns 0, or -1 if memory does not suffice; the contents
 * are then unchanged. */
int buf_try_reserve(struct buf *b, size_t extra);

/* Appends. Fails as alloc.h says. */
void buf_add(struct buf *b, const void *bytes, size_t len);

/* Appends as printf(3) does; a NUL that does not count follows. */
void buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void
buf_addv(struct buf *b, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* Frees the bytes and makes it empty. */
void buf_free(struct buf *b);

#endif
