#include "cmd/archives.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/path.h"
#include "cmd/operands.h"
#include "process/diag.h"
#include "stream/detect_format.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Each is read by the program that made it: a pipe costs less than a library for each. */
static const char *const unpackers[FORMAT_MISSING + 1] = {[FORMAT_ZSTD] = "zstd",
    [FORMAT_GZIP] = "gzip",
    [FORMAT_XZ] = "xz",
    [FORMAT_BZIP2] = "bzip2",
    [FORMAT_LZ4] = "lz4"};

/* ---- names ---- */

#define ARCHIVE "\\.(zip|tar|tar\\.(gz|zst|xz|bz2|lz4)|t(gz|zst|xz|bz2|lz4))"
/* X.tar.gz.part00, X.tar.001, X.tar.000.gz.part, X.zip.aa: split(1) writes aa, ab and so on. */
#define NUMBERED "([-._]?part)?[-._]?([0-9]{1,4}|a[a-z]{1,3})"
#define PART "^.+" ARCHIVE NUMBERED "((\\.[a-z0-9]+)?\\.part)?$"
enum { INNER = 1, NUMBER = 5, SUFFIX = 7, WORDS };

/* Sets where the groups of a regular expression are in a name that matches. */
static bool
name_matches(const char *name, const char *pattern, regmatch_t words[WORDS])
{
	regex_t regex;
	if (regcomp(&regex, pattern, REG_EXTENDED) != 0)
		alloc_failed();
	bool matches = regexec(&regex, name, WORDS, words, 0) == 0;
	regfree(&regex);
	return matches;
}

/* The start of a path, quoted for sh. The caller frees it. */
static char *
quoted(const char *path, regoff_t len)
{
	char *part = xstrndup(path, (size_t)len), *word = shell_quoted(part);
	free(part);
	return word;
}

/* Refuses a part of an archive, also X.z01, the first part of a split zip archive: only X.zip has
 * its directory. */
static void
check_part(const char *path)
{
	regmatch_t m[WORDS];
	if (name_matches(path, "[^/]\\.z[0-9][0-9]$", m)) {
		const char *stem = quoted(path, m[0].rm_eo - 4);
		diag_die(STATUS_BAD,
		    "%s: a part of a split zip archive: unpack the archive with '7z x %s.zip -o%s' "
		    "and use that directory",
		    path, stem, stem);
	}
	if (name_matches(path, PART, m)) {
		const char *rest = path + m[NUMBER].rm_eo;
		diag_die(STATUS_BAD,
		    "%s: a part of an archive: join the parts: run 'cat %s*%s >%s%.*s'", path,
		    quoted(path, m[NUMBER].rm_so), rest, quoted(path, m[INNER].rm_eo),
		    (int)(m[SUFFIX].rm_eo - m[SUFFIX].rm_so), rest);
	}
}

/* ---- compressed archives ---- */

static _Noreturn void
refuse_compressed(char *const *paths, const char *path, const char *u, const char *arguments)
{
	struct buf words = {0};
	bool streams = true;
	/* The files of a patch may lie in any of them. */
	for (; *paths; paths++) {
		enum format format = operand_format(*paths);
		streams &= format == FORMAT_TAR || unpackers[format];
		shell_quote(&words, *paths);
	}
	if (streams)
		diag_die(STATUS_BAD,
		    "%s: is compressed with %s: run 'rsenc-untar %s %s | rsenc-load DB'", path, u,
		    arguments, words.data);
	diag_die(STATUS_BAD,
	    "%s: is compressed with %s: run '%s -dk %s' and use the decompressed file instead",
	    path, u, u, shell_quoted(path));
}

/* Appends the command that writes a tar archive, decompressed, to standard output. */
static void
add_reader(struct buf *command, const char *path)
{
	const char *u = unpackers[operand_format(path)];
	char *word = shell_quoted(path);
	/* Without --long, zstd refuses windows of more than 128 MiB. */
	buf_addf(command, "%s%s%s <%s", u ? u : "cat", u ? " -dc" : "",
	    u == unpackers[FORMAT_ZSTD] ? " --long=31" : "", word);
	/* gzip warns, by 2, of bytes after the end. Text does no harm; other bytes may be one more
	 * member, whose header is damaged. */
	if (u == unpackers[FORMAT_GZIP])
		buf_addf(command,
		    " || { e=$?; [ $e -eq 2 ] && [ -z \"$(tail -c 8 <%s |"
		    " LC_ALL=C tr -d '[:print:][:space:]')\" ] || (exit $e); }",
		    word);
	free(word);
}

FILE *
archives_open(char *const *paths)
{
	struct buf command = {0};
	for (size_t i = 0; paths[i]; i++) {
		buf_addf(&command, i > 0 ? " && " : "");
		add_reader(&command, paths[i]);
	}
	FILE *pipe = popen(command.data, "r");
	if (!pipe)
		diag_die(STATUS_BAD, "/bin/sh: %s", strerror(errno));
	buf_free(&command);
	return pipe;
}

void
archives_test(char *const *paths, bool quiet)
{
	static char waste[256 << 10];
	struct pollfd out = {.fd = STDOUT_FILENO};
	for (; *paths; paths++) {
		char *one[] = {*paths, NULL};
		const char *u = unpackers[operand_format(*paths)];
		if (u && !quiet)
			diag_warn("testing %s", *paths);
		FILE *pipe = u ? archives_open(one) : NULL;
		while (pipe && read(fileno(pipe), waste, sizeof waste) > 0) {
			/* The test may take minutes; a write would show that no one reads. */
			if (poll(&out, 1, 0) > 0 && (out.revents & POLLERR))
				raise(SIGPIPE);
		}
		int status = pipe ? pclose(pipe) : 0;
		if (status != 0)
			diag_die(STATUS_BAD, "%s: '%s -dc' failed: nothing written: %s", *paths, u,
			    WEXITSTATUS(status) == 127 ? "install that program"
			                               : "download the archive again");
	}
}

/* Refuses what a download program has notes of: as it is given, where a link to it leads, or as a
 * part of what was downloaded as a whole, such as a torrent. */
static void
check_unfinished(const char *path)
{
	struct error why;
	char *real = realpath(path, NULL);
	if (file_unfinished(path, &why) != 0)
		diag_die(STATUS_BAD, "%s: %s", path, why.text);
	for (; real && *real != '\0'; *strrchr(real, '/') = '\0') {
		if (file_unfinished(real, &why) != 0)
			diag_die(STATUS_BAD, "%s: %s", path, why.text);
	}
	free(real);
}

static _Noreturn void
refuse_format(const char *path, enum format format, const char *wanted)
{
	const char *remedy = unpackers[format] ? "name the file as an operand of rsenc-untar"
	                                       : format_remedy(FORMAT_TAR, format);
	diag_die(STATUS_BAD, "%s%s is %s, not %s%s%s", path ? path : "standard input",
	    path ? ":" : "", format_name(format), wanted, remedy ? ": " : "", remedy ? remedy : "");
}

/* Refuses only what is known to be something else: the tar reader checks the rest. */
static void
check_tar(const char *path, enum format format)
{
	if (format != FORMAT_UNKNOWN && format != FORMAT_TAR)
		refuse_format(path, format, "a tar archive");
}

void
archives_check(char *const *paths, const char *arguments)
{
	for (size_t i = 0; paths[i]; i++) {
		check_unfinished(paths[i]);
		enum format format = operand_format(paths[i]);
		/* What cannot be read is left to the scan. */
		if (format == FORMAT_DIRECTORY || access(paths[i], R_OK) != 0)
			continue;
		check_part(paths[i]);
		if (unpackers[format])
			refuse_compressed(paths, paths[i], unpackers[format], arguments);
		/* A program that unpacks itself may precede a zip archive. */
		if (format != FORMAT_UNKNOWN && format != FORMAT_TAR && format != FORMAT_ZIP &&
		    !path_ends_in(paths[i], strlen(paths[i]), ".zip"))
			refuse_format(paths[i], format, "a directory, a tar or a zip archive");
	}
}

void
archives_check_stream(char *const *paths)
{
	for (; *paths; paths++) {
		check_unfinished(*paths);
		check_part(*paths);
		if (access(*paths, R_OK) != 0)
			diag_die(STATUS_BAD, "%s: %s", *paths, strerror(errno));
		enum format format = operand_format(*paths);
		if (!unpackers[format])
			check_tar(*paths, format);
	}
}

void
archives_check_input(const void *bytes, size_t len)
{
	check_tar(NULL, detect_format(bytes, len));
}

/* ---- archives in directories ---- */

void
archives_hint_inside(char *const *paths, const char *arguments)
{
	regex_t archive;
	if (regcomp(&archive, ARCHIVE "$", REG_EXTENDED | REG_NOSUB) != 0)
		alloc_failed();
	for (; *paths; paths++) {
		DIR *dir = opendir(*paths);
		struct dirent *e = NULL;
		while (dir && (e = readdir(dir)) != NULL &&
		       regexec(&archive, e->d_name, 0, NULL, 0) != 0)
			;
		if (e) {
			char *path = path_join(*paths, e->d_name), *word = shell_quoted(path);
			diag_warn("%s: contains archives, which are not searched: run "
			          "'rsenc-scan %s %s'",
			    *paths, arguments, word);
			free(path);
			free(word);
		}
		if (dir)
			closedir(dir);
	}
	regfree(&archive);
}
