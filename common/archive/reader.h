#ifndef RSENC_ARCHIVE_TAR_READER_H
#define RSENC_ARCHIVE_TAR_READER_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * From one member of a tar archive to the next, whatever the bytes come from. Archives that were
 * put one behind the other are read as one: what follows a block of zeros must be zeros, the next
 * archive or the end. An archive that ends without a block of zeros was cut off.
 */

struct tar_source {
	void *context;

	/* Reads `size` bytes, fewer only at the end. Returns how many, or -1 with the reason. */
	ssize_t (*read)(void *context, void *to, size_t size, struct error *why);

	/* Passes over `size` bytes. Returns 1, 0 if it ends before, or -1 with the reason. */
	int (*skip)(void *context, uint64_t size, struct error *why);

	uint64_t size; /* bytes of it all, 0: not known */
};

enum tar_kind {
	TAR_FILE,     /* its data is a file */
	TAR_HARD,     /* a further name of the member `link` */
	TAR_SYMBOLIC, /* to `link`, seen from where the member lies */
	TAR_OTHER     /* directories, devices and what else is no file */
};

/* Valid until the next call of tar_next. */
struct tar_member {
	enum tar_kind kind;
	const char *name; /* as the archive has it, up to a NUL */
	const char *link; /* of the two kinds of link, else "" */
	const char *bad;  /* why it can't be read though the archive is whole, or NULL */
	uint64_t size;    /* bytes of data */
	uint64_t at;      /* where they begin in the archive */
	uint32_t check; /* of a file: of the header before them, see range_check in base/range.h */
};

struct tar;

/* NULL when there is no memory. */
struct tar *tar_new(const struct tar_source *source);

/* Steps to the next member, over what was not read of the data of this one. Returns 1; 0 at the
 * end; -1 if the archive is damaged, cut off or can't be read, with the reason, which tells the
 * member or where in the archive. */
int tar_next(struct tar *t, struct tar_member *m, struct error *why);

/* Reads all the data of the member at hand, `size` bytes. May be called once after tar_next. */
int tar_read(struct tar *t, void *to, struct error *why);

void tar_free(struct tar *t);

#endif
