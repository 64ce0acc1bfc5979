#include "base/heap.h"

#include <stdint.h>
#include <stdlib.h> /* defines __GLIBC__ */

#include <sys/mman.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

void
heap_keep(void)
{
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, 32 << 20); /* the largest that is possible */
	mallopt(M_TRIM_THRESHOLD, 256 << 20);
	mallopt(M_TOP_PAD, 1 << 20);
#endif
}

void
heap_huge(void *buffer, size_t size)
{
#ifdef MADV_HUGEPAGE
	enum { SMALL = 4 << 20 };
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = ((uintptr_t)buffer + page - 1) / page * page;
	uintptr_t to = ((uintptr_t)buffer + size) / page * page;
	if (size >= SMALL && to > from)
		madvise((void *)from, to - from, MADV_HUGEPAGE);
#else
	(void)buffer, (void)size;
#endif
}
