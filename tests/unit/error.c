/* base/error: the reason is always there, however long the names in a message are. */

#include "base/error.h"
#include "tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static char *
word_of(char c, size_t len)
{
	char *word = malloc(len + 1);
	if (!word)
		exit(1);
	memset(word, c, len);
	word[len] = '\0';
	return word;
}

static void
test_long(void)
{
	static const size_t lengths[] = {1, 100, 799, 800, 801, 1000, 5000, 1000000};
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct error why;
		char *a = word_of('a', lengths[i]), *b = word_of('b', lengths[i]);
		int got = error_set(&why, "'%s' is not '%s': the reason", a, b);
		ok(got == -1 && strlen(why.text) < sizeof why.text && why.text[0] == '\'' &&
		        strstr(why.text, "a' is not 'b") && strstr(why.text, "b': the reason"),
		    "two words of %zu bytes", lengths[i]);
		errno = ENOSPC;
		error_errno(&why, "%s/%s: can't be written", a, b);
		ok(strstr(why.text, "b: can't be written: No space left on device") != NULL,
		    "a path of %zu bytes", lengths[i]);
		error_hint(&why, HINT_MEMORY, 0);
		error_append(&why, ": raise it with -M");
		ok(strstr(why.text, "device: raise it with -M") != NULL, "what is added stays");
		error_hint(&why, HINT_MEMORY, 0);
		error_prefix(&why, "at '%s'", a);
		ok(strncmp(why.text, "at 'a", 5) == 0 && strstr(why.text, "a': ") &&
		        strstr(why.text, "with -M") && why.hint == HINT_MEMORY,
		    "what is put in front");
		/* Many short words instead of a long one. */
		for (size_t at = 3; at < lengths[i]; at += 4)
			a[at] = ' ';
		error_set(&why, "'%s': the reason", a);
		ok(strlen(why.text) < sizeof why.text && strstr(why.text, ": the reason"),
		    "a name of %zu bytes with spaces", lengths[i]);
		free(a);
		free(b);
	}
}

int
main(void)
{
	struct error why;
	test_long();
	error_set(&why, "short %d", 1);
	ok(strcmp(why.text, "short 1") == 0 && why.hint == HINT_NONE, "a short one is as it is");
	ok(error_hint(&why, HINT_DIRECTORY, 3) == -1 && why.hint == HINT_DIRECTORY &&
	        why.detail == 3,
	    "a hint");
	ok(error_set(NULL, "dropped") == -1 && error_errno(NULL, "too") == -1 &&
	        error_hint(NULL, HINT_DIRECTORY, 0) == -1,
	    "no place for it");
	return tap_done();
}
