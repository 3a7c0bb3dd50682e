"""kill -9 at random moments under load, again and again:

    kill_test.py [CYCLES [SEED]]

Eight connections post events of several tables, each event with a number and
a checksum, to a gateway at the level `durable`; it is killed after a random
time and started again, on the same spool.  The upstream runs all the time,
slow and failing now and then, and records what it takes.  In the end:

    acknowledged  is part of  delivered
    delivered     is part of  sent, byte for byte

The ledger says so in numbers, among them the duplicates, which a kill may
cause for what was in flight.
"""

import collections
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zlib

GATEWAY = os.environ.get("POLARIS_GATEWAY", "build/polaris-gateway")
SIM = os.environ.get("POLARIS_SIM", "build/polaris-sim")
CONNECTIONS = 8
TABLES = ["wikipedia", "clicks", "t", "metrics.cpu"]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Ledger:
    def __init__(self):
        self.lock = threading.Lock()
        self.next = 0
        self.sent = {}      # number -> line
        self.acked = set()
        self.refused = set()
        self.unknown = 0    # no reply
        self.statuses = collections.Counter()

    def take(self, count, random_):
        with self.lock:
            first = self.next
            self.next += count
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        lines = []
        for number in range(first, first + count):
            pad = "x" * random_.choice((0, 10, 200, 200, 2000))
            body = f'"n":{number},"p":"{pad}"'
            line = (f'{{"__time":"{stamp}",{body},'
                    f'"c":{zlib.crc32(body.encode())}}}')
            lines.append(line)
            self.sent[number] = line
        return range(first, first + count), lines


class Client(threading.Thread):
    """One keep-alive connection, one request at a time."""

    def __init__(self, ledger, port, seed):
        super().__init__(daemon=True)
        self.ledger, self.port = ledger, port
        self.random = random.Random(seed)
        self.stop = False

    def run(self):
        while not self.stop:
            try:
                with socket.create_connection(
                        ("127.0.0.1", self.port), timeout=10) as s:
                    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    while not self.stop:
                        self.post(s)
            except OSError:
                time.sleep(0.01)

    def post(self, s):
        count = self.random.choice((1, 1, 1, 3, 60))
        numbers, lines = self.ledger.take(count, self.random)
        body = ("\n".join(lines) + "\n").encode()
        table = self.random.choice(TABLES)
        s.sendall(b"POST /v1/events/%s HTTP/1.1\r\nHost: h\r\n"
                  b"Content-Length: %d\r\n\r\n"
                  % (table.encode(), len(body)) + body)
        reply = b""
        try:
            while b"\r\n\r\n" not in reply:
                piece = s.recv(65536)
                if not piece:
                    raise OSError("closed")
                reply += piece
        except OSError:
            self.ledger.unknown += 1
            raise
        status = int(reply.split(b" ", 2)[1])
        self.ledger.statuses[status] += 1
        if status == 200:
            assert b"Gateway-Ack: durable" in reply, reply
            self.ledger.acked.update(numbers)
            return
        if b"OutcomeUnknown" not in reply:
            self.ledger.refused.update(numbers)
        time.sleep(0.02)
        raise OSError("refused")    # its body is left unread


def start_sim(folder, port):
    return subprocess.Popen(
        [SIM, "--listen", f"127.0.0.1:{port}", "--record",
         os.path.join(folder, "delivered"), "--latency", "3"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def start_gateway(folder, port, sim_port, log):
    config = os.path.join(folder, "gateway.yaml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(f"""
listen: {{address: "127.0.0.1:{port}", workers: 2, max_body: 200KiB}}
admin: {{address: "127.0.0.1:0"}}
upstream:
  url: http://127.0.0.1:{sim_port}/v1/projects/p/events/{{table}}
  credentials: {{api_key: pok_polaris-sim}}
batch: {{linger: 20ms}}
spool:
  directory: {folder}/spool
  max_bytes: 16MiB
  segment_bytes: 1MiB
  memory_bytes: 1MiB
""")
    return subprocess.Popen([GATEWAY, "-c", config], stdout=log, stderr=log)


def wait_listening(port, gateway, seconds=20):
    end = time.time() + seconds
    while time.time() < end:
        assert gateway.poll() is None, "the gateway did not start"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.005)
    raise AssertionError("not listening")


def delivered_of(folder):
    counts = collections.Counter()
    lines = {}
    with open(os.path.join(folder, "delivered"), encoding="utf-8") as file:
        for row in file:
            if not row.endswith("\n"):
                break  # still being written
            line = row.rstrip("\n").split("\t", 1)[1]
            number = int(line.split('"n":', 1)[1].split(",", 1)[0])
            counts[number] += 1
            lines[number] = line
    return counts, lines


def wait_delivered(folder, ledger, seconds):
    """Until all that was acknowledged is there and nothing more comes."""
    end, last = time.time() + seconds, -1
    while time.time() < end:
        time.sleep(0.5)
        counts, lines = delivered_of(folder)
        total = sum(counts.values())
        if total == last and ledger.acked <= counts.keys():
            break
        last = total
    return delivered_of(folder)


def fault(sim_port, random_):
    """Now and then the upstream refuses or hangs up."""
    order = random_.choice(('{"calls":20,"status":503}',
                            '{"calls":5,"reset":"after"}',
                            '{"calls":10,"status":429}'))
    subprocess.run(["curl", "-s", "-o", "/dev/null", "--data-binary", order,
                    f"http://127.0.0.1:{sim_port}/sim/fault"], check=False)


def main():
    cycles = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    random_ = random.Random(seed)
    folder = tempfile.mkdtemp(prefix="kill_test_")
    port, sim_port = free_port(), free_port()
    ledger = Ledger()
    sim = start_sim(folder, sim_port)
    clients = [Client(ledger, port, seed * 100 + i)
               for i in range(CONNECTIONS)]
    slowest = 0
    with open(os.path.join(folder, "log"), "w", encoding="utf-8") as log:
        for client in clients:
            client.start()
        for cycle in range(cycles):
            began = time.time()
            gateway = start_gateway(folder, port, sim_port, log)
            wait_listening(port, gateway)
            slowest = max(slowest, time.time() - began)
            if random_.random() < 0.1:
                fault(sim_port, random_)
            time.sleep(random_.random() ** 2 * 0.8)
            gateway.send_signal(signal.SIGKILL)
            gateway.wait()
        for client in clients:
            client.stop = True
        gateway = start_gateway(folder, port, sim_port, log)
        wait_listening(port, gateway)
        for client in clients:
            client.join(timeout=15)
        counts, lines = wait_delivered(folder, ledger, 60)
        gateway.send_signal(signal.SIGTERM)
        code = gateway.wait(timeout=40)
    sim.kill()
    sim.wait()

    lost = ledger.acked - counts.keys()
    invented = [n for n in counts
                if n not in ledger.sent or lines[n] != ledger.sent[n]]
    refused = ledger.refused & counts.keys()
    again = sum(counts.values()) - len(counts)
    print(f"kill -9: {cycles} cycles, seed {seed}: {ledger.next} sent, "
          f"{len(ledger.acked)} acknowledged, {len(counts)} delivered, "
          f"{len(lost)} lost, {len(invented)} invented, "
          f"{len(refused)} refused and delivered, {again} duplicates, "
          f"{ledger.unknown} requests without a reply, replies "
          f"{dict(ledger.statuses)}, slowest start {slowest:.2f} s, "
          f"exit {code}")
    if lost or invented or refused or code != 0 or not ledger.acked:
        print(f"kept: {folder}; lost {sorted(lost)[:10]}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
