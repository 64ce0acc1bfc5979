#ifdef __linux__
#define _GNU_SOURCE /* sched_getaffinity, F_SETPIPE_SZ */
#endif

#include "base/system.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h> /* defines __GLIBC__ */
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#endif
#ifdef __GLIBC__
#include <malloc.h>
#endif

enum { TEXT = 4096 };

double
clock_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- control groups ---- */

/* The start of dir/name, a small file of the kernel, whose size is not known before it is read.
 * Returns 0, or -1 if it can't be read. */
static int
read_text(const char *dir, const char *name, char text[TEXT])
{
	char path[PATH_MAX + 32];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "re");
	if (!f)
		return -1;
	size_t n = fread(text, 1, TEXT - 1, f);
	text[n] = '\0';
	(void)fclose(f);
	return 0;
}

/* Cores of one group: version 2 has "QUOTA PERIOD" or "max PERIOD" in one file, version 1 has a
 * file for each, and -1 for no limit. */
static uint64_t
group_cores(const char *dir)
{
	char text[TEXT], *end = text;
	long long quota = 0, period = 0;
	if (read_text(dir, "cpu.max", text) == 0) {
		quota = strtoll(text, &end, 10); /* 0 of "max" */
		period = strtoll(end, NULL, 10);
	} else if (read_text(dir, "cpu.cfs_quota_us", text) == 0) {
		quota = strtoll(text, NULL, 10);
		period = read_text(dir, "cpu.cfs_period_us", text) == 0 ? strtoll(text, NULL, 10)
		                                                        : 0;
	}
	if (quota <= 0 || period <= 0 || quota / period >= UINT_MAX)
		return 0;
	return (uint64_t)((quota - 1) / period + 1);
}

/* Memory of one group. Version 1 writes the largest number of pages for no limit. */
static uint64_t
group_memory(const char *dir)
{
	char text[TEXT];
	if (read_text(dir, "memory.max", text) != 0 &&
	    read_text(dir, "memory.limit_in_bytes", text) != 0)
		return 0;
	unsigned long long bytes = strtoull(text, NULL, 10); /* 0 of "max" */
	return bytes < INT64_MAX / 2 ? bytes : 0;
}

static uint64_t
least_limit(uint64_t a, uint64_t b)
{
	return a == 0 || (b > 0 && b < a) ? b : a;
}

/* The least that a group and those above it give. In a container the group's own name may be one of
 * the host: the container's group is then mounted as the root. */
static uint64_t
limit_of_path(const char *root, const char *path, uint64_t (*limit)(const char *dir))
{
	char dir[PATH_MAX];
	size_t root_len = strlen(root);
	uint64_t least = 0;
	int n = snprintf(dir, sizeof dir, "%s%s", root, path);
	if (n < 0 || (size_t)n >= sizeof dir)
		return 0;
	for (;;) {
		least = least_limit(least, limit(dir));
		char *slash = strrchr(dir, '/');
		if (!slash || (size_t)(slash - dir) < root_len)
			return least;
		*slash = '\0';
	}
}

/* Whether a comma list contains a word. */
static int
has_word(const char *list, size_t len, const char *word)
{
	for (size_t at = 0; at < len;) {
		const char *comma = memchr(list + at, ',', len - at);
		size_t size = comma ? (size_t)(comma - list) - at : len - at;
		if (size == strlen(word) && memcmp(list + at, word, size) == 0)
			return 1;
		at += size + 1;
	}
	return 0;
}

static uint64_t
limit_of_groups(
    const char *list, const char *root, const char *controller, uint64_t (*limit)(const char *dir))
{
	char mount[PATH_MAX], path[PATH_MAX];
	uint64_t least = 0;
	/* A line is NUMBER:CONTROLLERS:PATH; version 2 has number 0 and no controllers. */
	for (const char *line = list; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		const char *first = strchr(line, ':');
		const char *second = first ? strchr(first + 1, ':') : NULL;
		if (!second)
			break;
		size_t names = (size_t)(second - first - 1), len = strcspn(second + 1, "\n");
		if ((names > 0 && !has_word(first + 1, names, controller)) || len >= sizeof path)
			continue;
		snprintf(path, sizeof path, "%.*s", (int)len, second + 1);
		snprintf(mount, sizeof mount, "%s%s%.*s", root, names > 0 ? "/" : "", (int)names,
		    first + 1);
		least = least_limit(least, limit_of_path(mount, path, limit));
	}
	return least;
}

unsigned
cores_of_groups(const char *list, const char *root)
{
	return (unsigned)limit_of_groups(list, root, "cpu", group_cores);
}

uint64_t
memory_of_groups(const char *list, const char *root)
{
	return limit_of_groups(list, root, "memory", group_memory);
}

unsigned
cores_allowed(void)
{
	char list[TEXT];
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
#ifdef __linux__
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
		cores = CPU_COUNT(&set);
#endif
	uint64_t given = cores > 0 ? (uint64_t)cores : 1;
	if (read_text("/proc/self", "cgroup", list) == 0)
		given = least_limit(given, cores_of_groups(list, "/sys/fs/cgroup"));
	return (unsigned)given;
}

uint64_t
memory_allowed(void)
{
	char list[TEXT];
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
	uint64_t given = pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : INT64_MAX;
	if (read_text("/proc/self", "cgroup", list) == 0)
		given = least_limit(given, memory_of_groups(list, "/sys/fs/cgroup"));
	return given;
}

/* ---- memory and pipes ---- */

void
malloc_tuning(void)
{
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, 32 << 20); /* the largest that is possible */
	mallopt(M_TRIM_THRESHOLD, 256 << 20);
	mallopt(M_TOP_PAD, 1 << 20);
#endif
}

void
advise_huge_pages(void *buffer, size_t size)
{
#ifdef MADV_HUGEPAGE
	enum { SMALL = 4 << 20 };
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = ((uintptr_t)buffer + page - 1) / page * page;
	uintptr_t to = ((uintptr_t)buffer + size) / page * page;
	if (size >= SMALL && to > from)
		madvise((void *)from, to - from, MADV_HUGEPAGE);
#else
	(void)buffer, (void)size;
#endif
}

/* Linux: the third number of this file, proc(5). mincore(2) reports the page cache instead, which
 * all processes share, and getrusage(2) only the largest value so far. */
size_t
resident_mapped(void)
{
	static int fd = -1;
	char text[128], *at = text;
	unsigned long shared = 0;
	if (fd < 0)
		fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof text - 1, 0);
	if (n <= 0)
		return SIZE_MAX;
	text[n] = '\0';
	for (int field = 0; field < 3; field++)
		shared = strtoul(at, &at, 10);
	return (size_t)shared * (size_t)sysconf(_SC_PAGESIZE);
}

/* As much as an unprivileged process may have (/proc/sys/fs/pipe-max-size): between two commands
 * that only move bytes 828 MB took 0.25 s instead of 0.52 s with the usual 64 KiB. It fails for a
 * user who has too many pipes already (pipe-user-pages-soft), and the pipe stays as it is. */
void
pipe_widen(int fd)
{
#ifdef F_SETPIPE_SZ
	enum { PIPE_SIZE = 1 << 20 };
	fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
#else
	(void)fd;
#endif
}
