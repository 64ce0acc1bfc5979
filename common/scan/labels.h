#ifndef RSENC_SCAN_LABELS_H
#define RSENC_SCAN_LABELS_H

#include "base/buf.h"
#include "scan/assembled.h"

/* Replaces ranks in the labels of a group's files (line.h) by their numbers, from 1, in bytewise
 * order of all texts that are ranked in the group. The files are sorted; the new labels are in
 * `text`, which is emptied first. */
void labels_rank(struct assembled_file *files, size_t count, struct buf *text);

#endif
