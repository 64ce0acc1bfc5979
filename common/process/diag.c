#include "process/diag.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool status_shown;
static int exit_status = STATUS_OK;
static bool no_stdout; /* it was closed from the start */

void
diag_start(const char *argv0)
{
	const char *slash = argv0 ? strrchr(argv0, '/') : NULL;
	if (argv0 && *argv0)
		program_name = slash ? slash + 1 : argv0;
	/* A limit on the size of files is an error of write(2), with a message, as a full disk
	 * is. */
	signal(SIGXFSZ, SIG_IGN);
	no_stdout |= fcntl(STDOUT_FILENO, F_GETFD) < 0;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
	}
}

/* Appends text with control characters escaped. Terminals take some of U+0080..U+009F for the start
 * of a command, in UTF-8 or, where they expect another encoding, as a byte alone. */
static void
diag_escape(struct buf *out, const char *text)
{
	for (size_t n; *text; text += n) {
		unsigned char c = (unsigned char)*text, next = (unsigned char)text[1];
		n = utf8_sequence((const unsigned char *)text, strnlen(text, 4));
		bool control = c < 0x20 || c == 0x7f || (n == 0 && c < 0xa0);
		n = n == 0 ? 1 : n;
		if (c == '\n' || c == '\t')
			buf_addf(out, "\\%c", c == '\n' ? 'n' : 't');
		else if (control)
			buf_addf(out, "\\x%02x", c);
		else if (n == 2 && c == 0xc2 && next < 0xa0)
			buf_addf(out, "\\x%02x\\x%02x", c, next);
		else
			buf_add(out, text, n);
	}
}

static void
diag_say(const char *format, va_list ap, const char *tail)
{
	static const char wipe[] = "\r\033[K";
	struct buf text = {0}, line = {0};
	buf_addv(&text, format, ap);
	buf_addf(&line, "%s: ", program_name);
	diag_escape(&line, text.data);
	buf_addf(&line, "%s\n", tail);
	pthread_mutex_lock(&lock);
	/* The line of a terminal may hold the progress, of this command or of the last one of the
	 * pipe. */
	if (isatty(STDERR_FILENO))
		file_write_all(STDERR_FILENO, wipe, sizeof wipe - 1);
	status_shown = false;
	/* One write(2) a line, below PIPE_BUF as a rule: the lines of parallel commands do not
	 * mix. */
	file_write_all(STDERR_FILENO, line.data, line.len);
	pthread_mutex_unlock(&lock);
	buf_free(&text);
	buf_free(&line);
}

void
diag_warn(const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	diag_say(format, ap, "");
	va_end(ap);
}

void
diag_bad(const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	diag_say(format, ap, "");
	va_end(ap);
	exit_status = STATUS_BAD;
}

int
diag_status(void)
{
	return exit_status;
}

bool
run_by_wrapper(void)
{
	const char *resume = getenv("RSENC_RESUME");
	return resume && *resume;
}

void
diag_die(int status, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	diag_say(format, ap, "");
	va_end(ap);
	/* What fails after a request to stop fails because of it. */
	exit(status == STATUS_BAD && signals_received() ? 128 + signals_received() : status);
}

void
diag_usage(const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	diag_say(format, ap, " (-h shows the options)");
	va_end(ap);
	exit(STATUS_USAGE);
}

void
status_line(const char *text)
{
	char shown[512] = "", line[520];
	struct winsize size = {.ws_col = 0};
	size_t room = 80;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		room = size.ws_col < sizeof shown ? size.ws_col : sizeof shown;
	/* A text that reached the last column would scroll the screen at each refresh, and half a
	 * number would be another number. */
	if (text && (size_t)snprintf(shown, room, "%s", text) >= room && strchr(shown, ','))
		*strrchr(shown, ',') = '\0';
	pthread_mutex_lock(&lock);
	int len = snprintf(line, sizeof line, "\r%s\033[K", shown);
	if (text || status_shown)
		file_write_all(STDERR_FILENO, line, (size_t)len);
	status_shown = text != NULL;
	pthread_mutex_unlock(&lock);
}

/* The handler has no context to be given. */
static const char *bus_item;
static const uint64_t *bus_kept;
static struct buf bus_damage; /* a whole line: memory may no longer be sound */

/* The thread that gets SIGBUS was reading a mapped file, or inside LMDB: the functions that this
 * calls were not interrupted. */
static void
diag_on_bus(int signal)
{
	if (signal != SIGBUS)
		file_write_all(STDERR_FILENO, bus_damage.data, bus_damage.len);
	else if (bus_kept)
		diag_warn("%s: cannot be written: the disk is full or damaged, or a quota is used "
		          "up; %" PRIu64 " patch%s stored",
		    bus_item, *bus_kept, *bus_kept == 1 ? "" : "es");
	else
		diag_warn("%s: a page cannot be read or written: the file is truncated, or its "
		          "disk fails or is full: copy the file again, or load it again",
		    bus_item);
	_exit(STATUS_BAD);
}

void
install_page_handler(const char *item, const uint64_t *kept)
{
	struct sigaction action = {.sa_handler = diag_on_bus};
	sigemptyset(&action.sa_mask);
	bus_item = item;
	bus_kept = kept;
	buf_addf(&bus_damage, "%s: ", program_name);
	diag_escape(&bus_damage, item);
	buf_addf(&bus_damage, ": the database is damaged: a page is not valid (or rsenc has a "
	                      "fault): copy the database again, or load it again\n");
	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGABRT, &action, NULL);
}

void
require_stdin_not_tty(const char *what, const char *writer)
{
	if (isatty(STDIN_FILENO))
		diag_usage("standard input is a terminal: pipe %s into %s, for example from '%s'",
		    what, program_name, writer);
}

void
require_stdout_not_tty(const char *what)
{
	if (isatty(STDOUT_FILENO))
		diag_usage(
		    "not writing %s to a terminal: pipe it, or redirect with '> FILE'", what);
}

int
diag_close_stdout(void)
{
	/* stdio reports nothing for a descriptor that was closed before it began (>&-). */
	if (no_stdout)
		errno = EBADF;
	if (no_stdout || fflush(stdout) != 0 || ferror(stdout) || fclose(stdout) != 0)
		diag_die(
		    STATUS_BAD, "standard output: %s", errno ? strerror(errno) : "write failed");
	return exit_status;
}
