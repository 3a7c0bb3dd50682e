"""What comes while the backlog of an outage drains from disk."""

import unittest

from flow import FlowTest, event, push
from program import wait_until

BATCH = 60
BACKLOG = 100 * BATCH
EVERY = 5 * BATCH   # of the backlog between two fresh ones
SOON = 20 * BATCH   # of it may still arrive before a fresh one


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
        for number in range(0, BACKLOG, BATCH):
            lines = [event(number + i, filling="x" * 900)
                     for i in range(BATCH)]
            self.assert_ok(push(gateway, "t", lines))
            sent += lines
        sim.order("/sim/reset", {})

        fresh = {}  # by line, what had arrived when it was acknowledged
        taken = 0
        while taken < BACKLOG - EVERY - 2 * SOON:
            wait_until("it drains", lambda t=taken: sim.taken() >= t + EVERY)
            sent.append(event(len(sent), fresh=True))
            self.assert_ok(push(gateway, "t", sent[-1:]))
            taken = fresh[sent[-1]] = sim.taken()
        wait_until("all", lambda: sim.taken() >= len(sent))
        self.assert_upstream(sim, "t", sent)
        arrived = sim.events("t")
        behind = [arrived.index(line) - taken for line, taken in fresh.items()]
        self.assertGreaterEqual(len(behind), 3, "it drained too fast")
        # Most of them: for a second in which no call goes out, because this
        # machine stands still, the gateway takes the table to be held.
        soon = sum(events <= SOON for events in behind)
        self.assertGreater(soon, len(behind) / 2, behind)


if __name__ == "__main__":
    unittest.main(verbosity=2)
