"""What the log says: enough to act on, never twice, and no secret."""

import json
import re
import unittest

import wire
from flow import MARKER, FlowTest, event, push
from metrics_test import get, scrape
from program import wait_until

LINE = re.compile(r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z '
                  r'(debug|info|warn|error) ([a-z_]+)'
                  r'( [a-z_]+=("([^"\\]|\\.)*"|[^ "=]+))*$')
OTHER_SECRET = "a-producers-own-credential-51c0"


class Logs(FlowTest):
    def trouble(self, over):
        """A run in which everything happens that is worth a line."""
        token = self.file("token", "an-admin-token-9d1e\n")
        sim, gateway = self.start({
            "acknowledge": "received", "shutdown_timeout": "2s",
            "batch": {"linger": "10ms"}, "admin": {"token_file": token},
            **over}, token_ttl=2)
        own = [("Authorization", "Bearer " + OTHER_SECRET),
               ("X-Producer", "web")]
        sim.fault(calls=100000, table="gone", status=404,
                  body="no such table " + MARKER)
        sim.fault(calls=100000, table="odd", status=301,
                  headers={"Location": "http://elsewhere/" + MARKER})
        sim.fault(calls=3, table="busy", status=503)
        sim.fault(calls=1, table="hasty", status=429,
                  headers={"Retry-After": "1"})
        sim.fault(calls=2, table="cut", reset="before")
        for table in ("fine", "gone", "odd", "busy", "hasty", "cut"):
            self.assertEqual(
                push(gateway, table, [event(1, of=table)], own).status, 200)
        for body in (b"{]", b"[" + MARKER.encode() + b"]", b'{"x":"\xff"}',
                     b'{"__time":"' + MARKER.encode() + b'"}'):
            self.assertEqual(push(gateway, "fine", [body], own).status, 400)
        gateway.ask(wire.request("GET", "/" + MARKER), "GET")
        get(gateway, "/status", [("Authorization", "Bearer wrong-" + MARKER)])
        sim.change(client_secret="another", revoke_tokens=True)
        push(gateway, "fine", [event(2)], own)
        wait_until("the token endpoint refuses",
                   lambda: gateway.log_lines("token_failed") or
                   '"event":"token_failed"' in gateway.stderr)
        sim.change(client_secret=self.secret)
        wait_until("a token again", lambda: len(re.findall(
            "token_fetched", gateway.stderr)) >= 2)
        return gateway

    def assert_clean(self, gateway):
        gateway.stop()
        said = gateway.stdout + gateway.stderr
        for word in (self.secret, MARKER, OTHER_SECRET, "an-admin-token-9d1e"):
            self.assertNotIn(word, said)
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
