#ifndef RSENC_TENSOR_LE_H
#define RSENC_TENSOR_LE_H

#include <stdint.h>

/*
 * Little-endian numbers at any address, as safetensors has them. Compilers make one load of each on
 * machines that are little-endian themselves, which is why they are here and not behind a call.
 */

static inline uint16_t
le16(const unsigned char *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t
le32(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t
le64(const unsigned char *p)
{
	return le32(p) | (uint64_t)le32(p + 4) << 32;
}

#endif
