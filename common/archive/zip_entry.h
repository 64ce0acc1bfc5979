#ifndef RSENC_ARCHIVE_ZIP_ENTRY_H
#define RSENC_ARCHIVE_ZIP_ENTRY_H

#include "archive/members.h"
#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An entry of the central directory of a zip archive, as bytes: PKWARE's APPNOTE.TXT 6.3.10, whose
 * sections stand in brackets. All of it is untrusted. */

enum { ZIP_ENTRY = 46 /* bytes of an entry [4.3.12], before its name */ };

struct zip_entry {
	unsigned system, flags;
	uint16_t method;
	uint32_t check, mode;
	uint64_t stored, size, at;
};

/* An unsigned number of up to 8 bytes, the lowest first. */
uint64_t zip_number(const void *from, size_t bytes);

/* Parses ZIP_ENTRY bytes, whose signature is right, and the extra fields after the name. False
 * if numbers of ZIP64 are missing. */
bool zip_entry_parse(const void *bytes, const struct buf *extra, struct zip_entry *e);

/* Makes the name what unzip would write, in UTF-8 where it is known to be text; it gets a NUL at
 * its end, which len does not count. */
void zip_entry_name(const struct zip_entry *e, const struct buf *extra, struct buf *name);

/* The kind of a member of that name; MEMBER_OTHER for what lies in `__MACOSX/`. */
enum member_kind zip_entry_kind(const struct zip_entry *e, const struct buf *name);

/* Why it cannot be read whatever its data is ("encrypted"), or NULL. */
const char *zip_entry_unsupported(const struct zip_entry *e);

#endif
