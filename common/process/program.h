#ifndef RSENC_PROCESS_PROGRAM_H
#define RSENC_PROCESS_PROGRAM_H

#include "base/error.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * Another program, as sh(1) takes it, that is given input and whose output is read. It ends with the
 * command, however that ends.
 */

struct program {
	pid_t pid; /* and of its process group */
	int alive; /* private: a pipe to its guard */
};

/* Starts `command`. `feed` is called, in a process of its own, whenever `fd` takes something: it writes
 * the next piece of input with one write(2), which never waits, and returns whether there is more to
 * come. Before rights are given up. Returns the end of a pipe from which its output is read, or -1
 * with the reason. */
int program_start(struct program *p, const char *command, bool (*feed)(void *context, int fd),
    void *context, struct error *why);

/* Whether it has ended by itself, and then with which status, as waitpid(2) has it. Waits for
 * nothing. */
bool program_ended(struct program *p, int *status);

/* Ends it, and all that it has started, if it has not ended by itself. Once. */
void program_let_go(struct program *p);

#endif
