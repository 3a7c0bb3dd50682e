"""The other scenarios: what a table of CPU times does not show.

arrivals	how late is a 200 when requests come at a fixed rate?
idle		what do ten thousand idle connections take?
slope		does an event become dearer with tables and producers?
limit		the organization's whole limit, for two minutes
"""

import time

import contestants
import load
import stage

SYNCS = 2000
RECORD_BYTES = 100  # what the spool adds to a request's events, about


def line(name, told):
    return "%-34s %9.0f %9.0f %9.0f" % (
        name, told["p50"], told["p99"], told["max"])


def sync_times(run, size, count=SYNCS):
    return load.sync(run.folder, size, count)


def most_a_second(run, who, body):
    told = load.wrk(who.port, 64, 2 if run.quick else 5, body)
    run.upstream.settle()
    return told["requests"] * 1e6 / told["us"]


def arrivals(run):
    """A fixed rate of 5, 20 and 50 % of the most, beside a bare fdatasync."""
    seconds = 5 if run.quick else 15
    body = load.body_file(run.folder, 1, load.EVENT_BYTES)
    size = load.EVENT_BYTES + RECORD_BYTES
    lines = ["%-34s %9s %9s %9s" % ("microseconds until the 200", "p50",
                                    "p99", "max")]
    kept = {}
    for who in contestants.Gateway("durable"), contestants.Gateway("received"):
        if not run.wants("arrivals: " + who.name):
            continue
        who.open(run.folder, run.upstream, False)
        try:
            most = most_a_second(run, who, body)
            for percent in 5, 20, 50:
                before = sync_times(run, size)
                told = load.arrive(who.port, 64, most * percent / 100,
                                   seconds, body)
                after = sync_times(run, size)
                bare = {key: (before[key] + after[key]) / 2 for key in before}
                name = "%s, %d %% (%d/s)" % (
                    who.name, percent, most * percent / 100)
                lines.append(line(name, told))
                lines.append("%-34s %9.0f %9.0f %9.0f   x %.1f at p50, x %.1f "
                             "at p99; not 200: %d" % (
                                 "  bare fdatasync, %d bytes" % size,
                                 bare["p50"], bare["p99"], bare["max"],
                                 told["p50"] / bare["p50"],
                                 told["p99"] / bare["p99"],
                                 told["ended"] - told["ok"]))
                stage.say(lines[-2])
                stage.say(lines[-1])
                kept[name] = {"reply": told, "sync": bare}
        finally:
            who.close()
    run.tell("\n".join(lines))
    run.keep("arrivals", kept)


def idle(run):
    """Connections that were answered once and then stay."""
    count = 2000 if run.quick else 10000
    seconds = 3 if run.quick else 10
    body = load.body_file(run.folder, 1, load.EVENT_BYTES)
    lines = ["%d idle connections %12s %10s %14s %16s" % (
        count, "MB", "peak MB", "CPU ms a s", "sleeps ended a s")]
    kept = {}
    for who in (contestants.Bare(), contestants.Nginx(),
                contestants.Gateway("received"), contestants.Gateway("durable")):
        if not run.wants("idle: " + who.name):
            continue
        who.open(run.folder, run.upstream, False)
        held = None
        try:
            held = load.hold(who.port, count, body)
            run.upstream.settle()
            time.sleep(2)
            pids = who.pids()
            cpu, woken = stage.cpu_s(pids), stage.switches(pids)
            time.sleep(seconds)
            row = {
                "rss_mb": stage.status_kb(pids, "VmRSS") / 1024,
                "peak_mb": stage.status_kb(pids, "VmHWM") / 1024,
                "cpu_ms": (stage.cpu_s(pids) - cpu) * 1e3 / seconds,
                "woken": (stage.switches(pids) - woken) / seconds,
                "ok": held.tells["ok"],
            }
        finally:
            if held is not None:
                stage.end(held)
            who.close()
        kept[who.name] = row
        lines.append("%-24s %12.0f %10.0f %14.1f %16.1f   %d answered 200" % (
            who.name, row["rss_mb"], row["peak_mb"], row["cpu_ms"],
            row["woken"], row["ok"]))
        stage.say(lines[-1])
    run.tell("\n".join(lines))
    run.keep("idle", kept)


def one_slope(run, who, tables, producers, rate):
    """CPU an event at a fixed rate, at which every batch is full."""
    seconds = 5 if run.quick else 15
    body = load.body_file(run.folder, 10, load.EVENT_BYTES)
    who.open(run.folder, run.upstream, False)
    try:
        # One round over all tables first: they are made on first use.
        load.arrive(who.port, producers, rate, 1 + tables / rate, body, tables)
        run.upstream.settle()
        pids = who.pids()
        cpu, calls = stage.cpu_s(pids), run.upstream.counts()["calls"]
        told = load.arrive(who.port, producers, rate, seconds, body, tables)
        calls = run.upstream.settle()["calls"] - calls
        cpu = stage.cpu_s(pids) - cpu
    finally:
        who.close()
    return {"event_us": cpu * 1e6 / max(1, told["ok"] * 10),
            "fill": told["ok"] * 10 / max(1, calls), "p99": told["p99"]}


def slope(run):
    """From 1 to 1,000 tables, and from 1 to 1,000 connections.

    A long linger keeps the fill of a batch equal: what an event costs is then
    comparable.
    """
    rate = 4000
    lines = ["%-28s %10s %12s %12s %10s" % (
        "%d requests of 10 a second" % rate, "tables", "producers",
        "CPU us/event", "fill")]
    kept = {}
    for tables, producers in ((1, 64), (10, 64), (100, 64), (1000, 64),
                              (1, 1), (1, 10), (1, 100), (1, 1000)):
        name = "%d tables, %d producers" % (tables, producers)
        if not run.wants("slope: " + name):
            continue
        # One producer alone waits for the disk, and would not come to the rate.
        level = "durable" if tables > 1 or producers == 64 else "received"
        rows = [one_slope(run, contestants.Gateway(level, linger="10s"),
                          tables, producers, rate)
                for _ in range(run.rounds)]
        row = sorted(rows, key=lambda r: r["event_us"])[len(rows) // 2]
        kept[name] = row
        lines.append("%-28s %10d %12d %12.2f %10.1f" % (
            level, tables, producers, row["event_us"], row["fill"]))
        stage.say(lines[-1])
    run.tell("\n".join(lines))
    run.keep("slope", kept)


def limit(run):
    """97 % of 83,334 calls a minute of 60 events, in requests of 10."""
    seconds = 15 if run.quick else 120
    calls = 83334
    rate = calls / 60 * 60 / 10 * 0.97
    body = load.body_file(run.folder, 10, load.EVENT_BYTES)
    size = 10 * load.EVENT_BYTES + RECORD_BYTES
    who = contestants.Gateway("durable", calls=calls, rate="100MB",
                              workers=1)
    before = sync_times(run, size)
    who.open(run.folder, run.upstream, False)
    try:
        pids = who.pids()
        cpu, count = stage.cpu_s(pids), run.upstream.counts()
        busy, begun = stage.machine_busy_s(), time.monotonic()
        told = load.arrive(who.port, 256, rate, seconds, body)
        wall = time.monotonic() - begun
        cpu = stage.cpu_s(pids) - cpu
        busy = (stage.machine_busy_s() - busy) / wall
        peak = stage.status_kb(pids, "VmHWM") / 1024
        end = run.upstream.settle(60)
    finally:
        who.close()
    after = sync_times(run, size)
    bare = {key: (before[key] + after[key]) / 2 for key in before}
    events = told["ok"] * 10
    run.tell("\n".join([
        "%d requests of 10 events in %.0f s (%.0f events a second)" % (
            told["ended"], wall, events / wall),
        "  200: %d   429: %d   other: %d   broken: %d" % (
            told["ok"], told["busy"], told["other"], told["lost"]),
        "  calls upstream: %d, %.1f events each" % (
            end["calls"] - count["calls"],
            events / max(1, end["calls"] - count["calls"])),
        "  one core: %.0f %%   peak RSS: %.0f MB   (the machine: %.0f %% of "
        "%d cores)" % (100 * cpu / wall, peak, 100 * busy / len(stage.CORES),
                       len(stage.CORES)),
        "  reply: p50 %d us, p99 %d us, max %d us" % (
            told["p50"], told["p99"], told["max"]),
        "  bare fdatasync of %d bytes: p50 %.0f us, p99 %.0f us: reply's p99 "
        "is x %.1f" % (size, bare["p50"], bare["p99"],
                       told["p99"] / bare["p99"]),
    ]))
    run.keep("limit", {"reply": told, "sync": bare, "core": cpu / wall,
                       "peak_mb": peak, "calls": end["calls"] -
                       count["calls"], "seconds": wall})
