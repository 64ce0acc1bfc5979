#include "scan/charset.h"

#include "base/utf8.h"

#include <ctype.h>
#include <string.h>

void
charset_add(struct charset *set, unsigned char c)
{
	set->bits[c / 32] |= UINT32_C(1) << (c % 32);
}

static int
is_word(int c)
{
	return isalnum(c) || c == '_';
}

static const struct {
	const char *name;
	int (*has)(int);
} classes[] = {{"d", isdigit}, {"w", is_word}, {"s", isspace}, {"alpha", isalpha},
    {"digit", isdigit}, {"alnum", isalnum}, {"upper", isupper}, {"lower", islower},
    {"space", isspace}, {"blank", isblank}, {"punct", ispunct}, {"xdigit", isxdigit},
    {"print", isprint}, {"graph", isgraph}, {"cntrl", iscntrl}};

bool
charset_add_class(struct charset *set, const char *name, size_t len, bool negated)
{
	size_t i = 0, count = sizeof classes / sizeof *classes;
	while (i < count &&
	       (strlen(classes[i].name) != len || memcmp(classes[i].name, name, len) != 0))
		i++;
	for (int c = 0; i < count && c < 256; c++) {
		if ((c < 128 && classes[i].has(c)) != negated)
			charset_add(set, (unsigned char)c);
	}
	return i < count;
}

void
charset_negate(struct charset *set)
{
	for (size_t i = 0; i < 8; i++)
		set->bits[i] = ~set->bits[i];
}

size_t
charset_match(const struct charset *set, const char *s, size_t len)
{
	unsigned char c = len > 0 ? (unsigned char)*s : 0;
	if (len == 0 || !(set->bits[c / 32] >> (c % 32) & 1))
		return 0;
	/* A set with all that are not ASCII takes a whole character. */
	size_t n = c >= 128 && set->bits[7] >> 31 ? utf8_sequence((const unsigned char *)s, len)
	                                          : 1;
	return n > 0 ? n : 1;
}
