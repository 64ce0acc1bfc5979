/* Names and group lines: what parses to what, and what is refused with which words. */

#include "stream/group.h"

#include "tap.h"

#include <string.h>

/* Names as they come out, joined with spaces; or the start of the reason. */
static const struct {
	const char *list, *names, *reason;
} lists[] = {
    {"VH,VV", "VH VV", NULL},
    {"Data", "Data", NULL},
    {"B{1..4}", "B1 B2 B3 B4", NULL},
    {"B{3..1}", "B3 B2 B1", NULL},
    {"B{08..11}", "B08 B09 B10 B11", NULL},
    {"B{8..011}", "B008 B009 B010 B011", NULL},
    {"{3..4}{1..2}x", "31x 32x 41x 42x", NULL},
    {"B{1..2},B5,B{7..8}", "B1 B2 B5 B7 B8", NULL},
    {"B{5..5}", "B5", NULL},
    {"\xc3\xa9,b c", "\xc3\xa9 b c", NULL},
    {"", NULL, "no tensor names"},
    {"a,", NULL, "a tensor name is empty"},
    {",a", NULL, "a tensor name is empty"},
    {"a,,b", NULL, "a tensor name is empty"},
    {"a,a", NULL, "duplicate tensor name 'a'"},
    {"B{1..3},B2", NULL, "duplicate tensor name 'B2'"},
    {"B{1..", NULL, "'B{1..': a brace must contain a range"},
    {"B{1,2}", NULL, "'B{1': a brace must contain a range"},
    {"B{1..x}", NULL, "'B{1..x}': a brace must contain a range"},
    {"B{1...3}", NULL, "'B{1...3}': a brace must contain a range"},
    {"B{-1..1}", NULL, "'B{-1..1}': a brace must contain a range"},
    {"{a..c}", NULL, "'{a..c}': a brace must contain a range"},
    {"B{}", NULL, "'B{}': a brace must contain a range"},
    {"B{1..99999}", NULL, "more than 65535 tensor names"},
    {"{1..2}{1..2}{1..2}{1..2}{1..2}{1..2}{1..2}{1..2}{1..2}{1..2}{1..2}{1..2}{1..2}{1..2}{1..2}"
     "{1..2}",
        NULL, "more than 65535 tensor names"},
    {"{1..32768},B{1..32768}", NULL, "more than 65535 tensor names"},
    {"a{1..1}b{01..01}", "a1b01", NULL},
    {"{3..2}{2..1}", "32 31 22 21", NULL},
    {"B{1..2}{", NULL, "'{': a brace must contain a range"},
    {"B{1..999999999}{1..999999999}", NULL, "more than 65535 tensor names"},
    {"B{1..9999999999}", NULL, "'B{1..9999999999}': a brace must contain a range"},
    {"\xff", NULL, "tensor names are not UTF-8"},
    {"a\001", NULL, "tensor names contain a control character"},
    {"__metadata__", NULL, "'__metadata__' is reserved"},
    {"{1..1}{1..1}{1..1}{1..1}{1..1}{1..1}{1..1}{1..1}{1..1}{1..1}{1..1}{1..1}{1..1}{1..1}{1..1}"
     "{1..1}{1..1}",
        NULL, "a tensor name has more than 16 ranges"},
};

static void
test_names(void)
{
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		struct names n;
		struct error why = {.text = ""};
		char joined[256] = "";
		int status = names_parse(lists[i].list, strlen(lists[i].list), &n, &why);
		for (size_t k = 0; status == 0 && k < n.count; k++) {
			strcat(joined, k > 0 ? " " : "");
			strcat(joined, n.name[k]);
		}
		if (lists[i].names)
			ok(status == 0 && strcmp(joined, lists[i].names) == 0,
			    "'%s' is '%s' (%s%s)", lists[i].list, lists[i].names, joined, why.text);
		else
			ok(status != 0 &&
			        strncmp(why.text, lists[i].reason, strlen(lists[i].reason)) == 0,
			    "'%s': %s", lists[i].list, why.text);
		if (status == 0)
			names_free(&n);
	}
}

static void
test_long_names(void)
{
	struct buf list = {0};
	struct names n;
	struct error why;
	buf_reserve(&list, 1100);
	memset(list.data, 'a', 1001);
	ok(names_parse(list.data, 1000, &n, &why) == 0, "a name of 1000 bytes");
	names_free(&n);
	ok(names_parse(list.data, 1001, &n, &why) != 0, "of 1001: %s", why.text);
	memcpy(list.data + 998, "{1..10}", 7);
	ok(names_parse(list.data, 1005, &n, &why) == 0, "1000 bytes when it is expanded");
	names_free(&n);
	memcpy(list.data + 998, "{99..101}", 9);
	ok(names_parse(list.data, 1007, &n, &why) != 0, "1001 when it is expanded: %s", why.text);
	buf_free(&list);
}

static const struct {
	const char *line, *key, *path, *reason; /* of the first file */
} lines[] = {
    {"k\tB1=/d/a.tif", "k", "/d/a.tif", NULL},
    {"k\tB1=/d/a=b.tif", "k", "/d/a=b.tif", NULL},
    {"k\tB1=/d/a b.tif\tB2=c", "k", "/d/a b.tif", NULL},
    {"k\\tx\tB1=/d/\\n\\\\n", "k\tx", "/d/\n\\n", NULL},
    {"k\tB1= ", "k", " ", NULL},
    {"/d/a.tif", NULL, NULL, "no tab"},
    {"k\t", "k", NULL, "'': no '='"},
    {"k\tB1", "k", NULL, "'B1': no '='"},
    {"k\tB1=", "k", NULL, "'B1=': no path"},
    {"k\t=x", "k", NULL, "no tensor names"},
    {"k\tB1=x\t", "k", NULL, "'': no '='"},
    {"\tB1=x", NULL, NULL, "the key is empty"},
    {"k\\\tB1=x", NULL, NULL, "a backslash must be"},
    {"k\\x\tB1=x", NULL, NULL, "a backslash must be"},
    {"k\tB1=x\\", "k", NULL, "a backslash must be"},
    {"k\tB1=x\tB1=y", "k", NULL, "duplicate tensor name 'B1'"},
    {"k\tB1=a.tar\\@512,100", "k", "a.tar", NULL},
    {"k\tB1=a\\\\@b.tar\\@0,0", "k", "a\\@b.tar", NULL},
    {"k\tB1=a@1,2", "k", "a@1,2", NULL},
    {"k\tB1=a.tar\\@512,100,10240,1700000000.000000001,0123abcd", "k", "a.tar", NULL},
    {"k\tB1=a.tar\\@512,100,10240,-1.999999999,0123abcd", "k", "a.tar", NULL},
    {"k\tB1=\\@512,100", "k", NULL, "'B1=\\@512,100': no path"},
    {"k\\@1,2\tB1=x", NULL, NULL, "a backslash must be"},
    {"k\tB1=a.tar\\@", "k", NULL, "'\\@' is not a range"},
    {"k\tB1=a.tar\\@512", "k", NULL, "'\\@512' is not a range"},
    {"k\tB1=a.tar\\@512,", "k", NULL, "'\\@512,' is not a range"},
    {"k\tB1=a.tar\\@512,100,", "k", NULL, "'\\@512,100,' is not a range"},
    {"k\tB1=a.tar\\@-1,100", "k", NULL, "'\\@-1,100' is not a range"},
    {"k\tB1=a.tar\\@9223372036854775807,1", "k", NULL, "'\\@9223372036854775807,1' is no"},
    {"k\tB1=a.tar\\@99999999999999999999,1", "k", NULL, "'\\@99999999999999999999,1' is no"},
    {"k\tB1=a.tar\\@511,100,10240,1.000000000,0123abcd", "k", NULL, "'\\@511,100,"},
    {"k\tB1=a.tar\\@512,100,10240,1.0,0123abcd", "k", NULL, "'\\@512,100,"},
    {"k\tB1=a.tar\\@512,100,10240,1.000000000,0123ABCD", "k", NULL, "'\\@512,100,"},
    {"k\tB1=a.tar\\@512,100,10240,1.000000000,0123abcd,", "k", NULL, "'\\@512,100,"},
    {"k\tB1=a.zip\\@0,9,99,1.000000000,0123abcd,5", "k", NULL,
        "'\\@0,9,99,1.000000000,0123abcd,5' is not a range"},
    {"k\tB1=a.zip\\@0,9,99,1.000000000,0123abcd,5,9", "k", NULL,
        "'\\@0,9,99,1.000000000,0123abcd,5,9' is not a range"},
    {"k\tB1=a.tar\\@512,100\\n", "k", NULL, "'\\@512,100\\n' is not a range"},
};

static void
test_lines(void)
{
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct group g;
		struct error why = {.text = ""};
		int status = group_parse(lines[i].line, strlen(lines[i].line), &g, &why);
		if (lines[i].reason)
			ok(status != 0 &&
			        strncmp(why.text, lines[i].reason, strlen(lines[i].reason)) == 0,
			    "line %zu: %s", i, why.text);
		else
			ok(status == 0 && strcmp(g.key, lines[i].key) == 0 &&
			        strcmp(g.files[0].path, lines[i].path) == 0,
			    "line %zu gives key and path %s", i, why.text);
		group_free(&g);
	}
}

/* A key at the start of a line is read again, whatever it starts with. */
static void
test_starts(struct buf *out)
{
	static const struct {
		const char *key, *line;
	} starts[] = {
	    {"#a", "\\#a"}, {"##", "\\##"}, {"a#", "a#"}, {"a\r", "a\\r"},
	    {"\xef\xbb\xbfk", "\\\xef\xbb\xbfk"},
	    {"\xef\xbc\x81", "\xef\xbc\x81"}, /* a letter that begins like a byte order mark */
	};
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
		struct buf key = {0};
		struct error why;
		out->len = 0;
		group_escape_key(out, starts[i].key, strlen(starts[i].key));
		ok(out->len == strlen(starts[i].line) &&
		        memcmp(out->data, starts[i].line, out->len) == 0,
		    "start %zu", i);
		buf_add(out, "\tB=x", 4);
		ok(!group_is_blank(out->data, out->len) &&
		        group_key(out->data, out->len, &key, &why) == 0 &&
		        strcmp(key.data, starts[i].key) == 0,
		    "... is read again");
		buf_free(&key);
	}
}

static void
test_limits(void)
{
	char line[1200];
	struct group g;
	struct error why;
	memset(line, 'k', sizeof line);
	memcpy(line + KEY_MAX, "\tB1=x", 5);
	ok(group_parse(line, KEY_MAX + 5, &g, &why) == 0 && g.key_len == KEY_MAX,
	    "a key of 511 bytes");
	group_free(&g);
	memset(line, 'k', sizeof line);
	memcpy(line + KEY_MAX + 1, "\tB1=x", 5);
	ok(group_parse(line, KEY_MAX + 6, &g, &why) != 0, "a key of 512 bytes: %s", why.text);
	group_free(&g);
	memset(line, 'k', sizeof line);
	for (size_t i = 0; i < 2 * KEY_MAX; i++)
		line[i] = '\\';
	memcpy(line + 2 * KEY_MAX, "\tB1=x", 5);
	ok(group_parse(line, 2 * KEY_MAX + 5, &g, &why) == 0 && g.key_len == KEY_MAX,
	    "a key of 511 escaped bytes");
	group_free(&g);
	ok(group_parse("k\0k\tB1=x", 8, &g, &why) == 0 && g.key_len == 3, "a key that holds a NUL");
	group_free(&g);
	ok(group_parse("k\tB1=x\0y", 8, &g, &why) != 0, "a path that holds a NUL: %s", why.text);
	group_free(&g);
	ok(group_is_blank("", 0) && group_is_blank("# x", 3) && group_is_blank(" \t", 2) &&
	        !group_is_blank("k\tB1=x", 6),
	    "blank lines and comments");
	struct buf out = {0};
	group_escape(&out, "a\tb\nc\\d=", 8);
	ok(out.len == 11 && memcmp(out.data, "a\\tb\\nc\\\\d=", 11) == 0, "escapes");
	test_starts(&out);
	buf_free(&out);
}

int
main(void)
{
	test_names();
	test_long_names();
	test_lines();
	test_limits();
	return tap_done();
}
