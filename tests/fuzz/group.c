/* Group lines and stacks: what is parsed and written again is the same group. */

#include "base/bytes.h"
#include "fuzz.h"
#include "pack/plan.h"
#include "stream/group.h"
#include "tensor/safetensors.h"

static void
add(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

/* The line of a group, each name written out. */
static void
write_line(struct buf *line, const struct group *g)
{
	group_escape_key(line, g->key, g->key_len);
	for (size_t f = 0; f < g->file_count; f++) {
		for (size_t i = 0; i < g->files[f].names.count; i++) {
			add(line, i > 0 ? "," : "\t");
			add(line, g->files[f].names.name[i]);
		}
		add(line, g->files[f].is_literal ? "=\\:" : "=");
		group_escape(line, g->files[f].path, strlen(g->files[f].path));
		if (g->files[f].ranged)
			group_add_range(line, &g->files[f].range);
	}
}

static void
check_range(const struct group_file *a, const struct group_file *b)
{
	const struct range *r = &a->range, *s = &b->range;
	must(a->ranged == b->ranged, "a file is a range again");
	must(!a->ranged ||
	         (r->at == s->at && r->size == s->size && r->checked == s->checked &&
	             r->whole == s->whole && r->check == s->check &&
	             r->time.tv_sec == s->time.tv_sec && r->time.tv_nsec == s->time.tv_nsec),
	    "it is the same range");
	must(!a->ranged || !r->checked || r->at >= RANGE_CHECKED, "a header fits before it");
	must(!a->ranged || r->size <= INT64_MAX - r->at, "its end does not overflow");
}

static void
check_names(const struct names *n)
{
	must(n->count >= 1 && n->count <= NAMES_MAX, "names are 1 to NAMES_MAX");
	for (size_t i = 0; i < n->count; i++) {
		const char *name = n->name[i];
		must(*name && !strchr(name, ','), "a name is not empty and holds no comma");
		for (size_t at = 0, len; name[at]; at += len) {
			len = utf8_sequence((const unsigned char *)name + at, strlen(name + at));
			must(len > 0, "names are UTF-8");
		}
		must(n->count > 300 || names_find(n, name) == (long)i, "names are unique");
	}
}

static void
check_again(const struct group *g)
{
	struct buf line = {0};
	struct group again;
	struct error why;
	write_line(&line, g);
	must(!group_is_blank(line.data, line.len), "a group never reads as blank");
	must(line.data[line.len - 1] != '\r' && memcmp(line.data, BYTE_ORDER_MARK, 3) != 0,
	    "nor as what an editor added");
	must(group_parse(line.data, line.len, &again, &why) == 0, "a written line can be read");
	must(again.key_len == g->key_len && memcmp(again.key, g->key, g->key_len) == 0 &&
	         again.file_count == g->file_count && again.name_count == g->name_count,
	    "it has the same key, files and names");
	for (size_t f = 0; f < g->file_count; f++) {
		const struct group_file *a = &g->files[f], *b = &again.files[f];
		must(a->is_literal == b->is_literal && a->elements.len == b->elements.len,
		    "values are values of as many bytes");
		must(strcmp(a->path, b->path) == 0 && a->names.count == b->names.count,
		    "a file has the same path and names");
		check_range(a, b);
		for (size_t i = 0; i < a->names.count; i++)
			must(strcmp(a->names.name[i], b->names.name[i]) == 0, "names are the same");
	}
	group_free(&again);
	buf_free(&line);
}

static void
band_filter_free(struct band_filter *f)
{
	for (size_t i = 0; i < f->stack_count; i++) {
		names_free(&f->stacks[i].name);
		names_free(&f->stacks[i].bands);
		free(f->stacks[i].list);
	}
	free(f->stacks);
	names_free(&f->keep);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *line = (const char *)data;
	struct group g;
	struct band_filter filter = {.stacks = NULL};
	struct error why;
	struct buf key = {0};
	char *text = strndup(line, size);
	must(text != NULL, "there is memory");
	group_is_blank(line, size);
	int status = group_parse(line, size, &g, &why);
	int key_status = group_key(line, size, &key, &why);
	must(status != 0 || key_status == 0, "a good line has a good key");
	must(key_status != 0 || (g.key_len == key.len && memcmp(g.key, key.data, key.len) == 0),
	    "both ways give the same key");
	if (status == 0) {
		must(g.key_len >= 1 && g.key_len <= KEY_MAX, "a key has 1 to KEY_MAX bytes");
		for (size_t f = 0; f < g.file_count; f++)
			check_names(&g.files[f].names);
		check_again(&g);
	}
	if (band_filter_add_stack(&filter, text, &why) == 0) {
		check_names(&filter.stacks[0].bands);
		must(filter.stacks[0].name.count == 1, "a stack has one name");
	}
	band_filter_free(&filter);
	group_free(&g);
	buf_free(&key);
	free(text);
	return 0;
}
