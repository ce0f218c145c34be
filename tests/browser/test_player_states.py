"""The player page in states that a healthy engine shows rarely, against the stand-in of fake_api.py."""

import hashlib
import json
import re
import unittest

from browser import Browser, artifacts
from fake_api import ERRORS, UI, FakeApi

UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
PENDING = "return JSON.parse(sessionStorage.getItem('hongbao.pending.%s'))"


class States(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pictures = artifacts() / "states"
        cls.page = Browser("zh-CN")
        cls.page.media(prefers_reduced_motion="reduce")

    @classmethod
    def tearDownClass(cls):
        cls.page.quit()

    def setUp(self):
        self.api = FakeApi().start()
        self.addCleanup(self.api.stop)

    def visit(self, campaign, who="lin", token=True):
        self.page.open(self.api.up(campaign, who), token)
        return self.page

    def draws(self, campaign):
        return self.api.requests("POST", f"/{campaign}/draws")

    def accessible(self, name):
        self.page.settle()
        for check in ("structure", "targets", "overflow", "contrast"):
            self.assertEqual(self.page.check(check), [], f"{check} of {name}")
        self.page.save(self.pictures, name)

    def notice(self, code):
        self.page.until(lambda: self.page.shown(f'#notice[data-code="{code}"]'), f"the notice of {code}")
        return self.page.text("#notice")

    def test_every_sentence_is_in_both_languages(self):
        zh, en = self.visit("spring").driver.execute_async_script(
            "const done = arguments[0]; import('/js/words.js').then(({words}) => done([words['zh-CN'], words.en]))")
        self.assertEqual(set(zh), set(en))
        for key in zh:
            holes = [sorted(re.findall(r"\{(\w+)\}", record[key])) for record in (zh, en)]
            self.assertEqual(holes[0], holes[1], key)

    def test_amounts_are_whole_numbers(self):
        pairs = {0: "¥0.00", 1: "¥0.01", 10: "¥0.10", 199: "¥1.99", 100000: "¥1,000.00", 123456789: "¥1,234,567.89",
                 9007199254740991: "¥90,071,992,547,409.91", -5: "-¥0.05"}
        got = self.visit("spring").driver.execute_async_script(
            "const [list, done] = arguments; import('/js/money.js').then(({yuan}) => done(list.map(yuan)))", list(pairs))
        self.assertEqual(got, list(pairs.values()))

    def test_small_files_and_nothing_inline(self):
        html = (UI / "index.html").read_text(encoding="utf-8")
        self.assertIsNone(re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)|https?://", html))
        for file in UI.rglob("*"):
            if file.suffix in (".js", ".css", ".html"):
                self.assertLess(len(file.read_text(encoding="utf-8").splitlines()), 250, file.name)

    def test_without_a_token_a_demo_takes_one(self):
        page = self.visit("spring", token=False)
        page.driver.delete_all_cookies()
        page.forget()
        page = self.visit("spring", token=False)
        self.assertEqual(page.js("return document.body.dataset.state"), "signin")
        self.assertFalse(page.find("#packet").is_enabled())
        self.accessible("signin")
        page.find("#token").send_keys("demo-chen")
        page.click("#signin button")
        page.until(lambda: page.js("return document.body.dataset.state") == "ready", "signed in")
        self.assertFalse(page.shown("#signin"))
        self.assertTrue(page.find("#packet").is_enabled())

    def test_without_a_token_a_real_campaign_sends_one_to_the_organiser(self):
        self.visit("real").forget()
        page = self.visit("real", token=False)
        self.assertTrue(page.shown("#signin"))
        self.assertFalse(page.shown("#token"))
        self.assertFalse(page.shown("#sandbox"))

    def test_an_expired_sign_in_is_said(self):
        page = self.visit("spring", "late")
        self.assertIn(ERRORS["token_expired"][3], self.notice("token_expired"))
        self.assertTrue(page.shown("#signin"))
        expected = [e for e in page.console() if "401" not in e["message"]]
        self.assertEqual(expected, [])

    def test_the_session_takes_the_place_of_the_token(self):
        page = self.visit("spring")
        page.click("#packet")
        page.result()
        used = [r["headers"].get("Authorization") for r in self.api.log]
        self.assertEqual(used[:2], [None, "Bearer demo-lin"])
        self.assertEqual(self.draws("spring")[0]["headers"]["Authorization"], "Bearer session-lin")

    def test_a_lost_session_falls_back_to_the_token(self):
        page = self.visit("spring")
        page.js("sessionStorage.setItem('hongbao.session', 'stale')")
        page.click("#packet")
        self.assertEqual(page.result()["outcome"], "won")
        self.assertEqual([r["status"] for r in self.draws("spring")], [401, 201])
        page.console()

    def test_busy_is_retried_with_the_same_key(self):
        page = self.visit("busy")
        page.click("#packet")
        self.assertIn(ERRORS["unavailable"][3], self.notice("unavailable"))
        self.assertIn("不会多用机会", page.text("#notice"))
        self.accessible("busy")
        self.assertEqual(page.js(PENDING % "busy")["draw_no"], 1)
        self.notice("being_recorded")
        self.assertEqual(page.result()["outcome"], "won")
        sent = self.draws("busy")
        self.assertEqual([r["status"] for r in sent], [503, 503, 201])
        self.assertEqual(len({r["headers"]["Idempotency-Key"] for r in sent}), 1)
        self.assertEqual({r["body"] for r in sent}, {json.dumps({"draw_no": 1}, separators=(",", ":"))})
        self.assertRegex(sent[0]["headers"]["Idempotency-Key"], UUID)
        self.assertFalse(page.shown("#notice"))
        self.assertIsNone(page.js(PENDING % "busy"))
        page.console()

    def test_retry_after_is_honoured(self):
        page = self.visit("down")
        page.click("#packet")
        wait = int(re.search(r"(\d+) 秒后", self.notice("overloaded"))[1])
        self.assertTrue(29 <= wait <= 38, wait)
        self.assertEqual(len(self.draws("down")), 1)
        page.console()

    def test_an_unknown_outcome_is_asked_for_again(self):
        page = self.visit("unsure")
        page.click("#packet")
        self.assertIn(ERRORS["outcome_unknown"][3], self.notice("outcome_unknown"))
        self.assertEqual(page.result()["outcome"], "won")
        self.assertEqual(len({r["headers"]["Idempotency-Key"] for r in self.draws("unsure")}), 1)
        page.console()

    def test_a_lost_answer_costs_one_chance_only(self):
        page = self.visit("lost")
        before = int(page.find("#chances").get_attribute("data-left"))
        page.click("#packet")
        self.assertEqual(page.result()["outcome"], "won")
        self.assertEqual(int(page.find("#chances").get_attribute("data-left")), before - 1)
        self.assertEqual(len({r["headers"]["Idempotency-Key"] for r in self.draws("lost")}), 1)
        page.console()

    def test_a_reload_goes_on_with_the_same_draw(self):
        page = self.visit("down")
        page.click("#packet")
        self.notice("overloaded")
        self.api.campaigns["down"].faults.clear()
        page.driver.refresh()
        self.assertEqual(page.result()["outcome"], "won")
        self.assertEqual(len({r["headers"]["Idempotency-Key"] for r in self.draws("down")}), 1)
        page.console()

    def test_giving_up_keeps_the_draw(self):
        hurry = self.page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {
            "source": "const slow = setTimeout; window.setTimeout = (work, ms) => slow(work, ms / 20);"})
        self.api.campaigns["down"].situation = {"retry_after": "0"}
        try:
            page = self.visit("down")
        finally:
            self.page.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", hurry)
        page.click("#packet")
        page.until(lambda: page.shown("#notice button"), "the page gives up")
        self.assertIn("你的红包还在", page.text("#notice"))
        self.assertEqual(len(self.draws("down")), 8)
        self.api.campaigns["down"].faults.clear()
        page.click("#notice button")
        self.assertEqual(page.result()["outcome"], "won")
        self.assertEqual(len({r["headers"]["Idempotency-Key"] for r in self.draws("down")}), 1)
        page.console()

    def test_another_person_does_not_inherit_a_draw(self):
        page = self.visit("down")
        page.click("#packet")
        self.notice("overloaded")
        page = self.visit("down", "wang")
        self.assertFalse(page.shown("#notice"))
        self.assertIsNone(page.js(PENDING % "down"))
        page.console()

    def test_a_draw_elsewhere_refreshes_the_number(self):
        page = self.visit("mismatch")
        page.click("#packet")
        text = self.notice("draw_no_mismatch")
        self.assertIn(ERRORS["draw_no_mismatch"][3], text)
        self.assertEqual(page.find("#chances").get_attribute("data-left"), "7")
        page.click("#packet")
        page.result()
        numbers = [json.loads(r["body"])["draw_no"] for r in self.draws("mismatch")]
        keys = [r["headers"]["Idempotency-Key"] for r in self.draws("mismatch")]
        self.assertEqual(numbers, [1, 2])
        self.assertNotEqual(*keys)
        page.console()

    def test_titles_come_in_the_chosen_language(self):
        page = self.visit("capped")
        page.click("#lang")
        page.click("#packet")
        self.assertIn(ERRORS["daily_cap_reached"][2], self.notice("daily_cap_reached"))
        self.accessible("capped-en")
        page.click("#lang")
        page.console()

    def test_not_yet(self):
        page = self.visit("soon")
        self.assertFalse(page.find("#packet").is_enabled())
        self.assertIn("距离开始还有", page.text("#countdown"))
        self.assertIn("Asia/Shanghai", page.text("#countdown"))
        self.assertEqual(page.text("#countdown .cell b").strip()[:2], "01")
        self.accessible("soon")

    def test_the_start_comes_by_the_clock(self):
        page = self.visit("starting")
        self.assertFalse(page.find("#packet").is_enabled())
        page.until(lambda: page.find("#packet").is_enabled(), "the start")
        self.assertEqual(len([r for r in self.api.log if r["path"].endswith("/starting")]), 1, "without asking again")
        page.click("#packet")
        self.assertEqual(page.result()["outcome"], "won")

    def test_a_start_that_waits_for_the_public_value(self):
        page = self.visit("late")
        self.assertFalse(page.find("#packet").is_enabled())
        self.assertIn("等等", page.text("#hint"))

    def test_paused(self):
        page = self.visit("paused")
        self.assertFalse(page.find("#packet").is_enabled())
        self.assertIn("暂停", page.text("#countdown"))
        self.accessible("paused")

    def test_ended_reveals(self):
        page = self.visit("ended")
        self.assertFalse(page.find("#packet").is_enabled())
        self.assertIn("结束", page.text("#countdown"))
        self.accessible("ended")
        page.go("rules")
        self.assertIn("3967.02", page.text("#fairness-body"))

    def test_no_chances(self):
        page = self.visit("spent")
        self.assertFalse(page.find("#packet").is_enabled())
        self.assertIn("机会用完", page.text("#hint"))
        self.accessible("spent")

    def test_the_last_one_without_luck_is_kind(self):
        page = self.visit("last")
        page.click("#packet")
        self.assertEqual(page.result()["outcome"], "none")
        self.assertFalse(page.shown("#again"))
        self.assertIn("机会用完", page.text("#hint"))
        self.accessible("none")

    def test_a_voucher_is_named(self):
        page = self.visit("voucher")
        page.click("#packet")
        self.assertEqual(page.result()["amount_fen"], None)
        self.assertEqual(page.text("#result-name"), "新春奶茶券")
        self.assertFalse(page.shown("#result-amount"))
        self.accessible("voucher")

    def test_wins_page_by_page(self):
        page = self.visit("many")
        page.go("wins")
        page.until(lambda: len(page.all("#wins-body li")) == 20, "the first page")
        page.click("#more")
        page.until(lambda: len(page.all("#wins-body li")) == 40, "the second page")
        page.click("#more")
        page.until(lambda: len(page.all("#wins-body li")) == 44, "the last page")
        self.assertFalse(page.shown("#more"))
        listed = [row.get_attribute("data-draw") for row in page.all("#wins-body li")]
        self.assertEqual(len(set(listed)), len(listed))

    def test_money_goes_to_the_payee_after_a_confirmation(self):
        page = self.visit("many")
        page.go("wallet")
        page.until(lambda: page.shown("#payee-form"), "the wallet")
        balance = int(page.find("[data-balance-fen]").get_attribute("data-balance-fen"))
        self.assertFalse(page.find("[data-withdraw]").is_enabled(), "there is nobody to pay yet")
        self.accessible("wallet-payee")
        page.find("#payee-id").send_keys("o-MYE42l80oelYMDE34nYD456Xoy")
        page.find("#payee-name").send_keys("王小明")
        page.click("#payee-form button")
        page.until(lambda: page.shown("[data-payee]"), "the payee is set")
        self.assertIn("o-M****6Xoy", page.text("[data-payee]"))
        self.assertNotIn("o-MYE42l80", page.js("return document.documentElement.outerHTML"))
        page.click("[data-withdraw]")
        page.until(lambda: page.shown("#quote"), "the quote")
        self.assertEqual(int(page.find("#quote").get_attribute("data-net-fen")), balance)
        self.accessible("wallet-quote")
        page.click("#withdraw-now")
        page.until(lambda: page.shown('[data-stage="waiting_user"] a.btn'), "the confirmation step")
        self.assertEqual(page.find("[data-balance-fen]").get_attribute("data-balance-fen"), "0")
        self.assertIn("等待你确认收款", page.text("[data-stage]"))
        self.accessible("wallet-confirm")
        page.click('[data-stage="waiting_user"] a.btn')
        page.until(lambda: len(page.driver.window_handles) == 2, "the sandbox's page")
        page.driver.switch_to.window(page.driver.window_handles[-1])
        page.until(lambda: "confirmed" in page.text("body"), "the player has confirmed")
        page.driver.close()
        page.driver.switch_to.window(page.driver.window_handles[0])
        page.until(lambda: page.shown('[data-stage="paid"]'), "the page looks again by itself")
        self.assertIn("已到账", page.text("[data-stage]"))
        self.accessible("wallet-paid")
        sent = self.api.requests("POST", "/withdrawals")
        self.assertEqual([r["path"].rsplit("/", 1)[-1] for r in sent], ["quote", "withdrawals"])
        self.assertRegex(sent[1]["headers"]["Idempotency-Key"], UUID)
        page.click("#lang")
        page.until(lambda: "Paid" in page.text("[data-stage]"), "the stages in English")
        self.accessible("wallet-en")
        page.click("#lang")

    def test_movements_page_by_page(self):
        page = self.visit("many")
        page.go("wallet")
        page.until(lambda: len(page.all("#moves li")) == 10, "the first page")
        page.click("#moves-more")
        page.until(lambda: len(page.all("#moves li")) == 20, "the second page")
        listed = [row.get_attribute("data-move") for row in page.all("#moves li")]
        self.assertEqual(len(set(listed)), 20)

    def test_a_refused_withdrawal_says_why(self):
        page = self.visit("many", "refused")
        purse = self.api.purse(hashlib.sha256(b"refused").hexdigest()[:32])
        purse.set_payee({"provider": "wechat", "kind": "openid", "id": "o-0123456789"})
        page.go("wallet")
        page.until(lambda: page.shown("[data-withdraw]"), "the wallet")
        purse.payee = None
        page.click("[data-withdraw]")
        page.until(lambda: page.shown("#wallet-body [role=alert].fault") and page.text("#wallet-body .list .fault"), "the reason")
        self.assertEqual(page.text("#wallet-body .list .fault"), ERRORS["payee_missing"][3])
        self.accessible("wallet-refused")
        page.console()

    def test_a_voucher_code_is_shown(self):
        page = self.visit("voucher")
        page.click("#packet")
        page.result()
        for player in self.api.campaigns["voucher"].players.values():
            player.wins[0]["voucher"] = {"state": "assigned", "code": "TEA-7788-0001"}
        page.go("wins")
        page.until(lambda: page.shown("[data-code]"), "the code")
        self.assertEqual(page.text("[data-code]"), "TEA-7788-0001")
        self.accessible("voucher-code")

    def test_a_busy_start_loads_by_itself(self):
        page = self.visit("first-busy")
        self.assertEqual(page.js("return document.body.dataset.state"), "ready")
        page.console()

    def test_no_such_campaign(self):
        page = self.visit("nowhere")
        self.assertIn(ERRORS["campaign_not_found"][3], self.notice("campaign_not_found"))
        self.accessible("nowhere")
        page.console()

    def test_console_stays_clean(self):
        for campaign in ("spring", "soon", "paused", "ended", "spent"):
            self.visit(campaign)
        self.assertEqual(self.page.console(), [])


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
