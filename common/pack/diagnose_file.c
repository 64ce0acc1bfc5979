#include "pack/diagnose_file.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/path.h"
#include "stream/detect_format.h"
#include "tiff/directory.h"

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	/* Zeros in a row that no coder makes and no writer leaves: shorter ones are in good
	 * files. */
	HOLE = 512,
	PIECE = 1
	        << 20, /* what downloads in parts are made of: aria2's --min-split-size at least */
	LOOK = 16      /* bytes looked at where a piece ends */
};

void
diagnose_missing(const char *path, struct error *why)
{
	char target[PATH_MAX];
	if (why->kind != ERROR_MISSING)
		return;
	/* "No such file" is said of a link's target too, while the link itself is there for all
	 * to see. */
	ssize_t n = readlink(path, target, sizeof target - 1);
	if (n <= 0)
		return;
	target[n] = '\0';
	bool annex = strstr(target, ".git/annex/objects/") != NULL;
	char *word = shell_quoted(path);
	error_set(why,
	    annex ? "is a git-annex link to missing content: run 'git annex get %s'"
	          : "broken link to %s",
	    annex ? word : target);
	free(word);
}

/* ---- not all of it ---- */

/* Adds to the reason that long runs of zeros were found, which pixels may be, too. */
static void
diagnose_hole(const void *bytes, size_t len, struct error *why)
{
	size_t begin, hole = longest_zeros(bytes, len, &begin);
	char place[120];
	if (hole >= HOLE) {
		snprintf(place, sizeof place,
		    " (%zu bytes from byte %zu on are zeros): download it again", hole, begin);
		error_append(why, place);
	} else if (why->kind == ERROR_DAMAGED) {
		error_append(why, ": download the file again, or keep what could be decoded with "
		                  "--damaged=keep");
	}
}

void
diagnose_bytes(const void *bytes, size_t len, size_t complete, struct error *why)
{
	uint64_t required = required_size(bytes, len);
	size_t begin;
	if (len == 0) {
		error_set(why, "is empty: download it again");
	} else if (why->kind == ERROR_TOO_LARGE) {
		return;
	} else if (required > len) {
		/* From the length that the file's own tags ask for: the reason so far says only
		 * where a reader stopped, not whether the file was cut off. */
		error_set(why, "truncated: %zu of at least %" PRIu64 " bytes: download it again",
		    len, required);
	} else if (required > 0) {
		/* Not of what is complete and not supported, whose pixels may be zeros. */
		if (why->kind == ERROR_DAMAGED || strstr(why->text, ": libtiff: "))
			diagnose_hole(bytes, complete, why);
	} else if (complete > 0 && longest_zeros(bytes, complete, &begin) == len) {
		error_set(why, "contains only zeros (%zu bytes): download it again", len);
	} else {
		format_error(why, FORMAT_TIFF, detect_format(bytes, len));
	}
}

/* ---- files beside it ---- */

int
diagnose_unfinished(const char *path, const void *bytes, size_t len, struct error *why)
{
	static const unsigned char zeros[LOOK];
	const unsigned char *s = bytes;
	/* What was read in parts is not looked through. */
	bool look = len == 0;
	/* Pixels may be zeros too. Only then is it worth a look at the directory, which costs as
	 * much as opening the file where the disk is far. */
	for (size_t end = PIECE; !look && end < len + PIECE; end += PIECE) {
		size_t at = end < len ? end : len;
		look = at >= LOOK && memcmp(s + at - LOOK, zeros, LOOK) == 0;
	}
	return look ? file_unfinished(path, why) : 0;
}

int
diagnose_side_file(const char *path, struct error *why)
{
	enum { MOST = 16 << 20 };
	static const char *const endings[] = {".aux.xml", ".aux", ".aux"};
	static const char erdas[] = "ehfa_header_tag";
	struct buf text = {0}, name = {0};
	const char *dot = strrchr(path, '.');
	char *word = shell_quoted(path);
	int status = 0;
	/* NAME.tif.aux.xml, whose words may be in any case, and, of Erdas Imagine, NAME.tif.aux or
	 * NAME.aux. */
	for (int i = 0; i < 3 && status == 0; i++) {
		int len = i == 2 && dot ? (int)(dot - path) : (int)strlen(path);
		name.len = text.len = 0;
		buf_addf(&name, "%.*s%s", len, path, endings[i]);
		if (file_read_all(name.data, MOST, &text, NULL) != 0)
			continue;
		buf_add(&text, "", 1);
		for (char *p = text.data; *p; p++)
			*p = (char)tolower((unsigned char)*p);
		if (i == 0 ? strstr(text.data, "nodatavalue") != NULL
		           : strncmp(text.data, erdas, strlen(erdas)) == 0)
			status = error_set(why,
			    "strips or tiles are missing, and their nodata value may be in %s, "
			    "which is not read: run 'gdal_translate %s NEW.tif' and use the new "
			    "file",
			    path_name(name.data), word);
	}
	buf_free(&name);
	buf_free(&text);
	free(word);
	return status;
}
