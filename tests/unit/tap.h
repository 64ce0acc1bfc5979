#ifndef RSENC_TAP_H
#define RSENC_TAP_H

/* TAP for C unit tests: ok(condition, "what") for each point, `return tap_done();` at the end. */

#include <stdarg.h>
#include <stdio.h>

static int tap_count, tap_failed;

__attribute__((format(printf, 2, 3))) static inline void
ok(int condition, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	tap_count++;
	tap_failed += !condition;
	printf("%s %d - ", condition ? "ok" : "not ok", tap_count);
	vprintf(format, ap);
	putchar('\n');
	va_end(ap);
}

static inline int
tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed > 0;
}

#endif
