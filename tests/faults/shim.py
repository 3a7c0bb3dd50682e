"""The words that the shim and a campaign share: see shim.h."""

import errno
import mmap
import os

LIBRARY = os.environ.get("SHIM", "build/libshim.so")
KINDS = ("open", "read", "write", "sync", "names", "rename", "unlink",
         "close", "cut", "folder")
ACTIONS = ("fail", "short", "torn", "exit_before", "exit_after")
WORDS = ("ready", "armed", "mask", "at", "times", "action", "errno", "seen",
         "struck", "sync_ns", "hold", "held", "room", "used", "handles")
CHANGING = tuple(kind for kind in KINDS if kind != "read")


class Shim:
    """One file of words; each process that is started is told of it."""

    def __init__(self, folder, directory, log=False):
        self.directory = directory
        self.path = os.path.join(folder, "control")
        self.log = os.path.join(folder, "changes") if log else None
        size = 8 * (len(WORDS) + len(KINDS))
        with open(self.path, "wb") as file:
            file.write(bytes(size))
        with open(self.path, "r+b") as file:
            self.words = memoryview(mmap.mmap(file.fileno(), size)).cast("Q")
        self["handles"] = 1

    def environment(self):
        env = {"LD_PRELOAD": os.path.abspath(LIBRARY),
               "SHIM_DIR": self.directory, "SHIM_CONTROL": self.path}
        if self.log:
            env["SHIM_LOG"] = self.log
        return env

    def __getitem__(self, word):
        return self.words[WORDS.index(word)]

    def __setitem__(self, word, value):
        self.words[WORDS.index(word)] = value

    def count(self, kinds=CHANGING):
        """Calls of these kinds since the file was made."""
        return sum(self.words[len(WORDS) + KINDS.index(kind)]
                   for kind in kinds)

    def arm(self, action, at, kinds=CHANGING, times=1, error=0):
        """The at-th call of these kinds from now on, and times - 1 more."""
        self.disarm()
        self["mask"] = sum(1 << KINDS.index(kind) for kind in kinds)
        self["at"] = at
        self["times"] = times
        self["action"] = ACTIONS.index(action)
        self["errno"] = getattr(errno, error) if error else 0
        self["seen"] = self["struck"] = 0
        self["armed"] = 1

    def disarm(self):
        self["armed"] = 0
