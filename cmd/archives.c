#include "cmd/archives.h"

#include "base/buf.h"
#include "base/path.h"
#include "process/diag.h"
#include "stream/detect_format.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

/* What does not know tar's own format is not ours to read: each has a program that writes it as a tar,
 * and a pipe costs less than a library for each. */
static const struct {
	enum format kind;
	const char *command; /* that writes a tar; the archive's path follows */
} unpackers[] = {
    {FORMAT_ZSTD, "zstd -dc "},
    {FORMAT_GZIP, "gzip -dc "},
    {FORMAT_XZ, "xz -dc "},
    {FORMAT_BZIP2, "bzip2 -dc "},
    {FORMAT_ZIP, "bsdtar -cf - @"},
};

/* The command that unpacks this kind to a tar; NULL of a tar itself and of what is no archive. */
static const char *
archives_unpacker(enum format kind)
{
	for (size_t i = 0; i < sizeof unpackers / sizeof *unpackers; i++) {
		if (unpackers[i].kind == kind)
			return unpackers[i].command;
	}
	return NULL;
}

void
archives_check_file(const char *path, const char *arguments)
{
	char first[FORMAT_BYTES];
	struct stat st;
	/* What is not there, and what is a directory, is for the scan to tell. Nothing but a
	 * regular file is opened: a FIFO would wait for its writer here. */
	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, first, sizeof first);
	if (fd >= 0)
		close(fd);
	enum format kind = len > 0 ? detect_format(first, (size_t)len) : FORMAT_UNKNOWN;
	const char *command = archives_unpacker(kind);
	struct buf word = {0};
	/* The path is quoted: the advice is a line that can be pasted into a shell as it is. */
	if (command && shell_quote(&word, path) != 0)
		diag_die(STATUS_BAD, "out of memory");
	if (command)
		diag_die(STATUS_BAD,
		    "%s: this is %s: its patches are read on the way with: %s%s | rsenc-untar %s | "
		    "rsenc-load DATABASE",
		    path, format_name(kind), command, word.data, arguments);
	/* DIR with a star behind it, by people whose other tools take files. */
	bool tiff = kind == FORMAT_TIFF;
	if (kind != FORMAT_UNKNOWN && kind != FORMAT_TAR)
		diag_die(STATUS_BAD, "%s: this is %s, not a directory or a tar archive%s", path,
		    format_name(kind), tiff ? ": give the directory that it is in" : "");
}

void
archives_check_input(const void *bytes, size_t len, const char *arguments)
{
	/* Only what is known to be something else is refused here. Unknown bytes go on to the tar
	 * reader, which checks headers. */
	enum format kind = detect_format(bytes, len);
	const char *command = archives_unpacker(kind);
	if (command)
		diag_die(STATUS_BAD,
		    "standard input is %s: unpack it on the way: %sARCHIVE | rsenc-untar %s",
		    format_name(kind), command, arguments);
	if (kind != FORMAT_UNKNOWN && kind != FORMAT_TAR)
		diag_die(STATUS_BAD, "standard input is %s, not a tar archive", format_name(kind));
}
