"""A raw upstream that lies on order, and a good one otherwise.

What a call meets is decided by its table: the first calls of a table that is
named after a lie are lied to, the others are taken and kept.  With TLS the
certificate is the lie.
"""

import collections
import socket
import ssl
import struct
import threading
import time

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
MEGABYTE = bytes(1 << 20)


class Gone(Exception):
    """The other side closed."""


class Call:
    """One request, as far as it has been read."""

    def __init__(self, connection):
        self.connection = connection
        self.rest = b""
        while b"\r\n\r\n" not in self.rest:
            self._more()
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        self.table = lines[0].split(" ")[1].rsplit("/", 1)[1]
        fields = dict(line.lower().split(": ", 1) for line in lines[1:])
        self.length = int(fields["content-length"])

    def _more(self):
        data = self.connection.recv(65536)
        if not data:
            raise Gone
        self.rest += data

    def body(self):
        while len(self.rest) < self.length:
            self._more()
        return self.rest

    def say(self, data):
        self.connection.sendall(data)

    def stare(self):
        """Says nothing until the other side gives up."""
        while self.connection.recv(65536):
            pass

    def drip(self):
        while True:
            self.say(b"x")
            time.sleep(0.02)

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                   struct.pack("ii", 1, 0))


def silence(call):
    call.body()
    call.stare()


def dripping_head(call):
    call.body()
    call.say(b"HTTP/1.1 200 OK\r\nX: ")
    call.drip()


def dripping_answer(call):
    call.body()
    call.say(b"HTTP/1.1 503 No\r\nContent-Length: 100000\r\n\r\n")
    call.drip()


def ten_thousand_headers(call):
    call.body()
    call.say(b"HTTP/1.1 200 OK\r\n" + b"X-Header: one\r\n" * 10000 +
             b"Content-Length: 0\r\n\r\n")


def hundred_megabytes(call):
    call.body()
    call.say(b"HTTP/1.1 503 No\r\nContent-Length: 104857600\r\n\r\n")
    for _ in range(100):
        call.say(MEGABYTE)


def redirect(call):
    call.body()
    call.say(b"HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:1/\r\n"
             b"Content-Length: 0\r\n\r\n")


def continues_for_ever(call):
    call.body()
    while True:
        call.say(b"HTTP/1.1 102 Processing\r\n\r\n")


def reset_amid_the_request(call):
    call.reset()


def reset_after_the_request(call):
    call.body()
    call.reset()


def close_amid_the_answer(call):
    call.body()
    call.say(b"HTTP/1.1 200 OK\r\nContent-Le")


def early_refusal(call):
    call.say(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n"
             b"Connection: close\r\n\r\n{}")
    call.stare()


def no_http(call):
    call.body()
    call.say(b"220 mail.example ESMTP\r\n")


LIES = {lie.__name__: lie for lie in (
    silence, dripping_head, dripping_answer, ten_thousand_headers,
    hundred_megabytes, redirect, continues_for_ever, reset_amid_the_request,
    reset_after_the_request, close_amid_the_answer, early_refusal, no_http)}


class Liar:
    """Serves on a free port from the start until close()."""

    def __init__(self, lies=2):
        self.lies = lies
        self.certificate = None  # (file, key): each connection is TLS
        self.lock = threading.Lock()
        self.lied = collections.Counter()  # by table
        self.taken = collections.defaultdict(list)  # lines, by table
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = self.listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,),
                             daemon=True).start()

    def _serve(self, connection):
        with connection:
            try:
                if self.certificate:
                    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                    context.load_cert_chain(*self.certificate)
                    connection = context.wrap_socket(connection,
                                                     server_side=True)
                while self._answer(Call(connection)):
                    pass
            except (OSError, Gone):
                connection.close()

    def _answer(self, call):
        with self.lock:
            lies = (call.table in LIES and
                    self.lied[call.table] < self.lies)
            self.lied[call.table] += lies
        if lies:
            LIES[call.table](call)
            return False
        body = call.body()
        with self.lock:
            self.taken[call.table] += body.splitlines()
        call.say(OK)
        return True

    def events(self, table):
        with self.lock:
            return list(self.taken[table])
