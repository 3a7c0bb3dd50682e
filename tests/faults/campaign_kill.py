"""kill -9 at random moments under load, again and again.

Eight connections post events of several tables; the gateway is killed after a
random time and started again on the same spool.  The upstream runs all the
time, slow and failing now and then.
"""

import time

from world import World

CYCLES = 20

UPSTREAM = ({"calls": 20, "status": 503},
            {"calls": 5, "reset": "after"},
            {"calls": 10, "status": 429})


def add_arguments(parser):
    del parser


def run(given, progress):
    with World(given.seed) as world:
        world.start_clients()
        for cycle in range(given.cycles):
            progress(f"cycle {cycle} of {given.cycles}")
            world.start()
            if world.random.random() < 0.1:
                world.sim.fault(**world.random.choice(UPSTREAM))
            time.sleep(world.random.random() ** 2 * 0.8)
            world.kill()
        found = world.settle()
        told = (f"{given.cycles} kills, {found}, slowest start "
                f"{world.slowest:.2f} s, at most {world.largest} bytes")
        if not found.good():
            raise AssertionError(f"{told}: {found.examples()}")
        return told
