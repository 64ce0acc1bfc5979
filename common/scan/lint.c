#include "scan/lint.h"

#include <stdbool.h>
#include <string.h>

int
lint_bytes(const char *text, struct error *why)
{
	for (const char *p = text; *p; p++) {
		unsigned char c = (unsigned char)*p;
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return error_set(why,
			    "contains the byte 0x%02x: a shell has replaced \\%o: put the rule in "
			    "a "
			    "file or between '...', and write \\\\%o for printf",
			    c, c, c);
	}
	return 0;
}

static int
lint_lost(const char *where, const char *text, struct error *why)
{
	return error_set(why,
	    "%s: '%.60s': a shell has removed a backslash: put the rule in a file or between "
	    "'...', and write \\\\1 for printf",
	    where, text);
}

int
lint_key(const char *key, unsigned captures, struct error *why)
{
	bool digit_before = false;
	if (key[strspn(key, "123456789_-")] != '\0')
		return 0;
	for (const char *p = key; *p; p++) {
		bool digit = *p >= '1' && *p <= '9';
		/* 12 is not a group, nor is 3 of two. */
		if (digit && (digit_before || (unsigned)(*p - '0') > captures))
			return 0;
		digit_before = digit;
	}
	return digit_before ? lint_lost("KEY", key, why) : 0;
}

int
lint_tensors(const char *tensors, unsigned captures, struct error *why)
{
	bool lost = captures > 0 && *tensors >= '1' && *tensors <= '9' && tensors[1] == ':';
	return lost ? lint_lost("TENSORS", tensors, why) : 0;
}

int
lint_quotes(const char *where, const char *text, struct error *why)
{
	size_t len = strlen(text), begin = text[0] == 'r' && len > 1;
	if (len < 2 + begin || (text[begin] != '\'' && text[begin] != '"') ||
	    text[len - 1] != text[begin])
		return 0;
	return error_set(why, "%s: remove the quotes, which would be part of the name", where);
}

int
lint_list(const char *list, struct error *why)
{
	if (strchr(list, '='))
		return error_set(why, "TENSORS: a tensor name cannot contain '='");
	if (strpbrk(list, "'\""))
		return error_set(why, "TENSORS: remove the quotes, which would be part of a name");
	if (strchr(list, '?'))
		return error_set(why,
		    "TENSORS: '?' can stand at the end only, and makes the whole part optional");
	for (const char *p = strchr(list, ' '); p; p = strchr(p + 1, ' ')) {
		if (p == list || p[-1] == ',' || p[1] == ',' || p[1] == '\0')
			return error_set(
			    why, "TENSORS: '%.60s': remove the blanks beside the commas", list);
	}
	return 0;
}
