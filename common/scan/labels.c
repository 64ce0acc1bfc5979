#include "scan/labels.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The next text of a label that is ranked, up to LABEL_RANK_END, or NULL. */
static const char *
next_ranked(const char *label)
{
	const char *begin = strchr(label, LABEL_RANK);
	return begin && strchr(begin, LABEL_RANK_END) ? begin + 1 : NULL;
}

/* In bytewise order: what ends a text is less than what names of tensors may contain. */
static int
compare_ranked(const void *va, const void *vb)
{
	const unsigned char *a = *(const unsigned char *const *)va;
	const unsigned char *b = *(const unsigned char *const *)vb;
	for (; *a == *b && *a != LABEL_RANK_END; a++, b++)
		;
	return *a - *b;
}

/* All different texts of a group, in order. The caller frees. */
static const char **
list_ranked(const struct assembled_file *files, size_t count, size_t *found)
{
	size_t total = 0;
	for (size_t i = 0; i < count; i++) {
		for (const char *p = files[i].label; (p = next_ranked(p)) != NULL;)
			total++;
	}
	const char **list = xcalloc(total, sizeof *list);
	for (size_t i = 0, at = 0; i < count; i++) {
		for (const char *p = files[i].label; (p = next_ranked(p)) != NULL;)
			list[at++] = p;
	}
	qsort(list, total, sizeof *list, compare_ranked);
	*found = 0;
	for (size_t i = 0; i < total; i++) {
		if (*found == 0 || compare_ranked(&list[*found - 1], &list[i]) != 0)
			list[(*found)++] = list[i];
	}
	return list;
}

void
labels_rank(struct assembled_file *files, size_t count, struct buf *text)
{
	size_t found;
	const char **list = list_ranked(files, count, &found);
	text->len = 0;
	for (size_t i = 0; found > 0 && i < count; i++) {
		const char *label = files[i].label;
		for (const char *p; (p = next_ranked(label)) != NULL;) {
			char number[32];
			const char **one = bsearch(&p, list, found, sizeof *list, compare_ranked);
			int len = snprintf(number, sizeof number, "%zu", (size_t)(one - list) + 1);
			buf_add(text, label, (size_t)(p - label) - 1);
			buf_add(text, number, (size_t)len);
			label = strchr(p, LABEL_RANK_END) + 1;
		}
		buf_add(text, label, strlen(label) + 1);
	}
	const char *label = text->data;
	for (size_t i = 0; found > 0 && i < count; i++) {
		files[i].label = label;
		label += strlen(label) + 1;
	}
	free(list);
}
