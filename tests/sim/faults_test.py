"""polaris-sim over loopback: the faults that can be ordered."""

import json

from client import FORM, LINE, TOKEN_PATH, Case, request, run


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
        self.order("fault", seconds=5, status=500)
        self.assert_status(500, self.push())
        left = json.loads(self.sim.get("/sim/faults"))[0]["ms_left"]
        self.assertIn(left, range(1, 5001))
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


if __name__ == "__main__":
    run()
