#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void
error_format(struct error *why, const char *format, va_list ap)
{
	if (!why)
		return;
	why->kind = ERROR_OTHER;
	vsnprintf(why->text, sizeof why->text, format, ap);
}

int
error_set(struct error *why, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	error_format(why, format, ap);
	va_end(ap);
	return -1;
}

int
error_errno(struct error *why, const char *format, ...)
{
	int cause = errno;
	va_list ap;
	va_start(ap, format);
	error_format(why, format, ap);
	va_end(ap);
	error_append(why, ": ");
	/* A system call is interrupted for good only by a request to stop. */
	error_append(why, cause == EINTR ? "stopped by a signal" : strerror(cause));
	return error_kind(why, cause == ENOENT || cause == ENOTDIR ? ERROR_MISSING : ERROR_OTHER);
}

int
error_memory(struct error *why, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	error_format(why, format, ap);
	va_end(ap);
	error_append(why, ": raise it with -M");
	return error_kind(why, ERROR_TOO_LARGE);
}

int
error_kind(struct error *why, enum error_kind kind)
{
	if (why)
		why->kind = kind;
	return -1;
}

int
error_prefix(struct error *why, const char *format, ...)
{
	va_list ap;
	if (!why)
		return -1;
	struct error inner = *why;
	va_start(ap, format);
	error_format(why, format, ap);
	va_end(ap);
	error_append(why, ": ");
	error_append(why, inner.text);
	return error_kind(why, inner.kind);
}

void
error_append(struct error *why, const char *text)
{
	if (!why)
		return;
	size_t len = strlen(why->text);
	snprintf(why->text + len, sizeof why->text - len, "%s", text);
}
