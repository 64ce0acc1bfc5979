/* LD_PRELOAD: names of files mean the same in upper and lower case, and with their accents
 * composed or not, as on the file systems of macOS and Windows: for what rsenc-pack -o calls. */

#define _GNU_SOURCE
#include <ctype.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The path as such a file system keeps it. */
static const char *
fold(const char *path, char to[PATH_MAX])
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	size_t len = (size_t)(name - path);
	memcpy(to, path, len);
	for (; *name && len + 4 < PATH_MAX; name++) {
		if (memcmp(name, "\xc3\xa9", 2) == 0) { /* e with an acute accent */
			memcpy(to + len, "e\xcc\x81", 3);
			len += 3;
			name++;
		} else {
			to[len++] = (char)tolower((unsigned char)*name);
		}
	}
	to[len] = '\0';
	return to;
}

int
rename(const char *from, const char *path)
{
	int (*real)(const char *, const char *) = (int (*)(const char *, const char *))dlsym(
	    RTLD_NEXT, "rename");
	char to[PATH_MAX];
	return real(from, fold(path, to)); /* a temporary name was just made */
}

int
lstat(const char *path, struct stat *st)
{
	int (*real)(const char *, struct stat *) = (int (*)(const char *, struct stat *))dlsym(
	    RTLD_NEXT, "lstat");
	char a[PATH_MAX];
	return real(fold(path, a), st);
}

int
lstat64(const char *path, struct stat64 *st)
{
	int (*real)(const char *, struct stat64 *) = (int (*)(const char *, struct stat64 *))dlsym(
	    RTLD_NEXT, "lstat64");
	char a[PATH_MAX];
	return real(fold(path, a), st);
}

/* What lstat is inline before glibc 2.33, where no such symbol exists. */
int
__lxstat(int version, const char *path, struct stat *st)
{
	int (*real)(int, const char *, struct stat *) = (int (*)(
	    int, const char *, struct stat *))dlsym(RTLD_NEXT, "__lxstat");
	char a[PATH_MAX];
	return real(version, fold(path, a), st);
}

int
__lxstat64(int version, const char *path, struct stat64 *st)
{
	int (*real)(int, const char *, struct stat64 *) = (int (*)(
	    int, const char *, struct stat64 *))dlsym(RTLD_NEXT, "__lxstat64");
	char a[PATH_MAX];
	return real(version, fold(path, a), st);
}
