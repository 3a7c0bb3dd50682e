"""A gateway that dies and comes back, its clients and its upstream.

    with World(seed) as world:
        world.start()           a life of the gateway
        world.kill()            or it ends by itself, and world.wait()
        print(world.settle())   a last life, till nothing waits: the books
"""

import os
import random
import shutil
import socket
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "flow"))

import gateway as flow_gateway  # noqa: E402
import wire                     # noqa: E402
from flow import in_threads     # noqa: E402
from ledger import (Ledger, delivered_of, letters_of, lines_in,  # noqa: E402
                    stat_of, verify)
from program import PATIENCE_S, Late, Program, until  # noqa: E402
from shim import Shim           # noqa: E402
from sim import Sim             # noqa: E402

GATEWAY = os.path.abspath(flow_gateway.EXECUTABLE)
TABLES = ("wikipedia", "clicks", "t", "metrics.cpu")
MAX_BYTES = 16 << 20
SPOOL = {"max_bytes": MAX_BYTES, "segment_bytes": "1MiB", "memory_bytes": "1MiB"}
LOGS_KEPT = 4


class Life(flow_gateway.Gateway):
    """The program, but the addresses are had once it has both of them."""

    def __init__(self, world, number):
        self.config = os.path.join(world.folder, "gateway.yaml")
        Program.__init__(self, f"life-{number}", [GATEWAY, "-c", self.config],
                         world.folder, world.environment())

    def listen(self, seconds=PATIENCE_S):
        """False: it ended before."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            said = self.stderr
            if " listening " in said:
                self.address = self._address("listening")
                self.admin = self._address("admin_listening")
                return True
            if not self.running():
                return False
            time.sleep(0.003)
        raise Late(f"{self.name} does not listen")


class Client(threading.Thread):
    """One keep-alive connection, one request at a time, until it is told."""

    def __init__(self, world, seed):
        super().__init__(daemon=True)
        self.world = world
        self.random = random.Random(seed)
        self.stop = False

    def run(self):
        while not self.stop:
            address = self.world.address
            try:
                with socket.create_connection(address, PATIENCE_S) as s:
                    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    while not self.stop and self.post(s):
                        pass
            except (OSError, TypeError):
                time.sleep(0.01)

    def post(self, s):
        """False: the connection is of no more use."""
        count = self.random.choice((1, 1, 1, 3, 60))
        bad = self.world.skip and self.random.random() < 0.1
        ledger = self.world.ledger
        request, body = ledger.request(
            count, self.random.choice((0, 10, 200, 200, 2000)),
            bad=self.random.randint(1, min(count, 3)) if bad else 0)
        path = self.random.choice(TABLES) + ("?on_invalid=skip" if bad else "")
        s.sendall(wire.post(path, body))
        status, head, code = read_reply(s)
        ledger.answered(request, status, code)
        if status != 200:
            time.sleep(0.02)
            return False
        if b"Gateway-Ack: durable" not in head:
            raise AssertionError(head)
        return True


def read_reply(s):
    """Status, head, and the code of a refusal; ConnectionError if none."""
    reply = b""
    while b"\r\n\r\n" not in reply:
        reply += piece_of(s)
    head, body = reply.split(b"\r\n\r\n", 1)
    status = int(head.split(b" ", 2)[1])
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r")[0])
    while len(body) < length:
        body += piece_of(s)
    code = None
    if status != 200:
        code = body.split(b'"code":"', 1)[1].split(b'"', 1)[0].decode()
    return status, head, code


def piece_of(s):
    piece = s.recv(65536)
    if not piece:
        raise ConnectionError("closed")
    return piece


class World:
    def __init__(self, seed, shim=False, log=False, clients=8, skip=True,
                 spool=None, folder=None, sim_options=None, config=None):
        self.folder = tempfile.mkdtemp(prefix="polaris-faults-")
        self.spool = folder or os.path.join(self.folder, "spool")
        self.random = random.Random(seed)
        self.skip = skip
        self.ledger = Ledger()
        self.lives = 0
        self.life = None
        self.address = None
        self.slowest = self.largest = 0
        self.shim = Shim(self.folder, self.spool, log) if shim else None
        self.record = os.path.join(self.folder, "delivered")
        self.seen, self.seen_to = [], 0
        self.sim = Sim(self.folder, record=self.record,
                       **{"latency": 3, **(sim_options or {})})
        self.configure({**SPOOL, **(spool or {})}, config or {})
        self.clients = [Client(self, seed * 100 + i) for i in range(clients)]

    def configure(self, spool, more):
        with open(os.path.join(self.folder, "gateway.yaml"), "w",
                  encoding="utf-8") as file:
            file.write("\n".join(flow_gateway.yaml(flow_gateway.merged({
                "listen": {"address": "127.0.0.1:0", "workers": 2,
                           "max_body": "200KiB"},
                "admin": {"address": "127.0.0.1:0"},
                "upstream": {
                    "url": self.sim.url + "/v1/projects/p/events/{table}",
                    "credentials": {"api_key": "pok_polaris-sim"}},
                "batch": {"linger": "20ms"},
                "spool": {"directory": self.spool, **spool},
                "shutdown_timeout": "10s",
            }, more))) + "\n")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stop_clients()
        for program in (self.life, self.sim):
            if program:
                program.kill()
        if error[0]:
            print(f"kept: {self.folder}")
            if self.life:
                print(self.life.stderr[-3000:])
            return
        shutil.rmtree(self.folder)

    def environment(self):
        return self.shim.environment() if self.shim else {}

    # The gateway's lives.

    def start(self, may_fail=False):
        """The next life; False when it could not begin and that may be."""
        began = time.monotonic()
        self.lives += 1
        self.life = Life(self, self.lives)
        if not self.life.listen():
            if may_fail:
                return False
            raise AssertionError("the gateway did not start")
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.address = self.life.address
        old = os.path.join(self.folder, f"life-{self.lives - LOGS_KEPT}")
        for end in (".out", ".err"):
            if os.path.exists(old + end):
                os.remove(old + end)
        return True

    def start_clients(self):
        for client in self.clients:
            client.start()

    def stop_clients(self):
        for client in self.clients:
            client.stop = True
        for client in self.clients:
            if client.is_alive():
                client.join(timeout=PATIENCE_S)
        self.clients = []

    def kill(self):
        self.life.kill()
        self.check_size()

    def check_size(self):
        """All its files together, but for the dead letters."""
        size = sum(os.path.getsize(os.path.join(at, name))
                   for at, _, names in os.walk(self.spool)
                   for name in names if "dead-letters" not in at)
        if size > MAX_BYTES:
            raise AssertionError(f"the spool's files have {size} bytes")
        self.largest = max(self.largest, size)

    def kill_between_calls(self):
        """It makes none: also not between what is done and what is logged."""
        self.kill()

    def wait(self, seconds):
        """True: it ended by itself in that time."""
        end = time.monotonic() + seconds
        while self.life.running() and time.monotonic() < end:
            time.sleep(0.003)
        return not self.life.running()

    def post(self, count=1, pad=200, table="t"):
        """One request of our own; its Request.

        Whatever fails, it gets an answer, unless the gateway ends."""
        request, body = self.ledger.request(count, pad)
        try:
            with socket.create_connection(self.address, PATIENCE_S) as s:
                s.sendall(wire.post(table, body))
                status, request.head, code = read_reply(s)
                self.ledger.answered(request, status, code)
        except TimeoutError:
            if self.life.running():
                raise Late("a request got no answer") from None
        except OSError:
            pass
        return request

    def burst(self, count, pad, threads=4):
        """So many requests, side by side, or fewer if the gateway ends."""
        numbers = iter(range(count))
        done = []

        def work(_):
            for _ in numbers:
                if not self.life.running():
                    return
                done.append(self.post(pad=self.random.randint(1, pad),
                                      table=self.random.choice(TABLES)))
        in_threads(threads, work)
        return done

    def upstream_away(self):
        self.sim.fault(status=503, calls=1000000)

    def upstream_back(self):
        self.sim.order("/sim/reset", {})

    # What is where.

    def stat(self):
        return stat_of(GATEWAY, self.spool)["(all)"]

    def delivered(self):
        """All that the upstream has recorded so far."""
        self.seen_to, more = delivered_of(self.record, self.seen_to)
        self.seen += more
        return self.seen

    def nowhere(self):
        """While the gateway is dead: acknowledged, and not to be found."""
        missing = self.ledger.acked() - lines_in(self.spool) - \
            {number for number, _ in letters_of(self.spool)}
        end = time.monotonic() + PATIENCE_S  # the sim writes its record by and by
        while missing:
            missing -= {number for number, _ in self.delivered()}
            if time.monotonic() > end:
                break
            time.sleep(0.03)
        return missing

    def start_unspoilt(self):
        """A life without faults; the one there is, if it runs."""
        if self.shim:
            self.shim.disarm()
        if not self.life or not self.life.running():
            self.start()

    def drain(self):
        for _ in until("nothing waits in the spool",
                       lambda: self.stat() == 0):
            time.sleep(0.03)

    def drain_or_end(self):
        """Until it has ended by itself, or has nothing left to send."""
        for _ in until("it ends, or nothing waits in the spool",
                       lambda: not self.life.running() or self.stat() == 0):
            time.sleep(0.03)

    def settle(self):
        """A life without faults to the end; what the books say then."""
        self.start_unspoilt()
        if self.clients:
            # However short the lives before were.
            for _ in until("an answer", self.ledger.acked):
                time.sleep(0.03)
        self.stop_clients()
        self.drain()
        self.end()
        self.sim.stop()     # it has written all of its record
        torn = []
        found = self.ledger.check(
            self.delivered(), letters_of(self.spool, torn))
        if torn:
            raise AssertionError(f"{found}; {len(torn)} letters that are "
                                 f"none: {torn[0][:100]}")
        damage = verify(GATEWAY, self.spool)
        if damage:
            raise AssertionError(damage)
        return found

    def end(self):
        code = self.life.stop()
        if code != 0:
            raise AssertionError(f"ended with {code}")
