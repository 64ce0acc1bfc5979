#include "archive/member.h"

#include "base/bytes.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

/* Appends the components of a name. False if one is "..". */
static bool
path_add(struct buf *path, const char *name)
{
	for (size_t len; *name; name += len + (name[len] == '/')) {
		len = strcspn(name, "/");
		if (len == 2 && memcmp(name, "..", 2) == 0)
			return false;
		if (len == 0 || (len == 1 && *name == '.'))
			continue;
		if (path->len > 0)
			buf_add(path, "/", 1);
		buf_add(path, name, len);
	}
	return true;
}

int
member_path(const char *name, struct buf *path, struct error *why)
{
	path->len = 0;
	/* Refused even where it stays inside, as tar does. */
	if (!path_add(path, name))
		return error_set(why, "the name contains '..'");
	buf_add(path, "", 1);
	path->len--;
	if (path->len >= PATH_MAX)
		return error_set(why, "the name has more than %d bytes", PATH_MAX - 1);
	return path->len == 0 ? error_set(why, "the name is empty") : 0;
}

/* Decodes code page 437. */
static void
path_from_cp437(struct buf *name)
{
	/* The characters of the bytes from 0x80 on. */
	static const char high[] = "ÇüéâäàåçêëèïîìÄÅÉæÆôöò"
	                           "ûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½"
	                           "¼¡«»░▒▓│┤╡╢╖╕"
	                           "╣║╗╝╜╛┐└┴┬├─┼"
	                           "╞╟╚╔╩╦╠═╬╧╨╤╥"
	                           "╙╘╒╓╫╪┘┌█▄▌▐▀"
	                           "αßΓπΣσµτΦΘΩδ∞φ"
	                           "ε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";
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
