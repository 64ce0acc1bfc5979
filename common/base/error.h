#ifndef RSENC_BASE_ERROR_H
#define RSENC_BASE_ERROR_H

#include <stdbool.h>

/*
 * Why a function failed, in words: it fills this in, and the command prints it after the name of
 * the item: "rsenc-pack: KEY: PATH: <text>". One line, no full stop; it states what is wrong and
 * then, after a colon, what the user can do about it.
 */

/* Enough for a key, a long path and words. A longer message loses its end. */
enum { ERROR_SIZE = 2000 };

struct error {
	/* What summaries count it as, see error_kind; NULL: nothing in particular. */
	const char *kind;
	char text[ERROR_SIZE];
};

/* Kinds that callers ask for. */
#define ERROR_MISSING "missing file|s"
#define ERROR_UNREADABLE "unreadable file|s"
#define ERROR_TOO_LARGE "too large for -M"
#define ERROR_DAMAGED "damaged"
#define ERROR_TRUNCATED "truncated"

/* Formats the reason and returns -1, so that a failing function can `return error_set(why, ...)`.
 * `why` may be NULL in all of these: then the reason is dropped. */
int error_set(struct error *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Like error_set, with ": " and the text of errno appended. */
int error_errno(struct error *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Like error_set, for what needs more memory than -M allows: the remedy is appended. */
int error_memory(struct error *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The reason of an open(2) that failed with errno. Returns -1. */
int error_open(struct error *why);

/* Says what kind of error this is, in words that follow a number: "truncated", "gzip file|s" (what
 * stands after the bar is the plural's). The string must be static. Returns -1. */
int error_kind(struct error *why, const char *kind);

/* Whether the error is of that kind. */
bool error_is(const struct error *why, const char *kind);

/* Puts where it was in front of the reason: "WHERE: the reason". The kind stays. Returns -1. */
int error_prefix(struct error *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends to the reason. */
void error_append(struct error *why, const char *text);

#endif
