"""`hongbao merchant` and `hongbao payout` over a real ledger: what one person may do, what takes two, and what nobody may."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from ledger_world import CLUSTER, entry, open_shard, player, post, publish, setUpModule, take  # noqa: E402,F401

ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
BINARY = os.path.join(os.environ.get("TEST_BUILD", os.path.join(ROOT, "build", "release")), "engine", "hongbao")
SETTINGS = {"provider": "wechat", "app_id": "wx1", "min_fen": 1, "single_cap_fen": 20000, "settings": {"mch_id": "1900000001"}}
WHO = ["--person", "ann", "--reason", "seen"]
OTHER = ["--person", "bob", "--reason", "seen too"]


class Commands(unittest.TestCase):
    def setUp(self):
        CLUSTER.drop()
        CLUSTER.sql("CREATE DATABASE hongbao TEMPLATE whole", "postgres", "postgres")
        publish(units="{100,100,10}", fen="{900,20000000,0}")
        CLUSTER.sql("SELECT campaign_fund('spring', 20000900, 'first')")
        CLUSTER.one("SELECT leader_take('a', 60000)")
        open_shard()
        take(2, 0, 100, 20000000)
        self.units = 0
        folder = tempfile.TemporaryDirectory(prefix="hongbao-commands-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def hongbao(self, *words, code=0):
        run = subprocess.run([BINARY, *words, f"--database.operator_uri={CLUSTER.uri('hongbao_admin')}"], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(run.returncode, code, f"{words}: {run.stdout}{run.stderr}")
        return run.stdout

    def verdict(self, *words, code=0):
        return json.loads(self.hongbao(*words, "--json", code=code))["verdict"]

    def rows(self, *words, code=0):
        return json.loads(self.hongbao(*words, "--json", code=code))

    def merchant(self, name="m1", **changes):
        path = os.path.join(self.folder, "settings.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({**SETTINGS, **changes}, file)
        self.assertEqual(self.verdict("merchant", "add", name, path), "")

    def withdrawal(self, who, fen):
        """A player who won and asked for it: the withdrawal's id."""
        self.units += 1
        self.assertEqual(post([(1, 0, 1, self.units, entry(1))], [(1, f"'{player(who)}'", 1, 2, self.units - 1, fen, 7, 3)]), ("r", "s"))
        CLUSTER.sql(f"SELECT payee_put('{player(who)}', 'wechat', 'wx1', '\\x01', NULL, sha256('{who}'), 0)")
        row = CLUSTER.sql(f"SELECT (o).verdict, (o).id FROM (SELECT withdraw_open(1, '{player(who)}', 'k') AS o) x")[0]
        self.assertEqual(row[0], "opened")
        return row[1]

    def test_a_merchant_is_set_up_topped_up_once_a_key_and_shown(self):
        self.merchant()
        self.assertEqual(self.verdict("merchant", "topup", "m1", "--fen", "5000", "--key", "k1"), "booked")
        self.assertEqual(self.verdict("merchant", "topup", "m1", "--fen", "5000", "--key", "k1"), "same")
        self.assertEqual(self.verdict("merchant", "topup", "m1", "--fen", "5001", "--key", "k1", code=1), "quarantined")
        shown = self.rows("merchant", "show", "m1")[0]
        self.assertEqual((shown["balance_fen"], shown["reserved_fen"], shown["stopped"], shown["single_cap_fen"]), (5000, 0, False, 20000))
        self.assertIn("m1\twechat\trunning\t5000", self.hongbao("merchant", "list"))
        self.hongbao("merchant", "show", "m2", code=1)
        self.hongbao("merchant", "topup", "m1", "--fen", "0", "--key", "k", code=2)
        self.hongbao("merchant", "topup", "m2", "--fen", "1", "--key", "k", code=3)

    def test_one_person_stops_and_two_let_it_go_on(self):
        self.merchant()
        self.assertEqual(self.verdict("merchant", "stop", "m1", *WHO), "stopped")
        self.merchant(stopped=False)  # no way around the two
        self.assertTrue(self.rows("merchant", "show", "m1")[0]["stopped"])
        self.assertEqual(self.verdict("merchant", "resume", "m1", *WHO), "noted")
        self.assertEqual(self.verdict("merchant", "resume", "m1", *WHO, code=1), "same_person")
        self.assertTrue(self.rows("merchant", "show", "m1")[0]["stopped"])
        self.assertEqual(self.verdict("merchant", "resume", "m1", *OTHER), "running")
        self.assertFalse(self.rows("merchant", "show", "m1")[0]["stopped"])
        # A word that was used up, or that came before the stop, does not count again.
        CLUSTER.sql("SELECT merchant_halt('m1', 'SIGN_ERROR')")
        self.assertEqual(self.verdict("merchant", "resume", "m1", *OTHER), "noted")
        self.assertEqual(self.verdict("merchant", "stop", "m1", *OTHER), "stopped")
        self.assertEqual(self.verdict("merchant", "resume", "m1", *WHO), "noted")
        self.hongbao("merchant", "resume", "m1", code=2)

    def test_no_function_nor_role_resumes_alone(self):
        self.merchant()
        CLUSTER.sql("SELECT merchant_stop('m1', true)", "hongbao_admin")
        alone = ["SELECT merchant_stop('m1', false)", "SELECT merchant_set('m1', '{\"provider\": \"wechat\", \"stopped\": false}')",
                 "SELECT merchant_set('m1', '{\"provider\": \"wechat\"}')"]
        self.assertEqual(CLUSTER.codes(alone, "hongbao_admin"), ["HB007"] * 3)
        self.assertEqual(CLUSTER.codes(["UPDATE merchant SET stopped = false"] * 2, "postgres", "SET search_path = hongbao; SET session_replication_role = replica; "),
                         ["HB007"] * 2)
        self.assertEqual(self.verdict("merchant", "resume", "m1", *WHO), "noted")
        self.assertEqual(CLUSTER.codes(alone, "hongbao_admin"), ["HB007"] * 3)  # nor behind the first of the two
        self.assertEqual(self.verdict("merchant", "resume", "m1", *OTHER), "running")
        CLUSTER.sql("SELECT merchant_stop('m1', true)", "hongbao_admin")
        self.assertEqual(CLUSTER.codes(alone, "hongbao_admin"), ["HB007"] * 3)  # a word that was used up

    def test_a_large_sum_takes_two_and_one_refusal_takes_it_back(self):
        self.merchant(single_cap_fen=200000)
        self.hongbao("merchant", "topup", "m1", "--fen", "1000000", "--key", "k")
        first, second = self.withdrawal(1, 100000), self.withdrawal(2, 150000)
        self.assertEqual(CLUSTER.sql("SELECT * FROM payout_claim('m1', 10, 1000)"), [])
        self.assertEqual(self.verdict("payout", "approve", first, *WHO), "noted")
        self.assertEqual(self.verdict("payout", "approve", first, *WHO, code=1), "same")
        self.assertEqual(CLUSTER.sql("SELECT * FROM payout_claim('m1', 10, 1000)"), [])
        self.assertEqual(self.verdict("payout", "approve", first, *OTHER), "approved")
        self.assertEqual(self.verdict("payout", "refuse", second, *WHO), "refused")
        self.assertEqual(self.verdict("payout", "approve", second, *OTHER, code=1), "not_in_review")
        claimed = CLUSTER.sql("SELECT withdrawal FROM payout_claim('m1', 10, 1000)")
        self.assertEqual(claimed, [[first]])
        self.assertEqual(self.verdict("payout", "approve", "00000000-0000-0000-0000-000000000000", *WHO, code=1), "no_withdrawal")
        self.hongbao("payout", "approve", "not-an-id", *WHO, code=2)
        self.hongbao("payout", "approve", first, code=2)

    def test_what_was_not_sent_is_taken_back_and_never_more(self):
        self.merchant()
        self.hongbao("merchant", "topup", "m1", "--fen", "1000000", "--key", "k")
        first, second = self.withdrawal(1, 500), self.withdrawal(2, 600)
        jobs = {row[0]: row for row in CLUSTER.sql("SELECT withdrawal, out_no, fence FROM payout_claim('m1', 10, 60000)")}
        number, fence = jobs[second][1:]
        self.assertEqual(CLUSTER.one(f"SELECT payout_sent('{number}', {fence}, sha256('b'), '\\x01', 60000)"), "send")
        self.assertEqual(self.verdict("payout", "take-back", first, *WHO), "1")
        self.assertEqual(self.verdict("payout", "take-back", second, *WHO, code=1), "0")
        states = {row["withdrawal"]: row["state"] for row in self.rows("payout", "list")}
        self.assertEqual(states, {second: "sent"})
        events = [row["event"] for row in self.rows("payout", "show", number)]
        self.assertEqual(events, ["plan", "reserve", "send"])
        self.assertEqual([row["person"] for row in self.rows("payout", "show", first)][-1], "ann")
        self.assertEqual(self.rows("payout", "list", "--state", "failed")[0]["withdrawal"], first)
        self.assertEqual(self.rows("payout", "list", "--frozen"), [])
        self.assertEqual(self.verdict("payout", "again", first, "--part", "1", code=1), "not_allowed")

    def test_the_workers_own_functions_keep_to_the_fence_and_freeze_what_differs(self):
        self.merchant()
        self.hongbao("merchant", "topup", "m1", "--fen", "1000000", "--key", "k")
        self.withdrawal(1, 500)
        self.withdrawal(2, 600)
        jobs = CLUSTER.sql("SELECT out_no, fence FROM payout_claim('m1', 10, 60000)")
        (given_up, fence), (sent, other) = jobs
        self.assertEqual(CLUSTER.one(f"SELECT payout_unsendable('{given_up}', {fence} + 100, 'x')"), "fenced")
        self.assertEqual(CLUSTER.one(f"SELECT payout_unsendable('{given_up}', {fence}, 'request:x')"), "given_up")
        CLUSTER.sql(f"SELECT payout_sent('{sent}', {other}, sha256('b'), '\\x01', 60000)")
        self.assertEqual(CLUSTER.one(f"SELECT payout_unsendable('{sent}', {other}, 'x')"), "sent")
        self.assertEqual(CLUSTER.one(f"SELECT payout_absent('{sent}', {other} + 1, 'x', NULL)"), "fenced")
        self.assertEqual(CLUSTER.one(f"SELECT payout_later('{sent}', {other} + 1, 1)"), "f")
        self.assertEqual(CLUSTER.one(f"SELECT payout_later('{sent}', {other}, 1)"), "t")
        notice = f"SELECT notice_take('m1', 'n1', 'kind', '{sent}', sha256('n'), 'differs', 'paid', 'p1', 7)"
        self.assertEqual(CLUSTER.one(notice), "frozen")
        self.assertEqual(CLUSTER.one(notice), "seen")
        self.assertEqual(CLUSTER.one(f"SELECT notice_take('m1', 'n2', 'kind', '{sent}', sha256('n2'), 'paid', 'x', 'p1', NULL)"), "frozen")
        self.assertEqual(CLUSTER.one("SELECT notice_take('m1', 'n3', 'kind', 'nobody', sha256('n3'), NULL)"), "noted")
        self.assertEqual([row["frozen"] for row in self.rows("payout", "list", "--frozen")], [True])
        self.assertEqual(CLUSTER.sql("SELECT id, verdict FROM provider_notice ORDER BY id"), [["n1", "frozen"], ["n2", "frozen"], ["n3", "noted"]])

    def test_the_engine_may_stop_but_not_let_go_on_and_nobody_writes_its_tables(self):
        self.merchant()
        for statement in ("SELECT merchant_say('m1', false, 'x', 'y')", "SELECT merchant_put('m1', '{}')", "SELECT merchant_stop('m1', false)",
                          "UPDATE merchant SET stopped = false", "DELETE FROM provider_notice", "INSERT INTO merchant_word DEFAULT VALUES"):
            self.assertEqual(CLUSTER.codes([statement], "hongbao_engine"), ["42501"], statement)
        self.assertEqual(CLUSTER.one("SELECT merchant_halt('m1', 'SIGN_ERROR')"), "t")
        self.assertEqual(CLUSTER.one("SELECT merchant_halt('m1', 'SIGN_ERROR')"), "f")


if __name__ == "__main__":
    unittest.main()
