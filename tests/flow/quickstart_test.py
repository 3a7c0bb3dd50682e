"""The quick start, from its first line to the last thing it cleans up."""

import glob
import os
import re
import signal
import subprocess
import tempfile
import unittest

from gateway import EXECUTABLE
from program import PATIENCE_S, SANITIZER_REPORT, wait_until

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "..", "..", "deploy", "quickstart.sh")


class Quickstart(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="polaris-flow-")
        self.addCleanup(place.cleanup)
        self.folder = place.name

    def start(self, *arguments):
        script = subprocess.Popen(
            [SCRIPT, *arguments], text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True, env={
                **os.environ, "TMPDIR": self.folder,
                "BUILD_DIR": os.path.dirname(os.path.abspath(EXECUTABLE))})
        self.addCleanup(script.kill)
        self.addCleanup(script.stdout.close)
        return script

    def children(self):
        """Processes that work in our temporary folder."""
        found = []
        for cwd in glob.glob("/proc/[0-9]*/cwd"):
            try:
                if os.readlink(cwd).startswith(self.folder):
                    found.append(cwd)
            except OSError:
                pass
        return found

    def assert_clean(self, script, said):
        self.assertEqual(script.returncode, 0, said)
        self.assertIsNone(SANITIZER_REPORT.search(said), said)
        self.assertEqual(self.children(), [])
        self.assertEqual(os.listdir(self.folder), [])

    def test_it_shows_a_second_a_line_and_the_sum_and_ends_by_itself(self):
        script = self.start("--seconds", "3")
        said, _ = script.communicate(timeout=PATIENCE_S)
        self.assert_clean(script, said)
        self.assertEqual(len(re.findall(r"^ +0:0[123] ", said, re.M)), 3)
        total = re.search(
            r"^([\d,]+) events in ([\d,]+) calls instead of \1\.$", said,
            re.M)
        self.assertTrue(total, said)
        events, calls = (int(n.replace(",", "")) for n in total.groups())
        self.assertGreater(events, 0)
        self.assertLess(calls, events)
        self.assertIn("What came in is what came out", said)
        self.assertIn("curl ", said)
        self.assertNotIn("\033", said, "colours, and this is no terminal")

    def test_ctrl_c_and_a_hangup_end_it_cleanly(self):
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(sign=sign):
                script = self.start()
                said = ""
                while not re.search(r"^ +0:01 ", said, re.M):
                    line = script.stdout.readline()
                    self.assertTrue(line, said)
                    said += line
                self.assertEqual(len(self.children()), 2)
                # As a terminal does: to all that belong to the foreground.
                os.killpg(script.pid, sign)
                more, _ = script.communicate(timeout=PATIENCE_S)
                self.assertIn("instead of", more)
                self.assert_clean(script, said + more)

    def test_nothing_stays_when_it_is_killed(self):
        script = self.start()
        wait_until("both programs", lambda: len(self.children()) == 2)
        script.kill()
        script.wait()
        wait_until("none left", lambda: not self.children())

    def test_wrong_usage_is_exit_2_and_help_is_exit_0(self):
        for arguments, code in ((["--help"], 0), (["--nonsense"], 2),
                                (["--seconds"], 2), (["--seconds", "x"], 2),
                                (["--seconds=0"], 2), (["more"], 2)):
            with self.subTest(arguments=arguments):
                script = self.start(*arguments)
                said, _ = script.communicate(timeout=PATIENCE_S)
                self.assertEqual(script.returncode, code, said)
                self.assertIn("--seconds N", said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
