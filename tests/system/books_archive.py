"""`hongbao campaign archive`: a settled campaign's rows are written to files and detached; the chain, the audit and the other campaigns hold as before."""
import hashlib
import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from books_world import Books  # noqa: E402
from ledger_world import CLUSTER, entry, post, publish, setUpModule, win  # noqa: E402,F401

WALLETS, EACH = 60, 6
TABLES = ("win", "draw_log", "win_use")
# What an audit says of autumn in any case: its document, secret and log entries are invented here.
INVENTED = {"win_amount", "commitment", "table_hash", "cover", "table", "log_entry", "win_no_record"}


def sql(text, role="postgres"):
    return CLUSTER.sql(f"SET search_path = hongbao; {text}", role)


class Archive(unittest.TestCase):
    def setUp(self):
        self.books = Books(WALLETS, each=EACH)
        self.books.begin()
        self.books.fill()
        # Another campaign, live, with which spring shares a batch.
        publish(slug="autumn", shards=1, units="{50}", fen="{450}", prizes="'{gold}', '{cash}'")
        self.books.sql("SELECT campaign_fund('autumn', 450, 'autumn')")
        self.books.sql("SELECT opening_begin(1, 2, 0::smallint)")
        self.books.sql("SELECT lease_take(1, 2, 0::smallint, 1::smallint, 0, 50, 450)")
        self.assertEqual(post([(1, 0, 1, 2, entry(1)), (2, 0, 1, 1, entry(1))], [win(2, "somebody", 0)]), ("r", "ss"))
        self.mixed = self.books.one("SELECT batch FROM win WHERE campaign = 2")
        self.books.pay()
        folder = tempfile.TemporaryDirectory(prefix="hongbao-archive-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def close(self):
        self.books.sql("SELECT campaign_end('spring')")
        self.books.give_back()
        self.books.policy(expires_after_ms=1)
        run = self.books.hongbao("campaign", "close", "spring", "--person", "ann")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def seal(self):
        self.books.sql("SELECT seal_some(1, 2000)")

    def archive(self, code=0):
        run = self.books.hongbao("campaign", "archive", "spring", "--out", self.folder, "--person", "ann", "--json")
        self.assertEqual(run.returncode, code, run.stdout + run.stderr)
        return json.loads(run.stdout)["verdict"]

    def audit(self):
        """The checks that find something of what is not invented."""
        run = self.books.hongbao("audit", "--json")
        self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
        report = json.loads(run.stdout)
        self.assertEqual(report["archived"], 1)
        self.assertNotIn("spring", {finding["row"].split()[0] for finding in report["findings"]})
        return {finding["check"] for finding in report["findings"]} - INVENTED

    def file(self, ending):
        with open(os.path.join(self.folder, "spring." + ending), "rb") as file:
            return file.read()

    def test_only_what_is_settled_and_sealed_is_archived(self):
        self.assertEqual(self.archive(1), "not_settled")
        self.close()
        self.assertEqual(self.archive(1), "unsealed")
        self.assertEqual(os.listdir(self.folder), [])
        self.seal()
        sql("SET session_replication_role = replica; ALTER TABLE win DISABLE TRIGGER ALL; UPDATE win SET chances_left = chances_left + 1 "
            "WHERE campaign = 1 AND player = md5('1')::uuid; ALTER TABLE win ENABLE ALWAYS TRIGGER append_only_row")
        self.assertEqual(self.archive(1), "broken")
        self.assertEqual(os.listdir(self.folder), [])
        self.assertEqual(self.books.one("SELECT count(*) FROM win WHERE campaign = 1"), str(WALLETS))
        run = self.books.hongbao("campaign", "archive", "winter", "--out", self.folder, "--person", "ann")
        self.assertEqual(run.returncode, 3, run.stderr)

    def test_an_archived_campaign_is_in_the_files_and_everything_else_holds(self):
        self.close()
        self.seal()
        self.books.whole(self)
        rows = {table: sql(f"SELECT t::text FROM {table} t WHERE campaign = 1") for table in TABLES}
        kept = "SELECT * FROM settlement_line ORDER BY no", "SELECT name, debit, credit FROM account ORDER BY name", "SELECT * FROM payout ORDER BY out_no"
        before = [self.books.sql(query) for query in kept]
        head = self.books.sql("SELECT seq, encode(hash, 'hex') FROM seal ORDER BY seq DESC LIMIT 1")[0]
        self.assertEqual(self.archive(), "archived")
        # The files are the rows, each whole, and the manifest says so.
        manifest = json.loads(self.file("json"))
        self.assertEqual((manifest["campaign"], manifest["person"], manifest["head"]), ("spring", "ann", {"seq": int(head[0]), "hash": head[1]}))
        for table in TABLES:
            text = self.file(table)
            self.assertEqual(manifest[table], {"rows": len(rows[table]), "sha256": hashlib.sha256(text).hexdigest()})
            self.assertEqual(self.books.one(f"SELECT count(*) FROM {table} WHERE campaign = 1"), "0")
        self.assertGreaterEqual(manifest["win"]["rows"], WALLETS)
        # Once more; and every other book is as it was.
        self.assertEqual(self.archive(), "same")
        self.assertEqual([self.books.sql(query) for query in kept], before)
        self.books.whole(self)
        self.assertEqual(self.audit(), set())
        for words in (("verify-draws", "spring"), ("records", "export", "spring"), ("audit", "--campaign", "spring")):
            run = self.books.hongbao(*words)
            self.assertEqual(run.returncode, 3, run.stdout + run.stderr)
            self.assertIn("The campaign was archived", run.stderr)
        # Wins go on elsewhere; nobody but the owner can drop what was detached, and nobody changes it.
        self.assertEqual(post([(2, 0, 1, 2, entry(1))], [win(1, "somebody else", 1)]), ("r", "s"))
        self.assertEqual(CLUSTER.codes(["DROP TABLE hongbao.win_1", "SELECT * FROM hongbao.win_1"], "hongbao_admin"), ["42501", "42501"])
        owner = "SET ROLE hongbao_owner; SET search_path = hongbao; "
        self.assertEqual(CLUSTER.codes(["UPDATE win_1 SET amount_fen = 0", "DELETE FROM draw_log_1", "DELETE FROM win_use_1", "TRUNCATE win_1",
                                        "DELETE FROM archive_batch", "UPDATE archive SET person = 'x'"], "hongbao_migrator", owner), ["HB007"] * 6)
        CLUSTER.sql(owner + "DROP TABLE win_1, draw_log_1, win_use_1", "hongbao_migrator")
        self.seal()
        self.books.whole(self)
        self.assertEqual(self.audit(), set())

    def test_the_files_load_again_to_what_was_committed(self):
        self.close()
        self.seal()
        self.assertEqual(self.archive(), "archived")
        for table in TABLES:
            path = os.path.join(self.folder, "spring." + table)
            sql(f"CREATE TABLE public.lines (line text);\n\\copy public.lines FROM '{path}' WITH (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02')\n"
                f"CREATE TABLE public.{table}_again AS SELECT (line::hongbao.{table}).* FROM public.lines; DROP TABLE public.lines")
            self.assertEqual(sql(f"SELECT count(*) FROM ((TABLE public.{table}_again EXCEPT TABLE {table}_1) UNION ALL (TABLE {table}_1 EXCEPT TABLE public.{table}_again)) x"),
                             [["0"]], table)

    def test_faults_behind_an_archive_are_found(self):
        self.close()
        self.seal()
        self.assertEqual(self.archive(), "archived")
        faults = {
            "another campaign's win of a batch that was shared": ("batch_hash", "UPDATE win SET chances_left = 9 WHERE campaign = 2"),
            "what is left of a batch": ("archive", f"UPDATE archive_batch SET rest_hash = sha256('x') WHERE batch = {self.mixed}"),
            "a count of an archive": ("archive", f"UPDATE archive_batch SET entries = entries + 1 WHERE batch = {self.mixed}"),
            "the head": ("archive", "UPDATE archive SET head_hash = sha256('x')"),
            "a batch": ("seal", f"UPDATE batch SET hash = sha256('x') WHERE id = {self.mixed}"),
        }
        for what, (check, change) in faults.items():
            with self.subTest(what):
                table = change.split()[1]
                back = f"CREATE TABLE public.kept AS TABLE {table}"
                sql(f"{back}; ALTER TABLE {table} DISABLE TRIGGER ALL; {change}; ALTER TABLE {table} ENABLE TRIGGER ALL")
                self.assertIn(check, self.audit())
                sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL; " + self.undo(table) + f"; ALTER TABLE {table} ENABLE TRIGGER ALL; DROP TABLE public.kept")
                self.assertEqual(self.audit(), set())

    @staticmethod
    def undo(table):
        columns = {"win": "chances_left", "archive_batch": "rest_hash, entries", "archive": "head_hash", "batch": "hash"}[table]
        keys = {"win": ("player", "draw_no"), "archive_batch": ("batch", "campaign"), "archive": ("campaign",), "batch": ("id",)}[table]
        row = ", ".join("k." + column.strip() for column in columns.split(","))
        return f"UPDATE {table} t SET ({columns}) = ROW({row}) FROM public.kept k WHERE " + " AND ".join(f"t.{key} = k.{key}" for key in keys)


if __name__ == "__main__":
    unittest.main()
