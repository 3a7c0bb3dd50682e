"""Real events: the edits of Wikipedia that Druid's tutorials use."""

import os
import unittest

from flow import FlowTest, now, push

EDITS = os.path.join(os.path.dirname(__file__), "..", "..", "..", "shared",
                     "data", "wikipedia-edits-2015-09-12.ndjson")


class Wikipedia(FlowTest):
    def test_a_hundred_edits_of_wikipedia_arrive_to_the_byte(self):
        if not os.path.exists(EDITS):
            # The runner counts the whole file as skipped by these words.
            print(f"\nSKIPPED, LOUDLY: {EDITS} is not here, so nothing was "
                  "shown about real events", flush=True)
            self.skipTest("no sample of real events")
        with open(EDITS, "rb") as file:
            edits = [moved_to_now(line) for line in file.read().splitlines()]
        self.assertEqual(len(edits), 100)
        sim, gateway = self.start()
        self.assert_ok(push(gateway, "wikipedia", edits))
        self.assert_upstream(sim, "wikipedia", edits)


def moved_to_now(line):
    """The edit with its time as __time, and that now; the rest as it was."""
    name, rest = line.split(b":", 1)
    assert name == b'{"time"' and rest[0:1] == b'"', line[:40]
    return b'{"__time":"%s"%s' % (now().encode(), rest[rest.index(b'"', 1) + 1:])


if __name__ == "__main__":
    unittest.main(verbosity=2)
