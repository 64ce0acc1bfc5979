#include "pack/blobfile.h"

#include "base/atomic_file.h"
#include "base/hash.h"
#include "base/path.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char ending[] = ".safetensors";

int
blobfile_check(const char *key, size_t key_len, struct error *why)
{
	/* No escaping: two keys could become one name, and who reads the files looks for the
	 * key. Keys '.' and '..' are names here, as the ending follows. */
	if (memchr(key, '/', key_len) || memchr(key, 0, key_len))
		return error_set(
		    why, "the key cannot be a file name: write a record stream with -r");
	if (key_len + strlen(ending) > NAME_MAX)
		return error_set(
		    why, "the key is too long for a file name: write a record stream with -r");
	return 0;
}

/* Which file a key's name leads to, as a hash of its identity; 0: there is none. The name itself
 * says nothing: each file system has its own rules of what are the same letters, and none tells
 * them. File systems without inodes of their own (FAT) number files while they are in the cache:
 * there, a key that comes long after its twin may not be seen to be one. Times would not tell
 * better: another run may rightly have written the file a moment ago. */
static uint64_t
blobfile_identity(const char *dir, const char *key)
{
	char path[PATH_MAX];
	struct stat st;
	int n = snprintf(path, sizeof path, "%s/%s%s", dir, key, ending);
	if (n < 0 || (size_t)n >= sizeof path || lstat(path, &st) != 0)
		return 0;
	uint64_t identity[2] = {(uint64_t)st.st_dev, (uint64_t)st.st_ino};
	return hash_bytes(identity, sizeof identity);
}

int
blobfile_check_new(const struct blobfiles *b, const char *key, struct error *why)
{
	uint64_t identity = blobfile_identity(b->dir, key);
	/* Only what this run wrote: files of another run are replaced, which makes a second run
	 * possible. */
	if (identity == 0 || !keyset_has(&b->written, identity))
		return 0;
	error_set(why,
	    "this run already wrote %s%s: duplicate key, or one that differs only in letters that "
	    "the file system does not distinguish: write all of them with -r",
	    key, ending);
	return error_kind(why, "duplicate key|s");
}

int
blobfile_write(
    struct blobfiles *b, const char *key, const void *blob, size_t len, struct error *why)
{
	char name[NAME_MAX + 1];
	snprintf(name, sizeof name, "%s%s", key, ending);
	char *path = path_join(b->dir, name);
	int status = atomic_file_write(path, blob, len, false, why);
	if (status != 0)
		error_prefix(why, "%s", path);
	free(path);
	/* After it was written: it is renamed, so the name leads to a new inode each time. */
	uint64_t identity = status == 0 ? blobfile_identity(b->dir, key) : 0;
	if (identity != 0)
		keyset_add(&b->written, identity);
	return status;
}

void
blobfiles_free(struct blobfiles *b)
{
	keyset_free(&b->written);
}
