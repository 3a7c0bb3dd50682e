"""What the upstream does wrong costs time, never an event."""

import unittest

import wire
from flow import FlowTest, SANITIZER, event, push
from metrics_test import scrape
from program import wait_until
from sim import Sim

DURING = 1000
# Both are awaited, the first one by no test: a call that takes longer is given
# up, and its events would arrive twice.
TIMEOUT = "20s" if SANITIZER else "5s"


class Outage(FlowTest):
    def test_nothing_is_lost_while_the_upstream_is_down(self):
        sim, gateway = self.start({"acknowledge": "received",
                                   "batch": {"linger": "20ms"}})
        before = [event(i) for i in range(100)]
        self.assert_ok(push(gateway, "down", before))
        # Also the answers have arrived: else the last call would be repeated.
        wait_until("nothing waits",
                   lambda: scrape(gateway).sum("events_waiting") == 0)
        self.assert_upstream(sim, "down", before)
        sim.kill()

        # Producers go on meanwhile, and are told yes.
        during = [event(i) for i in range(DURING)]
        with gateway.connect() as connection:
            for line in during[:DURING // 2]:
                self.assert_ok(connection.ask(wire.post("down", line)))
            wait_until("it is down", lambda: scrape(gateway).sum(
                "upstream_calls_total", code="unreached") > 0)
            for line in during[DURING // 2:]:
                self.assert_ok(connection.ask(wire.post("down", line)))
        back = self._add(Sim(self.folder, "back", sim.address, **sim.options))
        self.await_events(back, DURING)
        self.assert_upstream(back, "down", during)

    def test_passing_faults_are_sent_again(self):
        for status in (408, 425, 500, 502, 503, 504):
            with self.subTest(status=status):
                self.assert_survives(lambda sim: sim.fault(calls=2, status=status))

    def test_a_429_is_waited_for_as_the_upstream_says(self):
        self.assert_survives(lambda sim: sim.fault(
            status=429, headers={"Retry-After": "1"}))

    def test_a_connection_that_breaks_before_the_call_was_read_is_tried_again(
            self):
        for moment in ("before", "during"):
            with self.subTest(moment=moment):
                self.assert_survives(lambda sim: sim.fault(calls=2,
                                                           reset=moment))

    def test_a_call_that_hangs_is_given_up_and_made_again(self):
        self.assert_survives(lambda sim: sim.fault(delay_ms=3600000,
                                                   take=False),
                             {"upstream": {"timeout": TIMEOUT}})

    def test_a_connection_closed_behind_an_answer_is_not_missed(self):
        self.assert_survives(lambda sim: sim.fault(calls=3, hangup=True))

    def test_a_table_that_is_not_there_keeps_its_events_and_no_other_waits(
            self):
        sim, gateway = self.start({"acknowledge": "received",
                                   "batch": {"linger": "20ms"}},
                                  tables="there")
        self.assert_ok(push(gateway, "absent", [event(0)]))
        wait_until("a 404", lambda: sim.answered(404) > 0)
        lines = [event(i) for i in range(10)]
        self.assert_ok(push(gateway, "there", lines,
                            [("Gateway-Ack", "delivered")]))
        self.assert_upstream(sim, "there", lines)
        wait_until("it is told of", lambda: "absent" in gateway.stderr)
        # Nobody is told 200 for what may never go anywhere.
        for query in ("", "?dry_run=true"):
            reply = push(gateway, "absent" + query, [event(1)])
            self.assertEqual(reply.status, 404)
            self.assertIn(b'"code":"ObjectNotFound"', reply.body)
            self.assertEqual(reply.all("Retry-After"), [])

    def assert_survives(self, order, over=None):
        sim, gateway = self.start({"batch": {"linger": "20ms"},
                                   **(over or {})})
        self.assert_ok(push(gateway, "first", [event(0)]))
        order(sim)
        lines = [event(i) for i in range(30)]
        self.assert_ok(push(gateway, "hit", lines))
        self.assert_upstream(sim, "hit", lines)
        self.end_of([gateway, sim])


if __name__ == "__main__":
    unittest.main(verbosity=2)
