#include "process/diag.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *program = "rsenc";
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool transient_shown;
static bool no_stdout; /* it was closed from the start */

static void
out_of_memory(size_t bytes)
{
	(void)bytes;
	diag_die(STATUS_BAD, "out of memory");
}

void
diag_start(const char *argv0)
{
	alloc_set_handler(out_of_memory);
	const char *slash = argv0 ? strrchr(argv0, '/') : NULL;
	if (argv0 && *argv0)
		program = slash ? slash + 1 : argv0;
	/* A limit on the size of files is an error of write(2), with a message, as a full disk
	 * is. */
	signal(SIGXFSZ, SIG_IGN);
	no_stdout = fcntl(STDOUT_FILENO, F_GETFD) < 0;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
	}
}

const char *
diag_program(void)
{
	return program;
}

/* Errors are reported on stderr: if it fails, nothing is left to report them on. */
static void
diag_put(const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDERR_FILENO, text, len);
		if (n < 0 && errno == EAGAIN)
			file_wait_writable(STDERR_FILENO);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

/* Appends `text` to `out` (of at least 4 bytes for each of its own), control bytes escaped. */
static size_t
diag_escape(char *out, const char *text)
{
	char *start = out;
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '\n')
			out += sprintf(out, "\\n");
		else if (c == '\t')
			out += sprintf(out, "\\t");
		else if (c < 0x20 || c == 0x7f)
			out += sprintf(out, "\\x%02x", c);
		else if (c == 0xc2 && (unsigned char)text[1] >= 0x80 &&
		         (unsigned char)text[1] < 0xa0)
			/* U+0080..U+009F: terminals take some of them for the start of a
			 * command. */
			out += sprintf(out, "\\x%02x\\x%02x", c, (unsigned char)*++text);
		else
			*out++ = (char)c;
	}
	return (size_t)(out - start);
}

/* Makes the line of a message; the caller frees it. NULL: no memory. */
static char *
diag_make_line(const char *format, va_list ap, const char *tail)
{
	va_list again;
	va_copy(again, ap);
	int len = vsnprintf(NULL, 0, format, ap);
	size_t need = len < 0 ? 0 : (size_t)len + 1;
	/* On the heap, of any length: a path may have 4096 bytes, and what is cut would be the
	 * reason. */
	char *text = malloc(need + 1);
	char *line = malloc(4 * need + strlen(program) + strlen(tail) + 4);
	if (text && line && len >= 0) {
		vsnprintf(text, need, format, again);
		size_t at = (size_t)sprintf(line, "%s: ", program);
		at += diag_escape(line + at, text);
		sprintf(line + at, "%s\n", tail);
	} else {
		free(line);
		line = NULL;
	}
	va_end(again);
	free(text);
	return line;
}

/* Whether the line of the terminal may hold a text that a message must not be put behind: our own,
 * or that of another command of a pipe, whose last one has the meter. What a shell wrote before a
 * command that stands alone stays. */
static bool
diag_line_is_taken(void)
{
	struct stat in, out;
	if (transient_shown)
		return true;
	return isatty(STDERR_FILENO) &&
	       ((fstat(STDIN_FILENO, &in) == 0 && S_ISFIFO(in.st_mode)) ||
	           (fstat(STDOUT_FILENO, &out) == 0 && S_ISFIFO(out.st_mode)));
}

static void
diag_say(const char *format, va_list ap, const char *tail)
{
	static const char lost[] = "rsenc: out of memory\n", wipe[] = "\r\033[K";
	/* One write(2) a line, below PIPE_BUF as a rule: the lines of parallel commands do not
	 * mix. */
	char *line = diag_make_line(format, ap, tail);
	pthread_mutex_lock(&lock);
	if (diag_line_is_taken())
		diag_put(wipe, sizeof wipe - 1);
	transient_shown = false;
	diag_put(line ? line : lost, strlen(line ? line : lost));
	pthread_mutex_unlock(&lock);
	free(line);
}

void
diag_warn(const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	diag_say(format, ap, "");
	va_end(ap);
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
diag_check_output(int failed, const struct error *why)
{
	if (failed)
		diag_die(STATUS_BAD, "%s", why->text);
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

/* Columns of the terminal that stderr is. */
static int
diag_terminal_width(void)
{
	enum { USUAL = 80 };
	struct winsize size;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return USUAL;
}

/* How many bytes of the text are shown in `room` columns. A text that reached the last column would
 * scroll the screen at each refresh, and half a number would be another number: it is cut before a
 * comma. */
static int
diag_fitting(const char *text, int room)
{
	int len = (int)strlen(text);
	if (len <= room)
		return len;
	for (int at = room; at > 0; at--) {
		if (text[at] == ',' && text[at + 1] == ' ')
			return at;
	}
	return room;
}

void
status_line(const char *text)
{
	pthread_mutex_lock(&lock);
	if (text || transient_shown) {
		char line[512];
		int len = snprintf(line, sizeof line, "\r%.*s\033[K",
		    diag_fitting(text ? text : "", diag_terminal_width() - 1), text ? text : "");
		if (len > 0)
			diag_put(line, (size_t)len < sizeof line ? (size_t)len : sizeof line - 1);
	}
	transient_shown = text != NULL;
	pthread_mutex_unlock(&lock);
}

enum { FULL_BLOCKS = 2048 }; /* fewer are none: some file systems keep a few */

static char *bus_line, *full_line; /* for good */
static const char *bus_item;

static void
diag_on_bus(int signal, siginfo_t *info, void *context)
{
	(void)context;
	if (info->si_code == BUS_ADRALN) { /* a fault of the program, which is killed for it */
		struct sigaction killed = {.sa_handler = SIG_DFL};
		sigaction(signal, &killed, NULL);
		return;
	}
	/* A page of a map that can't be written, for the disk is full, is the same signal. */
	struct statvfs disk;
	bool full = statvfs(bus_item, &disk) == 0 && disk.f_bavail < FULL_BLOCKS;
	const char *line = full ? full_line : bus_line;
	diag_put(line, strlen(line));
	_exit(STATUS_BAD);
}

static char *
diag_line_of(const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	char *line = diag_make_line(format, ap, "");
	va_end(ap);
	return line;
}

void
install_sigbus_handler(const char *item)
{
	struct sigaction action = {.sa_sigaction = diag_on_bus, .sa_flags = SA_SIGINFO};
	sigemptyset(&action.sa_mask);
	bus_line = diag_line_of("%s: a page of it can't be read: the file was cut off, or its disk "
	                        "fails. Take a whole copy of it, or load again",
	    item);
	full_line = diag_line_of(
	    "%s: the disk is full. What was committed is kept: make room, then go on", item);
	bus_item = item;
	if (bus_line && full_line)
		sigaction(SIGBUS, &action, NULL);
}

void
require_stdin_not_tty(const char *what, const char *writer)
{
	if (isatty(STDIN_FILENO))
		diag_usage("no %s on standard input: %s writes them", what, writer);
}

void
require_stdout_not_tty(const char *what)
{
	if (isatty(STDOUT_FILENO))
		diag_usage(
		    "not writing %s to a terminal: pipe it, or redirect with '> FILE'", what);
}

void
diag_close_stdout(void)
{
	/* stdio reports nothing for a descriptor that was closed before it began (>&-). */
	if (no_stdout)
		errno = EBADF;
	if (no_stdout || fflush(stdout) != 0 || ferror(stdout) || fclose(stdout) != 0)
		diag_die(
		    STATUS_BAD, "standard output: %s", errno ? strerror(errno) : "write failed");
}
