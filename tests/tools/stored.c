/* stored DB [KEY...]: what a database holds, as a record stream in key order, or only these keys
 * in this order; a key that is not there is reported on stderr. -w DB: what store_open warns of.
 * -a DB: the place of each blob's tensor data in a page of 4096 bytes. */

#include "store/state.h"
#include "stream/record.h"
#include "tensor/safetensors.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int
write_value(const void *key, size_t key_len, const void *value, size_t len, struct error *why)
{
	return record_write(STDOUT_FILENO, key, key_len, value, len, why);
}

static int
write_all(struct store *s, struct error *why)
{
	const void *key, *value;
	size_t key_len, len;
	uint64_t count = 0;
	int got;
	while ((got = store_next(s, &key, &key_len, &value, &len, why)) > 0) {
		if (write_value(key, key_len, value, len, why) != 0)
			return -1;
		count++;
	}
	if (got == 0 && count != store_count(s))
		return error_set(why, "the count is wrong");
	return got;
}

static int
write_places(struct store *s, struct error *why)
{
	const void *key, *value;
	size_t key_len, len, header;
	int got;
	while ((got = store_next(s, &key, &key_len, &value, &len, why)) > 0) {
		if (len < SAFETENSORS_PREFIX ||
		    safetensors_header_len(value, len, &header, why) != 0)
			return -1;
		printf("%d\n", (int)(((uintptr_t)value + SAFETENSORS_PREFIX + header) % 4096));
	}
	return got;
}

static int
write_keys(struct store *s, char **keys, struct error *why)
{
	for (; *keys; keys++) {
		const void *value;
		size_t len;
		int got = store_get(s, *keys, strlen(*keys), &value, &len, why);
		if (got != store_get(s, *keys, strlen(*keys), NULL, NULL, why))
			return error_set(why, "store_get without a value disagrees");
		if (got == 0)
			fprintf(stderr, "%s: not there\n", *keys);
		if (got < 0 || (got > 0 && write_value(*keys, strlen(*keys), value, len, why) != 0))
			return -1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct store *s;
	struct error why = {.text = ""}, warned;
	int warning = argc > 2 && strcmp(argv[1], "-w") == 0;
	int places = argc > 2 && strcmp(argv[1], "-a") == 0;
	int status = argc < 2 ? -1 : store_open(argv[1 + warning + places], &s, &warned, &why);
	if (status == 0 && warning)
		puts(warned.text[0] ? warned.text : "nothing");
	else if (status == 0 && places)
		status = write_places(s, &why);
	else if (status == 0)
		status = argc > 2 ? write_keys(s, argv + 2, &why) : write_all(s, &why);
	if (status == 0 && !warning && !places)
		status = record_write_end(STDOUT_FILENO, &why);
	if (status != 0)
		fprintf(stderr, "stored: %s (%d)\n", why.text, status);
	store_close(argc < 2 ? NULL : s);
	return status != 0;
}
