"""The gateway gets credentials by itself, and no event pays for their end."""

import unittest

import wire
from flow import FlowTest, event, in_threads, push
from program import wait_until

PRODUCERS = 8


class Credentials(FlowTest):
    def test_tokens_that_live_two_seconds_cost_no_event(self):
        sim, gateway = self.start({"batch": {"linger": "20ms"}}, token_ttl=2)
        sent = [[] for _ in range(PRODUCERS)]

        # Until the gateway has renewed three times, under load all along.
        def produce(number):
            with gateway.connect() as connection:
                while sim.stats()["tokens"] < 4:
                    line = event(len(sent[number]), producer=number)
                    self.assert_ok(connection.ask(wire.post("long", line)))
                    sent[number].append(line)
        in_threads(PRODUCERS, produce)
        self.assert_upstream(sim, "long", sum(sent, []))
        self.assertEqual(sim.stats()["tokens_in_flight_max"], 1)

    def test_a_401_brings_one_new_token_and_the_batch_goes_again(self):
        sim, gateway = self.start({"batch": {"linger": "20ms"}})
        self.assert_ok(push(gateway, "renewed", [event(0)]))
        before = sim.stats()["tokens"]
        sim.refuse(1, 401)
        line = event(1)
        self.assert_ok(push(gateway, "again", [line]))
        self.assert_upstream(sim, "again", [line])
        self.assertEqual(sim.stats()["tokens"], before + 1)

    def test_a_secret_that_changes_on_disk_is_used_without_a_restart(self):
        sim = self.start_sim(token_ttl=1)
        config = self.config(sim, {"batch": {"linger": "20ms"}})
        self.file("secret", "wrong-" + self.secret)
        gateway = self.start_with(config)
        with gateway.connect() as connection:
            line = event(1)
            connection.send(wire.post("late", line))
            wait_until("a token refused", lambda: sim.refused_tokens() > 0)
            self.file("secret", self.secret)
            self.assert_ok(connection.reply())
        self.assert_upstream(sim, "late", [line])

    def test_an_api_key_is_sent_as_polaris_wants_it(self):
        key = "pok_" + self.secret
        sim = self.start_sim()
        gateway = self.start_gateway(
            sim, {"upstream": {"credentials": {
                "oauth2": None, "api_key_file": self.file("key", key)}}})
        line = event(1)
        self.assert_ok(push(gateway, "keyed", [line]))
        self.assert_upstream(sim, "keyed", [line])
        self.assertEqual(sim.stats()["tokens"], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
