"""HTTP by the byte: what is sent is exactly what the test says."""

import socket

from program import PATIENCE_S


class Reply:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def all(self, name):
        return [v for k, v in self.headers if k.lower() == name.lower()]

    def header(self, name):
        """The one value of a header, or None."""
        values = self.all(name)
        assert len(values) <= 1, f"{name} stands {len(values)} times"
        return values[0] if values else None

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:300]!r}>"


class Closed(AssertionError):
    """The other side closed where a reply was due."""


def request(method, path, headers=(), body=b""):
    """A request whose framing is the caller's: nothing is added but Host."""
    head = [f"{method} {path} HTTP/1.1", "Host: gateway"]
    head += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


def post(table, body, headers=(), path="/v1/events/"):
    """The usual push: NDJSON with a Content-Length."""
    return request("POST", path + table,
                   [("Content-Length", len(body)), *headers], body)


def chunked(table, pieces, headers=()):
    body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces if p)
    return request("POST", "/v1/events/" + table,
                   [("Transfer-Encoding", "chunked"), *headers],
                   body + b"0\r\n\r\n")


class Connection:
    def __init__(self, address):
        self.socket = socket.create_connection(address, PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.read = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def _more(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        if not data:
            raise Closed(f"closed after {self.read[-300:]!r}")
        self.read += data

    def _line(self):
        while b"\r\n" not in self.read:
            self._more()
        line, self.read = self.read.split(b"\r\n", 1)
        return line.decode("latin-1")

    def _bytes(self, count):
        while len(self.read) < count:
            self._more()
        data, self.read = self.read[:count], self.read[count:]
        return data

    def reply(self, to="POST"):
        status = self._line().split(" ")
        assert status[0] == "HTTP/1.1", status
        headers = []
        while line := self._line():
            name, value = line.split(":", 1)
            headers.append((name, value.strip()))
        reply = Reply(int(status[1]), headers, b"")
        if to != "HEAD" and reply.status >= 200:
            reply.body = self._body(reply)
        return reply

    def _body(self, reply):
        if (reply.header("Transfer-Encoding") or "").lower() != "chunked":
            return self._bytes(int(reply.header("Content-Length") or 0))
        body = b""
        while size := int(self._line(), 16):
            body += self._bytes(size)
            self._line()
        self._line()
        return body

    def ask(self, data, to="POST"):
        self.send(data)
        return self.reply(to)

    def is_closed(self):
        """True once the other side has closed, False if it says more."""
        if self.read:
            return False
        try:
            return not self.socket.recv(1)
        except ConnectionResetError:
            return True


def ask(address, data, to="POST"):
    """One request on a connection of its own."""
    with Connection(address) as connection:
        return connection.ask(data, to)
