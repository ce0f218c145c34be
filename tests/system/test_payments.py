"""From a win to the payee's balance, over the real wire protocols of both providers, as the sandbox speaks them: drawn, asked for, confirmed,
noticed, paid; and the sandbox's bill says what the books say."""
import json
import os
import sys
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from engine import Engine  # noqa: E402
from waiting import wait  # noqa: E402

OPENID = {"provider": "wechat", "kind": "openid", "app_id": "wx73616e64626f7801"}
USER_ID = {"provider": "alipay", "kind": "alipay_user_id", "app_id": "2021000000000001"}
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

    def test_wechat_waits_for_the_tap_and_is_paid_by_a_notice(self):
        token = self.winner("wechat")
        withdrawal = self.withdraw(token, OPENID, "o-first", "w1")
        self.eventually(lambda: self.states(withdrawal) == {"waiting_user"})
        shown = self.client.call("GET", f"/v1/wallet/withdrawals/{withdrawal}", token)
        self.assertIn("package", shown.body.decode())
        self.assertEqual(self.billed(withdrawal), [None] * len(self.payouts(withdrawal)))
        for number, _, _ in self.payouts(withdrawal):
            self.sandbox("POST", "/confirm", {"order_no": number})
        self.eventually(lambda: self.states(withdrawal) == {"paid"})
        self.assertEqual(self.billed(withdrawal), [int(fen) for _, _, fen in self.payouts(withdrawal)])
        self.assertEqual(self.engine.sql(f"SELECT state FROM withdrawal WHERE id = '{withdrawal}'"), "paid")
        self.eventually(lambda: int(self.engine.sql("SELECT count(*) FROM provider_notice WHERE merchant = 'wechat-sandbox'")) > 0)

    def test_alipay_pays_at_once(self):
        token = self.winner("alipay")
        withdrawal = self.withdraw(token, USER_ID, "2088000000000001", "a1")
        self.eventually(lambda: self.states(withdrawal) == {"paid"})
        self.assertEqual(self.billed(withdrawal), [int(fen) for _, _, fen in self.payouts(withdrawal)])

    def test_a_notice_that_is_not_believed_changes_nothing(self):
        for merchant in ("wechat-sandbox", "alipay-sandbox"):
            for path in (f"/pay/{merchant}", f"/pay/{merchant}/notify"):
                answer = self.client.call("POST", path, body="{}")
                self.assertNotIn(answer.status, (200, 204) if merchant.startswith("wechat") else (), answer)
                self.assertNotEqual(answer.body, b"success")
        self.assertEqual(self.client.call("POST", "/pay/nobody/notify", body="{}").status, 404)
        self.assertEqual(self.client.call("POST", "/pay/wechat-sandbox/notify", body="x" * 40000).status, 413)

    def test_the_books_are_sound(self):
        self.engine.hongbao("audit")


if __name__ == "__main__":
    unittest.main()
