"""A clock that cannot be right: of this host, or against the upstream's."""

import json
import os
import unittest

import wire
from flow import FlowTest, event, push
from gateway import Gateway, error_code
from program import wait_until

PAST = os.environ.get("PAST", "")
YEAR_S = 365 * 86400


class Clock(FlowTest):
    def page(self, gateway, path):
        """What the admin listener says to one who names it."""
        reply = wire.ask(gateway.admin, (
            f"GET {path} HTTP/1.1\r\nHost: {gateway.admin[0]}:"
            f"{gateway.admin[1]}\r\n\r\n").encode(), "GET")
        self.assertEqual(reply.status, 200, reply)
        return reply.body.decode()

    def status(self, gateway):
        return json.loads(self.page(gateway, "/status"))

    def in_doubt(self, gateway):
        return self.status(gateway)["clock"]["in_doubt"]

    def test_an_upstream_of_another_time_is_told_of(self):
        sim, gateway = self.start({"batch": {"linger": "20ms"}})
        self.assert_ok(push(gateway, "t", [event(0)]))
        clock = self.status(gateway)["clock"]
        self.assertFalse(clock["in_doubt"], clock)
        sim.change(clock_ahead_ms=600000)
        self.assert_ok(push(gateway, "t", [event(1)]))
        wait_until("it is told of", lambda: self.in_doubt(gateway))
        status = self.status(gateway)
        self.assertAlmostEqual(status["clock"]["skew_ms"], -600000,
                               delta=30000)
        self.assertIn("behind the upstream", json.dumps(status))
        self.assertRegex(self.page(gateway, "/metrics"),
                         r"clock_skew_seconds -(5[789]|6[0-2])\d\.")
        sim.change(clock_ahead_ms=0)
        self.assert_ok(push(gateway, "t", [event(2)]))
        wait_until("it is well again", lambda: not self.in_doubt(gateway))

    @unittest.skipIf(not PAST, "a sanitizer's library must be the first")
    def test_before_the_day_it_was_made_it_is_not_ready(self):
        sim = self.start_sim()
        gateway = self._add(Gateway(
            self.folder, self.config(sim),
            env={"LD_PRELOAD": PAST, "PAST_SECONDS": str(20 * YEAR_S)}))
        wait_until("it says so", lambda: "why=clock" in "".join(
            gateway.log_lines("not_ready")))
        reply = gateway.probe("/readyz")
        self.assertEqual(reply.status, 503)
        self.assertIn(b"clock", reply.body)
        # What comes all the same is judged by that clock, and refused.
        reply = push(gateway, "t", [event(0)])
        self.assertEqual((reply.status, error_code(reply)),
                         (400, "InvalidEvents"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
