#ifndef RSENC_SCAN_HOME_H
#define RSENC_SCAN_HOME_H

#include "base/buf.h"
#include "scan/assembled.h"
#include "scan/directory.h"

#include <stdbool.h>

/*
 * The home of a file: the directory below which all files lie that one line of a rule finds for
 * one key. It is the directory in which the match begins, or, where the key determines the first
 * folders of the match, the last of those folders, so that a patch can be listed when that was
 * left.
 */

/* How many levels above the directory of its files the home of a line is. */
unsigned home_levels(const struct rule_line *line);

/* The home of files in `dir`, as text that distinguishes homes: its absolute path. In an archive
 * the path begins in the archive. Above the root of an archive there is only "". The caller
 * frees it. */
char *home_path(const struct directory *dir, unsigned levels);

/* Whether some line has found files below two homes, though no two files have the same tensors.
 * Then `why`, which is empty, is set to the reason, with the pattern that joins the homes if
 * there is one. */
bool home_check(const struct assembled *g, struct buf *why);

#endif
