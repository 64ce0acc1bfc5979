"""writer.py FOLDER ID: writes 4 KB to a file and syncs it, again and again, until it is asked to end
(SIGTERM). Then prints ID-median and ID-p99, the seconds that one took."""
import os
import signal
import sys
import time

folder, name = sys.argv[1:]
ended = []
signal.signal(signal.SIGTERM, lambda *_: ended.append(1))
times = []
while not ended:
    begin = time.perf_counter()
    fd = os.open(f"{folder}/small{len(times) % 50}", os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    os.write(fd, bytes(4096))
    os.fsync(fd)
    os.close(fd)
    times.append(time.perf_counter() - begin)
    time.sleep(0.005)
times.sort()
print(f"{name}-median\t{times[len(times) // 2]:.6f}")
print(f"{name}-p99\t{times[len(times) * 99 // 100]:.6f}")
