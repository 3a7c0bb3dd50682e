"""Invalid events that are skipped: the valid are sent, the rest is kept."""

import base64
import gzip
import json
import os
import unittest

import wire
from flow import FlowTest, event, push
from gateway import error_code

SKIP = "?on_invalid=skip"

# Reason, and bytes that no re-serialization would leave as they are.
BAD = [
    ("not_json", b'{"a": 1,, "b" :2}'),
    ("not_json", b'nonsense "quoted" \\ back\tslash'),
    ("bad_utf8", b'{"__time":"\xff\xfe","a":"\xc3"}'),
    ("bad_utf8", b'\xed\xa0\x80 half a pair'),
    ("time_missing", '{"b" :2, "a":"ä€😀"}'.encode()),
    ("time_format", b'{"__time":"yesterday"}'),
    ("time_too_old", b'{ "__time" : "1999-01-01T00:00:00Z" }'),
]


class Skip(FlowTest):
    def setUp(self):
        super().setUp()
        self.letters_folder = os.path.join(self.folder, "dead")
        self.known.add("dead")
        self.letters_over = {"dead_letters": {
            "directory": self.letters_folder, "max_bytes": "1MiB"}}

    def letters(self):
        """What stands in the files, oldest first."""
        found = []
        for name in sorted(os.listdir(self.letters_folder)):
            if not name.endswith(".ndjson"):
                continue
            with open(os.path.join(self.letters_folder, name), "rb") as file:
                text = file.read()
            self.assertTrue(text == b"" or text.endswith(b"\n"), name)
            found += [json.loads(line) for line in text.split(b"\n")
                      if line.strip()]
        return found

    def bytes_of(self, letter):
        if "event_base64" in letter:
            self.assertNotIn("event", letter)
            return base64.b64decode(letter["event_base64"], validate=True)
        return letter["event"].encode()

    def mixed(self, number):
        """Good and bad lines in turn; and only the good ones."""
        good = [event(number * 100 + i) for i in range(len(BAD) + 1)]
        lines = [good[0]]
        for (_, bad), line in zip(BAD, good[1:]):
            lines += [bad, line]
        return lines, good

    def assert_skipped(self, reply, accepted):
        self.assertEqual(reply.status, 200, reply)
        said = json.loads(reply.body)
        self.assertEqual((said["accepted"], said["rejected"]),
                         (accepted, len(BAD)))
        self.assertEqual([error["reason"] for error in said["errors"]],
                         [reason for reason, _ in BAD])
        self.assertEqual([error["line"] for error in said["errors"]],
                         [2 * i + 2 for i in range(len(BAD))])

    def test_the_valid_are_delivered_and_the_rest_kept_to_the_byte(self):
        sim, gateway = self.start(self.letters_over)
        sent = []
        for number, headers in enumerate(([], [("Content-Encoding", "gzip")],
                                          [("Gateway-Ack", "received")])):
            lines, good = self.mixed(number)
            body = b"\n".join(lines)
            if headers and headers[0][1] == "gzip":
                body = gzip.compress(body)
            reply = gateway.ask(wire.post("t" + SKIP, body, headers))
            self.assert_skipped(reply, len(good))
            self.assertEqual(len(self.letters()), (number + 1) * len(BAD),
                             "in the files before the answer")
            sent += good
        self.await_events(sim, len(sent))
        self.assert_upstream(sim, "t", sent)
        for letter, (reason, bad) in zip(self.letters(), BAD * 3):
            self.assertEqual(letter["reason"], reason)
            self.assertEqual(letter["table"], "t")
            self.assertEqual(self.bytes_of(letter), bad)

    def test_a_tables_own_rule_holds_and_letters_outlive_a_kill(self):
        over = {**self.letters_over,
                "tables": {"lax": {"events": {"on_invalid": "skip"}}}}
        sim = self.start_sim()
        gateway = self.start_gateway(sim, over)
        lines, good = self.mixed(1)
        self.assertEqual(push(gateway, "strict", lines).status, 400)
        self.assertEqual(self.letters(), [])
        self.assert_skipped(push(gateway, "lax", lines), len(good))
        gateway.kill()
        self.end_of([gateway])
        self.assertEqual([self.bytes_of(letter) for letter in self.letters()],
                         [bad for _, bad in BAD])
        gateway = self.start_gateway(sim, over)
        lines, more = self.mixed(2)
        self.assert_skipped(push(gateway, "lax", lines), len(good))
        self.assertEqual(len(self.letters()), 2 * len(BAD))
        self.assert_upstream(sim, "lax", good + more)

    def test_a_dry_run_says_the_same_and_keeps_nothing(self):
        sim, gateway = self.start(self.letters_over)
        lines, good = self.mixed(1)
        self.assert_skipped(push(gateway, "t" + SKIP + "&dry_run=true", lines),
                            len(good))
        self.assertEqual(self.letters(), [])
        self.assertEqual(sim.taken(), 0)

    def test_full_means_503_for_those_that_would_skip_until_there_is_room(self):
        sim, gateway = self.start(self.letters_over)
        bulk = b"x" * 300000
        while True:
            reply = push(gateway, "t" + SKIP, [event(1), bulk])
            if reply.status != 200:
                break
        self.assertEqual(reply.status, 503)
        self.assertEqual(error_code(reply), "DeadLettersFull")
        self.assertGreaterEqual(int(reply.all("retry-after")[0]), 1)
        kept = self.letters()
        self.assertEqual(len(kept), 3)
        self.assertLessEqual(self.size(), 1 << 20)
        reply = push(gateway, "t" + SKIP, [event(2)])
        self.assertEqual(reply.status, 200, "nothing to skip")
        self.assertEqual(sim.taken(), len(kept) + 1,
                         "nothing of what was refused")
        names = [name for name in sorted(os.listdir(self.letters_folder))
                 if name.endswith(".ndjson")]
        os.unlink(os.path.join(self.letters_folder, names[0]))
        reply = push(gateway, "t" + SKIP, [event(3), bulk])
        self.assertEqual(reply.status, 200)

    def size(self):
        return sum(os.path.getsize(os.path.join(self.letters_folder, name))
                   for name in os.listdir(self.letters_folder)
                   if name.endswith(".ndjson"))

    def test_without_dead_letters_skip_is_refused(self):
        _, gateway = self.start()
        reply = push(gateway, "t" + SKIP, [event(1)])
        self.assertEqual((reply.status, error_code(reply)),
                         (400, "SkipUnavailable"))

    def test_they_stand_beside_the_spool_unless_said_otherwise(self):
        spool = os.path.join(self.folder, "spool")
        self.known.add("spool")
        self.letters_folder = os.path.join(spool, "dead-letters")
        sim = self.start_sim()
        over = {"spool": {"directory": spool}}
        for round_ in (1, 2):
            gateway = self.start_gateway(sim, over)
            lines, good = self.mixed(round_)
            reply = push(gateway, "t" + SKIP, lines)
            self.assert_skipped(reply, len(good))
            self.assertEqual(reply.all("gateway-ack"), ["durable"])
            self.await_events(sim, round_ * len(good))
            self.assertEqual(len(self.letters()), round_ * len(BAD))
            self.end_of([gateway])

    def test_a_second_gateway_does_not_start_on_the_same_folder(self):
        sim, _ = self.start(self.letters_over)
        with self.assertRaises(AssertionError) as caught:
            self.start_gateway(sim, self.letters_over, name="second")
        self.assertIn("ended with 3", str(caught.exception))
        self.assertIn("is in use by another process (pid ",
                      str(caught.exception))
        for name in ("second.yaml", "second.out", "second.err"):
            os.unlink(os.path.join(self.folder, name))


if __name__ == "__main__":
    unittest.main(verbosity=2)
