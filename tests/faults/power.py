"""What a power cut may leave of a directory, by the log of the shim.

The log says what was written, renamed, made and removed, and what of it was
synced.  Of what was not, a cut keeps, drops or tears what it likes: sectors of
a file in any of the versions that they had, names in their order or out of it.
A sync that failed leaves its pages clean, and on disk or not: what it did not
write, no later sync writes either.

    disk = Disk(seed)
    disk.replay(log)    what was done since the last time
    disk.cut()          the power goes
    disk.lay_out(dir)   and this is what is there when it comes back
"""

import os
import random
import struct

SECTOR = 512
ENTRY = struct.Struct("=QQQQ")
(OPENED, CREATED, WRITE, ZEROS, CUT, BEGUN, SYNCED, FAILED, NAMES, RENAMED,
 UNLINKED) = range(11)


class File:
    def __init__(self):
        self.durable = bytearray()
        self.writes = []    # not synced: (order, at, bytes or None: a cut)

    def sync(self, before):
        for order, at, data in self.writes:
            if order < before:
                put(self.durable, at, data)
        self.writes = [w for w in self.writes if w[0] >= before]

    def fail(self, before, rng):
        """The kernel forgets that they were dirty."""
        for order, at, data in self.writes:
            if order < before and data is not None:
                for part_at, part in sectors(at, data):
                    if rng.random() < 0.5:
                        put(self.durable, part_at, part)
        self.writes = [w for w in self.writes
                       if w[0] >= before or w[2] is None]

    def cut(self, rng):
        how = rng.choice(("none", "all", "first", "some", "torn"))
        if how == "first" and self.writes:
            del self.writes[rng.randrange(len(self.writes)):]
        for _, at, data in self.writes if how != "none" else ():
            if how in ("all", "first") or data is None:
                put(self.durable, at, data)
                continue
            for part_at, part in sectors(at, data):
                if rng.random() < 0.5:
                    continue
                if how == "torn" and rng.random() < 0.25:
                    part = part[:rng.randrange(len(part) + 1)]
                put(self.durable, part_at, part)
        self.writes = []


def put(to, at, data):
    if data is None:
        if at < len(to):
            del to[at:]
        else:
            to.extend(bytes(at - len(to)))
        return
    if at > len(to):
        to.extend(bytes(at - len(to)))
    to[at:at + len(data)] = data


def sectors(at, data):
    """Cut where the disk's sectors end."""
    done = 0
    while done < len(data):
        end = done + SECTOR - (at + done) % SECTOR
        yield at + done, data[done:end]
        done = end


class Disk:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.names = {}     # as a program sees them
        self.durable = {}
        self.steps = []     # not synced: {name: File, or None}
        self.handles = {}
        self.order = 0
        self.at = 0
        self.syncs = self.lost_syncs = self.dropped = 0

    # The log.

    def replay(self, log):
        with open(log, "rb") as file:
            file.seek(self.at)
            data = file.read()
        at = 0
        while at < len(data):
            note, handle, where, length = ENTRY.unpack_from(data, at)
            at += ENTRY.size
            body = b""
            if note == ZEROS:
                body = bytes(length)
            else:
                body = data[at:at + length]
                at += length
            self.order += 1
            self.note(note, handle, where, body)
        self.at += len(data)

    def note(self, note, handle, where, body):
        if note == CREATED:
            self.handles[handle] = File()
            self.step({body.decode(): self.handles[handle]})
        elif note == OPENED:
            self.handles[handle] = self.names[body.decode()]
        elif note in (WRITE, ZEROS):
            self.handles[handle].writes.append((self.order, where, body))
        elif note == CUT:
            self.handles[handle].writes.append((self.order, where, None))
        elif note == BEGUN:
            self.handles[-where] = self.order
        elif note == SYNCED:
            self.syncs += 1
            self.handles[handle].sync(self.handles.pop(-where))
        elif note == FAILED:
            self.lost_syncs += 1
            self.handles[handle].fail(self.handles.pop(-where), self.rng)
        elif note == NAMES:
            self.sync_names(body.decode())
        elif note == RENAMED:
            old, new = body.decode().split("\n")
            self.step({old: None, new: self.names[old]})
        elif note == UNLINKED:
            self.step({body.decode(): None})

    def step(self, change):
        self.steps.append(change)
        apply(self.names, change)

    def sync_names(self, folder):
        """Those steps that touch the folder, and what they build on."""
        rest = []
        for change in self.steps:
            if any(os.path.dirname(name) == folder for name in change):
                apply(self.durable, change)
            else:
                rest.append(change)
        self.steps = rest

    # The cut.

    def cut(self):
        how = self.rng.choice(("none", "all", "first", "some"))
        kept = {"none": 0, "all": len(self.steps), "some": len(self.steps),
                "first": self.rng.randrange(len(self.steps) + 1)}[how]
        for change in self.steps[:kept]:
            if how != "some" or self.rng.random() < 0.5:
                apply(self.durable, change)
        self.dropped += len(self.steps) + sum(
            len(file.writes) for file in set(self.durable.values()))
        for file in set(self.durable.values()):
            file.cut(self.rng)
        self.names = dict(self.durable)
        self.steps = []
        self.handles = {}

    def lay_out(self, folder):
        for entry in os.scandir(folder):
            if entry.is_dir():
                for inner in os.scandir(entry):
                    os.remove(inner)
            else:
                os.remove(entry)
        for name, file in self.names.items():
            with open(os.path.join(folder, name), "wb") as out:
                out.write(file.durable)


def apply(names, change):
    for name, file in change.items():
        if file is None:
            names.pop(name, None)
        else:
            names[name] = file
