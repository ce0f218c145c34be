"""`hongbao voucher` against a real PostgreSQL: codes are imported once, all or none, counted against units at publish, and marked."""
import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from books_world import Books  # noqa: E402
from ledger_cluster import Refused  # noqa: E402
from ledger_world import CLUSTER, entry, player, post_call, setUpModule, win  # noqa: E402,F401

UNITS = 5


class Vouchers(unittest.TestCase):
    def setUp(self):
        CLUSTER.drop()
        CLUSTER.sql("CREATE DATABASE hongbao TEMPLATE whole", "postgres", "postgres")
        self.books = Books(0, 1)
        self.home = tempfile.TemporaryDirectory()
        self.addCleanup(self.home.cleanup)
        self.key = os.path.join(self.home.name, "people.key")
        with open(os.open(self.key, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            file.write("5a" * 32 + "\n")

    def voucher(self, *words, code=0):
        run = self.books.hongbao("voucher", *words, f"--people.key_file={self.key}")
        self.assertEqual(run.returncode, code, run.stdout + run.stderr)
        return run

    def load(self, text, prize="card", code=0):
        path = os.path.join(self.home.name, "codes.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return self.voucher("import", "spring", prize, path, code=code)

    def status(self):
        return {row["prize_id"]: row for row in json.loads(self.voucher("status", "spring", "--json").stdout)}

    def publish(self):
        CLUSTER.sql(f"SELECT campaign_publish('spring', 1, '{{}}', '{{}}', sha256('t'), sha256('c'), sha256('com'), sha256('sec'), NULL, 'Asia/Shanghai', 1000, "
                    f"2000000000000, '{{0}}', '{{card,tea}}', '{{card,voucher}}', '{{{UNITS},{UNITS}}}', '{{0,0}}')")

    def test_codes_are_imported_once_and_stand_nowhere_in_the_clear(self):
        self.assertEqual(self.load("code\nAAA-1\n\"BBB,2\"\n\n兑换码三\nAAA-1\n").stdout, "4 codes read, 3 codes there\n")
        self.assertEqual(self.load("AAA-1\nDDD-4\n").stdout, "2 codes read, 4 codes there\n")
        self.assertEqual((self.status()["card"]["mode"], self.status()["card"]["codes"], self.status()["card"]["units"]), ("code", 4, None))
        rows = CLUSTER.sql("SET search_path = hongbao; SELECT no, sealed, fingerprint FROM voucher_code ORDER BY no", "postgres")
        self.assertEqual([row[0] for row in rows], ["0", "1", "2", "3"])
        for row in rows:
            self.assertNotIn(b"AAA-1".hex(), row[1] + row[2])
        run = self.load("AAA-1\n", prize="tea", code=3)
        self.assertIn("another prize", run.stderr)

    def test_a_bad_file_imports_nothing(self):
        for text, line in (("AAA\nBBB,CCC\n", 2), ("AAA\n" + "x" * 513 + "\n", 2), ("AAA\n\"open\n", 3), ("AAA\nB\x01B\n", 2)):
            run = self.load(text, code=1)
            self.assertIn(f"line {line}", run.stderr, text)
        self.assertEqual(self.status(), {})
        self.voucher("import", "spring", "card", "/nonexistent.csv", code=3)
        self.voucher("import", "Spring!", "card", "x.csv", code=2)
        many = "".join(f"CODE-{n:06d}\n" for n in range(12345))
        self.assertEqual(self.load(many).stdout, "12345 codes read, 12345 codes there\n")
        run = self.load(many.replace("CODE-", "TEA-").replace("TEA-012000", "TEA,012000"), prize="tea", code=1)
        self.assertIn("line 12001", run.stderr)
        self.assertNotIn("tea", self.status())

    def test_publishing_refuses_too_few_codes_unless_the_operator_is_told_by_webhook(self):
        self.load("AAA\nBBB\nCCC\n")
        with self.assertRaises(Refused) as caught:
            self.publish()
        self.assertEqual(caught.exception.code, "HB005")
        self.assertIn("prize card: 5 units, 3 codes", str(caught.exception))
        self.load("DDD\nEEE\n")
        self.voucher("mode", "spring", "tea", "webhook")
        self.publish()
        self.assertEqual({name: (row["mode"], row["codes"], row["units"]) for name, row in self.status().items()},
                         {"card": ("code", 5, 5), "tea": ("webhook", 0, 5)})
        self.voucher("mode", "spring", "tea", "pigeon", code=2)

    def test_a_voucher_goes_from_assigned_to_used_or_failed(self):
        self.load("AAA\nBBB\nCCC\nDDD\nEEE\n")
        self.publish()
        CLUSTER.sql("SELECT leader_take('a', 5000)")
        CLUSTER.sql("SELECT opening_begin(1, 1, 0::smallint); SELECT lease_take(1, 1, 0::smallint, 1::smallint, 0, 5, 0); "
                    "SELECT lease_take(1, 1, 0::smallint, 2::smallint, 0, 5, 0)")
        CLUSTER.sql(post_call([(1, 0, 1, 1, entry(1))], [win(1, 1, 0, prize=1, amount=0), win(1, 2, 1, prize=1, amount=0), win(1, 3, 0, prize=2, amount=0)]))
        self.assertEqual(CLUSTER.one("SELECT vouchers_missing(1)"), "3")
        self.assertEqual(CLUSTER.one("SELECT bound FROM voucher_bind_missing(1, NULL, NULL, 100)"), "3")
        self.assertEqual(CLUSTER.one("SELECT vouchers_missing(1)"), "0")
        self.assertEqual(self.status()["card"]["assigned"], 2)
        self.assertEqual(self.voucher("used", "spring", player(1), "1", "--note", "till 7").stdout, "applied\n")
        self.assertEqual(self.voucher("used", "spring", player(1), "1").stdout, "same\n")
        self.assertIn("ended otherwise", self.voucher("failed", "spring", player(1), "1", code=1).stderr)
        self.assertEqual(self.voucher("failed", "spring", player(2), "1").stdout, "applied\n")
        for words in ((player(9), "1"), (player(1), "2")):
            self.assertIn("no such voucher", self.voucher("used", "spring", *words, code=1).stderr)
        self.voucher("used", "spring", "nobody", "1", code=2)
        self.voucher("used", "spring", player(1), "0", code=2)
        row = self.status()["card"]
        self.assertEqual((row["assigned"], row["used"], row["failed"]), (0, 1, 1))
        # The person's document has the code in the clear, opened under the key alone.
        run = self.books.hongbao("user", "export", player(1), f"--people.key_file={self.key}")
        self.assertEqual(run.returncode, 0, run.stderr)
        voucher = json.loads(run.stdout)["vouchers"][0]
        self.assertEqual((voucher["code"], voucher["state"], [e["note"] for e in voucher["events"]]), ("AAA", "used", [None, "till 7"]))
        with open(self.key, "w") as file:
            file.write("5b" * 32 + "\n")
        voucher = json.loads(self.books.hongbao("user", "export", player(1), f"--people.key_file={self.key}").stdout)["vouchers"][0]
        self.assertEqual((voucher.get("code"), voucher["unreadable"]), (None, True))
        self.books.whole(self)


if __name__ == "__main__":
    unittest.main(verbosity=2)
