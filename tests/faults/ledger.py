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
import json
import os
import re
import subprocess
import threading
import time
import zlib

NUMBER = re.compile(rb'"n":(\d+),')


class Request:
    """Some events that were sent together."""

    def __init__(self, lines, bad):
        self.lines = lines  # by number
        self.bad = bad      # the numbers that only dead letters may have
        self.state = "unknown"
        self.code = None

    def body(self):
        return b"\n".join(self.lines.values()) + b"\n"

    def good(self):
        return self.lines.keys() - self.bad


class Ledger:
    def __init__(self):
        self.lock = threading.Lock()
        self.next = 0
        self.requests = []
        self.lines = {}
        self.statuses = collections.Counter()

    # Written by clients.

    def request(self, count, pad, bad=0):
        """A new one, of so many events, `bad` of them without a time."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()).encode()
        with self.lock:
            first = self.next
            self.next += count
            lines = {}
            for number in range(first, first + count):
                body = b'"n":%d,"p":"%s"' % (number, b"x" * pad)
                clock = b'"__time":"%s",' % stamp \
                    if number >= first + bad else b""
                lines[number] = b'{%s%s,"c":%d}' % (clock, body,
                                                    zlib.crc32(body))
            request = Request(lines, set(range(first, first + bad)))
            self.lines.update(lines)
            self.requests.append(request)
        return request

    def answered(self, request, status, code):
        """`code` is the stable word of a refusal."""
        with self.lock:
            self.statuses[code or status] += 1
        request.code = code
        if status == 200:
            request.state = "acked"
        elif code != "OutcomeUnknown":
            request.state = "refused"

    # Read when the gateway has ended, or has nothing left to do.

    def numbers(self, state):
        return {number for request in self.requests
                if request.state == state for number in request.good()}

    def acked(self):
        return self.numbers("acked")

    def check(self, delivered, letters, waiting=frozenset()):
        """Delivered and letters: [(number, line)]; waiting: numbers."""
        counts = collections.Counter(number for number, _ in delivered)
        kept = counts.keys() | {number for number, _ in letters} | waiting
        bad = {n for r in self.requests for n in r.bad}
        bad_acked = {n for r in self.requests if r.state == "acked"
                     for n in r.bad}
        half = [r for r in self.requests if r.state == "unknown" and
                r.good() and 0 < len(r.good() & kept) < len(r.good())]
        refused = self.numbers("refused")
        return Findings(
            sent=self.next,
            acked=len(self.acked()),
            delivered=len(counts),
            lost=self.acked() - kept | bad_acked - {n for n, _ in letters},
            invented=[n for n, line in delivered + letters
                      if self.lines.get(n) != line] +
                     [n for n in counts if n in bad],
            refused=refused & counts.keys() | refused & waiting,
            half=[min(r.lines) for r in half],
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
            found.append((number_of(line), line))
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
                    found.append((number_of(line), line))
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
    return {row.split()[0]: int(row.split()[2]) for row in rows if row}


def verify(gateway, spool):
    """What `spool verify` finds wrong; None: nothing."""
    done = subprocess.run([gateway, "spool", "verify", spool],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    return None if done.returncode == 0 else done.stdout
