#ifndef RSENC_CMD_ARCHIVES_H
#define RSENC_CMD_ARCHIVES_H

#include <stddef.h>

/* Archives that must be decompressed or joined first: refused with the command to use. `arguments`
 * are those that the next command needs: the dataset and its options (datasets.h). */

/* The operands of a scan (NULL-terminated): directories, tar and zip archives. Exits if one is
 * another kind of file, or a download that is not complete. Operands that cannot be read are left
 * to the scan. */
void archives_check(char *const *paths, const char *arguments);

/* The first bytes of standard input, where a tar archive is expected. */
void archives_check_input(const void *bytes, size_t len, const char *arguments);

/* Reports archives in the directories: they are not searched. For when nothing was found. */
void archives_hint_inside(char *const *paths, const char *arguments);

#endif
