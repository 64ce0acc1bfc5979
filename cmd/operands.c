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

#define BIT(format) (1U << FORMAT_##format)

/* What makes of a file what others read. */
static const char *const producers[] = {
    [FORMAT_GROUPS] = "rsenc-pack -r <%o",
    [FORMAT_TAR] = "rsenc-scan DATASET %o | rsenc-pack -r",
    [FORMAT_DIRECTORY] = "rsenc-scan DATASET %o | rsenc-pack -r",
    [FORMAT_DATABASE] = "rsenc-dump %o",
    [FORMAT_TIFF] = "rsenc-pack \"$(printf \"KEY\\tB{1..}=%%s\" %o)\"",
    [FORMAT_GZIP] = "gzip -dc %o",
    [FORMAT_ZSTD] = "zstd -dc %o",
    [FORMAT_XZ] = "xz -dc %o",
    [FORMAT_BZIP2] = "bzip2 -dc %o",
};
#define COMPRESSED (BIT(GZIP) | BIT(ZSTD) | BIT(XZ) | BIT(BZIP2))

/* What the user meant: %c is the command, %o the operand, %p the producer of its kind, %x the other
 * operand: the first one or, if this is the first one, the next. The first row that matches counts.
 * Text that no command takes is reported by its reader. */
static const struct {
	const char *commands; /* "pack": of rsenc-pack */
	enum place place;
	unsigned found; /* bits */
	const char *call;
} calls[] = {
    {"pack missing dump", ANYWHERE, BIT(RECORDS), "rsenc-load DB %o"},
    {"pack", ANYWHERE, BIT(GROUPS) | BIT(TIFF) | BIT(DIRECTORY) | BIT(TAR) | BIT(DATABASE), "%p"},
    {"load verify", FIRST, BIT(RECORDS), "%c %x %o"},
    {"load verify", FIRST, BIT(GROUPS) | BIT(TAR), "%p | %c %x"},
    {"load verify", LATER, BIT(TIFF), "rsenc-scan DATASET DIR | rsenc-pack -r | %c %x"},
    {"load verify", LATER, BIT(DATABASE) | BIT(GROUPS) | BIT(TAR) | BIT(DIRECTORY) | COMPRESSED,
        "%p | %c %x"},
    {"show view", ANYWHERE, BIT(DATABASE) | BIT(GROUPS) | BIT(TIFF) | BIT(TAR) | COMPRESSED,
        "%p | %c"},
    {"missing join", ANYWHERE, BIT(GROUPS), "%c %x <%o"},
    {"missing", LATER, BIT(DATABASE), "%c %x | %c %o"},
    {"missing", LATER, BIT(DIRECTORY), "rsenc-scan DATASET %o | %c %x"},
    {"dump", FIRST, BIT(GROUPS), "%c -K %o %x"},
    {"untar", ANYWHERE, BIT(TAR), "%c %x <%o"},
    {"untar", ANYWHERE, COMPRESSED, "%p | %c %x"},
    {"untar", LATER, BIT(ZIP) | BIT(DIRECTORY), "rsenc-scan %x %o | rsenc-pack -r"},
    {"scan", LATER, BIT(GROUPS) | BIT(DATABASE), "%p"},
};
enum { CALLS = sizeof calls / sizeof *calls };

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

/* Appends a call with its %-words replaced by the words of that place in "copx". */
static void
expand_call(struct buf *text, const char *call, const char *const *words)
{
	static const char names[] = "copx";
	for (; *call; call++) {
		const char *name = *call == '%' ? strchr(names, *++call) : NULL;
		if (name)
			buf_addf(text, "%s", words[name - names]);
		else
			buf_add(text, call, 1);
	}
}

/* Dies if an operand is of a kind that this command cannot take. */
static void
check_kind(const char *operand, const char *first, const char *next)
{
	struct buf text = {0}, quoted = {0}, other = {0}, producer = {0};
	const char *name = strchr(diag_program(), '-'), *missing = "DB";
	enum format found = operand_format(operand);
	enum place place = operand == first ? FIRST : LATER;
	size_t i = 0;
	while (name && i < CALLS &&
	       (!(calls[i].found & 1U << found) || !strstr(calls[i].commands, name + 1) ||
	           !(calls[i].place & place)))
		i++;
	if (!name || i == CALLS)
		return;
	if (strcmp(name, "-untar") == 0 || strcmp(name, "-join") == 0)
		missing = name[1] == 'u' ? "DATASET" : "TABLE.csv";
	shell_quote(&quoted, operand);
	shell_quote(&other, place == LATER ? first : next ? next : missing);
	const char *words[] = {diag_program(), quoted.data, NULL, other.data};
	expand_call(&producer, producers[found] ? producers[found] : "", words);
	buf_add(&producer, "", 1);
	words[2] = producer.data;
	expand_call(&text, calls[i].call, words);
	/* These take one operand: a second one is wrong whatever it is. */
	bool one_only = place == LATER && strstr("-missing -untar", name);
	diag_die(one_only ? STATUS_USAGE : STATUS_BAD, "%s: wrong kind of operand (%s): run '%.*s'",
	    operand, format_name(found), (int)text.len, text.data);
}

/* Two operands that are one path, of which the user forgot to quote the blank. */
static void
check_blank(const char *one, const char *two)
{
	struct buf path = {0}, quoted = {0};
	buf_addf(&path, "%s %s", one, two);
	shell_quote(&quoted, path.data);
	if (access(one, F_OK) != 0 && access(path.data, F_OK) == 0)
		diag_usage("%s: no such file or directory: quote the blank: %s", one, quoted.data);
	buf_free(&path);
	buf_free(&quoted);
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
	for (char **o = operands; *o; o++) {
		/* A group line is not a path. */
		if (strchr(*o, '\t'))
			continue;
		check_kind(*o, *operands, o[1]);
		if (o[1])
			check_blank(*o, o[1]);
		check_braces(*o);
	}
}
