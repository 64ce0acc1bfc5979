#include "scan/progress.h"

#include "scan/pattern.h"
#include "scan/token.h"

#include <regex.h>
#include <stdbool.h>
#include <string.h>

/* The C library knows no partial match, so each beginning of the pattern is tried as a pattern of its own,
 * with a group behind it that takes the rest. */
void
progress_of(const char *pattern, size_t len, const char *s, size_t *fits, size_t *subject)
{
	char begun[PATTERN_LEN_MAX + PATTERN_DEPTH_MAX + 8];
	const char *at = pattern, *end = pattern + len;
	unsigned groups = 0;
	size_t depth = 0;
	struct token t;
	*fits = *subject = 0;
	while (at < end && len <= PATTERN_LEN_MAX) {
		at = token_read(at, end, &t, NULL);
		if (!at)
			return;
		depth += t.kind == TOKEN_OPEN;
		groups += t.kind == TOKEN_OPEN;
		depth -= t.kind == TOKEN_CLOSE && depth > 0;
		/* Not between a thing and its repeat, nor before either side of a '|'. */
		bool cut = t.kind != TOKEN_OPEN && at[-1] != '|' && depth < PATTERN_DEPTH_MAX &&
		           (at == end || !strchr("*+?{", *at));
		if (!cut)
			continue;
		size_t n = (size_t)(at - pattern);
		memcpy(begun, "^", 1);
		memcpy(begun + 1, pattern, n);
		memset(begun + 1 + n, ')', depth);
		memcpy(begun + 1 + n + depth, "(.*)$", 6);
		regex_t regex;
		regmatch_t found[PATTERN_LEN_MAX + 2];
		if (regcomp(&regex, begun, REG_EXTENDED) != 0)
			continue;
		/* Of "a|b" the other side may match: then the rest is no group's. */
		if (regexec(&regex, s, groups + 2, found, 0) == 0 && found[groups + 1].rm_so >= 0) {
			*fits = n;
			*subject = (size_t)found[groups + 1].rm_so;
		}
		regfree(&regex);
	}
}
