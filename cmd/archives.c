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
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Each is read by the program that made it: a pipe costs less than a library for each. */
static const struct unpacker {
	enum format format;
	const char *name, *ending, *short_ending;
} unpackers[] = {
    {FORMAT_ZSTD, "zstd", ".zst", ".tzst"},
    {FORMAT_GZIP, "gzip", ".gz", ".tgz"},
    {FORMAT_XZ, "xz", ".xz", ".txz"},
    {FORMAT_BZIP2, "bzip2", ".bz2", ".tbz2"},
    {FORMAT_LZ4, "lz4", ".lz4", ".tlz4"},
};

enum { UNPACKERS = sizeof unpackers / sizeof *unpackers };

static const struct unpacker *
archives_unpacker(enum format format)
{
	for (size_t i = 0; i < UNPACKERS; i++) {
		if (unpackers[i].format == format)
			return &unpackers[i];
	}
	return NULL;
}

/* By the name of a file. */
static const struct unpacker *
archives_unpacker_of_name(const char *name, size_t len)
{
	for (size_t i = 0; i < UNPACKERS; i++) {
		if (path_ends_in(name, len, unpackers[i].ending) ||
		    path_ends_in(name, len, unpackers[i].short_ending))
			return &unpackers[i];
	}
	return NULL;
}

/* The start of a path, quoted for sh. The caller frees it. */
static char *
quoted(const char *path, size_t len)
{
	char *part = xstrndup(path, len), *word = shell_quoted(part);
	free(part);
	return word;
}

/* ---- parts: X.tar.gz.part00, X.tar.001, X.zip.aa ---- */

/* The length of a part's name before its number, or 0: "X.tar.gz.part" of "X.tar.gz.part00", and of
 * the name of the archive. */
static size_t
part_stem(const char *path, size_t *archive)
{
	size_t len = strlen(path), word = len;
	while (word > 0 && !strchr("./-_", path[word - 1]))
		word--;
	size_t stem = word + (strncmp(path + word, "part", 4) == 0 ? 4 : 0);
	const char *number = path + stem;
	bool digits = strspn(number, "0123456789") == len - stem;
	bool letters = strspn(number, "abcdefghijklmnopqrstuvwxyz") == len - stem;
	/* split(1) writes aa, ab and so on: "gz" is none of them. */
	letters &= len - stem > 1 && (*number == 'a' || stem > word);
	if (word < 2 || path[word - 1] == '/' || stem == len || len - stem > 4 ||
	    !(digits || letters))
		return 0;
	*archive = word - 1;
	if (path_ends_in(path, *archive, ".part"))
		*archive -= strlen(".part");
	return stem;
}

/* Refuses X.z01, the first part of a split zip archive: only X.zip has its directory. */
static void
check_zip_part(const char *path)
{
	size_t len = strlen(path);
	if (len < 5 || strncmp(path + len - 4, ".z", 2) != 0 ||
	    strspn(path + len - 2, "0123456789") != 2)
		return;
	const char *stem = quoted(path, len - 4);
	diag_die(STATUS_BAD,
	    "%s: a part of a split zip archive: unpack the archive with '7z x %s.zip -o%s' and use "
	    "that directory",
	    path, stem, stem);
}

/* Refuses a part of an archive, if the name before its number is that of one. */
static void
check_part(const char *path)
{
	size_t inner, stem = part_stem(path, &inner);
	if (stem == 0 ||
	    !(archives_unpacker_of_name(path, inner) || path_ends_in(path, inner, ".tar") ||
	        path_ends_in(path, inner, ".zip")))
		return;
	diag_die(STATUS_BAD, "%s: a part of an archive: join the parts: run 'cat %s* >%s'", path,
	    quoted(path, stem), quoted(path, inner));
}

/* ---- compressed archives ---- */

static _Noreturn void
refuse_compressed(
    char *const *paths, const char *path, const struct unpacker *u, const char *arguments)
{
	struct buf words = {0};
	bool streams = true;
	/* The files of a patch may lie in any of them. */
	for (; *paths; paths++) {
		enum format format = operand_format(*paths);
		streams &= format == FORMAT_TAR || archives_unpacker(format);
		shell_quote(&words, *paths);
	}
	if (streams)
		diag_die(STATUS_BAD,
		    "%s: is compressed with %s: run 'rsenc-untar %s %s | rsenc-load DB'", path,
		    u->name, arguments, words.data);
	diag_die(STATUS_BAD,
	    "%s: is compressed with %s: run '%s -dk %s' and use the decompressed file instead",
	    path, u->name, u->name, shell_quoted(path));
}

/* Appends the command that writes a tar archive, decompressed, to standard output. */
static void
add_reader(struct buf *command, const char *path)
{
	const struct unpacker *u = archives_unpacker(operand_format(path));
	char *word = shell_quoted(path);
	buf_addf(command, "%s%s <%s", u ? u->name : "cat", u ? " -dc" : "", word);
	/* gzip warns, by 2, of bytes after the end. Text does no harm; other bytes may be one more
	 * member, whose header is damaged. */
	if (u && u->format == FORMAT_GZIP)
		buf_addf(command,
		    " || { [ $? -eq 2 ] && "
		    "[ -z \"$(tail -c 8 <%s | LC_ALL=C tr -d '[:print:][:space:]')\" ]; }",
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
	for (; *paths; paths++) {
		char *one[] = {*paths, NULL};
		const struct unpacker *u = archives_unpacker(operand_format(*paths));
		if (u && !quiet)
			diag_warn("testing %s", *paths);
		FILE *pipe = u ? archives_open(one) : NULL;
		while (pipe && read(fileno(pipe), waste, sizeof waste) > 0)
			;
		if (pipe && pclose(pipe) != 0)
			diag_die(STATUS_BAD,
			    "%s: '%s -dc' failed: nothing written: download the archive again",
			    *paths, u->name);
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

void
archives_check(char *const *paths, const char *arguments)
{
	for (size_t i = 0; paths[i]; i++) {
		check_unfinished(paths[i]);
		enum format format = operand_format(paths[i]);
		const char *remedy = format_remedy(FORMAT_TAR, format);
		/* What cannot be read is left to the scan. */
		if (format == FORMAT_DIRECTORY || access(paths[i], R_OK) != 0)
			continue;
		check_zip_part(paths[i]);
		check_part(paths[i]);
		const struct unpacker *u = archives_unpacker(format);
		if (u)
			refuse_compressed(paths, paths[i], u, arguments);
		/* A program that unpacks itself may precede a zip archive. */
		if (format != FORMAT_UNKNOWN && format != FORMAT_TAR && format != FORMAT_ZIP &&
		    !path_ends_in(paths[i], strlen(paths[i]), ".zip"))
			diag_die(STATUS_BAD,
			    "%s: is %s, not a directory, a tar or a zip archive%s%s", paths[i],
			    format_name(format), remedy ? ": " : "", remedy ? remedy : "");
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
	}
}

void
archives_check_input(const void *bytes, size_t len, const char *arguments)
{
	/* Only what is known to be something else: the tar reader checks the rest. */
	enum format format = detect_format(bytes, len);
	if (format == FORMAT_ZIP || archives_unpacker(format))
		diag_die(STATUS_BAD, "standard input is %s, not a tar archive: run '%s %s ARCHIVE'",
		    format_name(format), format == FORMAT_ZIP ? "rsenc-scan" : "rsenc-untar",
		    arguments);
	if (format != FORMAT_UNKNOWN && format != FORMAT_TAR)
		diag_die(
		    STATUS_BAD, "standard input is %s, not a tar archive", format_name(format));
}

/* ---- archives in directories ---- */

static bool
is_archive_name(const char *name)
{
	size_t len = strlen(name);
	const struct unpacker *u = archives_unpacker_of_name(name, len);
	return (u && (!path_ends_in(name, len, u->ending) || strstr(name, ".tar."))) ||
	       path_ends_in(name, len, ".zip") || path_ends_in(name, len, ".tar");
}

void
archives_hint_inside(char *const *paths, const char *arguments)
{
	for (size_t i = 0; paths[i]; i++) {
		DIR *dir = opendir(paths[i]);
		struct dirent *e;
		while (dir && (e = readdir(dir)) != NULL && !is_archive_name(e->d_name))
			;
		if (dir && e) {
			char *path = path_join(paths[i], e->d_name);
			char *word = shell_quoted(path);
			diag_warn("%s: contains archives, which are not searched: run "
			          "'rsenc-scan %s %s'",
			    paths[i], arguments, word);
			free(path);
			free(word);
		}
		if (dir)
			closedir(dir);
	}
}
