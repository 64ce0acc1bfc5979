#ifndef RSENC_ARCHIVE_ZIP_H
#define RSENC_ARCHIVE_ZIP_H

#include "archive/member.h"

#include <stdint.h>

/*
 * The members of a zip archive, in the order of its central directory: PKWARE's APPNOTE.TXT
 * 6.3.10, with ZIP64, names in UTF-8 (bit 11 of the flags, or Info-ZIP's extra field 0x7075) or
 * code page 437, and the symbolic links of Info-ZIP. All of it is untrusted. Only the directory
 * is read, twice: the first pass checks that every member lies in the file, and that they do not
 * have more bytes than the file.
 */

struct zip;

/* Opens the archive `path`, of `size` bytes, which is open as fd; both must outlive it. NULL
 * with the reason if it is damaged or a part of an archive. */
struct zip *zip_open(int fd, const char *path, uint64_t size, struct error *why);

/* Steps to the next member, past directories and `__MACOSX/`. Returns 1; 0 at the end; -1 with the
 * reason. */
int zip_next(struct zip *z, struct member *m, struct error *why);

/* Starts again at the first member. Returns 0, or -1 with the reason. */
int zip_rewind(struct zip *z, struct error *why);

void zip_free(struct zip *z);

#endif
