"""polaris-sim over loopback: its command line, routes and connections."""

import gzip
import os
import signal
import subprocess
import tempfile
import time
import unittest

from client import LINE, Case, Sim, binary, digest, request, run


class CommandLine(unittest.TestCase):
    def test_both_signals_end_it_cleanly_and_it_says_what_it_took(self):
        for how in signal.SIGTERM, signal.SIGINT:
            sim = Sim()
            self.assertRegex(sim.first, r"^polaris-sim listening on "
                             r"http://127\.0\.0\.1:\d+\n$")
            sim.push("t", LINE % 1)
            self.assertEqual(sim.stop(how), 0)
            self.assertIn("took 1 events in 1 of 1 calls", sim.rest)

    def test_wrong_options_are_told_and_exit_2(self):
        for options in (["--nonsense"], ["nonsense"], ["--listen"],
                        ["--listen", "nowhere"], ["--listen", "1.2.3.4"],
                        ["--token-ttl", "0"], ["--token-ttl", "5s"],
                        ["--token-ttl="], ["--latency", "-1"],
                        ["--strict=1"], ["--client-id", 'a"b']):
            ran = subprocess.run([binary(), *options], capture_output=True,
                                 text=True, timeout=20)
            self.assertEqual(ran.returncode, 2, options)
            self.assertIn("polaris-sim: ", ran.stderr, options)
            self.assertEqual(ran.stdout, "", options)

    def test_a_taken_port_and_a_file_that_cannot_be_written_exit_3(self):
        sim = Sim()
        for options in (["--listen", "127.0.0.1:%d" % sim.port],
                        ["--record", "/nonexistent/file"]):
            ran = subprocess.run([binary(), *options], capture_output=True,
                                 text=True, timeout=20)
            self.assertEqual(ran.returncode, 3, options)
        sim.stop()

    def test_help_and_version(self):
        for option, want in (("--help", "over_events"),
                             ("--version", "polaris-sim 0")):
            ran = subprocess.run([binary(), option], capture_output=True,
                                 text=True, timeout=20)
            self.assertEqual(ran.returncode, 0)
            self.assertIn(want, ran.stdout)

    def test_a_secret_that_was_given_is_not_printed(self):
        sim = Sim("--client-secret=hidden1", "--api-key=hidden2")
        sim.stop()
        self.assertNotIn("hidden", sim.first + sim.rest)


class Events(Case):
    options = ("--tables", "a,b.c", "--project", "p", "--max-body", "1000")

    def test_both_paths_take_and_the_counts_tell_it(self):
        lines = [LINE % n for n in range(7)]
        bodies = [b"".join(lines[:4]), b"".join(lines[4:])]
        for answer in (self.sim.push("a", bodies[0]),
                       self.sim.push("a", gzip.compress(bodies[1]),
                                     "/v1/projects/p/events/%s",
                                     Content_Encoding="gzip"),
                       self.sim.push("b.c", lines[0])):
            self.assert_status(200, answer)
            self.assertEqual(answer[2], b"")
        stats = self.sim.stats()
        table = stats["tables"]["a"]
        self.assertEqual(table, {
            "calls": 2, "taken_calls": 2, "events": 7, "max_events": 4,
            "bytes": sum(map(len, lines)),
            "digest": digest(l[:-1] for l in lines)})
        self.assertEqual(stats["digest"],
                         digest(l[:-1] for l in lines + lines[:1]))
        self.assertEqual(
            (stats["calls"], stats["events"], stats["gzip_calls"],
             stats["max_bytes"], stats["violations"]),
            (3, 8, 1, len(bodies[0]), 0))
        self.assertEqual(self.sim.get("/sim/events?table=a"), b"".join(lines))
        self.assertEqual(self.sim.get("/sim/events"),
                         b"".join(lines + lines[:1]))
        self.order("reset")
        stats = self.sim.stats()
        self.assertEqual((stats["calls"], stats["events"], stats["tables"],
                          stats["minutes"], stats["by_status"]),
                         (0, 0, {}, [], {}))
        self.assertEqual(self.sim.get("/sim/events"), b"")

    def test_what_polaris_refuses_is_refused_with_its_body(self):
        line, bomb = LINE % 1, gzip.compress(b"x" * 2000)
        for status, word, got in (
                (404, b"no Route", self.sim.push("a/b", line)),
                (404, b"no Route", self.sim.push("", line)),
                (404, b"no Route", self.sim.send(request("/", b""))),
                (404, b"no Route", self.sim.send(
                    request("/v1/events/a", method="GET"))),
                (404, b"ObjectNotFound", self.sim.push("c", line)),
                (404, b"ObjectNotFound", self.sim.push(
                    "a", line, "/v1/projects/q/events/%s")),
                (400, b"Invalid topic name", self.sim.push("a%20", line)),
                (400, b"Invalid topic name", self.sim.push("..", line)),
                (400, b"Invalid topic name", self.sim.push("x" * 65, line)),
                (411, b"Length", self.sim.push("a", b"",
                                               Content_Length=None)),
                (411, b"Length", self.sim.push(
                    "a", b"0\r\n\r\n", Content_Length=None,
                    Transfer_Encoding="chunked")),
                (413, b"Request size limit exceeded",
                 self.sim.push("a", b"x" * 1001)),
                (413, b"Request size limit exceeded",
                 self.sim.push("a", bomb, Content_Encoding="gzip")),
                (415, b"message", self.sim.push("a", line,
                                                Content_Encoding="br")),
                (400, b"message", self.sim.push("a", line,
                                                Content_Encoding="gzip")),
                (400, b"message", self.sim.push(
                    "a", gzip.compress(line)[:-1], Content_Encoding="gzip")),
                (400, b"message", self.sim.push(
                    "a", gzip.compress(line) + b"x",
                    Content_Encoding="gzip"))):
            self.assert_status(status, got)
            self.assertIn(word, got[2])
        self.assertEqual(self.sim.stats()["events"], 0)

    def test_a_body_of_just_the_limit_passes(self):
        body = b'{"__time":"' + b"x" * (1000 - 14) + b'"}\n'
        self.assertEqual(len(body), 1000)
        self.assert_status(200, self.sim.push("a", body))
        self.assert_status(200, self.sim.push(
            "a", gzip.compress(body), Content_Encoding="gzip"))
        self.assert_status(413, self.sim.push("a", b"x" + body))
        self.assert_status(413, self.sim.push(
            "a", gzip.compress(b"x" + body), Content_Encoding="gzip"))

    def test_tables_and_sizes_can_be_changed_while_running(self):
        self.order("set", tables=["c"], max_body=2000)
        self.assert_status(404, self.sim.push("a", LINE % 1))
        self.assert_status(200, self.sim.push("c", b"{" + b" " * 1500 + b"}\n"))

    def test_a_refused_body_that_is_still_coming_does_not_hide_the_answer(self):
        client = self.sim.client()
        client.send(request("/v1/events/a", b"", Content_Length="5000000"))
        client.send(b"x" * 1000000)
        self.assert_status(413, client.answer())
        client.send(b"x" * 1000)
        self.assertTrue(client.is_closed())
        client.close()


class Connections(Case):
    def test_calls_that_come_at_once_or_byte_by_byte_are_all_answered(self):
        data = b"".join(request("/v1/events/t", LINE % n) for n in range(20))
        client = self.sim.client()
        client.send(data)
        for _ in range(20):
            self.assert_status(200, client.answer())
        for n in range(len(data) // 10):
            client.send(data[n:n + 1])
        for _ in range(2):
            self.assert_status(200, client.answer())
        client.close()
        stats = self.sim.stats()
        self.assertEqual(stats["events"], 22)
        self.assertEqual(stats["violations"], 0)
        self.assertEqual(stats["connections"], 2)
        self.assertEqual(stats["open_connections"], 1)

    def test_a_large_body_in_pieces_is_understood_by_its_head(self):
        lines = b"".join(b'{"x":"%s"}\n' % os.urandom(4000).hex().encode()
                         for _ in range(60))
        body = gzip.compress(lines)
        data = request("/v1/events/t", body, Content_Encoding="gzip")
        client = self.sim.client()
        for at in range(0, len(data), 10000):
            client.send(data[at:at + 10000])
            self.sim.stats()  # each piece is read by itself
        self.assert_status(200, client.answer())
        client.close()
        self.assertEqual(self.sim.get("/sim/events"), lines)

    def test_close_is_honoured_and_100_continue_is_said(self):
        client = self.sim.client()
        data = request("/v1/events/t", LINE % 1, Expect="100-continue",
                       Connection="close")
        head, body = data.split(b"\r\n\r\n")
        client.send(head + b"\r\n\r\n")
        self.assert_status(100, client.answer())
        client.send(body)
        answer = client.answer()
        self.assert_status(200, answer)
        self.assertEqual(answer[1]["connection"], "close")
        self.assertTrue(client.is_closed())
        client.close()

    def test_five_hundred_delayed_calls_wait_side_by_side(self):
        self.order("set", latency_ms=5000)
        clients = [self.sim.client() for _ in range(500)]
        started = time.monotonic()
        for n, client in enumerate(clients):
            client.send(request("/v1/events/t", LINE % n))
        for client in clients:
            self.assert_status(200, client.answer())
        took = time.monotonic() - started
        for client in clients:
            client.close()
        stats = self.sim.stats()
        self.assertGreater(took, 5)
        self.assertLess(took, 600)  # one after the other: 2,500 s
        self.assertEqual(stats["max_in_flight"], 500)
        self.assertEqual(stats["digest"],
                         digest((LINE % n)[:-1] for n in range(500)))

    def test_a_client_that_leaves_while_its_answer_waits_is_let_go(self):
        self.order("fault", calls=1, delay_ms=3600000)
        client = self.sim.client()
        client.send(request("/v1/events/t", LINE % 1))
        while self.sim.stats()["in_flight"] == 0:
            pass
        client.close()
        while self.sim.stats()["in_flight"] > 0:
            pass
        stats = self.sim.stats()
        self.assertEqual(stats["by_status"], {"none": 1})
        self.assertEqual(stats["events"], 1)


class Keeping(unittest.TestCase):
    def test_the_ring_keeps_the_last_and_says_what_it_lost(self):
        sim = Sim("--keep", "4096")
        client = sim.client()
        for n in range(500):
            client.send(request("/v1/events/t", LINE % n))
            client.answer()
        client.close()
        kept = sim.get("/sim/events").splitlines(True)
        self.assertGreater(len(kept), 20)
        self.assertEqual(kept, [LINE % n for n in
                                range(500 - len(kept), 500)])
        self.assertEqual(sim.stats()["kept"], {
            "events": len(kept), "lost_events": 500 - len(kept),
            "unwritten": 0})
        self.assertEqual(sim.stop(), 0)

    def test_the_record_holds_all_of_them_with_their_tables(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "events")
            sim = Sim("--record", path, "--keep", "0")
            sim.push("a", LINE % 1 + LINE % 2)
            sim.push("b", (LINE % 3)[:-1])
            self.assertEqual(sim.get("/sim/events"), b"")
            while os.path.getsize(path) == 0:
                time.sleep(0.01)  # it is there before the program ends
            self.assertEqual(sim.stop(), 0)
            with open(path, "rb") as file:
                self.assertEqual(file.read(), b"a\t" + LINE % 1 + b"a\t" +
                                 LINE % 2 + b"b\t" + LINE % 3)

    def test_duplicates_are_counted_when_asked_for(self):
        sim = Sim()
        self.assertIsNone(sim.stats()["duplicates"])
        self.assertEqual(sim.stop(), 0)
        sim = Sim("--detect-duplicates")
        sim.push("t", LINE % 1 + LINE % 2)
        sim.push("t", LINE % 2 + LINE % 3)
        sim.push("t", b"".join(LINE % n for n in range(10000, 16000)))
        sim.push("t", b"".join(LINE % n for n in range(10000, 16000)))
        self.assertEqual(sim.stats()["duplicates"], 6001)
        self.assertEqual(sim.stop(), 0)

    def test_many_tables_are_each_counted(self):
        sim = Sim()
        client = sim.client()
        for n in range(2000):
            client.send(request("/v1/events/table-%d" % n, LINE % n))
            client.answer()
        client.close()
        tables = sim.stats()["tables"]
        self.assertEqual(len(tables), 2000)
        for n in range(2000):
            self.assertEqual(tables["table-%d" % n]["digest"],
                             digest([(LINE % n)[:-1]]))
        self.assertEqual(sim.stop(), 0)


if __name__ == "__main__":
    run()
