#include "store/place.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/path.h"
#include "store/reader.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/vfs.h>
#endif
#include <unistd.h>

/* What exists at the path must be a directory, or with `single` a file. Returns 1 if something
 * exists, 0 if not, -1 with the reason. */
static int
check_kind(const char *path, bool single, struct error *why)
{
	struct stat st;
	if (stat(path, &st) != 0 && errno != ENOENT)
		return error_errno(why, "opening");
	if (stat(path, &st) != 0)
		return lstat(path, &st) == 0
		           ? error_set(why, "is a link to a %s that does not exist",
		                 single ? "file" : "directory")
		           : 0;
	if (S_ISDIR(st.st_mode) && single)
		return error_set(why, "is a directory: load into it without --single-file");
	if (!S_ISDIR(st.st_mode) && !single)
		return error_set(why, "%s",
		    store_paths_know(path_name(path))
		        ? "is a file of a database: name its directory"
		        : "is a file, not a directory: name a new directory, or "
		          "--single-file loads into a single file");
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return error_set(why, "neither a file nor a directory");
	return 1;
}

/* A file of the database that exists must be one: checked before any is opened. Returns 1 if one is
 * a link, 0 if not, -1 with the reason. */
static int
check_files(const struct store_paths *p, struct error *why)
{
	struct stat st;
	int linked = 0;
	for (int i = 0; i < STORE_FILES; i++) {
		if (lstat(p->all[i], &st) != 0)
			continue;
		linked |= S_ISLNK(st.st_mode);
		if (stat(p->all[i], &st) != 0)
			return error_set(
			    why, "%s is a link to a file that does not exist", p->all[i]);
		if (!S_ISREG(st.st_mode))
			return error_set(why, "%s is not a regular file", p->all[i]);
	}
	return linked;
}

/* A second name (cp -al, DVC) shares the file: what is loaded under one would change the other. */
static int
check_names(const char *path, struct error *why)
{
	struct stat st;
	if (stat(path, &st) != 0 || st.st_nlink < 2)
		return 0;
	char *name = shell_quoted(path);
	error_set(why,
	    "%s has %lu hard links, and would change under each of its names: run 'cp %s %s.new "
	    "&& mv %s.new %s' to make a copy of its own",
	    path, (unsigned long)st.st_nlink, name, name, name, name);
	free(name);
	return -1;
}

int
place_check_file(const struct store_file *file, struct error *why)
{
	struct store *s;
	if (check_names(file->data, why) != 0 || store_open_file(file, &s, why) != 0)
		return -1;
	store_close(s);
	return 0;
}

/* ---- the directory ---- */

/* A directory that contains other things is a dataset, or somebody's home: a database among them
 * would be hard to find, and harder to remove. What begins with a dot is the system's. */
static int
check_others(const struct store_paths *p, struct error *why)
{
	DIR *d = opendir(p->directory);
	int status = 0;
	for (struct dirent *e; d && status == 0 && (e = readdir(d)) != NULL;) {
		if (e->d_name[0] != '.' && strcmp(e->d_name, "lost+found") != 0 &&
		    !store_paths_know(e->d_name))
			status = error_set(why,
			    "the directory contains other files ('%s') and no database: name a "
			    "new or empty directory",
			    e->d_name);
	}
	if (d)
		closedir(d);
	return status;
}

/* Whether files can be made in the directory that contains, or will contain, the database. */
static int
check_directory(const char *directory, bool exists, struct error *why)
{
	if (access(directory, W_OK | X_OK) == 0)
		return 0;
	if (errno != ENOENT)
		return error_errno(why, exists ? "cannot be written" : "cannot be created");
	char *name = shell_quoted(directory);
	error_set(why, "%s does not exist: run 'mkdir -p %s'", directory, name);
	free(name);
	return -1;
}

static int
check_place(const struct store_paths *p, char **root, struct error *why)
{
	struct stat st;
	int exists = check_kind(p->path, p->single, why);
	int linked = exists < 0 ? -1 : check_files(p, why);
	if (linked < 0)
		return -1;
	if (exists && !p->single && stat(p->data.data, &st) != 0 && check_others(p, why) != 0)
		return -1;
	char *parent = exists || p->single ? xstrdup(p->directory) : path_parent(p->path);
	int status = check_directory(parent, exists, why);
	free(parent);
	*root = xstrdup(linked ? "/" : p->directory);
	return status;
}

/* Returns as place_prepare. */
static int
make_directory(const char *path, struct error *why)
{
	if (mkdir(path, 0777) != 0)
		return errno == EEXIST ? 0 : error_errno(why, "cannot be created");
	char *parent = path_parent(path);
	int status = file_sync_directory(parent, why);
	free(parent);
	if (status == 0)
		return 1;
	rmdir(path);
	return -1;
}

int
place_prepare(const char *path, bool single, bool check, char **root, struct error *why)
{
	struct store_paths p;
	store_paths_make(&p, path, single);
	*root = NULL;
	int status = check_place(&p, root, why);
	if (status == 0 && !single && !check)
		status = make_directory(path, why);
	if (status < 0)
		free(*root);
	store_paths_free(&p);
	return status;
}

static const char *
network_of(const char *path)
{
#ifdef __linux__
	/* The numbers that the kernel and the makers of these systems give them (statfs(2)). */
	static const struct {
		unsigned long type;
		const char *name;
	} systems[] = {{0x6969, "NFS"}, {0xFF534D42, "SMB"}, {0xFE534D42, "SMB"}, {0x517B, "SMB"},
	    {0x65735546, "FUSE"}, {0x0BD00BD0, "Lustre"}, {0x47504653, "GPFS"},
	    {0x19830326, "BeeGFS"}, {0x01021997, "9p"}, {0x00C36400, "Ceph"}};
	struct statfs fs;
	bool known = statfs(path, &fs) == 0;
	for (size_t i = 0; known && i < sizeof systems / sizeof *systems; i++) {
		if (((unsigned long)fs.f_type & 0xFFFFFFFF) == systems[i].type)
			return systems[i].name;
	}
#else
	(void)path;
#endif
	return NULL;
}

bool
place_network(const char *path, bool single, struct error *why)
{
	char *parent = path_parent(path);
	const char *network = network_of(single ? parent : path);
	free(parent);
	if (!network)
		return false;
	char *name = shell_quoted(path);
	error_set(why,
	    "is on a network file system (%s), and LMDB belongs on a local disk: load there, then "
	    "run '%s%s%scp LOCAL%s %s'",
	    network, single ? "" : "mkdir -p ", single ? "" : name, single ? "" : " && ",
	    single ? "" : "/data.mdb", name);
	free(name);
	return true;
}
