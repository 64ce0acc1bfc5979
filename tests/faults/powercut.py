#!/usr/bin/python3
"""Cuts the power at each moment of a load, on paper.

    powercut.py DB TRACE BEFORE SEEDS CHECK...

TRACE is what strace -y -xx -s 999999999 saw of rsenc-load (open, write, sync, rename and unlink
calls), BEFORE a copy of the database DB from before the load. After each call the files are made as
a disk may hold them that lost its power then: what was synced, and of the rest nothing, or all, or
a part (SEEDS times): whole pages in any combination, names in the order of their changes. CHECK is
run on each in turn, with the name of the copy as its last operand; with EVERY=N in the
environment after each N-th call. Prints a line of figures; the
status is 1 if a check failed.

Such a disk may keep a page that was written last and lose one that was written first; it never loses
what it said to have synced.
"""

import os
import random
import re
import shutil
import subprocess
import sys

PAGE = 4096
CALL = re.compile(r'^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)(?:<(.*?)>)?')
BYTES = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
FD = re.compile(r'^(\d+)<(.*?)>')


def plain(escaped):
    return bytes.fromhex(escaped.replace('\\x', ''))


def is_not_kept(path):
    return path.endswith(('lock.mdb', '-lock', '/.sort.tmp'))


class Disk:
    """Contents of files, as they are and as they are sure to be; the same for names."""

    def __init__(self, top):
        self.top = top
        self.content, self.sure = {}, {}  # of files, by a number
        self.pending = {}  # not synced: (place, bytes), or (length, None)
        self.names, self.sure_names = {}, {}
        self.changes = []  # of names, not synced: (name, file or None)
        self.count = 0
        for name in os.listdir(top) if os.path.isdir(top) else []:
            with open(os.path.join(top, name), 'rb') as f:
                number = self.create(name, f.read())
            self.sure[number], self.pending[number] = bytes(self.content[number]), []
        self.sure_names, self.changes = dict(self.names), []

    def create(self, name, content=b''):
        self.count += 1
        self.content[self.count], self.sure[self.count] = bytearray(content), b''
        self.pending[self.count] = []
        self.names[name] = self.count
        self.changes.append((name, self.count))
        return self.count

    def write(self, number, at, data, durable):
        content = self.content[number]
        content.extend(b'\0' * (at + len(data) - len(content)))
        content[at:at + len(data)] = data
        if durable:
            self.sure[number] = self.put(self.sure[number], at, data)
        while not durable and data:
            n = PAGE - at % PAGE
            self.pending[number].append((at, data[:n]))
            at, data = at + n, data[n:]

    @staticmethod
    def put(old, at, data):
        old = bytearray(old)
        old.extend(b'\0' * (at + len(data) - len(old)))
        old[at:at + len(data)] = data
        return bytes(old)

    def truncate(self, number, size):
        del self.content[number][size:]
        self.content[number].extend(b'\0' * (size - len(self.content[number])))
        self.pending[number].append((size, None))

    def sync(self, number, count=None):
        """All that is pending, or the first of it: what was written before the sync began."""
        for at, data in self.pending[number][:count]:
            sure = self.sure[number]
            if data is None:
                self.sure[number] = (sure + b'\0' * (at - len(sure)))[:at]
            else:
                self.sure[number] = self.put(sure, at, data)
        self.pending[number] = [] if count is None else self.pending[number][count:]

    def sync_names(self):
        self.sure_names, self.changes = dict(self.names), []

    def survive(self, to, chance):
        """The files as they may be found: chance() tells whether a change was kept."""
        names = dict(self.sure_names)
        for name, *new, number in self.changes:
            if not chance():
                break
            if number is None or new:
                names.pop(name, None)
            if new:
                names[new[0]] = number
            elif number is None:
                continue
            else:
                names[name] = number
        for name, number in names.items():
            content = self.sure[number]
            for at, data in self.pending[number]:
                if chance():
                    content = content[:at] if data is None else self.put(content, at, data)
            with open(os.path.join(to, name), 'wb') as f:
                f.write(content)


def whole(disk, lines):
    """The lines, those of calls that another thread's interrupted put together; and how many changes
    of its file were pending when a sync began."""
    begun = {}
    for line in lines:
        process, rest = line.split(None, 1) if line[0].isdigit() else ('', line)
        if rest.rstrip().endswith('<unfinished ...>'):
            rest = rest[:rest.rindex('<unfinished ...>')].rstrip()
            of = FD.match(rest.partition('(')[2])
            name = os.path.basename(os.fsdecode(plain(of[2]))) if of else ''
            number = disk.names.get(name)
            begun[process] = rest, len(disk.pending[number]) if number else None
        elif rest.startswith('<... '):
            start, count = begun.pop(process)
            yield start + ')' + rest.partition('resumed>')[2].lstrip().lstrip(')'), count
        else:
            yield line, None


def play(disk, lines):
    """Does to the disk what the calls did; yields after each that changes or syncs anything."""
    durable, position = {}, {}
    for line, count in whole(disk, lines):
        call = CALL.match(line)
        if not call or int(call[3]) < 0:
            continue
        name, arguments, result = call[1], call[2], int(call[3])
        of = FD.match(arguments)
        path = os.fsdecode(plain(call[4] or (of[2] if of else '')))
        fd = int(of[1]) if of else -1
        if name == 'openat':
            durable[result], position[result] = 'O_DSYNC' in arguments, 0
        if name in ('unlink', 'unlinkat', 'rename', 'renameat', 'mkdir'):
            target, *to = [os.path.join(os.getcwd(), os.fsdecode(plain(path)))
                           for path in BYTES.findall(arguments)]
            if os.path.dirname(target) != disk.top or is_not_kept(target):
                continue
            if name == 'rename':
                base, number = os.path.basename(to[0]), disk.names[os.path.basename(target)]
                disk.names[base] = number
                disk.changes.append((os.path.basename(target), base, number))
                del disk.names[os.path.basename(target)]
                yield line
                continue
            assert name == 'unlink', line
            disk.changes.append((os.path.basename(target), None))
            del disk.names[os.path.basename(target)]
            yield line
            continue
        if path == disk.top and name == 'fsync':
            disk.sync_names()
            yield line
            continue
        if os.path.dirname(path) != disk.top or is_not_kept(path):
            continue
        base = os.path.basename(path)
        if name == 'openat' and base in disk.names and 'O_TRUNC' not in arguments:
            continue
        if name == 'openat':
            assert 'O_CREAT' in arguments and 'O_TRUNC' not in arguments, line
            disk.create(base)
            yield line
            continue
        number = disk.names[base]
        if name == 'lseek':
            position[fd] = result
            continue
        data = b''.join(plain(piece) for piece in BYTES.findall(arguments))
        if name in ('fsync', 'fdatasync', 'msync'):
            disk.sync(number, count)
        elif name == 'ftruncate':
            disk.truncate(number, int(arguments.rsplit(', ', 1)[1]))
        elif name in ('pwrite64', 'pwritev'):
            disk.write(number, int(arguments.rsplit(', ', 1)[1]), data[:result], durable[fd])
        elif name in ('write', 'writev'):
            disk.write(number, position[fd], data[:result], durable[fd])
            position[fd] += result
        else:
            raise ValueError(line)
        yield line


def main():
    database, trace, before, seeds, check = *sys.argv[1:4], int(sys.argv[4]), sys.argv[5:]
    disk = Disk(before)
    disk.top = os.path.abspath(database)
    cuts, states, bad = 0, 0, 0
    every = int(os.environ.get('EVERY', '1'))
    chances = [lambda: False, lambda: True]
    chances += [lambda r=random.Random(n): r.random() < 0.5 for n in range(seeds)]
    with open(trace, encoding='latin-1') as lines:
        for line in play(disk, lines):
            cuts += 1
            if cuts % every:
                continue
            line = f'{line[:70]}...{line[-20:]}'
            for chance in chances:
                shutil.rmtree('cut', ignore_errors=True)
                os.mkdir('cut')
                disk.survive('cut', chance)
                states += 1
                run = subprocess.run(check + ['cut'], stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT, check=False)
                if run.returncode != 0:
                    bad += 1
                    print(f'after {line}: {run.stdout.decode(errors="replace")}')
    print(f'{cuts} moments, {states} states of the disk, {bad} bad')
    return 1 if bad or cuts < 10 else 0


if __name__ == '__main__':
    sys.exit(main())
