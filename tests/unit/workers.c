/* base/workers: how many threads are worth while, and the order of what they do. */

#include "base/workers.h"
#include "tap.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define GIB (UINT64_C(1) << 30)

static const struct {
	unsigned cores;
	double waiting;
	uint64_t memory, largest;
	unsigned wanted;
} rows[] = {
    {2, 0, GIB, 0, 2},
    {2, 0.3, GIB, 1 << 20, 2},
    {2, 0.5, GIB, 1 << 20, 4},
    {2, 0.9, GIB, 1 << 20, 20},
    {2, 1, GIB, 1 << 20, 32},
    {1, 0, GIB, 0, 1},
    {1, 0.75, GIB, 1, 4},
    {64, 0, GIB, 0, 64}, /* never fewer than cores */
    {64, 1, GIB, 0, 64},
    {8, 0, GIB, 100 << 20, 1}, /* a control group of 1 GiB holds one patch of 100 MiB four times */
    {8, 1, 8 * GIB, 100 << 20, 10},
    {8, 1, GIB, GIB, 1},
};

struct count {
	int next, emitted;
	atomic_int most; /* worker that was used */
	bool ordered;
};

static bool
next(void *context, void *item)
{
	struct count *c = context;
	*(int *)item = c->next;
	return c->next++ < 400;
}

/* Every work waits, as for a file on a slow disk. */
static uint64_t
work(void *context, unsigned worker, void *item)
{
	struct count *c = context;
	int most = c->most;
	while ((int)worker > most && !atomic_compare_exchange_weak(&c->most, &most, (int)worker))
		;
	usleep(*(int *)item % 3 == 0 ? 5000 : 1000);
	return 1;
}

static bool
emit(void *context, void *item)
{
	struct count *c = context;
	c->ordered &= *(int *)item == c->emitted++;
	return true;
}

int
main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		ok(workers_wanted(rows[i].cores, rows[i].waiting, rows[i].memory,
		       rows[i].largest) == rows[i].wanted,
		    "%u cores, waiting %g, %" PRIu64 " bytes of memory, items of %" PRIu64,
		    rows[i].cores, rows[i].waiting, rows[i].memory, rows[i].largest);
	for (unsigned jobs = 1; jobs <= WORKERS_MAX; jobs *= 2) {
		struct count c = {.ordered = true};
		struct worker_pool o = {
		    .context = &c, .next = next, .work = work, .emit = emit, .adaptive = jobs > 8};
		int items[2 * WORKERS_MAX];
		parallel_ordered(&o, jobs, items, sizeof *items);
		ok(c.ordered && c.emitted == 400 && c.most < (int)jobs, "%u threads: in order",
		    jobs);
		if (o.adaptive && access("/proc/thread-self/schedstat", R_OK) == 0)
			ok(c.most >= 8, "%u threads: more than cores work, as all wait", jobs);
	}
	return tap_done();
}
