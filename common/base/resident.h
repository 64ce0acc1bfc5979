#ifndef RSENC_BASE_RESIDENT_H
#define RSENC_BASE_RESIDENT_H

#include <stddef.h>

/* Bytes of mapped files that count as this process's memory now; SIZE_MAX where the system does not
 * tell. Costs a system call or three. */
size_t resident_mapped(void);

#endif
