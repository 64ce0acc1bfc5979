/* What a meter shows. */

#include "process/progress.h"
#include "tap.h"

#include <string.h>

static const struct {
	struct progress m;
	double seconds;
	const char *wanted;
} rows[] = {
    {{.phase = "scanning", .count = 1234}, 2, "scanning: 1234 patches, 617/s"},
    {{.phase = "scanning"}, 0, "scanning: 0 patches"},
    {{.phase = "loading", .total = 200, .count = 50, .bytes = 25000000}, 10,
        "loading: 25%, 0:00:31 left, 50 of 200 patches, 5/s, 2.5 MB/s"},
    /* Before there is a time to tell, and when all has come. */
    {{.phase = "loading", .total = 200, .count = 50, .bytes = 100}, 1,
        "loading: 25%, 50 of 200 patches, 50/s, 100 B/s"},
    {{.phase = "loading", .total = 100000, .count = 1}, 10,
        "loading: 0%, 1 of 100000 patches, 0/s"},
    {{.phase = "loading", .total = 200, .count = 200}, 10,
        "loading: 100%, 200 of 200 patches, 20/s"},
    /* 99.9 percent are not all. */
    {{.phase = "loading", .total = 1000, .count = 999}, 10,
        "loading: 99%, 0:00:01 left, 999 of 1000 patches, 100/s"},
    /* More than were announced. */
    {{.phase = "loading", .total = 3, .count = 4}, 2, "loading: 4 patches, 2/s"},
    {{.phase = "loading", .total = UINT64_MAX, .count = UINT64_MAX / 2, .bytes = UINT64_MAX}, 1e9,
        "loading: 50%, 277777:46:40 left, *"},
};

static const struct {
	uint64_t bytes;
	const char *wanted;
} sizes[] = {
    {0, "0 B"},
    {999, "999 B"},
    {1000, "1.0 kB"},
    {9949, "9.9 kB"},
    {9960, "10 kB"},
    {999499, "999 kB"},
    {999999, "1.0 MB"},
    {4800000000, "4.8 GB"},
    {UINT64_MAX, "18 EB"},
};

int
main(void)
{
	struct buf text = {0};
	char size[PROGRESS_BYTES];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t len = strlen(rows[i].wanted);
		text.len = 0;
		progress_line(&rows[i].m, rows[i].seconds, &text);
		bool cut = rows[i].wanted[len - 1] == '*';
		ok(cut ? strncmp(text.data, rows[i].wanted, len - 1) == 0
		       : strcmp(text.data, rows[i].wanted) == 0,
		    "%s", text.data);
	}
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		progress_bytes(sizes[i].bytes, size);
		ok(strcmp(size, sizes[i].wanted) == 0, "%s", size);
	}
	buf_free(&text);
	return tap_done();
}
