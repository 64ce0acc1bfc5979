#ifndef RSENC_HEAP_H
#define RSENC_HEAP_H

/* Keeps malloc from giving memory back to the system at each free: what is freed is soon allocated
 * again, and a fresh page costs more than what is written to it. Does nothing where the C library
 * has no such setting. */
void heap_keep(void);

#endif
