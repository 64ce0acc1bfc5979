#ifndef RSENC_SCAN_PLACES_H
#define RSENC_SCAN_PLACES_H

#include "base/range.h"
#include "scan/assemble.h"
#include "archive/reader.h"

#include <stddef.h>
#include <stdint.h>

/* Where the files lie that an assembler holds, if it is in archives: numbers from 1, 0 for a file of
 * its own. All zero is empty. */

struct places {
	struct place {
		uint64_t at, size; /* of a free one: `at` is the next free one */
		uint32_t check, archive;
	} * place;
	size_t count, capacity;
	uint64_t free;

	struct places_archive {
		char *path;
		uint64_t whole;
		struct timespec time;
	} * archive;
	size_t archive_count;

	/* A group with what is known of its files. */
	struct assembled_file *files;
	struct range *ranges;
	size_t room;
};

/* The archive that the next places are in. Returns 0, or -1 when there is no memory. */
int places_archive(struct places *p, const char *path, uint64_t whole, const struct timespec *time);

/* The data of a member. Returns its number, or 0 when there is no memory. */
uint64_t places_add(struct places *p, const struct tar_member *m);

void places_drop(struct places *p, uint64_t where);

/* A group whose files, where they are in archives, tell so. It belongs to `p` until the next call.
 * Returns 0, or -1 when there is no memory. */
int places_describe(struct places *p, const struct assembled *group, struct assembled *described);

/* Drops the places of a group's files. */
void places_drop_group(struct places *p, const struct assembled *group);

/* Forgets all. */
void places_free(struct places *p);

#endif
