"""An end at every call that changes something on disk.

The shim counts the calls of the gateway below its spool's directory, and ends
the process before the n-th, or behind it, for n = 1, 2, 3, ... until a whole
scene is over with fewer calls.  Two scenes, each with requests that fill
several segments:

    fresh   there is no directory yet
    used    a life that was killed has left segments with much that waits

--cycles stops at that many ends, spread over all n; 0: every n.
"""

import shutil

from world import PATIENCE_S, World

CYCLES = 0
REQUESTS = 60
PAD = 90000


def add_arguments(parser):
    parser.add_argument("--scene", choices=("fresh", "used", "both"),
                        default="both")


def scene_fresh(world):
    shutil.rmtree(world.spool, ignore_errors=True)


def scene_used(world):
    """What the killed life leaves is acknowledged, and must arrive."""
    world.upstream_away()
    world.start()
    world.burst(REQUESTS // 2, PAD)
    world.kill()
    world.upstream_back()


SCENES = {"fresh": scene_fresh, "used": scene_used}


def act(world, prepare, action, n):
    """False: the scene has fewer calls than n."""
    prepare(world)
    world.shim.arm(action, n)
    if world.start(may_fail=True):
        world.burst(REQUESTS, PAD)
        world.drain_or_end()
    struck = world.shim["struck"] > 0
    if struck and not world.wait(PATIENCE_S):
        raise AssertionError("struck, and it goes on")
    world.kill()
    world.start_unspoilt()
    world.drain()
    world.kill()
    return struck


def calls_of(world, prepare):
    """Counted in a scene that nothing spoils."""
    prepare(world)
    before = world.shim.count()
    world.start()
    world.burst(REQUESTS, PAD)
    world.drain()
    world.kill()
    return world.shim.count() - before


def run(given, progress):
    told = []
    scenes = SCENES if given.scene == "both" else [given.scene]
    for scene in scenes:
        with World(given.seed, shim=True, clients=0) as world:
            most = calls_of(world, SCENES[scene])
            ends = 0
            step = max(1, 2 * most * len(scenes) // given.cycles) \
                if given.cycles else 1
            n = 1 + given.seed % step
            while True:
                for action in ("exit_before", "exit_after"):
                    progress(f"{scene}: {action} call {n} of about {most}")
                    struck = act(world, SCENES[scene], action, n)
                    ends += struck
                if not struck:
                    break
                n += step
            found = world.settle()
            told.append(f"{scene}: {ends} ends at calls up to {n}, {found}")
            if not found.good():
                raise AssertionError(f"{told[-1]}: {found.examples()}")
    return "; ".join(told)
