/* records COUNT SIZE [ORDER [SEED]]: a record stream for tests of what reads one. Keys are
 * key00000000 and so on; each blob has one U8 tensor of about SIZE bytes that depends on the key
 * and SEED alone. ORDER is up (the default), down or mixed. */

#include "base/buf.h"
#include "stream/record.h"
#include "tensor/safetensors.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t
position(const char *order, uint64_t i, uint64_t count)
{
	if (strcmp(order, "down") == 0)
		return count - 1 - i;
	/* 7919 is a prime: every position comes once, unless COUNT is a multiple of it. */
	return strcmp(order, "mixed") == 0 ? i * 7919 % count : i;
}

static int
write_one(uint64_t id, uint64_t size, uint64_t seed, struct buf *header, struct buf *data,
    struct error *why)
{
	char key[32];
	uint64_t x = id * 2654435761 + seed + 1, data_len;
	size -= size / 32 * (id % 17);
	struct tensor t = {.name = "x", .dtype = DTYPE_U8, .rank = 1, .shape = &size};
	if (safetensors_layout(&t, 1, NULL, 0, 0, header, &data_len, why) != 0)
		return -1;
	data->len = 0;
	buf_reserve(data, (size_t)size + 8);
	for (uint64_t at = 0; at < size; at += 8) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		memcpy(data->data + at, &x, 8);
	}
	buf_add(header, data->data, (size_t)size);
	int len = snprintf(key, sizeof key, "key%08" PRIu64, id);
	return record_write(STDOUT_FILENO, key, (size_t)len, header->data, header->len, why);
}

int
main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	uint64_t count = strtoull(argv[1], NULL, 10), size = strtoull(argv[2], NULL, 10);
	const char *order = argc > 3 ? argv[3] : "up";
	uint64_t seed = argc > 4 ? strtoull(argv[4], NULL, 10) : 0;
	struct buf header = {0}, data = {0};
	struct error why = {.text = ""};
	int bad = 0;
	for (uint64_t i = 0; i < count && !bad; i++)
		bad = write_one(position(order, i, count), size, seed, &header, &data, &why);
	if (!bad)
		bad = record_write_end(STDOUT_FILENO, &why);
	if (bad)
		fprintf(stderr, "records: %s\n", why.text);
	buf_free(&header);
	buf_free(&data);
	return bad ? 1 : 0;
}
