"""What comes while the backlog of an outage drains from disk."""

import time
import unittest

from flow import FlowTest, event, push
from program import wait_until

BACKLOG = 6000
SOON_S = 4  # of calls that come five a second, on a loaded machine


class Backlog(FlowTest):
    def test_fresh_events_do_not_wait_for_it(self):
        sim, gateway = self.start({
            "acknowledge": "durable",
            "spool": {"directory": self.folder + "/spool",
                      "memory_bytes": "1MiB", "max_bytes": "1GiB"},
            "listen": {"max_body": "128KiB"},
            "budget": {"calls_per_minute": 300},
            "batch": {"burst_events": 60, "burst_linger": "500ms"},
        })
        self.known.add("spool")
        sim.fault(calls=100000, status=503)
        sent = []
        for number in range(0, BACKLOG, 60):
            lines = [event(number + i, filling="x" * 900) for i in range(60)]
            self.assert_ok(push(gateway, "t", lines))
            sent += lines
        sim.order("/sim/reset", {})
        wait_until("it drains", lambda: sim.taken() > 300)

        delays = []
        for number in range(8):
            sent.append(event(BACKLOG + number, fresh=True))
            start = time.monotonic()
            self.assert_ok(push(gateway, "t", sent[-1:]))
            wait_until("a fresh one", lambda: self.is_there(sim, sent[-1]))
            delays.append(time.monotonic() - start)
            if sim.taken() > len(sent) - 600:
                break
        self.assertGreater(len(delays), 2, "it drained too fast")
        self.assertLess(max(delays[1:]), SOON_S, delays)
        wait_until("all", lambda: sim.taken() >= len(sent))
        self.assert_upstream(sim, "t", sent)

    def is_there(self, sim, line):
        return line in sim.events("t")


if __name__ == "__main__":
    unittest.main(verbosity=2)
