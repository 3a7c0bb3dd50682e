"""This machine's own readings, as events: what /proc says, one at a time.

Each table has a source, a generator that never ends and gives one reading
after another: a processor, a disk, an interface at a time.
"""

import datetime
import itertools
import json
import os
import socket

HOST = socket.gethostname()
SECTOR_BYTES = 512


def event(reading):
    """The reading as one line of JSON, with the time Polaris wants."""
    now = datetime.datetime.now(datetime.timezone.utc)
    time = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = {"__time": time, "host": HOST, **reading}
    return json.dumps(line, separators=(",", ":")).encode()


def _lines(path):
    with open(path, encoding="ascii", errors="replace") as file:
        return file.read().splitlines()


def cpu():
    names = ("user", "nice", "system", "idle", "iowait", "irq", "softirq",
             "steal")
    while True:
        load = os.getloadavg()[0]
        for line in _lines("/proc/stat"):
            word, *ticks = line.split()
            if word.startswith("cpu") and word != "cpu":
                yield {"cpu": int(word[3:]), "load": round(load, 2),
                       **dict(zip(names, map(int, ticks)))}


def memory():
    names = {"MemTotal": "total", "MemFree": "free", "MemAvailable":
             "available", "Cached": "cached", "Dirty": "dirty",
             "SwapFree": "swap_free"}
    while True:
        pairs = (line.split(":") for line in _lines("/proc/meminfo"))
        yield {names[key] + "_bytes": int(value.split()[0]) * 1024
               for key, value in pairs if key in names}


def disk():
    while True:
        room = os.statvfs("/")
        yield {"mount": "/", "size_bytes": room.f_blocks * room.f_frsize,
               "free_bytes": room.f_bavail * room.f_frsize}
        for line in _lines("/proc/diskstats"):
            _, _, name, *counts = line.split()
            counts = list(map(int, counts))
            if any(counts):
                yield {"device": name, "reads": counts[0],
                       "read_bytes": counts[2] * SECTOR_BYTES,
                       "writes": counts[4],
                       "written_bytes": counts[6] * SECTOR_BYTES,
                       "in_flight": counts[8]}


def network():
    while True:
        # Two lines of headings, then an interface a line.
        for line in itertools.islice(_lines("/proc/net/dev"), 2, None):
            name, counts = line.split(":")
            counts = list(map(int, counts.split()))
            yield {"interface": name.strip(), "received_bytes": counts[0],
                   "received_packets": counts[1], "sent_bytes": counts[8],
                   "sent_packets": counts[9]}


SOURCES = {"cpu": cpu, "memory": memory, "disk": disk, "network": network}
