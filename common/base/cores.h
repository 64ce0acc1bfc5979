#ifndef RSENC_BASE_CORES_H
#define RSENC_BASE_CORES_H

/* How many cores this process may use, at least 1: those of its affinity (a batch system's cpuset,
 * taskset) and no more than the time that its control groups give (a container's --cpus). */
unsigned cores_allowed(void);

/* The second part: cores that the control groups of a process give, rounded up, or 0 for no limit.
 * `list` is the text of /proc/PID/cgroup, `root` where the hierarchies are mounted
 * ("/sys/fs/cgroup"). Source: cgroups(7), the kernel's cgroup-v2 and sched-bwc documents. */
unsigned cores_of_groups(const char *list, const char *root);

#endif
