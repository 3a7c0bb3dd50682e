"""polaris-sim started for a test, and a client that speaks in raw bytes.

Minutes and lives of tokens pass by the order that moves the clock; whatever
else is waited for is an event.
"""

import base64
import json
import signal
import socket
import subprocess
import sys
import unittest
import zlib

KEY = "Basic " + base64.b64encode(b"pok_polaris-sim:").decode()
LINE = b'{"__time":"2024-01-01T00:00:00Z","n":%d}\n'
FORM = ("grant_type=client_credentials&client_id=polaris-sim"
        "&client_secret=polaris-sim-secret")
TOKEN_PATH = "/auth/realms/org/protocol/openid-connect/token"


def digest(lines):
    """The documented digest, computed by other code."""
    return "%016x" % (sum(zlib.adler32(l) << 32 | zlib.crc32(l)
                          for l in lines) % 2**64)


class Gone(Exception):
    """The server closed before an answer was whole."""


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 20)
        self.buffer = b""

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def more(self):
        data = self.socket.recv(65536)
        if not data:
            raise Gone("end of file")
        self.buffer += data

    def answer(self):
        while b"\r\n\r\n" not in self.buffer:
            self.more()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        first, *rest = head.decode().split("\r\n")
        headers = [line.split(": ", 1) for line in rest]
        fields = {name.lower(): value for name, value in headers}
        want = int(fields.get("content-length", 0))
        while len(self.buffer) < want:
            self.more()
        body, self.buffer = self.buffer[:want], self.buffer[want:]
        return int(first.split(" ")[1]), fields, body

    def is_closed(self):
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


def request(path, body=b"", auth=KEY, method="POST", **headers):
    """Bytes of a request without fault; a header given as None is left out."""
    fields = {"Host": "sim", "User-Agent": "test", "Authorization": auth,
              "Content-Type": "application/json",
              "Content-Length": str(len(body))}
    for name, value in headers.items():
        fields[name.replace("_", "-")] = value
    head = "%s %s HTTP/1.1\r\n" % (method, path)
    head += "".join("%s: %s\r\n" % f for f in fields.items()
                    if f[1] is not None)
    return head.encode() + b"\r\n" + body


class Sim:
    def __init__(self, *options):
        self.process = subprocess.Popen(
            [binary(), "--listen", "127.0.0.1:0", *options],
            stdout=subprocess.PIPE, text=True)
        self.first = self.process.stdout.readline()
        self.port = int(self.first.rsplit(":", 1)[1])

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.rest = self.process.stdout.read()
        self.process.stdout.close()
        return self.process.wait(20)

    def client(self):
        return Client(self.port)

    def send(self, data):
        client = self.client()
        try:
            client.send(data)
            return client.answer()
        finally:
            client.close()

    def push(self, table, body, path="/v1/events/%s", **headers):
        return self.send(request(path % table, body, **headers))

    def get(self, path):
        return self.send(request(path, method="GET"))[2]

    def stats(self):
        return json.loads(self.get("/sim/stats"))

    def order(self, name, **fields):
        status, _, body = self.send(request("/sim/" + name,
                                            json.dumps(fields).encode()))
        return status, json.loads(body)

    def token_answer(self, form=FORM, **headers):
        headers.setdefault("Content_Type", "application/x-www-form-urlencoded")
        return self.send(request(TOKEN_PATH, form.encode(), None, **headers))

    def bearer(self):
        return "Bearer " + json.loads(self.token_answer()[2])["access_token"]


class Case(unittest.TestCase):
    options = ()

    def setUp(self):
        self.sim = Sim(*self.options)

    def tearDown(self):
        self.assertEqual(self.sim.stop(), 0)

    def order(self, name, **fields):
        status, answer = self.sim.order(name, **fields)
        self.assertEqual(status, 200, answer)
        return answer

    def assert_status(self, want, got):
        self.assertEqual(got[0], want, got)


def binary():
    """The program under test: run() takes it from the command line."""
    return run.binary


def run():
    """usage: A_test.py PATH-OF-POLARIS-SIM [unittest arguments]"""
    run.binary = sys.argv.pop(1)
    unittest.main(verbosity=0)
