#include "pack/blobfile.h"

#include "base/file.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static const char ending[] = ".safetensors";

int
blobfile_check(const char *key, size_t key_len, struct error *why)
{
	if (memchr(key, '/', key_len) || memchr(key, 0, key_len))
		return error_set(why, "the key is no plain file name: use -r");
	if (key_len + strlen(ending) > NAME_MAX)
		return error_set(why, "the key is too long for a file name: use -r");
	return 0;
}

int
blobfile_write(const char *dir, const char *key, const void *blob, size_t len, struct error *why)
{
	char name[NAME_MAX + 1];
	snprintf(name, sizeof name, "%s%s", key, ending);
	return file_replace(dir, name, blob, len, why);
}
