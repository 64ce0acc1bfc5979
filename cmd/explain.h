#ifndef RSENC_CMD_EXPLAIN_H
#define RSENC_CMD_EXPLAIN_H

#include "cmd/datasets.h"

/* rsenc-scan --explain: for each file the rule that matches it, as a line on standard output, or
 * the reasons why none does, as lines on standard error. Files are operands or, without any, lines
 * of standard input; they need not exist. Dies where input fails. */
void explain_files(const struct datasets *sets, char **files);

#endif
