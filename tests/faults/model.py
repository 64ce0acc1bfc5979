#!/usr/bin/python3
"""Loads at random, beside a model of what the database must hold.

    model.py RUNS SEED

Each run loads records of random keys and sizes, in some order, with some of --replace, -s, -b, --sync and --single-file,
from standard input or files, into a database that may hold some already; half of the loads are ended
early: the input is cut off, or the loader gets SIGTERM, SIGHUP or SIGKILL, and then perhaps the machine
is started again. After each end every value is one that the model allows, and the same load again, with
-s or --replace, ends with what an undisturbed one would have stored. The commands are on PATH.
"""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time


def blob(size, fill):
    header = b'{"x":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]}}' % (size, size)
    return len(header).to_bytes(8, 'little') + header + bytes([fill]) * size


def stream(records):
    return b''.join(b'+%d,%d:%s->%s\n' % (len(k), len(v), k, v) for k, v in records) + b'\n'


def parse(data):
    found, at = {}, 0
    while data[at:at + 1] == b'+':
        comma, colon = data.index(b',', at), data.index(b':', at)
        key_len, value_len = int(data[at + 1:comma]), int(data[comma + 1:colon])
        key = data[colon + 1:colon + 1 + key_len]
        start = colon + 3 + key_len
        found[key] = data[start:start + value_len]
        at = start + value_len + 1
    assert data[at:] == b'\n', data[at:at + 40]
    return found


def held(path):
    run = subprocess.run(['rsenc-dump', '-q', path], capture_output=True, check=False)
    if run.returncode != 0:
        assert b'no such database' in run.stderr or b'is empty' in run.stderr or b'not a database' in run.stderr, run.stderr
        return {}
    return parse(run.stdout)


def check(held_now, before, records, mode):
    """What may be there after a load that ended early."""
    allowed = {k: {v} for k, v in before.items()}
    for key, value in records:
        if mode == '--replace' or key not in before:
            allowed.setdefault(key, set()).add(value)
    for key, value in held_now.items():
        assert value in allowed.get(key, ()), f'{key}: a value from nowhere'
    for key in before:
        assert key in held_now, f'{key}: lost'


def model_run(r, number):
    path = f'db{number}'
    single = r.random() < .2
    common = ['--single-file'] if single else []
    small = r.random() < .6
    sizes = [0, 1, 30, 300] if small else [10, 900, 1100, 5000, 100000]
    before = {}
    for load in range(r.randrange(1, 4)):
        count = r.randrange(1, 2000 if small else 60)
        records = [(b'k%d' % r.randrange(3000), blob(r.choice(sizes), r.randrange(256)))
                   for _ in range(count)]
        order = r.choice(['sorted', 'reverse', 'any'])
        if order != 'any':
            records.sort(key=lambda kv: kv[0], reverse=order == 'reverse')
        mode = r.choice(['--replace', '-s', ''])
        if not mode:
            records = [kv for kv in dict(records).items() if kv[0] not in before]
        options = common + [o for o in [mode] if o]
        options += r.choice([[], ['-b', '1' if count < 40 else '2000'], ['-b', '5000'], ['-b', '100K']])
        options += r.choice([[], [], ['--sync']])
        want = dict(before)
        for key, value in records:
            if mode == '--replace' or key not in want:
                want[key] = value
        data = stream(records)
        files = []
        if r.random() < .3:
            half = r.randrange(len(records) + 1)
            files = ['one.rec', 'two.rec']
            for name, part in zip(files, (records[:half], records[half:])):
                with open(name, 'wb') as f:
                    f.write(stream(part))
        end = r.choice(['', '', 'cut', 'TERM', 'HUP', 'KILL', 'KILL'])
        what = f'load {load} {options} {order} {len(records)} {end} {files}'
        command = ['rsenc-load'] + options + [path] + files
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as p:
            part = data[:r.randrange(len(data))] if end else data
            try:
                if not files:
                    p.stdin.write(part)
                    p.stdin.flush()
                if end not in ('', 'cut'):
                    time.sleep(r.random() * .03)
                    p.send_signal(getattr(signal, 'SIG' + end))
                p.stdin.close()
            except BrokenPipeError:
                pass
            shown = p.stderr.read().decode()
            status = p.wait()
        now = None
        reboot = end == 'KILL' and r.random() < .4
        incomplete = f'{path}-incomplete' if single else f'{path}/incomplete'
        claim = f'{path}-claim' if single else f'{path}/claim'
        if reboot:
            for name in (incomplete, claim):
                if os.path.exists(name):
                    with open(name, encoding='ascii') as f:
                        lines = f.read().splitlines()
                    with open(name, 'w', encoding='ascii') as f:
                        for line in lines:
                            word = line.split()[0]
                            f.write({'boot': 'boot another', 'since': 'since 1000'}.get(word, line)
                                    + '\n')
            subprocess.run(['rsenc-load', '--recover'] + common + [path], check=status >= 0,
                           stderr=subprocess.DEVNULL)
        now = held(path)
        try:
            check(now, before, records, mode)
            if status == 0:
                assert end != 'cut' or files, 'a cut stream ended well'
                assert not os.path.exists(incomplete), 'incomplete is left'
            elif re.search('patch(es)? stored', shown) and not reboot and mode != '--replace':
                kept = int(re.search('([0-9]+) patch(es)? stored', shown)[1])
                assert len(now) - len(before) == kept, f'{kept} kept'
            again = [o for o in options if o not in ('--replace', '-s')] + [
                '--replace' if mode == '--replace' else '-s']
            subprocess.run(['rsenc-load'] + again + [path], input=data, check=True,
                           stderr=subprocess.DEVNULL)
            assert held(path) == want, 'another end'
            assert not os.path.exists(incomplete), 'incomplete is left'
        except (AssertionError, subprocess.CalledProcessError) as e:
            raise AssertionError(f'{what}: status {status}, {shown}: {e}') from e
        before = want
    subprocess.run(['rm', '-rf', path] + [path + s for s in ('-lock', '-incomplete', '-claim', '-loading', '-loading-lock')], check=True)


def main():
    runs, seed = int(sys.argv[1]), int(sys.argv[2])
    os.makedirs('model')
    os.chdir('model')
    for number in range(runs):
        try:
            model_run(random.Random(seed * 100000 + number), number)
        except AssertionError as e:
            print(f'run {number} of seed {seed}: {e}')
            return 1
    print(f'{runs} runs')
    os.chdir('..')
    shutil.rmtree('model')
    return 0


if __name__ == '__main__':
    sys.exit(main())
