#include "store/claim.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- who ---- */

struct owner {
	char host[256], boot[64];
	long process;
	long long since;
};

const char *
claim_boot(void)
{
	static char boot[64];
	if (*boot)
		return boot;
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	if (!file || fscanf(file, "%63s", boot) != 1)
		snprintf(boot, sizeof boot, "unknown");
	if (file)
		fclose(file);
	return boot;
}

bool
claim_knows_boot(void)
{
	return strcmp(claim_boot(), "unknown") != 0;
}

static void
describe_self(struct owner *o)
{
	*o = (struct owner){.process = (long)getpid(), .since = (long long)time(NULL)};
	if (gethostname(o->host, sizeof o->host - 1) != 0 || !*o->host)
		snprintf(o->host, sizeof o->host, "unknown");
	snprintf(o->boot, sizeof o->boot, "%s", claim_boot());
}

static ssize_t
read_text(int fd, char *text)
{
	ssize_t n = pread(fd, text, CLAIM_SIZE - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	return n;
}

/* Returns false if the file is empty. */
static bool
read_owner(int fd, struct owner *o)
{
	char text[CLAIM_SIZE];
	if (read_text(fd, text) == 0)
		return false;
	if (sscanf(text, "host %255s boot %63s process %ld since %lld", o->host, o->boot,
	        &o->process, &o->since) != 4)
		*o = (struct owner){.host = "an unknown host"};
	return true;
}

/* When this machine was started, in seconds since 1970. */
static long long
boot_time(void)
{
	struct timespec up;
#ifdef CLOCK_BOOTTIME
	const clockid_t clock = CLOCK_BOOTTIME;
#else
	const clockid_t clock = CLOCK_MONOTONIC;
#endif
	return clock_gettime(clock, &up) == 0 ? (long long)(time(NULL) - up.tv_sec) : 0;
}

/* Nobody holds the lock: of this boot the process is dead, and of an earlier boot of this machine
 * too. A claim of this host's name that was made since this machine was started, in another boot,
 * is that of another machine. */
static bool
is_dead(const struct owner *o)
{
	struct owner self;
	describe_self(&self);
	bool here = strcmp(o->host, self.host) == 0;
	if (strcmp(o->boot, self.boot) == 0)
		return here || claim_knows_boot();
	return here && o->since < boot_time();
}

static int
refuse_claimed(const struct store_paths *p, const struct owner *o, struct error *why)
{
	char since[64] = "unknown";
	time_t seconds = (time_t)o->since;
	struct tm when;
	struct buf command = {0};
	store_recover_command(p, " --takeover", &command);
	if (seconds != 0 && gmtime_r(&seconds, &when))
		strftime(since, sizeof since, "%Y-%m-%d %H:%M:%S UTC", &when);
	error_set(why,
	    "claimed by a load on %s (process %ld, since %s): wait until that load ends; if that "
	    "load is known to be dead, run '%s'",
	    o->host, o->process, since, command.data);
	buf_free(&command);
	return -1;
}

/* ---- the lock ---- */

/* Returns 0, 1 if another holds it, -1 if there are no locks (Lustre without flock, some NFS and
 * FUSE); with the reason. */
static int
lock(int fd, struct error *why)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct owner o = {.process = 0};
	if (fcntl(fd, F_SETLK, &whole) == 0)
		return 0;
	if (errno != EAGAIN)
		return error_set(why,
		    "files can't be locked here (%s): load to a local disk and copy it here, or "
		    "have the file system mounted with locks (Lustre: -o flock)",
		    strerror(errno));
	read_owner(fd, &o);
	error_set(why,
	    "another load into this database is running (process %ld): wait until that load ends",
	    o.process);
	return 1;
}

/* ---- the file ---- */

static bool
is_named(int fd, const char *path)
{
	struct stat held, named;
	return fstat(fd, &held) == 0 && stat(path, &named) == 0 && held.st_dev == named.st_dev &&
	       held.st_ino == named.st_ino;
}

static int
write_self(struct claim *c, struct error *why)
{
	struct owner self;
	describe_self(&self);
	int len = snprintf(c->text, sizeof c->text, "host %s\nboot %s\nprocess %ld\nsince %lld\n",
	    self.host, self.boot, self.process, self.since);
	/* Synced, or another machine would find it empty for as long as a client of NFS keeps what
	 * was written to itself. */
	if (pwrite(c->fd, c->text, (size_t)len, 0) == len && ftruncate(c->fd, len) == 0 &&
	    fsync(c->fd) == 0)
		return 0;
	return error_errno(why, "making the file 'claim'");
}

/* Whether a claim that exists may be taken over; the lock is held. An empty one is being written
 * just now on another machine, or its process was killed before it could. Clients of NFS look at
 * the size again after 3 seconds. */
static int
check_owner(int fd, const struct store_paths *p, struct error *why)
{
	static const struct timespec pause = {.tv_nsec = 50000000};
	enum { TRIES = 100 };
	struct owner o;
	bool written = read_owner(fd, &o);
	for (int i = 0; !written && i < TRIES; i++) {
		nanosleep(&pause, NULL);
		written = read_owner(fd, &o);
	}
	return !written || is_dead(&o) ? 0 : refuse_claimed(p, &o, why);
}

/* Opens the claim, which may be removed meanwhile. */
static int
open_claim(const char *path, bool *made)
{
	int fd;
	do {
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		*made = fd >= 0;
		if (*made || errno != EEXIST)
			break;
		fd = open(path, O_RDWR | O_CLOEXEC);
	} while (fd < 0 && errno == ENOENT);
	return fd;
}

int
claim_take(struct claim *c, const struct store_paths *p, bool takeover, struct error *why)
{
	bool made;
	int status;
	for (;;) {
		c->fd = open_claim(p->claim, &made);
		if (c->fd < 0)
			return error_errno(why, "making the file 'claim'");
		status = lock(c->fd, why);
		if (status != 0 || is_named(c->fd, p->claim))
			break;
		close(c->fd);
	}
	bool free = status == 0 && (made || takeover || check_owner(c->fd, p, why) == 0);
	if (free && write_self(c, why) == 0)
		return 0;
	if (made && status <= 0)
		unlink(p->claim);
	close(c->fd);
	c->fd = -1;
	return -1;
}

/* A file that can't be read for now is taken for this process's: others would have written their
 * own. */
bool
claim_is_ours(const struct claim *c, const struct store_paths *p)
{
	char text[CLAIM_SIZE];
	return c->fd >= 0 && is_named(c->fd, p->claim) &&
	       (read_text(c->fd, text) < 0 || strcmp(text, c->text) == 0);
}

int
claim_release(struct claim *c, const struct store_paths *p, struct error *why)
{
	int status = 0;
	if (claim_is_ours(c, p) && unlink(p->claim) != 0)
		status = error_errno(why, "removing %s", p->claim);
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	return status;
}
