"""What is counted is counted right, in every reading, and Prometheus likes it.

The sum that must be whole in every reading, for every table:
recovered + accepted = delivered + dead-lettered + withdrawn + waiting.
"""

import json
import os
import socket
import re
import shutil
import subprocess
import threading
import unittest

import wire
from flow import FlowTest, event, push
from gateway import EXECUTABLE
from program import PATIENCE_S, until, wait_until

# Readings under load; a campaign takes more: SCRAPES=1000 KILLS=20.
SCRAPES = int(os.environ.get("SCRAPES", "100"))
KILLS = int(os.environ.get("KILLS", "5"))
LINE = re.compile(r'^([a-z_]+)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')
PREFIX = "polaris_gateway_"


class Scrape:
    """The lines of one reading, by name and labels."""

    def __init__(self, text):
        self.text = text
        self.values = {}
        for line in text.splitlines():
            if line.startswith("#"):
                continue
            name, labels, value = LINE.match(line).groups()
            key = (name.removeprefix(PREFIX),
                   tuple(LABEL.findall(labels or "")))
            assert key not in self.values, f"twice: {line}"
            self.values[key] = float(value)

    def get(self, name, **labels):
        return self.values.get((name, tuple(labels.items())), 0)

    def sum(self, name, **labels):
        """Of all that have these labels, whatever others they have."""
        return sum(value for (n, have), value in self.values.items()
                   if n == name and set(labels.items()) <= set(have))

    def tables(self):
        return {dict(labels)["table"] for name, labels in self.values
                if name == "events_accepted_total"}

    def broken_sums(self):
        broken = []
        for table in self.tables():
            came, left = (
                {name: self.sum(name, table=table) for name in names}
                for names in (("events_recovered_total",
                               "events_accepted_total"),
                              ("events_delivered_total",
                               "events_dead_lettered_total",
                               "events_withdrawn_total", "events_waiting")))
            if sum(came.values()) != sum(left.values()):
                broken.append((table, came, left))
        return broken


def get(gateway, path, headers=()):
    host, port = gateway.admin
    request = "\r\n".join(
        [f"GET {path} HTTP/1.1", f"Host: {host}:{port}",
         *(f"{name}: {value}" for name, value in headers)]) + "\r\n\r\n"
    return wire.ask(gateway.admin, request.encode(), "GET")


def scrape(gateway):
    reply = get(gateway, "/metrics")
    assert reply.status == 200, reply
    return Scrape(reply.body.decode())


def status(gateway):
    return json.loads(get(gateway, "/status").body)


# What each of a load's producers may push for one reading.
REQUESTS = 10


class Load:
    """Producers, each of which pushes as often as it is let.

    Not as fast as they can: a quick gateway would be filled before the
    reader has read as often as it shall, and a slow one would do nothing."""

    def __init__(self, gateway, tables, headers=()):
        self.ending = False
        self.let = [threading.Semaphore(0) for _ in tables]
        self.counts = {}
        self.statuses = {}
        self.threads = [
            threading.Thread(target=self._push,
                             args=(gateway, table, headers, let))
            for table, let in zip(tables, self.let)]
        for thread in self.threads:
            thread.start()

    def _push(self, gateway, table, headers, let):
        number = 0
        while let.acquire() and not self.ending:
            count = 1 + number % 7
            lines = [event(number + i, of=f"{table} {id(self)}")
                     for i in range(count)]
            number += count
            try:
                reply = push(gateway, table, lines, headers)
            except (ConnectionError, wire.Closed, socket.timeout):
                return  # it was killed
            key = (table, reply.status)
            self.counts[key] = self.counts.get(key, 0) + count
            self.statuses[key] = self.statuses.get(key, 0) + 1

    def go_on(self):
        for let in self.let:
            let.release(REQUESTS)

    def kept(self):
        """Events whose producers were told 200."""
        return sum(count for (_, code), count in self.counts.items()
                   if code == 200)

    def end(self):
        self.ending = True
        for let in self.let:
            let.release()
        for thread in self.threads:
            thread.join()


class Metrics(FlowTest):
    def settled(self, gateway):
        """The reading after which nothing waits any more."""
        wait_until("nothing waits",
                   lambda: scrape(gateway).sum("events_waiting") == 0)
        return scrape(gateway)

    def read_on(self, gateway, loads, enough):
        """Reads as often as it shall, and until it has seen enough."""
        count = 0

        def one_more():
            nonlocal count
            for load in loads:
                load.go_on()
            reading = scrape(gateway)
            self.assertEqual(reading.broken_sums(), [])
            count += 1
            return count >= SCRAPES and enough(reading)
        for _ in until("all that shall happen", one_more,
                       PATIENCE_S + SCRAPES):
            pass

    def test_the_sum_is_whole_in_every_reading_under_load_and_trouble(self):
        """With 503s, resets, an outage of a table and withdrawals."""
        sim, gateway = self.start({
            "ack_timeout": "300ms", "shutdown_timeout": "2s",
            "batch": {"linger": "20ms"}}, latency=5)
        tables = ["a", "b", "c", "broken"]
        sim.fault(calls=1000000, table="broken", status=403)
        sim.fault(calls=1000000, table="c", status=503, every=3)
        load = Load(gateway, tables)
        slow = Load(gateway, ["a", "received"],
                    [("Gateway-Ack", "received")])
        try:
            self.read_on(gateway, (load, slow), lambda reading: all((
                reading.sum("events_withdrawn_total"),
                reading.sum("events_delivered_total"),
                reading.sum("upstream_retries_total", reason="later"))))
        finally:
            load.end()
            slow.end()
        self.assertEqual(scrape(gateway).tables(), {*tables, "received"})
        final = scrape(gateway)
        self.assertEqual(final.broken_sums(), [])
        for table in ("a", "b"):
            wait_until("nothing of it waits", lambda t=table: scrape(
                gateway).get("events_waiting", table=t) == 0)

    def test_the_sum_is_whole_while_events_are_refused_and_skipped(self):
        """Dead letters of both sides; those of skip mode stand apart."""
        self.known.add("dead")
        sim, gateway = self.start({
            "acknowledge": "received", "batch": {"linger": "20ms"},
            "dead_letters": {"directory": os.path.join(self.folder, "dead"),
                             "max_bytes": "64MiB"}}, latency=2)
        sim.fault(calls=1000000, poison="poison", status=400)
        load = Load(gateway, ["t"])
        poisoned = skipped = 0
        try:
            for number in range(SCRAPES // 10):
                load.go_on()
                lines = [event(number), event(number, is_="poison"),
                         b"{]", b'{"__time":5}']
                reply = push(gateway, "t?on_invalid=skip", lines)
                self.assertEqual(reply.status, 200)
                poisoned += 1
                skipped += 2
                self.assertEqual(scrape(gateway).broken_sums(), [])
        finally:
            load.end()
        self.assertEqual({code for _, code in load.counts}, {200})
        reading = self.settled(gateway)
        self.assertEqual(reading.broken_sums(), [])
        self.assertEqual(reading.get("events_dead_lettered_total", table="t",
                                     reason="refused"), poisoned)
        self.assertEqual(reading.sum("events_dead_lettered_total"), poisoned)
        for name in ("events_skipped_total", "events_rejected_total"):
            for reason in ("not_json", "time_not_string"):
                self.assertEqual(reading.sum(name, reason=reason),
                                 skipped / 2, name)
        self.assertEqual(reading.sum("events_accepted_total"),
                         load.kept() + 2 * poisoned)
        self.assertGreater(
            reading.sum("upstream_retries_total", reason="split"), 0)
        self.assertEqual(reading.get("batch_events_count"),
                         reading.sum("batches_total"))
        self.assertEqual(status(gateway)["dead_letters"], {
            "total": poisoned + skipped, "accepted": poisoned,
            "skipped": skipped, "by_reason": [
                {"reason": "refused", "of": "accepted", "count": poisoned},
                {"reason": "not_json", "of": "skipped", "count": poisoned},
                {"reason": "time_not_string", "of": "skipped",
                 "count": poisoned}]})
        with open(os.path.join(self.folder, "dead", next(
                name for name in os.listdir(
                    os.path.join(self.folder, "dead"))
                if name.endswith(".ndjson"))), encoding="utf-8") as file:
            self.assertEqual(len(file.readlines()), poisoned + skipped)

    def test_counters_say_what_producers_were_told_and_upstream_took(self):
        sim, gateway = self.start()
        load = Load(gateway, ["x", "y"], [("X-Producer", "tester")])
        for _ in range(6):
            load.go_on()
        wait_until("some requests",
                   lambda: scrape(gateway).sum("requests_total") > 100)
        load.end()
        reading = self.settled(gateway)
        kept = load.kept()
        self.assertEqual({code for _, code in load.counts}, {200})
        for table in ("x", "y"):
            self.assertEqual(reading.get("events_accepted_total", table=table),
                             load.counts[table, 200])
        self.assertEqual(reading.sum("events_delivered_total"), kept)
        self.assertEqual(sim.taken(), kept)
        self.assertEqual(
            reading.get("producer_events_total", producer="tester"), kept)
        self.assertEqual(
            reading.get("requests_total", route="events", code="200"),
            sum(load.statuses.values()))
        self.assertEqual(reading.sum("upstream_calls_total"), sim.calls())
        self.assertEqual(reading.get("delivery_seconds_count"), kept)
        self.assertEqual(
            reading.get("ack_seconds_count", level="delivered"),
            sum(load.statuses.values()))
        self.assertEqual(reading.get("batch_events_sum"), kept)
        self.assertEqual(reading.get("batch_events_count"),
                         reading.sum("batches_total"))
        self.assertEqual(
            reading.get("credential_renewals_total", result="ok"),
            sim.tokens())

    def test_refusals_are_counted_by_reason_with_their_place(self):
        _, gateway = self.start()
        self.assert_ok(push(gateway, "t", [event(1)]))
        for lines in ([event(1), b"{]"], [b'{"__time":5}'],
                      [event(1), event(2), b"[]", b"{]"]):
            self.assertEqual(push(gateway, "t", lines).status, 400)
        gateway.ask(wire.post("unborn", b"{]\n"))
        gateway.ask(wire.request("GET", "/nothing"), "GET")
        reading = scrape(gateway)
        want = {("t", "not_json"): 2, ("t", "time_not_string"): 1,
                ("t", "not_object"): 1, ("other", "not_json"): 1}
        for (table, reason), count in want.items():
            self.assertEqual(
                reading.get("events_rejected_total", table=table,
                            reason=reason), count, (table, reason))
        self.assertEqual(reading.sum("events_rejected_total"), 5)
        self.assertEqual(
            reading.get("requests_total", route="events", code="400"), 4)
        self.assertEqual(
            reading.get("requests_total", route="none", code="404"), 1)
        self.assertEqual(reading.get("events_accepted_total", table="t"), 1)
        self.assertNotIn("unborn", reading.text, "born with a kept event")
        rejects = {r["reason"]: r for r in status(gateway)["rejects"]}
        samples = rejects["not_json"]["samples"]
        # Two workers may refuse within one millisecond: no order is told.
        self.assertCountEqual([(s["table"], s["line"], s["offset"])
                               for s in samples],
                              [("unborn", 1, 1), ("t", 4, 1), ("t", 2, 1)])
        self.assertEqual(rejects["bad_events"]["count"], 4)

    def test_labels_are_bounded(self):
        _, gateway = self.start({"acknowledge": "received"})
        with gateway.connect() as connection:
            for number in range(1100):
                reply = connection.ask(wire.post(
                    f"t{number}", event(number),
                    [("X-Producer", f"p{number}")]))
                self.assertEqual(reply.status, 200)
        reading = self.settled(gateway)
        self.assertEqual(len(reading.tables()), 1001)
        self.assertEqual(
            reading.get("events_accepted_total", table="other"), 100)
        self.assertEqual(reading.sum("events_delivered_total"), 1100)
        self.assertEqual(reading.broken_sums(), [])
        self.assertEqual(reading.sum("producer_events_total"), 1100)
        self.assertGreaterEqual(
            reading.get("producer_events_total", producer="other"), 100)

    def test_prometheus_finds_nothing_to_complain_of(self):
        promtool = shutil.which("promtool")
        if promtool is None:
            print("\nSKIPPED, LOUDLY: there is no promtool (Debian package "
                  "prometheus), so nobody has checked the format",
                  flush=True)
            self.skipTest("no promtool")
        sim, gateway = self.start({
            "ack_timeout": "5s", "shutdown_timeout": "2s",
            "batch": {"linger": "20ms"}})
        sim.fault(calls=1000000, table="held", status=403)
        self.assert_ok(push(gateway, "t", [event(1)],
                            [("X-Producer", 'q"uo\\te')]))
        push(gateway, "held", [event(1)], [("Gateway-Ack", "received")])
        push(gateway, "t", [b"{]"])
        said = subprocess.run([promtool, "check", "metrics"],
                              input=scrape(gateway).text,
                              capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False)
        self.assertEqual((said.returncode, said.stdout, said.stderr),
                         (0, "", ""))

    def test_every_metric_of_the_help_is_served_and_no_other(self):
        _, gateway = self.start()
        self.assert_ok(push(gateway, "t", [event(1)]))
        text = scrape(gateway).text
        served = re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE)
        help_text = subprocess.run(
            [gateway.child.args[0], "--help-metrics"], capture_output=True,
            text=True, check=True, timeout=PATIENCE_S).stdout
        told = re.findall(r"^\| `(\S+)` \| (\S+) \|", help_text, re.MULTILINE)
        self.assertEqual(served, told)
        self.assertEqual(len(served), len(set(served)))


class Durable(FlowTest):
    """The same of a spool on disk, which counts what is in no lane."""

    def start_durable(self, sim, name):
        self.known.add("spool")
        return self.start_gateway(sim, {
            "acknowledge": "durable", "shutdown_timeout": "2s",
            "batch": {"linger": "20ms"},
            "listen": {"workers": 2, "max_body": "200KiB"},
            "spool": {"directory": os.path.join(self.folder, "spool"),
                      "max_bytes": "64MiB", "segment_bytes": "1MiB",
                      "memory_bytes": "2MiB"}}, name=name)

    def on_disk(self):
        """Events that wait, by table, as `spool stat` counts them."""
        said = subprocess.run(
            [os.path.abspath(EXECUTABLE), "spool", "stat",
             os.path.join(self.folder, "spool")],
            capture_output=True, text=True, check=True, timeout=PATIENCE_S)
        lines = said.stdout[said.stdout.index("\ntable "):].splitlines()[2:]
        return {line.split()[0]: int(line.split()[2]) for line in lines
                if not line.startswith("(all)")}

    def await_recovered(self, gateway, left):
        """What a start finds is recovered, no more and no less."""
        wait_until("all is recovered", lambda: {
            table: scrape(gateway).get("events_recovered_total", table=table)
            for table in left} == left)

    def waiting(self, gateway):
        reading = scrape(gateway)
        self.assertEqual(reading.broken_sums(), [])
        return {table: int(count) for table in reading.tables()
                if (count := reading.get("events_waiting", table=table))}

    def test_the_sum_is_whole_in_every_reading_and_over_kills(self):
        sim = self.start_sim(latency=5)
        sim.fault(calls=1000000, table="broken", status=403)
        tables = ["a", "b", "broken"]
        accepted = 0
        left = {}
        for kill in range(KILLS):
            gateway = self.start_durable(sim, f"gateway{kill}")
            self.await_recovered(gateway, left)
            load = Load(gateway, tables)
            load.go_on()
            wait_until("the broken one waits", lambda: scrape(gateway).get(
                "events_waiting", table="broken"))
            for number in range(SCRAPES // KILLS):
                load.go_on()
                reading = scrape(gateway)
                self.assertEqual(reading.broken_sums(), [])
                if number % 10 == 0:
                    # Of what never leaves, no less is on disk than was told.
                    self.assertGreaterEqual(
                        self.on_disk().get("broken", 0),
                        reading.get("events_waiting", table="broken"))
            gateway.kill()
            load.end()
            self.programs.remove(gateway)
            accepted += load.kept()
            left = self.on_disk()
            self.assertGreater(left["broken"], 0)
        gateway = self.start_durable(sim, "last")
        self.await_recovered(gateway, left)
        wait_until("only the broken one waits",
                   lambda: set(self.waiting(gateway)) == {"broken"})
        self.assertEqual(self.waiting(gateway),
                         {"broken": left["broken"]})
        wait_until("the disk knows that the others have left",
                   lambda: self.on_disk() == self.waiting(gateway))
        # Acknowledged is delivered or waits; a kill may deliver twice.
        self.assertGreaterEqual(sim.taken() + left["broken"], accepted)
        sim.order("/sim/reset", {})  # those that arrived twice

    def test_what_a_start_finds_is_spent_by_who_sent_it(self):
        sim = self.start_sim()
        sim.fault(calls=1000000, status=503)
        gateway = self.start_durable(sim, "first")
        for name in ("web", "app"):
            self.assert_ok(push(gateway, "t", [event(1, of=name)],
                                [("X-Producer", name)]))
        self.assert_ok(push(gateway, "t", [event(1)]))
        gateway.kill()
        self.end_of([gateway])
        sim.order("/sim/reset", {})
        gateway = self.start_durable(sim, "second")
        wait_until("all is delivered", lambda: scrape(gateway).get(
            "events_delivered_total", table="t") == 3)
        spent = {p["name"]: p["calls"] for p in status(gateway)["producers"]}
        self.assertEqual(set(spent), {"web", "app", "unnamed"})
        self.assertAlmostEqual(sum(spent.values()),
                               status(gateway)["budget"]["calls"], 2)

    def test_what_is_not_in_memory_waits_as_well(self):
        """A backlog of several times spool.memory_bytes."""
        sim = self.start_sim()
        sim.fault(calls=1000000, table="broken", status=403)
        gateway = self.start_durable(sim, "gateway")
        with gateway.connect() as connection:
            for number in range(80):
                lines = [event(100 * number + i, pad="x" * 1000)
                         for i in range(100)]
                reply = connection.ask(
                    wire.post("broken", b"\n".join(lines)))
                self.assertEqual(reply.status, 200)
        self.assertEqual(self.waiting(gateway), {"broken": 8000})
        self.assertEqual(self.on_disk(), {"broken": 8000})
        self.assertEqual(status(gateway)["spool"]["kind"], "disk")


class Status(FlowTest):
    def test_status_and_metrics_say_the_same(self):
        _, gateway = self.start()
        for number in range(20):
            self.assert_ok(push(gateway, "t", [event(number)]))
        wait_until("all delivered", lambda: scrape(gateway).sum(
            "events_waiting") == 0)
        said, reading = status(gateway), scrape(gateway)
        table = said["tables"][0]
        for key in ("accepted", "delivered", "withdrawn"):
            self.assertEqual(table[key],
                             reading.get(f"events_{key}_total", table="t"))
            self.assertEqual(said["events"][key], table[key])
        self.assertEqual(said["budget"]["calls"],
                         reading.sum("upstream_calls_total"))
        self.assertEqual(said["requests"], {"kept": 20})
        self.assertEqual(said["credential"]["kind"], "oauth2")
        self.assertEqual(said["health"]["level"], "ok")
        self.assertNotIn(self.secret, json.dumps(said))

    def test_history_is_told_from_where_one_left_off(self):
        _, gateway = self.start()
        self.assert_ok(push(gateway, "t", [event(1)]))
        wait_until("two seconds", lambda: len(
            status(gateway)["history"]["seconds"]) >= 2)
        seconds = status(gateway)["history"]["seconds"]
        later = json.loads(get(
            gateway, f"/status?since={seconds[0][0]}").body)["history"]
        self.assertEqual(later["seconds"][0], seconds[1])
        self.assertEqual(len(later["columns"]), len(seconds[0]))

    def test_the_admin_token_is_asked_for_where_it_should_be(self):
        token = self.file("token", "a-token-of-ours\n")
        _, gateway = self.start({"admin": {"token_file": token}})
        bearer = [("Authorization", "Bearer a-token-of-ours")]
        for path, without, given in (
                ("/livez", 200, 200), ("/readyz", 200, 200), ("/", 200, 200),
                ("/status", 401, 200), ("/metrics", 401, 200)):
            self.assertEqual(get(gateway, path).status, without, path)
            self.assertEqual(get(gateway, path, bearer).status, given, path)
        self.assertEqual(get(gateway, "/status").header("WWW-Authenticate"),
                         "Bearer")
        self.assertNotIn("a-token-of-ours", gateway.stderr)

    def test_a_page_of_another_name_is_not_answered(self):
        _, gateway = self.start()
        for path, code in (("/status", 403), ("/", 403), ("/livez", 200)):
            reply = wire.ask(gateway.admin, wire.request("GET", path), "GET")
            self.assertEqual(reply.status, code, path)


if __name__ == "__main__":
    unittest.main(verbosity=2)
