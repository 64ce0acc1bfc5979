#include "process/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* Writes the input, so that it is all the same whether the program reads first, last or never; and
 * ends the program with all that it has started where the command wants that or is no more. The
 * command can't do that itself: by then it has no right to signal others (confine.h), nor has the
 * system in its name (PR_SET_PDEATHSIG). */
_Noreturn static void
program_guard(pid_t pid, int input, int alive, bool (*feed)(void *context, int fd), void *context)
{
	struct pollfd fds[] = {{.fd = alive, .events = POLLIN}, {.fd = input, .events = POLLOUT}};
	char well;
	/* A program that ends without reading all its input is not a mistake by itself: what it
	 * wrote tells. */
	signal(SIGPIPE, SIG_IGN);
	/* Else a program that does not read would keep the guard from seeing that all is over. */
	fcntl(input, F_SETFL, O_NONBLOCK);
	for (;;) {
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[0].revents) {
			/* A byte: the program has ended by itself. An end without one: it is to end,
			 * or the command died in whatever way, for then the system closes its end. */
			if (read(alive, &well, 1) != 1)
				kill(-pid, SIGTERM);
			_exit(0);
		}
		if (fds[1].revents && !feed(context, input)) {
			close(input);
			fds[1].fd = -1;
		}
	}
}

_Noreturn static void
program_run(const char *command, int input, int output)
{
	/* A group of its own, so that one signal reaches all that the shell has started. */
	setpgid(0, 0);
	/* 126 and 127 as sh(1) has them, and _exit: what the parent's buffers hold is not the
	 * child's to write. */
	if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0)
		_exit(126);
	close(input);
	close(output);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

int
program_start(struct program *p, const char *command, bool (*feed)(void *context, int fd),
    void *context, struct error *why)
{
	int in[2], out[2], alive[2];
	/* Whoever started the command may ignore it, and then nobody is told how a program ended. */
	signal(SIGCHLD, SIG_DFL);
	if (pipe(in) != 0 || pipe(out) != 0 || (p->pid = fork()) < 0)
		return error_errno(why, "a program");
	if (p->pid == 0) {
		/* The program must see the end of its input and of its output's reader: it keeps no
		 * ends that are not its own. */
		close(in[1]);
		close(out[0]);
		program_run(command, in[0], out[1]);
	}
	setpgid(p->pid, p->pid); /* whoever comes first */
	close(in[0]);
	close(out[1]);
	/* Only now, so that the program does not inherit it: it would keep the guard waiting. */
	pid_t guard = pipe(alive) == 0 ? fork() : -1;
	if (guard < 0) {
		error_errno(why, "the guard of a program");
		kill(-p->pid, SIGTERM);
		return -1;
	}
	if (guard == 0) {
		close(out[0]);
		close(alive[1]);
		program_guard(p->pid, in[1], alive[0], feed, context);
	}
	close(in[1]);
	close(alive[0]);
	p->alive = alive[1];
	return out[0];
}

bool
program_ended(struct program *p, int *status)
{
	if (waitpid(p->pid, status, WNOHANG) != p->pid)
		return false;
	/* The guard need not end it, and must not: the number may be another process's soon. */
	while (write(p->alive, "", 1) < 0 && errno == EINTR)
		continue;
	return true;
}

void
program_let_go(struct program *p)
{
	close(p->alive);
}
