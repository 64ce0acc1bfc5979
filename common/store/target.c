#include "store/target.h"

#include "store/incomplete.h"
#include "store/pages.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int
target_kind(const char *path, bool single, struct error *why)
{
	struct stat st;
	if (stat(path, &st) != 0)
		return errno == ENOENT ? 0 : error_errno(why, "opening");
	if (S_ISDIR(st.st_mode) && single) {
		return error_set(why, "is a directory: remove --single-file");
	}
	if (!S_ISDIR(st.st_mode) && !single) {
		return error_set(why, "is a file: use --single-file to load into a single file");
	}
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return error_set(why, "it is neither a file nor a directory");
	return 1;
}

int
target_refuse_lost(struct error *why)
{
	return error_set(why,
	    "what a load without syncs stored may be damaged: it was interrupted, and this "
	    "machine has been started again since or is another one, or the disk did not take "
	    "it. Remove the database and load again");
}

/* A directory that holds other things is a dataset, or somebody's home: a database among them would be
 * hard to find, and harder to remove. What begins with a dot is the system's. */
static int
check_others(const struct store_paths *p, struct error *why)
{
	static const char *const allowed[] = {"lost+found", "lock.mdb", "incomplete"};
	struct stat st;
	DIR *d = stat(p->data, &st) == 0 ? NULL : opendir(p->directory);
	int status = 0;
	for (struct dirent *e; d && status == 0 && (e = readdir(d)) != NULL;) {
		bool fine = e->d_name[0] == '.';
		for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
			fine = fine || strcmp(e->d_name, allowed[i]) == 0;
		if (!fine)
			status = error_set(why,
			    "the directory holds other files ('%s') and no database: name a new "
			    "directory, or an empty one",
			    e->d_name);
	}
	if (d)
		closedir(d);
	return status;
}

/* Whether files can be made in the directory that holds, or will hold, the database. */
static int
target_access_directory(const char *directory, bool there, struct error *why)
{
	if (access(directory, W_OK | X_OK) == 0)
		return 0;
	int len = (int)strlen(directory);
	len -= len > 1 && directory[len - 1] == '/';
	if (errno == ENOENT)
		return error_set(why, "there is no directory %.*s: mkdir -p %.*s", len, directory,
		    len, directory);
	return error_errno(why, there ? "writing in it" : "making it");
}

/* access(2) and not a trial: to look must leave no file behind, not even for a moment in which another
 * program lists the directory. A disk that is full shows only when it is written to. */
static int
target_access(const char *path, const struct store_paths *p, bool single, struct error *why)
{
	int there = target_kind(path, single, why);
	if (there < 0)
		return -1;
	if (there && access(p->data, W_OK) != 0 && errno != ENOENT)
		return error_errno(why, "writing");
	if (there && !single && check_others(p, why) != 0)
		return -1;
	struct store_paths above = {0};
	int status = 0;
	if (!there && !single && store_paths_make(&above, path, true) != 0)
		status = error_set(why, "out of memory");
	else
		status = target_access_directory(
		    above.directory ? above.directory : p->directory, there, why);
	store_paths_free(&above);
	return status;
}

int
target_check(const char *path, bool single, struct error *why)
{
	struct store_paths p = {0};
	int status = -1;
	if (store_paths_make(&p, path, single) != 0)
		error_set(why, "out of memory");
	else
		status = target_access(path, &p, single, why);
	if (status == 0) {
		enum incomplete_state state = incomplete_look(p.incomplete);
		if (state == INCOMPLETE_LOST)
			status = target_refuse_lost(why);
		else if (state == INCOMPLETE_LOADING)
			status = error_set(
			    why, "another load into it is going on: wait for its end");
		else if (state != INCOMPLETE_BACK) /* else it will be what it was */
			status = pages_check(p.data, why);
	}
	store_paths_free(&p);
	return status;
}

static bool
is_link(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

char *
target_root(const char *path, bool single)
{
	struct store_paths p = {0}, above = {0};
	struct stat st;
	char *root = NULL;
	bool made = !single && stat(path, &st) != 0;
	if (store_paths_make(&p, path, single) == 0 && store_paths_make(&above, path, true) == 0 &&
	    !is_link(p.data) && !is_link(p.lock) && !is_link(p.incomplete))
		root = strdup(made ? above.directory : p.directory);
	store_paths_free(&p);
	store_paths_free(&above);
	return root;
}
