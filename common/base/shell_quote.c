#include "base/shell_quote.h"

#include <string.h>

static const char plain[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=@%+,-";

static int
add_text(struct buf *text, const char *s)
{
	return buf_add(text, s, strlen(s));
}

static int
add_quoted(struct buf *text, const char *word)
{
	if (add_text(text, "'") != 0)
		return -1;
	for (; *word; word++) {
		int bad = *word == '\'' ? add_text(text, "'\\''") : buf_add(text, word, 1);
		if (bad)
			return -1;
	}
	return add_text(text, "'");
}

int
shell_quote(struct buf *text, const char *word)
{
	if (text->len > 0 && add_text(text, " ") != 0)
		return -1;
	if (*word == '-' && word[1] && add_text(text, "./") != 0)
		return -1;
	int bad = *word && word[strspn(word, plain)] == '\0' ? add_text(text, word)
	                                                     : add_quoted(text, word);
	if (bad || buf_add(text, "", 1) != 0)
		return -1;
	text->len--;
	return 0;
}
