#include "archive/path.h"

#include <stdbool.h>
#include <string.h>

/* Appends the components of a name; ".." takes one away. Returns 1, 0 if there was none to take
 * away, -1 when there is no memory. */
static int
path_add(struct buf *path, const char *name, size_t len)
{
	const char *end = name + len;
	while (name < end) {
		const char *slash = memchr(name, '/', (size_t)(end - name));
		size_t part = (size_t)((slash ? slash : end) - name);
		if (part == 2 && name[0] == '.' && name[1] == '.') {
			if (path->len == 0)
				return 0;
			while (path->len > 0 && path->data[--path->len] != '/')
				;
		} else if (part > 0 && !(part == 1 && name[0] == '.')) {
			if ((path->len > 0 && buf_add(path, "/", 1) != 0) ||
			    buf_add(path, name, part) != 0)
				return -1;
		}
		name += part + 1;
	}
	return 1;
}

static int
path_end(struct buf *path, struct error *why)
{
	if (buf_add(path, "", 1) != 0)
		return error_set(why, "out of memory");
	path->len--;
	return 0;
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
tar_path(const char *name, struct buf *path, struct error *why)
{
	path->len = 0;
	/* Refused in a name even where it stays inside. In a link it is resolved, if it stays
	 * inside. */
	if (path_has_dots(name))
		return error_set(why, "its name holds '..', which may lead anywhere");
	if (path_add(path, name, strlen(name)) < 0)
		return error_set(why, "out of memory");
	return path->len == 0 ? error_set(why, "it has no name") : path_end(path, why);
}

int
tar_link_path(const char *from, const char *link, struct buf *path, struct error *why)
{
	const char *slash = strrchr(from, '/');
	path->len = 0;
	/* An absolute link is taken to begin at the top of the archive. */
	if (link[0] == '/' || !slash)
		slash = from;
	int inside = path_add(path, from, (size_t)(slash - from));
	if (inside > 0)
		inside = path_add(path, link, strlen(link));
	if (inside < 0)
		return error_set(why, "out of memory");
	if (inside == 0)
		return error_set(why, "a link to '%.200s', which is not in the archive", link);
	return path_end(path, why);
}
