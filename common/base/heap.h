#ifndef RSENC_BASE_HEAP_H
#define RSENC_BASE_HEAP_H

#include <stddef.h>

/* Keeps malloc from giving memory back to the system at each free: what is freed is soon allocated
 * again, and a fresh page costs more than what is written to it. Does nothing where the C library
 * has no such setting. */
void heap_keep(void);

/* Asks for huge pages under a buffer that will be written all over: it then costs few page faults.
 * Small ones are left as they are. Does nothing where there are none. */
void heap_huge(void *buffer, size_t size);

#endif
