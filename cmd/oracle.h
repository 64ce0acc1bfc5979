#ifndef RSENC_CMD_ORACLE_H
#define RSENC_CMD_ORACLE_H

#include "base/buf.h"
#include "process/program.h"
#include "stream/record.h"
#include "stream/sample.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Another program that makes the records of some of many group lines, for rsenc-verify: which lines
 * these are, the process, and an account of what it wrote. Where it fails that is told, as "the
 * oracle".
 */

#define ORACLE_SEED_MAX UINT32_MAX

struct oracle_key {
	struct buf key;
	bool taken; /* its record came */
};

struct oracle {
	/* Options. */
	const char *command; /* NULL: there is none */
	uint64_t size;       /* lines to choose; 0: not said */
	uint64_t seed;       /* above ORACLE_SEED_MAX: any, oracle_choose sets it */

	struct sample sample;
	struct oracle_key *keys; /* of the lines that are chosen, bytewise sorted */
	uint64_t taken;          /* records that were asked for, */
	uint64_t strange;        /* and that were not */
	struct program program;
	size_t fed, fed_of_line; /* lines that it was given, and bytes of the next */
};

/* Chooses among the group lines of the files ("-" is standard input, as are none). Dies where they can't
 * be read to their end, or there is none. */
void oracle_choose(struct oracle *o, char **paths);

/* Starts the program, and from now on its output is standard input. Before rights are given up. */
void oracle_start(struct oracle *o);

/* Waits until it has written something, or has ended; tells when that takes long. */
void oracle_wait(const struct oracle *o);

/* Whether that record was asked for and did not come yet: else it is told. */
bool oracle_takes(struct oracle *o, const struct record *rec);

/* Closes its output. `ended`: that was read to its end, so how the program ends is waited for, and told
 * if it fails; else it is ended. Returns whether all went well. */
bool oracle_end(struct oracle *o, bool ended);

void oracle_free(struct oracle *o);

#endif
