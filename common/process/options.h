#ifndef RSENC_PROCESS_OPTIONS_H
#define RSENC_PROCESS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The options of a command as one table: what getopt_long gets, what -h prints and where each
 * value goes follow from its rows. Wrong usage is one line of diag_usage, which names the option
 * as the user gave it, and exit status 2.
 */

enum { JOBS_MAX = 1024 }; /* threads that -j may ask for */

/* One option. It sets the one pointer among the last that is not NULL, and the flag if there is one
 * beside it; without any the option is accepted and does nothing. */
struct option_row {
	int letter;           /* 'j'; 0: there is only the long form */
	const char *name;     /* "jobs" */
	const char *argument; /* "N", for -h and messages; NULL: it takes none */
	const char *help;     /* a newline in it starts another line */

	bool *flag;        /* becomes true */
	const char **text; /* any text: belongs to argv */
	uint64_t *number;  /* a whole decimal number within min..max */
	uint64_t *size;    /* bytes, with an optional K, M, G, T, within min..max */
	double *decimal;   /* any number, "nan" too */
	/* Anything else: called with `context`, or that of options_read if it is NULL, the option
	 * as the user gave it ("-t", "--tensors") and its value (NULL if it takes none); it
	 * complains with diag_usage. */
	void (*take)(void *context, const char *option, const char *value);
	void *context;

	uint64_t min, max;
};

/* Starts the command (diag_start), and reads the options of argv. `usage` is what -h prints above
 * the table: the synopsis and what the command does. -h and -V are added, print on standard output
 * and exit. Returns the operands, in argv, NULL-terminated. */
char **options_read(const char *usage, const struct option_row *rows, size_t count, void *context,
    int argc, char **argv);

/* The one operand of a command that takes one ("database"); none, an empty one, or more, is wrong
 * usage. */
const char *options_operand(char **operands, const char *what);

/* Which of the words that exist a mistyped one may have meant: `known` if it is near `given` and
 * nearer than `best`, else `best` (NULL: none so far). "keepgoing" finds "keep-going", "output-dir"
 * finds "output", "frobnicate" finds nothing. */
const char *suggest(const char *given, const char *best, const char *known);

#endif
