"""Every status that a request can get, to the byte."""

import gzip
import json
import unittest

import wire
from flow import FlowTest, MARKER, event, now, push
from gateway import error_code
from program import wait_until

MIB = 1 << 20


def bare(line, *headers):
    """A request in which every byte of the head is the caller's."""
    return "\r\n".join([line, *headers]).encode("latin-1") + b"\r\n\r\n"


def bad_events():
    """Reason word, and an event that has it."""
    time = now().encode()
    yield "not_json", b'{"__time":"%s",}' % time
    yield "not_json", b"{'__time':'%s'}" % time
    yield "not_json", b'{"__time":"%s"} {}' % time
    yield "bad_utf8", b'{"__time":"%s","a":"\xff"}' % time
    yield "not_object", b"[1]"
    yield "not_object", b"17"
    yield "too_deep", b'{"__time":"%s","a":%s%s}' % (time, b"[" * 64, b"]" * 64)
    yield "number_too_long", b'{"__time":"%s","a":%s}' % (time, b"1" * 1001)
    yield "time_missing", b'{"a":1}'
    yield "time_missing", b'{"a":{"__time":"%s"}}' % time
    yield "time_duplicate", b'{"__time":"%s","__time":"%s"}' % (time, time)
    yield "time_duplicate", b'{"__time":"%s","\\u005f_time":"%s"}' % (time,
                                                                     time)
    yield "time_not_string", b'{"__time":1}'
    yield "time_format", b'{"__time":"yesterday"}'
    yield "time_format", b'{"__time":"1900-02-29"}'
    yield "time_too_old", b'{"__time":"%s"}' % now(days=-8).encode()
    yield "time_too_new", b'{"__time":"%s"}' % now(days=2001).encode()
    yield "too_large", b'{"__time":"%s","a":"%s"}' % (time, b"x" * 1000000)


ROUTE = "/v1/events/t"
HOST = "Host: g"
ZERO = "Content-Length: 0"
FIVE = "Content-Length: 5"


class Refusals(FlowTest):
    """One pair for all the tests of a method."""

    def setUp(self):
        super().setUp()
        self.sim, self.gateway = self.start({"batch": {"linger": "20ms"}})

    def tearDown(self):
        # Whatever was refused, the gateway is well and kept nothing of it.
        line = event(1)
        self.assert_ok(push(self.gateway, "after", [line]))
        self.assertEqual(self.sim.taken(), len(self.sim.events("after")))
        self.assertEqual(self.sim.events("after")[-1], line)

    def assert_refused(self, reply, status, code=None):
        self.assertEqual(reply.status, status, reply)
        self.assertEqual(reply.header("Content-Type"), "application/json")
        body = json.loads(reply.body)
        self.assertTrue(body["code"] and body["message"], body)
        if code:
            self.assertEqual(body["code"], code, reply)
        may_wait = status in (429, 503)
        self.assertEqual(reply.header("Retry-After") is not None, may_wait,
                         reply)
        self.assertEqual(reply.header("Gateway-Ack"), None)
        return body

    def assert_rates(self, reply):
        for name in ("RateLimit-Limit", "RateLimit-Remaining",
                     "RateLimit-Reset", "X-RateLimit-Limit-Minute",
                     "X-RateLimit-Remaining-Minute"):
            self.assertRegex(reply.header(name) or "", r"^\d+$", name)

    def test_200_has_an_empty_body_and_says_its_level(self):
        reply = push(self.gateway, "after", [event(0)])
        self.assert_ok(reply)
        self.assertEqual(reply.header("Gateway-Ack"), "delivered")
        self.assert_rates(reply)

    def test_200_for_nothing_at_all(self):
        for body in (b"", b"\n", b"\r\n\r\n\n"):
            self.assert_ok(self.gateway.ask(wire.post("t", body)))

    def test_200_on_both_paths_whatever_the_host_and_type(self):
        for path in ("/v1/events/", "/v1/projects/flow/events/"):
            for more in ([], [("Content-Type", "text/plain")],
                         [("Content-Type", "application/json;charset=UTF-8")]):
                self.assert_ok(self.gateway.ask(wire.post(
                    "after", event(0, path=path, more=more), more, path)))

    def test_400_names_line_offset_and_reason_of_each_bad_event(self):
        for reason, line in bad_events():
            with self.subTest(reason=reason, line=line[:60]):
                body = b"\r\n".join([event(0), b"", line, event(1)])
                reply = self.gateway.ask(wire.post("t", body))
                told = self.assert_refused(reply, 400, "InvalidEvents")
                self.assert_rates(reply)
                self.assertEqual(len(told["errors"]), 1, told)
                error = told["errors"][0]
                self.assertEqual((error["line"], error["reason"]),
                                 (3, reason), error)
                self.assertTrue(0 <= error["offset"] <= len(line), error)
                self.assertTrue(error["message"], error)

    def test_400_tells_at_most_twenty_errors(self):
        reply = push(self.gateway, "t", [b"bad"] * 50)
        errors = self.assert_refused(reply, 400)["errors"]
        self.assertEqual([e["line"] for e in errors], list(range(1, 21)))

    def test_400_offsets_point_at_the_fault(self):
        for line, offset in ((b'{"a":1}', 0), (b'{"__time":17}', 10),
                             (b'  {"__time":"no"}', 12), (b'{"a":tru}', None)):
            with self.subTest(line=line):
                reply = push(self.gateway, "t", [line])
                error = self.assert_refused(reply, 400)["errors"][0]
                if offset is not None:
                    self.assertEqual(error["offset"], offset, error)

    def test_400_for_a_head_that_could_smuggle(self):
        both = ["Content-Length: 5", "Transfer-Encoding: chunked"]
        heads = (
            [HOST, *both],
            [HOST, "Content-Length: 5", "Content-Length: 5"],
            [HOST, "Content-Length: 5", "Content-Length: 6"],
            [HOST, "Content-Length: +5"],
            [HOST, "Content-Length: 5, 5"],
            [HOST, "Transfer-Encoding: gzip, chunked"],
            [HOST, "Transfer-Encoding: xchunked"],
            [HOST, "Transfer-Encoding: identity"],
            [HOST, HOST, ZERO],
            [ZERO],
            [HOST, ZERO, "Bad Name: 1"],
            [HOST, FIVE, "Transfer-Encoding : chunked"],
            [HOST, ZERO, "Authorization: Bearer a", "Authorization: Bearer b"],
            [HOST, ZERO, "Content-Type: a/b", "Content-Type: c/d"],
            [HOST, ZERO, "Content-Encoding: gzip", "Content-Encoding: gzip"],
        )
        for head in heads:
            with self.subTest(head=head), self.gateway.connect() as connection:
                connection.send(bare(f"POST {ROUTE} HTTP/1.1", *head))
                self.assertEqual(connection.reply().status, 400)
                self.drained(connection)

    def drained(self, connection):
        """Closed, with at most the library's second head before that."""
        connection.read = b""
        while data := connection.socket.recv(65536):
            self.assertNotIn(b"HTTP/1.1 200", data)

    def test_400_for_an_unknown_value_of_a_parameter(self):
        for query in ("dry_run=perhaps", "on_invalid=maybe"):
            reply = self.gateway.ask(wire.post("t?" + query, b""))
            self.assert_refused(reply, 400, "BadParameter")

    def test_400_for_gzip_that_is_none(self):
        for body in (b"plain", gzip.compress(event(0))[:-9]):
            reply = self.gateway.ask(wire.post(
                "t", body, [("Content-Encoding", "gzip")]))
            self.assert_refused(reply, 400, "InvalidEncoding")

    def test_404_for_what_is_no_route_and_for_names_that_are_none(self):
        for path in ("/", "/v1", "/v1/events", "/v1/events/", "/v2/events/t",
                     "/v1/events/t/u", "/v1/events/.", "/v1/events/..",
                     "/v1/events/%2e%2e", "/v1/events/a%2Fb",
                     "/v1/events/a%00b", "/v1/events/" + "x" * 65,
                     "/v1/projects//events/t", "/metrics", "/readyz"):
            with self.subTest(path=path):
                reply = self.gateway.ask(wire.request(
                    "POST", path, [("Content-Length", 0)]))
                body = self.assert_refused(reply, 404, "NoRoute")
                self.assertEqual(body["message"],
                                 "no Route matched with those values")

    def test_a_name_may_be_percent_encoded(self):
        self.assert_ok(push(self.gateway, "%61fter", [event(0)]))

    def test_404_for_a_table_nobody_configured_when_that_is_asked_for(self):
        gateway = self.start_gateway(
            self.sim, {"unknown_tables": "reject",
                       "tables": {"known": {"id": "after"}}}, name="second")
        self.assert_refused(push(gateway, "unknown", [event(0)]), 404,
                            "ObjectNotFound")
        self.assert_ok(push(gateway, "known", [event(0)]))

    def test_405_names_the_one_method(self):
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"):
            with self.subTest(method=method):
                reply = self.gateway.ask(
                    wire.request(method, ROUTE, [("Content-Length", 0)]),
                    method)
                self.assertEqual(reply.status, 405, reply)
                self.assertEqual(reply.header("Allow"), "POST")
                if method != "HEAD":
                    self.assert_refused(reply, 405, "MethodNotAllowed")

    def test_411_for_a_post_that_does_not_say_its_length(self):
        reply = self.gateway.ask(bare(f"POST {ROUTE} HTTP/1.1", HOST))
        self.assert_refused(reply, 411, "LengthRequired")

    def test_413_by_the_declared_length_before_any_body(self):
        with self.gateway.connect() as connection:
            reply = connection.ask(bare(
                f"POST {ROUTE} HTTP/1.1", HOST,
                f"Content-Length: {MIB + 1}", "Expect: 100-continue"))
            body = self.assert_refused(reply, 413, "PayloadTooLarge")
            self.assertEqual(body["message"], "Request size limit exceeded")
            self.assertTrue(connection.is_closed())

    def test_413_by_what_came_in_chunks(self):
        piece = b" " * 65536
        with self.gateway.connect() as connection:
            try:
                connection.send(wire.chunked("t", [piece] * 17))
            except OSError:
                pass  # it need not read on
            try:
                self.assert_refused(connection.reply(), 413,
                                    "PayloadTooLarge")
            except (wire.Closed, OSError):
                self.fail("closed without an answer")

    def test_413_by_what_gzip_holds(self):
        body = gzip.compress(b" " * (MIB + 1))
        reply = self.gateway.ask(wire.post(
            "t", body, [("Content-Encoding", "gzip")]))
        self.assert_refused(reply, 413, "PayloadTooLarge")

    def test_one_mebibyte_to_the_byte_is_taken(self):
        for name in ("chunked", "length", "gzip"):
            with self.subTest(name=name):
                lines = [event(i) for i in range(100)]
                body = b"\n".join(lines)
                body += b"\n" * (MIB - len(body))
                request = {
                    "chunked": lambda: wire.chunked(
                        "after", [body[i:i + 50000]
                                  for i in range(0, MIB, 50000)]),
                    "length": lambda: wire.post("after", body),
                    "gzip": lambda: wire.post(
                        "after", gzip.compress(body),
                        [("Content-Encoding", "gzip")]),
                }[name]()
                self.assert_ok(self.gateway.ask(request))

    def test_415_for_an_encoding_that_is_not_ours(self):
        for encoding in ("br", "deflate", "zstd", "gzip, gzip"):
            with self.subTest(encoding=encoding):
                reply = self.gateway.ask(wire.post(
                    "t", b"x", [("Content-Encoding", encoding)]))
                self.assert_refused(reply, 415, "UnsupportedEncoding")

    def test_431_for_a_head_that_does_not_end(self):
        with self.gateway.connect() as connection:
            try:
                connection.send(bare(f"POST {ROUTE} HTTP/1.1", HOST, ZERO,
                                     *[f"X-{i}: {'y' * 1000}"
                                       for i in range(100)]))
            except OSError:
                pass
            self.assertEqual(connection.reply().status, 431)

    def test_expect_is_answered_before_the_body(self):
        line = event(0)
        with self.gateway.connect() as connection:
            connection.send(bare(f"POST /v1/events/after HTTP/1.1", HOST,
                                 f"Content-Length: {len(line)}",
                                 "Expect: 100-continue"))
            self.assertEqual(connection.reply().status, 100)
            self.assert_ok(connection.ask(line))
        reply = self.gateway.ask(bare(f"POST {ROUTE} HTTP/1.1", HOST, ZERO,
                                      "Expect: 200-ok"))
        self.assertEqual(reply.status, 400)

    def test_pipelined_requests_are_answered_in_order(self):
        with self.gateway.connect() as connection:
            lines = [event(i) for i in range(20)]
            bodies = [b"bad" if i % 5 == 4 else line
                      for i, line in enumerate(lines)]
            connection.send(b"".join(wire.post("after", body)
                                     for body in bodies))
            statuses = [connection.reply().status for _ in bodies]
        self.assertEqual(statuses, [400 if body == b"bad" else 200
                                    for body in bodies])

    def test_chunked_bodies_are_put_together(self):
        line = event(0)
        pieces = [line[i:i + 1] for i in range(len(line))]
        self.assert_ok(self.gateway.ask(wire.chunked("after", pieces)))

    def test_a_connection_lives_on_after_a_refusal_of_its_events(self):
        with self.gateway.connect() as connection:
            for _ in range(3):
                self.assert_refused(connection.ask(wire.post("t", b"bad")),
                                    400)
                self.assert_ok(connection.ask(wire.post("after", event(0))))

    def test_carriage_returns_and_blank_lines_are_not_forwarded(self):
        lines = [event(i) for i in range(3)]
        self.assert_ok(self.gateway.ask(wire.post(
            "after", b"\n\r\n" + b"\r\n\n".join(lines) + b"\r\n")))
        self.assertEqual(sorted(self.sim.events("after")), sorted(lines))

    def test_an_upgrade_is_ignored(self):
        self.assert_ok(self.gateway.ask(wire.post(
            "after", event(0), [("Connection", "Upgrade"),
                                ("Upgrade", "websocket")])))


class Full(FlowTest):
    def test_503_when_no_more_can_be_kept(self):
        sim, gateway = self.start({"acknowledge": "received",
                                   "spool": {"memory_bytes": "1MiB"}})
        sim.kill()

        def large(number):
            return push(gateway, "t", [event(number, filling="x" * 200000)])
        for number in range(20):
            reply = large(number)
            if reply.status != 200:
                break
        self.assertEqual((reply.status, error_code(reply)),
                         (503, "SpoolFull"), reply)
        self.assertTrue(1 <= int(reply.header("Retry-After")) <= 60)
        back = self.start_sim(name="back", listen=sim.address)
        wait_until("room", lambda: large(20).status == 200)
        wait_until("all upstream", lambda: back.taken() > 0)

    def test_503_when_too_many_bodies_are_on_their_way(self):
        _, gateway = self.start({"listen": {"memory_bytes": "2MiB"}})
        begun = bare(f"POST {ROUTE} HTTP/1.1", HOST, f"Content-Length: {MIB}",
                     "Expect: 100-continue")
        line = event(0)
        with gateway.connect() as first:
            self.assertEqual(first.ask(begun).status, 100)

            reply = gateway.ask(begun)
            self.assertEqual((reply.status, error_code(reply)),
                             (503, "MemoryFull"), reply)
            first.send(line + b"\n" * (MIB - len(line)))
            self.assert_ok(first.reply())


if __name__ == "__main__":
    unittest.main(verbosity=2)
