"""polaris-gateway top: once and plainly in a pipe, in place on a terminal."""

import os
import pty
import re
import signal
import subprocess
import time
import unittest

from flow import FlowTest, event, push
from gateway import EXECUTABLE, yaml
from program import PATIENCE_S, wait_until


def top(*arguments):
    return subprocess.run(
        [os.path.abspath(EXECUTABLE), "top", *arguments], text=True,
        stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S,
        check=False)


def address(gateway):
    return "%s:%d" % gateway.admin


class Terminal:
    """A terminal on which a command runs."""

    def __init__(self, *argv):
        self.said = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execv(argv[0], argv)

    def read_until(self, pattern):
        def found():
            try:
                self.said += os.read(self.fd, 65536)
            except OSError:
                raise AssertionError(self.said[-2000:]) from None
            return re.search(pattern, self.said)
        wait_until(pattern, found)

    def end(self, number):
        """Sends the signal, 0 for none, and reads on; the exit code."""
        os.kill(self.pid, number)
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                break
            if not data:
                break
            self.said += data
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class Top(FlowTest):
    def test_in_a_pipe_it_is_written_once(self):
        _, gateway = self.start()
        for number in range(3):
            self.assert_ok(push(gateway, "clicks", [event(number)],
                                [("X-Producer", "web")]))
        push(gateway, "clicks", [b"{]"])
        done = top(address(gateway))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertNotIn("\033", done.stdout)
        self.assertRegex(done.stdout, r"clicks +flowing +3 ")
        self.assertRegex(done.stdout, r"web +3 +3 +0 ")
        self.assertRegex(done.stdout,
                         r"not_json +1 last: clicks, line 1, offset 1")
        # A minute may have ended meanwhile.
        self.assertRegex(done.stdout, r"[0-3] of 83334 this minute")

    def test_it_says_why_there_is_nothing_to_show(self):
        token = self.file("token", "a-token-of-ours\n")
        _, gateway = self.start({"admin": {"token_file": token}})
        done = top(address(gateway))
        self.assertEqual(done.returncode, 1)
        self.assertIn("--token-file", done.stderr)
        done = top(address(gateway), "--token-file", token)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        done = top("%s:%d" % gateway.address)
        self.assertEqual(done.returncode, 1)
        self.assertIn("is it the admin address", done.stderr)
        done = top("127.0.0.1:1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("is a gateway running there", done.stderr)
        for wrong in ("nonsense", "http://nonsense", "https://a:1"):
            done = top(wrong)
            self.assertEqual(done.returncode, 1, wrong)
            self.assertIn("must be HOST:PORT", done.stderr, wrong)
        for wrong in (["--nonsense"], ["--token-file"], ["-c"], ["a:1", "b:2"],
                      ["-c", "/nowhere"], ["--token-file", "/nowhere"]):
            self.assertEqual(top(*wrong).returncode, 2, wrong)

    def test_whom_it_asks_may_be_told_in_three_ways(self):
        token = self.file("token", "a-token-of-ours\n")
        sim = self.start_sim()
        gateway = self.start_gateway(sim, {"admin": {"token_file": token}})
        for url in (address(gateway), "http://" + address(gateway),
                    "HTTP://" + address(gateway) + "/"):
            done = top(url, "--token-file", token)
            self.assertEqual((done.returncode, done.stderr), (0, ""), url)
            self.assertIn("no event has come yet", done.stdout)
        told = self.file("told.yaml", "\n".join(yaml(self.config(sim, {
            "admin": {"address": address(gateway), "token_file": token}}))))
        done = top("-c", told)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("no event has come yet", done.stdout)
        done = top("-c", told, "127.0.0.1:1")
        self.assertEqual(done.returncode, 1, "what is told goes first")
        self.assertIn("127.0.0.1:1:", done.stderr)

    def test_it_helps(self):
        done = top("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("usage: polaris-gateway top [ADDRESS", done.stdout)

    def test_on_a_terminal_it_is_refreshed_until_it_is_ended(self):
        _, gateway = self.start({"admin": {"address": self.hold_port()}})
        terminal = Terminal(os.path.abspath(EXECUTABLE), "top",
                            address(gateway))
        terminal.read_until(rb"no event has come yet")
        self.assert_ok(push(gateway, "clicks", [event(1)]))
        terminal.read_until(rb"clicks +\S*flowing")
        gateway.stop()
        terminal.read_until(rb"is a gateway running there")
        self.assertEqual(terminal.end(signal.SIGINT), 0)
        self.assertTrue(terminal.said.endswith(
            b"\033[?7h\033[?25h\033[?1049l"), terminal.said[-40:])

    def test_a_terminal_where_nobody_answers_is_left_as_it_is(self):
        terminal = Terminal(os.path.abspath(EXECUTABLE), "top", "127.0.0.1:1")
        terminal.read_until(rb"is a gateway running there")
        self.assertEqual(terminal.end(0), 1)
        self.assertNotIn(b"\033", terminal.said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
