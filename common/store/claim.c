#include "store/claim.h"

#include "base/alloc.h"
#include "base/path.h"
#include "store/marker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	TEXT_SIZE = 512,
	TORN = -2 /* a claim that was not written to its end */
};

/* ---- who ---- */

/* When a process began, in ticks since the boot: its number alone may be another's by now. 0 if
 * no process has this number (a dead one may wait for its parent), or the system does not tell.
 * */
static unsigned long long
start_of(long process)
{
	char path[64], text[TEXT_SIZE];
	unsigned long long start = 0;
	snprintf(path, sizeof path, "/proc/%ld/stat", process);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	/* The 22nd field; the second, a name in parentheses, may contain anything. */
	const char *at = strrchr(text, ')');
	if (at && strlen(at) > 2 && (at[2] == 'Z' || at[2] == 'X'))
		return 0;
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		sscanf(at, "%llu", &start);
	return start;
}

static void
describe_self(struct claim *o)
{
	*o = (struct claim){.process = (long)getpid(), .since = (long long)time(NULL)};
	if (gethostname(o->host, sizeof o->host - 1) != 0 || !*o->host)
		snprintf(o->host, sizeof o->host, "unknown");
	snprintf(o->boot, sizeof o->boot, "%s", marker_boot());
	o->start = start_of(o->process);
}

/* Returns 1; 0 if nobody claims it; TORN if it is empty; -1 if it is not a readable claim. */
static int
read_owner(const char *path, struct claim *o)
{
	char text[TEXT_SIZE];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	ssize_t n = read(fd, text, sizeof text - 1);
	close(fd);
	if (n < 0)
		return -1;
	text[n] = '\0';
	*o = (struct claim){.process = 0};
	if (n == 0)
		return TORN;
	return sscanf(text, "host %255s boot %63s process %ld %llu since %lld", o->host, o->boot,
	           &o->process, &o->start, &o->since) == 5
	           ? 1
	           : -1;
}

/* ---- alive or dead ---- */

/* When this machine was started, in seconds since 1970. */
static long long
boot_time(void)
{
	struct timespec up;
	long long now = (long long)time(NULL);
#ifdef CLOCK_BOOTTIME
	if (clock_gettime(CLOCK_BOOTTIME, &up) == 0)
		return now - (long long)up.tv_sec;
#endif
	return clock_gettime(CLOCK_MONOTONIC, &up) == 0 ? now - (long long)up.tv_sec : 0;
}

/* Of this boot, the process must run (in a container of its own it is not seen, but the lock on the
 * marker is). Of an earlier boot of this machine it is dead. A claim of this host's name that was
 * made since this machine was started, in another boot, is that of another machine. */
static bool
is_dead(const struct claim *o)
{
	struct claim self;
	describe_self(&self);
	if (strcmp(o->boot, self.boot) == 0)
		return o->process == self.process || start_of(o->process) != o->start ||
		       (kill((pid_t)o->process, 0) != 0 && errno == ESRCH);
	return strcmp(o->host, self.host) == 0 && o->since < boot_time();
}

static int
refuse_claimed(const char *path, const struct claim *o, int known, struct error *why)
{
	char since[64] = "unknown";
	time_t seconds = known > 0 ? (time_t)o->since : 0;
	struct tm when;
	struct buf command = {0};
	/* Of a single file DB the claim is DB-claim. */
	bool single = strcmp(path_name(path), "claim") != 0;
	char *database = single ? xstrndup(path, strlen(path) - strlen("-claim"))
	                        : path_parent(path);
	if (known > 0 && gmtime_r(&seconds, &when))
		strftime(since, sizeof since, "%Y-%m-%d %H:%M:%S UTC", &when);
	shell_quote(&command, database);
	error_set(why,
	    "claimed by a load on %s (process %ld, since %s): wait for its end; if that load is "
	    "known to be dead, run 'rsenc-load --recover --takeover%s %s'",
	    known > 0 ? o->host : "an unknown host", known > 0 ? o->process : 0, since,
	    single ? " --single-file" : "", command.data);
	buf_free(&command);
	free(database);
	return -1;
}

bool
claim_is_foreign(const char *path, struct error *why)
{
	struct claim owner;
	int known = read_owner(path, &owner);
	/* Of a torn one claim_take decides. */
	if (known == 0 || known == TORN || (known > 0 && is_dead(&owner)))
		return false;
	if (known > 0 && strcmp(owner.boot, marker_boot()) == 0)
		return false; /* of this machine: the marker's lock says more */
	refuse_claimed(path, &owner, known, why);
	return true;
}

/* ---- the file ---- */

/* Returns 0; 1 if there is a claim already; -1 with the reason. */
static int
create_claim(struct claim *c, const char *path, struct error *why)
{
	char text[TEXT_SIZE];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0 && errno == EEXIST)
		return 1;
	if (fd < 0)
		return error_errno(why, "making the file 'claim'");
	describe_self(c);
	int len = snprintf(text, sizeof text, "host %s\nboot %s\nprocess %ld %llu\nsince %lld\n",
	    c->host, c->boot, c->process, c->start, c->since);
	bool bad = write(fd, text, (size_t)len) != len;
	int cause = errno;
	if (close(fd) == 0 && !bad)
		return 0;
	errno = bad ? cause : errno;
	error_errno(why, "making the file 'claim'");
	unlink(path);
	c->process = 0;
	return -1;
}

/* The marker's lock was this process's to have: whoever holds the claim on this machine is about to
 * end, unless locks do not work there. A torn claim is being written just now, or its process was
 * killed before it could: it counts as dead when the tries are over. */
static bool
is_passing(const struct claim *owner, int known, int tries)
{
	static const struct timespec pause = {.tv_nsec = 50000000};
	if (tries >= 40 || (known != TORN && strcmp(owner->boot, marker_boot()) != 0))
		return false;
	nanosleep(&pause, NULL);
	return true;
}

int
claim_take(struct claim *c, const char *path, bool takeover, struct error *why)
{
	*c = (struct claim){.process = 0};
	for (int tries = 0;; tries++) {
		struct claim owner;
		int status = create_claim(c, path, why);
		if (status <= 0)
			return status;
		int known = read_owner(path, &owner);
		if (known == 0)
			continue; /* it has just ended */
		bool dead = known == TORN || (known > 0 && is_dead(&owner));
		if (!takeover && (!dead || known == TORN) && known != -1 &&
		    is_passing(&owner, known, tries))
			continue;
		if (!takeover && !dead)
			return refuse_claimed(path, &owner, known, why);
		if (unlink(path) != 0 && errno != ENOENT)
			return error_errno(why, "removing the file 'claim'");
	}
}

/* A file that can't be read for now is taken for this process's: others would have written their
 * own. */
bool
claim_is_ours(const struct claim *c, const char *path)
{
	struct claim named;
	int known = c->process != 0 ? read_owner(path, &named) : 0;
	return known == -1 ||
	       (known == 1 && named.process == c->process && named.start == c->start &&
	           named.since == c->since && strcmp(named.host, c->host) == 0 &&
	           strcmp(named.boot, c->boot) == 0);
}

int
claim_release(struct claim *c, const char *path, struct error *why)
{
	bool ours = claim_is_ours(c, path);
	c->process = 0;
	return !ours || unlink(path) == 0 ? 0 : error_errno(why, "removing %s", path);
}
