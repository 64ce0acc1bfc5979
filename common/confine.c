#ifdef __linux__
#define _GNU_SOURCE /* O_PATH */
#endif

#include "confine.h"

#if defined(__linux__) && defined(__has_include)
#if __has_include(<linux/landlock.h>)
#define HAVE_LANDLOCK 1
#endif
#endif

#ifndef HAVE_LANDLOCK

bool
confine_writes(const char *dir)
{
	(void)dir;
	return false;
}

#else

#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Rights that came after the first version of Landlock. */
#define REFER (UINT64_C(1) << 13)    /* 2: rename between directories */
#define TRUNCATE (UINT64_C(1) << 14) /* 3 */

static uint64_t
rights(long version)
{
	uint64_t all = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
	               LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
	               LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
	               LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
	               LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
	               LANDLOCK_ACCESS_FS_MAKE_SYM;
	return all | (version >= 2 ? REFER : 0) | (version >= 3 ? TRUNCATE : 0);
}

static bool
allow_below(int ruleset, const char *dir, uint64_t allowed)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = allowed};
	rule.parent_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return false;
	long bad = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
	return bad == 0;
}

bool
confine_writes(const char *dir)
{
	long version = syscall(
	    SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (version < 1)
		return false;
	struct landlock_ruleset_attr handled = {.handled_access_fs = rights(version)};
	long ruleset = syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
	if (ruleset < 0)
		return false;
	uint64_t allowed = handled.handled_access_fs & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE;
	bool done = (!dir || allow_below((int)ruleset, dir, allowed)) &&
	            prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	            syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
	close((int)ruleset);
	return done;
}

#endif
