#ifdef __linux__
#define _GNU_SOURCE /* sched_getaffinity */
#endif

#include "base/cores.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#endif

enum { TEXT = 4096 };

/* The start of a small file. Returns 0, or -1 if it can't be read. */
static int
read_text(const char *path, char text[TEXT])
{
	/* Files of the kernel: their size is not known before they are read. */
	FILE *f = fopen(path, "re");
	if (!f)
		return -1;
	size_t n = fread(text, 1, TEXT - 1, f);
	text[n] = '\0';
	(void)fclose(f);
	return 0;
}

/* The number that a file of a group begins with. Returns 0, or -1 if there is none. */
static int
read_number(const char *dir, const char *name, long long *value)
{
	char path[PATH_MAX + 32], text[TEXT], *end;
	snprintf(path, sizeof path, "%s/%s", dir, name);
	if (read_text(path, text) != 0)
		return -1;
	*value = strtoll(text, &end, 10);
	return end > text ? 0 : -1;
}

/* What one group gives, or 0: version 2 says "QUOTA PERIOD" or "max PERIOD" in one file, version 1
 * has a file for each, and -1 for no limit. */
static unsigned
cores_of_group(const char *dir)
{
	char path[PATH_MAX + 32], text[TEXT], *end;
	long long quota = 0, period = 0;
	snprintf(path, sizeof path, "%s/cpu.max", dir);
	if (read_text(path, text) == 0) {
		quota = strtoll(text, &end, 10); /* 0 of "max" */
		period = strtoll(end, NULL, 10);
	} else if (read_number(dir, "cpu.cfs_quota_us", &quota) != 0 ||
	           read_number(dir, "cpu.cfs_period_us", &period) != 0) {
		return 0;
	}
	if (quota <= 0 || period <= 0 || quota / period >= UINT_MAX)
		return 0;
	return (unsigned)((quota - 1) / period + 1);
}

/* The least that a group and those above it give. In a container the group's own name may be one of
 * the host: what is mounted as the root is the container's then. */
static unsigned
cores_of_path(const char *root, const char *path)
{
	char dir[PATH_MAX];
	size_t root_len = strlen(root);
	unsigned least = 0;
	int n = snprintf(dir, sizeof dir, "%s%s", root, path);
	if (n < 0 || (size_t)n >= sizeof dir)
		return 0;
	for (;;) {
		unsigned cores = cores_of_group(dir);
		if (cores > 0 && (least == 0 || cores < least))
			least = cores;
		char *slash = strrchr(dir, '/');
		if (!slash || (size_t)(slash - dir) < root_len)
			return least;
		*slash = '\0';
	}
}

/* Whether a comma list holds "cpu". */
static int
has_cpu(const char *list, size_t len)
{
	for (size_t at = 0; at < len;) {
		const char *comma = memchr(list + at, ',', len - at);
		size_t word = comma ? (size_t)(comma - list) - at : len - at;
		if (word == 3 && memcmp(list + at, "cpu", 3) == 0)
			return 1;
		at += word + 1;
	}
	return 0;
}

unsigned
cores_of_groups(const char *list, const char *root)
{
	char mount[PATH_MAX], path[PATH_MAX];
	unsigned least = 0;
	/* A line is NUMBER:CONTROLLERS:PATH; version 2 has number 0 and no controllers. */
	for (const char *line = list; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		const char *first = strchr(line, ':');
		const char *second = first ? strchr(first + 1, ':') : NULL;
		if (!second)
			break;
		size_t names = (size_t)(second - first - 1), len = strcspn(second + 1, "\n");
		if ((names > 0 && !has_cpu(first + 1, names)) || len >= sizeof path)
			continue;
		snprintf(path, sizeof path, "%.*s", (int)len, second + 1);
		snprintf(mount, sizeof mount, "%s%s%.*s", root, names > 0 ? "/" : "", (int)names,
		    first + 1);
		unsigned cores = cores_of_path(mount, path);
		if (cores > 0 && (least == 0 || cores < least))
			least = cores;
	}
	return least;
}

static unsigned
cores_of_affinity(void)
{
#ifdef __linux__
	cpu_set_t cores;
	if (sched_getaffinity(0, sizeof cores, &cores) == 0 && CPU_COUNT(&cores) > 0)
		return (unsigned)CPU_COUNT(&cores);
#endif
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	return online > 0 ? (unsigned)online : 1;
}

unsigned
cores_allowed(void)
{
	char list[TEXT];
	unsigned cores = cores_of_affinity(), given = 0;
	if (read_text("/proc/self/cgroup", list) == 0)
		given = cores_of_groups(list, "/sys/fs/cgroup");
	return given > 0 && given < cores ? given : cores;
}
