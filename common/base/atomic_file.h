#ifndef RSENC_BASE_ATOMIC_FILE_H
#define RSENC_BASE_ATOMIC_FILE_H

#include "base/error.h"

#include <stddef.h>

/* Writes a file that is complete or absent: under a temporary name beside its place,
 * ".NAME.PID.TIME.tmp", which no other writer has, on any machine; then renamed. A file that
 * exists is replaced (a symbolic link itself, not its target). Returns 0, or -1 with the reason
 * (without the path), and nothing is left of it. */
int atomic_file_write(const char *path, const void *bytes, size_t len, struct error *why);

#endif
