"""polaris-sim over loopback: tokens, limits, and what it finds wrong."""

import base64
import json
import socket
import time

from client import FORM, Gone, KEY, LINE, TOKEN_PATH, Case, request, run


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
        self.assertAlmostEqual(claims["iat"], time.time(), delta=60)

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
        self.order("set", clock_ahead_ms=50000)
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
        self.at_second(30)
        for remaining in 2, 1, 0:
            status, headers, _ = self.sim.push("t", LINE % remaining)
            self.assertEqual(status, 200)
            for name, want in (("ratelimit-limit", "3"),
                               ("ratelimit-remaining", str(remaining)),
                               ("x-ratelimit-limit-minute", "3"),
                               ("x-ratelimit-remaining-minute",
                                str(remaining))):
                self.assertEqual(headers[name], want, name)
            self.assertIn(int(headers["ratelimit-reset"]), range(1, 31))
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


if __name__ == "__main__":
    run()
