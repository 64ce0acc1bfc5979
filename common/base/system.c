#ifdef __linux__
#define _GNU_SOURCE /* sched_getaffinity */
#endif

#include "base/system.h"

#include "base/buf.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#endif

double
clock_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The number that is word `word`, from 0, of a small file of the kernel; 0 if there is none, as
 * where it says "max". */
static long long
read_number(const char *dir, const char *name, int word)
{
	char path[PATH_MAX + 32];
	long long n = 0;
	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "re");
	if (!f)
		return 0;
	while (word-- > 0)
		(void)!fscanf(f, "%*s");
	if (fscanf(f, "%lld", &n) != 1)
		n = 0;
	(void)fclose(f);
	return n > 0 ? n : 0;
}

static void
lower(uint64_t *limit, uint64_t other)
{
	if (other > 0 && (*limit == 0 || other < *limit))
		*limit = other;
}

/* What one group gives. Version 2 has "QUOTA PERIOD" or "max PERIOD" of the cores in one file,
 * version 1 a file for each, and -1 for no limit; of the memory version 1 writes the largest number
 * of pages for no limit. */
static void
limits_of_group(const char *dir, struct limits *l)
{
	long long quota = read_number(dir, "cpu.max", 0), period = read_number(dir, "cpu.max", 1);
	long long memory = read_number(dir, "memory.max", 0);
	if (period == 0) {
		quota = read_number(dir, "cpu.cfs_quota_us", 0);
		period = read_number(dir, "cpu.cfs_period_us", 0);
	}
	if (memory == 0)
		memory = read_number(dir, "memory.limit_in_bytes", 0);
	if (quota > 0 && period > 0 && quota / period < UINT_MAX)
		lower(&l->cores, (uint64_t)((quota - 1) / period + 1));
	if (memory < INT64_MAX / 2)
		lower(&l->memory, (uint64_t)memory);
}

void
limits_of_groups(const char *list, const char *root, struct limits *l)
{
	/* A line is NUMBER:CONTROLLERS:PATH; version 2 has number 0 and no controllers. */
	for (const char *line = list; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		const char *first = strchr(line, ':');
		const char *second = first ? strchr(first + 1, ':') : NULL;
		if (!second)
			break;
		int names = (int)(second - first) - 1, len = (int)strcspn(second + 1, "\n");
		if (names > 0 && strncmp(first + 1, "cpu", 3) != 0 &&
		    strncmp(first + 1, "memory", 6) != 0)
			continue;
		struct buf dir = {0};
		buf_addf(&dir, "%s%s%.*s", root, names > 0 ? "/" : "", names, first + 1);
		size_t mount = dir.len;
		buf_addf(&dir, "%.*s", len, second + 1);
		/* The group and those above it. In a container its name may be one of the host: the
		 * container's group is then mounted as the root. */
		limits_of_group(dir.data, l);
		for (char *slash; (slash = strrchr(dir.data + mount, '/'));
		     limits_of_group(dir.data, l))
			*slash = '\0';
		buf_free(&dir);
	}
}

struct limits
limits_of_process(void)
{
	struct limits l = {0};
	char list[4096] = "";
	FILE *f = fopen("/proc/self/cgroup", "re");
	if (f) {
		list[fread(list, 1, sizeof list - 1, f)] = '\0';
		(void)fclose(f);
	}
	limits_of_groups(list, "/sys/fs/cgroup", &l);
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
#ifdef __linux__
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
		cores = CPU_COUNT(&set);
#endif
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
	lower(&l.cores, cores > 0 ? (uint64_t)cores : 1);
	lower(&l.memory, pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : INT64_MAX);
	return l;
}

/* Linux: the third number of this file, proc(5). mincore(2) reports the page cache instead, which
 * all processes share, and getrusage(2) only the largest value so far. */
size_t
resident_mapped(void)
{
	long long pages = read_number("/proc/self", "statm", 2);
	return pages > 0 ? (size_t)pages * (size_t)sysconf(_SC_PAGESIZE) : SIZE_MAX;
}
