#ifndef RSENC_PROCESS_DIAG_H
#define RSENC_PROCESS_DIAG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Diagnostics on stderr and the exit status that goes with them. Every message is one line,
 * "program: text", written with a single write(2): lines of parallel commands do not mix.
 * Control bytes (a newline in a file name) are shown as \n, \t or \xHH.
 */

enum { STATUS_OK = 0, STATUS_BAD = 1, STATUS_USAGE = 2 };

/* Remembers the last component of argv[0] as the program's name, and keeps the place of a standard
 * stream that is closed: else the next file that is opened would get its number, and messages
 * would be written into a database. The placeholder can't be read or written. Call first;
 * options_read does. */
void diag_start(const char *argv0);

/* One line on stderr; the caller continues. Thread-safe. */
void diag_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same of what makes the run fail in the end, by one thread at a time. */
void diag_bad(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* STATUS_BAD after diag_bad, else STATUS_OK. */
int diag_status(void);

/* Whether a caller such as rs-tensor-encoder runs the command, and reports the result and how to
 * resume: $RSENC_RESUME is the command line of the caller. */
bool run_by_wrapper(void);

/* One line on stderr, then exit(status); with 128 + signal instead of STATUS_BAD once a signal has
 * asked to stop. */
_Noreturn void diag_die(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Wrong usage: one line that ends in a pointer to -h, then exit(STATUS_USAGE). */
_Noreturn void diag_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A text that is drawn over by the next one and wiped before a message; NULL wipes it. For meters,
 * on a terminal: of what is wider than that, the parts that fit, which commas separate. */
void status_line(const char *text);

/* From now on a page of the database `item` that can't be read (SIGBUS: the file was cut off, or
 * its disk fails), or misleads LMDB (SIGSEGV, SIGABRT), is one line on stderr that names it, then
 * exit(STATUS_BAD); what stdout still buffers is lost. Who writes to it gives the number of patches
 * that are stored: then the disk is full where a page can't be read, and the line says how many
 * they are. Both must stay where they are. */
void install_page_handler(const char *item, const uint64_t *kept);

/* Refuses to wait for input on a terminal: wrong usage. The message names the input ("records")
 * and the command that writes it. */
void require_stdin_not_tty(const char *what, const char *writer);

/* Refuses to write binary data to a terminal: wrong usage, with the hint. `what` names the
 * output ("a record stream"). */
void require_stdout_not_tty(const char *what);

/* Flushes and closes stdout; dies with STATUS_BAD if anything written was lost. Returns
 * diag_status. */
int diag_close_stdout(void);

#endif
