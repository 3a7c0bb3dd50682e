"""What others have written for Polaris works against the gateway unchanged."""

import gzip
import json
import subprocess
import unittest
import urllib.parse
import urllib.request

import wire
from flow import FlowTest, MARKER, event, now, push
from program import PATIENCE_S, until


class Samples(FlowTest):
    def test_the_curl_sample_of_the_documentation_is_delivered(self):
        sim, gateway = self.start()
        line = json.dumps({"__time": now(), "city": "Wien", "m": MARKER})
        host, port = gateway.address
        said = subprocess.run(
            ["curl", "--silent", "--show-error", "--include", "--location",
             "--request", "POST", f"http://{host}:{port}/v1/events/koalas",
             "--header", "Authorization: Bearer $IMPLY_TOKEN",
             "--header", "Content-Type: application/json",
             "--data-raw", line],
            capture_output=True, check=True, text=True, timeout=PATIENCE_S).stdout
        self.assertTrue(said.startswith("HTTP/1.1 200 "), said)
        self.assertIn("Gateway-Ack: delivered", said)
        self.assert_upstream(sim, "koalas", [line.encode()])

    def test_a_client_with_tokens_of_its_own_never_sees_401(self):
        """Asks for a token, sends with it, asks again only upon a 401.

        Its tokens live a second, so that most of what it sends is stale.
        """
        sim, gateway = self.start(token_ttl=1)
        form = urllib.parse.urlencode({
            "client_id": "flow", "client_secret": self.secret,
            "grant_type": "client_credentials"}).encode()

        def token():
            url = sim.url + "/auth/realms/flow/protocol/openid-connect/token"
            with urllib.request.urlopen(url, form, timeout=PATIENCE_S) as answer:
                return json.loads(answer.read())["access_token"]

        own, lines, statuses = token(), [], set()
        begun = sim.tokens()
        # Long enough that the gateway itself has renewed twice.
        for _ in until("three renewals", lambda: len(lines) >= 200 and
                       sim.tokens() >= begun + 3):
            batch = [json.dumps({"__time": now(), "n": len(lines) + i,
                                 "m": MARKER}).encode() for i in range(20)]
            reply = push(gateway, "sample", batch,
                         [("Authorization", "Bearer " + own),
                          ("Content-Type", "application/json")])
            statuses.add(reply.status)
            lines += batch
        self.assertEqual(statuses, {200})
        self.assert_upstream(sim, "sample", lines)

    def test_a_gzipped_upload_arrives_inflated(self):
        sim, gateway = self.start()
        for name in ("gzip", "x-gzip"):
            lines = [event(i, encoding=name) for i in range(50)]
            body = gzip.compress(b"\n".join(lines))
            self.assert_ok(gateway.ask(wire.post(
                name, body, [("Content-Encoding", name)])))
            self.assert_upstream(sim, name, lines)


if __name__ == "__main__":
    unittest.main(verbosity=2)
