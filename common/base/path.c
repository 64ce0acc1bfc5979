#include "base/path.h"

#include "base/alloc.h"

#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
path_add(struct buf *text, const char *dir, const char *name)
{
	size_t len = strlen(dir), name_size = strlen(name) + 1;
	buf_reserve(text, len + 1 + name_size);
	buf_add(text, dir, len);
	buf_add(text, "/", len > 0 && dir[len - 1] != '/');
	buf_add(text, name, name_size);
	text->len--;
}

char *
path_join(const char *dir, const char *name)
{
	struct buf path = {0};
	path_add(&path, dir, name);
	return path.data;
}

const char *
path_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

bool
path_ends_in(const char *path, size_t len, const char *ending)
{
	size_t n = strlen(ending);
	return len > n && memcmp(path + len - n, ending, n) == 0;
}

char *
path_parent(const char *path)
{
	char *copy = xstrdup(path), *parent = xstrdup(dirname(copy));
	free(copy);
	return parent;
}

char *
path_absolute(const char *path)
{
	char cwd[PATH_MAX] = "";
	if (*path != '/' && !getcwd(cwd, sizeof cwd))
		return NULL;
	char *full = path_join(cwd, path), *to = full;
	for (const char *p = full; *p; p += strcspn(p, "/")) {
		p += strspn(p, "/");
		size_t len = strcspn(p, "/");
		if (len == 2 && memcmp(p, "..", 2) == 0) {
			free(full);
			return NULL;
		}
		if (len == 0 || (len == 1 && *p == '.'))
			continue;
		*to++ = '/';
		memmove(to, p, len);
		to += len;
	}
	if (to == full)
		*to++ = '/';
	*to = '\0';
	return full;
}

void
shell_quote(struct buf *text, const char *word)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=@%+,-";
	bool quoted = *word == '\0' || word[strspn(word, plain)] != '\0';
	const char *mark = quoted ? "\"" : "", *dash = *word == '-' && word[1] ? "./" : "";
	buf_addf(text, "%s%s%s", text->len > 0 ? " " : "", mark, dash);
	/* Double quotes, as messages have single ones around a command. An exclamation mark would
	 * be expanded within them by an interactive shell. */
	for (; *word; word++)
		buf_addf(text,
		    *word == '!'              ? "\"\\%c\""
		    : strchr("\"\\$`", *word) ? "\\%c"
		                              : "%c",
		    *word);
	buf_addf(text, "%s", mark);
}

char *
shell_quoted(const char *word)
{
	struct buf text = {0};
	shell_quote(&text, word);
	return text.data;
}
