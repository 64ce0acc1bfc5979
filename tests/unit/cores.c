/* Cores and memory that control groups give, from trees as the kernel shows them. */

#include "base/system.h"

#include "tap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *path, *text;
} files[] = {
    {"cpu.max", "400000 100000\n"}, /* as a container sees its own */
    {"job/cpu.max", "150000 100000\n"},
    {"job/step/cpu.max", "max 100000\n"},
    {"job/wide/cpu.max", "800000 100000\n"},
    {"broken/cpu.max", "x\n"},
    {"cpu,cpuacct/cpu.cfs_quota_us", "-1\n"},
    {"cpu,cpuacct/cpu.cfs_period_us", "100000\n"},
    {"cpu,cpuacct/old/cpu.cfs_quota_us", "50000\n"},
    {"cpu,cpuacct/old/cpu.cfs_period_us", "100000\n"},
    {"cpuset/old/cpu.cfs_quota_us", "50000\n"},
    {"memory.max", "max\n"},
    {"job/memory.max", "1073741824\n"},
    {"job/step/memory.max", "max\n"},
    {"job/wide/memory.max", "4294967296\n"},
    {"memory/old/memory.limit_in_bytes", "536870912\n"},
    {"memory/memory.limit_in_bytes", "9223372036854771712\n"},
};

static const struct {
	const char *list;
	unsigned cores;
} rows[] = {
    {"0::/job\n", 2},      /* 1.5, rounded up */
    {"0::/job/step\n", 2}, /* of the group above */
    {"0::/job/wide\n", 2},
    {"0::/\n", 4},
    {"0::/not/here\n", 4}, /* the host's name, unknown in the container */
    {"0::/broken\n", 4},
    {"2:cpu,cpuacct:/\n", 0},
    {"3:cpuset:/old\n2:cpu,cpuacct:/old\n", 1},
    {"1:name=systemd:/job\n3:cpuset:/old\n", 0},
    {"2:cpu,cpuacct:/old\n0::/\n", 1},
    {"", 0},
    {"0:", 0},
    {"nonsense\n", 0},
};

static const struct {
	const char *list;
	uint64_t bytes;
} memory[] = {
    {"0::/\n", 0},
    {"0::/job\n", 1 << 30},
    {"0::/job/step\n", 1 << 30},
    {"0::/job/wide\n", 1 << 30},
    {"4:memory:/old\n2:cpu,cpuacct:/old\n", 1 << 29},
    {"4:memory:/\n", 0},
    {"2:cpu,cpuacct:/old\n", 0},
};

static void
write_file(const char *path, const char *text)
{
	char copy[256];
	snprintf(copy, sizeof copy, "%s", path);
	for (char *slash = copy; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		mkdir(copy, 0777);
	}
	FILE *f = fopen(path, "w");
	if (f) {
		fputs(text, f);
		fclose(f);
	}
}

int
main(void)
{
	char root[] = "/tmp/cores.XXXXXX";
	if (!mkdtemp(root) || chdir(root) != 0)
		return 1;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		write_file(files[i].path, files[i].text);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct limits l = {0};
		limits_of_groups(rows[i].list, root, &l);
		ok(l.cores == rows[i].cores, "list %zu gives %" PRIu64, i, l.cores);
	}
	for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) {
		struct limits l = {0};
		limits_of_groups(memory[i].list, root, &l);
		ok(l.memory == memory[i].bytes, "list %zu: %" PRIu64 " bytes of memory", i,
		    l.memory);
	}
	struct limits own = limits_of_process();
	ok(own.memory >= 1 << 20, "this process may use %" PRIu64 " bytes", own.memory);
	ok(own.cores >= 1, "this process may use %" PRIu64 " cores", own.cores);
	char command[64];
	snprintf(command, sizeof command, "rm -r %s", root);
	ok(chdir("/") == 0 && system(command) == 0, "cleaned up");
	return tap_done();
}
