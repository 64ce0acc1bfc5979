#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	KEPT = 60,      /* bytes at each end of a word that is shortened */
	HINT_ROOM = 200 /* for what the commands add */
};

static const char dots[] = "...";

/* Takes [from, to) out of the text and puts dots there. */
static void
error_cut_out(char *text, size_t from, size_t to)
{
	memcpy(text + from, dots, strlen(dots));
	memmove(text + from + strlen(dots), text + to, strlen(text + to) + 1);
}

/* The longest word of the text: its place, and its length in *len. */
static size_t
error_longest_word(const char *text, size_t *len)
{
	size_t place = 0;
	*len = 0;
	for (size_t at = 0; text[at];) {
		size_t word = strcspn(text + at, " ");
		if (word > *len) {
			*len = word;
			place = at;
		}
		at += word + strspn(text + at + word, " ");
	}
	return place;
}

/* Makes the text fit. What is long in a message are the names and paths in it, mostly without
 * spaces; a name of many words, or many names, lose the middle of the whole. */
static void
error_shorten(char *text, size_t size)
{
	size_t len;
	while (strlen(text) >= size) {
		size_t word = error_longest_word(text, &len);
		if (len <= KEPT + KEPT + strlen(dots))
			break;
		error_cut_out(text, word + KEPT, word + len - KEPT);
	}
	len = strlen(text);
	if (len >= size)
		error_cut_out(text, size / 2, len - (size / 2 - strlen(dots) - 1));
}

static int
error_format(struct error *why, const char *reason, const char *format, va_list ap)
{
	va_list again;
	const size_t size = sizeof why->text - HINT_ROOM;
	why->hint = HINT_NONE;
	va_copy(again, ap);
	int len = vsnprintf(why->text, size, format, again);
	va_end(again);
	if (len < 0)
		len = 0;
	size_t full = (size_t)len + strlen(reason);
	char *all = full < size ? NULL : malloc(full + 1);
	if (all) {
		vsnprintf(all, (size_t)len + 1, format, ap);
		strcpy(all + len, reason);
		error_shorten(all, size);
		strcpy(why->text, all);
		free(all);
	} else {
		/* Without memory the end of the text makes room for the reason. */
		size_t room = size > strlen(reason) ? size - 1 - strlen(reason) : 0;
		size_t at = (size_t)len < room ? (size_t)len : room;
		snprintf(why->text + at, size - at, "%s", reason);
	}
	return -1;
}

int
error_set(struct error *why, const char *format, ...)
{
	if (why) {
		va_list ap;
		va_start(ap, format);
		error_format(why, "", format, ap);
		va_end(ap);
	}
	return -1;
}

int
error_errno(struct error *why, const char *format, ...)
{
	int cause = errno;
	if (why) {
		char reason[128], text[sizeof reason + 2];
		va_list ap;
		/* A call is interrupted for good only by a request to stop. */
		if (cause == EINTR)
			snprintf(reason, sizeof reason, "stopped by a signal");
		else if (strerror_r(cause, reason, sizeof reason) != 0)
			snprintf(reason, sizeof reason, "error %d", cause);
		snprintf(text, sizeof text, ": %s", reason);
		va_start(ap, format);
		error_format(why, text, format, ap);
		va_end(ap);
	}
	return -1;
}

int
error_prefix(struct error *why, const char *format, ...)
{
	if (why) {
		struct error inner = *why;
		char reason[sizeof inner.text + 2];
		va_list ap;
		snprintf(reason, sizeof reason, ": %s", inner.text);
		va_start(ap, format);
		error_format(why, reason, format, ap);
		va_end(ap);
		why->hint = inner.hint;
		why->detail = inner.detail;
	}
	return -1;
}

int
error_open(struct error *why)
{
	bool missing = errno == ENOENT || errno == ENOTDIR;
	error_errno(why, "can't be opened");
	return error_hint(why, missing ? HINT_NO_FILE : HINT_UNREADABLE, 0);
}

int
error_hint(struct error *why, enum error_hint hint, int detail)
{
	if (why) {
		why->hint = hint;
		why->detail = detail;
	}
	return -1;
}

void
error_append(struct error *why, const char *text)
{
	size_t len = strlen(why->text);
	snprintf(why->text + len, sizeof why->text - len, "%s", text);
}
