#ifdef __linux__
#define _GNU_SOURCE /* O_PATH */
#endif

#include "process/sandbox.h"

#ifdef __linux__
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* landlock(7) as the kernel has it, for headers that are older. Of the rule set, from its first
 * field alone to all three: a kernel that does not know the later ones takes them as long as they
 * are 0. */
struct ruleset {
	uint64_t files, network, scopes;
};

struct beneath {
	uint64_t rights;
	int32_t dir;
} __attribute__((packed));

enum {
	CREATE_RULESET = 444, /* system calls */
	ADD_RULE,
	RESTRICT_SELF,
	BENEATH = 1,      /* the type of a rule */
	EXECUTE = 1 << 0, /* rights to files */
	READ = 3 << 2,    /* files and directories */
	REMOVE_DIR = 1 << 4,
	FIRST = (1 << 13) - 1, /* all of the first version */
	REFER = 1 << 13,       /* since version 2: rename between directories */
	TRUNCATE = 1 << 14,    /* 3 */
	TCP = 3,               /* 4: bind, connect */
	OUTSIDE = 3            /* 6: abstract sockets, signals */
};

static bool
sandbox_files(const char *dir)
{
	long version = syscall(CREATE_RULESET, NULL, 0, 1);
	if (version < 1)
		return false;
	struct ruleset handled = {
	    .files = (FIRST & ~READ) | (version >= 2 ? REFER : 0U) | (version >= 3 ? TRUNCATE : 0U),
	    .network = version >= 4 ? TCP : 0,
	    .scopes = version >= 6 ? OUTSIDE : 0,
	};
	/* What was made in vain is removed, and `dir` itself does not lie below it. */
	if (dir)
		handled.files &= ~(uint64_t)REMOVE_DIR;
	long ruleset = syscall(CREATE_RULESET, &handled, sizeof handled, 0);
	if (ruleset < 0)
		return false;
	struct beneath rule = {.rights = handled.files & ~(uint64_t)EXECUTE, .dir = -1};
	if (dir)
		rule.dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool done = (!dir ||
	                (rule.dir >= 0 && syscall(ADD_RULE, ruleset, BENEATH, &rule, 0) == 0)) &&
	            syscall(RESTRICT_SELF, ruleset, 0) == 0;
	if (rule.dir >= 0)
		close(rule.dir);
	close((int)ruleset);
	return done;
}
#endif

/* ---- system calls ---- */

#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#include <linux/audit.h>
#if defined(__x86_64__)
#define FILTER_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define FILTER_ARCH AUDIT_ARCH_AARCH64
#endif
#endif

#ifdef FILTER_ARCH
#include <linux/filter.h>
#include <linux/seccomp.h>

enum {
	OTHER_ABI = 0x40000000, /* of x86-64: x32, the same calls by other numbers */
	NAMESPACES = 0x7e020000 /* CLONE_NEWNS, ...UTS, IPC, USER, PID, NET, CGROUP */
};

#define TERMIOS2 0x802c542a /* TCGETS2, as newer C libraries ask */

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)
#define JUMP(test, value, yes, no) BPF_JUMP(BPF_JMP | (test) | BPF_K, value, yes, no)
#define DENY RETURN(SECCOMP_RET_ERRNO | EPERM)
#define NO(call) JUMP(BPF_JEQ, call, 0, 1), DENY

/* What no command needs, and what is not closed by Landlock, or not by its first versions. clone3
 * takes its flags by pointer, which a filter can't read: the C library then falls back to clone.
 * abort(3) signals its own process; isatty(3) asks for the mode of a terminal. */
static void
sandbox_calls(void)
{
	struct sock_filter f[] = {LOAD(arch), JUMP(BPF_JEQ, FILTER_ARCH, 1, 0), DENY, LOAD(nr),
	    JUMP(BPF_JGE, OTHER_ABI, 0, 1), DENY, NO(SYS_fchmod), NO(SYS_fchmodat), NO(SYS_fchown),
	    NO(SYS_fchownat), NO(SYS_setxattr), NO(SYS_lsetxattr), NO(SYS_fsetxattr),
	    NO(SYS_removexattr), NO(SYS_lremovexattr), NO(SYS_fremovexattr), NO(SYS_utimensat),
	    NO(SYS_truncate), NO(SYS_socket), NO(SYS_socketpair), NO(SYS_connect), NO(SYS_bind),
	    NO(SYS_sendto), NO(SYS_sendmsg), NO(SYS_sendmmsg), NO(SYS_kill), NO(SYS_tkill),
	    NO(SYS_rt_sigqueueinfo), NO(SYS_rt_tgsigqueueinfo), NO(SYS_ptrace),
	    NO(SYS_process_vm_readv), NO(SYS_process_vm_writev), NO(SYS_unshare), NO(SYS_setns),
	    NO(SYS_mount), NO(SYS_umount2), NO(SYS_pivot_root), NO(SYS_chroot), NO(SYS_bpf),
	    NO(SYS_perf_event_open), NO(SYS_userfaultfd), NO(SYS_keyctl), NO(SYS_add_key),
	    NO(SYS_request_key), NO(SYS_memfd_create), NO(SYS_execve), NO(SYS_execveat),
	    NO(SYS_mknodat), NO(SYS_shmget), NO(SYS_shmctl), NO(SYS_semget), NO(SYS_semctl),
	    NO(SYS_msgget), NO(SYS_msgctl), NO(SYS_mq_open), NO(SYS_mq_unlink),
#ifdef SYS_chmod
	    NO(SYS_chmod), NO(SYS_chown), NO(SYS_lchown), NO(SYS_utime), NO(SYS_utimes),
	    NO(SYS_futimesat),
#endif
	    NO(424 /* pidfd_send_signal */), NO(425 /* io_uring_setup */), NO(426), NO(427),
	    NO(438 /* pidfd_getfd */), NO(440 /* process_madvise */), NO(452 /* fchmodat2 */),
	    NO(463 /* setxattrat */), NO(466 /* removexattrat */), NO(469 /* file_setattr */),
	    JUMP(BPF_JEQ, 435 /* clone3 */, 0, 1), RETURN(SECCOMP_RET_ERRNO | ENOSYS),
	    JUMP(BPF_JEQ, SYS_tgkill, 0, 2), LOAD(args[0]), JUMP(BPF_JEQ, (uint32_t)getpid(), 9, 8),
	    JUMP(BPF_JEQ, SYS_ioctl, 0, 4), LOAD(args[1]), JUMP(BPF_JEQ, TCGETS, 6, 0),
	    JUMP(BPF_JEQ, TERMIOS2, 5, 0), JUMP(BPF_JEQ, TIOCGWINSZ, 4, 3),
	    JUMP(BPF_JEQ, SYS_clone, 0, 3), LOAD(args[0]) /* its low half */,
	    JUMP(BPF_JSET, NAMESPACES, 0, 1), DENY, RETURN(SECCOMP_RET_ALLOW)};
	struct sock_fprog program = {sizeof f / sizeof *f, f};
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}
#endif

bool
sandbox_enter(const char *dir)
{
	bool done = false;
#ifdef __linux__
	done = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && sandbox_files(dir);
#else
	(void)dir;
#endif
#ifdef FILTER_ARCH
	sandbox_calls();
#endif
	return done;
}
