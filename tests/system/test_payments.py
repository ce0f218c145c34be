"""From a win to the payee's balance, over the real wire protocols of both providers, as the sandbox speaks them: drawn, asked for, confirmed,
noticed, paid; and the sandbox's bill says what the books say. A voucher is won, shown and used."""
import json
import os
import sys
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import documents  # noqa: E402
from engine import Engine, free_port  # noqa: E402
from waiting import wait  # noqa: E402

OPENID = {"provider": "wechat", "kind": "openid", "app_id": "wx73616e64626f7801"}
USER_ID = {"provider": "alipay", "kind": "alipay_user_id", "app_id": "2021000000000001"}
MERCHANTS = ("wechat-sandbox", "alipay-sandbox")
ENOUGH = 30  # fen, the least that a withdrawal may be


class Payments(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.engine = cls.enterClassContext(Engine())
        cls.client = cls.engine.client()

    def sandbox(self, method, path, body=None):
        request = urllib.request.Request(self.engine.facts["sandbox"] + path, method=method,
                                         data=None if body is None else json.dumps(body).encode(), headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def eventually(self, what, seconds=30):
        return wait(what, "what the test waits for", seconds, pause_s=0.2)

    def winner(self, name):
        """A player with enough in the wallet: the token."""
        for i in range(300):
            token = self.engine.token(f"{name}-{i}")
            for _ in range(3):
                answer = self.engine.surely(lambda: self.engine.draw(self.client, token))
                prize = (answer.json or {}).get("prize")
                if prize and prize.get("amount_fen", 0) >= ENOUGH:
                    return token
        self.fail("nobody won enough")

    def withdraw(self, token, payee, identity, key):
        answer = self.client.call("PUT", "/v1/wallet/payee", token, key + "-payee", {**payee, "id": identity})
        self.assertEqual(answer.status, 200, answer)
        answer = self.client.call("POST", "/v1/wallet/withdrawals", token, key, {"campaign": "spring"})
        self.assertIn(answer.status, (200, 201, 202), answer)
        return answer.json["id"]

    def payouts(self, withdrawal):
        rows = self.engine.sql(f"SELECT out_no, state, amount_fen FROM payout WHERE withdrawal = '{withdrawal}' ORDER BY part")
        return [row.split("|") for row in rows.splitlines()]

    def states(self, withdrawal):
        return {state for _, state, _ in self.payouts(withdrawal)}

    def billed(self, withdrawal):
        bill = {row["order_no"]: row["amount_fen"] for row in self.sandbox("GET", "/bill")}
        return [bill.get(number) for number, _, _ in self.payouts(withdrawal)]

    def wallet(self, token):
        answer = self.client.call("GET", "/v1/wallet", token)
        self.assertEqual((answer.status, answer.json["sandbox"]), (200, True), answer)
        return next(one for one in answer.json["campaigns"] if one["campaign"] == "spring")

    def shown(self, token, withdrawal):
        answer = self.client.call("GET", f"/v1/wallet/withdrawals/{withdrawal}", token)
        self.assertEqual((answer.status, answer.json["sandbox"]), (200, True), answer)
        return answer.json

    def page(self, url, method="GET"):
        with urllib.request.urlopen(urllib.request.Request(url, method=method, data=b"" if method == "POST" else None), timeout=10) as answer:
            return answer.read().decode()

    def assert_paid(self, token, withdrawal, before):
        """The books, the player's wallet and the bill say the same."""
        payouts = self.payouts(withdrawal)
        net = sum(int(fen) for _, _, fen in payouts)
        self.assertEqual(self.billed(withdrawal), [int(fen) for _, _, fen in payouts])
        shown = self.shown(token, withdrawal)
        self.assertEqual((shown["state"], shown["paid_fen"], shown["confirm"]), ("paid", net, None))
        after = self.wallet(token)
        self.assertEqual((after["balance_fen"], after["bound_fen"], after["paid_fen"] + after["tax_fen"]), (0, 0, before["balance_fen"]))

    def test_wechat_waits_for_the_tap_and_is_paid_by_a_notice(self):
        token = self.winner("wechat")
        before = self.wallet(token)
        withdrawal = self.withdraw(token, OPENID, "o-first", "w1")
        self.eventually(lambda: self.states(withdrawal) == {"waiting_user"})
        shown = self.shown(token, withdrawal)
        self.assertEqual((shown["stage"], shown["confirm"]["mch_id"], shown["confirm"]["app_id"]), ("waiting_user", "1900000001", OPENID["app_id"]))
        self.assertTrue(shown["confirm"]["package"] and shown["confirm"]["expires_at"])
        self.assertEqual(self.billed(withdrawal), [None] * len(self.payouts(withdrawal)))
        self.assertEqual(self.wallet(token)["bound_fen"], before["balance_fen"])
        for part in shown["parts"]:
            url = part["confirm"]["url"]
            self.assertTrue(url.startswith(self.engine.facts["sandbox"] + "/payee?package="), url)
            self.assertIn("确认收款", self.page(url))
            self.page(url + "&answer=confirm", "POST")
        self.eventually(lambda: self.states(withdrawal) == {"paid"})
        self.assert_paid(token, withdrawal, before)
        self.eventually(lambda: self.told(withdrawal))

    def test_alipay_pays_at_once(self):
        token = self.winner("alipay")
        before = self.wallet(token)
        withdrawal = self.withdraw(token, USER_ID, "2088000000000001", "a1")
        self.eventually(lambda: self.states(withdrawal) == {"paid"})
        self.assert_paid(token, withdrawal, before)

    def test_every_answer_about_money_says_that_a_sandbox_pays(self):
        token = self.winner("said")
        payee = self.client.call("PUT", "/v1/wallet/payee", token, "said-payee", {**OPENID, "id": "o-said"})
        quote = self.client.call("POST", "/v1/wallet/withdrawals/quote", token, body={"campaign": "spring"})
        opened = self.client.call("POST", "/v1/wallet/withdrawals", token, "said", {"campaign": "spring"})
        read = [self.client.call("GET", "/v1/wallet" + path, token) for path in ("", "/payee", "/transactions", "/withdrawals")]
        for answer in (payee, quote, opened, *read):
            self.assertIn(answer.status, (200, 201), answer)
            self.assertIs(answer.json["sandbox"], True, answer)
        self.assertIs(self.client.call("GET", "/v1/campaigns/spring").json["sandbox"], True)

    def test_a_notice_that_is_not_believed_changes_nothing(self):
        for merchant in MERCHANTS:
            for path in (f"/pay/{merchant}", f"/pay/{merchant}/notify"):
                answer = self.client.call("POST", path, body="{}")
                self.assertNotIn(answer.status, (200, 204) if merchant.startswith("wechat") else (), answer)
                self.assertNotEqual(answer.body, b"success")
        self.assertEqual(self.client.call("POST", "/pay/nobody/notify", body="{}").status, 404)
        self.assertEqual(self.client.call("POST", "/pay/wechat-sandbox/notify", body="x" * 40000).status, 413)

    def test_the_engine_comes_up_without_the_sandbox_and_up_brings_it_back(self):
        pid = self.engine.pid("engine")
        self.engine.kill("sandbox")
        self.assertEqual(self.engine.dev("status", check=False).returncode, 1)
        with self.engine.node():
            self.assertEqual(self.client.call("GET", "/readyz").status, 200)
        self.engine.up()
        self.assertEqual(self.engine.pid("engine"), pid, "its merchants file is as it was")
        self.assertEqual(self.engine.dev("status").returncode, 0)
        token = self.winner("back")
        withdrawal = self.withdraw(token, USER_ID, "2088000000000003", "back")
        self.eventually(lambda: self.states(withdrawal) == {"paid"})

    def test_up_on_another_port_and_notices_come_there(self):
        pages = self.engine.facts["sandbox"]
        self.engine.dev("down")
        self.engine.port = free_port()
        self.engine.up()
        type(self).client = self.engine.client()
        self.assertEqual(self.engine.facts["sandbox"], pages)
        withdrawal = self.withdraw(self.winner("moved"), OPENID, "o-moved", "moved")
        self.eventually(lambda: self.states(withdrawal) == {"waiting_user"})
        for number, _, _ in self.payouts(withdrawal):
            self.sandbox("POST", "/confirm", {"order_no": number})
        self.eventually(lambda: self.told(withdrawal))

    def told(self, withdrawal):
        numbers = "','".join(number for number, _, _ in self.payouts(withdrawal))
        return int(self.engine.sql(f"SELECT count(*) FROM provider_notice WHERE out_no IN ('{numbers}')")) > 0

    def test_a_voucher_is_won_shown_and_used(self):
        codes = os.path.join(self.engine.home, "codes.csv")
        with open(codes, "w", encoding="utf-8") as file:
            file.write("".join(f"TEA-{number}\n" for number in range(5)))
        self.engine.hongbao("voucher", "import", "teahouse", "tea", codes)
        tea = {"id": "tea", "kind": "voucher", "name": documents.words("tea"), "value_fen": 500, "units": 5, "mode": "always"}
        self.engine.publish(documents.campaign("teahouse", [tea]))
        token = self.engine.token("teahouse")
        won = self.engine.draw_surely(self.client, token, "tea", "teahouse")
        self.assertEqual((won.status, won.json["outcome"], won.json["prize"]["kind"]), (201, "won", "voucher"))
        self.eventually(lambda: (self.engine.all_wins(self.client, token, "teahouse")[0].get("voucher") or {}).get("state") == "assigned")
        voucher = self.engine.all_wins(self.client, token, "teahouse")[0]["voucher"]
        self.assertRegex(voucher["code"], r"^TEA-[0-4]$")
        player = self.client.call("GET", "/v1/wallet", token).json["player"]
        self.engine.hongbao("voucher", "used", "teahouse", player, str(won.json["draw_no"]), "--note", "till 7")
        self.assertEqual(self.engine.all_wins(self.client, token, "teahouse")[0]["voucher"], {"state": "used", "code": voucher["code"]})

    def later(self):
        """Two days pass for the bills."""
        self.engine.sql("DO $do$ BEGIN EXECUTE replace(pg_get_functiondef('hongbao.bills_due(timestamptz)'::regprocedure), 'DEFAULT clock_timestamp()', "
                        "'DEFAULT (clock_timestamp() + interval ''2 days'')'); END $do$")

    def test_when_all_is_paid_the_bills_that_are_fetched_say_what_the_books_say(self):
        first = self.withdraw(self.winner("bill-wechat"), OPENID, "o-bill", "b1")
        second = self.withdraw(self.winner("bill-alipay"), USER_ID, "2088000000000002", "b2")
        self.eventually(lambda: self.states(first) == {"waiting_user"})
        for number, _, _ in self.payouts(first):
            self.sandbox("POST", "/confirm", {"order_no": number})
        self.eventually(lambda: self.states(first) | self.states(second) == {"paid"})
        self.later()
        run = self.engine.hongbao("reconcile", "--json", check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        runs = json.loads(run.stdout)["runs"]
        self.assertLessEqual({"books", "draws", "bill"}, {one["subject"] for one in runs})
        for merchant in MERCHANTS:
            bills = [one for one in runs if one["scope"].startswith(merchant + " ")]
            paid = int(self.engine.sql(f"SELECT count(*) FROM payout WHERE merchant = '{merchant}' AND state = 'paid'"))
            self.assertGreater(paid, 0)
            self.assertEqual((sum(one["compared"] for one in bills), {one["source"] for one in bills}), (paid, {"provider"}))
        self.engine.hongbao("audit")


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
