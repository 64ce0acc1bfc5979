#include "archive/member.h"

#include "base/bytes.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

/* Appends the components of a name; ".." removes one. Returns whether there always was one to
 * remove; without `up` there may be no ".." at all. */
static bool
path_add(struct buf *path, const char *name, size_t len, bool up)
{
	const char *end = name + len;
	while (name < end) {
		const char *slash = memchr(name, '/', (size_t)(end - name));
		size_t part = (size_t)((slash ? slash : end) - name);
		if (part == 2 && name[0] == '.' && name[1] == '.') {
			if (!up || path->len == 0)
				return false;
			while (path->len > 0 && path->data[--path->len] != '/')
				;
		} else if (part > 0 && !(part == 1 && name[0] == '.')) {
			if (path->len > 0)
				buf_add(path, "/", 1);
			buf_add(path, name, part);
		}
		name += part + 1;
	}
	return true;
}

static void
path_end(struct buf *path)
{
	buf_add(path, "", 1);
	path->len--;
}

int
member_path(const char *name, struct buf *path, struct error *why)
{
	path->len = 0;
	/* Refused in a name even where it stays inside, as tar does. In a link it is resolved. */
	if (!path_add(path, name, strlen(name), false))
		return error_set(why, "the name contains '..'");
	path_end(path);
	if (path->len >= PATH_MAX)
		return error_set(why, "the name has more than %d bytes", PATH_MAX - 1);
	return path->len == 0 ? error_set(why, "the name is empty") : 0;
}

int
member_link_path(const char *from, const char *link, struct buf *path, struct error *why)
{
	const char *slash = strrchr(from, '/');
	path->len = 0;
	/* An absolute link starts at the top of the archive. */
	if (link[0] == '/' || !slash)
		slash = from;
	path_add(path, from, (size_t)(slash - from), true);
	if (!path_add(path, link, strlen(link), true))
		return error_set(why, "a link to '%.1000s', which is not in the archive", link);
	path_end(path);
	if (path->len >= PATH_MAX)
		return error_set(why, "a link to a name of more than %d bytes", PATH_MAX - 1);
	return 0;
}

/* Decodes code page 437. */
static void
path_from_cp437(struct buf *name)
{
	/* The characters of the bytes from 0x80 on. */
	static const char high[] = "ÇüéâäàåçêëèïîìÄÅÉæÆôöò"
	                           "ûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½"
	                           "¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴"
	                           "┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫"
	                           "╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φ"
	                           "ε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ ";
	struct buf out = {0};
	for (size_t i = 0; i < name->len; i++) {
		unsigned char c = (unsigned char)name->data[i];
		const char *p = c < 0x80 ? &name->data[i] : high;
		size_t len = c < 0x80 ? 1 : utf8_sequence((const unsigned char *)p, 4);
		for (; c > 0x80; c--) {
			p += len;
			len = utf8_sequence((const unsigned char *)p, 4);
		}
		buf_add(&out, p, len);
	}
	buf_free(name);
	*name = out;
}

void
path_from_windows(struct buf *name, bool utf8)
{
	if (!utf8)
		path_from_cp437(name);
	/* Some programs separate directories by backslashes, and then only by them. */
	bool convert = name->len > 0 && !memchr(name->data, '/', name->len);
	for (size_t i = 0; convert && i < name->len; i++)
		name->data[i] = name->data[i] == '\\' ? '/' : name->data[i];
}
