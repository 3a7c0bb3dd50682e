"""upstream.compression: gzip, through the whole program."""

import unittest

from flow import FlowTest, event, push


class Compression(FlowTest):
    def test_events_arrive_as_they_were_in_fewer_bytes(self):
        sim, gateway = self.start({"upstream": {"compression": "gzip"},
                                   "batch": {"linger": "20ms"}})
        sent = [event(i) for i in range(600)]
        for i in range(0, 600, 60):
            self.assert_ok(push(gateway, "t", sent[i:i + 60]))
        self.assert_upstream(sim, "t", sent)
        stats = sim.stats()
        self.assertEqual(stats["gzip_calls"], stats["calls"])
        self.assertLess(stats["wire_bytes"], stats["bytes"] / 3)

    def test_what_was_refused_is_packed_again(self):
        sim, gateway = self.start({"upstream": {"compression": "gzip"},
                                   "batch": {"linger": "20ms"}})
        sim.fault(status=503, calls=3)
        sent = [event(i) for i in range(60)]
        self.assert_ok(push(gateway, "t", sent))
        self.assert_upstream(sim, "t", sent)
        self.assertEqual(sim.stats()["gzip_calls"], sim.calls())
        self.assertGreater(sim.calls(), 3)


if __name__ == "__main__":
    unittest.main(verbosity=2)
