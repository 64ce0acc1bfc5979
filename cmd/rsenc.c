/* rsenc: all commands by one name. In a static build they are inside this executable, and links
 * named as they are start them too; else they are programs beside it. */

#include "base/alloc.h"
#include "base/buf.h"
#include "base/path.h"
#include "cmd/rsenc.h"
#include "process/diag.h"
#include "process/options.h"
#include "process/version.h"
#include "tiff/image.h"

#include <errno.h>
#include <lmdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/auxv.h>
#endif

static const char usage[] =
    "usage: rsenc COMMAND [ARGUMENT...]\n"
    "Starts a command: 'rsenc scan ...' is 'rsenc-scan ...'; 'rsenc scan -h' prints its options.\n"
    "\n";

static const char *called; /* argv[0] */

/* "rsenc-scan" without what all names begin with. */
static const char *
short_name(const char *name)
{
	return strchr(name, '-') + 1;
}

/* Both "scan" and "rsenc-scan" are one command. */
static const struct command *
command_named(const char *name)
{
	for (const struct command *c = commands; c->name; c++) {
		if (strcmp(name, c->name) == 0 || strcmp(name, short_name(c->name)) == 0)
			return c;
	}
	return NULL;
}

/* The path of this executable without links, which the caller frees; NULL if it is not known. */
static char *
path_of_self(void)
{
	const char *path = called;
#ifdef __linux__
	/* What execve(2) was given: argv[0] need not be a path, and /proc may be missing. */
	path = (const char *)(uintptr_t)getauxval(AT_EXECFN);
#endif
	return path ? realpath(path, NULL) : NULL;
}

/* The program beside this one, behind links to it, or else one on the PATH. A link to this one that
 * is named as the command is, as a static build has them, must not be found again. */
static int
exec_program(const struct command *c, char **argv)
{
	char *self = path_of_self(), *dir = path_parent(self ? self : ""),
	     *path = path_join(dir, c->name);
	char *real = realpath(path, NULL);
	argv[0] = (char *)(uintptr_t)c->name;
	errno = ENOENT;
	if (self && real && strcmp(real, self) != 0)
		execv(path, argv);
	else if (strcmp(path_name(called), c->name) != 0)
		execvp(c->name, argv);
	int error = errno;
	diag_start(called);
	/* A program that exists and cannot be run (no permission, another machine's) is another
	 * mistake than one that does not exist. */
	if (error != ENOENT)
		diag_die(STATUS_BAD, "%s: %s", c->name, strerror(error));
	diag_die(STATUS_BAD,
	    "%s is neither beside %s nor on the PATH: run 'make', or install rsenc", c->name,
	    self ? self : "rsenc");
}

/* A script becomes this process: signals and the exit status need no help. Its text is in the
 * environment, for a process list shows all arguments. */
static int
exec_script(const struct command *c, int argc, char **argv)
{
	/* The variable is removed before the script runs, so that its children do not inherit the
	 * text. */
	static const char start[] = "text=$RSENC_TEXT; unset RSENC_TEXT; eval \"$text\"";
	char *self = path_of_self();
	const char **sh = xcalloc((size_t)argc + 4, sizeof *sh);
	diag_start(c->name);
	if (!self)
		diag_die(STATUS_BAD, "%s: %s", called, strerror(errno));
	sh[0] = "sh";
	sh[1] = "-c";
	sh[2] = start;
	sh[3] = c->name;
	for (int i = 1; i < argc; i++)
		sh[3 + i] = argv[i];
	sh[argc + 3] = NULL;
	if (setenv("RSENC_TEXT", c->script, 1) == 0 && setenv("RSENC_ONE_FILE", self, 1) == 0)
		execv("/bin/sh", (char **)(uintptr_t)sh);
	diag_die(STATUS_BAD, "/bin/sh: %s: this command is a shell script", strerror(errno));
}

static int
command_start(const struct command *c, int argc, char **argv)
{
	if (c->script)
		return exec_script(c, argc, argv);
	if (!c->run)
		return exec_program(c, argv);
	argv[0] = (char *)(uintptr_t)c->name;
	return c->run(argc, argv);
}

/* ---- the run ---- */

/* "LIBTIFF, Version 4.5.0" and a copyright. */
static void
print_version(void)
{
	const char *words = TIFFGetVersion(), *number = strstr(words, "Version ");
	number = number ? number + strlen("Version ") : words;
	printf("rsenc %s\nlibtiff %.*s:", RSENC_VERSION, (int)strcspn(number, "\n"), number);
	/* What can be decoded depends on how libtiff was built: the first thing to ask for when a
	 * file is refused. */
	TIFFCodec *codecs = TIFFGetConfiguredCODECs();
	const char *comma = "";
	for (TIFFCodec *c = codecs; c && c->name; c++) {
		if (!image_has_codec(c->scheme))
			continue;
		printf("%s %s", comma, c->name);
		comma = ",";
	}
	_TIFFfree(codecs);
	int major, minor, patch;
	mdb_version(&major, &minor, &patch);
	printf("\nLMDB %d.%d.%d\n", major, minor, patch);
	if (*linked_from)
		printf("all in one file, linked from: %s\n", linked_from);
}

/* What -h prints above the options; lives as long as the process. */
static const char *
usage_text(void)
{
	struct buf text = {0};
	buf_addf(&text, "%s", usage);
	for (const struct command *c = commands; c->name; c++)
		buf_addf(&text, "  %-17s%.80s\n", short_name(c->name), c->about);
	return text.data;
}

int
main(int argc, char **argv)
{
	static char help[] = "--help";
	/* execve(2) may be given no arguments at all. */
	called = argv[0] ? argv[0] : "rsenc";
	const struct command *c = command_named(path_name(called));
	if (c)
		return command_start(c, argc, argv);
	if (argc > 1 && strcmp(argv[1], "help") == 0) {
		/* 'rsenc help scan' is 'rsenc scan --help'. */
		argv[1] = argc > 2 ? argv[2] : help;
		argc = argc > 2 ? 3 : 2;
		argv[argc - 1] = help;
		argv[argc] = NULL;
	}
	if (argc > 1 && (c = command_named(argv[1])) != NULL)
		return command_start(c, argc - 1, argv + 1);
	diag_start(called);
	if (argc > 1 && (strcmp(argv[1], "-V") == 0 || strcmp(argv[1], "--version") == 0)) {
		print_version();
		diag_close_stdout();
		return STATUS_OK;
	}
	const char *near = NULL;
	for (c = commands; argc > 1 && argv[1][0] != '-' && c->name; c++)
		near = suggest(argv[1], near, short_name(c->name));
	if (argc > 1 && argv[1][0] != '-')
		diag_usage("no such command: '%s'%s%s%s", argv[1], near ? ": did you mean '" : "",
		    near ? near : "", near ? "'?" : "");
	options_read(usage_text(), NULL, 0, NULL, argc, argv);
	diag_usage("missing operand COMMAND");
}
