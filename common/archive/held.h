#ifndef RSENC_ARCHIVE_TAR_HELD_H
#define RSENC_ARCHIVE_TAR_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Files in memory, from when they were read until their patch was packed: numbered places, whose memory
 * is used again. Any thread may let go of a place; all else is for one thread at a time.
 */

struct held;

/* NULL when there is no memory. */
struct held *held_new(void);

/* A place for a file to come. Returns 0, or -1 when there is no memory. */
int held_place(struct held *h, uint64_t *where);

/* Room for the file of a place, `size` bytes; `path` is what held_find finds it by. NULL when there is no
 * memory. */
void *held_room(struct held *h, uint64_t where, size_t size, const char *path);

/* The file of a place; of one without a file NULL. Valid until held_let_go. */
const void *held_file(struct held *h, uint64_t where, size_t *size);

/* The place of a file that is held, by its path. */
bool held_find(struct held *h, const char *path, uint64_t *where);

/* Makes held_find pass it over: who was found might be let go at any time. */
void held_hide(struct held *h, uint64_t where);

void held_let_go(struct held *h, uint64_t where);

void held_free(struct held *h);

#endif
