"""The play of deploy/quickstart.sh: polaris-sim, the gateway, producers.

	producers --one reading a request--> polaris-gateway --batches--> sim

Ends after the seconds asked for or upon Ctrl-C, always in the same way:
producers stop, the gateway is told to end and sends what it holds, the sim is
asked what it has, both are compared, the temporary folder goes.
"""

import ctypes
import http.client
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import zlib

import readings

PRODUCERS_PER_TABLE = 2
EVENTS_PER_SECOND = 50  # of each producer

# The real limit of an organization is 83,334 calls a minute.  This machine
# plays a smaller organization, so that one sees the limit come near.
CALLS_PER_MINUTE = 1200

CONFIG = """\
listen:
  address: 127.0.0.1:0
admin:
  address: 127.0.0.1:0
# A producer here is told yes once its reading is in memory.  The safer
# "delivered" answers when Polaris has it, so each producer would wait half a
# second for its batch to close and then send its next reading.
acknowledge: received
shutdown_timeout: 10s
upstream:
  url: {sim}/v1/projects/quickstart/events/{{table}}
  credentials:
    oauth2:
      token_url: {sim}/auth/realms/quickstart/protocol/openid-connect/token
      client_id: quickstart
      client_secret_file: {secret_file}
budget:
  calls_per_minute: {calls}
"""

INTRODUCTION = """
{producers} producers send {rate} readings a second each, one a request, to \
{tables} tables.
This organization may make {calls:,} calls a minute (a real one 83,334).
Try it meanwhile, in another terminal:

    {curl}
{end}"""

REAL = """
To use it for real, write gateway.yaml:

    upstream:
      url: https://ORG.REGION.aws.api.imply.io/v1/projects/PROJECT/events/{{table}}
      credentials:
        api_key_file: FILE-WITH-YOUR-KEY

and then:

    {build}/polaris-gateway check -c gateway.yaml
    {build}/polaris-gateway run -c gateway.yaml
    {curl}
"""

# What the sim has of a table that never got an event.
NOTHING = {"events": 0, "taken_calls": 0, "digest": f"{0:016x}"}

PR_SET_PDEATHSIG = 1
PARENT = os.getpid()
START_S = 30


class Trouble(Exception):
    """Why the play cannot go on, in words for the person who watches."""


def die_with_parent():
    """Even when this program is killed, nothing stays behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    # Killed before that: nobody will send the signal any more.
    if os.getppid() != PARENT:
        os._exit(1)


class Child:
    """One of the two programs.  A session of its own keeps the terminal's
    Ctrl-C from it: who ends first is decided here."""

    def __init__(self, folder, argv, pattern):
        self.name = os.path.basename(argv[0])
        self.log = os.path.join(folder, self.name + ".log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=folder, start_new_session=True,
                preexec_fn=die_with_parent)
        self.address = self._await(pattern)

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def _await(self, pattern):
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            match = re.search(pattern, self.said(), re.MULTILINE)
            if match:
                return match.group(1)
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        self.kill()
        raise Trouble(f"{self.name} did not start:\n{self.said()}")

    def end(self):
        """Asks it to end and waits; its exit code."""
        self.process.terminate()
        return self.process.wait()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Producer(threading.Thread):
    """A service that sends a reading of one table now and then."""

    def __init__(self, address, table, number, ending):
        super().__init__(daemon=True)
        self.address = address
        self.table = table
        self.ending = ending
        self.name = f"{table}-{number}"
        self.sent = 0      # answered 200
        self.digest = 0    # of those, as polaris-sim sums them up
        self.refused = 0   # answered anything else
        self.unknown = 0   # not answered at all
        self.left = None   # calls left in this minute, as last told

    def run(self):
        connection = http.client.HTTPConnection(self.address, timeout=30)
        due = time.monotonic()
        for reading in readings.SOURCES[self.table]():
            # Whoever is late goes on from now, and does not catch up.
            due = max(due + 1 / EVENTS_PER_SECOND, time.monotonic())
            if self.ending.wait(max(0, due - time.monotonic())):
                break
            self._send(connection, readings.event(reading))
        connection.close()

    def _send(self, connection, line):
        try:
            connection.request("POST", "/v1/events/" + self.table, line,
                               {"X-Producer": self.name})
            reply = connection.getresponse()
            reply.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            self.unknown += 1
            return
        self.left = int(reply.headers.get("RateLimit-Remaining", 0))
        if reply.status == 200:
            self.sent += 1
            self.digest += zlib.adler32(line) << 32 | zlib.crc32(line)
        else:
            self.refused += 1


class Board:
    """What a person looks at: a line each second."""

    HEAD = (f"{'time':>6} {'events in':>10} {'events out':>11} {'calls':>6} "
            f"{'per call':>8}   budget of this minute")
    BAR = 24
    HEAD_EVERY = 20

    def __init__(self):
        terminal = sys.stdout.isatty()
        self.colours = (terminal and "NO_COLOR" not in os.environ and
                        os.environ.get("TERM", "dumb") != "dumb")
        words = next(filter(None, map(os.environ.get, (
            "LC_ALL", "LC_CTYPE", "LANG"))), "")
        full = terminal and "utf" in words.lower()
        self.full, self.empty = ("█", "░") if full else ("#", ".")
        self.lines = 0

    def paint(self, colour, text):
        return f"\033[{colour}m{text}\033[0m" if self.colours else text

    def say(self, text=""):
        print(text, flush=True)

    def second(self, at, came, went, calls, left):
        if self.lines % self.HEAD_EVERY == 0:
            self.say(self.paint("1", self.HEAD))
        self.lines += 1
        used = CALLS_PER_MINUTE - left
        full = min(self.BAR, -(-used * self.BAR // CALLS_PER_MINUTE))
        bar = (self.paint("33", self.full * full) +
               self.paint("2", self.empty * (self.BAR - full)))
        self.say(f"{at // 60:>3}:{at % 60:02} " +
                 self.paint("36", f"{came:>10,}") +
                 self.paint("32", f" {went:>11,}") +
                 f" {calls:>6,} {mean(went, calls):>8}   {bar} "
                 f"{used:,} used, {left:,} left")


class Play:
    def __init__(self, board):
        self.board = board
        self.ending = threading.Event()
        self.children = []
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, lambda *_: self.ending.set())

    def start(self, build, folder):
        secret = secrets.token_hex(16)
        self.sim = self._start(
            folder, [f"{build}/polaris-sim", "--listen", "127.0.0.1:0",
                     "--client-id", "quickstart", "--client-secret", secret,
                     "--calls-per-minute", str(CALLS_PER_MINUTE)],
            r"listening on http://(\S+)")
        secret_file = os.path.join(folder, "secret")
        config = os.path.join(folder, "gateway.yaml")
        write(secret_file, secret + "\n")
        write(config, CONFIG.format(
            sim="http://" + self.sim.address, secret_file=secret_file,
            calls=CALLS_PER_MINUTE))
        self.gateway = self._start(
            folder, [f"{build}/polaris-gateway", "run", "-c", config],
            r" listening .*?address=(\S+)")
        self.producers = [
            Producer(self.gateway.address, table, number, self.ending)
            for table in readings.SOURCES
            for number in range(1, PRODUCERS_PER_TABLE + 1)]

    def _start(self, folder, argv, pattern):
        child = Child(folder, argv, pattern)
        self.children.append(child)
        return child

    def stats(self):
        url = f"http://{self.sim.address}/sim/stats"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.load(answer)

    def sent(self):
        return sum(p.sent for p in self.producers)

    def watch(self, seconds):
        """A line each second until it is over."""
        for producer in self.producers:
            producer.start()
        begun = time.monotonic()
        came, went, calls = 0, 0, 0
        at = 0
        while not self.ending.is_set() and at != seconds:
            at += 1
            if self.ending.wait(max(0, begun + at - time.monotonic())):
                break
            stats, sent = self.stats(), self.sent()
            left = [p.left for p in self.producers if p.left is not None]
            self.board.second(at, sent - came, stats["events"] - went,
                              stats["taken_calls"] - calls,
                              min(left, default=CALLS_PER_MINUTE))
            came, went, calls = sent, stats["events"], stats["taken_calls"]
            self._check_alive()

    def _check_alive(self):
        for child in self.children:
            if child.process.poll() is not None:
                raise Trouble(f"{child.name} ended by itself:\n"
                              f"{child.said()}")

    def settle(self):
        """Ends producers and gateway; True when all that came in is out."""
        self.ending.set()
        for producer in self.producers:
            producer.join()
        code = self.gateway.end()
        stats = self.stats()
        if code != 0:
            raise Trouble(f"the gateway ended with {code}:\n"
                          f"{self.gateway.said()}")
        return self._tell(stats)

    def _tell(self, stats):
        say, sent = self.board.say, self.sent()
        say()
        say(self.board.paint("1", f"{'table':<12}{'events in':>10}"
                             f"{'events out':>12}{'calls':>7}{'per call':>9}"))
        same, calls = True, 0
        for name in readings.SOURCES:
            mine = [p for p in self.producers if p.table == name]
            came = sum(p.sent for p in mine)
            digest = sum(p.digest for p in mine) % 2 ** 64
            got = stats["tables"].get(name, NOTHING)
            say(f"{name:<12}{came:>10,}{got['events']:>12,}"
                f"{got['taken_calls']:>7,}"
                f"{mean(got['events'], got['taken_calls']):>9}")
            same &= (came, f"{digest:016x}") == (got["events"], got["digest"])
            calls += got["taken_calls"]
        say()
        say(self.board.paint("1;32", f"{sent:,} events in {calls:,} calls "
                             f"instead of {sent:,}."))
        self._tell_of_others(stats)
        say("What came in is what came out, by count and checksum." if same
            else self.board.paint("1;31", "What came out is NOT what came in."))
        return same

    def _tell_of_others(self, stats):
        others = sum(t["events"] for name, t in stats["tables"].items()
                     if name not in readings.SOURCES)
        refused = sum(p.refused for p in self.producers)
        unknown = sum(p.unknown for p in self.producers)
        for count, what in ((others, "came from you"),
                            (refused, "were refused"),
                            (unknown, "got no answer")):
            if count:
                self.board.say(f"{count:,} more {what}.")

    def kill(self):
        for child in self.children:
            child.kill()


def mean(events, calls):
    return f"{events / calls:.1f}" if calls else "-"


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def curl(address):
    return (f"curl -i http://{address}/v1/events/hello --data-raw "
            "\"{\\\"__time\\\":\\\"$(date -u +%FT%TZ)\\\","
            "\\\"word\\\":\\\"hello\\\"}\"")


def present(build, folder, seconds):
    board = Board()
    play = Play(board)
    try:
        play.start(build, folder)
        board.say(INTRODUCTION.format(
            producers=len(play.producers), rate=EVENTS_PER_SECOND,
            tables=len(readings.SOURCES), calls=CALLS_PER_MINUTE,
            curl=curl(play.gateway.address),
            end="" if seconds else "\nCtrl-C ends it.\n"))
        play.watch(seconds)
        same = play.settle()
        play.sim.end()
        board.say(REAL.format(build=build, curl=curl("127.0.0.1:8080")))
        return 0 if same else 1
    finally:
        play.kill()


def main():
    build = sys.argv[1]
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else None
    folder = tempfile.mkdtemp(prefix="polaris-quickstart-")
    try:
        return present(build, folder, seconds)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except (KeyboardInterrupt, BrokenPipeError):
        return 130
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
