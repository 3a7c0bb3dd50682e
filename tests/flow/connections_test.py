"""Many connections, slow ones, and one too many."""

import select
import unittest

import wire
from flow import FlowTest, event, push
from gateway import error_code
from program import wait_until

ROUNDS = 3


class Connections(FlowTest):
    def all_at_once(self, count, level):
        """Each connection sends before any is read; thrice, kept alive."""
        sim, gateway = self.start({"batch": {"linger": "20ms"}})
        connections = [gateway.connect() for _ in range(count)]
        sent = []
        for number in range(ROUNDS):
            lines = [event(i, round=number) for i in range(count)]
            for connection, line in zip(connections, lines):
                connection.send(wire.post("many", line,
                                          [("Gateway-Ack", level)]))
            for connection in connections:
                reply = connection.reply()
                self.assert_ok(reply)
                self.assertNotEqual(reply.header("Connection"), "close")
            sent += lines
        for connection in connections:
            connection.close()
        self.await_events(sim, len(sent))
        self.assert_upstream(sim, "many", sent)

    def test_128_connections_at_once_are_served(self):
        self.all_at_once(128, "received")

    def test_256_connections_at_once_are_served(self):
        self.all_at_once(256, "received")

    def test_1000_connections_at_once_are_served(self):
        self.all_at_once(1000, "received")

    def test_128_connections_that_wait_for_delivery_are_served(self):
        self.all_at_once(128, "delivered")

    def test_256_connections_that_wait_for_delivery_are_served(self):
        self.all_at_once(256, "delivered")

    def test_1000_connections_that_wait_for_delivery_are_served(self):
        self.all_at_once(1000, "delivered")

    def test_one_connection_too_many_is_told_so(self):
        _, gateway = self.start({"listen": {"max_connections": 20}})
        kept, refused = [], 0
        for _ in range(40):
            connection = gateway.connect()
            try:
                reply = connection.ask(wire.post("full", b""))
            except (wire.Closed, OSError) as error:
                self.fail(f"no answer but {error!r}")
            if reply.status == 200:
                kept.append(connection)
                continue
            self.assertEqual(reply.status, 503, reply)
            self.assertTrue(1 <= int(reply.header("Retry-After")) <= 60)
            self.assertTrue(connection.is_closed())
            connection.close()
            refused += 1
        self.assertLessEqual(len(kept), 20)
        self.assertGreaterEqual(len(kept), 1)
        self.assertGreaterEqual(refused, 20)

        # Room again when they have gone.
        for connection in kept:
            connection.close()
        wait_until("room", lambda: gateway.ask(
            wire.post("full", b"")).status == 200)

    def assert_dripping_ends(self, gateway, begin, drip):
        """Sends `begin`, then a byte at a time, until the gateway has had
        enough: a bare close, or 408 and a close."""
        with gateway.connect() as connection:
            connection.send(begin)

            def gone():
                try:
                    connection.send(drip)
                except OSError:
                    return True
                return select.select([connection.socket], [], [], 0.1)[0]
            wait_until("the gateway has had enough", gone)
            try:
                self.assertEqual(connection.reply().status, 408)
                self.assertTrue(connection.is_closed())
            except (wire.Closed, OSError):
                pass

    def test_a_head_that_drips_is_ended(self):
        _, gateway = self.start({"listen": {"header_timeout": "1s"}})
        self.assert_dripping_ends(
            gateway, b"POST /v1/events/t HTTP/1.1\r\nHost: g\r\nX: ", b"a")
        self.assert_ok(push(gateway, "t", [event(1)]))

    def test_a_body_that_drips_is_ended(self):
        _, gateway = self.start({"listen": {"body_timeout": "1s"}})
        self.assert_dripping_ends(
            gateway, b"POST /v1/events/t HTTP/1.1\r\nHost: g\r\n"
            b"Content-Length: 100000\r\n\r\n", b" ")
        self.assert_ok(push(gateway, "t", [event(1)]))

    def test_a_body_under_the_least_rate_is_ended_before_its_time(self):
        _, gateway = self.start({"listen": {"body_timeout": "1h",
                                            "min_body_rate": "1KiB"}})
        self.assert_dripping_ends(
            gateway, b"POST /v1/events/t HTTP/1.1\r\nHost: g\r\n"
            b"Content-Length: 100000\r\n\r\n", b" ")
        self.assert_ok(push(gateway, "t", [event(1)]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
