"""Many small requests become few calls, and nothing is lost on the way."""

import unittest

import wire
from flow import FlowTest, event, in_threads, push

BATCH = 60
CALLS = 16

TABLES = 50
EVENTS = 20000


class Batching(FlowTest):
    def test_sixty_producers_of_one_event_need_one_call(self):
        sim, gateway = self.start({"batch": {"linger": "1h"}})
        lines = [event(i) for i in range(BATCH * CALLS)]
        producers = [gateway.connect() for _ in lines]
        for producer, line in zip(producers, lines):
            producer.send(wire.post("busy", line))
        for producer in producers:
            self.assert_ok(producer.reply())
            producer.close()
        self.assert_upstream(sim, "busy", lines)
        self.assertEqual(sim.calls(), CALLS)

    def test_twenty_thousand_events_of_fifty_tables_each_arrive_once(self):
        sim, gateway = self.start()
        sent = {f"table-{t}": [] for t in range(TABLES)}
        # Uneven on purpose: requests that share a batch, and that split one.
        sizes = [1, 7, 59, 60, 61, 12, 150, 50]
        self.assertEqual(sum(sizes) * TABLES, EVENTS)

        def produce(number):
            table = f"table-{number}"
            with gateway.connect() as connection:
                for size in sizes:
                    first = len(sent[table])
                    lines = [event(first + i, table=table)
                             for i in range(size)]
                    body = b"\n".join(lines)
                    reply = connection.ask(wire.post(table, body))
                    self.assert_ok(reply)
                    sent[table] += lines
        in_threads(TABLES, produce)
        for table, lines in sent.items():
            self.assert_upstream(sim, table, lines)
        self.assertEqual(sim.taken(), EVENTS)

    def test_a_batch_holds_events_of_all_its_producers(self):
        sim, gateway = self.start({"batch": {"linger": "1h",
                                             "max_events": 3}})
        lines = [event(i) for i in range(3)]
        producers = [gateway.connect() for _ in lines]
        for producer, line in zip(producers, lines):
            producer.send(wire.post("shared", line))
        for producer in producers:
            self.assert_ok(producer.reply())
            producer.close()
        self.assert_upstream(sim, "shared", lines)
        self.assertEqual(sim.calls(), 1)

    def test_a_batch_that_does_not_fill_leaves_when_it_is_old(self):
        sim, gateway = self.start({"batch": {"linger": "50ms"}})
        line = event(1)
        self.assert_ok(push(gateway, "quiet", [line]))
        self.assert_upstream(sim, "quiet", [line])

    def test_a_request_above_a_batch_in_bytes_is_split(self):
        sim, gateway = self.start({"batch": {"linger": "50ms"}})
        lines = [event(i, filling="x" * 340000) for i in range(3)]
        self.assert_ok(push(gateway, "large", lines))
        self.assert_upstream(sim, "large", lines)
        self.assertEqual(sim.calls(), 2)

    def test_a_table_goes_upstream_under_its_configured_id(self):
        sim, gateway = self.start({"tables": {"wikipedia": {"id": "f972c0f5"}},
                                   "batch": {"linger": "50ms"}})
        line = event(1)
        self.assert_ok(push(gateway, "wikipedia", [line]))
        self.assert_upstream(sim, "f972c0f5", [line])
        self.assert_upstream(sim, "wikipedia", [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
