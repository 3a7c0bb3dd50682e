"""polaris-sim as a test sees it: its orders, and what it has taken."""

import json
import os
import urllib.parse
import urllib.request

from program import PATIENCE_S, Program

BATCH_BYTES = 1000000

EXECUTABLE = os.environ.get("POLARIS_SIM", "build/polaris-sim")


class Sim(Program):
    def __init__(self, folder, name="sim", listen="127.0.0.1:0", **options):
        self.options = options
        argv = [os.path.abspath(EXECUTABLE), "--listen", listen]
        argv += ["--strict", "--detect-duplicates"]
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

    # Of the statistics, what most tests ask for.

    def taken(self):
        return self.stats()["events"]

    def calls(self):
        """All that were made on the event paths, whatever their answer."""
        return self.stats()["calls"]

    def answered(self, status):
        return self.stats()["by_status"].get(str(status), 0)

    def tokens(self):
        """How many were given."""
        return self.stats()["tokens"]["by_status"].get("200", 0)

    def events(self, table):
        """The lines of a table, as bytes, in the order of their arrival."""
        table = urllib.parse.quote(table)
        return self.order(f"/sim/events?table={table}").splitlines()

    def fault(self, **order):
        """The next calls are spoilt; with no filter, the next one."""
        self.order("/sim/fault", order)

    def change(self, **settings):
        self.order("/sim/set", settings)

    def complaints(self):
        """What a good client does not do, but for what a test provokes."""
        stats = self.stats()
        found = {key: stats[key] for key in ("violations", "duplicates")
                 if stats[key]}
        if stats["max_bytes"] > BATCH_BYTES:
            found["max_bytes"] = stats["max_bytes"]
        if stats["tokens"]["max_in_flight"] > 1:
            found["tokens"] = stats["tokens"]
        return [f"{self.name}: {found} {stats['violation_sample']}"] \
            if found else []
