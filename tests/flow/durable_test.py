"""A 200 at the level `durable`: what it promises outlives the process."""

import os
import subprocess
import unittest

import gateway as gateway_module
from flow import FlowTest, event, push
from gateway import error_code
from program import PATIENCE_S, wait_until

SPOOL = {"max_bytes": "12MiB", "segment_bytes": "1MiB",
         "memory_bytes": "2MiB"}


class Durable(FlowTest):
    def over(self, **more):
        folder = os.path.join(self.folder, "spool")
        self.known.add("spool")
        return {"listen": {"max_body": "200KiB"},
                "batch": {"linger": "20ms"},
                "spool": {"directory": folder, **SPOOL}, **more}

    def stay(self, gateway, table, lines):
        """Kept, by a gateway whose upstream is away."""
        reply = push(gateway, table, lines)
        self.assert_ok(reply)
        self.assertEqual(reply.header("Gateway-Ack"), "durable")

    def spool(self, word):
        """polaris-gateway spool WORD on this test's folder."""
        return subprocess.run(
            [os.path.abspath(gateway_module.EXECUTABLE), "spool", word,
             os.path.join(self.folder, "spool")],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False)

    def waiting(self, table):
        """Events of the table, as `spool stat` counts them."""
        for line in self.spool("stat").stdout.splitlines():
            if line.split()[:1] == [table]:
                return int(line.split()[2])
        return 0

    def test_it_is_the_default_with_a_spool_and_arrives(self):
        sim, gateway = self.start(self.over())
        line = event(1)
        self.stay(gateway, "t", [line])
        self.await_events(sim, 1)
        self.assert_upstream(sim, "t", [line])

    def test_what_was_acknowledged_outlives_kill_9(self):
        sim = self.start_sim()
        address = sim.address
        gateway = self.start_gateway(sim, self.over())
        sim.kill()
        lines = [event(i) for i in range(300)]
        for i in range(0, 300, 3):
            self.stay(gateway, "abc"[i % 2], lines[i:i + 3])
        self.assertEqual(self.waiting("a") + self.waiting("b"), 300,
                         "told of a folder in use")
        gateway.kill()
        self.assertEqual(self.spool("verify").returncode, 0)
        back = self.start_sim(name="back", listen=address)
        again = self.start_gateway(back, self.over(), name="again")
        self.await_events(back, 300)
        self.assertEqual(
            sorted(back.events("a") + back.events("b")), sorted(lines))
        wait_until("the spool is empty", lambda: self.waiting("a") == 0 and
                   self.waiting("b") == 0)
        wait_until("told", lambda: again.log_lines("spool_recovered"))
        self.assertIn("events=300", again.log_lines("spool_recovered")[0])

    def test_an_end_in_good_order_leaves_what_was_not_sent(self):
        sim = self.start_sim()
        address = sim.address
        gateway = self.start_gateway(
            sim, self.over(shutdown_timeout="2s"))
        sim.kill()
        lines = [event(i) for i in range(50)]
        self.stay(gateway, "t", lines)
        self.assertEqual(gateway.stop(), 0)
        self.assertEqual(self.waiting("t"), 50)
        back = self.start_sim(name="back", listen=address)
        self.start_gateway(back, self.over(), name="again")
        self.await_events(back, 50)
        self.assert_upstream(back, "t", lines)

    def size_on_disk(self):
        """Of the spool's files, some of which get their last name now."""
        while True:
            try:
                return sum(os.path.getsize(os.path.join(folder, name))
                           for folder, _, names in os.walk(
                               os.path.join(self.folder, "spool"))
                           for name in names)
            except FileNotFoundError:
                continue

    def test_a_full_spool_refuses_and_keeps_what_it_has(self):
        sim = self.start_sim()
        address = sim.address
        gateway = self.start_gateway(sim, self.over())
        sim.kill()
        kept, refused = [], None
        for i in range(200):
            line = event(i, pad="x" * 150000)
            reply = push(gateway, "t", [line])
            if reply.status != 200:
                refused = reply
                break
            kept.append(line)
        self.assertIsNotNone(refused, "12 MiB are not endless")
        self.assertEqual((refused.status, error_code(refused)),
                         (503, "SpoolFull"), refused)
        self.assertIn(int(refused.header("Retry-After")), range(1, 61))
        self.assertGreater(len(kept), 40)
        self.assertLessEqual(self.size_on_disk(), 12 * 1024 * 1024)
        back = self.start_sim(name="back", listen=address)
        self.await_events(back, len(kept))
        self.assert_upstream(back, "t", kept)
        wait_until("room again", lambda: push(
            gateway, "t", [event(999)]).status == 200)

    def test_a_second_gateway_on_the_folder_says_who_has_it(self):
        sim, gateway = self.start(self.over())
        path = self.file("second.yaml", "\n".join(
            gateway_module.yaml(self.config(sim, self.over()))) + "\n")
        done = subprocess.run(
            [os.path.abspath(gateway_module.EXECUTABLE), "-c", path],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=PATIENCE_S, check=False)
        self.assertEqual(done.returncode, 3, done)
        self.assertIn(f"pid {gateway.child.pid} ", done.stdout)

    def test_less_than_the_default_may_be_asked(self):
        sim, gateway = self.start(self.over())
        for level in ("received", "delivered", "durable"):
            reply = push(gateway, "t", [event(1)], [("Gateway-Ack", level)])
            self.assert_ok(reply)
            self.assertEqual(reply.header("Gateway-Ack"), level)
        self.await_events(sim, 3)

    def test_delivered_with_a_spool_is_withdrawn_for_good(self):
        sim = self.start_sim()
        address = sim.address
        gateway = self.start_gateway(sim, self.over(ack_timeout="1s"))
        sim.kill()
        reply = push(gateway, "t", [event(1)],
                     [("Gateway-Ack", "delivered")])
        self.assertEqual((reply.status, error_code(reply)),
                         (503, "NotDeliveredYet"), reply)
        wait_until("withdrawn", lambda: self.waiting("t") == 0)
        gateway.kill()
        back = self.start_sim(name="back", listen=address)
        again = self.start_gateway(back, self.over(), name="again")
        line = event(2)
        self.stay(again, "t", [line])
        self.await_events(back, 1)
        self.assert_upstream(back, "t", [line])


if __name__ == "__main__":
    unittest.main()
