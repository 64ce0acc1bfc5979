#include "stream/sample.h"

#include <stdlib.h>

void
sample_start(struct sample *s, uint64_t size, uint64_t seed)
{
	*s = (struct sample){.size = size, .state = seed};
}

/* SplitMix64 (S. Vigna, public domain, https://prng.di.unimi.it/splitmix64.c). */
static uint64_t
sample_random(struct sample *s)
{
	uint64_t z = s->state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* One of 0..n-1. 2^64 is no multiple of most n: the numbers that are too many are drawn again, else
 * some results would be a little likelier. */
static uint64_t
sample_below(struct sample *s, uint64_t n)
{
	uint64_t drawn;
	do
		drawn = sample_random(s);
	while (drawn < -n % n);
	return drawn % n;
}

static int
sample_grow(struct sample *s)
{
	size_t room = s->room > 0 ? 2 * s->room : 64;
	struct sample_line *line = room > SIZE_MAX / sizeof *line
	                               ? NULL
	                               : realloc(s->line, room * sizeof *line);
	if (!line)
		return -1;
	for (size_t i = s->room; i < room; i++)
		line[i] = (struct sample_line){.number = 0};
	s->line = line;
	s->room = room;
	return 0;
}

int
sample_add(struct sample *s, const char *line, size_t len)
{
	uint64_t number = s->seen++, place = number;
	if (number >= s->size) {
		place = sample_below(s, s->seen);
		/* The line that comes as number n stays with chance size/n, and puts out any of
		 * those that are kept: that is the whole of algorithm R. */
		if (place >= s->size)
			return 0;
	} else if (s->count == s->room && sample_grow(s) != 0) {
		return -1;
	}
	struct sample_line *kept = &s->line[place];
	kept->number = number;
	/* The memory of the line that was put out is kept: a long input settles on what it
	 * needs. */
	kept->text.len = 0;
	s->count += number < s->size;
	return buf_add(&kept->text, line, len);
}

static int
compare_numbers(const void *a, const void *b)
{
	const struct sample_line *x = a, *y = b;
	return (x->number > y->number) - (x->number < y->number);
}

void
sample_sort(struct sample *s)
{
	if (s->count > 0)
		qsort(s->line, s->count, sizeof *s->line, compare_numbers);
}

void
sample_free(struct sample *s)
{
	for (size_t i = 0; i < s->room; i++)
		buf_free(&s->line[i].text);
	free(s->line);
	s->line = NULL;
}
