"""polaris-sim over loopback: each route, refusal, order and fault.

usage: serves_test.py PATH-OF-POLARIS-SIM [unittest arguments]

Nothing here sleeps until something is probably over: minutes and lives of
tokens pass by the order that moves the clock.
"""

import base64
import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

BINARY = ""
KEY = "Basic " + base64.b64encode(b"pok_polaris-sim:").decode()
LINE = b'{"__time":"2024-01-01T00:00:00Z","n":%d}\n'
FORM = ("grant_type=client_credentials&client_id=polaris-sim"
        "&client_secret=polaris-sim-secret")
TOKEN_PATH = "/auth/realms/org/protocol/openid-connect/token"


def digest(lines):
    """The documented digest, computed by other code."""
    return "%016x" % (sum(zlib.adler32(l) << 32 | zlib.crc32(l)
                          for l in lines) % 2**64)


class Gone(Exception):
    """The server closed before an answer was whole."""


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 20)
        self.buffer = b""

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def more(self):
        data = self.socket.recv(65536)
        if not data:
            raise Gone("end of file")
        self.buffer += data

    def answer(self):
        while b"\r\n\r\n" not in self.buffer:
            self.more()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        first, *rest = head.decode().split("\r\n")
        headers = [line.split(": ", 1) for line in rest]
        fields = {name.lower(): value for name, value in headers}
        want = int(fields.get("content-length", 0))
        while len(self.buffer) < want:
            self.more()
        body, self.buffer = self.buffer[:want], self.buffer[want:]
        return int(first.split(" ")[1]), fields, body

    def is_closed(self):
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


def request(path, body=b"", auth=KEY, method="POST", **headers):
    """Bytes of a request without fault; a header given as None is left out."""
    fields = {"Host": "sim", "User-Agent": "test", "Authorization": auth,
              "Content-Type": "application/json",
              "Content-Length": str(len(body))}
    for name, value in headers.items():
        fields[name.replace("_", "-")] = value
    head = "%s %s HTTP/1.1\r\n" % (method, path)
    head += "".join("%s: %s\r\n" % f for f in fields.items()
                    if f[1] is not None)
    return head.encode() + b"\r\n" + body


class Sim:
    def __init__(self, *options):
        self.process = subprocess.Popen(
            [BINARY, "--listen", "127.0.0.1:0", *options],
            stdout=subprocess.PIPE, text=True)
        self.first = self.process.stdout.readline()
        self.port = int(self.first.rsplit(":", 1)[1])

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.rest = self.process.stdout.read()
        self.process.stdout.close()
        return self.process.wait(20)

    def client(self):
        return Client(self.port)

    def send(self, data):
        client = self.client()
        try:
            client.send(data)
            return client.answer()
        finally:
            client.close()

    def push(self, table, body, path="/v1/events/%s", **headers):
        return self.send(request(path % table, body, **headers))

    def get(self, path):
        return self.send(request(path, method="GET"))[2]

    def stats(self):
        return json.loads(self.get("/sim/stats"))

    def order(self, name, **fields):
        status, _, body = self.send(request("/sim/" + name,
                                            json.dumps(fields).encode()))
        return status, json.loads(body)

    def token_answer(self, form=FORM, **headers):
        headers.setdefault("Content_Type", "application/x-www-form-urlencoded")
        return self.send(request(TOKEN_PATH, form.encode(), None, **headers))

    def bearer(self):
        return "Bearer " + json.loads(self.token_answer()[2])["access_token"]


class Case(unittest.TestCase):
    options = ()

    def setUp(self):
        self.sim = Sim(*self.options)

    def tearDown(self):
        self.assertEqual(self.sim.stop(), 0)

    def order(self, name, **fields):
        status, answer = self.sim.order(name, **fields)
        self.assertEqual(status, 200, answer)
        return answer

    def assert_status(self, want, got):
        self.assertEqual(got[0], want, got)


class CommandLine(unittest.TestCase):
    def test_both_signals_end_it_cleanly_and_it_says_what_it_took(self):
        for how in signal.SIGTERM, signal.SIGINT:
            sim = Sim()
            self.assertRegex(sim.first, r"^polaris-sim listening on "
                             r"http://127\.0\.0\.1:\d+\n$")
            sim.push("t", LINE % 1)
            self.assertEqual(sim.stop(how), 0)
            self.assertIn("took 1 events in 1 of 1 calls", sim.rest)

    def test_wrong_options_are_told_and_exit_2(self):
        for options in (["--nonsense"], ["nonsense"], ["--listen"],
                        ["--listen", "nowhere"], ["--listen", "1.2.3.4"],
                        ["--token-ttl", "0"], ["--token-ttl", "5s"],
                        ["--token-ttl="], ["--latency", "-1"],
                        ["--strict=1"], ["--client-id", 'a"b']):
            ran = subprocess.run([BINARY, *options], capture_output=True,
                                 text=True, timeout=20)
            self.assertEqual(ran.returncode, 2, options)
            self.assertIn("polaris-sim: ", ran.stderr, options)
            self.assertEqual(ran.stdout, "", options)

    def test_a_taken_port_and_a_file_that_cannot_be_written_exit_3(self):
        sim = Sim()
        for options in (["--listen", "127.0.0.1:%d" % sim.port],
                        ["--record", "/nonexistent/file"]):
            ran = subprocess.run([BINARY, *options], capture_output=True,
                                 text=True, timeout=20)
            self.assertEqual(ran.returncode, 3, options)
        sim.stop()

    def test_help_and_version(self):
        for option, want in (("--help", "over_events"),
                             ("--version", "polaris-sim 0")):
            ran = subprocess.run([BINARY, option], capture_output=True,
                                 text=True, timeout=20)
            self.assertEqual(ran.returncode, 0)
            self.assertIn(want, ran.stdout)

    def test_a_secret_that_was_given_is_not_printed(self):
        sim = Sim("--client-secret=hidden1", "--api-key=hidden2")
        sim.stop()
        self.assertNotIn("hidden", sim.first + sim.rest)


class Tokens(Case):
    options = ("--org", "org", "--token-ttl", "2")

    def test_the_endpoint_refuses_as_keycloak_does(self):
        good = dict(pair.split("=") for pair in FORM.split("&"))
        for change, status, error in (
                ({}, 200, None),
                ({"scope": "a+b"}, 200, None),
                ({"client_secret": "polaris%2Dsim%2dsecret"}, 200, None),
                ({"grant_type": None}, 400, "invalid_request"),
                ({"grant_type": "password"}, 400, "unsupported_grant_type"),
                ({"client_id": None}, 401, "invalid_client"),
                ({"client_id": "other"}, 401, "invalid_client"),
                ({"client_secret": None}, 401, "unauthorized_client"),
                ({"client_secret": "wrong"}, 401, "unauthorized_client"),
                ({"client_secret": "polaris%2"}, 401, "unauthorized_client")):
            form = "&".join("%s=%s" % pair for pair in
                            {**good, **change}.items() if pair[1] is not None)
            answer = self.sim.token_answer(form)
            self.assert_status(status, answer)
            self.assertEqual(json.loads(answer[2]).get("error"), error, form)
        self.assert_status(415, self.sim.token_answer(Content_Type="text/x"))
        self.assert_status(404, self.sim.send(request(
            TOKEN_PATH.replace("/org/", "/other/"), FORM.encode())))
        stats = self.sim.stats()["tokens"]
        self.assertEqual(stats["requests"], 12)
        self.assertEqual(stats["by_status"],
                         {"200": 3, "400": 2, "401": 5, "404": 1, "415": 1})

    def test_the_token_is_a_jwt_whose_claims_are_true(self):
        answer = json.loads(self.sim.token_answer()[2])
        head, claims, signature = answer["access_token"].split(".")
        claims = json.loads(base64.urlsafe_b64decode(
            claims + "=" * (-len(claims) % 4)))
        self.assertEqual(json.loads(base64.urlsafe_b64decode(head + "=="))
                         ["typ"], "JWT")
        self.assertEqual(len(signature), 43)
        self.assertEqual(answer["token_type"], "Bearer")
        self.assertEqual(answer["expires_in"], 2)
        self.assertEqual(claims["exp"] - claims["iat"], 2)
        self.assertAlmostEqual(claims["iat"], time.time(), delta=5)

    def test_credentials_are_checked_and_tokens_expire(self):
        self.order("set", token_ttl=100)
        bearer = self.sim.bearer()
        for auth, status, word in (
                (bearer, 200, b""),
                (KEY, 200, b""),
                (None, 401, b"Unauthorized"),
                ("Bearer ", 401, b"Unauthorized"),
                ("Bearer nonsense", 401, b"Unauthorized"),
                (bearer + "x", 401, b"Unauthorized"),
                (bearer[:-1], 401, b"Unauthorized"),
                ("Digest x", 401, b"Unauthorized"),
                ("Basic nonsense", 401, b"Invalid"),
                (KEY[:-1], 401, b"Invalid")):
            answer = self.sim.push("t", LINE % 1, auth=auth)
            self.assert_status(status, answer)
            self.assertIn(word, answer[2], auth)
        self.order("set", clock_ahead_ms=90000)
        self.assert_status(200, self.sim.push("t", LINE % 1, auth=bearer))
        self.order("set", clock_ahead_ms=100001)
        answer = self.sim.push("t", LINE % 1, auth=bearer)
        self.assert_status(401, answer)
        self.assertEqual(json.loads(answer[2]), {
            "message": 'Token claims invalid: ["exp"]="token expired"'})

    def test_tokens_and_secrets_can_be_changed_while_running(self):
        bearer = self.sim.bearer()
        self.order("set", revoke_tokens=True)
        self.assert_status(401, self.sim.push("t", LINE % 1, auth=bearer))
        self.assert_status(401, self.sim.push("t", LINE % 1, auth="Bearer "))
        self.order("set", client_secret="new", api_key="plain")
        self.assert_status(401, self.sim.token_answer())
        self.assert_status(200, self.sim.token_answer(
            FORM.replace("polaris-sim-secret", "new")))
        self.assert_status(401, self.sim.push("t", LINE % 1))
        self.assert_status(200, self.sim.push("t", LINE % 1,
                                              auth="Basic plain"))
        self.order("set", client_secret="newer", api_key="pok_polaris-sim")
        self.assert_status(200, self.sim.push("t", LINE % 1))
        self.assertEqual(self.sim.order("set", api_key="x", tables=["t"],
                                        unknown=1)[0], 400)
        self.assert_status(200, self.sim.push("u", LINE % 1))

    def test_requests_in_flight_at_once_are_counted(self):
        self.order("fault", route="token", calls=3, delay_ms=3600000)
        clients = [self.sim.client() for _ in range(3)]
        for client in clients:
            client.send(request(TOKEN_PATH, FORM.encode()))
        while self.sim.stats()["tokens"]["in_flight"] < 3:
            pass
        for client in clients:
            client.close()
        while self.sim.stats()["tokens"]["in_flight"] > 0:
            pass
        self.sim.token_answer()
        tokens = self.sim.stats()["tokens"]
        self.assertEqual((tokens["requests"], tokens["in_flight"]), (4, 0))
        self.assertEqual(tokens["max_in_flight"], 3)


class Events(Case):
    options = ("--tables", "a,b.c", "--project", "p", "--max-body", "1000")

    def test_both_paths_take_and_the_counts_tell_it(self):
        lines = [LINE % n for n in range(7)]
        bodies = [b"".join(lines[:4]), b"".join(lines[4:])]
        for answer in (self.sim.push("a", bodies[0]),
                       self.sim.push("a", gzip.compress(bodies[1]),
                                     "/v1/projects/p/events/%s",
                                     Content_Encoding="gzip"),
                       self.sim.push("b.c", lines[0])):
            self.assert_status(200, answer)
            self.assertEqual(answer[2], b"")
        stats = self.sim.stats()
        table = stats["tables"]["a"]
        self.assertEqual(table, {
            "calls": 2, "taken_calls": 2, "events": 7, "max_events": 4,
            "bytes": sum(map(len, lines)),
            "digest": digest(l[:-1] for l in lines)})
        self.assertEqual(stats["digest"],
                         digest(l[:-1] for l in lines + lines[:1]))
        self.assertEqual(
            (stats["calls"], stats["events"], stats["gzip_calls"],
             stats["max_bytes"], stats["violations"]),
            (3, 8, 1, len(bodies[0]), 0))
        self.assertEqual(self.sim.get("/sim/events?table=a"), b"".join(lines))
        self.assertEqual(self.sim.get("/sim/events"),
                         b"".join(lines + lines[:1]))
        self.order("reset")
        stats = self.sim.stats()
        self.assertEqual((stats["calls"], stats["events"], stats["tables"],
                          stats["minutes"], stats["by_status"]),
                         (0, 0, {}, [], {}))
        self.assertEqual(self.sim.get("/sim/events"), b"")

    def test_what_polaris_refuses_is_refused_with_its_body(self):
        line, bomb = LINE % 1, gzip.compress(b"x" * 2000)
        for status, word, got in (
                (404, b"no Route", self.sim.push("a/b", line)),
                (404, b"no Route", self.sim.push("", line)),
                (404, b"no Route", self.sim.send(request("/", b""))),
                (404, b"no Route", self.sim.send(
                    request("/v1/events/a", method="GET"))),
                (404, b"ObjectNotFound", self.sim.push("c", line)),
                (404, b"ObjectNotFound", self.sim.push(
                    "a", line, "/v1/projects/q/events/%s")),
                (400, b"Invalid topic name", self.sim.push("a%20", line)),
                (400, b"Invalid topic name", self.sim.push("..", line)),
                (400, b"Invalid topic name", self.sim.push("x" * 65, line)),
                (411, b"Length", self.sim.push("a", b"",
                                               Content_Length=None)),
                (411, b"Length", self.sim.push(
                    "a", b"0\r\n\r\n", Content_Length=None,
                    Transfer_Encoding="chunked")),
                (413, b"Request size limit exceeded",
                 self.sim.push("a", b"x" * 1001)),
                (413, b"Request size limit exceeded",
                 self.sim.push("a", bomb, Content_Encoding="gzip")),
                (415, b"message", self.sim.push("a", line,
                                                Content_Encoding="br")),
                (400, b"message", self.sim.push("a", line,
                                                Content_Encoding="gzip")),
                (400, b"message", self.sim.push(
                    "a", gzip.compress(line)[:-1], Content_Encoding="gzip")),
                (400, b"message", self.sim.push(
                    "a", gzip.compress(line) + b"x",
                    Content_Encoding="gzip"))):
            self.assert_status(status, got)
            self.assertIn(word, got[2])
        self.assertEqual(self.sim.stats()["events"], 0)

    def test_a_body_of_just_the_limit_passes(self):
        body = b'{"__time":"' + b"x" * (1000 - 14) + b'"}\n'
        self.assertEqual(len(body), 1000)
        self.assert_status(200, self.sim.push("a", body))
        self.assert_status(200, self.sim.push(
            "a", gzip.compress(body), Content_Encoding="gzip"))
        self.assert_status(413, self.sim.push("a", b"x" + body))
        self.assert_status(413, self.sim.push(
            "a", gzip.compress(b"x" + body), Content_Encoding="gzip"))

    def test_tables_and_sizes_can_be_changed_while_running(self):
        self.order("set", tables=["c"], max_body=2000)
        self.assert_status(404, self.sim.push("a", LINE % 1))
        self.assert_status(200, self.sim.push("c", b"{" + b" " * 1500 + b"}\n"))

    def test_a_refused_body_that_is_still_coming_does_not_hide_the_answer(self):
        client = self.sim.client()
        client.send(request("/v1/events/a", b"", Content_Length="5000000"))
        client.send(b"x" * 1000000)
        self.assert_status(413, client.answer())
        client.send(b"x" * 1000)
        self.assertTrue(client.is_closed())
        client.close()


class Violations(Case):
    options = ("--strict",)

    def test_bad_manners_pass_and_are_counted_each_by_its_word(self):
        good = LINE % 1
        twice = request("/v1/events/t", good).replace(
            b"Host: sim\r\n", b"Host: sim\r\nHost: sim\r\n")
        for word, data in (
                ("line_not_object", request("/v1/events/t", b"[1]\n")),
                ("line_not_json", request("/v1/events/t", b"{'a':1}\n")),
                ("line_not_json", request(
                    "/v1/events/t", b'{"__time":"\xff"}\n')),
                ("line_without_one_time", request(
                    "/v1/events/t", b'{"a":{"__time":"x"}}\n')),
                ("line_without_one_time", request(
                    "/v1/events/t",
                    b'{"__time":"x","\\u005f_time":"x"}\n')),
                ("line_without_one_time", request(
                    "/v1/events/t", b'{"__time":1}\n')),
                ("blank_line", request("/v1/events/t", good + b"\n")),
                ("carriage_return", request(
                    "/v1/events/t", good[:-1] + b"\r\n")),
                ("no_final_newline", request("/v1/events/t", good[:-1])),
                ("empty_body", request("/v1/events/t", b"")),
                ("content_type_not_json", request(
                    "/v1/events/t", good, Content_Type=None)),
                ("content_type_not_json", request(
                    "/v1/events/t", good, Content_Type="text/plain")),
                ("expect_header", request("/v1/events/t", good,
                                          Expect="100-continue")),
                ("no_user_agent", request("/v1/events/t", good,
                                          User_Agent=None)),
                ("not_one_host", request("/v1/events/t", good, Host=None)),
                ("not_one_host", twice),
                ("repeated_header", request(
                    "/v1/events/t", good, authorization=KEY))):
            self.order("reset")
            self.assert_status(200, self.sim.send(data))
            stats = self.sim.stats()
            self.assertEqual(stats["violation_reasons"], {word: 1}, data)
            self.assertEqual(stats["violations"], 1)
            self.assertTrue(stats["violation_sample"].startswith(word + ": "))

    def test_the_sample_is_the_first_one_and_holds_no_payload(self):
        self.sim.push("t", LINE % 1 + b"secret\n" + LINE % 2)
        self.sim.push("u", b"")
        stats = self.sim.stats()
        self.assertEqual(stats["violations"], 2)
        self.assertEqual(stats["violation_sample"],
                         "line_not_object: table t, line 2")

    def test_good_lines_are_none(self):
        for line in (b'{"__time":"x"}', b'{ "a" : [ 1.5e+3 , -0 , null ] , '
                     b'"__time" : "\\ud83d\\ude00\\n\xc3\xa9" }',
                     b'{"\\u005f_time":"x"}'):
            self.sim.push("t", line + b"\n",
                          Content_Type="application/json; charset=UTF-8")
        stats = self.sim.stats()
        self.assertEqual((stats["events"], stats["violations"]), (3, 0), stats)

    def test_a_head_that_cannot_be_trusted_is_400_and_the_end(self):
        good = request("/v1/events/t", LINE % 1)
        for data in (b"nonsense\r\n\r\n",
                     good.replace(b"HTTP/1.1", b"HTTP/2.0"),
                     good.replace(b"\r\n", b"\n").replace(b"\n\n",
                                                          b"\n\r\n\r\n"),
                     good.replace(b"Host: sim", b"Host : sim"),
                     good.replace(b"Host: sim", b"Host: s\x01m"),
                     good.replace(b"Host: sim", b"Host: sim\r\n more"),
                     good.replace(b"Length: ", b"Length: +"),
                     good.replace(b"Host: sim", b"Content-Length: 1"),
                     good.replace(b"Host: sim",
                                  b"Transfer-Encoding: chunked"),
                     b"POST /" + b"x" * 40000):
            client = self.sim.client()
            client.send(data)
            self.assert_status(400, client.answer())
            self.assertTrue(client.is_closed(), data)
            client.close()
        self.assertEqual(self.sim.stats()["violation_reasons"],
                         {"bad_request_head": 10})

    def test_a_body_that_is_cut_short_is_one(self):
        client = self.sim.client()
        client.send(request("/v1/events/t", LINE % 1)[:-1])
        client.socket.shutdown(socket.SHUT_WR)
        self.assertRaises(Gone, client.answer)
        client.close()
        stats = self.sim.stats()
        self.assertEqual(stats["violation_reasons"],
                         {"cut_short_by_client": 1})
        self.assertEqual((stats["events"], stats["by_status"]),
                         (0, {"none": 1}))


class Connections(Case):
    def test_calls_that_come_at_once_or_byte_by_byte_are_all_answered(self):
        data = b"".join(request("/v1/events/t", LINE % n) for n in range(20))
        client = self.sim.client()
        client.send(data)
        for _ in range(20):
            self.assert_status(200, client.answer())
        for n in range(len(data) // 10):
            client.send(data[n:n + 1])
        for _ in range(2):
            self.assert_status(200, client.answer())
        client.close()
        stats = self.sim.stats()
        self.assertEqual(stats["events"], 22)
        self.assertEqual(stats["violations"], 0)
        self.assertEqual(stats["connections"], 2)
        self.assertEqual(stats["open_connections"], 1)

    def test_a_large_body_in_pieces_is_understood_by_its_head(self):
        lines = b"".join(b'{"x":"%s"}\n' % os.urandom(4000).hex().encode()
                         for _ in range(60))
        body = gzip.compress(lines)
        data = request("/v1/events/t", body, Content_Encoding="gzip")
        client = self.sim.client()
        for at in range(0, len(data), 10000):
            client.send(data[at:at + 10000])
            self.sim.stats()  # each piece is read by itself
        self.assert_status(200, client.answer())
        client.close()
        self.assertEqual(self.sim.get("/sim/events"), lines)

    def test_close_is_honoured_and_100_continue_is_said(self):
        client = self.sim.client()
        data = request("/v1/events/t", LINE % 1, Expect="100-continue",
                       Connection="close")
        head, body = data.split(b"\r\n\r\n")
        client.send(head + b"\r\n\r\n")
        self.assert_status(100, client.answer())
        client.send(body)
        answer = client.answer()
        self.assert_status(200, answer)
        self.assertEqual(answer[1]["connection"], "close")
        self.assertTrue(client.is_closed())
        client.close()

    def test_five_hundred_delayed_calls_wait_side_by_side(self):
        self.order("set", latency_ms=2000)
        clients = [self.sim.client() for _ in range(500)]
        started = time.monotonic()
        for n, client in enumerate(clients):
            client.send(request("/v1/events/t", LINE % n))
        for client in clients:
            self.assert_status(200, client.answer())
        took = time.monotonic() - started
        for client in clients:
            client.close()
        stats = self.sim.stats()
        self.assertGreater(took, 2)
        self.assertLess(took, 60)  # one after the other: 1,000 s
        self.assertEqual(stats["max_in_flight"], 500)
        self.assertEqual(stats["digest"],
                         digest((LINE % n)[:-1] for n in range(500)))

    def test_a_client_that_leaves_while_its_answer_waits_is_let_go(self):
        self.order("fault", calls=1, delay_ms=3600000)
        client = self.sim.client()
        client.send(request("/v1/events/t", LINE % 1))
        while self.sim.stats()["in_flight"] == 0:
            pass
        client.close()
        while self.sim.stats()["in_flight"] > 0:
            pass
        stats = self.sim.stats()
        self.assertEqual(stats["by_status"], {"none": 1})
        self.assertEqual(stats["events"], 1)


class Limit(Case):
    options = ("--calls-per-minute", "3")

    def at_second(self, second):
        """Moves the clock to that second of the next minute."""
        now = self.sim.stats()["now_ms"] - self.ahead
        self.ahead += (60 + second) * 1000 - (now + self.ahead) % 60000
        self.order("set", clock_ahead_ms=self.ahead)

    def setUp(self):
        super().setUp()
        self.ahead = 0

    def test_each_calendar_minute_has_its_calls_and_headers_tell_them(self):
        self.at_second(50)
        for remaining in 2, 1, 0:
            status, headers, _ = self.sim.push("t", LINE % remaining)
            self.assertEqual(status, 200)
            for name, want in (("ratelimit-limit", "3"),
                               ("ratelimit-remaining", str(remaining)),
                               ("x-ratelimit-limit-minute", "3"),
                               ("x-ratelimit-remaining-minute",
                                str(remaining))):
                self.assertEqual(headers[name], want, name)
            self.assertIn(int(headers["ratelimit-reset"]), range(1, 11))
            self.assertNotIn("retry-after", headers)
        status, headers, body = self.sim.push("t", LINE % 9)
        self.assertEqual(status, 429)
        self.assertEqual(json.loads(body),
                         {"message": "API rate limit exceeded"})
        self.assertEqual(headers["retry-after"], headers["ratelimit-reset"])
        self.at_second(0)
        self.assert_status(200, self.sim.push("t", LINE % 9))
        stats = self.sim.stats()
        self.assertEqual([(m["calls"], m["limited"])
                          for m in stats["minutes"]], [(4, 1), (1, 0)])
        self.assertEqual(stats["rate_limited"], 1)
        self.assertEqual(stats["events"], 4)
        self.assertEqual(stats["max_calls_in_60s"], 5)
        self.assertGreaterEqual(stats["max_bytes_in_1s"], len(LINE % 9))

    def test_only_calls_with_a_credential_use_it_up(self):
        self.at_second(1)
        for _ in range(5):
            self.assert_status(401, self.sim.push("t", LINE % 1, auth=None))
        self.assertEqual(self.sim.stats()["limit"]["remaining"], 3)
        self.assert_status(400, self.sim.push("t%", LINE % 1))
        self.assertEqual(self.sim.stats()["limit"]["remaining"], 2)
        self.assertEqual(self.sim.stats()["calls"], 6)

    def test_it_can_be_changed_and_is_cleared_by_reset(self):
        self.at_second(1)
        self.order("limit", calls_per_minute=1)
        self.assert_status(200, self.sim.push("t", LINE % 1))
        self.assert_status(429, self.sim.push("t", LINE % 1))
        self.order("reset")
        self.assert_status(200, self.sim.push("t", LINE % 1))
        self.assert_status(429, self.sim.push("t", LINE % 1))


class Faults(Case):
    def push(self, body=LINE % 1, table="t"):
        return self.sim.push(table, body)

    def assert_reset(self, body=LINE % 1):
        client = self.sim.client()
        with self.assertRaises(ConnectionResetError):
            client.send(request("/v1/events/t", body))
            client.answer()
        client.close()

    def events(self):
        return self.sim.stats()["events"]

    def test_a_status_with_headers_and_body_for_so_many_calls(self):
        self.order("fault", calls=2, status=503, body="<html>",
                   headers={"Retry-After": "3", "X": "y"})
        for _ in range(2):
            status, headers, body = self.push()
            self.assertEqual((status, body), (503, b"<html>"))
            self.assertEqual((headers["retry-after"], headers["x"]),
                             ("3", "y"))
        self.assert_status(200, self.push())
        self.assertEqual(self.events(), 1)
        self.assertEqual(self.sim.stats()["by_status"],
                         {"200": 1, "503": 2})

    def test_the_first_whose_filter_passes_decides(self):
        self.order("fault", calls=1, table="u", status=404)
        self.order("fault", calls=10, every=3, status=500)
        self.order("fault", calls=1, status=502)
        self.assertEqual([self.push()[0] for _ in range(4)],
                         [502, 200, 500, 200])
        self.assert_status(404, self.push(table="u"))
        faults = json.loads(self.sim.get("/sim/faults"))
        self.assertEqual([(f["id"], f["struck"], f["calls_left"])
                          for f in faults], [(2, 1, 9)])
        self.order("reset")
        self.assertEqual(self.sim.get("/sim/faults"), b"[]")

    def test_seconds_pass(self):
        self.order("fault", seconds=2, status=500)
        self.assert_status(500, self.push())
        left = json.loads(self.sim.get("/sim/faults"))[0]["ms_left"]
        self.assertIn(left, range(1, 2001))
        while self.push()[0] == 500:
            pass
        self.assertEqual(self.sim.get("/sim/faults"), b"[]")

    def test_poison_and_sizes_strike_the_bodies_they_mean(self):
        self.order("fault", poison='"n":13}')
        self.order("fault", over_events=3)
        self.order("fault", over_bytes=300)
        self.assert_status(200, self.push(LINE % 12))
        self.assert_status(400, self.push(LINE % 12 + LINE % 13))
        self.assert_status(200, self.push(LINE % 1 * 3))
        self.assert_status(413, self.push(LINE % 1 * 4))
        self.assert_status(413, self.push(b"{" + b" " * 300 + b"}\n"))
        self.assertEqual(self.events(), 4)

    def test_resets_and_what_was_taken_by_then(self):
        for where, taken in (("before", 0), ("during", 0), ("after", 1),
                             ("answer", 1)):
            self.order("reset")
            self.order("fault", reset=where)
            self.assert_reset()
            stats = self.sim.stats()
            self.assertEqual((stats["events"], stats["by_status"]),
                             (taken, {"none": 1}), where)
            self.assert_status(200, self.push())

    def test_a_reset_before_comes_while_the_body_is_still_due(self):
        for where, sent in ("before", 0), ("during", 600):
            self.order("fault", reset=where)
            client = self.sim.client()
            client.send(request("/v1/events/t", b"x" * sent,
                                Content_Length="1000"))
            self.assertRaises(ConnectionResetError, client.answer)
            client.close()

    def test_an_early_answer_does_not_wait_for_the_body(self):
        self.order("fault", early=True, status=503)
        client = self.sim.client()
        client.send(request("/v1/events/t", b"", Content_Length="1000"))
        answer = client.answer()
        self.assert_status(503, answer)
        self.assertEqual(answer[1]["connection"], "close")
        client.close()

    def test_taking_can_be_told_apart_from_the_status(self):
        self.order("fault", status=500, take=True)
        self.assert_status(500, self.push())
        self.assertEqual(self.events(), 1)
        self.order("fault", status=200, take=False)
        self.assert_status(200, self.push())
        self.assertEqual(self.events(), 1)

    def test_lies_large_slow_and_malformed(self):
        self.order("fault", body_bytes=3000000)
        self.assertEqual(len(self.push()[2]), 3000000)
        self.order("fault", header_count=10000)
        self.assertEqual(len(self.push()[1]), 10000 + 8)
        self.order("fault", drip_ms=1, status=404, body="slow")
        self.assertEqual(self.push()[2], b"slow")
        self.order("fault", raw="HTTP/1.1 nonsense\r\n\r\n")
        client = self.sim.client()
        client.send(request("/v1/events/t", LINE % 1))
        self.assertRaises(ValueError, client.answer)
        self.assertTrue(client.is_closed())
        client.close()
        for status in 100, 204, 304:
            self.order("fault", status=status)
            self.assert_status(status, self.push())

    def test_an_echo_of_the_credential(self):
        self.order("fault", status=403, body="you said: ", echo=True)
        answer = self.push()
        self.assert_status(403, answer)
        self.assertRegex(answer[2], rb"^you said: Basic \S+$")

    def test_hanging_up_without_a_word(self):
        self.order("fault", hangup=True)
        client = self.sim.client()
        client.send(request("/v1/events/t", LINE % 1))
        answer = client.answer()
        self.assert_status(200, answer)
        self.assertNotIn("connection", answer[1])
        self.assertTrue(client.is_closed())
        client.close()

    def test_tokens_have_faults_of_their_own(self):
        self.order("fault", route="token", status=200,
                   body='{"access_token":"a","expires_in":"soon"}')
        self.order("fault", route="token", reset="before")
        self.assert_status(200, self.push())
        client = self.sim.client()
        with self.assertRaises(ConnectionResetError):
            client.send(request(TOKEN_PATH, FORM.encode()))
            client.answer()
        client.close()
        self.assertIn(b"soon", self.sim.token_answer()[2])
        self.assertIn(b"Bearer", self.sim.token_answer()[2])

    def test_an_order_that_is_not_understood_changes_nothing(self):
        for fields in ({"statsu": 500}, {"status": 99}, {"status": "500"},
                       {"calls": 0}, {"reset": "sometimes"}, {"early": 1},
                       {"headers": {"a": 1}}, {"body": "\0"},
                       {"early": True}, {"route": "token", "table": "t"},
                       {"reset": "before", "poison": "x"}):
            self.assertEqual(self.sim.order("fault", **fields)[0], 400, fields)
        for fields in {"calls_per_minute": -1}, {"tables": "a"}, {"x": 1}:
            self.assertEqual(self.sim.order("set", **fields)[0], 400, fields)
        for data in b"", b"[]", b'{"status":500', b'{"status":500}x':
            self.assert_status(400, self.sim.send(request("/sim/fault", data)))
        self.assertEqual(self.sim.get("/sim/faults"), b"[]")
        self.assert_status(404, self.sim.send(request("/sim/nothing")))
        self.assertIn(b"poison", self.sim.get("/sim"))


class Keeping(unittest.TestCase):
    def test_the_ring_keeps_the_last_and_says_what_it_lost(self):
        sim = Sim("--keep", "4096")
        client = sim.client()
        for n in range(500):
            client.send(request("/v1/events/t", LINE % n))
            client.answer()
        client.close()
        kept = sim.get("/sim/events").splitlines(True)
        self.assertGreater(len(kept), 20)
        self.assertEqual(kept, [LINE % n for n in
                                range(500 - len(kept), 500)])
        self.assertEqual(sim.stats()["kept"], {
            "events": len(kept), "lost_events": 500 - len(kept),
            "unwritten": 0})
        self.assertEqual(sim.stop(), 0)

    def test_the_record_holds_all_of_them_with_their_tables(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "events")
            sim = Sim("--record", path, "--keep", "0")
            sim.push("a", LINE % 1 + LINE % 2)
            sim.push("b", (LINE % 3)[:-1])
            self.assertEqual(sim.get("/sim/events"), b"")
            while os.path.getsize(path) == 0:
                time.sleep(0.01)  # it is there before the program ends
            self.assertEqual(sim.stop(), 0)
            with open(path, "rb") as file:
                self.assertEqual(file.read(), b"a\t" + LINE % 1 + b"a\t" +
                                 LINE % 2 + b"b\t" + LINE % 3)

    def test_duplicates_are_counted_when_asked_for(self):
        sim = Sim()
        self.assertIsNone(sim.stats()["duplicates"])
        self.assertEqual(sim.stop(), 0)
        sim = Sim("--detect-duplicates")
        sim.push("t", LINE % 1 + LINE % 2)
        sim.push("t", LINE % 2 + LINE % 3)
        sim.push("t", b"".join(LINE % n for n in range(10000, 16000)))
        sim.push("t", b"".join(LINE % n for n in range(10000, 16000)))
        self.assertEqual(sim.stats()["duplicates"], 6001)
        self.assertEqual(sim.stop(), 0)

    def test_many_tables_are_each_counted(self):
        sim = Sim()
        client = sim.client()
        for n in range(2000):
            client.send(request("/v1/events/table-%d" % n, LINE % n))
            client.answer()
        client.close()
        tables = sim.stats()["tables"]
        self.assertEqual(len(tables), 2000)
        for n in range(2000):
            self.assertEqual(tables["table-%d" % n]["digest"],
                             digest([(LINE % n)[:-1]]))
        self.assertEqual(sim.stop(), 0)


if __name__ == "__main__":
    BINARY = sys.argv.pop(1)
    unittest.main(verbosity=0)
