#!/usr/bin/env python3
"""Faults on the whole program, by count and seed.

    campaign.py NAME [--cycles N] [--seed S]
    campaign.py NAME --help     what it does, and what it claims

What fails is an exception, exit 1, and a folder that is kept.  The programs
are POLARIS_GATEWAY, POLARIS_SIM and SHIM of the environment, else those in
build/.  A seed makes the same choices again; threads and the kernel make
theirs.
"""

import argparse
import os
import sys
import time

import campaign_calls
import campaign_disk
import campaign_kill
import campaign_limit
import campaign_power
import campaign_replay
import campaign_room
import campaign_slow

CAMPAIGNS = {
    "kill": campaign_kill,
    "limit": campaign_limit,
    "calls": campaign_calls,
    "power": campaign_power,
    "disk": campaign_disk,
    "replay": campaign_replay,
    "room": campaign_room,
    "slow": campaign_slow,
}


RARELY_S = 60


class Progress:
    """A line that is written over, or one now and then for a file."""

    def __init__(self):
        self.told = time.monotonic()

    def __call__(self, what):
        if sys.stderr.isatty():
            print(f"\r{what:<78}", end="", file=sys.stderr, flush=True)
        elif what and time.monotonic() - self.told > RARELY_S:
            self.told = time.monotonic()
            print(what, file=sys.stderr, flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter)
    names = parser.add_subparsers(dest="name", required=True)
    for name, module in CAMPAIGNS.items():
        one = names.add_parser(name, help=module.__doc__.split("\n")[0],
                               description=module.__doc__,
                               formatter_class=argparse.RawTextHelpFormatter)
        one.add_argument("--cycles", type=int, default=module.CYCLES)
        one.add_argument("--seed", type=int, default=1)
        module.add_arguments(one)
    given = parser.parse_args()
    began = time.monotonic()
    progress = Progress()
    told = CAMPAIGNS[given.name].run(given, progress)
    progress("")
    print(f"{given.name}, seed {given.seed}: {told}; "
          f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
