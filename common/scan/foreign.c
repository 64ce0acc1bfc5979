#include "scan/foreign.h"

#include <string.h>

/* The first row that fits counts: longer ones stand before what they begin with. Each mend must work
 * when it is followed to the letter: rules.t does so. */
static const struct foreign foreign_table[] = {
    {"\\d", 0, "write [0-9]", false}, {"\\D", 0, "write [^0-9]", false},
    {"\\w", 0, "write [A-Za-z0-9_]", true}, {"\\W", 0, "write [^A-Za-z0-9_]", true},
    {"\\s", 0, "write [[:space:]], or a space", true},
    {"\\S", 0, "write [^[:space:]], or [^_] where a part ends at '_'", true},
    {"\\h", 0, "write [[:blank:]]", false}, {"\\t", 0, "write [[:blank:]]", false},
    {"\\n", 0, "leave it out: the name of a file is one line, without its end", false},
    {"\\r", 0, "leave it out: the name of a file is one line, without its end", false},
    {"\\x", 0, "write the character itself", false},
    {"\\u", 0, "write the character itself", false},
    {"\\p", 0, "write [[:alpha:]], or in [ ] what may stand there", false},
    {"\\b", 0, "leave it out: a pattern matches the whole name", true},
    {"\\B", 0, "leave it out: a pattern matches the whole name", true},
    {"\\A", 0, "leave it out: a pattern matches the whole name", false},
    {"\\Z", 0, "leave it out: a pattern matches the whole name", false},
    {"\\z", 0, "leave it out: a pattern matches the whole name", false},
    {"\\Q", 0, "leave it out, and write [.] for a '.'", false},
    {"\\E", 0, "leave it out, and write [.] for a '.'", false},
    {"(?:", 0, "write (, and count it: each '(' is one more group for KEY and TENSORS", false},
    {"(?P<", '>', "write (: groups are numbered, \\1 to \\9, and have no names", false},
    {"(?P=", ')', "a group can't be referred to: write once more what may stand there", false},
    {"(?<=", 0,
        "look-behind is not there: write plainly what stands before, x_(.*) for (?<=x_)(.*)",
        false},
    {"(?<!", 0, "look-behind is not there: say what may stand there, as in [^_]+", false},
    {"(?=", 0, "look-ahead is not there: write plainly what follows, (.*)_x for (.*)(?=_x)", false},
    {"(?!", 0, "look-ahead is not there: say what may stand there, as in [^_]+", false},
    {"(?<", '>', "write (: groups are numbered, \\1 to \\9, and have no names", false},
    {"(?'", 0, "write (: groups are numbered, \\1 to \\9, and have no names", false},
    {"(?>", 0, "write (, and count it: each '(' is one more group for KEY and TENSORS", false},
    {"(?i:", 0, "write (, count it, and write both cases, as in [Tt]rain", false},
    {"(?i", ')', "leave it out, and write both cases, as in [Tt]rain", false},
    {"(?#", ')', "leave it out: comments are lines that begin with '#'", false},
    {"(?(", 0, "write a rule for each case", false},
    {"(?", ')', "leave it out", false}, /* (?s), (?x) and the like */
};

const struct foreign *
foreign_find(const char *p, size_t len, size_t *size)
{
	for (size_t i = 0; i < sizeof foreign_table / sizeof *foreign_table; i++) {
		const struct foreign *f = &foreign_table[i];
		size_t n = strlen(f->text);
		if (n > len || strncmp(p, f->text, n) != 0)
			continue;
		const char *end = f->until ? memchr(p + n, f->until, len - n) : NULL;
		*size = end ? (size_t)(end - p) + 1 : n;
		return f;
	}
	return NULL;
}
