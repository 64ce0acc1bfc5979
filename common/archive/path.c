#include "archive/path.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Appends the components of a name; ".." removes one. Returns whether there always was one to remove. */
static bool
path_add(struct buf *path, const char *name, size_t len)
{
	const char *end = name + len;
	while (name < end) {
		const char *slash = memchr(name, '/', (size_t)(end - name));
		size_t part = (size_t)((slash ? slash : end) - name);
		if (part == 2 && name[0] == '.' && name[1] == '.') {
			if (path->len == 0)
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

static bool
path_has_dots(const char *name)
{
	for (const char *p = name; (p = strstr(p, "..")) != NULL; p += 2) {
		if ((p == name || p[-1] == '/') && (p[2] == '\0' || p[2] == '/'))
			return true;
	}
	return false;
}

int
member_path(const char *name, struct buf *path, struct error *why)
{
	path->len = 0;
	/* Refused in a name even where it stays inside, as tar does. In a link it is resolved. */
	if (path_has_dots(name))
		return error_set(why, "the name contains '..'");
	path_add(path, name, strlen(name));
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
	path_add(path, from, (size_t)(slash - from));
	if (!path_add(path, link, strlen(link)))
		return error_set(why, "a link to '%.1000s', which is not in the archive", link);
	path_end(path);
	return 0;
}

/* Code points of the bytes from 0x80 on; all lie below 0x10000. */
static const uint16_t cp437[128] = {
    0x00c7,
    0x00fc,
    0x00e9,
    0x00e2,
    0x00e4,
    0x00e0,
    0x00e5,
    0x00e7,
    0x00ea,
    0x00eb,
    0x00e8,
    0x00ef,
    0x00ee,
    0x00ec,
    0x00c4,
    0x00c5,
    0x00c9,
    0x00e6,
    0x00c6,
    0x00f4,
    0x00f6,
    0x00f2,
    0x00fb,
    0x00f9,
    0x00ff,
    0x00d6,
    0x00dc,
    0x00a2,
    0x00a3,
    0x00a5,
    0x20a7,
    0x0192,
    0x00e1,
    0x00ed,
    0x00f3,
    0x00fa,
    0x00f1,
    0x00d1,
    0x00aa,
    0x00ba,
    0x00bf,
    0x2310,
    0x00ac,
    0x00bd,
    0x00bc,
    0x00a1,
    0x00ab,
    0x00bb,
    0x2591,
    0x2592,
    0x2593,
    0x2502,
    0x2524,
    0x2561,
    0x2562,
    0x2556,
    0x2555,
    0x2563,
    0x2551,
    0x2557,
    0x255d,
    0x255c,
    0x255b,
    0x2510,
    0x2514,
    0x2534,
    0x252c,
    0x251c,
    0x2500,
    0x253c,
    0x255e,
    0x255f,
    0x255a,
    0x2554,
    0x2569,
    0x2566,
    0x2560,
    0x2550,
    0x256c,
    0x2567,
    0x2568,
    0x2564,
    0x2565,
    0x2559,
    0x2558,
    0x2552,
    0x2553,
    0x256b,
    0x256a,
    0x2518,
    0x250c,
    0x2588,
    0x2584,
    0x258c,
    0x2590,
    0x2580,
    0x03b1,
    0x00df,
    0x0393,
    0x03c0,
    0x03a3,
    0x03c3,
    0x00b5,
    0x03c4,
    0x03a6,
    0x0398,
    0x03a9,
    0x03b4,
    0x221e,
    0x03c6,
    0x03b5,
    0x2229,
    0x2261,
    0x00b1,
    0x2265,
    0x2264,
    0x2320,
    0x2321,
    0x00f7,
    0x2248,
    0x00b0,
    0x2219,
    0x00b7,
    0x221a,
    0x207f,
    0x00b2,
    0x25a0,
    0x00a0,
};

void
path_from_cp437(struct buf *name)
{
	struct buf out = {0};
	for (size_t i = 0; i < name->len; i++) {
		unsigned char c = (unsigned char)name->data[i];
		unsigned code = c < 0x80 ? c : cp437[c - 0x80];
		char utf8[3] = {(char)(0xe0 | code >> 12), (char)(0x80 | (code >> 6 & 0x3f)),
		    (char)(0x80 | (code & 0x3f))};
		if (code < 0x80)
			buf_add(&out, &name->data[i], 1);
		else if (code < 0x800)
			buf_add(&out, (char[]){(char)(0xc0 | code >> 6), utf8[2]}, 2);
		else
			buf_add(&out, utf8, 3);
	}
	buf_free(name);
	*name = out;
}
