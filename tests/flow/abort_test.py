"""A bug ends the program by SIGABRT: a line, a core, nothing lost."""

import os
import resource
import signal
import unittest

from flow import SANITIZER, FlowTest, event, push

CORE_PATTERN = "/proc/sys/kernel/core_pattern"


def a_core_is_possible():
    """Not where the limit forbids it, or a sanitizer's memory is too large."""
    with open(CORE_PATTERN, encoding="ascii") as file:
        pattern = file.read().strip()
    limit = resource.getrlimit(resource.RLIMIT_CORE)[1]
    return pattern != "" and limit != 0 and not SANITIZER


class Abort(FlowTest):
    def over(self):
        self.known.add("spool")
        return {"listen": {"max_body": "200KiB"},
                "spool": {"directory": os.path.join(self.folder, "spool"),
                          "max_bytes": "12MiB", "segment_bytes": "1MiB",
                          "memory_bytes": "2MiB"}}

    def abort(self, gateway):
        """Ends it so; the wait status."""
        gateway.expected = -signal.SIGABRT
        gateway.send(signal.SIGABRT)
        status = os.waitpid(gateway.child.pid, 0)[1]
        gateway.child.returncode = os.waitstatus_to_exitcode(status)
        self.known |= {name for name in os.listdir(self.folder)
                       if name.startswith("core")}
        return status

    def test_it_says_where_leaves_a_core_and_keeps_what_was_acknowledged(self):
        sim = self.start_sim()
        address = sim.address
        gateway = self.start_gateway(sim, self.over())
        sim.kill()
        lines = [event(i) for i in range(30)]
        reply = push(gateway, "t", lines)
        self.assert_ok(reply)
        self.assertEqual(reply.header("Gateway-Ack"), "durable")

        status = self.abort(gateway)
        self.assertTrue(os.WIFSIGNALED(status), status)
        self.assertEqual(os.WTERMSIG(status), signal.SIGABRT)
        self.assertRegex(gateway.stderr,
                         r"(?m)^polaris-gateway [0-9.]+ \([0-9-]+\): a bug, "
                         r"ended by SIGABRT at:\n(.*\n)*?\S*polaris-gateway\(")
        if a_core_is_possible():
            self.assertTrue(os.WCOREDUMP(status), "no core")

        back = self.start_sim(name="back", listen=address)
        self.start_gateway(back, self.over(), name="again")
        self.await_events(back, 30)
        self.assert_upstream(back, "t", lines)


if __name__ == "__main__":
    unittest.main()
