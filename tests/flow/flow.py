"""A test of the whole program: a sim, a gateway, and a strict end.

Every test ends by stopping what it started and asserting that each program
ended with 0, reported nothing to a sanitizer, left no process and no file,
and that no log names a secret, a token or an event.
"""

import collections
import datetime
import itertools
import json
import os
import re
import secrets
import shutil
import socket
import tempfile
import threading
import unittest

import wire
from gateway import Gateway, merged, usual
from program import wait_until
from sim import Sim

SANITIZER = os.environ.get("SANITIZE", "")
MARKER = "payload-marker-7f3a9c"
SERIAL = itertools.count()
TOKEN = re.compile(r"eyJ[\w-]{8,}|(Bearer|Basic) [\w+/=.-]{16,}|pok_\w+")


def now(**ahead):
    """An ISO time, as the usual client writes it."""
    time = datetime.datetime.now(datetime.timezone.utc)
    time += datetime.timedelta(**ahead)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def event(number, **more):
    """One valid event.  No two are equal, not even with one number and made
    in one millisecond: the sim would count a duplicate."""
    return json.dumps({"__time": now(), "n": number, "serial": next(SERIAL),
                       "marker": MARKER, **more}).encode()


def in_threads(count, work):
    """Runs work(0) to work(count - 1) side by side; the first error is ours."""
    errors = []

    def run(number):
        try:
            work(number)
        except BaseException as error:  # handed to the test's own thread
            errors.append(error)
    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


class FlowTest(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="polaris-flow-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.secret = "secret-" + secrets.token_hex(16)
        self.programs = []
        self.known = set()
        self.addCleanup(self._kill_all)
        self.addCleanup(self._check_the_end)

    def file(self, name, text):
        """A file of the test's own in its folder."""
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        self.known.add(name)
        return path

    def _add(self, program):
        self.programs.append(program)
        self.known |= {program.name + end for end in (".out", ".err", ".yaml")}
        return program

    def hold_port(self):
        """A loopback address that nobody else gets, whoever of this test
        listens on it now or later: the kernel gives a bound port to no other
        process, and one that only is bound refuses connections."""
        held = socket.socket()
        self.addCleanup(held.close)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        return "127.0.0.1:%d" % held.getsockname()[1]

    def start_sim(self, listen=None, **options):
        options = {"client_id": "flow", "client_secret": self.secret,
                   "listen": listen or self.hold_port(), **options}
        return self._add(Sim(self.folder, **options))

    def config(self, sim, over=None):
        secret_file = self.file("secret", self.secret + "\n")
        return merged(usual(sim.url, secret_file), over or {})

    def start_gateway(self, sim, over=None, **more):
        gateway = self._add(Gateway(self.folder, self.config(sim, over),
                                    **more))
        gateway.await_ready()
        return gateway

    def start(self, over=None, **options):
        """The usual pair."""
        sim = self.start_sim(**options)
        return sim, self.start_gateway(sim, over)

    # What a test asks for most.

    def assert_ok(self, reply):
        self.assertEqual((reply.status, reply.body), (200, b""), reply)

    def await_events(self, sim, count):
        wait_until(f"{count} events upstream",
                   lambda: sim.taken() >= count)

    def assert_upstream(self, sim, table, sent):
        """Exactly the lines sent, in any order, to the byte."""
        got = collections.Counter(sim.events(table))
        want = collections.Counter(sent)
        self.assertEqual(sum(got.values()), sum(want.values()), table)
        self.assertEqual(got - want, collections.Counter(), table)
        self.assertEqual(want - got, collections.Counter(), table)

    # The end.

    def _failed(self):
        result = self._outcome.result
        return any(test is self for test, _ in result.failures + result.errors)

    def _check_the_end(self):
        if self._failed():
            self._tell()
            return
        # The last one started depends on those before it.
        self.end_of(self.programs[::-1])
        left = set(os.listdir(self.folder)) - self.known
        self.assertEqual(left, set(), "files left behind")

    def end_of(self, programs):
        """Stops them, in this order, and checks their ends."""
        faults = []
        for program in programs:
            if isinstance(program, Sim) and program.running():
                faults += program.complaints()
            program.stop()
            faults += program.faults()
            if isinstance(program, Gateway):
                faults += self._leaks(program)
            self.programs.remove(program)
        self.assertEqual(faults, [], "\n".join(faults))

    def _kill_all(self):
        for program in self.programs:
            program.kill()

    def _leaks(self, program):
        said = program.stdout + program.stderr
        found = [word for word in (self.secret, MARKER) if word in said]
        found += [match.group(0) for match in TOKEN.finditer(said)]
        return [f"{program.name} logged {word!r}" for word in found]

    def _tell(self):
        for program in self.programs:
            print(f"--- {program.name}: {program.child.poll()}\n"
                  f"{program.stderr[-4000:]}", flush=True)


def push(gateway, table, lines, headers=()):
    """One request on a connection of its own."""
    return gateway.ask(wire.post(table, b"\n".join(lines) + b"\n", headers))
