"""The organization's limit over real minutes: used whole, and never tripped.

A backlog of events waits, each of them a call of its own, and the upstream
counts calls by the calendar minute, 100 ms away.  For --minutes minutes and
whatever edges lie in them it is asked how many calls came. Claimed are

    no answer 429, in no minute
    no more calls in any 60 s than the limit
    at least 97 % of the limit used

The short form, in virtual time, is tests/gateway/scheduler/limit_test.c.
"""

import time

from program import until
from world import TABLES, World

CYCLES = 1
USED = 0.97
LATENCY_MS = 100
POSTED = 1000   # events a request
START_S = 10    # until the bucket, which starts empty, flows


def add_arguments(parser):
    parser.add_argument("--calls-per-minute", type=int, default=6000,
                        help="the limit, there and here (%(default)s)")
    parser.add_argument("--minutes", type=float, default=3,
                        help="to be measured (%(default)s)")


def world_of(given):
    return World(
        given.seed, clients=0,
        spool={"max_bytes": "1GiB", "segment_bytes": "16MiB",
               "memory_bytes": "16MiB"},
        sim_options={"latency": LATENCY_MS,
                     "calls_per_minute": given.calls_per_minute},
        config={"budget": {"calls_per_minute": given.calls_per_minute},
                "listen": {"max_body": "1MiB"},
                "batch": {"linger": "20ms", "max_events": 1,
                          "burst_events": 1}})


def fill(world, events, progress):
    """A few tables, so that there are turns to be taken."""
    for number in range(0, events, POSTED):
        progress(f"{number} of {events} events are waiting")
        table = TABLES[number // POSTED % len(TABLES)]
        if world.post(POSTED, table=table).state != "acked":
            raise AssertionError("an event was not taken")


def measure(world, seconds, progress):
    """Two readings, so many seconds apart by the upstream's own clock."""
    first = world.sim.stats()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(1)
        now = world.sim.stats()
        progress(f"{now['calls']} calls, {now['rate_limited']} too many, "
                 f"at most {now['max_calls_in_60s']} in 60 s")
    return first, world.sim.stats()


def one(given, progress):
    limit = given.calls_per_minute
    seconds = given.minutes * 60
    with world_of(given) as world:
        world.start()
        fill(world, int(limit * (seconds + 3 * START_S) / 60), progress)
        calls = world.sim.stats()["calls"]
        for _ in until("it sends", lambda: world.sim.stats()["calls"] > calls):
            time.sleep(0.1)
        time.sleep(START_S)
        first, last = measure(world, seconds, progress)
        passed_s = (last["now_ms"] - first["now_ms"]) / 1000
        used = (last["calls"] - first["calls"]) / (limit * passed_s / 60)
        edges = last["now_ms"] // 60000 - first["now_ms"] // 60000
        told = (f"{limit} calls a minute, {passed_s:.0f} s with {edges} edges: "
                f"{100 * used:.2f} % used, {last['rate_limited']} x 429, "
                f"at most {last['max_calls_in_60s']} in 60 s")
        if world.stat() == 0:
            raise AssertionError(f"{told}: the backlog ended too soon")
        found = world.settle()
        if last["rate_limited"] > 0 or last["max_calls_in_60s"] > limit or \
                used < USED:
            raise AssertionError(told)
        if not found.good():
            raise AssertionError(f"{told}: {found.examples()}")
        return f"{told}; {found}"


def run(given, progress):
    return "; ".join(one(given, progress) for _ in range(given.cycles))
