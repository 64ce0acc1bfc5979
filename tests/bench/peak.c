/*
 * Runs a command and appends the peak of its resident memory, in KiB, as a line to FILE. Exits as
 * the command does. (A program of its own, and small: on Linux a child starts with the peak of
 * the process that it was forked from.)
 *
 *     peak FILE COMMAND [ARGUMENT...]
 */

#include "process/diag.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct rusage used;
	int status;

	diag_start(argv[0]);
	if (argc < 3)
		diag_usage("usage: peak FILE COMMAND [ARGUMENT...]");
	pid_t child = fork();
	if (child < 0)
		diag_die(STATUS_BAD, "can't fork: %s", strerror(errno));
	if (child == 0) {
		execvp(argv[2], argv + 2);
		diag_die(127, "%s: can't be run: %s", argv[2], strerror(errno));
	}
	if (waitpid(child, &status, 0) != child || getrusage(RUSAGE_CHILDREN, &used) != 0)
		diag_die(STATUS_BAD, "%s: lost: %s", argv[2], strerror(errno));
	FILE *f = fopen(argv[1], "a");
	if (!f || fprintf(f, "%ld\n", used.ru_maxrss) < 0 || fclose(f) != 0)
		diag_die(STATUS_BAD, "%s: can't be written: %s", argv[1], strerror(errno));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
