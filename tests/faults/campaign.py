#!/usr/bin/env python3
"""Faults on the whole program, by count and seed."""

import argparse
import os
import sys
import time

import campaign_calls
import campaign_disk
import campaign_kill
import campaign_power
import campaign_room
import campaign_slow

CAMPAIGNS = {
    "kill": campaign_kill,
    "calls": campaign_calls,
    "power": campaign_power,
    "disk": campaign_disk,
    "room": campaign_room,
    "slow": campaign_slow,
}


def progress(what):
    """One line that is written over, for people."""
    if sys.stderr.isatty():
        print(f"\r{what:<78}", end="", file=sys.stderr, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
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
    ok, told = CAMPAIGNS[given.name].run(given, progress)
    progress("")
    print(f"{given.name}, seed {given.seed}: {told}; "
          f"{time.monotonic() - began:.0f} s")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
