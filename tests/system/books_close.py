"""`hongbao campaign close` over thousands of wallets: refused with reasons, then a final statement that adds up to the fen.

Environment: TEST_WALLETS, how many (3000).
"""
import json
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from books_world import FEN, TAX_BP, Books  # noqa: E402
from ledger_world import setUpModule  # noqa: E402,F401

WALLETS = int(os.environ.get("TEST_WALLETS", "3000"))


class Close(unittest.TestCase):
    def setUp(self):
        self.books = Books(WALLETS, each=max(WALLETS // 300, 2))
        self.books.begin()
        self.books.fill()

    def close(self, *words, code=0):
        run = self.books.hongbao("campaign", "close", "spring", "--person", "ann", "--json", *words)
        self.assertEqual(run.returncode, code, run.stdout + run.stderr)
        return json.loads(run.stdout)

    def correction(self, *words):
        run = self.books.hongbao("correction", *words, "--json")
        self.assertIn(run.returncode, (0, 1), run.stderr)
        return run.returncode, json.loads(run.stdout)["verdict"]

    def test_a_campaign_is_closed_to_the_fen(self):
        books = self.books
        answer = self.close(code=1)
        self.assertIn("not_ended", [line["line"] for line in answer["open"]])
        books.pay()
        books.sql("SELECT campaign_end('spring')")
        # Stock is with the shards, unpaid wins do not lapse yet.
        answer = self.close("--wait", "0", code=1)
        still = {line["line"]: line for line in answer["open"]}
        self.assertEqual(set(still), {"stock_with_shards", "unpaid_wins"})
        self.assertEqual(still["stock_with_shards"]["fen"], (2 * books.half - WALLETS) * FEN)
        self.assertEqual(still["unpaid_wins"]["count"], WALLETS - books.paid)
        books.give_back()
        self.assertEqual([line["line"] for line in self.close(code=1)["open"]], ["unpaid_wins"])
        # A correction that waits for its second person keeps it open. Meanwhile the wins lapse.
        lapsing = books.one(f"SELECT md5('{WALLETS - 1}')")
        content = json.dumps({"player": lapsing, "draw_nos": [1]})
        ask = ("ask", "claw_back", "--campaign", "spring", "--content", content, "--key", "c", "--reason", "a test", "--person")
        self.assertEqual(self.correction(*ask, "ann"), (0, "asked"))
        self.assertEqual(self.correction(*ask, "ann"), (0, "same"))
        self.assertEqual(self.correction(*ask, "eve"), (1, "key_reused"))
        self.assertEqual(self.correction("ask", "adjust", "--content", "{}", "--key", "d", "--reason", "a test", "--person", "ann"), (1, "invalid"))
        books.policy(expires_after_ms=1)
        self.assertEqual([line["line"] for line in self.close(code=1)["open"]], ["corrections"])
        asked = json.loads(books.hongbao("correction", "list", "--open", "--json").stdout)[0]
        self.assertEqual((asked["kind"], asked["campaign"], asked["asked_by"], asked["state"]), ("claw_back", "spring", "ann", "asked"))
        self.assertEqual(self.correction("approve", asked["id"], "--person", "ann", "--reason", "yes"), (1, "same_person"))
        self.assertEqual(self.correction("refuse", asked["id"], "--person", "bob", "--reason", "it has lapsed"), (0, "refused"))
        self.assertEqual(self.correction("approve", asked["id"], "--person", "bob", "--reason", "after all"), (1, "decided"))
        began = time.monotonic()
        answer = self.close()
        took = time.monotonic() - began
        lines = {line["line"]: line["fen"] for line in answer["statement"]}
        tax = books.paid * FEN * TAX_BP // 10000
        self.assertEqual(lines, {"funded": books.budget, "paid": books.paid * FEN - tax, "tax_winner": tax, "tax_organiser": 0, "adjusted": 0,
                                 "returned": books.budget - books.paid * FEN, "expired": (WALLETS - books.paid) * FEN, "clawed_back": 0,
                                 "never_given": (2 * books.half - WALLETS) * FEN})
        self.assertEqual(lines["funded"], sum(lines[n] for n in ("paid", "tax_winner", "tax_organiser", "adjusted", "returned")))
        self.assertEqual(lines["returned"], sum(lines[n] for n in ("expired", "clawed_back", "never_given")))
        self.assertEqual(books.one("SELECT credit - debit FROM account WHERE name = 'budget:spring'"), "0")
        self.assertEqual(self.close(), answer)  # said again
        text = books.hongbao("campaign", "close", "spring", "--person", "ann")
        self.assertEqual(text.returncode, 0, text.stderr)
        self.assertIn("Final statement", text.stdout)
        self.assertIn(f"{books.budget} fen", text.stdout)
        books.whole(self)
        print(f"{WALLETS} wallets: the last close took {took:.1f} s\n{text.stdout}")

    def test_what_cannot_be_closed_says_why(self):
        for words, code in ((("campaign", "close", "spring"), 2), (("campaign", "close", "spring", "--person", ""), 2),
                            (("campaign", "close", "spring", "--person", "ann", "--wait", "-1"), 2), (("campaign", "close", "winter", "--person", "ann"), 3)):
            run = self.books.hongbao(*words)
            self.assertEqual((run.returncode, run.stdout), (code, ""), words)
            self.assertNotEqual(run.stderr, "")
        books = self.books
        books.sql("SELECT campaign_end('spring')")
        books.give_back()
        books.sql("SELECT payee_put(md5('0')::uuid, 'wechat', 'wx1', '\\x01', NULL, sha256('0'), 0), withdraw_open(1, md5('0')::uuid, 'k')")
        books.policy(expires_after_ms=1)
        self.assertEqual([line["line"] for line in self.close(code=1)["open"]], ["open_withdrawals"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
