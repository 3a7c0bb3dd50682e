"""A child process, whose end is held to as much as its answers are."""

import os
import re
import resource
import signal
import subprocess
import time

# How long a condition may take to come true on a loaded machine.  Whatever is
# awaited is asked for again and again, so a high number costs nothing.
PATIENCE_S = 600 if os.environ.get("SANITIZE") else 180

SANITIZER_REPORT = re.compile(r"Sanitizer|runtime error:")
FEW_FILES = 1024


class Late(AssertionError):
    """A condition did not come true in time."""


def until(what, condition, seconds=PATIENCE_S):
    """Goes round while the answer is not true, but not for ever."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Late(f"waited {seconds} s for: {what}")
        yield


def wait_until(what, condition, seconds=PATIENCE_S):
    """Asks again and again until the answer is true."""
    for _ in until(what, condition, seconds):
        time.sleep(0.01)


def _usual_limits():
    """What a service gets by default, whatever this test allows itself."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    few = min(FEW_FILES, hard) if hard != resource.RLIM_INFINITY else FEW_FILES
    resource.setrlimit(resource.RLIMIT_NOFILE, (few, hard))


class Program:
    """One run of one executable: started, watched, ended, checked."""

    def __init__(self, name, argv, folder, env=None, stderr=None):
        """`stderr`: a descriptor that gets it instead of the file."""
        self.name = name
        self.expected = 0
        self.out = os.path.join(folder, name + ".out")
        self.err = os.path.join(folder, name + ".err")
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.child = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=out,
                stderr=err if stderr is None else stderr,
                cwd=folder, env={**os.environ, **(env or {})},
                start_new_session=True, preexec_fn=_usual_limits)

    @property
    def stdout(self):
        with open(self.out, encoding="utf-8", errors="replace") as file:
            return file.read()

    @property
    def stderr(self):
        with open(self.err, encoding="utf-8", errors="replace") as file:
            return file.read()

    def running(self):
        return self.child.poll() is None

    def await_output(self, what, pattern, stream="stderr"):
        """The match of `pattern` in what the program has said so far."""
        def found():
            running = self.running()
            match = re.search(pattern, getattr(self, stream), re.MULTILINE)
            if not match and not running:
                raise AssertionError(
                    f"{self.name} ended with {self.child.returncode} before: "
                    f"{what}\n{self.stderr}")
            return match
        wait_until(what, found)
        return found()

    def send(self, sign):
        if self.running():
            self.child.send_signal(sign)

    def ended(self):
        """Waits for the end; the exit code."""
        try:
            return self.child.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Late(f"{self.name} did not end\n{self.stderr}") from None

    def stop(self):
        self.send(signal.SIGTERM)
        return self.ended()

    def kill(self):
        """An end without notice: as power and the kernel do it."""
        if self.running():
            self.expected = -signal.SIGKILL
            self.child.kill()
        self.child.wait()

    def faults(self):
        """What is wrong with how it ended."""
        found = []
        if self.child.returncode != self.expected:
            found.append(f"{self.name} ended with {self.child.returncode}\n"
                         f"{self.stderr[-3000:]}")
        if SANITIZER_REPORT.search(self.stderr):
            found.append(f"{self.name}: sanitizer report\n{self.stderr}")
        try:
            os.killpg(self.child.pid, 0)
        except ProcessLookupError:
            pass
        else:
            found.append(f"{self.name}: left a process behind")
        return found
