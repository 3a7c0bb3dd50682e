"""The scenario `proxy`: CPU a request, of everyone, side by side.

Rounds are interleaved (every contestant once, then again), so that whatever
else happens on the machine meets all of them; the medians are told.
"""

import statistics
import time

import chart
import contestants
import load
import stage

WARM_S = 1
GOALS = [
    # case, who, beside whom, at most
    ("1 event, 64 connections", "ours, durable", "libmicrohttpd", 1.6),
    ("1 event, 64 connections", "ours, durable", "nginx", 0.65),
    ("1 event, 64 connections", "ours, received", "libmicrohttpd", 1.3),
    ("60 events, 64 connections", "ours, durable", "nginx", 1.6),
    ("60 events, 64 connections", "ours, durable, 1000 a batch", "nginx", 1.1),
]
MORE_US = [("1 event, 64 connections", 6), ("60 events, 64 connections", 13)]


class Case:
    def __init__(self, name, events, connections, size=load.EVENT_BYTES,
                 zipped=False, tls=False):
        self.name, self.events, self.connections = name, events, connections
        self.size, self.zipped, self.tls = size, zipped, tls


def cases():
    all_cases = []
    for connections in 64, 1000:
        for events in 1, 10, 60:
            all_cases.append(Case("%d event%s, %s connections" % (
                events, "s" if events > 1 else "", connections),
                events, connections))
    return all_cases + [
        Case("60 events, gzip, 64 connections", 60, 64, zipped=True),
        Case("1 event, TLS upstream, 64 connections", 1, 64, tls=True),
        Case("60 events, TLS upstream, 64 connections", 60, 64, tls=True),
        Case("1 event of 20 kB, 64 connections", 1, 64, size=20000),
    ]


def measure(who, case, run):
    """One contestant in one case, once."""
    body = load.body_file(run.folder, case.events, case.size, case.zipped)
    who.open(run.folder, run.upstream, case.tls)
    try:
        load.wrk(who.port, case.connections, WARM_S, body, case.zipped)
        run.upstream.settle()
        pids = who.pids()
        cpu = stage.cpu_s(pids)
        busy, begun = stage.machine_busy_s(), time.monotonic()
        calls = run.upstream.counts()["calls"]
        told = load.wrk(who.port, case.connections, run.seconds, body,
                        case.zipped)
        wall = time.monotonic() - begun
        core = (stage.cpu_s(pids) - cpu) / wall
        busy = (stage.machine_busy_s() - busy) / wall
        calls = run.upstream.settle()["calls"] - calls
        cpu = stage.cpu_s(pids) - cpu
        peak = stage.status_kb(pids, "VmHWM") / 1024
    finally:
        who.close()
    n = max(1, told["requests"])
    return {
        "cpu_us": cpu * 1e6 / n, "event_us": cpu * 1e6 / n / case.events,
        "rate": n * 1e6 / told["us"], "core": 100 * core,
        "p50_ms": told["p50"] / 1e3, "p99_ms": told["p99"] / 1e3,
        "max_ms": told["max"] / 1e3, "calls": calls / n,
        "rss_mb": peak, "refused": told["refused"] + told["broken"],
        "machine": 100 * busy,
    }


def median(rows):
    return {key: statistics.median(row[key] for row in rows)
            for key in rows[0]}


HEAD = ("%-30s %9s %9s %7s %7s %9s %8s %8s %8s %8s %6s %6s %7s" % (
    "", "CPU us", "CPU us", "of", "of lib-", "requests", "p50", "p99", "max",
    "calls a", "peak", "of its", "not 200"),
    "%-30s %9s %9s %7s %7s %9s %8s %8s %8s %8s %6s %6s %7s" % (
    "", "a request", "an event", "nginx", "micro..", "a second", "ms", "ms",
    "ms", "request", "MB", "core", ""))


def ratio(value, base):
    return "%.2f" % (value / base) if base else "-"


def table(results):
    """`results`: {case name: {contestant's name: medians}}"""
    lines = []
    for case, rows in results.items():
        nginx = rows.get("nginx", {}).get("cpu_us")
        bare = rows.get("libmicrohttpd", {}).get("cpu_us")
        lines += ["", case] + list(HEAD)
        for name, r in rows.items():
            calls = "-" if name == "libmicrohttpd" else "%.3f" % r["calls"]
            lines.append(
                "%-30s %9.1f %9.2f %7s %7s %9.0f %8.2f %8.2f %8.1f %8s %6.0f "
                "%5.0f%% %7d" % (
                    name, r["cpu_us"], r["event_us"],
                    ratio(r["cpu_us"], nginx), ratio(r["cpu_us"], bare),
                    r["rate"], r["p50_ms"], r["p99_ms"], r["max_ms"],
                    calls, r["rss_mb"], r["core"], r["refused"]))
    return "\n".join(lines)


def goals(results):
    lines = []
    for case, who, beside, most in GOALS:
        rows = results.get(case, {})
        if who in rows and beside in rows:
            lines.append("%-28s %-30s %.2f of %s (aim: at most %.2f)" % (
                case, who, rows[who]["cpu_us"] / rows[beside]["cpu_us"],
                beside, most))
    for case, most in MORE_US:
        rows = results.get(case, {})
        if "ours, durable" in rows and "ours, received" in rows:
            lines.append("%-28s %-30s %+.1f us beside received (aim: at most "
                         "%+d)" % (case, "ours, durable",
                                   rows["ours, durable"]["cpu_us"] -
                                   rows["ours, received"]["cpu_us"], most))
    return "\n".join(lines)


def scenario(run):
    wanted = [(case, who) for case in cases()
              for who in contestants.all_of_them()
              if run.wants("%s: %s" % (case.name, who.name))]
    if run.quick:
        wanted = [(c, w) for c, w in wanted if c.connections == 64 and
                  c.events in (1, 60) and not (c.zipped or c.tls) and
                  c.size == load.EVENT_BYTES]
    rows = {}
    done, all_of_it = 0, len(wanted) * run.rounds
    begun = time.monotonic()
    try:
        for _ in range(run.rounds):
            for case, who in wanted:
                row = measure(who, case, run)
                rows.setdefault(case.name, {}).setdefault(
                    who.name, []).append(row)
                done += 1
                left = (time.monotonic() - begun) / done * (all_of_it - done)
                stage.say("%3d/%d  %-40s %-30s %6.1f us a request, %6.0f/s   "
                          "(%d s left)" % (
                              done, all_of_it, case.name, who.name,
                              row["cpu_us"], row["rate"], left))
    finally:
        results = {case: {name: median(all_rows)
                          for name, all_rows in by_name.items()}
                   for case, by_name in rows.items()}
        if results:
            run.tell(table(results) + "\n\n" + goals(results))
            run.keep("proxy", results)
            run.write("proxy.svg", chart.bars(results))
