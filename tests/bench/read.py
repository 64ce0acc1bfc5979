#!/usr/bin/env python3
"""read.py FOLDER BATCH ROUNDS SECONDS: patches read a second, by each of the ways in ways.py, from what
read.sh made in FOLDER, as a Markdown table. Before anything is measured every way must yield the same
values. Each patch is copied into a batch, as in training, so that a way that copies nothing by itself
gains by that alone what it saves.

Warm: on one core (one process) and on two (two processes, or what workers there are), for SECONDS.
Cold, where one is root: a quarter of the patches, or for 4 times SECONDS, in one process and its
workers, with nothing in the page cache.
Each ROUND runs every way once in each manner; the table has medians. What is promised, TARGET of
ways.py, is compared by itself, because pages of different speed make the table's rows uncertain."""

import functools
import hashlib
import multiprocessing
import os
import random
import statistics
import sys
import time

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../cmd/examples"))
import ways  # noqa: E402

DROP = "/proc/sys/vm/drop_caches"
PLACES = 15
CORES = sorted(os.sched_getaffinity(0))
fork = multiprocessing.get_context("fork")


# ---- the same values ----

def digests(patches, count, stacks):
    """Of the first patches: a hash of each, with the bands of stacks by themselves"""
    found = []
    for patch in patches:
        if patch is None:
            continue
        single = {}
        for name, array in patch.items():
            array = np.asarray(array)
            single.update(zip(stacks[name], array) if name in stacks else [(name, array)])
        found.append(hashlib.sha256(repr([(name, str(a.dtype), a.shape, a.tobytes())
                                          for name, a in sorted(single.items())]).encode()).hexdigest())
        if len(found) == count:
            break
    return found


def each_of(batches):
    for batch in batches:
        yield from [None] if batch is None else (
            {name: array[i] for name, array in batch.items()} for i in range(ways.BATCH))


def digests_of(way, folder, keys):
    patches = way(folder, keys, 0, 1)
    return digests(each_of(patches) if batched(way) else patches, len(keys), ways.orders(folder))


def batched(way):
    return way.__name__ == "batches"


def verify(folder, table, keys):
    """Ends the program where a way yields other values than the first one."""
    wanted = None
    for name, _, way, _ in table:
        got = in_child(digests_of, way, folder, keys)
        wanted = wanted or got
        if got != wanted or len(got) != len(keys):
            sys.exit("read.py: %s yields other values than %s" % (name, table[0][0]))


# ---- times ----

def send(pipe, function, *args):
    pipe.send(function(*args))
    pipe.close()


def in_child(function, *args):
    """What a process of its own returns: none opens a database that another one has opened."""
    here, there = fork.Pipe(duplex=False)
    child = fork.Process(target=send, args=(there, function, *args))
    child.start()
    there.close()
    try:
        return here.recv()
    except EOFError:
        sys.exit("read.py: a way has failed")
    finally:
        child.join()


def into(batch, number, patch):
    """Copies a patch to its place in the batch, which is made for the first one."""
    for name, array in patch.items():
        if name not in batch:
            shape = (ways.BATCH, *array.shape)
            batch[name] = (np.empty(shape, array.dtype) if isinstance(array, np.ndarray)
                           else array.new_empty(shape))
        batch[name][number % ways.BATCH] = array


def run(way, folder, keys, rank, ranks, seconds, most, start):
    """Patches a second, and a second of this process's processor time, of at most so many seconds and
    patches. A loader that is not cold gets its first batch before the clock starts: workers live for
    an epoch, which is longer."""
    if ranks > 1:
        os.sched_setaffinity(0, CORES[rank:rank + 1])
    batch, count, step = {}, 0, ways.BATCH if batched(way) else 1
    patches = way(folder, keys, rank, ranks)
    next(patches)
    if batched(way) and most is None:
        next(patches)
    start.wait()
    begin, busy = time.perf_counter(), time.process_time()
    for patch in patches:
        if step == 1:
            into(batch, count, patch)
        count += step
        if time.perf_counter() - begin >= seconds or (most and count >= most):
            break
    return count / (time.perf_counter() - begin), count / (time.process_time() - busy)


def rate(way, folder, keys, processes, seconds, most=None):
    start = fork.Barrier(processes)
    pipes, children = [], []
    for rank in range(processes):
        order = list(keys)
        random.Random(rank).shuffle(order)
        here, there = fork.Pipe(duplex=False)
        pipes.append(here)
        children.append(fork.Process(target=send, args=(
            there, run, way, folder, order, rank, processes, seconds, most, start)))
        children[-1].start()
        there.close()
    rates = [pipe.recv() for pipe in pipes]
    for child in children:
        child.join()
    return [sum(each) for each in zip(*rates)]


def warm_up(number, *folders):
    """Reads all files once, in another order in each round, so that each gets other pages: those of a
    virtual machine differ, and the same bytes were read 40 % slower from some than from others."""
    paths = [os.path.join(top, name) for folder in folders for top, _, names in os.walk(folder)
             for name in names]
    random.Random(number).shuffle(paths)
    os.sync()
    for forget in True, False:
        for path in paths:
            with open(path, "rb", buffering=0) as file:
                if forget:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                while not forget and file.read(1 << 20):
                    pass


def on_one_core(function):
    os.sched_setaffinity(0, CORES[:1])
    try:
        return function()
    finally:
        os.sched_setaffinity(0, CORES)


def order_of(keys):
    return random.Random(0).choices(keys, k=50000)


def measure(folder, table, keys, rounds, seconds):
    """{(id, manner): [rate, ...]}"""
    cold = os.access(DROP, os.W_OK)
    few = max(ways.BATCH, len(keys) // 4 // ways.BATCH * ways.BATCH)
    many = order_of(keys)
    rates = {}
    for number in range(rounds):
        print("read.py: round %d of %d" % (number + 1, rounds), file=sys.stderr)
        warm_up(number, folder)
        for name, _, way, _ in table:
            go = functools.partial(rate, way, folder, many, seconds=seconds)
            rates.setdefault((name, 1), []).append(on_one_core(functools.partial(go, processes=1))[0])
            if len(CORES) > 1 and name != "loader0":
                rates.setdefault((name, 2), []).append(go(processes=1 if batched(way) else 2)[0])
        for name, _, way, _ in table if cold else []:
            os.sync()
            with open(DROP, "w", encoding="ascii") as file:
                file.write("3")
            picked = random.Random(number).sample(keys, few)
            rates.setdefault((name, 0), []).append(rate(
                way, folder, picked, 1, 4 * seconds, few)[0])
    return rates


def compare(folder, table, keys, seconds):
    """Ours and theirs by turns, in PLACES sets of pages: the median of the ratios by processor time"""
    way_of = {name: way for name, _, way, _ in table}
    many = order_of(keys)
    ratios = []
    for number in range(PLACES):
        warm_up(number, folder + "/npy", folder + "/Plain")
        ours, theirs = (on_one_core(functools.partial(rate, way_of[name], folder, many, 1, seconds))[1]
                        for name in ways.TARGET[:2])
        ratios.append(ours / theirs)
    return statistics.median(ratios)


# ---- the table ----

def main():
    folder, batch, rounds, seconds = sys.argv[1], *map(int, sys.argv[2:4]), float(sys.argv[4])
    ways.BATCH = batch
    in_child(ways.prepare, folder)
    table = []
    for row in ways.WAYS:
        if row[3] and not row[3][1]:
            print("read.py: %s: skipped: %s is not installed (run 'make clients')" % (row[1], row[3][0]),
                  file=sys.stderr)
        else:
            table.append(row)
    keys = list(ways.groups(folder))
    verify(folder, table, keys[:batch])
    rates = measure(folder, table, keys, rounds, seconds)

    def median(name, manner):
        return statistics.median(rates[name, manner])

    def cell(name, manner):
        return "%.0f" % median(name, manner) if (name, manner) in rates else "-"

    first = table[0][0]
    print("| patches/s | one core | two cores | against the TIFFs | cold |")
    print("|---|---|---|---|---|")
    for name, text, _, _ in table:
        ratio = median(name, 1) / median(first, 1)
        print("| %s | %s | %s | %.1f x | %s |" % (text, cell(name, 1), cell(name, 2), ratio,
                                                cell(name, 0)))
    ratio, target = compare(folder, table, keys, seconds), ways.TARGET[2]
    print("\n`Patches` and `collate` against the memmap, by processor time: %.2f x (target >= %.2f): %s" % (
        ratio, target, "met" if ratio >= target else "**not met**"))


if __name__ == "__main__":
    main()
