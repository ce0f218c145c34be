"""`hongbao reconcile` and `hongbao tax export`: bills against payouts each way; every planted difference is found, named, aged, and ends when it is gone."""
import csv
import io
import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from books_world import FEN, TAX_BP, Books  # noqa: E402
from ledger_world import CLUSTER, setUpModule  # noqa: E402,F401

WALLETS, EACH = 40, 4
NET = FEN - FEN * TAX_BP // 10000


class Reconcile(unittest.TestCase):
    def setUp(self):
        self.books = Books(WALLETS, EACH)
        self.books.begin()
        self.books.fill()
        self.books.pay()
        self.day = self.books.one("SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date")
        self.file = tempfile.NamedTemporaryFile("w", suffix=".csv")
        self.addCleanup(self.file.close)

    def payouts(self):
        return [(number, other, int(fen)) for number, other, fen in
                self.books.sql("SELECT out_no, provider_no, amount_fen FROM payout WHERE state = 'paid' ORDER BY out_no")]

    def bill(self, rows, day=None, merchant="m1"):
        """Feeds a bill; exit code and open differences {(kind, place): difference}."""
        self.file.seek(0)
        self.file.truncate()
        self.file.write("order_no,provider_no,yuan\n" + "".join(
            f"{number},{other},{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}\n" for number, other, fen in rows))
        self.file.flush()
        run = self.books.hongbao("reconcile", "--json", "--bill", self.file.name, "--merchant", merchant, "--day", day or self.day)
        self.assertIn(run.returncode, (0, 1), run.stderr)
        report = json.loads(run.stdout)
        found = {(d["kind"], d["place"]): d for d in report["differences"]}
        self.assertEqual(len(found), len(report["differences"]))
        self.assertEqual(run.returncode == 0, not found)
        return report, found

    def test_a_bill_that_matches_is_clean(self):
        rows = self.payouts()
        self.assertEqual(len(rows), WALLETS // EACH)
        self.assertEqual(self.books.sql("SELECT merchant, provider, day FROM bills_due(now() + interval '3 days')"), [["m1", "wechat", self.day]])
        self.assertEqual(self.books.sql("SELECT * FROM bills_due()"), [])  # there is none before the next day
        report, found = self.bill(rows)
        self.assertEqual(found, {})
        run = report["runs"][-1]
        self.assertEqual((run["subject"], run["scope"], run["source"], run["compared"], run["matched"], run["differences"]),
                         ("bill", f"m1 {self.day}", "file", len(rows), len(rows), 0))
        self.assertEqual(self.books.sql("SELECT * FROM bills_due(now() + interval '3 days')"), [])

    def test_each_planted_difference_is_found_exactly_and_ends(self):
        rows = self.payouts()
        (amount, twice, missing, number, returned), others = rows[:5], rows[5:]
        # One that our books do not have as paid, and one that failed.
        sql = self.books.sql
        sql("SELECT payee_put(md5('1')::uuid, 'wechat', 'wx1', '\\x01', NULL, sha256('1'), 0), withdraw_open(1, md5('1')::uuid, 'open')")
        sql("SELECT payee_put(md5('2')::uuid, 'wechat', 'wx1', '\\x01', NULL, sha256('2'), 0), withdraw_open(1, md5('2')::uuid, 'failed')")
        jobs = sql("SELECT out_no, player, payout_sent(out_no, fence, sha256('b'), '\\x01', 60000) FROM payout_claim('m1', 10, 60000)")
        self.assertEqual([job[2] for job in jobs], ["send", "send"])
        waiting = sql("SELECT out_no FROM payout WHERE player = md5('1')::uuid")[0][0]
        failed = sql("SELECT out_no FROM payout WHERE player = md5('2')::uuid")[0][0]
        self.assertEqual(sql(f"SELECT verdict FROM payout_verdict('{failed}', 'failed', 'query')"), [["applied"]])
        sql("SELECT merchant_set('m2', '{\"provider\": \"wechat\"}')")
        bill = [(amount[0], amount[1], amount[2] + 1), twice, twice, (number[0], "another", number[2]), returned, (returned[0], returned[1], -returned[2]),
                ("nobodys", "x", 5), ("topup", "y", -500000), (waiting, "", NET), (failed, "", NET), *others]
        report, found = self.bill(bill)
        self.assertEqual({key: (d["owner"], d["ours_fen"], d["theirs_fen"]) for key, d in found.items()}, {
            ("amount", amount[0]): ("finance", NET, NET + 1),
            ("paid_twice", twice[0]): ("finance", NET, 2 * NET),
            ("not_in_bill", missing[0]): ("finance", NET, 0),
            ("provider_no", number[0]): ("operations", NET, NET),
            ("returned", returned[0]): ("finance", NET, 0),
            ("unknown_order", "nobodys"): ("finance", 0, 5),
            ("not_known_yet", waiting): ("engine", 0, NET),
            ("paid_but_failed", failed): ("finance", 0, NET)})
        run = report["runs"][-1]
        self.assertEqual((run["compared"], run["matched"], run["differences"]), (len(rows) + 3, len(others), 8))
        # Another merchant's bill with a number of ours.
        _, other = self.bill([amount], merchant="m2")
        self.assertEqual(other["other_merchant", amount[0]]["owner"], "operations")
        self.bill([], merchant="m2")
        # They age, and are the same ones.
        _, again = self.bill(bill)
        self.assertEqual({key: d["first_seen"] for key, d in again.items()}, {key: d["first_seen"] for key, d in found.items()})
        # The payout was on the bill of the day before; we learn of the waiting one; the rest is put right.
        before = self.books.one(f"SELECT date '{self.day}' - 1")
        _, less = self.bill([missing], day=before)
        self.assertNotIn(("not_in_bill", missing[0]), less)
        self.assertEqual(len(less), 7)
        sql(f"SELECT payout_verdict('{waiting}', 'paid', 'query')")
        _, left = self.bill([row for row in rows if row != missing] + [(waiting, "", NET)])
        self.assertEqual(left, {})
        self.assertEqual(self.books.one("SELECT count(*) FROM reconcile_difference WHERE ended_at IS NOT NULL"), "9")
        self.assertEqual(self.books.one("SELECT count(*) FROM reconcile_run"), "6")
        self.books.whole(self)

    def test_a_planted_fault_of_the_books_is_an_open_difference_until_it_is_gone(self):
        run = self.books.hongbao("reconcile", "--quick", "--json")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        super_sql = "SET search_path = hongbao; ALTER TABLE account DISABLE TRIGGER ALL; UPDATE account SET credit = credit {} 1 WHERE name = 'payable:spring:0'"
        CLUSTER.sql(super_sql.format("+"), "postgres")
        run = self.books.hongbao("reconcile", "--quick")
        self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
        self.assertIn("owner operations; open for 0 h 0 min", run.stdout)
        CLUSTER.sql(super_sql.format("-"), "postgres")
        run = self.books.hongbao("reconcile", "--quick")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertIn("everything matches", run.stdout)
        self.assertEqual(self.books.hongbao("reconcile", "--report").returncode, 0)

    def test_what_is_no_bill_is_refused_whole(self):
        self.file.write("HB1,1,1.00\nHB2\n")
        self.file.flush()
        run = self.books.hongbao("reconcile", "--bill", self.file.name, "--merchant", "m1", "--day", self.day)
        self.assertEqual(run.returncode, 3, run.stdout)
        self.assertIn("line 2", run.stderr)
        for merchant, day in (("m1", "2026-02-30"), ("M 1", self.day)):
            self.assertEqual(self.books.hongbao("reconcile", "--bill", self.file.name, "--merchant", merchant, "--day", day).returncode, 2)
        self.file.truncate(11)
        run = self.books.hongbao("reconcile", "--bill", self.file.name, "--merchant", "m9", "--day", self.day)
        self.assertEqual(run.returncode, 3)
        self.assertIn("no such merchant", run.stderr)
        self.assertEqual(self.books.one("SELECT count(*) FROM reconcile_run"), "0")

    def test_a_month_of_tax(self):
        month, paid = self.day[:7], WALLETS // EACH
        run = self.books.hongbao("tax", "export", "--month", month, "--json")
        self.assertEqual(run.returncode, 0, run.stderr)
        report = json.loads(run.stdout)
        self.assertEqual((report["month"], report["net_fen"], report["tax_fen"], len(report["rows"])), (month, paid * NET, paid * (FEN - NET), paid))
        row = report["rows"][0]
        self.assertEqual((row["campaign"], row["bearer"], row["net_fen"], row["tax_fen"], row["paid_and_tax_fen"]), ("spring", "winner", NET, FEN - NET, FEN))
        rows = list(csv.DictReader(io.StringIO(self.books.hongbao("tax", "export", "--month", month, "--csv").stdout)))
        self.assertEqual([r["out_no"] for r in rows], [r["out_no"] for r in report["rows"]])
        self.assertEqual(sum(int(r["tax_fen"]) for r in rows), report["tax_fen"])
        self.assertEqual(json.loads(self.books.hongbao("tax", "export", "--month", "2020-01", "--json").stdout)["rows"], [])
        for bad in ("2026-13", "2026-00", "2026-1", "26-01-01", ""):
            self.assertEqual(self.books.hongbao("tax", "export", "--month", bad).returncode, 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
