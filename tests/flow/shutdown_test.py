"""SIGTERM: answer what is under way, send what waits, and end with 0."""

import os
import signal
import threading
import unittest
import unittest.mock

import wire
from flow import FlowTest, event, in_threads, push
from gateway import error_code
from program import PATIENCE_S, until, wait_until

PRODUCERS = 16


class Shutdown(FlowTest):
    def test_every_200_at_delivered_stands_upstream_once_after_sigterm(self):
        sim, gateway = self.start({"batch": {"linger": "20ms"}})
        yes, no = [set() for _ in range(PRODUCERS)], set()
        answered = threading.Semaphore(0)

        def produce(number):
            with gateway.connect() as connection:
                for count in range(1000000):
                    line = event(count, producer=number)
                    try:
                        reply = connection.ask(wire.post("ending", line))
                    except (wire.Closed, OSError):
                        return
                    if reply.status != 200:
                        self.assertEqual(reply.status, 503, reply)
                        if error_code(reply) != "NotDeliveredYet":
                            no.add(line)
                        return
                    yes[number].add(line)
                    answered.release()

        def end(number):
            if number < PRODUCERS:
                return produce(number)
            for _ in range(500):
                self.assertTrue(answered.acquire(timeout=PATIENCE_S))
            gateway.send(signal.SIGTERM)
        in_threads(PRODUCERS + 1, end)
        self.assertEqual(gateway.ended(), 0)

        got = sim.events("ending")
        self.assertEqual(len(got), len(set(got)), "an event arrived twice")
        self.assertGreaterEqual(sum(map(len, yes)), 500)
        self.assertEqual(set().union(*yes) - set(got), set())
        self.assertEqual(no & set(got), set(), "refused and yet delivered")

    def test_what_lingers_is_sent_before_the_end(self):
        for sign in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(sign=sign):
                sim, gateway = self.start({"batch": {"linger": "60s"},
                                           "acknowledge": "received"})
                lines = [event(i) for i in range(50)]
                for line in lines:
                    self.assert_ok(push(gateway, "lingers", [line]))
                gateway.send(sign)
                self.assertEqual(gateway.ended(), 0)
                self.assert_upstream(sim, "lingers", lines)
                self.end_of([gateway, sim])

    # Ending at once leaves threads where they are: here that is no leak.
    @unittest.mock.patch.dict(os.environ,
                              TSAN_OPTIONS="report_thread_leaks=0")
    def test_it_is_not_ready_at_once_and_serves_for_the_delay(self):
        sim, gateway = self.start({"shutdown_delay": "1h",
                                   "shutdown_timeout": "2h",
                                   "batch": {"linger": "20ms"}})
        self.assertEqual(gateway.probe("/livez").status, 200)
        connection = gateway.connect()
        self.assert_ok(connection.ask(wire.post("delayed", event(0))))
        gateway.send(signal.SIGTERM)
        wait_until("not ready", lambda: gateway.probe("/readyz").status == 503)
        self.assert_ok(connection.ask(wire.post("delayed", event(1))))
        connection.close()
        self.assertEqual(len(sim.events("delayed")), 2)
        gateway.send(signal.SIGTERM)
        gateway.ended()

    def test_after_the_delay_it_refuses_and_says_so_or_is_gone(self):
        sim, gateway = self.start({"shutdown_delay": "1s",
                                   "batch": {"linger": "20ms"}})
        connection = gateway.connect()
        gateway.send(signal.SIGTERM)
        reply, sent = None, []
        try:
            for _ in until("no 200", lambda: reply and reply.status != 200):
                line = event(len(sent))
                reply = connection.ask(wire.post("delayed", line))
                if reply.status == 200:
                    sent.append(line)
            self.assertEqual((reply.status, error_code(reply)),
                             (503, "Draining"))
            self.assertTrue(1 <= int(reply.header("Retry-After")) <= 60)
        except (wire.Closed, OSError):
            pass
        connection.close()
        self.assertEqual(gateway.ended(), 0)
        self.assert_upstream(sim, "delayed", sent)

    def test_what_cannot_be_sent_in_time_is_counted_and_told(self):
        sim, gateway = self.start({"acknowledge": "received",
                                   "shutdown_timeout": "1s",
                                   "batch": {"linger": "20ms"}})
        sim.kill()
        for number in range(7):
            self.assert_ok(push(gateway, "stays", [event(number)]))
        gateway.send(signal.SIGTERM)
        self.assertEqual(gateway.ended(), 0)
        self.assertRegex(gateway.stderr, r"events(_\w+)?=7\b")

    # Ending at once leaves threads where they are: here that is no leak.
    @unittest.mock.patch.dict(os.environ,
                              TSAN_OPTIONS="report_thread_leaks=0")
    def test_a_second_signal_ends_it_at_once(self):
        sim, gateway = self.start({"acknowledge": "received",
                                   "shutdown_timeout": "1h",
                                   "batch": {"linger": "20ms"}})
        sim.kill()
        self.assert_ok(push(gateway, "stays", [event(0)]))
        gateway.send(signal.SIGTERM)
        wait_until("not ready", lambda: (reply := gateway.probe("/readyz"))
                   is None or reply.status == 503)
        self.assertTrue(gateway.running())
        gateway.send(signal.SIGTERM)
        gateway.ended()


if __name__ == "__main__":
    unittest.main(verbosity=2)
