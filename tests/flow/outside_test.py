"""What is outside the gateway and stops working does not stop the gateway."""

import os
import signal
import subprocess
import threading
import unittest

import gateway as gateway_module
import wire
from flow import FlowTest, event, push
from gateway import Gateway
from metrics_test import scrape
from program import wait_until


class LogReader:
    """Reads a gateway's standard error into its file, until it is paused."""

    def __init__(self):
        self.read_end, self.write_end = os.pipe()
        self.reading = threading.Event()
        self.reading.set()

    def follow(self, path):
        os.close(self.write_end)
        self.thread = threading.Thread(target=self._copy, args=(path,))
        self.thread.start()

    def _copy(self, path):
        with open(path, "ab", buffering=0) as file:
            while True:
                self.reading.wait()
                data = os.read(self.read_end, 4096)
                if not data:
                    break
                file.write(data)

    def close(self):
        self.reading.set()
        self.thread.join()
        os.close(self.read_end)


class PipedGateway(Gateway):
    """Its log goes through a pipe whose reader can be paused."""

    def __init__(self, folder, config):
        self.reader = LogReader()
        super().__init__(folder, config, stderr=self.reader.write_end)

    def _address(self, word):
        if not hasattr(self.reader, "thread"):
            self.reader.follow(self.err)
        return super()._address(word)


class Outside(FlowTest):
    def start_piped(self):
        sim = self.start_sim()
        config = self.config(sim, {"acknowledge": "received",
                                   "batch": {"linger": "20ms"},
                                   "log": {"level": "debug"}})
        gateway = self._add(PipedGateway(self.folder, config))
        self.addCleanup(gateway.reader.close)
        gateway.await_ready()
        return sim, gateway

    def fill_the_log(self, gateway):
        """At level debug each refusal is a line."""
        def dropped():
            with gateway.connect() as connection:
                for _ in range(500):
                    reply = connection.ask(wire.post("t", b"{]"))
                    self.assertEqual(reply.status, 400)
            return scrape(gateway).get("log_lines_dropped_total") > 0
        wait_until("lines are dropped", dropped)

    def test_a_log_that_nobody_reads_stops_nothing_and_is_told_later(self):
        sim, gateway = self.start_piped()
        gateway.reader.reading.clear()
        self.fill_the_log(gateway)
        lines = [event(i) for i in range(50)]
        self.assert_ok(push(gateway, "t", lines,
                            [("Gateway-Ack", "delivered")]))
        self.assert_upstream(sim, "t", lines)
        gateway.reader.reading.set()
        wait_until("told", lambda: gateway.log_lines("log_lines_dropped"))
        self.assertEqual(gateway.stop(), 0)

    def test_a_log_that_nobody_reads_does_not_hold_up_the_end(self):
        _, gateway = self.start_piped()
        gateway.reader.reading.clear()
        self.fill_the_log(gateway)
        self.assertEqual(gateway.stop(), 0)

    def test_a_program_started_without_standard_files_serves(self):
        sim = self.start_sim()
        gateway = self.start_gateway(sim, {"batch": {"linger": "20ms"}})
        config = gateway.config
        gateway.stop()
        # Numbers 0 to 2 are free for the first sockets that it opens.
        child = subprocess.Popen(
            ["/bin/sh", "-c", 'exec "$0" -c "$1" <&- >&- 2>&-',
             os.path.abspath(gateway_module.EXECUTABLE), config])
        try:
            def standard_files():
                try:
                    return [os.readlink(f"/proc/{child.pid}/fd/{i}")
                            for i in range(3)]
                except OSError:
                    return []
            wait_until("they lead to /dev/null",
                       lambda: standard_files() == ["/dev/null"] * 3)
        finally:
            child.send_signal(signal.SIGTERM)
            self.assertIn(child.wait(), (0, -signal.SIGTERM))


if __name__ == "__main__":
    unittest.main(verbosity=2)
