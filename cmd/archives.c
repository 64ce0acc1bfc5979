#include "cmd/archives.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/path.h"
#include "process/diag.h"
#include "stream/detect_format.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each is read by the program that made it: a pipe costs less than a library for each. */
static const struct unpacker {
	enum format format;
	const char *name, *ending, *short_ending;
	const char *keep; /* decompresses to a file, and keeps the archive */
} unpackers[] = {
    {FORMAT_ZSTD, "zstd", ".zst", ".tzst", "-d"},
    {FORMAT_GZIP, "gzip", ".gz", ".tgz", "-dk"},
    {FORMAT_XZ, "xz", ".xz", ".txz", "-dk"},
    {FORMAT_BZIP2, "bzip2", ".bz2", ".tbz2", "-dk"},
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

static bool
ends_in(const char *text, size_t len, const char *ending)
{
	size_t n = strlen(ending);
	return len > n && memcmp(text + len - n, ending, n) == 0;
}

/* The format of a regular file by its first bytes. Nothing else is opened: a FIFO would wait for
 * its writer here. */
static enum format
archives_format(const char *path)
{
	char first[FORMAT_BYTES];
	struct stat st;
	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return FORMAT_UNKNOWN;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, first, sizeof first);
	if (fd >= 0)
		close(fd);
	return len > 0 ? detect_format(first, (size_t)len) : FORMAT_UNKNOWN;
}

static void
add(struct buf *text, const char *word)
{
	buf_add(text, word, strlen(word));
}

/* Appends a path, quoted for sh, after a space. */
static void
add_path(struct buf *text, const char *path)
{
	shell_quote(text, path);
}

/* ---- parts: X.tar.gz.part00, X.tar.001, X.zip.aa ---- */

/* The length of a part's name before its number, or 0: "X.tar.gz.part" of "X.tar.gz.part00". */
static size_t
part_stem(const char *path)
{
	const char *dot = strrchr(path_name(path), '.');
	if (!dot)
		return 0;
	const char *number = strncmp(dot + 1, "part", 4) == 0 ? dot + 5 : dot + 1;
	size_t len = strlen(number);
	bool digits = len > 0 && strspn(number, "0123456789") == len;
	bool letters = len > 1 && strspn(number, "abcdefghijklmnopqrstuvwxyz") == len;
	/* split(1) writes aa, ab and so on: "gz" is none of them. */
	if (len > 4 || !(digits || (letters && (*number == 'a' || number == dot + 5))))
		return 0;
	return (size_t)(number - path);
}

/* Refuses X.z01, the first part of a split zip archive: only X.zip has its directory. */
static void
check_zip_part(const char *path)
{
	size_t len = strlen(path);
	struct buf words[2] = {{0}, {0}}, name = {0};
	if (len < 5 || strncmp(path + len - 4, ".z", 2) != 0 ||
	    strspn(path + len - 2, "0123456789") != 2)
		return;
	buf_add(&name, path, len - 4);
	buf_add(&name, ".zip", 5);
	add_path(&words[0], name.data);
	name.data[len - 4] = '\0';
	add_path(&words[1], name.data);
	diag_die(STATUS_BAD,
	    "%s: a part of a split zip archive: unpack the archive with '7z x %s -o%s' and use "
	    "that "
	    "directory",
	    path, words[0].data, words[1].data);
}

/* Refuses a part of an archive, if the name before its number is that of one. */
static void
check_part(const char *path, const char *arguments)
{
	size_t stem = part_stem(path), inner;
	struct buf parts = {0}, name = {0};
	if (stem == 0)
		return;
	inner = (size_t)(strrchr(path_name(path), '.') - path);
	buf_add(&name, path, stem);
	buf_add(&name, "", 1);
	add_path(&parts, name.data);
	add(&parts, "*");
	buf_add(&parts, "", 1);
	for (size_t i = 0; i < UNPACKERS; i++) {
		const struct unpacker *u = &unpackers[i];
		if (ends_in(path, inner, u->ending) || ends_in(path, inner, u->short_ending))
			diag_die(STATUS_BAD,
			    "%s: a part of an archive: join the parts: run 'cat %s | %s -t && cat "
			    "%s | "
			    "%s -dc | rsenc-untar %s | rsenc-load DB'",
			    path, parts.data, u->name, parts.data, u->name, arguments);
	}
	if (ends_in(path, inner, ".tar") || ends_in(path, inner, ".zip")) {
		name.data[inner] = '\0';
		parts.len--;
		add(&parts, " >");
		struct buf whole = {0};
		add_path(&whole, name.data);
		buf_add(&parts, whole.data, whole.len + 1);
		diag_die(STATUS_BAD, "%s: a part of an archive: join the parts: run 'cat %s'", path,
		    parts.data);
	}
	buf_free(&parts);
	buf_free(&name);
}

/* ---- compressed archives ---- */

/* The command that reads all operands as one stream of tar archives, or NULL if some cannot be
 * read so. */
static char *
stream_command(char *const *paths)
{
	struct buf tests = {0}, reads = {0};
	for (size_t i = 0; paths[i]; i++) {
		enum format format = archives_format(paths[i]);
		const struct unpacker *u = archives_unpacker(format);
		if (!u && format != FORMAT_TAR)
			return NULL;
		if (u) {
			add(&tests, u->name);
			add(&tests, " -t");
			add_path(&tests, paths[i]);
			add(&tests, " && ");
		}
		add(&reads, i == 0 ? (paths[1] ? "(" : "") : " && ");
		add(&reads, u ? u->name : "cat");
		add(&reads, u ? " -dc" : "");
		add_path(&reads, paths[i]);
	}
	add(&reads, paths[1] ? ")" : "");
	buf_add(&tests, reads.data, reads.len);
	buf_add(&tests, "", 1);
	buf_free(&reads);
	return tests.data;
}

static _Noreturn void
refuse_compressed(
    char *const *paths, const char *path, const struct unpacker *u, const char *arguments)
{
	char *command = stream_command(paths);
	struct buf word = {0};
	if (command)
		diag_die(STATUS_BAD,
		    "%s: is compressed with %s: run '%s | rsenc-untar %s | rsenc-load DB'", path,
		    u->name, command, arguments);
	add_path(&word, path);
	diag_die(STATUS_BAD,
	    "%s: is compressed with %s: run '%s %s %s' and use the decompressed file instead", path,
	    u->name, u->name, u->keep, word.data);
}

void
archives_check(char *const *paths, const char *arguments)
{
	for (size_t i = 0; paths[i]; i++) {
		struct error why;
		if (file_unfinished(paths[i], &why) != 0)
			diag_die(STATUS_BAD, "%s: %s", paths[i], why.text);
		enum format format = archives_format(paths[i]);
		struct stat st;
		if (stat(paths[i], &st) == 0 && S_ISREG(st.st_mode)) {

			check_zip_part(paths[i]);
			check_part(paths[i], arguments);
		}
		const struct unpacker *u = archives_unpacker(format);
		if (u)
			refuse_compressed(paths, paths[i], u, arguments);
		/* A program that unpacks itself may precede a zip archive. */
		if (format != FORMAT_UNKNOWN && format != FORMAT_TAR && format != FORMAT_ZIP &&
		    !ends_in(paths[i], strlen(paths[i]), ".zip"))
			diag_die(STATUS_BAD, "%s: is %s, not a directory, a tar or a zip archive%s",
			    paths[i], format_name(format),
			    format == FORMAT_TIFF ? ": use its directory" : "");
	}
}

void
archives_check_input(const void *bytes, size_t len, const char *arguments)
{
	/* Only what is known to be something else: the tar reader checks the rest. */
	enum format format = detect_format(bytes, len);
	const struct unpacker *u = archives_unpacker(format);
	if (u)
		diag_die(STATUS_BAD,
		    "standard input is compressed with %s: run '%s -t ARCHIVE && %s -dc ARCHIVE | "
		    "rsenc-untar %s'",
		    u->name, u->name, u->name, arguments);
	if (format == FORMAT_ZIP)
		diag_die(STATUS_BAD,
		    "standard input is a zip archive: run 'rsenc-scan %s ARCHIVE.zip | rsenc-pack "
		    "-r'",
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
	for (size_t i = 0; i < UNPACKERS; i++) {
		if (ends_in(name, len, unpackers[i].short_ending) ||
		    (ends_in(name, len, unpackers[i].ending) && strstr(name, ".tar.")))
			return true;
	}
	return ends_in(name, len, ".zip") || ends_in(name, len, ".tar");
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
			struct buf word = {0};
			add_path(&word, path);
			diag_warn("%s: contains archives, which are not searched: run "
			          "'rsenc-scan %s %s'",
			    paths[i], arguments, word.data);
			free(path);
			buf_free(&word);
		}
		if (dir)
			closedir(dir);
	}
}
