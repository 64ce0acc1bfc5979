#include "cmd/operands.h"

#include "base/buf.h"
#include "base/path.h"
#include "process/diag.h"
#include "stream/detect_format.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum place { FIRST = 1, LATER = 2, ANYWHERE = 3 };

/* What the user meant: %c is the command, %o the operand, %1 the first operand, %2 the one after
 * this (or the word in brackets if there is none), %z the command that decompresses. The first row
 * that matches counts; FORMAT_GZIP stands for all that is compressed. Text that no command takes is
 * reported by its reader. */
static const struct {
	const char *commands; /* "pack": of rsenc-pack */
	enum place place;
	enum format found;
	const char *call;
} calls[] = {
    {"pack", ANYWHERE, FORMAT_GROUPS, "rsenc-pack -r <%o"},
    {"pack", ANYWHERE, FORMAT_TIFF, "rsenc-pack \"$(printf \"KEY\\tB{1..}=%%s\" %o)\""},
    {"pack", ANYWHERE, FORMAT_DIRECTORY, "rsenc-scan DATASET %o | rsenc-pack -r"},
    {"pack", ANYWHERE, FORMAT_TAR, "rsenc-scan DATASET %o | rsenc-pack -r"},
    {"pack", ANYWHERE, FORMAT_RECORDS, "rsenc-load DB %o"},
    {"pack", ANYWHERE, FORMAT_DATABASE, "rsenc-dump %o"},
    {"load verify", FIRST, FORMAT_RECORDS, "%c %2[DB] %o"},
    {"load verify", FIRST, FORMAT_GROUPS, "rsenc-pack -r <%o | %c %2[DB]"},
    {"load verify", FIRST, FORMAT_TAR, "rsenc-scan DATASET %o | rsenc-pack -r | %c %2[DB]"},
    {"load verify", LATER, FORMAT_DATABASE, "rsenc-dump %o | %c %1"},
    {"load verify", LATER, FORMAT_GROUPS, "rsenc-pack -r <%o | %c %1"},
    {"load verify", LATER, FORMAT_TAR, "rsenc-scan DATASET %o | rsenc-pack -r | %c %1"},
    {"load verify", LATER, FORMAT_DIRECTORY, "rsenc-scan DATASET %o | rsenc-pack -r | %c %1"},
    {"load verify", LATER, FORMAT_TIFF, "rsenc-scan DATASET DIR | rsenc-pack -r | %c %1"},
    {"load verify", LATER, FORMAT_GZIP, "%z %o | %c %1"},
    {"missing", FIRST, FORMAT_GROUPS, "rsenc-missing %2[DB] <%o"},
    {"missing", LATER, FORMAT_GROUPS, "rsenc-missing %1 <%o"},
    {"missing", LATER, FORMAT_DATABASE, "rsenc-missing %1 | rsenc-missing %o"},
    {"missing dump", FIRST, FORMAT_RECORDS, "rsenc-load DB %o"},
    {"missing", LATER, FORMAT_DIRECTORY, "rsenc-scan DATASET %o | rsenc-missing %1"},
    {"dump", FIRST, FORMAT_GROUPS, "rsenc-dump -K %o %2[DB]"},
    {"dump", LATER, FORMAT_GROUPS, "rsenc-dump -K %o %1"},
    {"dump", LATER, FORMAT_DATABASE, "rsenc-dump %1; rsenc-dump %o"},
    {"show view", ANYWHERE, FORMAT_DATABASE, "rsenc-dump %o | %c"},
    {"show view", ANYWHERE, FORMAT_GROUPS, "rsenc-pack -r <%o | %c"},
    {"show view", ANYWHERE, FORMAT_TIFF, "rsenc-pack \"$(printf \"KEY\\tB{1..}=%%s\" %o)\" | %c"},
    {"show view", ANYWHERE, FORMAT_TAR, "rsenc-scan DATASET %o | rsenc-pack -r | %c"},
    {"show view", ANYWHERE, FORMAT_GZIP, "%z %o | %c"},
    {"untar", FIRST, FORMAT_TAR, "rsenc-untar %2[DATASET] <%o"},
    {"untar", FIRST, FORMAT_GZIP, "%z %o | rsenc-untar %2[DATASET]"},
    {"untar", LATER, FORMAT_TAR, "rsenc-untar %1 <%o"},
    {"untar", LATER, FORMAT_GZIP, "%z %o | rsenc-untar %1"},
    {"untar", LATER, FORMAT_ZIP, "rsenc-scan %1 %o | rsenc-pack -r"},
    {"untar", LATER, FORMAT_DIRECTORY, "rsenc-scan %1 %o | rsenc-pack -r"},
    {"scan", LATER, FORMAT_GROUPS, "rsenc-pack -r <%o"},
    {"scan", LATER, FORMAT_DATABASE, "rsenc-dump %o"},
    {"join", FIRST, FORMAT_GROUPS, "rsenc-join %2[TABLE.csv] <%o"},
    {"join", LATER, FORMAT_GROUPS, "rsenc-join %1 <%o"},
};

enum format
operand_format(const char *path)
{
	char bytes[FORMAT_BYTES];
	struct stat st;
	if (stat(path, &st) != 0)
		return FORMAT_UNKNOWN;
	if (S_ISDIR(st.st_mode)) {
		char *data = path_join(path, "data.mdb");
		bool is_database = access(data, F_OK) == 0;
		free(data);
		return is_database ? FORMAT_DATABASE : FORMAT_DIRECTORY;
	}
	/* A FIFO would wait for its writer here. */
	int fd = S_ISREG(st.st_mode) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n = fd < 0 ? 0 : read(fd, bytes, sizeof bytes);
	if (fd >= 0)
		close(fd);
	enum format f = n > 0 ? detect_format(bytes, (size_t)n) : FORMAT_UNKNOWN;
	return f == FORMAT_LMDB ? FORMAT_DATABASE : f;
}

static const char *
decompressor(enum format f)
{
	return f == FORMAT_GZIP    ? "gzip -dc"
	       : f == FORMAT_ZSTD  ? "zstd -dc"
	       : f == FORMAT_XZ    ? "xz -dc"
	       : f == FORMAT_BZIP2 ? "bzip2 -dc"
	                           : NULL;
}

/* Replaces the %-words of a call by those of `words`, in the order of "cz12o". */
static void
expand_call(struct buf *text, const char *call, const char *const *words)
{
	static const char names[] = "cz12o";
	for (const char *c = call; *c; c++) {
		const char *name = *c == '%' ? strchr(names, *++c) : NULL;
		const char *word = name ? words[name - names] : NULL;
		const char *end = c[0] == '2' && c[1] == '[' ? strchr(c, ']') : NULL;
		struct buf quoted = {0};
		if (word && name > names + 1) {
			shell_quote(&quoted, word);
			buf_add(text, quoted.data, quoted.len);
		} else if (word) {
			buf_add(text, word, strlen(word));
		} else if (end) {
			buf_add(text, c + 2, (size_t)(end - c - 2));
		} else {
			buf_add(text, c, 1);
		}
		c = name && end ? end : c;
		buf_free(&quoted);
	}
}

static const char *
problem(const char *operand, const char *first, const char *next)
{
	static struct buf text;
	const char *name = strchr(diag_program(), '-');
	enum format found = operand_format(operand);
	const char *words[] = {diag_program(), decompressor(found), first, next, operand};
	enum format kind = words[1] ? FORMAT_GZIP : found;
	for (size_t i = 0; name && i < sizeof calls / sizeof *calls; i++) {
		if (calls[i].found != kind || !strstr(calls[i].commands, name + 1) ||
		    !(calls[i].place & (operand == first ? FIRST : LATER)))
			continue;
		char what[128];
		int n = snprintf(what, sizeof what, "%s: run '", format_name(found));
		text.len = 0;
		buf_add(&text, what, (size_t)n);
		expand_call(&text, calls[i].call, words);
		buf_add(&text, "'", 2);
		return text.data;
	}
	return NULL;
}

const char *
operand_problem(const char *operand, const char *first)
{
	return problem(operand, first, NULL);
}

/* Two operands that are one path, of which the user forgot to quote the blank. */
static void
check_blank(const char *one, const char *two)
{
	struct buf path = {0}, quoted = {0};
	if (access(one, F_OK) == 0)
		return;
	buf_add(&path, one, strlen(one));
	buf_add(&path, " ", 1);
	buf_add(&path, two, strlen(two) + 1);
	if (access(path.data, F_OK) == 0) {
		shell_quote(&quoted, path.data);
		diag_usage("%s: no such file or directory: quote the blank: %.*s", one,
		    (int)quoted.len, quoted.data);
	}
	buf_free(&path);
}

/* The shell has expanded the braces of -S: NAME=B{02..04} became several operands. */
static void
check_braces(const char *operand)
{
	if (strcmp(diag_program(), "rsenc-pack") == 0 && strchr(operand, '=') &&
	    access(operand, F_OK) != 0)
		diag_usage("%s: not a group line: if it belongs to -S or -t, quote the braces: "
		           "-S 'NAME=B{02..04}'",
		    operand);
}

void
check_operands(char **operands)
{
	const char *name = strchr(diag_program(), '-');
	bool one_only = name && strstr("missing untar", name + 1);
	for (char **o = operands; *o; o++) {
		/* A group line is not a path. */
		if (strchr(*o, '\t'))
			continue;
		const char *text = problem(*o, *operands, o[1]);
		if (text && one_only && o != operands)
			diag_usage("%s: %s", *o, text);
		if (text)
			diag_die(STATUS_BAD, "%s: %s", *o, text);
		if (o[1])
			check_blank(*o, o[1]);
		check_braces(*o);
	}
}
