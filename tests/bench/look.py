"""What does looking cost?  A scrape, and the page's /status, under full load.

The load stays the same, at a fixed rate near the organization's limit, while
nobody looks and while somebody looks much too often.  What the process uses
more, divided by how often it was looked at, is the cost of one look: the admin
thread's, and the pump's copy of its books.
"""

import http.client
import threading
import time

import contestants
import load
import stage

RATE = 8000  # requests of 10 events: 96 % of the limit, in full batches
LOOKS_A_S = 20
EVENTS = 10


class Looker(threading.Thread):
    """Looks at a path so often, and notes how long each look took."""

    def __init__(self, port, path):
        super().__init__(daemon=True)
        self.port, self.path = port, path
        self.took, self.size = [], 0
        self.ending = threading.Event()

    def run(self):
        client = http.client.HTTPConnection("127.0.0.1", self.port)
        since = 0
        while not self.ending.wait(1 / LOOKS_A_S):
            begun = time.monotonic()
            # As the page does: only of the history what it has not seen.
            client.request("GET", self.path.replace("NOW", str(since)))
            answer = client.getresponse().read()
            self.took.append(time.monotonic() - begun)
            self.size = len(answer)
            since = int(time.time() * 1000) - 2000
        client.close()

    def end(self):
        self.ending.set()
        self.join()


def fill(port, count):
    """As many tables and producers, with an event each."""
    client = http.client.HTTPConnection("127.0.0.1", port)
    body = load.event(1, load.EVENT_BYTES)
    for number in range(count):
        client.request("POST", "/v1/events/bench%d" % number, body,
                       {"X-Producer": "producer-%d" % number,
                        "Gateway-Ack": "received"})
        client.getresponse().read()
    client.close()


def measure(who, body, seconds, path):
    """CPU of a second, of the whole process; and the looks."""
    looker = Looker(who.admin, path) if path else None
    pids = who.pids()
    cpu, begun = stage.cpu_s(pids), time.monotonic()
    if looker is not None:
        looker.start()
    told = load.arrive(who.port, 64, RATE, seconds, body)
    if looker is not None:
        looker.end()
    wall = time.monotonic() - begun
    return {"core": (stage.cpu_s(pids) - cpu) / wall, "wall": wall,
            "p99": told["p99"], "ok": told["ok"],
            "looks": sorted(looker.took) if looker else [],
            "bytes": looker.size if looker else 0}


def scenario(run):
    seconds = 5 if run.quick else 20
    body = load.body_file(run.folder, EVENTS, load.EVENT_BYTES)
    lines = ["%-34s %9s %9s %9s %9s %9s %9s" % (
        "%d requests of %d events a s" % (RATE, EVENTS), "core %",
        "CPU ms", "p50 ms", "p99 ms", "bytes", "200 p99")]
    kept = {}
    for count in 1, 1000:
        who = contestants.Gateway("durable", linger="500ms")
        who.open(run.folder, run.upstream, False)
        try:
            fill(who.port, count)
            load.arrive(who.port, 64, RATE, 2, body)
            bare = None
            for what, path in (("nobody looks", None),
                               ("/metrics", "/metrics"),
                               ("/status, as the page", "/status?since=NOW"),
                               ("/status, the first look", "/status")):
                name = "%d tables, %s" % (count, what)
                if not run.wants("look: " + name):
                    continue
                row = measure(who, body, seconds, path)
                bare = row if bare is None else bare
                looks = row["looks"]
                kept[name] = row
                if looks:
                    more = (row["core"] - bare["core"]) * row["wall"]
                    row["cpu_ms"] = more * 1e3 / len(looks)
                lines.append("%-34s %9.1f %9.2f %9.1f %9.1f %9d %9d" % (
                    name, 100 * row["core"], row.get("cpu_ms", 0),
                    1e3 * looks[len(looks) // 2] if looks else 0,
                    1e3 * looks[len(looks) * 99 // 100] if looks else 0,
                    row["bytes"], row["p99"]))
                stage.say(lines[-1])
        finally:
            who.close()
    run.tell("\n".join(lines))
    run.keep("look", kept)
