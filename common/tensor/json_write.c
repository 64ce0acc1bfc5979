#include "tensor/json.h"

#include <stdio.h>
#include <string.h>

int
json_add_string(struct buf *b, const char *s)
{
	static const char short_forms[32] = {
	    ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
	int bad = buf_add(b, "\"", 1);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		char form[8] = {(char)c, '\0'};
		if (c == '"' || c == '\\')
			snprintf(form, sizeof form, "\\%c", c);
		else if (c < 0x20 && short_forms[c])
			snprintf(form, sizeof form, "\\%c", short_forms[c]);
		else if (c < 0x20)
			snprintf(form, sizeof form, "\\u%04x", c);
		bad |= buf_add(b, form, strlen(form));
	}
	return bad | buf_add(b, "\"", 1);
}
