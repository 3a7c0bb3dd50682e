"""Measures; see run.sh.  What was measured is told also after a Ctrl-C."""

import argparse
import json
import os
import re
import shutil
import signal
import sys
import tempfile

import contestants
import look
import promise
import proxy
import stage

SCENARIOS = {
    "proxy": (proxy.scenario, "CPU a request beside nginx, HAProxy and the "
              "bare library"),
    "arrivals": (promise.arrivals, "time until a durable 200 at fixed rates, "
                 "beside a bare fdatasync"),
    "idle": (promise.idle, "10,000 keep-alive connections"),
    "slope": (promise.slope, "CPU an event from 1 to 1,000 tables and "
              "producers"),
    "look": (look.scenario, "what a scrape and the page cost under load"),
    "limit": (promise.limit, "the organization's whole limit, two minutes"),
}


class Run:
    """What every scenario is given."""

    def __init__(self, args, folder):
        self.quick = args.quick
        self.rounds = args.rounds or (1 if args.quick else 3)
        self.seconds = args.seconds or (2 if args.quick else 5)
        self.only = re.compile(args.only)
        self.results = os.path.join(args.build, "bench")
        self.folder = folder
        self.told = []
        self.upstream = contestants.Upstream(folder)
        os.makedirs(self.results, exist_ok=True)

    def wants(self, name):
        return self.only.search(name) is not None

    def tell(self, text):
        self.told.append(text)
        print(text, flush=True)

    def write(self, name, text):
        path = os.path.join(self.results, name)
        with open(path, "w") as file:
            file.write(text)
        stage.say("(%s)" % path)

    def keep(self, name, results):
        self.write(name + ".json", json.dumps(results, indent=1) + "\n")


def arguments():
    parser = argparse.ArgumentParser(
        prog="tests/bench/run.sh",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="scenarios (all unless named):\n" + "\n".join(
            "  %-10s %s" % (name, text)
            for name, (_, text) in SCENARIOS.items()))
    parser.add_argument("scenario", nargs="*", help="which ones")
    parser.add_argument("--quick", action="store_true",
                        help="once and short: a look, no measurement")
    parser.add_argument("--only", default="", metavar="PATTERN",
                        help="only what matches, e.g. '1 event, 64' or nginx")
    parser.add_argument("--rounds", type=int, help="how often (3)")
    parser.add_argument("--seconds", type=int,
                        help="length of one measurement of `proxy` (5)")
    parser.add_argument("--build", default="build-bench",
                        help=argparse.SUPPRESS)
    args = parser.parse_args()
    unknown = set(args.scenario) - set(SCENARIOS)
    if unknown:
        parser.error("no such scenario: " + ", ".join(sorted(unknown)))
    return args


def interrupted(*_):
    raise KeyboardInterrupt


def main():
    args = arguments()
    stage.build = args.build
    stage.raise_limit()
    signal.signal(signal.SIGTERM, interrupted)
    # Beside the build: a spool in a memory file system would cost nothing.
    os.makedirs(args.build, exist_ok=True)
    folder = tempfile.mkdtemp(prefix="bench-run-",
                              dir=os.path.abspath(args.build))
    run = None
    try:
        run = Run(args, folder)
        run.tell("%s; load on it before: %s" % (
            stage.machine(), " ".join(stage.read("/proc/loadavg").split()[:3])))
        if stage.OUR_CORE == stage.LOAD_CORE:
            run.tell("only one core: contestants share it with the load")
        for name in args.scenario or SCENARIOS:
            run.tell("\n== %s: %s" % (name, SCENARIOS[name][1]))
            SCENARIOS[name][0](run)
    except KeyboardInterrupt:
        stage.say("interrupted")
        return 130
    finally:
        stage.end_all()
        shutil.rmtree(folder, ignore_errors=True)
        if run is not None:
            run.write("table.txt", "\n".join(run.told) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
