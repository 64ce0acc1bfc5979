#ifdef __linux__
#define _GNU_SOURCE /* O_PATH */
#endif

#include "process/sandbox.h"

#if defined(__linux__) && defined(__has_include)
#if __has_include(<linux/landlock.h>)
#define HAVE_LANDLOCK 1
#endif
#endif

#ifndef HAVE_LANDLOCK

bool
sandbox_enter(const char *dir)
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

/* As the kernel has it, from its first field alone to all three: a kernel that does not know the
 * later ones takes them as long as they are 0. */
struct ruleset {
	uint64_t files, network, scopes;
};

/* Rights that came after the first version of Landlock, which the system's header may lack. */
enum {
	REFER = 1 << 13,    /* since version 2: rename between directories */
	TRUNCATE = 1 << 14, /* 3 */
	TCP = 3,            /* 4: bind, connect */
	OUTSIDE = 3         /* 6: abstract sockets, signals */
};

static struct ruleset
confine_rights(long version)
{
	uint64_t files = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
	                 LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
	                 LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
	                 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
	                 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
	                 LANDLOCK_ACCESS_FS_MAKE_SYM;
	return (struct ruleset){
	    .files = files | (version >= 2 ? REFER : 0) | (version >= 3 ? TRUNCATE : 0),
	    .network = version >= 4 ? TCP : 0,
	    .scopes = version >= 6 ? OUTSIDE : 0,
	};
}

static bool
confine_allow_below(int ruleset, const char *dir, uint64_t allowed)
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
sandbox_enter(const char *dir)
{
	long version = syscall(
	    SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (version < 1)
		return false;
	struct ruleset handled = confine_rights(version);
	long ruleset = syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
	if (ruleset < 0)
		return false;
	uint64_t allowed = handled.files & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE;
	bool done = (!dir || confine_allow_below((int)ruleset, dir, allowed)) &&
	            prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	            syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
	close((int)ruleset);
	return done;
}

#endif
