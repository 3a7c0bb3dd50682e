"""What is sent: events of a given size, and the two programs that send them.

wrk sends as fast as answers come (a closed loop); bench_arrive at a fixed rate
whether or not they come (an open one).
"""

import datetime
import gzip
import json
import os
import subprocess

import stage

EVENT_BYTES = 230
AGENT = ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 "
         "Firefox/128.0")
WORDS = ("quick brown fox jumps over the lazy dog while a small wind turns "
         "seven leaves and no one looks ").split(" ")


def event(number, size):
    """One line of just `size` bytes, its line feed included."""
    now = datetime.datetime.now(datetime.timezone.utc)
    fields = {
        "__time": now.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (number % 1000),
        "user": "u%06d" % (number * 7919 % 1000000),
        "page": "/products/%d" % (number * 31 % 977),
        "agent": AGENT,
        "ms": number * 17 % 5000,
        "text": "",
    }
    line = json.dumps(fields, separators=(",", ":"))
    missing = size - 1 - len(line)
    text = ""
    while len(text) < missing:
        text += WORDS[(number + len(text)) % len(WORDS)] + " "
    fields["text"] = text[:missing]
    return json.dumps(fields, separators=(",", ":")) + "\n"


def body_file(folder, events, size, zipped=False):
    name = os.path.join(folder, "body-%d-%d%s" % (
        events, size, ".gz" if zipped else ""))
    body = "".join(event(i, size) for i in range(events)).encode()
    assert len(body) == events * size
    with open(name, "wb") as file:
        file.write(gzip.compress(body, 6) if zipped else body)
    return name


def wrk(port, connections, seconds, body, zipped=False):
    """Returns what post.lua tells; times in microseconds."""
    here = os.path.dirname(os.path.abspath(__file__))
    env = dict(os.environ, BENCH_BODY=body, BENCH_GZIP="1" if zipped else "0")
    done = stage.run(
        ["wrk", "-t1", "-c%d" % connections, "-d%ds" % seconds,
         "--timeout", "30s", "--latency", "-s", here + "/post.lua",
         "http://127.0.0.1:%d/v1/events/bench" % port],
        core=stage.LOAD_CORE, env=env)
    for line in done.splitlines():
        if line.startswith("BENCH "):
            return json.loads(line[6:])
    raise RuntimeError("wrk said:\n" + done)


def arrive(port, connections, rate, seconds, body, tables=1):
    """Returns what bench_arrive tells; times in microseconds."""
    return json.loads(stage.run(
        [stage.program("bench_arrive"), str(port), str(connections),
         "%.3f" % rate, str(seconds), body, str(tables)],
        core=stage.LOAD_CORE))


def hold(port, connections, body):
    """Connections that were each answered once, and stay: close() ends them."""
    held = stage.start(
        [stage.program("bench_arrive"), str(port), str(connections), "hold",
         body], core=stage.LOAD_CORE, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE)
    held.tells = json.loads(held.stdout.readline())
    return held


def sync(folder, size, count):
    """A bare write and fdatasync of `size` bytes, in microseconds."""
    return json.loads(stage.run(
        [stage.program("bench_sync"), os.path.join(folder, "sync"),
         str(size), str(count)], core=stage.OUR_CORE))
