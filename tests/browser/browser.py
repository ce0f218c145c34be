"""The browser of the page tests: Debian's Chromium by Selenium, its settings, and what every page must satisfy."""

import json
import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from fake_api import FakeApi

FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--force-color-profile=srgb")
CHECKS = (Path(__file__).parent / "checks.js").read_text(encoding="utf-8")
WAIT_S = 20


class Browser:
    """One Chromium with a fresh profile. font_px is the reader's own text size, as set in the browser."""

    def __init__(self, language="zh-CN", font_px=16):
        self.profile = tempfile.mkdtemp(prefix="hongbao-browser-")
        options = Options()
        options.binary_location = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        for flag in (*FLAGS, f"--user-data-dir={self.profile}", f"--lang={language}"):
            options.add_argument(flag)
        options.add_experimental_option("prefs", {"intl.accept_languages": language, "webkit.webprefs.default_font_size": font_px})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = Service(os.environ.get("CHROMEDRIVER", "/usr/bin/chromedriver"))
        self.driver = webdriver.Chrome(options=options, service=service)
        self.size(390, 844)

    def quit(self):
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    def size(self, width, height, scale=2):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False})

    def media(self, **features):
        """media(prefers_color_scheme="dark", prefers_reduced_motion="reduce"); without arguments all are as they were."""
        wanted = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wanted})

    def open(self, up, token=True, screen=""):
        """Loads the page anew: as a new tab would, with nothing remembered of another sign-in."""
        self.driver.get("about:blank")
        self.driver.get(page_url(up, token) + screen)
        self.wait_ready()
        return self

    def wait_ready(self):
        self.until(lambda: self.js("return document.body.dataset.state") != "loading", "the page is loaded")

    def forget(self):
        self.js("sessionStorage.clear(); localStorage.clear()")

    def js(self, script, *args):
        return self.driver.execute_script(script, *args)

    def until(self, condition, what, seconds=WAIT_S):
        WebDriverWait(self.driver, seconds, 0.05).until(lambda _: condition(), f"waited in vain: {what}")

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector):
        return self.find(selector).text

    def shown(self, selector):
        return any(el.is_displayed() for el in self.all(selector))

    def click(self, selector):
        """Scrolls it to the middle first, as a person would when the tab bar lies over it."""
        target = self.find(selector)
        self.js("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", target)
        target.click()

    def press(self, *keys):
        for key in keys:
            webdriver.ActionChains(self.driver).send_keys(key).perform()

    def focused(self):
        return self.js("const e = document.activeElement; return e.id || e.getAttribute('href') || e.tagName")

    def tab_to(self, name, most=20):
        """Presses Tab until the focus is there; the focus must be visible at every stop."""
        for _ in range(most):
            self.press(Keys.TAB)
            assert self.js("const s = getComputedStyle(document.activeElement); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2"), \
                f"no visible focus on {self.focused()}"
            if self.focused() == name:
                return
        raise AssertionError(f"Tab never reached {name}")

    def go(self, screen):
        self.click(f'.tabs a[href="#{screen}"]')
        self.until(lambda: self.shown(f"#{screen}"), f"screen {screen}")

    def result(self):
        """Waits for the card: {outcome, amount_fen or None, draw}."""
        self.until(lambda: self.shown("#result"), "the result card")
        data = self.js("return {...document.getElementById('result').dataset}")
        return {"outcome": data["outcome"], "draw": data["draw"], "amount_fen": int(data["amountFen"]) if data["amountFen"] else None}

    def console(self):
        """What the console holds of errors and warnings since the last look."""
        return [entry for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def check(self, name):
        """Runs one of the functions of checks.js; the answer is a list of faults."""
        return self.js(f"{CHECKS}\nreturn checks.{name}();")

    def settle(self):
        """Lets entrances end, so that a picture shows the page and not its arrival."""
        self.until(lambda: self.js("return document.getAnimations().every(a => a.playState !== 'running' || "
                                   "a.effect.getComputedTiming().iterations === Infinity)"), "animations end")

    def save(self, folder, name):
        if folder is None:
            return
        folder.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(folder / f"{name}.png"))

    def save_whole(self, folder, name):
        """A picture of the whole length of the page."""
        metrics = self.js("return [innerWidth, innerHeight, document.documentElement.scrollHeight]")
        self.size(metrics[0], max(metrics[1], metrics[2]))
        self.save(folder, name)
        self.size(metrics[0], metrics[1])


def page_url(up, token=True):
    """The player page of a running engine: `player` is its address, else the page is at the API's root."""
    base = up.get("player", "")
    if not base.startswith("http"):
        base = up["api"]
    base = base.split("#")[0].split("?")[0].rstrip("/")
    fragment = f"#token={up['player_token']}" if token else ""
    return f"{base}/?campaign={up['campaign']}{fragment}"


@contextmanager
def running():
    """The `up` facts of an engine: of the one that TEST_UP names (the JSON that starting it printed, or a file with
    it), else of one started for this run. TEST_UP=fake asks for the stand-in instead, for work on the page alone."""
    named = os.environ.get("TEST_UP", "").strip()
    if named == "fake":
        fake = FakeApi(draw_delay=0.6).start()
        try:
            yield fake.up("spring")
        finally:
            fake.stop()
    elif named:
        yield json.loads(named if named.startswith("{") else Path(named).read_text(encoding="utf-8"))
    else:
        sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
        from engine import Engine
        with Engine() as engine:
            yield engine.facts


def artifacts():
    """Where pictures go: TEST_ARTIFACTS, else test-artifacts/browser of the repository."""
    default = Path(__file__).resolve().parents[2] / "test-artifacts" / "browser"
    return Path(os.environ.get("TEST_ARTIFACTS") or default)
