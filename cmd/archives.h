#ifndef RSENC_CMD_ARCHIVES_H
#define RSENC_CMD_ARCHIVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Compressed tar archives, read through the programs that made them, and archives that must be
 * joined or read in another way first: refused with the command to use. `arguments` are those that
 * the next command needs: the dataset and its options (datasets.h). */

/* The operands of a scan (NULL-terminated): directories, tar and zip archives. Exits if one is
 * another kind of file, or a download that is not complete. Operands that cannot be read are left
 * to the scan. */
void archives_check(char *const *paths, const char *arguments);

/* The same of tar archives that are read as one stream, compressed or not. */
void archives_check_stream(char *const *paths);

/* Decompresses each compressed archive to nowhere: a checksum is at its end. Exits if one is
 * damaged. */
void archives_test(char *const *paths, bool quiet);

/* Starts to read archives, one after the other. pclose(3) fails if one was damaged, or was not read
 * to its end. */
FILE *archives_open(char *const *paths);

/* The first bytes of standard input, where a tar archive is expected. */
void archives_check_input(const void *bytes, size_t len);

/* Reports archives in the directories: they are not searched. For when nothing was found. */
void archives_hint_inside(char *const *paths, const char *arguments);

#endif
