"""The gateway gets credentials by itself, and no event pays for their end."""

import unittest

import wire
from flow import FlowTest, event, in_threads, push
from program import until, wait_until

PRODUCERS = 8


class Credentials(FlowTest):
    def test_tokens_that_live_two_seconds_cost_no_event(self):
        sim, gateway = self.start({"batch": {"linger": "20ms"}}, token_ttl=2)
        sent = [[] for _ in range(PRODUCERS)]

        # Until the gateway has renewed three times, under load all along.
        def produce(number):
            with gateway.connect() as connection:
                for _ in until("renewals", lambda: sim.tokens() >= 4):
                    line = event(len(sent[number]), producer=number)
                    self.assert_ok(connection.ask(wire.post("long", line)))
                    sent[number].append(line)
        in_threads(PRODUCERS, produce)
        self.assert_upstream(sim, "long", sum(sent, []))
        self.assertEqual(sim.stats()["tokens"]["max_in_flight"], 1)

    def test_a_401_brings_one_new_token_and_the_batch_goes_again(self):
        sim, gateway = self.start({"batch": {"linger": "20ms"}})
        self.assert_ok(push(gateway, "renewed", [event(0)]))
        before = sim.tokens()
        sim.change(revoke_tokens=True)
        line = event(1)
        self.assert_ok(push(gateway, "again", [line]))
        self.assert_upstream(sim, "again", [line])
        self.assertEqual(sim.tokens(), before + 1)

    def test_a_401_under_load_brings_one_renewal_for_all(self):
        sim, gateway = self.start({"batch": {"linger": "20ms"}})
        self.assert_ok(push(gateway, "renewed", [event(0)]))
        sim.change(revoke_tokens=True, latency_ms=50)
        lines = [event(i) for i in range(1, 41)]

        def produce(number):
            self.assert_ok(push(gateway, f"table-{number % 10}",
                                [lines[number]]))
        in_threads(len(lines), produce)
        self.assertEqual(sim.tokens(), 2)
        self.assertEqual(sim.taken(), len(lines) + 1)

    def test_a_table_that_alone_is_refused_with_401_delays_no_other(self):
        sim, gateway = self.start({"batch": {"linger": "20ms"},
                                   "acknowledge": "received"})
        self.assert_ok(push(gateway, "good", [event(0)]))
        self.await_events(sim, 1)
        sim.fault(table="bad", calls=1000000, status=401)
        sim.fault(route="token", calls=1000000, status=500)
        self.assert_ok(push(gateway, "bad", [event(0)]))
        wait_until("the refusal", lambda: sim.answered(401) >= 1)
        for number in range(1, 31):
            self.assert_ok(push(gateway, "good", [event(number)],
                                [("Gateway-Ack", "delivered")]))
        # All of that while the other one had no way out.
        stats = sim.stats()
        self.assertEqual(stats["events"], 31)
        self.assertLessEqual(
            stats["by_status"]["401"],
            1 + stats["tokens"]["by_status"].get("500", 0))
        sim.order("/sim/reset", {})
        self.await_events(sim, 1)

    def test_a_token_endpoint_that_fails_for_a_while_costs_no_event(self):
        sim = self.start_sim()
        sim.fault(route="token", calls=2, status=500)
        sim.fault(route="token", calls=1, status=200, body="{}")
        gateway = self.start_gateway(sim, {"batch": {"linger": "20ms"}})
        line = event(1)
        self.assert_ok(push(gateway, "patient", [line]))
        self.assert_upstream(sim, "patient", [line])

    def test_a_secret_that_changes_on_disk_is_used_without_a_restart(self):
        sim = self.start_sim(token_ttl=1)
        gateway = self.start_gateway(sim, {"batch": {"linger": "20ms"}})
        self.assert_ok(push(gateway, "late", [event(0)]))
        self.file("secret", "changed-" + self.secret)
        sim.change(client_secret="changed-" + self.secret)
        before = sim.tokens()
        sent = 0
        for _ in until("a token for the new secret",
                       lambda: sim.tokens() > before):
            sent += 1
            self.assert_ok(push(gateway, "late", [event(sent)]))
        self.assertEqual(sim.taken(), sent + 1)

    def test_an_api_key_is_sent_as_polaris_wants_it(self):
        key = "pok_" + self.secret
        sim = self.start_sim(api_key=key)
        gateway = self.start_gateway(
            sim, {"upstream": {"credentials": {
                "oauth2": None, "api_key_file": self.file("key", key)}}})
        line = event(1)
        self.assert_ok(push(gateway, "keyed", [line]))
        self.assert_upstream(sim, "keyed", [line])
        self.assertEqual(sim.tokens(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
