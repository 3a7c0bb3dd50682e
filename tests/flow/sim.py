"""polaris-sim as a test sees it: its orders, and what it has taken."""

import json
import os
import urllib.parse
import urllib.request

from program import PATIENCE_S, Program

EXECUTABLE = os.environ.get("POLARIS_SIM", "build/polaris-sim")


class Sim(Program):
    def __init__(self, folder, name="sim", listen="127.0.0.1:0", **options):
        self.options = options
        argv = [os.path.abspath(EXECUTABLE), "--listen", listen]
        for key, value in options.items():
            argv += ["--" + key.replace("_", "-"), str(value)]
        super().__init__(name, argv, folder)
        line = self.await_output("the sim's address",
                                 r"^polaris-sim listening on (http://\S+)$",
                                 "stdout")
        self.url = line.group(1)
        self.address = urllib.parse.urlsplit(self.url).netloc

    def order(self, path, body=None):
        """What the sim answers to an order."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path, data=data,
            headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return answer.read()

    def stats(self):
        return json.loads(self.order("/sim/stats"))

    def events(self, table):
        """The lines of a table, as bytes, in the order of their arrival."""
        table = urllib.parse.quote(table)
        return self.order(f"/sim/events?table={table}").splitlines()

    def fault(self, **order):
        self.order("/sim/fault", order)
