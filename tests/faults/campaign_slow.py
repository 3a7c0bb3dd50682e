"""A disk whose syncs take long: whoever does not need it does not wait.

First each sync is held until the campaign lets it go, so that what is claimed
is an order and not a time:

    a sync is held, a request waits for it
    /livez and /readyz are asked, and answer
    the sync is still held, the request has no answer yet
    the sync is let go, and the request gets its 200

Then some requests are posted while syncs take a second each: the slowest
answers to the probes meanwhile are told.
"""

import threading
import time

import wire
from program import until
from world import World

CYCLES = 20
POSTS = 20


def add_arguments(parser):
    parser.add_argument("--posts", type=int, default=POSTS,
                        help="requests while syncs are slow (%(default)s)")


def ask(world, path):
    began = time.monotonic()
    reply = wire.ask(world.life.admin, wire.request("GET", path), "GET")
    return reply.status, (time.monotonic() - began) * 1000


def held(world):
    """One round of what stands above."""
    world.shim["hold"] = 1
    waiting = []
    poster = threading.Thread(
        target=lambda: waiting.append(world.post()))
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


def probed(world, posts, sync_ns):
    """While so much is posted, with syncs that long: the slowest answer, in
    ms."""
    world.shim["sync_ns"] = sync_ns
    load = threading.Thread(target=lambda: world.burst(posts, 200))
    load.start()
    slowest = 0
    while load.is_alive():
        for path in ("/livez", "/readyz"):
            status, ms = ask(world, path)
            slowest = max(slowest, ms)
            if status != 200:
                raise AssertionError(f"{path}: {status}")
        time.sleep(0.01)
    load.join()
    world.shim["sync_ns"] = 0
    return slowest


def run(given, progress):
    with World(given.seed, shim=True, clients=0) as world:
        world.start()
        for _ in until("ready", lambda: ask(world, "/readyz")[0] == 200):
            time.sleep(0.01)
        most = 0
        for number in range(given.cycles):
            progress(f"{number} of {given.cycles}")
            most = max(most, held(world))
        usual = probed(world, 100 * given.posts, 0)
        most_slow = probed(world, given.posts, 1000000000)
        found = world.settle()
        told = (f"{given.cycles} syncs held, the slowest probe {most:.0f} ms; "
                f"{given.posts} posts with syncs of 1 s, the slowest probe "
                f"{most_slow:.0f} ms, {usual:.0f} ms with the disk's own; "
                f"{found}")
        if not found.good():
            raise AssertionError(f"{told}: {found.examples()}")
        return told
