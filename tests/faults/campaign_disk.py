"""A disk that fails: each kind of call, each error, once and for ever.

The n-th call of a kind fails, or all from the n-th on, while requests come in;
some cycles begin a life under the fault.  Then the disk is well again.

    whatever fails              each request gets an answer
    while writes or syncs fail  requests get 503, and the gateway is not ready
    when the fault is gone      requests are kept again, nobody helps
    in the end                  no refused event was delivered, none is lost

A start that fails says so and exits 3.
"""

import itertools

from program import until
from world import World

CYCLES = 40
REQUESTS = 36
PAD = 90000

ERRORS = ("EIO", "ENOSPC", "EDQUOT", "EROFS")
KINDS = ("open", "read", "write", "sync", "names", "rename", "unlink",
         "close", "cut", "folder")
BLOCKING = ("write", "sync")    # no event is kept without
AT_STARTS = ("read", "cut", "folder")


def add_arguments(parser):
    parser.add_argument("--case", nargs=4, metavar=("KIND", "ACTION", "ERROR",
                                                    "TIMES"),
                        help="this one again and again; 0 times: for ever")


def cases(rng, only):
    """All of them in some order, and again."""
    if only:
        yield from itertools.repeat((*only[:3], int(only[3])))
    every = [(kind, "fail", error, times)
             for kind, error, times in itertools.product(
                 KINDS, ERRORS, (1, 0))]
    every += [("write", action, error, times)
              for action in ("short", "torn")
              for error, times in itertools.product(ERRORS, (1, 0))]
    while True:
        rng.shuffle(every)
        yield from every


def start_under(world, case, at):
    """A life that begins while the disk fails."""
    kind, action, error, times = case
    world.kill()
    world.shim.arm(action, at, (kind,), times, error)
    if world.start(may_fail=True):
        return
    code = world.life.ended()
    if code != 3 or "cannot_start" not in world.life.stderr:
        raise AssertionError(f"{case}: ended with {code} at its start")
    world.shim.disarm()
    world.start()


def must_refuse(world, case):
    """Nothing can be kept: that is said, and readyz says so too."""
    if world.post().state == "acked":
        raise AssertionError(f"{case}: kept on a disk that does not write")
    for _ in until(f"{case}: not ready",
                   lambda: world.life.probe("/readyz").status == 503):
        world.post()


def cycle(world, case):
    kind, action, error, times = case
    at = world.random.randint(1, 8 if kind in BLOCKING else 2)
    if kind in AT_STARTS or world.random.random() < 0.25:
        start_under(world, case, at)
    else:
        world.shim.arm(action, at, (kind,), times, error)
    world.burst(REQUESTS, PAD)
    struck = world.shim["struck"] > 0
    if struck and times == 0 and kind in BLOCKING and action != "short" \
            and world.shim["armed"]:
        must_refuse(world, case)
    world.shim.disarm()
    if not world.life.running():
        raise AssertionError(f"{case}: it ended")
    for _ in until(f"{case}: events are kept again",
                   lambda: world.post().state == "acked"):
        pass
    for _ in until(f"{case}: ready again",
                   lambda: world.life.probe("/readyz").status == 200):
        world.post()
    end = world.random.random()
    if end < 0.2:
        world.kill()
        world.start()
    elif end < 0.3:
        world.end()
        world.start()
    return struck


def run(given, progress):
    with World(given.seed, shim=True, clients=0) as world:
        world.start()
        every = cases(world.random, given.case)
        struck = 0
        for number in range(given.cycles):
            case = next(every)
            progress(f"{number} of {given.cycles}: {case}")
            struck += cycle(world, case)
        found = world.settle()
        told = (f"{given.cycles} faults, of which {struck} struck, "
                f"{world.lives} lives, {found}")
        if not found.good():
            raise AssertionError(f"{told}: {found.examples()}")
        return told
