/* Where a confined process can still write. */

#include "confine.h"

#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
create(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0666);
	return fd < 0 ? -1 : close(fd);
}

int
main(void)
{
	/* In a directory of the caller's, who removes what is left. */
	char dir[] = "confine.XXXXXX";
	if (!mkdtemp(dir) || chdir(dir) != 0)
		return 1;
	ok(mkdir("in", 0777) == 0 && create("before") == 0, "before: files are made anywhere");
	int open_before = open("before", O_WRONLY);
	if (!confine_writes("in")) {
		printf("# SKIP the rest: this system has no Landlock\n");
		return tap_done();
	}
	ok(create("in/a") == 0 && rename("in/a", "in/b") == 0 && unlink("in/b") == 0,
	    "files are made, renamed and removed in the directory");
	ok(create("out") != 0 && errno == EACCES, "not beside it");
	ok(unlink("before") != 0 && rename("before", "in/x") != 0, "nor removed or renamed");
	ok(open("before", O_WRONLY) < 0 && open("before", O_RDONLY) >= 0,
	    "files elsewhere are still read, not written");
	ok(write(open_before, "x", 1) == 1, "what was open is still written");
	execl("/bin/true", "true", (char *)NULL);
	ok(errno == EACCES, "no program is run");
	return tap_done();
}
