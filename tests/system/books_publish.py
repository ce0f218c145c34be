"""`hongbao campaign publish` asks whether what it gives can be paid: a prize that no merchant number can pay is refused."""
import json
import os
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import documents  # noqa: E402
from books_world import Books  # noqa: E402
from ledger_world import CLUSTER, setUpModule  # noqa: E402,F401

GRAND_FEN = 1_000_000


class Publish(unittest.TestCase):
    def setUp(self):
        CLUSTER.drop()
        CLUSTER.sql("CREATE DATABASE hongbao TEMPLATE whole", "postgres", "postgres")
        folder = tempfile.TemporaryDirectory(prefix="hongbao-publish-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.starts_at = documents.at(3600)

    def publish(self, code, budget_fen=10 * GRAND_FEN):
        path = os.path.join(self.folder, "grand.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(documents.campaign("grand", [documents.cash("car", GRAND_FEN, 10, 0.001)], budget_fen=budget_fen,
                                         starts_at=self.starts_at), file)
        run = Books.hongbao("campaign", "publish", path, f"--engine.secrets_dir={self.folder}")
        self.assertEqual(run.returncode, code, run.stdout + run.stderr)
        return run.stderr

    @staticmethod
    def merchant(name, single_cap_fen, **more):
        settings = json.dumps({"provider": "wechat", "app_id": "wx1", "min_fen": 1, "single_cap_fen": single_cap_fen, **more})
        CLUSTER.sql(f"SELECT merchant_put('{name}', '{settings}')", "hongbao_admin")

    @staticmethod
    def versions():
        return int(CLUSTER.one("SELECT count(*) FROM campaign_version"))

    def test_before_there_is_any_merchant_number_it_is_said_and_published(self):
        self.assertIn("no_payment_channel", self.publish(0))
        self.assertEqual(self.versions(), 1)

    def test_a_prize_that_no_merchant_number_can_pay_is_refused(self):
        self.merchant("m1", 5_000)  # 500,000 fen in a hundred parts
        self.merchant("m2", 200_000, day_cap_fen=9_000)
        words = self.publish(1)
        for part in ("error", "/prizes/0/amount_fen", "prize_unpayable", f"car {GRAND_FEN} fen", "m1 500000", "m2 ", f"car {GRAND_FEN} 分"):
            self.assertIn(part, words)
        self.assertEqual(self.versions(), 0)
        self.merchant("m3", 10_000)
        self.assertNotIn("prize_unpayable", self.publish(0))
        self.assertEqual(self.versions(), 1)

    def test_what_is_promised_is_published_on_with_a_warning(self):
        self.merchant("m1", 10_000)
        self.publish(0)
        CLUSTER.sql("""SELECT wallet_policy_set('grand', '{"max_parts": 50, "max_fen": 500000}')""", "hongbao_admin")
        words = self.publish(0, 11 * GRAND_FEN)
        self.assertIn("warning /prizes/0/amount_fen prize_unpayable", words)
        self.assertIn("above_withdrawal_limit", words)
        self.assertEqual(self.versions(), 2)

    def test_only_the_numbers_of_the_campaign_count(self):
        self.merchant("m1", 10_000)
        self.merchant("m2", 5_000)
        self.publish(0)
        CLUSTER.sql("""SELECT wallet_policy_set('grand', '{"merchants": ["m2"]}')""", "hongbao_admin")
        self.assertIn("each at most, in fen: m2 500000", self.publish(0, 11 * GRAND_FEN))


if __name__ == "__main__":
    unittest.main()
