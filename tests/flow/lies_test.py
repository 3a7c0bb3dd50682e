"""An upstream that lies: each lie ends in time, and costs no event."""

import os
import re
import subprocess
import unittest

import liar
from flow import FlowTest, SANITIZER, event, push
from program import wait_until

MIB = 1 << 20
EVENTS = 60
# What is awaited when an upstream says nothing.  An honest answer that took
# longer would be taken for a lie, and its events would arrive twice.
TIMEOUT = "30s" if SANITIZER else "10s"

# What becomes of a table that is lied to: the word in the log, or held.
WORDS = {
    "silence": "timeout", "dripping_head": "timeout",
    "dripping_answer": "busy", "hundred_megabytes": "busy",
    "ten_thousand_headers": "garbage", "continues_for_ever": "garbage",
    "no_http": "garbage", "reset_amid_the_request": "reset",
    "reset_after_the_request": "reset", "close_amid_the_answer": "reset",
}


class Lies(FlowTest):
    def start_liar(self, **more):
        upstream = liar.Liar(**more)
        self.addCleanup(upstream.close)
        return upstream

    def start_before(self, upstream, scheme="http", **more):
        """A gateway that sends to the liar; no sim is needed."""
        self.url = "%s://127.0.0.1:%d" % (scheme, upstream.address[1])
        sim = type("Sim", (), {"url": self.url})
        return self.start_gateway(sim, {
            "acknowledge": "received",
            "batch": {"linger": "20ms"},
            "upstream": {"timeout": TIMEOUT,
                         "credentials": "none", **more},
        })

    def peak_memory(self, program):
        with open(f"/proc/{program.child.pid}/status") as file:
            return int(re.search(r"VmHWM:\s+(\d+) kB", file.read())[1]) * 1024

    def push_all(self, gateway, tables):
        """Large events, so that a request is not sent in one piece."""
        sent = {}
        for table in tables:
            sent[table] = [event(i, filling="x" * 10000)
                           for i in range(EVENTS)]
            self.assert_ok(push(gateway, table, sent[table]))
        return sent

    def test_no_lie_costs_an_event_or_much_memory(self):
        upstream = self.start_liar()
        gateway = self.start_before(upstream)
        self.push_all(gateway, ["honest"])
        wait_until("all is warm", lambda: len(upstream.events("honest")) ==
                   EVENTS)
        before = self.peak_memory(gateway)
        sent = self.push_all(gateway, [t for t in liar.LIES
                                       if t != "redirect"])
        for table, lines in sent.items():
            wait_until(table, lambda: set(upstream.events(table)) ==
                       set(lines))
            self.assertEqual(upstream.lied[table], 2, table)
            # Whatever is lied about, only what is taken counts as taken.
            self.assertEqual(len(upstream.events(table)), EVENTS, table)
        for table, word in WORDS.items():
            wait_until(f"{table} is told of", lambda t=table, w=word:
                       re.search(rf"table={t} reason={w} ", gateway.stderr))
        if not SANITIZER:
            grown = self.peak_memory(gateway) - before
            self.assertLess(grown, 64 * MIB)

    def test_a_redirect_holds_its_table(self):
        upstream = self.start_liar(lies=1000)
        gateway = self.start_before(upstream)
        self.push_all(gateway, ["redirect", "honest"])
        wait_until("held", lambda: re.search(
            r"lane_held table=redirect reason=strange_answer status=307",
            gateway.stderr))
        wait_until("the other flows", lambda: upstream.events("honest"))
        self.assertEqual(upstream.lied["redirect"], 1)
        upstream.lies = 0

    def certificate(self, name, address, *more, issuer=None):
        """Made anew for each run: a file, and its key."""
        file, key = self.file(name + ".pem", ""), self.file(name + ".key", "")
        kind = ["-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:prime256v1", "-nodes"]
        days = list(more) or ["-days", "2"]
        names = ["-subj", "/CN=" + name, "-addext",
                 "subjectAltName=" + address]

        def openssl(*arguments):
            subprocess.run(["openssl", *arguments], check=True,
                           stderr=subprocess.PIPE)
        if issuer is None:
            openssl("req", "-x509", *kind, *names, *days, "-keyout", key,
                    "-out", file)
            return file, key
        request = self.file(name + ".csr", "")
        openssl("req", *kind, *names, "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", issuer[0], "-CAkey",
                issuer[1], "-set_serial", "7", *days, "-copy_extensions",
                "copy", "-out", file)
        return file, key

    def test_a_certificate_that_lies_gets_no_byte_of_ours(self):
        here = "IP:127.0.0.1"
        authority = self.certificate("authority", "DNS:authority")
        lies = {
            "has expired": self.certificate(
                "expired", here, "-days", "-1", issuer=authority),
            "for another host": self.certificate(
                "wrong_host", "DNS:example.com", issuer=authority),
            "self-signed": self.certificate("self_signed", here),
            "issuer is not known|root is not trusted": self.certificate(
                "stranger", here, issuer=self.certificate(
                    "other_authority", "DNS:authority")),
        }
        good = self.certificate("good", here, issuer=authority)
        for what, pair in lies.items():
            with self.subTest(what):
                upstream = self.start_liar()
                upstream.certificate = pair
                gateway = self.start_before(upstream, "https",
                                            ca_file=authority[0])
                sent = self.push_all(gateway, ["t"])["t"]
                wait_until(what, lambda: re.search(
                    rf"lane_waiting table=t reason=tls .*({what})",
                    gateway.stderr))
                self.assertEqual(upstream.events("t"), [])
                upstream.certificate = good
                wait_until("all are taken",
                           lambda: len(upstream.events("t")) == EVENTS)
                self.assertEqual(sorted(upstream.events("t")), sorted(sent))
                self.end_of([gateway])


if __name__ == "__main__":
    unittest.main(verbosity=2)
