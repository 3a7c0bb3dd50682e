"""Do the alerts and the dashboard hold what they promise?

	check.py GATEWAY

Alerts go through promtool, with their own tests.  The dashboard's expressions
must be PromQL, and every metric named in either must be one that the gateway
has, with labels that it has.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
ALERTS = os.path.join(ROOT, "deploy", "prometheus", "alerts.yaml")
DASHBOARD = os.path.join(ROOT, "deploy", "grafana", "dashboard.json")
NAME = re.compile(r"\b(polaris_gateway_[a-z_]+|process_[a-z_]+)\b")
LABELS = re.compile(r"(?:by \(|\{\{)([a-z_, ]+)(?:\)|\}\})")
TARGET_LABELS = {"le", "instance", "job"}


def metrics(gateway):
    """The labels of each metric, by name, as the program tells them."""
    said = subprocess.run([gateway, "--help-metrics"], capture_output=True,
                          text=True, check=True).stdout
    found = {}
    for name, kind, labels in re.findall(
            r"^\| `(\S+)` \| (\S+) \| ([^|]*) \|", said, re.MULTILINE):
        found[name] = {label for label in labels.strip().split(", ") if label}
        if kind == "histogram":
            for end in ("_bucket", "_sum", "_count"):
                found[name + end] = found[name]
    return found


def unknown_names(text, known):
    return sorted({name for name in NAME.findall(text) if name not in known})


def unknown_labels(expression, known):
    """Labels summed by that none of the expression's metrics has."""
    have = set(TARGET_LABELS)
    for name in NAME.findall(expression):
        have |= known.get(name, set())
    asked = {label.strip() for group in LABELS.findall(expression)
             for label in group.split(",")}
    return sorted(asked - have)


def promtool(*arguments):
    done = subprocess.run(["promtool", *arguments], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        return [done.stdout + done.stderr]
    return []


def expressions(dashboard):
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for note in dashboard["annotations"]["list"]:
        yield note["name"], note["expr"]


def check_dashboard(known):
    with open(DASHBOARD, encoding="utf-8") as file:
        dashboard = json.load(file)
    faults, rules = [], []
    for title, text in expressions(dashboard):
        if not NAME.search(text):
            faults.append(f"panel {title}: shows no metric: {text}")
        faults += [f"panel {title}: no metric has the label {label}"
                   for label in unknown_labels(text, known)]
        text = text.replace("$__rate_interval", "5m")
        rules.append({"record": f"check:panel{len(rules)}", "expr": text})
    ids = [panel["id"] for panel in dashboard["panels"]]
    if len(ids) != len(set(ids)):
        faults.append("two panels have one id")
    if shutil.which("promtool") is None:
        return faults
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)
        file.flush()
        faults += promtool("check", "rules", file.name)
    return faults


def check_alerts():
    tests = os.path.join(ROOT, "tests/prometheus/alerts_test.yaml")
    return promtool("check", "rules", ALERTS) + \
        promtool("test", "rules", tests)


def main():
    known = metrics(sys.argv[1])
    faults = []
    for path in (ALERTS, DASHBOARD):
        with open(path, encoding="utf-8") as file:
            faults += [f"{path}: the gateway has no metric {name}"
                       for name in unknown_names(file.read(), known)]
    faults += check_dashboard(known)
    if shutil.which("promtool") is None:
        print("SKIPPED, LOUDLY: there is no promtool (Debian package "
              "prometheus), so nobody has checked the alerts")
    else:
        faults += check_alerts()
    print("\n".join(faults) or "alerts and dashboard are sound")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
