"""A disk whose syncs take long: whoever does not need it does not wait.

First each sync is held until the campaign lets it go, so that what is claimed
is an order and not a time:

    a sync is held, a request waits for it
    /livez and /readyz are asked, and answer
    the sync is still held, the request has no answer yet
    the sync is let go, and the request gets its 200

Then syncs take a second each under load: the slowest answers are told.
"""

import threading
import time

import wire
from program import until
from world import World

CYCLES = 20
SLOW_S = 5


def add_arguments(parser):
    parser.add_argument("--slow", type=int, default=SLOW_S,
                        help="seconds with syncs of a second (%(default)s)")


def ask(world, path):
    began = time.monotonic()
    reply = wire.ask(world.life.admin, wire.request("GET", path), "GET")
    return reply.status, (time.monotonic() - began) * 1000


def held(world):
    """One round of what stands above."""
    world.shim["hold"] = 1
    waiting = []
    poster = threading.Thread(
        target=lambda: waiting.append(world.post(timeout=60)))
    poster.start()
    for _ in until("a sync is held", lambda: world.shim["held"] > 0):
        time.sleep(0.001)
    slowest = 0
    for path in ("/livez", "/readyz"):
        status, ms = ask(world, path)
        slowest = max(slowest, ms)
        if status != 200:
            raise AssertionError(f"{path}: {status}")
    if world.shim["held"] == 0 or waiting:
        raise AssertionError("the sync did not wait for us")
    world.shim["hold"] = 0
    poster.join()
    if waiting[0].state != "acked":
        raise AssertionError(f"{waiting[0].state} after a slow sync")
    return slowest


def probed(world, seconds, sync_ns):
    """Under load, with syncs that long: the slowest answer, in ms."""
    world.shim["sync_ns"] = sync_ns
    end = time.monotonic() + seconds
    slowest = 0
    while time.monotonic() < end:
        for path in ("/livez", "/readyz"):
            status, ms = ask(world, path)
            slowest = max(slowest, ms)
            if status != 200:
                raise AssertionError(f"{path}: {status}")
        time.sleep(0.01)
    world.shim["sync_ns"] = 0
    return slowest


def run(given, progress):
    with World(given.seed, shim=True) as world:
        world.start()
        for _ in until("ready", lambda: ask(world, "/readyz")[0] == 200):
            time.sleep(0.01)
        most = 0
        for number in range(given.cycles):
            progress(f"{number} of {given.cycles}")
            most = max(most, held(world))
        world.start_clients()
        usual = probed(world, given.slow, 0)
        most_slow = probed(world, given.slow, 1000000000)
        found = world.settle()
        told = (f"{given.cycles} syncs held, the slowest probe {most:.0f} ms; "
                f"{given.slow} s with syncs of 1 s, the slowest probe "
                f"{most_slow:.0f} ms, {usual:.0f} ms with the disk's own; "
                f"{found}")
        if not found.good():
            raise AssertionError(f"{told}: {found.examples()}")
        return told
