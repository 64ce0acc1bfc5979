#ifndef RSENC_CMD_OPERANDS_H
#define RSENC_CMD_OPERANDS_H

#include "stream/detect_format.h"

/*
 * Operands of the wrong kind, for all commands: a list of patches where one patch is expected, two
 * operands in the wrong order, a database where records are read. They are recognised by their
 * first bytes, and the message gives the call that was meant.
 */

/* Dies, with that message, if one of the operands is of a kind that this command cannot take,
 * or if two of them are one path with an unquoted blank. Call it before anything is opened. */
void check_operands(char **operands);

/* What a path leads to: the format of a regular file by its first bytes, or the kind of directory.
 * FORMAT_UNKNOWN also if there is nothing that can be read. */
enum format operand_format(const char *path);

#endif
