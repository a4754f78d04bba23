"""A small WebDriver client: Chromium without a window, driven by chromedriver over HTTP.

    with browser() as page:
        page.open(path)
        page.type("#sentence", "1994")
        assert page.run("return document.title")

The protocol is that of https://www.w3.org/TR/webdriver2/; what begins with goog is Chromium's own.
"""

import base64
import json
import re
import shutil
import subprocess
import tempfile
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from tests.children import child

DRIVER, PROGRAMS = "chromedriver", ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
         "--disable-extensions", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--disable-dev-shm-usage", "--force-prefers-reduced-motion")
KEYS = {"left": "\ue012", "up": "\ue013", "right": "\ue014", "down": "\ue015", "tab": "\ue004",
        "enter": "\ue007", "space": "\ue00d", "escape": "\ue00c"}
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the name that the standard gives to a reference
PATIENCE = 60  # seconds for an answer of the driver
DRAWN = 30  # seconds until the page has drawn what is looked for


def what_is_missing():
    """What a browser test needs and this machine has not, as a sentence; None if all is there."""
    if shutil.which(DRIVER) is None:
        return f"{DRIVER} is not installed"
    if program() is None:
        return f"no browser is installed: none of {', '.join(PROGRAMS)}"
    return None


def program():
    """The path of the browser, or None."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


@contextmanager
def browser():
    """Start a driver and a browser, and end both with the block -> Browser."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, \
            child([DRIVER, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                  text=True, encoding="utf-8") as process:
        address = f"http://127.0.0.1:{port_of(process)}"
        one = Browser(address, folder)
        try:
            yield one
        finally:
            one.ask("DELETE", "")


def port_of(process):
    """The port on which the driver says that it listens."""
    for line in process.stdout:
        found = re.search(r"started successfully on port (\d+)", line)
        if found:
            return found[1]
    raise OSError(f"{DRIVER} ended with status {process.wait()}")


class Browser:
    """One window. Selectors are those of CSS."""

    def __init__(self, address, folder):
        self.address, self.opened = f"{address}/session", 0
        options = {"binary": program(), "args": [*FLAGS, f"--user-data-dir={folder}"],
                   "prefs": {"download_restrictions": 3}}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options,
                  "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        answer = self.ask("POST", "", {"capabilities": {"alwaysMatch": wanted}})
        self.address += f"/{answer['sessionId']}"
        self.ask("POST", "/timeouts", {"implicit": 1000 * DRAWN, "script": 1000 * PATIENCE})

    def ask(self, method, path, data=None):
        """One request to the driver -> its value, or OSError with what the driver says."""
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(self.address + path, body, method=method,
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise OSError(json.load(error)["value"]["message"]) from None

    def open(self, path, hash=""):
        """Open a file of this machine, with what stands behind # in its address."""
        self.opened += 1  # without another number another hash would load nothing
        address = f"{Path(path).absolute().as_uri()}?{self.opened}{hash}"
        self.ask("POST", "/url", {"url": address})

    def run(self, script, *args):
        """Run JavaScript with `arguments` -> what it returns."""
        return self.ask("POST", "/execute/sync", {"script": script, "args": args})

    def wait(self, condition, *args):
        """Wait until a JavaScript expression is true; AssertionError if it never is."""
        script = """const done = arguments[arguments.length - 1], start = performance.now();
            const look = () => { if (%s) done(true);
                else if (performance.now() - start > %d) done(false);
                else setTimeout(look, 10); };
            look();""" % (condition, 1000 * DRAWN)
        assert self.ask("POST", "/execute/async", {"script": script, "args": args}), condition

    def find(self, selector):
        """The reference of the first such element, as soon as there is one; OSError if never."""
        found = self.ask("POST", "/element", {"using": "css selector", "value": selector})
        return found[ELEMENT]

    def click(self, selector):
        """Click in the middle of an element, after scrolling to it."""
        self.ask("POST", f"/element/{self.find(selector)}/click", {})

    def type(self, selector, text):
        """Put the focus on a field, empty it, and type into it."""
        self.ask("POST", f"/element/{self.find(selector)}/clear", {})
        self.ask("POST", f"/element/{self.find(selector)}/value", {"text": text})

    def press(self, *names):
        """Press keys of KEYS, one after the other, wherever the focus is."""
        actions = [{"type": kind, "value": KEYS[name]} for name in names
                   for kind in ("keyDown", "keyUp")]
        self.ask("POST", "/actions", {"actions": [{"type": "key", "id": "keys",
                                                   "actions": actions}]})

    def drag(self, start, end):
        """Press the mouse button at a point of the window, (x, y), and release it at another."""
        def move(to):
            return {"type": "pointerMove", "duration": 0, "x": round(to[0]), "y": round(to[1])}

        middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
        actions = [move(start), {"type": "pointerDown", "button": 0}, move(middle), move(end),
                   {"type": "pointerUp", "button": 0}]
        self.ask("POST", "/actions", {"actions": [{"type": "pointer", "id": "mouse",
                                                   "actions": actions}]})

    def texts(self, selector):
        """The texts of all such elements as the page has them."""
        return self.run("return [...document.querySelectorAll(arguments[0])]"
                        ".map((one) => one.textContent)", selector)

    def text(self, selector):
        """The text of the first such element as the page has it."""
        return self.run("return document.querySelector(arguments[0]).textContent", selector)

    def width(self, pixels, height=900):
        """Give the page this width, as on a device of it."""
        size = {"width": pixels, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.command("Emulation.setDeviceMetricsOverride", **size)

    def command(self, name, **params):
        """A command of the DevTools protocol -> its result."""
        return self.ask("POST", "/goog/cdp/execute", {"cmd": name, "params": params})

    def log(self, kind="browser"):
        """What was logged since the last time: "browser" the console, "performance" the network."""
        return self.ask("POST", "/se/log", {"type": kind})

    def picture(self, path):
        """Store what the window shows as a PNG file."""
        Path(path).write_bytes(base64.b64decode(self.ask("GET", "/screenshot")))
