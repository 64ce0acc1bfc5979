/* What a confined process can still do. */

#define _GNU_SOURCE

#include "process/sandbox.h"

#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

static int
create(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0666);
	return fd < 0 ? -1 : close(fd);
}

/* The version of the kernel's Landlock. */
static long
landlock_version(void)
{
#ifdef SYS_landlock_create_ruleset
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
#else
	return -1;
#endif
}

/* Binds a TCP socket to a free port of the loopback: 0, or -1 with errno. */
static int
bind_loopback(void)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0)
		return -1;
	int status = bind(fd, (const struct sockaddr *)&address, sizeof address);
	int cause = errno;
	close(fd);
	errno = cause;
	return status;
}

static void *
nothing(void *arg)
{
	return arg;
}

int
main(void)
{
	/* In a directory of the caller's, who removes what is left. */
	char dir[] = "confine.XXXXXX";
	if (!mkdtemp(dir) || chdir(dir) != 0)
		return 1;
	ok(mkdir("in", 0777) == 0 && create("before") == 0, "before: files are made anywhere");
	ok(mkdir("in/empty", 0777) == 0 && mkdir("below", 0777) == 0 &&
	        mkdir("below/empty", 0777) == 0 && create("below/file") == 0,
	    "before: so are directories");
	int open_before = open("before", O_WRONLY);
	int bound = bind_loopback(), reached = kill(getppid(), 0);
	if (!sandbox_enter("in")) {
		printf("# SKIP the rest: this system has no Landlock\n");
		return tap_done();
	}
	ok(create("in/a") == 0 && rename("in/a", "in/b") == 0 && unlink("in/b") == 0,
	    "files are made, renamed and removed in the directory");
	ok(create("out") != 0 && errno == EACCES, "not beside it");
	ok(rmdir("in/empty") == 0 && rmdir("below/empty") == 0,
	    "empty directories are removed, also elsewhere");
	ok(mkdir("below/empty", 0777) != 0 && unlink("below/file") != 0, "and nothing else");
	ok(unlink("before") != 0 && rename("before", "in/x") != 0, "nor removed or renamed");
	ok(open("before", O_WRONLY) < 0 && open("before", O_RDONLY) >= 0,
	    "files elsewhere are still read, not written");
	ok(write(open_before, "x", 1) == 1, "what was open is still written");
	execl("/bin/true", "true", (char *)NULL);
	ok(errno == EACCES || errno == EPERM, "no program is run");
	if (landlock_version() >= 4 && bound == 0)
		ok(bind_loopback() != 0 && (errno == EACCES || errno == EPERM),
		    "no TCP port is bound");
	else
		printf("# SKIP the network: this system's Landlock does not know it\n");
	if (landlock_version() >= 6 && reached == 0)
		ok(kill(getppid(), 0) != 0 && errno == EPERM, "no signal is sent to others");
	else
		printf("# SKIP signals: this system's Landlock does not know them\n");
	if (prctl(PR_GET_SECCOMP) != 2) {
		printf("# SKIP system calls: no seccomp here\n");
		return tap_done();
	}
	ok(chmod("before", 0600) != 0 && errno == EPERM, "no mode is changed");
	ok(chown("before", (uid_t)-1, (gid_t)-1) != 0 && errno == EPERM, "no owner");
	ok(setxattr("before", "user.x", "y", 1, 0) != 0 && errno == EPERM, "no attribute");
	ok(socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EPERM, "no UNIX socket is opened");
	ok(socket(AF_INET, SOCK_DGRAM, 0) < 0 && errno == EPERM, "nor for UDP");
	ok(kill(getppid(), 0) != 0 && errno == EPERM, "no signal is sent");
	ok(syscall(SYS_tgkill, getppid(), getppid(), 0) != 0 && errno == EPERM &&
	        syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), 0) == 0,
	    "but to itself");
	int flags;
	ok(ioctl(open("before", O_RDONLY), _IOR('f', 1, long), &flags) < 0 && errno == EPERM,
	    "no flag of a file is read, or changed");
	ok(truncate("in/d", 0) != 0 && errno == EPERM, "no file is truncated by its name");
	ok(shmget(IPC_PRIVATE, 1, IPC_CREAT) < 0 && errno == EPERM, "no memory is shared");
	ok(unshare(CLONE_NEWUSER) != 0 && errno == EPERM, "no namespace is made");
	ok(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL) < 0 &&
	        errno == EPERM,
	    "nor by clone");
	pthread_t thread;
	ok(pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0,
	    "threads are started");
	ok(create("in/c") == 0 && rename("in/c", "in/d") == 0, "files are made as before");
	return tap_done();
}
