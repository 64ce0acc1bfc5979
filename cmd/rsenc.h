#ifndef RSENC_CMD_RSENC_H
#define RSENC_CMD_RSENC_H

/*
 * What `rsenc NAME` can start. The table is written by cmd/table.sh for each build: in a static one
 * the commands and scripts are inside the executable, else they are programs beside it.
 */

struct command {
	const char *name;                  /* rsenc-scan, rs-tensor-encoder; NULL ends the table */
	const char *about;                 /* the line about it of its man page */
	int (*run)(int argc, char **argv); /* its main(), or NULL */
	const char *script;                /* its text for sh, or NULL */
};

extern const struct command commands[];

/* The packages that a static executable was linked from, with their versions; "" in another one. */
extern const char linked_from[];

#endif
