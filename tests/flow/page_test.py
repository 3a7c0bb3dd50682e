"""The status page in a browser: what it shows is what /status says."""

import json
import os
import unittest

import browser
import wire
from flow import FlowTest, event, push
from metrics_test import get, scrape, status
from program import Late, wait_until

# Of the rows of a list: by name, then by column, what stands there.
ROWS = """
const found = {};
for (const row of document.querySelectorAll("#" + arguments[0] + " tbody tr"))
	found[row.dataset.name] = Object.fromEntries([...row.cells].map(
		cell => [cell.dataset.key, cell.textContent]));
return found;
"""


def number(text):
    return int(text.replace(",", ""))


class Page(FlowTest):
    def setUp(self):
        super().setUp()
        lacking = browser.missing()
        if lacking:
            print(f"\nSKIPPED, LOUDLY: there is no {lacking} (Debian packages "
                  "chromium and chromium-driver), so nobody has looked at the "
                  "status page", flush=True)
            self.skipTest(f"no {lacking}")

    def open(self, gateway, **options):
        window = browser.Browser(**options)
        self.addCleanup(window.close)
        window.go("http://%s:%d/" % gateway.admin)
        return window

    def quiet(self, gateway):
        wait_until("nothing waits",
                   lambda: scrape(gateway).sum("events_waiting") == 0)

    def assert_no_complaint(self, window, but=()):
        told = [entry for entry in window.console()
                if entry["source"] not in but]
        self.assertEqual(told, [])

    def await_agreement(self, window, gateway):
        """Until one look at the page shows what one at /status says.

        A minute may end between the two: then they agree a second later."""
        disagreement = None

        def agree():
            nonlocal disagreement
            try:
                self.assert_agreement(window, status(gateway))
            except AssertionError as error:
                disagreement = error
                return False
            return True
        try:
            wait_until("the page and /status agree", agree)
        except Late:
            raise disagreement from None

    def assert_agreement(self, window, said):
        self.assertEqual(window.text("#sentence"), said["health"]["sentence"])
        self.assertEqual(window.text("#advice"), said["health"]["advice"])
        for tile, value in (("#t-calls", said["budget"]["used"]),
                            ("#t-waiting", said["events"]["waiting"])):
            self.assertEqual(number(window.text(tile)), value, tile)
        tables = window.script(ROWS, "tables")
        self.assertEqual(set(tables), {t["name"] for t in said["tables"]})
        for table in said["tables"]:
            shown = tables[table["name"]]
            for key in ("accepted", "delivered", "waiting", "rejected",
                        "withdrawn", "calls_in_minute"):
                self.assertEqual(number(shown[key]), table[key], key)
            self.assertEqual(shown["lane"], table["lane"])
        producers = window.script(ROWS, "producers")
        self.assertEqual(set(producers), {p["name"] for p in said["producers"]})
        for producer in said["producers"]:
            shown = producers[producer["name"]]
            for key in ("events", "requests", "refused"):
                self.assertEqual(number(shown[key]), producer[key], key)
        rejects = window.script(ROWS, "rejects")
        self.assertEqual(
            {k: number(v["count"]) for k, v in rejects.items()},
            {r["reason"]: r["count"] for r in said["rejects"]})

    def test_its_numbers_are_those_of_status(self):
        _, gateway = self.start()
        for n in range(7):
            self.assert_ok(push(gateway, "clicks", [event(n), event(n + 100)],
                                [("X-Producer", "web")]))
        self.assert_ok(push(gateway, "orders", [event(1)],
                            [("X-Producer", "<b>&amp;</b>")]))
        for _ in range(3):
            push(gateway, "clicks", [event(1), b'{"__time":1}'],
                 [("X-Producer", "web")])
        self.quiet(gateway)
        window = self.open(gateway)
        window.await_text("#contact", "live")
        self.await_agreement(window, gateway)
        self.assertEqual(window.text("#t-in-more"), "15 accepted")
        self.assertEqual(window.text("#t-out-more"), "15 delivered")
        self.assertEqual(set(window.script(ROWS, "tables")),
                         {"clicks", "orders"})
        self.assertEqual(set(window.script(ROWS, "producers")),
                         {"web", "<b>&amp;</b>"})
        rejects = window.script(ROWS, "rejects")
        self.assertEqual(number(rejects["time_not_string"]["count"]), 3)
        self.assertIn("web → clicks, line 2, offset 10",
                      rejects["time_not_string"]["where"])
        self.assertEqual(
            window.script("return performance.getEntriesByType('resource')"
                          ".filter(e => new URL(e.name).origin !== "
                          "location.origin).map(e => e.name)"), [])
        self.assert_no_complaint(window)

    def test_lists_are_sorted_by_a_click(self):
        _, gateway = self.start()
        for table, count in (("a", 2), ("b", 3), ("c", 1)):
            self.assert_ok(push(gateway, table,
                                [event(i, of=table) for i in range(count)]))
        window = self.open(gateway)
        window.await_text("#t-in-more", "6 accepted")

        def order():
            return window.script("return [...document.querySelectorAll("
                                 "'#tables tbody tr')].map(r => "
                                 "r.dataset.name).join('')")
        self.assertEqual(order(), "bac", "most accepted first")
        window.click("#tables th:nth-child(1) button")
        self.assertEqual(order(), "abc")
        window.click("#tables th:nth-child(1) button")
        self.assertEqual(order(), "cba")
        self.assert_no_complaint(window)

    def await_seconds(self, window, but):
        """Waits for more seconds in the curves than these; how many."""
        wait_until("a second's end", lambda: window.script(
            "return rows.length") > but)
        return window.script("return rows.length")

    def test_it_tells_of_lost_contact_and_survives_a_restart(self):
        over = {"admin": {"address": self.hold_port()}}
        sim, gateway = self.start(over)
        self.assert_ok(push(gateway, "before", [event(1)]))
        window = self.open(gateway)
        window.await_text("#t-in-more", "1 accepted")
        seconds = self.await_seconds(window, 0)
        gateway.kill()
        self.programs.remove(gateway)
        window.await_text("#sentence", "^No contact with the gateway since ")
        window.await_text("#contact", "no contact")
        second = self.start_gateway(sim, over, name="second")
        window.await_text("#contact", "live")
        self.assert_ok(push(second, "after", [event(2)]))
        wait_until("the new one's table", lambda: set(
            window.script(ROWS, "tables")) == {"after"})
        # Its first second is over later than its first answer.
        self.await_seconds(window, seconds)
        self.assertEqual(window.script("return restarts.length"), 1)
        # The refused connections themselves; of the page, nothing.
        self.assert_no_complaint(window, but=("network",))

    def test_it_asks_for_the_token(self):
        token = self.file("token", "a-token-of-ours\n")
        _, gateway = self.start({"admin": {"token_file": token}})
        window = self.open(gateway)
        window.await_text("#sentence", "asks for a token")
        self.assertIsNone(window.text("#t-in"))
        window.type("#token", "wrong\n")
        window.await_text("#sentence", "token is wrong")
        window.type("#token", "a-token-of-ours\n")
        window.await_text("#contact", "live")
        window.await_text("#t-in-more", "0 accepted")
        self.assertIsNone(window.text("#login"))
        self.assert_no_complaint(window, but=("network",))

    def start_with_letters(self, number):
        """So many that the upstream refused, and two that stay invalid."""
        self.known.add("spool")
        sim = self.start_sim()
        gateway = self.start_gateway(sim, {
            "spool": {"directory": os.path.join(self.folder, "spool")},
            "batch": {"linger": "20ms"}})
        sim.fault(poison="poison", status=400,
                  body='{"message":"<i>no</i>"}')
        poisoned = [event(n, is_="poison <script>alert(1)</script>")
                    for n in range(number)]
        reply = push(gateway, "clicks?on_invalid=skip",
                     [event(100), *poisoned, event(101), b'{"<b>":1}',
                      b"\xff"], [("X-Producer", "web")])
        self.assertEqual(reply.status, 200)
        self.quiet(gateway)
        return sim, gateway, poisoned

    def test_the_button_replays_and_the_letters_are_gone(self):
        sim, gateway, poisoned = self.start_with_letters(3)
        window = self.open(gateway)
        window.await_text("#dead", "3 refused")
        self.assertNotIn("alert(1)", window.script(
            "return document.body.innerText"), "events on demand only")
        window.click("#letters-look")
        window.await_text("#letters-said", "There are 5 dead letters now")
        shown = window.script(
            "return [...document.querySelectorAll('#letters-newest "
            "details')].map(d => [...d.querySelectorAll('pre')].map("
            "p => p.textContent))")
        self.assertEqual(len(shown), 5)
        self.assertEqual({told[0].encode() for told in shown} & set(poisoned),
                         set(poisoned))
        self.assertIn(['{"<b>":1}'], shown)
        self.assertEqual(sum("<i>no</i>" in told[-1] for told in shown), 3)

        sim.order("/sim/reset", {})
        window.click("#letters-replay")
        window.await_text("#letters-said",
                          "^3 events are sent again. Still rejected, and kept: "
                          "1 .*, 1 ")
        self.await_events(sim, 3)
        self.assert_upstream(sim, "clicks", poisoned)
        self.assertEqual(
            window.script("return document.querySelectorAll("
                          "'#letters-newest details').length"), 2)
        # A group's own button; there, nothing can be sent.
        window.click("#letters tr:nth-child(2) button")
        window.await_text("#letters-said", "^No event was sent again. Still "
                          "rejected, and kept: 1 [a-z_ 0-9]+\\.$")
        self.assert_no_complaint(window)

    def test_that_no_letters_are_kept_is_said(self):
        _, gateway = self.start()
        window = self.open(gateway)
        window.await_text("#contact", "live")
        window.click("#letters-look")
        window.await_text("#letters-said", "keeps no dead letters")
        self.assert_no_complaint(window, but=("network",))

    def test_it_fits_a_phone(self):
        _, gateway = self.start()
        long_name = "t" * 64
        self.assert_ok(push(gateway, long_name, [event(1)],
                            [("X-Producer", "p" * 64)]))
        push(gateway, long_name, [b"{]"])
        for dark in (False, True):
            window = self.open(gateway, width=390, height=844, dark=dark)
            window.await_text("#t-in-more", "1 accepted")
            self.assertLessEqual(
                window.script("return document.documentElement.scrollWidth"),
                390)
            self.assertEqual(window.script(
                "return matchMedia('(prefers-color-scheme: dark)').matches"),
                dark)
            self.assert_no_complaint(window)

    def test_trouble_is_said_in_words(self):
        """What the first sentence is in each trouble, and what to do."""
        sim = self.start_sim()
        sim.fault(calls=100000, table="gone", status=404)
        gateway = self.start_gateway(sim, {
            "acknowledge": "received", "shutdown_timeout": "2s",
            "batch": {"linger": "10ms"}})
        window = self.open(gateway)
        window.await_text("#sentence", "no event has come yet")
        self.assert_ok(push(gateway, "fine", [event(1)]))
        window.await_text("#sentence", "^All is well")
        self.assert_ok(push(gateway, "gone", [event(2)]))
        window.await_text("#sentence", "waiting for the upstream.*answers 404"
                          "|held; gone")
        sim.fault(calls=100000, table="fine", status=503)
        self.assert_ok(push(gateway, "fine", [event(3)]))
        wait_until("its lane", lambda: window.script(ROWS, "tables")["fine"]
                   ["lane"].startswith("waiting: busy"))
        self.assert_no_complaint(window)
        said = json.loads(get(gateway, "/status").body)
        self.assertEqual(said["events"]["waiting"], 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
