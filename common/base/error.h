#ifndef RSENC_BASE_ERROR_H
#define RSENC_BASE_ERROR_H

/*
 * Why a function failed, in words: it fills this in, and the command prints it after the name of
 * the item: "rsenc-pack: KEY: PATH: <text>". One line, no full stop; it states what is wrong and
 * then, after a colon, what the user can do about it.
 */

/* Enough for a key, a long path and words. A longer message loses its end. */
enum { ERROR_SIZE = 2000 };

/* The kinds of errors that callers distinguish. */
enum error_kind { ERROR_OTHER, ERROR_MISSING, ERROR_TOO_LARGE, ERROR_DAMAGED, ERROR_TRUNCATED };

struct error {
	enum error_kind kind;
	char text[ERROR_SIZE];
};

/* Formats the reason and returns -1, so that a failing function can `return error_set(why, ...)`.
 * `why` may be NULL in all of these: then the reason is dropped. */
int error_set(struct error *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Like error_set, with ": " and the text of errno appended: ERROR_MISSING of a file that does not
 * exist. */
int error_errno(struct error *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Like error_set, for a need of more memory than -M allows: appends the remedy. */
int error_memory(struct error *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Sets the kind of a reason. Returns -1. */
int error_kind(struct error *why, enum error_kind kind);

/* Puts where it was in front of the reason: "WHERE: the reason". The kind stays. Returns -1. */
int error_prefix(struct error *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends to the reason. */
void error_append(struct error *why, const char *text);

#endif
