"""An end at every call that changes something on disk, during a replay.

The folder of dead letters is filled; a gateway is asked to replay them, and the
shim ends it before the n-th call below the spool's directory, or behind it,
for n = 1, 2, 3, ... until the replay is answered with fewer calls.  Right after
each end every event is among the delivered, in the spool's files or still a
letter.  Then another life replays what is left, and the books are made: none
lost, and of each end at most the events of one chunk twice.

--power: instead the end is at a call of the seed's choice, and the power goes
with it: what was not synced is dropped, torn, reordered (see power).

--cycles stops at that many ends, spread over all n; 0: every n, or 20 cuts.
"""

import json
import os
import shutil
import time

import wire
from ledger import letters_of
from power import Disk, File
from program import PATIENCE_S, until
from world import World

CYCLES = 0
REQUESTS = 30   # of one event each that is good; and every tenth is not
CHUNK = 1024    # gateway/spool/parcel.h
CUTS = 20
FILES = 3


def add_arguments(parser):
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--power", action="store_true")


def letter(table, line):
    return json.dumps({"at": "2026-11-24T10:00:00.000Z", "table": table,
                       "reason": "refused", "event": line.decode()})


def forget_letters(disk):
    for name in [*disk.names, *disk.durable]:
        if name.startswith("dead-letters/"):
            disk.names.pop(name, None)
            disk.durable.pop(name, None)


def know_letters(world, disk):
    """They were there before the power ever went."""
    for name in os.listdir(os.path.join(world.spool, "dead-letters")):
        file = File()
        with open(os.path.join(world.spool, "dead-letters", name),
                  "rb") as there:
            file.durable += there.read()
        disk.names["dead-letters/" + name] = file
        disk.durable["dead-letters/" + name] = file


def fill(world, requests, disk=None):
    """Files of letters; their events count as acknowledged.

    Gives the numbers of those that stay, for they have no time."""
    stay = set()
    if disk:
        if os.path.exists(world.shim.log):
            disk.replay(world.shim.log)
        forget_letters(disk)
    folder = os.path.join(world.spool, "dead-letters")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for number in range(FILES):
        name = f"letters-{number + 1:016}.ndjson"
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            for i in range(requests):
                request, body = world.ledger.request(1, 100, bad=i % 10 == 9)
                request.state = "acked"
                stay.update(request.bad_ones())
                file.write(letter("ab"[i % 2], body.rstrip()) + "\n")
    if disk:
        know_letters(world, disk)
    return stay


def replay(world):
    """What is told of it; None when the gateway ended meanwhile."""
    host, port = world.life.admin
    ask = (f"POST /dead-letters/replay HTTP/1.1\r\nHost: {host}:{port}\r\n"
           "Content-Type: application/json\r\nContent-Length: 0\r\n\r\n")
    try:
        reply = wire.ask(world.life.admin, ask.encode(), "POST")
    except (wire.Closed, ConnectionError):
        return None
    return json.loads(reply.body)


def ready(world):
    """Right after an end the spool may be full for a moment."""
    for _ in until("ready", lambda: world.life.probe("/readyz").status == 200):
        time.sleep(0.03)


def check_whole(world):
    missing = world.nowhere()
    if missing:
        raise AssertionError(f"{len(missing)} events are nowhere: "
                             f"{sorted(missing)[:5]}")


def end_in_replay(world, action, n):
    """A life that ends at its n-th call in a replay; False: it has fewer."""
    world.start()
    ready(world)
    world.shim.arm(action, n)
    told = replay(world)
    struck = world.shim["struck"] > 0
    if struck and not world.wait(PATIENCE_S):
        raise AssertionError("struck, and it goes on")
    if not struck and told["end"] != "done":
        raise AssertionError(f"not struck, and yet: {told}")
    world.kill()
    return struck


def replay_the_rest(world, stay):
    world.start_unspoilt()
    ready(world)
    told = replay(world)
    if told["end"] != "done" or told["left"] != 0:
        raise AssertionError(told)
    world.drain()
    world.kill()
    check_whole(world)
    if {number for number, _ in letters_of(world.spool)} != stay:
        raise AssertionError("not just the invalid ones stayed")


def act(world, requests, action, n):
    """False: the replay is over with fewer calls than n."""
    stay = fill(world, requests)
    struck = end_in_replay(world, action, n)
    check_whole(world)
    replay_the_rest(world, stay)
    return struck


def act_and_cut(world, disk, requests, most):
    stay = fill(world, requests, disk)
    struck = end_in_replay(
        world, world.random.choice(("exit_before", "exit_after")),
        world.random.randint(1, most))
    disk.replay(world.shim.log)
    disk.cut()
    disk.lay_out(world.spool)
    check_whole(world)
    replay_the_rest(world, stay)
    return struck


def calls_of(world, requests, disk=None):
    """Counted in a replay that nothing spoils."""
    fill(world, requests, disk)
    world.start()
    before = world.shim.count()
    replay(world)
    calls = world.shim.count() - before
    world.drain()
    world.kill()
    return calls


def settle(world, ends):
    """Each scene's letters that stay were thrown away with the next one."""
    shutil.rmtree(os.path.join(world.spool, "dead-letters"))
    world.ledger.forget_bad()
    found = world.settle()
    if not found.good() or found.duplicates > ends * CHUNK:
        raise AssertionError(f"{found}: {found.examples()}")
    return found


def run_cuts(given, progress):
    cuts = given.cycles or CUTS
    with World(given.seed, shim=True, log=True, clients=0) as world:
        os.mkdir(world.spool)
        disk = Disk(given.seed)
        most = calls_of(world, given.requests, disk)
        ends = 0
        for cut in range(cuts):
            progress(f"cut {cut} of {cuts}")
            ends += act_and_cut(world, disk, given.requests, most)
        found = settle(world, cuts)
        return (f"{cuts} cuts, {ends} of them in a replay, {disk.dropped} "
                f"changes at risk, {found}")


def run(given, progress):
    if given.power:
        return run_cuts(given, progress)
    with World(given.seed, shim=True, clients=0) as world:
        most = calls_of(world, given.requests)
        step = max(1, 2 * most // given.cycles) if given.cycles else 1
        n, ends = 1 + given.seed % step, 0
        while True:
            for action in ("exit_before", "exit_after"):
                progress(f"{action} call {n} of about {most}")
                struck = act(world, given.requests, action, n)
                ends += struck
            if not struck:
                break
            n += step
        return f"{ends} ends at calls up to {n}, {settle(world, ends)}"
