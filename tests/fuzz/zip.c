/*
 * Zip archives: members lie in the file and do not overlap, a second pass gives the same ones,
 * names become paths that lead nowhere else, and what is read has the size and the CRC-32 of the
 * directory.
 */

#include "archive.h"
#include "archive/member.h"
#include "archive/zip.h"
#include "base/inflate.h"
#include "fuzz.h"

enum { MEMORY = 1 << 20 };

static void
check_data(const struct member *m, size_t size, struct range_files *files, const char *path)
{
	const struct range *r = &m->range;
	struct buf data = {0};
	struct error why = {.text = ""};
	must(r->at + ZIP_LOCAL + r->stored <= size, "a member lies in the file");
	if (range_read(files, path, r, MEMORY, NULL, &data, &why) == 0)
		must(data.len == r->size && crc32_of(data.data, data.len) == r->check,
		    "the data has its size and CRC-32");
	else
		must(why.text[0] != '\0', "damage has a reason");
	must(data.capacity <= MEMORY + 1 && files->packed.capacity <= MEMORY + 1,
	    "memory is bounded");
	buf_free(&data);
}

/* A number that stands for all members; `files` reads their data, NULL: not. */
static uint64_t
members(struct zip *z, size_t size, struct range_files *files, const char *path)
{
	struct member m;
	struct error why = {.text = ""};
	struct buf clean = {0};
	uint64_t sum = 0;
	int more;
	while ((more = zip_next(z, &m, &why)) > 0) {
		sum = sum * 31 + m.range.at * 7 + m.range.size * 3 + (unsigned)m.kind +
		      strlen(m.name);
		if (member_path(m.name, &clean, &why) == 0)
			must(clean.len > 0 && clean.data[0] != '/',
			    "a path is not empty or absolute");
		if (files && !m.refused)
			check_data(&m, size, files, path);
	}
	must(more == 0 || why.text[0] != '\0', "damage has a reason");
	buf_free(&clean);
	return sum + (uint64_t)(more == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error why = {.text = ""};
	struct range_files files = {0};
	char path[40];
	int fd = archive_file(data, size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	struct zip *z = zip_open(fd, path, size, &why);
	if (!z) {
		must(why.text[0] != '\0', "a refusal has a reason");
		return 0;
	}
	uint64_t first = members(z, size, &files, path);
	must(zip_rewind(z, &why) == 0 && members(z, size, NULL, path) == first,
	    "a second pass gives the same");
	zip_free(z);
	range_files_close(&files);
	return 0;
}
