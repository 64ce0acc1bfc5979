#ifndef RSENC_BASE_ERROR_H
#define RSENC_BASE_ERROR_H

/*
 * A reason in words, filled by a function of common/ that failed and printed by the command
 * after the name of the item: "rsenc-pack: KEY: PATH: <text>". One line, no final newline,
 * with the hint that mends it.
 */
struct error {
	char text[400];
};

/* Formats the reason (cut to fit) and returns -1, so that a failing function can
 * `return error_set(why, ...)`. `why` may be NULL: the reason is dropped. */
int error_set(struct error *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Like error_set, with ": " and the text of errno appended. */
int error_errno(struct error *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
