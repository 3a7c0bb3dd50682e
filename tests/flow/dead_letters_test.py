"""Dead letters are looked at, sent again and removed: by command and by HTTP."""

import json
import os
import signal
import subprocess
import threading
import unittest

import wire
from flow import FlowTest, event, in_threads, push
from gateway import EXECUTABLE, error_code
from metrics_test import get, scrape
from program import PATIENCE_S, wait_until

SKIP = "?on_invalid=skip"
BAD = b'{"n":1,"marker":"no time"}'
POISON = "poison"


def command(*words):
    return subprocess.run(
        [os.path.abspath(EXECUTABLE), "dead-letter", *words], text=True,
        stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S,
        check=False)


def post(gateway, path, body=b"", kind="application/json"):
    host, port = gateway.admin
    head = (f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n")
    return wire.ask(gateway.admin, head.encode() + body, "POST")


def look(gateway, query=""):
    reply = get(gateway, "/dead-letters" + query)
    assert reply.status == 200, reply
    return json.loads(reply.body)


class DeadLetters(FlowTest):
    def setUp(self):
        super().setUp()
        self.spool = os.path.join(self.folder, "spool")
        self.letters = os.path.join(self.spool, "dead-letters")
        self.known.add("spool")
        self.over = {"spool": {"directory": self.spool},
                     "batch": {"linger": "20ms"}}

    def listed(self, folder=None):
        done = command("list", folder or self.letters, "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return {(g["table"], g["reason"]): g["count"]
                for g in json.loads(done.stdout)["groups"]}

    def make_both(self, sim, gateway):
        """Three that were skipped and two that the upstream refused."""
        sim.fault(poison=POISON, status=400)
        good = [event(n) for n in range(8)]
        poisoned = [event(n, is_=POISON) for n in (100, 101)]
        reply = push(gateway, "a" + SKIP, [good[0], BAD, BAD, *poisoned,
                                           *good[1:4]])
        self.assertEqual(reply.status, 200)
        reply = push(gateway, "b" + SKIP, [BAD, *good[4:]])
        self.assertEqual(reply.status, 200)
        wait_until("nothing waits",
                   lambda: scrape(gateway).sum("events_waiting") == 0)
        return poisoned

    def test_what_was_refused_is_delivered_once_when_the_upstream_is_mended(
            self):
        sim, gateway = self.start(self.over)
        poisoned = self.make_both(sim, gateway)
        both = {("a", "refused"): 2, ("a", "time_missing"): 2,
                ("b", "time_missing"): 1}
        self.assertEqual(self.listed(), both)
        self.assertEqual(self.listed(self.spool), both, "the spool's folder")
        shown = command("show", self.spool, "--reason", "refused")
        lines = [json.loads(line) for line in shown.stdout.splitlines()]
        # The halves of a batch are tried side by side: in any order.
        self.assertCountEqual([line["event"].encode() for line in lines],
                              poisoned)
        self.assertEqual({line["status"] for line in lines}, {400})
        self.assertEqual(command("show", self.spool, "--limit", "4",
                                 ).stdout.count("\n"), 4)
        said = look(gateway, "?table=a&limit=3")
        self.assertEqual((said["count"], len(said["letters"])), (4, 3))

        # Not mended yet: they come back, as letters of their own.
        done = command("replay", self.spool, "--reason", "refused")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, "replayed 2 letters\n")
        wait_until("refused again", lambda: self.listed() == both)

        sim.order("/sim/reset", {})
        done = command("replay", self.letters, "--table", "a")
        self.assertEqual(done.returncode, 1, "some stay")
        self.assertEqual(done.stdout,
                         "replayed 2 letters\nrejected 2: time_missing\n"
                         "what was rejected is still no good, and stays\n")
        self.await_events(sim, 2)
        self.assert_upstream(sim, "a", poisoned)
        self.assertEqual(self.listed(), {("a", "time_missing"): 2,
                                         ("b", "time_missing"): 1})
        reading = scrape(gateway)
        self.assertEqual(reading.broken_sums(), [])
        self.assertEqual(reading.sum("events_accepted_total", table="a"), 10)

        done = command("purge", self.spool, "--table", "b")
        self.assertEqual((done.returncode, done.stdout),
                         (0, "purged 1 letter\nleft 2\n"))
        self.assertEqual(self.listed(), {("a", "time_missing"): 2})
        done = command("purge", self.spool, "--before", "1h")
        self.assertEqual(done.stdout, "purged 0 letters\nleft 2\n")
        self.assertEqual(command("purge", self.spool).returncode, 2)
        done = command("purge", self.spool, "--all", "--json")
        self.assertEqual(json.loads(done.stdout)["purged"], 2)
        self.assertEqual(self.listed(), {})
        self.assertEqual(os.listdir(self.letters), ["lock"],
                         "the room is given back")
        for word in ("dead_letters_replayed", "dead_letters_purged"):
            self.assertTrue(gateway.log_lines(word), word)

    def test_the_same_over_http(self):
        sim, gateway = self.start(self.over)
        poisoned = self.make_both(sim, gateway)
        sim.order("/sim/reset", {})
        reply = post(gateway, "/dead-letters/replay")
        self.assertEqual(reply.status, 200)
        self.assertEqual(json.loads(reply.body), {
            "replayed": 2, "rejected": {"time_missing": 3}, "left": 0,
            "damaged": 0, "end": "done", "message": ""})
        self.await_events(sim, 2)
        self.assert_upstream(sim, "a", poisoned)
        self.assertEqual(look(gateway)["count"], 3)
        reply = post(gateway, "/dead-letters/purge",
                     b'{"reason":"time_missing"}')
        self.assertEqual(json.loads(reply.body)["purged"], 3)
        self.assertEqual(look(gateway)["count"], 0)
        self.assertEqual(look(gateway)["oldest"], None)

    def test_what_is_asked_wrongly_does_nothing(self):
        sim, gateway = self.start(self.over)
        self.make_both(sim, gateway)
        for path, body, kind, status, code in (
                ("replay", b"", "text/plain", 415, "JsonRequired"),
                ("replay", b"table=a", "application/json", 400,
                 "BadParameter"),
                ("replay", b'{"tabel":"a"}', "application/json", 400,
                 "BadParameter"),
                ("purge", b"", "application/json", 400, "BadParameter"),
                ("purge", b"{}", "application/json", 400, "BadParameter"),
                ("purge", b" " * 5000, "application/json", 413, "TooLarge")):
            reply = post(gateway, "/dead-letters/" + path, body, kind)
            self.assertEqual((reply.status, error_code(reply)),
                             (status, code), body)
        reply = get(gateway, "/dead-letters?limit=many")
        self.assertEqual((reply.status, error_code(reply)),
                         (400, "BadParameter"))
        self.assertEqual(get(gateway, "/dead-letters/replay").status, 405)
        self.assertEqual(look(gateway)["count"], 5)

    def under_way(self, sim, gateway):
        """A request that could still take its letters back."""
        sim.fault(calls=1000000, status=503)
        replies = []

        def ask():
            replies.append(push(gateway, "slow" + SKIP, [event(1), BAD],
                                [("Gateway-Ack", "delivered")]))
        thread = threading.Thread(target=ask)
        thread.start()
        wait_until("its letter", lambda: ("slow", "time_missing")
                   in self.listed())
        return thread, replies

    def two_replays(self, gateway):
        """Of two at once one is refused; the other one waits."""
        replies = []
        threads = [threading.Thread(target=lambda: replies.append(
            post(gateway, "/dead-letters/replay"))) for _ in range(2)]
        for thread in threads:
            thread.start()
        wait_until("one is refused", lambda: replies)
        self.assertEqual((replies[0].status, error_code(replies[0])),
                         (409, "ErrandRunning"))
        self.assertEqual(len(replies), 1)
        return threads, replies

    def test_one_at_a_time_and_probes_are_quick_meanwhile(self):
        sim, gateway = self.start(self.over)
        posting, pushed = self.under_way(sim, gateway)
        threads, replies = self.two_replays(gateway)
        self.assertEqual(post(gateway, "/dead-letters/purge",
                              b'{"all":true}').status, 409)
        self.assertEqual(look(gateway)["count"], 1)
        self.assertEqual(get(gateway, "/livez").status, 200)
        self.assertEqual(len(replies), 1, "it was under way all the time")
        sim.order("/sim/reset", {})
        for thread in (*threads, posting):
            thread.join()
        self.assertEqual(pushed[0].status, 200)
        self.assertEqual(replies[1].status, 200)
        self.assertEqual(json.loads(replies[1].body)["rejected"],
                         {"time_missing": 1})
        self.assertEqual(self.listed(), {("slow", "time_missing"): 1})

    def test_what_is_taken_back_meanwhile_is_not_replayed(self):
        sim, gateway = self.start(
            {**self.over, "ack_timeout": "2s", "shutdown_timeout": "2s"})
        posting, pushed = self.under_way(sim, gateway)
        reply = post(gateway, "/dead-letters/replay")
        posting.join()
        self.assertEqual((pushed[0].status, error_code(pushed[0])),
                         (503, "NotDeliveredYet"))
        self.assertEqual(reply.status, 200)
        self.assertEqual(json.loads(reply.body)["rejected"], {})
        self.assertEqual(self.listed(), {})

    def test_a_replay_under_way_ends_with_the_gateway(self):
        sim, gateway = self.start({**self.over, "ack_timeout": "1h",
                                   "shutdown_timeout": "3s"})
        posting, _ = self.under_way(sim, gateway)
        threads, replies = self.two_replays(gateway)
        gateway.send(signal.SIGTERM)
        for thread in (*threads, posting):
            thread.join()
        self.assertEqual(replies[1].status, 503)
        self.assertIn("is ending", json.loads(replies[1].body)["message"])
        self.assertEqual(gateway.ended(), 0)

    def test_without_a_gateway_purge_works_on_the_files_and_replay_says_so(
            self):
        sim, gateway = self.start(self.over)
        self.make_both(sim, gateway)
        self.end_of([gateway])
        done = command("replay", self.spool)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("start it", done.stderr)
        done = command("purge", self.spool, "--table", "a", "--reason",
                       "time_missing")
        self.assertEqual((done.returncode, done.stdout),
                         (0, "purged 2 letters\nleft 3\n"))
        self.assertEqual(self.listed(), {("a", "refused"): 2,
                                         ("b", "time_missing"): 1})
        gateway = self.start_gateway(sim, self.over)
        self.assertEqual(look(gateway)["count"], 3)

    def test_with_a_token_the_command_is_told_what_to_do(self):
        token = self.file("token", "a-token-of-ours\n")
        sim, gateway = self.start(
            {**self.over, "admin": {"token_file": token}})
        push(gateway, "t" + SKIP, [BAD])
        done = command("purge", self.spool, "--all")
        self.assertEqual(done.returncode, 1)
        self.assertIn("--token-file", done.stderr)
        done = command("purge", self.spool, "--all", "--token-file", token)
        self.assertEqual((done.returncode, done.stdout),
                         (0, "purged 1 letter\n"))

    def test_where_no_letters_are_kept_it_is_said(self):
        _, gateway = self.start()
        for reply in (get(gateway, "/dead-letters"),
                      post(gateway, "/dead-letters/replay")):
            self.assertEqual((reply.status, error_code(reply)),
                             (404, "NoDeadLetters"))
        done = command("list", self.folder)
        self.assertEqual(done.returncode, 1)
        self.assertIn("no dead letters are kept here", done.stderr)
        self.assertEqual(command("list", "/no/such").returncode, 3)

    def test_in_memory_alone_they_go_when_they_are_delivered(self):
        self.known.add("dead")
        folder = os.path.join(self.folder, "dead")
        sim, gateway = self.start({
            "dead_letters": {"directory": folder},
            "batch": {"linger": "20ms"}})
        sim.fault(poison=POISON, status=400)
        reply = push(gateway, "t", [event(1), event(2, is_=POISON)],
                     [("Gateway-Ack", "received")])
        self.assertEqual(reply.status, 200)
        wait_until("it is refused", lambda: self.listed(folder) ==
                   {("t", "refused"): 1})
        sim.order("/sim/reset", {})
        done = command("replay", folder)
        self.assertEqual((done.returncode, done.stdout),
                         (0, "replayed 1 letter\n"))
        self.assertEqual(sim.taken(), 1, "before the command ended")

    def test_many_at_once_under_load(self):
        """Requests go on skipping while their letters are purged."""
        sim, gateway = self.start(self.over)
        producers, requests = 3, 200
        at_work = set(range(producers))
        purged = 0

        def produce(number):
            try:
                with gateway.connect() as connection:
                    for _ in range(requests):
                        reply = connection.ask(wire.post(
                            "t" + SKIP, BAD + b"\n" + event(number)))
                        self.assertEqual(reply.status, 200)
            finally:
                at_work.remove(number)

        def purge():
            nonlocal purged
            last = False
            while not last:
                last = not at_work
                reply = post(gateway, "/dead-letters/purge", b'{"all":true}')
                purged += json.loads(reply.body)["purged"]
        in_threads(producers + 1,
                   lambda n: produce(n) if n < producers else purge())
        self.assertEqual(purged, producers * requests)
        self.assertEqual(look(gateway, "?limit=0")["count"], 0)
        wait_until("all upstream",
                   lambda: sim.taken() == producers * requests)


if __name__ == "__main__":
    unittest.main(verbosity=2)
