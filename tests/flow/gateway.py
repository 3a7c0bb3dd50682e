"""polaris-gateway as a test sees it: its configuration, addresses, end."""

import json
import os
import socket

import wire
from program import Program, wait_until

EXECUTABLE = os.environ.get("POLARIS_GATEWAY", "build/polaris-gateway")


def yaml(value, depth=0):
    """Block style, as a person writes it."""
    lines = []
    for key, inner in value.items():
        if isinstance(inner, dict):
            lines.append("  " * depth + f"{key}:")
            lines += yaml(inner, depth + 1)
        else:
            lines.append("  " * depth + f"{key}: {inner}")
    return lines


def merged(base, over):
    """`over` laid onto `base`; a None takes a key away."""
    result = dict(base)
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            value = merged(result[key], value)
        result[key] = value
        if value is None:
            del result[key]
    return result


# The gateway's own time limits are none of what most tests are about: a
# machine that stands still for a while must not change what happens.
LONG = "10m"


def usual(sim_url, secret_file):
    return {
        "listen": {"address": "127.0.0.1:0", "workers": 2,
                   "header_timeout": LONG, "body_timeout": LONG},
        "ack_timeout": LONG,
        "admin": {"address": "127.0.0.1:0"},
        "upstream": {
            "url": sim_url + "/v1/projects/flow/events/{table}",
            "timeout": LONG,
            "credentials": {"oauth2": {
                "token_url": sim_url +
                "/auth/realms/flow/protocol/openid-connect/token",
                "client_id": "flow",
                "client_secret_file": secret_file,
            }},
        },
    }


def pair(address):
    host, port = address.rsplit(":", 1)
    return host.strip("[]"), int(port)


class Gateway(Program):
    def __init__(self, folder, config, name="gateway", env=None,
                 stderr=None):
        self.config = os.path.join(folder, name + ".yaml")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("\n".join(yaml(config)) + "\n")
        super().__init__(name, [os.path.abspath(EXECUTABLE), "-c",
                                self.config], folder, env, stderr)
        self.address = self._address("listening")
        self.admin = self._address("admin_listening")

    def _address(self, word):
        line = self.await_output(
            f"the line {word}", rf' {word} .*?address=(\S+)|'
            rf'"event":"{word}".*?"address":"([^"]+)"')
        return pair(line.group(1) or line.group(2))

    def probe(self, path):
        """The answer of a probe, or None when nobody listens."""
        try:
            return wire.ask(self.admin, wire.request("GET", path), "GET")
        except (ConnectionError, wire.Closed, socket.timeout):
            return None

    def await_ready(self):
        def ready():
            reply = self.probe("/readyz")
            return reply and reply.status == 200
        wait_until("ready", ready)

    def ask(self, data, to="POST"):
        return wire.ask(self.address, data, to)

    def connect(self):
        return wire.Connection(self.address)

    def log_lines(self, word):
        return [line for line in self.stderr.splitlines()
                if f" {word} " in line + " "]


def error_code(reply):
    """The stable word in a refusal's body."""
    return json.loads(reply.body)["code"]
