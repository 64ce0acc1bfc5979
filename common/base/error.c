#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
error_set(struct error *why, const char *format, ...)
{
	if (why) {
		va_list ap;
		va_start(ap, format);
		vsnprintf(why->text, sizeof why->text, format, ap);
		va_end(ap);
	}
	return -1;
}

int
error_errno(struct error *why, const char *format, ...)
{
	int cause = errno;
	if (why) {
		char reason[128];
		va_list ap;
		if (strerror_r(cause, reason, sizeof reason) != 0)
			snprintf(reason, sizeof reason, "error %d", cause);
		/* A long path is cut, not the reason. */
		va_start(ap, format);
		vsnprintf(why->text, sizeof why->text - strlen(reason) - strlen(": "), format, ap);
		va_end(ap);
		size_t at = strlen(why->text);
		snprintf(why->text + at, sizeof why->text - at, ": %s", reason);
	}
	return -1;
}
