"""Power cuts under load: what was not synced is dropped, torn, reordered.

The shim writes down every change and every sync.  After one to three lives,
each of which ends at a call of the shim's choice, the power goes: the spool's
directory is laid out anew from what was synced, and from as much of the rest
as the seed likes.  In some cycles a sync, a write or another call fails too.
"""

import os

from power import Disk
from world import World

CYCLES = 20
LIFE_S = 1.5
CALLS_MOST = 600


def add_arguments(parser):
    del parser


def spoil(world):
    """Sometimes the disk fails as well; the end is another plan."""
    kind = world.random.choice(("write", "sync", "sync", "names", "open",
                                "rename", "unlink"))
    error = world.random.choice(("EIO", "ENOSPC"))
    action = world.random.choice(("fail", "torn")) if kind == "write" \
        else "fail"
    world.shim.arm(action, world.random.randint(1, 40), (kind,),
                   times=world.random.choice((1, 1, 2, 5)), error=error)
    world.start(may_fail=True)
    world.wait(world.random.random() * LIFE_S)
    world.shim.arm("exit_before", 1)
    if not world.wait(0.3):
        world.kill_between_calls()


def live(world):
    """A life that ends between two calls."""
    if world.random.random() < 0.2:
        return spoil(world)
    world.shim.arm(world.random.choice(("exit_before", "exit_after")),
                   int(1 + world.random.random() ** 2 * CALLS_MOST))
    world.start(may_fail=True)
    if not world.wait(LIFE_S):
        world.shim.arm("exit_before", 1)
        if not world.wait(0.3):
            world.kill_between_calls()
    return None


def run(given, progress):
    with World(given.seed, shim=True, log=True) as world:
        os.mkdir(world.spool)
        disk = Disk(given.seed)
        world.start_clients()
        for cycle in range(given.cycles):
            progress(f"cut {cycle} of {given.cycles}")
            for _ in range(world.random.choice((1, 1, 2, 3))):
                live(world)
            disk.replay(world.shim.log)
            disk.cut()
            disk.lay_out(world.spool)
            os.truncate(world.shim.log, 0)
            disk.at = 0
            if nowhere := world.nowhere():
                raise AssertionError(f"cut {cycle}: {len(nowhere)} lost: "
                                     f"{sorted(nowhere)[:10]}")
        found = world.settle()
        told = (f"{given.cycles} cuts after {world.lives} lives, {disk.syncs} "
                f"syncs and {disk.lost_syncs} that failed, {disk.dropped} "
                f"changes at risk, {found}, slowest start "
                f"{world.slowest:.2f} s")
        if not found.good():
            raise AssertionError(f"{told}: {found.examples()}")
        return told
