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

/* Items that hold something are used again before others: all of them hold memory. */
struct use {
	atomic_int taken, emitted, most; /* most: items at once */
};

struct used_item {
	bool used;
	int number;
};

static bool
use_next(void *context, void *item)
{
	struct use *u = context;
	struct used_item *i = item;
	i->used = true;
	i->number = u->taken++;
	int now = u->taken - u->emitted;
	u->most = now > u->most ? now : u->most;
	return i->number < 2000;
}

/* One item in four takes longer, so that others wait for it to be handed out. */
static uint64_t
use_work(void *context, unsigned worker, void *item)
{
	(void)context, (void)worker;
	volatile int turns = ((struct used_item *)item)->number % 4 ? 2000 : 40000;
	while (turns > 0)
		turns--;
	return 1;
}

static bool
use_emit(void *context, void *item)
{
	(void)item;
	((struct use *)context)->emitted++;
	return true;
}

static void
test_used_again(void)
{
	struct use u = {.taken = 0};
	struct worker_pool o = {
	    .context = &u, .next = use_next, .work = use_work, .emit = use_emit, .adaptive = true};
	struct used_item items[2 * WORKERS_MAX] = {{.used = false}};
	int used = 0;
	parallel_ordered(&o, WORKERS_MAX, items, sizeof *items);
	for (size_t i = 0; i < sizeof items / sizeof *items; i++)
		used += items[i].used;
	/* Items that are being handed out while the next one is begun are not in `most`. */
	ok(u.emitted == 2000 && used <= u.most + 3, "%d items used, %d at once", used, u.most);
}

int
main(void)
{
	test_used_again();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct limits l = {rows[i].cores, rows[i].memory};
		ok(workers_wanted(&l, rows[i].waiting, rows[i].largest) == rows[i].wanted,
		    "%u cores, waiting %g, %" PRIu64 " bytes of memory, items of %" PRIu64,
		    rows[i].cores, rows[i].waiting, rows[i].memory, rows[i].largest);
	}
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
