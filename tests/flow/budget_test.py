"""The organization's limit is never met, however much comes in."""

import time
import unittest

import wire
from flow import FlowTest, SANITIZER, event, push
from program import PATIENCE_S, wait_until

LIMIT = 600
# A calendar minute can only be overrun by more calls than it allows, so the
# shipped build runs through more than one; the others show that it holds
# together.
CALLS = 40 if SANITIZER else LIMIT + 60
# The gateway paces what it sends, and the sim counts what arrives: calls that
# were held up, up to three seconds of them, stand in a minute with later ones.
LATE = 30


class Budget(FlowTest):
    def test_a_limit_of_600_calls_a_minute_is_used_and_never_exceeded(self):
        sim, gateway = self.start(
            {"budget": {"calls_per_minute": LIMIT},
             "batch": {"max_events": 1, "burst_events": 1},
             "acknowledge": "received"},
            calls_per_minute=LIMIT + LATE)
        begun = time.monotonic()
        lines = [event(i) for i in range(CALLS)]
        self.assert_ok(push(gateway, "paced", lines))
        wait_until("all calls made", lambda: sim.taken() == CALLS,
                   PATIENCE_S + CALLS)
        # Whatever was late, no earlier than this.
        self.assertGreaterEqual(time.monotonic() - begun,
                                CALLS // LIMIT * 60)
        self.assertEqual(sim.answered(429), 0)
        self.assertLessEqual(sim.stats()["max_calls_in_60s"], LIMIT + LATE)
        self.assertEqual(sim.calls(), CALLS)
        self.assert_upstream(sim, "paced", lines)

    def test_replies_tell_what_is_left_of_the_minute(self):
        _, gateway = self.start({"budget": {"calls_per_minute": LIMIT}})
        for body in (b"", b"not json"):
            reply = gateway.ask(wire.post("told", body))
            limit, left, reset = (int(reply.header("RateLimit-" + name))
                                  for name in ("Limit", "Remaining", "Reset"))
            self.assertEqual(limit, LIMIT)
            self.assertTrue(0 <= left <= limit, reply)
            self.assertTrue(1 <= reset <= 60, reply)
            self.assertEqual(reply.header("X-RateLimit-Limit-Minute"),
                             str(limit))
            self.assertEqual(reply.header("X-RateLimit-Remaining-Minute"),
                             str(left))


if __name__ == "__main__":
    unittest.main(verbosity=2)
