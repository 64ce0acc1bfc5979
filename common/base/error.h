#ifndef RSENC_BASE_ERROR_H
#define RSENC_BASE_ERROR_H

/*
 * A reason in words, filled by a function of common/ that failed and printed by the command
 * after the name of the item: "rsenc-pack: KEY: PATH: <text>". One line, no final newline,
 * with what mends it. What names a command, or an option of one, is for the commands to say:
 * then the reason carries a hint, and cmd/hints.h has the words.
 */

enum error_hint {
	HINT_NONE,
	HINT_MEMORY, /* it needs more memory than the user allowed */
	HINT_NOT_RECORDS, /* of the input, not a record stream: detail is an enum kind (stream/sniff.h) */
	HINT_NOT_BLOBS,  /* the same where a safetensors blob may come too */
	HINT_NOT_GROUP,  /* the same of group lines */
	HINT_NOT_TABLE,  /* the same of a table */
	HINT_DIRECTORY,  /* a directory where a blob or record stream should be */
	HINT_STORED,     /* the key is there already */
	HINT_SINGLE,     /* the database is a single file, and a directory was expected */
	HINT_NOT_SINGLE, /* the other way round */
	HINT_TENSOR,     /* there is no such tensor in a blob */
	HINT_BAND,       /* there is no such band in a group */
	HINT_RECOVER, /* a load must be taken back first; detail: whether the database is a file */
	HINT_LINE,    /* it is no group line */
	HINT_TWICE,   /* there was such a key before */
	HINT_TOTALS,  /* it is no file of totals */
	HINT_TOTALS_NODATA, /* totals have counted what is no value */
	HINT_HELD,          /* files of an archive take more memory than is allowed */
	HINT_RULE,          /* a rule takes files, but perhaps not as was meant */

	/* Of a file of a patch. */
	HINT_NO_FILE,    /* it is not there; detail is the enum kind of what takes its place */
	HINT_UNREADABLE, /* it can't be opened or read */
	HINT_EMPTY,
	HINT_NOT_TIFF,   /* it is something else: detail is an enum kind, KIND_UNKNOWN too */
	HINT_ENDS_EARLY, /* it was cut off */
	HINT_ZEROS,      /* it holds zeros where there was something */
	HINT_UNFINISHED, /* a program is still at it, or was */
	HINT_BANDS,      /* it has another number of bands than there are names */
	HINT_DAMAGED     /* the pixels of a file are damaged, but could be decoded */
};

enum { ERROR_SIZE = 1000 };

struct error {
	char text[ERROR_SIZE];
	enum error_hint hint;
	int detail; /* of the hint */
};

/* Formats the reason and returns -1, so that a failing function can `return error_set(why, ...)`.
 * Where it is too long, long words (names, paths) lose their middle: the reason is always there.
 * `why` may be NULL: the reason is dropped. */
int error_set(struct error *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Like error_set, with ": " and the text of errno appended. */
int error_errno(struct error *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The reason of an open(2) that failed with errno, and its hint. Returns -1. */
int error_open(struct error *why);

/* Adds a hint to the reason that error_set has set. Returns -1. */
int error_hint(struct error *why, enum error_hint hint, int detail);

/* Puts where it was in front of the reason: "WHERE: the reason". The hint stays. Returns -1. */
int error_prefix(struct error *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends to the reason. */
void error_append(struct error *why, const char *text);

#endif
