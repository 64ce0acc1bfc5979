#include "pack/blobfile.h"

#include "base/atomic_file.h"
#include "base/bytes.h"
#include "base/path.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char ending[] = ".safetensors";

/* Which file a path leads to, as a hash of its identity; 0: none. The name itself says nothing:
 * each file system has its own rules of what are the same letters, and none tells them. */
static uint64_t
identity(const char *path)
{
	struct stat st;
	if (lstat(path, &st) != 0)
		return 0;
	uint64_t numbers[2] = {(uint64_t)st.st_dev, (uint64_t)st.st_ino};
	return hash_bytes(numbers, sizeof numbers);
}

static int
write_new(struct blobfiles *b, const char *path, const void *blob, size_t len, struct error *why)
{
	uint64_t old = identity(path);
	/* Only what this run wrote: files of another run are replaced, which makes a second run
	 * possible. */
	if (old != 0 && keyset_has(&b->written, old)) {
		error_set(why,
		    "this run already wrote %s: duplicate key, or one that differs only in letters "
		    "that the file system does not distinguish: write all of them with -r",
		    path_name(path));
		return 1;
	}
	if (atomic_file_write(path, blob, len, why) != 0)
		return error_prefix(why, "%s", path);
	/* The file is renamed to its place, so the path leads to a new inode each time. */
	keyset_add(&b->written, identity(path));
	return 0;
}

int
blobfile_write(struct blobfiles *b, const char *key, size_t key_len, const void *blob, size_t len,
    struct error *why)
{
	char name[NAME_MAX + 1];
	/* No escaping: two keys could become one name, and who reads the files looks for the
	 * key. Keys '.' and '..' are names here, as the ending follows. */
	bool bad = memchr(key, '/', key_len) || memchr(key, 0, key_len);
	if (bad || key_len + strlen(ending) > NAME_MAX) {
		error_set(why, "the key %s a file name: write a record stream with -r",
		    bad ? "cannot be" : "is too long for");
		return 1;
	}
	snprintf(name, sizeof name, "%s%s", key, ending);
	char *path = path_join(b->dir, name);
	int status = write_new(b, path, blob, len, why);
	free(path);
	return status;
}
