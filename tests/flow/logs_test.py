"""What the log says: enough to act on, never twice, and no secret."""

import json
import os
import re
import unittest

import wire
from flow import MARKER, TOKEN, FlowTest, event, push
from metrics_test import get, scrape
from program import wait_until

LINE = re.compile(r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z '
                  r'(debug|info|warn|error) ([a-z_]+)'
                  r'( [a-z_]+=("([^"\\]|\\.)*"|[^ "=]+))*$')
OTHER_SECRET = "a-producers-own-credential-51c0"
ADMIN_SECRET = "an-admin-token-9d1e"
BEARER = [("Authorization", "Bearer " + ADMIN_SECRET)]
# What no upstream should say, and some do.
BLABBER = {"body": f"no: {MARKER} ", "echo": True}


class Logs(FlowTest):
    def trouble(self, over):
        """A run in which everything happens that is worth a line."""
        token = self.file("token", ADMIN_SECRET + "\n")
        self.letters = os.path.join(self.folder, "dead")
        self.known.add("dead")
        sim, gateway = self.start({
            "acknowledge": "received", "shutdown_timeout": "2s",
            "batch": {"linger": "10ms"}, "admin": {"token_file": token},
            "dead_letters": {"directory": self.letters},
            **over}, token_ttl=2)
        own = [("Authorization", "Bearer " + OTHER_SECRET),
               ("X-Producer", "web")]
        for table, status in (("gone", 404), ("shy", 403), ("sour", 400)):
            sim.fault(calls=100000, table=table, status=status, **BLABBER)
        sim.fault(calls=100000, table="odd", status=301, **BLABBER,
                  headers={"Location": "http://elsewhere/" + MARKER})
        sim.fault(calls=3, table="busy", status=503, **BLABBER)
        sim.fault(calls=1, table="hasty", status=429, **BLABBER,
                  headers={"Retry-After": "1"})
        sim.fault(calls=2, table="cut", reset="before")
        sim.fault(poison="poison", status=400, **BLABBER)
        for table in ("fine", "gone", "odd", "busy", "hasty", "cut", "shy"):
            self.assertEqual(
                push(gateway, table, [event(1, of=table)], own).status, 200)
        bad = [b"{]", b"[" + MARKER.encode() + b"]", b'{"x":"\xff"}',
               b'{"__time":"' + MARKER.encode() + b'"}']
        for body in bad:
            self.assertEqual(push(gateway, "fine", [body], own).status, 400)
        # Skipped, refused upstream and dead-lettered, refused and suspected.
        self.assertEqual(push(gateway, "fine?on_invalid=skip",
                              [event(3), *bad], own).status, 200)
        push(gateway, "bitter", [event(1), event(2, is_="poison")], own)
        push(gateway, "sour", [event(n) for n in range(12)], own)
        push(gateway, "odd_one", [event(1, is_="poison")], own)
        gateway.ask(wire.request("GET", "/" + MARKER), "GET")
        get(gateway, "/status", [("Authorization", "Bearer wrong-" + MARKER)])
        sim.fault(route="token", calls=2, status=400, **BLABBER)
        sim.change(client_secret="another", revoke_tokens=True)
        push(gateway, "fine", [event(2)], own)
        wait_until("the token endpoint refuses",
                   lambda: gateway.log_lines("token_failed") or
                   '"event":"token_failed"' in gateway.stderr)
        sim.change(client_secret=self.secret)
        wait_until("a token again", lambda: len(re.findall(
            "token_fetched", gateway.stderr)) >= 2)
        wait_until("all that shall be is told of", lambda: all(
            word in gateway.stderr for word in (
                "not_found", "forbidden", "strange_answer", "event_suspected",
                "events_refused", "sending_paused", "lane_held")))
        self.assert_tells_no_secret(gateway)
        return gateway

    def assert_tells_no_secret(self, gateway):
        """Whoever may see the numbers or the letters sees no credential."""
        wait_until("the letters", lambda: self.count_letters() == 5)
        shown = [get(gateway, path, BEARER).body.decode()
                 for path in ("/metrics", "/status", "/")]
        for text in shown:
            self.assertNotIn(MARKER, text)
        self.assertIn("no: " + MARKER, self.read_letters())
        for text in (*shown, self.read_letters()):
            self.assertIsNone(TOKEN.search(text))
            for word in (self.secret, OTHER_SECRET, ADMIN_SECRET):
                self.assertNotIn(word, text)

    def read_letters(self):
        text = ""
        for name in os.listdir(self.letters):
            if name.endswith(".ndjson"):
                with open(os.path.join(self.letters, name),
                          encoding="utf-8") as file:
                    text += file.read()
        return text

    def count_letters(self):
        return self.read_letters().count("\n")

    def assert_clean(self, gateway):
        gateway.stop()
        said = gateway.stdout + gateway.stderr
        for word in (self.secret, MARKER, OTHER_SECRET, ADMIN_SECRET):
            self.assertNotIn(word, said)
        self.assertIsNone(TOKEN.search(said))
        for path in (gateway.err, gateway.out):
            with open(path, "rb") as file:
                self.assertIsNone(re.search(rb"[^\n -~]", file.read()),
                                  "a control character in the log")

    def test_every_line_is_a_line_and_every_warning_says_what_to_do(self):
        gateway = self.trouble({"log": {"level": "debug"}})
        self.assert_clean(gateway)
        words = set()
        for line in gateway.stderr.splitlines():
            match = LINE.match(line)
            self.assertIsNotNone(match, line)
            words.add(match.group(2))
            if match.group(1) in ("warn", "error"):
                self.assertIn(" advice=", line)
        self.assertLessEqual({"starting", "listening", "ready", "refused",
                              "sending_paused",
                              "token_failed", "ended"}, words)

    def test_json_is_json(self):
        gateway = self.trouble({"log": {"level": "debug", "format": "json"}})
        self.assert_clean(gateway)
        for line in gateway.stderr.splitlines():
            said = json.loads(line)
            self.assertRegex(said["event"], "^[a-z_]+$")
            if said["level"] in ("warn", "error"):
                self.assertTrue(said["advice"])

    def test_success_is_not_logged_and_repeated_trouble_once(self):
        _, gateway = self.start({"batch": {"linger": "1ms"}})
        with gateway.connect() as connection:
            for number in range(300):
                self.assert_ok(connection.ask(
                    wire.post("t", event(number))))
            for number in range(300):
                self.assertEqual(connection.ask(
                    wire.post("t", b"{]")).status, 400)
        wait_until("told", lambda: gateway.log_lines("refused"))
        self.assertEqual(scrape(gateway).get(
            "events_rejected_total", table="t", reason="not_json"), 300)
        gateway.stop()
        lines = gateway.log_lines("refused")
        counts = [int(re.search(r" count=(\d+) ", line).group(1))
                  for line in lines]
        self.assertEqual(sum(counts), 300, "none is left untold at the end")
        self.assertLessEqual(len(lines), 2 + 300 // 60)
        self.assertIn(" reason=not_json ", lines[0])
        self.assertIn(" table=t ", lines[0])
        self.assertLess(len(gateway.stderr.splitlines()), 30)


if __name__ == "__main__":
    unittest.main(verbosity=2)
