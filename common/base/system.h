#ifndef RSENC_BASE_SYSTEM_H
#define RSENC_BASE_SYSTEM_H

#include <stddef.h>
#include <stdint.h>

/* What this process may use of its machine, and what it uses. */

/* Seconds of a clock that only goes forward (CLOCK_MONOTONIC): for spans of time, not for dates. */
double clock_seconds(void);

struct limits {
	uint64_t cores, memory; /* cores, rounded up, and bytes; 0: no limit */
};

/* What this process may use. Cores, at least 1: those of its affinity (a batch system's cpuset,
 * taskset) and no more than the time that its control groups give (a container's --cpus). Bytes of
 * memory: those of its control groups (a batch job's or a container's), and no more than the
 * machine has. */
struct limits limits_of_process(void);

/* Lowers *l to the least of what the control groups of a process give. `list` is the text of
 * /proc/PID/cgroup, `root` where the hierarchies are mounted ("/sys/fs/cgroup"). Source:
 * cgroups(7), the kernel's cgroup-v2, memory and sched-bwc documents. */
void limits_of_groups(const char *list, const char *root, struct limits *l);

/* Bytes of mapped files that count as this process's memory now; SIZE_MAX where the system does not
 * report it. Costs five system calls. */
size_t resident_mapped(void);

#endif
