"""The books of a campaign: who said what about which event.

Each event carries a number and a checksum of itself.  Four accounts are held
against each other:

    the clients'    sent, and acknowledged, refused, or no answer
    the upstream's  delivered: what polaris-sim recorded
    dead letters    of the gateway's folder
    the spool's     waiting: what `spool stat` counts, and lines in its files

    acknowledged  is part of  delivered + dead-lettered + waiting
    refused       has nothing in common with  delivered
    delivered     is part of  sent, byte for byte
    a request of which no answer came  is delivered whole, or not at all
"""

import collections
import glob
import hashlib
import json
import os
import re
import subprocess
import threading
import time
import zlib

NUMBER = re.compile(rb'"n":(\d+),')


def digest(line):
    """Two lines with the same one are the same, byte for byte."""
    return hashlib.blake2b(line, digest_size=8).digest()


class Request:
    """Some events that were sent together."""

    def __init__(self, numbers, bad):
        self.numbers = numbers  # a range
        self.bad = bad          # so many of the first go to dead letters
        self.state = "unknown"
        self.code = None
        self.forgotten = False  # its bad ones

    def bad_ones(self):
        return self.numbers[:self.bad]

    def good_ones(self):
        return self.numbers[self.bad:]


class Ledger:
    def __init__(self):
        self.lock = threading.Lock()
        self.next = 0
        self.requests = []
        self.digests = []   # of the lines, by number
        self.statuses = collections.Counter()

    # Written by clients.

    def request(self, count, pad, bad=0):
        """A new one and its body; `bad` of its events have no time."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()).encode()
        with self.lock:
            request = Request(range(self.next, self.next + count), bad)
            self.next += count
            self.requests.append(request)
            lines = []
            for number in request.numbers:
                body = b'"n":%d,"p":"%s"' % (number, b"x" * pad)
                clock = b"" if len(lines) < bad else \
                    b'"__time":"%s",' % stamp
                lines.append(b'{%s%s,"c":%d}' % (clock, body,
                                                 zlib.crc32(body)))
                self.digests.append(digest(lines[-1]))
        return request, b"\n".join(lines) + b"\n"

    def answered(self, request, status, code):
        """`code` is the stable word of a refusal."""
        with self.lock:
            self.statuses[code or status] += 1
        request.code = code
        if status == 200:
            request.state = "acked"
        elif code != "OutcomeUnknown":
            request.state = "refused"

    def forget_bad(self):
        """Their letters are gone, and that is as it should be."""
        for request in self.requests:
            request.forgotten = True

    # Read when the gateway has ended, or has nothing left to do.

    def numbers(self, state):
        return {number for request in self.requests
                if request.state == state for number in request.good_ones()}

    def acked(self):
        return self.numbers("acked")

    def sent(self, number, found):
        return 0 <= number < self.next and self.digests[number] == found

    def check(self, delivered, letters):
        """Both: [(number, digest)]."""
        counts = collections.Counter(number for number, _ in delivered)
        lettered = {number for number, _ in letters}
        kept = counts.keys() | lettered
        half = []
        lost = self.acked() - kept
        bad = set()
        for request in self.requests:
            bad.update(request.bad_ones())
            if request.state == "acked" and not request.forgotten:
                lost.update(set(request.bad_ones()) - lettered)
            there = sum(n in kept for n in request.good_ones())
            if request.state == "unknown" and \
                    0 < there < len(request.good_ones()):
                half.append(request.numbers[0])
        return Findings(
            sent=self.next,
            acked=len(self.acked()),
            delivered=len(counts),
            lost=lost,
            invented=[n for n, found in delivered + letters
                      if not self.sent(n, found)] +
                     [n for n in counts if n in bad],
            refused=self.numbers("refused") & counts.keys(),
            half=half,
            duplicates=sum(counts.values()) - len(counts),
            statuses=dict(self.statuses))


class Findings:
    def __init__(self, **found):
        self.__dict__.update(found)

    def good(self):
        return not (self.lost or self.invented or self.refused or self.half) \
            and self.acked > 0

    def __str__(self):
        return (f"{self.sent} sent, {self.acked} acknowledged, "
                f"{self.delivered} delivered, {len(self.lost)} lost, "
                f"{len(self.invented)} invented, {len(self.refused)} refused "
                f"and delivered, {len(self.half)} halved, "
                f"{self.duplicates} duplicates, replies {self.statuses}")

    def examples(self):
        return {key: sorted(value)[:10] for key, value in
                vars(self).items()
                if key in ("lost", "invented", "refused", "half") and value}


def number_of(line):
    found = NUMBER.search(line)
    return int(found.group(1)) if found else -1


def delivered_of(record, start=0):
    """What polaris-sim recorded from there on: a table, a tab, a line."""
    found = []
    with open(record, "rb") as file:
        file.seek(start)
        for row in file:
            if not row.endswith(b"\n"):
                break  # still being written
            start += len(row)
            line = row.rstrip(b"\n").split(b"\t", 1)[1]
            found.append((number_of(line), digest(line)))
    return start, found


def letters_of(spool, torn=None):
    """`torn`: takes rows that are none, as a crash leaves them."""
    found = []
    for path in sorted(glob.glob(os.path.join(
            glob.escape(spool), "dead-letters", "*.ndjson"))):
        with open(path, "rb") as file:
            for row in file:
                try:
                    line = json.loads(row)["event"].encode()
                    found.append((number_of(line), digest(line)))
                except ValueError:
                    if torn is not None and row.strip():
                        torn.append(row)
    return found


def lines_in(spool):
    """Numbers of all events that stand in its files, settled or not."""
    found = set()
    for path in glob.glob(os.path.join(glob.escape(spool), "*.seg")):
        with open(path, "rb") as file:
            found |= {int(n) for n in NUMBER.findall(file.read())}
    return found


def stat_of(gateway, spool):
    """Events by table, as `spool stat` counts them."""
    done = subprocess.run([gateway, "spool", "stat", spool],
                          stdout=subprocess.PIPE, text=True, check=True)
    rows = done.stdout.split("\ntable ", 1)[1].splitlines()[1:]
    return {row.split()[0]: int(row.split()[2]) for row in rows}


def verify(gateway, spool):
    """What `spool verify` finds wrong; None: nothing."""
    done = subprocess.run([gateway, "spool", "verify", spool],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    return None if done.returncode == 0 else done.stdout
