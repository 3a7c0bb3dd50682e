"""What a 200 means, at each level that this build has."""

import json
import unittest

import wire
from flow import FlowTest, event, push
from gateway import error_code


class Acknowledge(FlowTest):
    def test_delivered_is_the_default_and_waits_for_the_upstream(self):
        sim, gateway = self.start({"batch": {"linger": "50ms"}})
        line = event(1)
        reply = push(gateway, "t", [line])
        self.assert_ok(reply)
        self.assertEqual(reply.header("Gateway-Ack"), "delivered")
        self.assert_upstream(sim, "t", [line])

    def test_received_answers_while_the_batch_is_still_open(self):
        sim, gateway = self.start({"batch": {"linger": "1h"}})
        reply = push(gateway, "t", [event(1)], [("Gateway-Ack", "received")])
        self.assert_ok(reply)
        self.assertEqual(reply.header("Gateway-Ack"), "received")
        self.assertEqual(sim.taken(), 0)

    def test_delivered_may_be_asked_of_a_gateway_that_says_received(self):
        sim, gateway = self.start({"acknowledge": "received",
                                   "batch": {"linger": "50ms"}})
        reply = push(gateway, "t", [event(1)], [("Gateway-Ack", "delivered")])
        self.assert_ok(reply)
        self.assertEqual(reply.header("Gateway-Ack"), "delivered")
        self.assertEqual(sim.taken(), 1)

    def test_durable_is_refused_without_a_spool(self):
        sim, gateway = self.start()
        reply = push(gateway, "t", [event(1)], [("Gateway-Ack", "durable")])
        self.assertEqual((reply.status, error_code(reply)),
                         (400, "AckUnavailable"), reply)
        self.assertEqual(sim.taken(), 0)

    def test_a_level_nobody_knows_is_malformed(self):
        _, gateway = self.start()
        reply = push(gateway, "t", [event(1)], [("Gateway-Ack", "perhaps")])
        self.assertEqual(reply.status, 400, reply)

    def test_what_was_not_delivered_in_time_is_withdrawn_and_never_arrives(
            self):
        sim, gateway = self.start({"ack_timeout": "1s",
                                   "batch": {"linger": "50ms"}})
        address = sim.address
        sim.kill()
        reply = push(gateway, "t", [event(1)])
        self.assertEqual((reply.status, error_code(reply)),
                         (503, "NotDeliveredYet"), reply)
        self.assertIsNone(reply.header("Retry-After"),
                          "some clients send again whatever carries it")
        back = self.start_sim(name="back", listen=address)
        line = event(2)
        self.assert_ok(push(gateway, "t", [line],
                            [("Gateway-Ack", "received")]))
        self.await_events(back, 1)
        self.assert_upstream(back, "t", [line])

    def test_a_dry_run_validates_and_keeps_nothing(self):
        sim, gateway = self.start({"batch": {"linger": "50ms"}})
        table = "t?dry_run=true"
        self.assertEqual(push(gateway, table, [event(1)]).status, 200)
        reply = push(gateway, table, [b'{"a":1}'])
        self.assertEqual(reply.status, 400)
        self.assertEqual(json.loads(reply.body)["errors"][0]["reason"],
                         "time_missing")
        self.assert_ok(push(gateway, "t", [event(2)]))
        self.assertEqual(sim.taken(), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
