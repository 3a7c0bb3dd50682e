"""What an operator meets first: the command line and the configuration."""

import os
import subprocess
import unittest

import gateway
import wire
from flow import FlowTest, event, push
from program import PATIENCE_S

BOUND = "  url: http://127.0.0.1:1/v1/events/{table}\n  credentials: none\n"
UPSTREAM = "upstream:\n" + BOUND


class Start(FlowTest):
    def run_once(self, *arguments, env=None):
        return subprocess.run(
            [os.path.abspath(gateway.EXECUTABLE), *arguments],
            capture_output=True, text=True, timeout=PATIENCE_S, cwd=self.folder,
            env={**os.environ, **(env or {})})

    def check(self, text, env=None):
        return self.run_once("check", "-c", self.file("gateway.yaml", text),
                             env=env)

    def test_a_wrong_configuration_is_told_by_file_and_line_and_exit_2(self):
        cases = (
            ("listen:\n  adress: 127.0.0.1:0\n" + UPSTREAM, 2, "adress"),
            (UPSTREAM + "batch:\n  max_events: many\n", 5, "max_events"),
            (UPSTREAM + "batch: {max_events: 0}\n", 4, "max_events"),
            (UPSTREAM + "batch:\n  linger: 500\n", 5, "linger"),
            (UPSTREAM + "acknowledge: perhaps\n", 4, "acknowledge"),
            (UPSTREAM + "acknowledge: durable\n", 4, "acknowledge"),
            (UPSTREAM + "listen:\n  tls: {certificate: a, key: b}\n", 5,
             "tls"),
            (UPSTREAM + "producers:\n  authentication: jwt\n", 5,
             "authentication"),
            (UPSTREAM + "budget: {store: redis://localhost:6379/0}\n", 4,
             "store"),
            (UPSTREAM + "dead_letters:\n  directory: \"\"\n", 5, "directory"),
            ("upstream:\n  url: ${NO_SUCH_NAME}/{table}\n"
             "  credentials: none\n", 2, "NO_SUCH_NAME"),
            (UPSTREAM + "tables:\n  ../up: {id: a}\n", 5, "../up"),
            (UPSTREAM + "batch: [1]\n", 4, "batch"),
            ("upstream: {\n", None, ""),
            ("", None, "upstream"),
        )
        for text, line, word in cases:
            with self.subTest(text=text):
                for command in ("check", "run"):
                    done = self.run_once(command, "-c",
                                         self.file("gateway.yaml", text))
                    self.assertEqual(done.returncode, 2, done)
                    at = f"gateway.yaml:{line}" if line else "gateway.yaml"
                    self.assertIn(at, done.stderr)
                    self.assertIn(word, done.stderr)

    def test_check_prints_the_whole_configuration_without_its_secrets(self):
        text = ("upstream:\n  url: http://127.0.0.1:1/v1/events/{table}\n"
                "  credentials:\n    oauth2:\n      client_id: me\n"
                "      token_url: http://127.0.0.1:1/token\n"
                "      client_secret: ${SECRET_OF_THE_TEST}\n")
        done = self.check(text, {"SECRET_OF_THE_TEST": self.secret})
        self.assertEqual(done.returncode, 0, done)
        self.assertNotIn(self.secret, done.stdout + done.stderr)
        for word in ("max_events", "60", "linger", "500ms", "***",
                     "calls_per_minute", "83334", "delivered"):
            self.assertIn(word, done.stdout)

    def test_what_check_prints_is_a_configuration(self):
        first = self.check(UPSTREAM)
        self.assertEqual(first.returncode, 0, first)
        second = self.check(first.stdout)
        self.assertEqual((second.returncode, second.stdout),
                         (0, first.stdout), second)

    def test_help_and_version_are_there(self):
        for option, word in (("--help", "polaris-gateway"),
                             ("--version", "."),
                             ("--help-config", "linger")):
            done = self.run_once(option)
            self.assertEqual(done.returncode, 0, done)
            self.assertIn(word, done.stdout)

    def test_wrong_usage_is_exit_2(self):
        for arguments in (["--nonsense"], ["nonsense"], ["run", "-c"],
                          ["run", "-c", "/no/such/file"]):
            with self.subTest(arguments=arguments):
                done = self.run_once(*arguments)
                self.assertEqual(done.returncode, 2, done)
                self.assertTrue(done.stderr)

    def test_a_second_gateway_on_the_address_does_not_start(self):
        sim, first = self.start()
        address = "%s:%d" % first.address
        text = "\n".join(gateway.yaml(self.config(
            sim, {"listen": {"address": address}})))
        done = self.run_once("run", "-c", self.file("second.yaml", text))
        self.assertEqual(done.returncode, 3, done)
        self.assertIn(address, done.stderr)
        line = event(1)
        self.assert_ok(push(first, "still", [line]))
        self.assert_upstream(sim, "still", [line])

    def test_a_second_gateway_on_the_admin_address_does_not_start(self):
        sim, first = self.start()
        address = "%s:%d" % first.admin
        text = "\n".join(gateway.yaml(self.config(
            sim, {"admin": {"address": address}})))
        done = self.run_once("run", "-c", self.file("second.yaml", text))
        self.assertEqual(done.returncode, 3, done)
        self.assertIn(address, done.stderr)

    def test_the_file_limit_is_raised_for_its_connections(self):
        _, first = self.start({"listen": {"max_connections": 2000}})
        with open(f"/proc/{first.child.pid}/limits", encoding="ascii") as file:
            soft = next(line.split()[3] for line in file
                        if line.startswith("Max open files"))
        self.assertGreater(int(soft), 2000)

    def test_the_probes_answer(self):
        _, first = self.start()
        for path in ("/livez", "/readyz"):
            self.assertEqual(first.probe(path).status, 200)
        self.assertEqual(first.probe("/nothing").status, 404)

    def test_ipv6_loopback_is_an_address_too(self):
        try:
            sim, first = self.start({"listen": {"address": '"[::1]:0"'}})
        except AssertionError as error:
            if "Cannot assign" in str(error):
                self.skipTest("no IPv6 here")
            raise
        self.assert_ok(push(first, "six", [event(1)]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
