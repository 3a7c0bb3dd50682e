"""A disk that is full, at many sizes.

The spool's folder is a tmpfs of its own where mounting is allowed, else the
shim says how much room there is.  The upstream is away; requests come in until
they are refused, or until spool.max_bytes is reached.  Then the disk grows:

    no room for a first segment  the start says so and exits 3
    no room for another          503, what is there stays
    room again                   events are kept again, nobody helps
"""

import ctypes
import os
import subprocess

from program import until
from world import MAX_BYTES, World

CYCLES = 20
SMALLEST = 16 * 1024
LARGEST = 18 * 1024 * 1024
ROOMY = 64 * 1024 * 1024
PAD = 90000
CLONE_NEWNS = 0x20000


def add_arguments(parser):
    parser.add_argument("--shim", action="store_true",
                        help="do not mount, even where it is allowed")


class Tmpfs:
    def __init__(self, folder):
        self.folder = folder

    def make(self, size):
        os.makedirs(self.folder, exist_ok=True)
        mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", self.folder)

    def resize(self, size):
        mount("-o", f"remount,size={size}", self.folder)

    def remove(self):
        subprocess.run(["umount", self.folder], check=True)


class Told:
    """By the shim, of a folder on whatever disk there is."""

    def __init__(self, world):
        self.world = world

    def make(self, size):
        subprocess.run(["rm", "-rf", self.world.spool], check=True)
        self.world.shim["used"] = 0
        self.world.shim["room"] = size

    def resize(self, size):
        self.world.shim["room"] = size

    def remove(self):
        pass


def mount(*words):
    subprocess.run(["mount", *words], check=True)


def may_mount():
    """In a namespace of our own, which ends with us."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        return False
    return subprocess.run(["mount", "--make-rprivate", "/"], check=False,
                          stderr=subprocess.DEVNULL).returncode == 0


def fill(world):
    """Until three requests in a row are refused; the refusals."""
    refused = []
    while len(refused) < 3:
        request = world.post(count=world.random.choice((1, 3)), pad=PAD // 3)
        if request.state == "acked":
            refused = []
        else:
            refused.append(request)
        if world.ledger.next > world.ledger_limit:
            raise AssertionError("there is no end to it")
    return refused


def cycle(world, disk, size):
    """True: the start was possible."""
    disk.make(size)
    world.ledger_limit = world.ledger.next + 3000
    world.upstream_away()
    started = world.start(may_fail=True)
    if not started:
        code = world.life.ended()
        if code != 3 or "No space left" not in world.life.stderr:
            raise AssertionError(f"{size}: ended with {code} at its start")
    else:
        fill(world)
        if world.random.random() < 0.3:
            world.kill()
            if not world.start(may_fail=True):
                raise AssertionError(f"{size}: no start on a full disk")
    disk.resize(ROOMY)
    if started and size < MAX_BYTES // 2:
        # What has no room to grow has room now.
        for _ in until(f"{size}: events are kept again",
                       lambda: world.post().state == "acked"):
            pass
    world.upstream_back()
    world.kill()
    world.start()
    world.drain()
    world.kill()
    disk.remove()
    return started


def run(given, progress):
    mounts = not given.shim and may_mount()
    with World(given.seed, shim=not mounts, clients=0, skip=False) as world:
        disk = Tmpfs(world.spool) if mounts else Told(world)
        starts = 0
        step = (LARGEST - SMALLEST) // given.cycles
        for number in range(given.cycles):
            size = SMALLEST + number * step + \
                world.random.randrange(step) // 4096 * 4096
            progress(f"{number} of {given.cycles}: {size} bytes")
            starts += cycle(world, disk, size)
        world.sim.stop()
        found = world.ledger.check(world.delivered(), [])
        told = (f"{given.cycles} sizes ({'tmpfs' if mounts else 'shim'}), "
                f"{starts} with room for a start, {found}")
        if not found.good():
            raise AssertionError(f"{told}: {found.examples()}")
        return told
