"""A headless Chromium, driven by WebDriver over plain HTTP."""

import base64
import json
import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request

from program import PATIENCE_S, wait_until

# No sandbox: tests run as root in a container.  The rest keeps it from asking
# for anything that the page did not ask for.
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
         "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage"]
STARTS_MOST = 5
WEB_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def missing():
    """What this machine lacks to show a page, or None."""
    for program in ("chromium", "chromedriver"):
        if shutil.which(program) is None:
            return program
    return None


def started_driver():
    """The process and its port.

    It takes a free port of IPv4 and then wants the same one of IPv6: another
    program may have that, and it ends."""
    for _ in range(STARTS_MOST):
        driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, start_new_session=True)
        said = ""
        while line := driver.stdout.readline():
            said += line
            if port := re.search(r"started successfully on port (\d+)", line):
                return driver, port.group(1)
        driver.stdout.close()
        driver.wait()
    raise AssertionError(f"chromedriver does not start: {said}")


class Browser:
    def __init__(self, width=1440, height=1200, dark=False):
        self.folder = tempfile.mkdtemp(prefix="polaris-browser-")
        self.driver, port = started_driver()
        self.url = f"http://127.0.0.1:{port}"
        self.session = ""
        scheme = ["--force-dark-mode"] if dark else []
        made = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": {
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {
                "binary": shutil.which("chromium"),
                "args": [*FLAGS, *scheme,
                         f"--user-data-dir={self.folder}"]}}}})
        self.session = "/session/" + made["sessionId"]
        self.resize(width, height)
        self.cdp("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme",
             "value": "dark" if dark else "light"}]})

    def _ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path, data=data, method=method,
            headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()[:2000]) from None

    def cdp(self, command, parameters):
        return self._ask("POST", self.session + "/goog/cdp/execute",
                         {"cmd": command, "params": parameters})

    def resize(self, width, height):
        """The page's own size: a window cannot be made as small as a phone."""
        self.cdp("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1,
            "mobile": width < 700})

    def go(self, url):
        self._ask("POST", self.session + "/url", {"url": url})

    def script(self, text, *arguments):
        return self._ask("POST", self.session + "/execute/sync",
                         {"script": text, "args": list(arguments)})

    def text(self, selector):
        return self.script(
            "const e = document.querySelector(arguments[0]);"
            "return e && e.offsetParent !== null ? e.innerText : null",
            selector)

    def await_text(self, selector, pattern):
        wait_until(f"{selector} shows {pattern}", lambda: re.search(
            pattern, self.text(selector) or ""))

    def _element(self, selector):
        return self._ask("POST", self.session + "/element", {
            "using": "css selector", "value": selector})[WEB_ELEMENT]

    def click(self, selector):
        self._ask("POST", f"{self.session}/element/"
                  f"{self._element(selector)}/click", {})

    def type(self, selector, text):
        self._ask("POST", f"{self.session}/element/"
                  f"{self._element(selector)}/value", {"text": text})

    def console(self):
        """What the console was told since the last look."""
        return self._ask("POST", self.session + "/se/log",
                         {"type": "browser"})

    def picture(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(
                self._ask("GET", self.session + "/screenshot")))

    def close(self):
        try:
            self._ask("DELETE", self.session)
        finally:
            self.driver.terminate()
            self.driver.wait(PATIENCE_S)
            self.driver.stdout.close()
            shutil.rmtree(self.folder, ignore_errors=True)
