"""The player page against a running engine: a person opens packets, wins, and finds the money in the wallet.

TEST_UP (or the first argument) is the JSON that starting the demo prints, or a file with it; without it an engine
is started for the run. Pictures go to TEST_ARTIFACTS (default test-artifacts/browser).
"""

import json
import os
import subprocess
import sys
import unittest
import urllib.request
import uuid

from selenium.webdriver.common.keys import Keys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import test_contract  # noqa: E402
from engine import BINARY  # noqa: E402
from browser import Browser, artifacts, running  # noqa: E402

DRAWS_MOST = 20
WITHDRAWN_LEAST = 30  # fen
UP = {}


def api(up, path, body=None):
    headers = {"Authorization": f"Bearer {up['player_token']}", "Accept": "application/json"}
    if body is not None:
        headers |= {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
    request = urllib.request.Request(up["api"].rstrip("/") + path, None if body is None else json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def setUpModule():
    UP.update(unittest.enterModuleContext(running()))


class Contract(test_contract.Answers, unittest.TestCase):
    """The engine's answers are what docs/openapi.yaml says, which the page is written from."""

    up = UP

    @unittest.skipIf(os.environ.get("TEST_UP") == "fake", "the stand-in has no probes")
    def test_probes(self):
        self.assertEqual(self.holds("get", "/livez", "/livez")[0], 200)
        self.assertEqual(self.holds("get", "/readyz", "/readyz")[0], 200)


class Player(unittest.TestCase):
    """One person's visit, in order: the tests follow one another as the visit does."""

    @classmethod
    def setUpClass(cls):
        cls.up, cls.pictures = UP, artifacts()
        cls.page = Browser("zh-CN").open(cls.up)

    @classmethod
    def tearDownClass(cls):
        cls.page.quit()

    def setUp(self):
        self.page.media()
        self.page.size(390, 844)

    def tearDown(self):
        self.assertEqual(self.page.console(), [], "the console is clean")

    def api(self, path):
        return api(self.up, path)

    def accessible(self, where):
        self.page.settle()
        for check in ("structure", "targets", "overflow", "contrast"):
            self.assertEqual(self.page.check(check), [], f"{check} of {where}")

    def open_packet(self, opener):
        """Opens one packet with the page's own controls and answers what the card says."""
        if self.page.shown("#again"):
            self.page.click("#again")
            self.page.until(lambda: not self.page.shown("#result"), "the next packet")
        opener()
        return self.page.result()

    def press_enter_on_packet(self):
        self.page.js("document.getElementById('packet').focus()")
        self.page.press(Keys.ENTER)

    def test_01_loads(self):
        page, campaign = self.page, self.api(f"/v1/campaigns/{self.up['campaign']}")
        self.assertEqual(page.js("return document.body.dataset.state"), "ready")
        self.assertEqual(page.text("#title"), campaign["title"]["zh"])
        self.assertEqual(page.shown("#sandbox"), campaign["sandbox"])
        self.assertEqual(len(page.all("#countdown .cell")), 4)
        self.assertTrue(page.find("#packet").is_enabled())
        page.save(self.pictures, "before")
        self.accessible("the packet")

    def test_02_token_is_out_of_sight(self):
        self.assertNotIn("token", self.page.js("return location.href"))
        self.assertNotIn(self.up["player_token"], self.page.js("return document.documentElement.outerHTML"))
        self.assertIsNotNone(self.page.js("return sessionStorage.getItem('hongbao.session')"), "the engine's session is used")

    def test_03_switches_language_both_ways(self):
        page, title = self.page, self.api(f"/v1/campaigns/{self.up['campaign']}")["title"]
        page.click("#lang")
        self.assertEqual((page.js("return document.documentElement.lang"), page.text("#title")), ("en", title["en"]))
        self.assertIn("Tap the packet", page.text("#hint"))
        page.save(self.pictures, "en")
        self.accessible("the packet in English")
        page.driver.refresh()
        page.wait_ready()
        self.assertEqual(page.js("return document.documentElement.lang"), "en", "the choice is kept")
        page.click("#lang")
        self.assertEqual((page.js("return document.documentElement.lang"), page.text("#title")), ("zh-CN", title["zh"]))

    def test_04_opens_packets_until_the_first_cash_win(self):
        page = self.page
        openers = [self.press_enter_on_packet, lambda: page.click("#packet")]
        for turn in range(DRAWS_MOST):
            card = self.open_packet(openers[turn % 2])
            if turn == 0:
                self.assertIn(page.focused(), ("again", "result-link", "result-title"), "the focus goes on to the card")
            if card["amount_fen"] is not None:
                break
        self.assertIsNotNone(card["amount_fen"], f"no cash win in {DRAWS_MOST} draws")
        page.settle()
        fen = card["amount_fen"]
        self.assertEqual(page.text("#result-amount").replace(",", ""), f"¥{fen // 100}.{fen % 100:02d}")
        self.assertIn(page.text("#result-amount"), page.js("return document.getElementById('live').textContent"), "and is announced")
        page.until(lambda: not page.shown("#confetti"), "the confetti has fallen")
        page.save(self.pictures, "won")
        self.accessible("the won card")
        self.assertIsNone(page.js(f"return sessionStorage.getItem('hongbao.pending.{self.up['campaign']}')"))

    def test_05_opens_by_click_too(self):
        page = self.page
        if not page.shown("#again"):
            self.skipTest("the last chance is used")
        page.click("#again")
        page.click("#packet")
        page.save(self.pictures, "opening")
        self.assertIn(page.result()["outcome"], ("won", "none"))

    def test_06_wallet_is_the_ledgers(self):
        self.page.go("wallet")
        self.page.until(lambda: self.page.shown("[data-balance-fen]"), "the balance")
        shown = int(self.page.find("[data-balance-fen]").get_attribute("data-balance-fen"))
        self.assertEqual(shown, self.api("/v1/wallet")["balance_fen"])
        self.assertGreater(shown, 0)
        self.assertIn(f"¥{shown // 100:,}.{shown % 100:02d}", self.page.text("#wallet-body"))
        self.page.save(self.pictures, "wallet")
        self.accessible("the wallet")

    def test_07_wins_are_listed(self):
        self.page.go("wins")
        self.page.until(lambda: self.page.shown("#wins-body li"), "the wins")
        listed = [row.get_attribute("data-draw") for row in self.page.all("#wins-body li")]
        answer = self.api(f"/v1/campaigns/{self.up['campaign']}/wins?limit=20")["wins"]
        self.assertEqual(listed, [win["draw_id"] for win in answer])
        self.page.save(self.pictures, "wins")
        self.accessible("the wins")

    def test_08_rules_and_odds(self):
        campaign = self.api(f"/v1/campaigns/{self.up['campaign']}")
        self.page.go("rules")
        for prize in campaign["prizes"]:
            row = self.page.text(f'#rules-body [data-prize="{prize["id"]}"]')
            self.assertIn(prize["name"]["zh"], row)
            self.assertIn(f"{prize['units']:,}", row)
            if prize["mode"] == "odds" and prize["odds"]:
                self.assertIn("%", row)
                self.assertRegex(row, r"每 [\d,.]+ 次 1 次")
        fairness = self.page.text("#fairness-body")
        self.assertIn(campaign["fairness"]["commitment"], fairness)
        for version in campaign["fairness"]["versions"]:
            self.assertIn(version["hash"], fairness)
        self.page.save_whole(self.pictures, "rules")
        self.accessible("the rules")

    def test_09_dark(self):
        self.page.media(prefers_color_scheme="dark")
        for screen in ("rules", "wins", "wallet", "home"):
            self.page.go(screen)
            self.accessible(f"{screen}, dark")
        self.page.save(self.pictures, "dark")

    def test_10_calm_when_motion_is_unwanted(self):
        page = self.page
        page.media(prefers_reduced_motion="reduce")
        page.open(self.up)
        self.assertEqual(page.js("return document.getAnimations().filter(a => a.playState === 'running').length"), 0)
        if page.find("#packet").is_enabled():
            page.click("#packet")
            page.result()
            self.assertEqual(page.js("return document.getAnimations().filter(a => a.playState === 'running').length"), 0)
            self.assertEqual(page.js("return getComputedStyle(document.getElementById('confetti')).display"), "none")
        page.save(self.pictures, "reduced-motion")

    def test_11_keyboard_alone(self):
        page = self.page
        page.open(self.up)
        page.press(Keys.TAB)
        self.assertEqual(page.focused(), "#main", "the skip link comes first")
        page.tab_to("lang")
        if page.find("#packet").is_enabled():
            page.tab_to("packet")
            page.press(Keys.SPACE)
            page.result()
        page.tab_to("#wins")
        page.press(Keys.ENTER)
        page.until(lambda: page.shown("#wins"), "the wins")
        self.assertEqual(page.focused(), "wins-title")
        page.tab_to("#rules")
        page.press(Keys.ENTER)
        page.until(lambda: page.shown("#rules"), "the rules")
        page.driver.back()
        page.until(lambda: page.shown("#wins"), "back to the wins")


@unittest.skipIf(os.environ.get("TEST_UP") == "fake", "the stand-in's own confirmation page is another test's")
class Withdrawal(unittest.TestCase):
    """Another person, who was never here before: money that goes all the way, through the sandbox's own page."""

    def setUp(self):
        run = subprocess.run([BINARY, "token", "--user", "withdrawer", "--home", UP["home"]], stdout=subprocess.PIPE, text=True, check=True)
        token = run.stdout.strip()
        self.up = {**UP, "player_token": token, "player": UP["player"].replace(UP["player_token"], token)}
        self.page = Browser("zh-CN")
        self.addCleanup(self.page.quit)

    def win_enough(self):
        for _ in range(DRAWS_MOST):
            if api(self.up, "/v1/wallet")["balance_fen"] >= WITHDRAWN_LEAST:
                return
            api(self.up, f"/v1/campaigns/{self.up['campaign']}/draws", {})

    def test_the_money_goes_out_through_the_sandbox(self):
        page = self.page
        self.win_enough()
        page.open(self.up)
        page.go("wallet")
        page.until(lambda: page.shown("#payee-form"), "the wallet")
        balance = int(page.find("[data-balance-fen]").get_attribute("data-balance-fen"))
        page.find("#payee-id").send_keys("o-MYE42l80oelYMDE34nYD456Xoy")
        page.click("#payee-form button")
        page.until(lambda: page.shown("[data-payee]"), "the payee is set")
        page.click("[data-withdraw]")
        page.until(lambda: page.shown("#withdraw-now"), "the quote")
        page.click("#withdraw-now")
        page.until(lambda: page.shown('[data-stage="waiting_user"] a.btn'), "the confirmation step")
        page.save(artifacts(), "confirm")
        page.click('[data-stage="waiting_user"] a.btn')
        page.until(lambda: len(page.driver.window_handles) == 2, "the sandbox's page")
        page.driver.switch_to.window(page.driver.window_handles[-1])
        page.until(lambda: page.shown("form button"), "what the payee is asked")
        self.assertTrue(page.driver.current_url.startswith(self.up["sandbox"] + "/payee?package="), page.driver.current_url)
        self.assertIn(f"¥ {balance // 100}.{balance % 100:02d}", page.text("body"))
        page.save(artifacts(), "payee")
        page.click("form button")
        page.until(lambda: "answer=confirm" in page.driver.current_url and not page.js("return document.forms.length"), "the payee has tapped")
        page.driver.close()
        page.driver.switch_to.window(page.driver.window_handles[0])
        page.until(lambda: page.shown('[data-stage="paid"]'), "the page looks again by itself")
        wallet = api(self.up, "/v1/wallet")
        self.assertEqual((wallet["balance_fen"], wallet["campaigns"][0]["paid_fen"], wallet["sandbox"]), (0, balance, True))
        self.assertEqual(page.console(), [])


class LargeText(unittest.TestCase):
    """320 px wide, and the reader's text twice the usual size: nothing is cut off or needs sideways scrolling."""

    def fits(self, page, what, language):
        page.until(lambda: not page.shown("#confetti"), "the confetti has fallen")
        page.settle()
        for check in ("overflow", "targets", "contrast"):
            self.assertEqual(page.check(check), [], f"{check} of {what} in {language}")
        page.save_whole(artifacts(), f"320px-{language}-{what}")

    def test_320_px_at_200_percent(self):
        for language in ("zh-CN", "en"):
            page = Browser(language, font_px=32)
            try:
                page.size(320, 640)
                page.open(UP)
                self.assertEqual(page.js("return getComputedStyle(document.body).fontSize"), "32px")
                self.fits(page, "home", language)
                if page.find("#packet").is_enabled():
                    page.click("#packet")
                    page.result()
                    self.fits(page, "card", language)
                for screen in ("wins", "wallet", "rules"):
                    page.go(screen)
                    self.fits(page, screen, language)
                self.assertEqual(page.console(), [])
            finally:
                page.quit()


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        os.environ["TEST_UP"] = sys.argv.pop(1)
    unittest.main(verbosity=2, warnings="ignore")
