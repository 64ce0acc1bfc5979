#ifndef RSENC_CMD_OPERANDS_H
#define RSENC_CMD_OPERANDS_H

#include "stream/detect_format.h"

/*
 * Operands of the wrong kind, for all commands: a list of patches where one patch is expected, two
 * operands in the wrong order, a database where records are read. They are recognised by their
 * first bytes, and the message gives the call that was meant.
 */

/* Dies, with that message, if one of the operands is of a kind that this command cannot take, or
 * is empty, or if several are one path with unquoted blanks; also if there is none and `what`, the
 * name of the first one ("DB"), is not NULL. The command in the message has the options that
 * precede the operands in argv. Call it before anything is opened. */
void check_operands(char **argv, char **operands, const char *what);

/* The format of the file at a path, by its first bytes, or the kind of a directory. FORMAT_UNKNOWN
 * also if it cannot be read, and for "-". */
enum format operand_format(const char *path);

#endif
