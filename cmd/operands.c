#include "cmd/operands.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/path.h"
#include "process/diag.h"
#include "process/options.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum place { FIRST = 1, LATER = 2, ANYWHERE = 3 };

#define BIT(format) (1U << FORMAT_##format)
#define NONE (1U << 31)           /* no operand */
#define COMPRESSED_TAR (1U << 30) /* by its name */
#define ANY (~0U)
#define TREE (BIT(TAR) | BIT(ZIP) | BIT(DIRECTORY))
#define COMPRESSED (BIT(GZIP) | BIT(ZSTD) | BIT(XZ) | BIT(BZIP2) | BIT(LZ4))
#define STREAM (BIT(TAR) | COMPRESSED | COMPRESSED_TAR) /* for rsenc-untar */
#define SOURCE (TREE | COMPRESSED | BIT(GROUPS))

/* What makes of a file what others read. */
static const char *const producers[FORMAT_MISSING + 1] = {
    [FORMAT_GROUPS] = "rsenc-pack -r <%o",
    [FORMAT_TAR] = "rsenc-scan DATASET %o | rsenc-pack -r",
    [FORMAT_ZIP] = "rsenc-scan DATASET %o | rsenc-pack -r",
    [FORMAT_DIRECTORY] = "rsenc-scan DATASET %o | rsenc-pack -r",
    [FORMAT_DATABASE] = "rsenc-dump %o",
    [FORMAT_TIFF] = "rsenc-pack \"$(printf \"KEY\\tB{1..}=%%s\" %o)\"",
    [FORMAT_GZIP] = "gzip -dc %o",
    [FORMAT_ZSTD] = "zstd -dc %o",
    [FORMAT_XZ] = "xz -dc %o",
    [FORMAT_BZIP2] = "bzip2 -dc %o",
    [FORMAT_LZ4] = "lz4 -dc %o",
};

/* What the user meant: %c is the command with its options (%r: -r if it has none), %o the operand,
 * %d its directory, %p the producer of its kind, %x the first operand or, of that, the next. The
 * first row that matches counts. What has no row is reported by its reader. */
static const struct {
	const char *commands; /* "pack": of rsenc-pack */
	enum place place;
	unsigned found, other; /* bits */
	const char *call;
} calls[] = {
    {"pack missing scan untar", ANYWHERE, BIT(RECORDS), ANY, "rsenc-load DB %o"},
    {"pack missing scan untar", ANYWHERE, BIT(BLOB), ANY, "rsenc-show %o"},
    {"dump", FIRST, BIT(RECORDS), ANY, "rsenc-load DB %o"},
    {"dump", FIRST, BIT(BLOB), ANY, "rsenc-show %o"},
    {"dump", FIRST, BIT(GROUPS) | BIT(TEXT), ANY, "%c -K %o %x"},
    {"scan", LATER, BIT(TIFF), ANY, "%c %x %d"},
    {"scan untar", LATER, BIT(GROUPS) | BIT(DATABASE), ANY, "%p"},
    {"pack", ANYWHERE, BIT(GROUPS), ANY, "%c%r <%o"},
    {"pack", ANYWHERE, BIT(TIFF), ANY, "%c \"$(printf \"KEY\\tB{1..}=%%s\" %o)\""},
    {"pack", ANYWHERE, TREE | BIT(DATABASE), ANY, "%p"},
    {"pack", ANYWHERE, COMPRESSED, ANY, "%p | %c%r"},
    {"pack", ANYWHERE, COMPRESSED_TAR, ANY, "rsenc-untar DATASET %o"},
    {"load verify", FIRST, BIT(RECORDS), ANY, "%c %x %o"},
    {"load verify", FIRST, BIT(DIRECTORY), BIT(DATABASE) | BIT(MISSING), "%p | %c %x"},
    {"load verify", FIRST, SOURCE & ~BIT(DIRECTORY), ANY, "%p | %c %x"},
    {"load verify", ANYWHERE, BIT(TIFF), ANY, "rsenc-scan DATASET %d | rsenc-pack -r | %c %x"},
    {"load verify", ANYWHERE, COMPRESSED_TAR, ANY, "rsenc-untar DATASET %o | %c %x"},
    {"load verify", LATER, SOURCE, ANY, "%p | %c %x"},
    {"load verify", LATER, BIT(DATABASE), BIT(DATABASE) | BIT(MISSING), "%p | %c %x"},
    {"show view", FIRST, BIT(DATABASE), BIT(MISSING), "rsenc-dump %o %x | %c"},
    {"show view", ANYWHERE, SOURCE | BIT(DATABASE) | BIT(TIFF), ANY, "%p | %c"},
    {"show view", ANYWHERE, COMPRESSED_TAR, ANY, "rsenc-untar DATASET %o | %c"},
    {"missing join", ANYWHERE, BIT(GROUPS), ANY, "%c %x <%o"},
    {"missing", FIRST, TREE, BIT(DATABASE), "rsenc-scan DATASET %o | %c %x"},
    {"missing", FIRST, ~BIT(DATABASE), BIT(DATABASE), "%c %x <GROUPS.tsv"},
    {"missing", LATER, BIT(DATABASE), ANY, "%c %x | %c %o"},
    {"missing join", LATER, TREE, ANY, "rsenc-scan DATASET %o | %c %x"},
    {"missing join", LATER, ~BIT(MISSING), ANY, "%c %x <GROUPS.tsv"},
    {"untar", FIRST, STREAM, ANY, "%c %x %o"},
    {"untar", FIRST, BIT(ZIP), ANY, "rsenc-scan %x %o | rsenc-pack -r"},
    {"untar", LATER, BIT(ZIP) | BIT(DIRECTORY), ANY, "rsenc-scan %x %o | rsenc-pack -r"},
};
enum { CALLS = sizeof calls / sizeof *calls };

enum format
operand_format(const char *path)
{
	char bytes[FORMAT_BYTES];
	struct stat st;
	if (stat(path, &st) != 0)
		return strcmp(path, "-") == 0 ? FORMAT_UNKNOWN : FORMAT_MISSING;
	if (S_ISDIR(st.st_mode)) {
		/* Its file has another name while it is being loaded, beside this marker. */
		char *data = path_join(path, "data.mdb"), *marker = path_join(path, "incomplete");
		bool is_database = access(data, F_OK) == 0 || access(marker, F_OK) == 0;
		free(data);
		free(marker);
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

static unsigned
operand_bit(const char *path)
{
	unsigned bit = 1U << operand_format(path);
	const char *dot = strrchr(path, '.');
	bool tar = strstr(path, ".tar.") || (dot && dot[1] == 't'); /* .tgz, .tzst */
	return tar && (bit & COMPRESSED) ? COMPRESSED_TAR : bit;
}

/* The command with the options that it was given, which stand before the operands. */
static char *
command_called(char **argv, char **operands)
{
	struct buf text = {0};
	buf_addf(&text, "%s", program_name);
	/* A path that begins with '-' gets "./". */
	for (char **a = argv + 1; a < operands; a++) {
		char *word = shell_quoted(*a);
		buf_addf(&text, " %s", word + (**a == '-' && (*a)[1] ? 2 : 0));
		free(word);
	}
	return text.data;
}

/* The text with its %-words replaced by the words of that place in "coxdrp". */
static char *
expand(const char *call, const char *const *words)
{
	static const char names[] = "coxdrp";
	struct buf text = {0};
	for (; *call; call++) {
		const char *name = *call == '%' ? strchr(names, *++call) : NULL;
		buf_addf(&text, "%.*s", name ? -1 : 1, name ? words[name - names] : call);
	}
	return text.data;
}

/* Dies if an operand is of a kind that this command cannot take. Everything is freed with the
 * process. */
static void
check_kind(char **argv, char **operands, char **o)
{
	const char *name = strchr(program_name, '-'), *other = o > operands ? *operands : o[1];
	enum format format = operand_format(*o);
	unsigned found = operand_bit(*o), other_found = other ? operand_bit(other) : NONE, i = 0;
	while (name && i < CALLS &&
	       (!strstr(calls[i].commands, name + 1) ||
	           !(calls[i].place & (o > operands ? LATER : FIRST)) ||
	           !(calls[i].found & found) || !(calls[i].other & other_found)))
		i++;
	if (!name || i == CALLS)
		return;
	char *directory = path_parent(*o);
	if (!other)
		other = name[1] == 'u' ? "DATASET" : name[1] == 'j' ? "TABLE.csv" : "DB";
	const char *words[] = {command_called(argv, operands), shell_quoted(*o),
	    shell_quoted(other), shell_quoted(directory), operands == argv + 1 ? " -r" : "", NULL};
	words[5] = producers[format] ? expand(producers[format], words) : NULL;
	/* These take one operand: a second one is wrong whatever it is. */
	bool one_only = o > operands && strcmp(name, "-missing") == 0;
	diag_die(one_only ? STATUS_USAGE : STATUS_BAD, "%s: wrong kind of operand (%s): run '%s'",
	    *o, format_name(format), expand(calls[i].call, words));
}

/* Operands that are one path, of which the user forgot to quote the blanks. */
static void
check_blank(char **o)
{
	struct buf path = {0};
	buf_addf(&path, "%s", *o);
	for (char **next = o + 1; *next && access(*o, F_OK) != 0; next++) {
		buf_addf(&path, " %s", *next);
		if (access(path.data, F_OK) == 0)
			diag_usage(
			    "%s: no such file or directory: quote a path that contains blanks: %s",
			    *o, shell_quoted(path.data));
	}
	buf_free(&path);
}

void
check_operands(char **argv, char **operands, const char *what)
{
	if (what && (!*operands || !**operands))
		options_operand(operands, what);
	for (char **o = operands; *o; o++) {
		if (strchr(*o, '\t')) /* a group line is not a path */
			continue;
		if (!**o && strcmp(program_name, "rsenc-pack") != 0) /* xargs passes blank lines */
			diag_usage("an operand is empty (a shell variable may not be set)");
		check_kind(argv, operands, o);
		check_blank(o);
	}
}
