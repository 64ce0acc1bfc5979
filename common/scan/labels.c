#include "scan/labels.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A text that is ranked. */
struct ranked {
	const char *text;
	size_t len;
};

static int
compare_ranked(const void *va, const void *vb)
{
	const struct ranked *a = va, *b = vb;
	int order = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);
	return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

/* The next text that is ranked in a label: returns what follows it, or NULL. */
static const char *
next_ranked(const char *label, struct ranked *r)
{
	const char *begin = strchr(label, LABEL_RANK);
	const char *end = begin ? strchr(begin + 1, LABEL_RANK_END) : NULL;
	if (!end)
		return NULL;
	*r = (struct ranked){begin + 1, (size_t)(end - begin - 1)};
	return end + 1;
}

/* All different texts of a group, in order. The caller frees. */
static struct ranked *
list_ranked(const struct assembled_file *files, size_t count, size_t *found)
{
	struct ranked *list = NULL, r;
	size_t total = 0;
	for (size_t i = 0; i < count; i++) {
		for (const char *p = files[i].label; (p = next_ranked(p, &r)) != NULL; total++) {
			/* Room for as many as there are, doubled each time that it is used up. */
			if ((total & (total + 1)) == 0)
				list = xreallocarray(list, 2 * total + 2, sizeof *list);
			list[total] = r;
		}
	}
	*found = 0;
	if (total > 0)
		qsort(list, total, sizeof *list, compare_ranked);
	for (size_t i = 0; i < total; i++) {
		if (*found == 0 || compare_ranked(&list[*found - 1], &list[i]) != 0)
			list[(*found)++] = list[i];
	}
	return list;
}

static void
add_label(struct buf *text, const char *label, const struct ranked *list, size_t count)
{
	struct ranked r;
	for (const char *next; (next = next_ranked(label, &r)) != NULL; label = next) {
		char number[32];
		const struct ranked *one = bsearch(&r, list, count, sizeof *list, compare_ranked);
		int len = snprintf(number, sizeof number, "%zu", (size_t)(one - list) + 1);
		buf_add(text, label, (size_t)(r.text - label) - 1);
		buf_add(text, number, (size_t)len);
	}
	buf_add(text, label, strlen(label) + 1);
}

void
labels_rank(struct assembled_file *files, size_t count, struct buf *text)
{
	size_t found;
	struct ranked *list = list_ranked(files, count, &found);
	text->len = 0;
	for (size_t i = 0; found > 0 && i < count; i++)
		add_label(text, files[i].label, list, found);
	const char *label = text->data;
	for (size_t i = 0; found > 0 && i < count; i++) {
		files[i].label = label;
		label += strlen(label) + 1;
	}
	free(list);
}
