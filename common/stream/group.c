#include "stream/group.h"

#include "stream/sniff.h"

#include <stdlib.h>
#include <string.h>

bool
group_is_blank(const char *line, size_t len)
{
	if (len > 0 && line[0] == '#')
		return true;
	while (len > 0 && (*line == ' ' || *line == '\t' || *line == '\r')) {
		line++;
		len--;
	}
	return len == 0;
}

/* Appends `text` with \t, \n and \\ undone, and a NUL that len does not count. */
static int
unescape(struct buf *out, const char *text, size_t len, struct error *why)
{
	if (buf_reserve(out, len + 1) != 0)
		return error_set(why, "out of memory");
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (c == '\\') {
			char next = i + 1 < len ? text[++i] : '\0';
			if (next == 't')
				c = '\t';
			else if (next == 'n')
				c = '\n';
			else if (next != '\\')
				return error_set(why, "a backslash must be written \\\\ "
				                      "(only \\t, \\n and \\\\ are known)");
		}
		out->data[out->len++] = c;
	}
	out->data[out->len] = '\0';
	return 0;
}

int
group_escape(struct buf *out, const char *bytes, size_t len)
{
	if (len > ((size_t)-1) / 4 || buf_reserve(out, 2 * len) != 0)
		return -1;
	for (size_t i = 0; i < len; i++) {
		char c = bytes[i];
		if (c == '\t' || c == '\n' || c == '\\') {
			out->data[out->len++] = '\\';
			c = c == '\t' ? 't' : c == '\n' ? 'n' : '\\';
		}
		out->data[out->len++] = c;
	}
	return 0;
}

int
group_key(const char *line, size_t len, struct buf *key, struct error *why)
{
	const char *tab = memchr(line, '\t', len);
	if (!tab) {
		const char *kind = kind_guess(line, len);
		if (kind && strcmp(kind, "text") != 0)
			return error_set(why,
			    "this is %s, not a group line: "
			    "KEY<TAB>NAMES=PATH, as rsenc-scan writes it",
			    kind);
		return error_set(why, "no tab: a group line is KEY<TAB>NAMES=PATH, for one file: "
		                      "\"$(printf 'KEY\\tB1,B2=%%s' FILE.tif)\"");
	}
	size_t key_len = (size_t)(tab - line);
	if (key_len > (size_t)2 * KEY_MAX)
		return error_set(why, "the key is longer than %d bytes", KEY_MAX);
	size_t before = key->len;
	if (unescape(key, line, key_len, why) != 0)
		return -1;
	if (key->len == before)
		return error_set(why, "the key is empty");
	if (key->len - before > KEY_MAX)
		return error_set(
		    why, "the key has %zu bytes, more than %d", key->len - before, KEY_MAX);
	return 0;
}

/* One NAMES=PATH field. */
static int
parse_file(const char *field, size_t len, struct group_file *f, struct error *why)
{
	const char *equals = memchr(field, '=', len);
	if (!equals)
		return error_set(
		    why, "'%.*s': no '=': a field is NAMES=PATH", len > 80 ? 80 : (int)len, field);
	if (names_parse(field, (size_t)(equals - field), &f->names, why) != 0)
		return -1;
	struct buf path = {0};
	int status = unescape(&path, equals + 1, len - (size_t)(equals + 1 - field), why);
	f->path = path.data;
	if (status == 0 && path.len == 0)
		return error_set(why, "'%.*s': no path after '='", len > 80 ? 80 : (int)len, field);
	if (status == 0 && strlen(path.data) != path.len)
		return error_set(why, "a path holds a NUL byte");
	return status;
}

static int
check_names(const struct group *g, struct error *why)
{
	const char **all = malloc(g->name_count * sizeof *all);
	if (!all)
		return error_set(why, "out of memory");
	size_t n = 0;
	for (size_t f = 0; f < g->file_count; f++) {
		/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): each has a name */
		memcpy(all + n, g->files[f].names.name, g->files[f].names.count * sizeof *all);
		n += g->files[f].names.count;
	}
	int status = names_check_unique(all, n, why);
	free(all);
	return status;
}

static int
parse_files(const char *rest, size_t len, struct group *g, struct error *why)
{
	const char *end = rest + len;
	size_t fields = 1;
	for (const char *p = rest; p < end; p++)
		fields += *p == '\t';
	if (fields > NAMES_MAX)
		return error_set(why, "more than %d files", NAMES_MAX);
	g->files = calloc(fields, sizeof *g->files);
	if (!g->files)
		return error_set(why, "out of memory");
	for (const char *p = rest; p <= end;) {
		const char *tab = p < end ? memchr(p, '\t', (size_t)(end - p)) : NULL;
		size_t field = (size_t)((tab ? tab : end) - p);
		struct group_file *f = &g->files[g->file_count++];
		if (parse_file(p, field, f, why) != 0)
			return -1;
		g->name_count += f->names.count;
		if (g->name_count > NAMES_MAX)
			return error_set(why, "more than %d tensor names", NAMES_MAX);
		p += field + 1;
	}
	return g->file_count > 1 ? check_names(g, why) : 0;
}

int
group_parse(const char *line, size_t len, struct group *g, struct error *why)
{
	struct buf key = {0};
	*g = (struct group){0};
	if (group_key(line, len, &key, why) != 0) {
		buf_free(&key);
		return -1;
	}
	g->key = key.data;
	g->key_len = key.len;
	const char *rest = (const char *)memchr(line, '\t', len) + 1;
	return parse_files(rest, len - (size_t)(rest - line), g, why);
}

void
group_free(struct group *g)
{
	free(g->key);
	for (size_t i = 0; i < g->file_count; i++) {
		free(g->files[i].path);
		names_free(&g->files[i].names);
	}
	free(g->files);
	*g = (struct group){0};
}
