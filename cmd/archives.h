#ifndef RSENC_CMD_ARCHIVES_H
#define RSENC_CMD_ARCHIVES_H

#include <stddef.h>

/* Archives that are not tar, or that must be unpacked on the way: refused with the line to use.
 * `arguments` are those that the next command needs: the dataset, with the options that say what it
 * is (datasets.h). */

/* A path that a directory or a plain tar archive is expected at. Exits if it is another kind of file;
 * what can't be read is left to whoever reads it. */
void archives_check_file(const char *path, const char *arguments);

/* The first bytes of standard input. */
void archives_check_input(const void *bytes, size_t len, const char *arguments);

#endif
