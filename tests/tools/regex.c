/* regex: reads PATTERN <TAB> NAME and writes what scan/regex makes of them: "refused", "no", or "yes" and
 * the groups, one behind the other with a tab before each. A '~' in
 * NAME is a newline. For rules.t, which compares it with Python. */

#include "scan/regex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
main(void)
{
	char *line = NULL;
	size_t capacity = 0;
	while (getline(&line, &capacity, stdin) > 0) {
		struct regex re;
		struct regex_match m;
		char *name = strchr(line, '\t');
		if (!name)
			continue;
		*name++ = '\0';
		name[strcspn(name, "\n")] = '\0';
		for (char *p = name; (p = strchr(p, '~')) != NULL;)
			*p = '\n';
		if (regex_compile(&re, line, NULL) != 0)
			fputs("refused", stdout);
		else if (!regex_match(&re, name, strlen(name), &m))
			fputs("no", stdout);
		else {
			fputs("yes", stdout);
			for (unsigned n = 1; n <= re.captures && n <= REGEX_CAPTURES; n++) {
				putchar('\t');
				for (size_t i = 0; i < m.len[n]; i++)
					putchar(m.start[n][i] == '\n' ? '~' : m.start[n][i]);
			}
		}
		putchar('\n');
		regex_free(&re);
	}
	free(line);
	return 0;
}
