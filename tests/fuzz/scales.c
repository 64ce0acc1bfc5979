/* Totals as rsenc-view reads them: what is read has names, types and, where it has values, numbers. */

#include "fuzz.h"
#include "view/scales.h"

#include <math.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scales s;
	struct error why = {.text = ""};
	/* A copy of its own: reading past its end is then seen. */
	char *text = malloc(size + (size == 0));
	must(text, "there is memory");
	if (size > 0)
		memcpy(text, data, size);
	if (scales_read(&s, text, size, &why) == 0) {
		const struct scale *rows = (const struct scale *)(const void *)s.rows.data;
		size_t count = s.rows.len / sizeof *rows;
		for (size_t i = 0; i < count; i++) {
			const char *name = rows[i].name;
			const struct scale *found = scales_find(&s, name, rows[i].dtype, &why);
			must(found || why.text[0], "a row is found, or there is a reason");
			must(!found ||
			         (strcmp(found->name, name) == 0 && !isnan(scale_at(found, 0))),
			    "it is of that name, and has a value");
		}
	} else {
		must(why.text[0], "there is a reason");
	}
	buf_free(&s.rows);
	buf_free(&s.text);
	free(text);
	return 0;
}
