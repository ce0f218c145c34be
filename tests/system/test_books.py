"""The books are checked: no false alarm under load, and each planted fault is found and named."""
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import documents  # noqa: E402
from engine_case import EngineCase  # noqa: E402
from storm import Storm  # noqa: E402

SECONDS = int(os.environ.get("TEST_AUDIT_SECONDS", "8"))
CAMPAIGN = "books"


class Books(EngineCase):
    @classmethod
    def setUpClass(cls):
        os.environ["HONGBAO_BOOKS_CHECK_SECONDS"] = "1"  # the engine of ./dev up reads it
        cls.addClassCleanup(os.environ.pop, "HONGBAO_BOOKS_CHECK_SECONDS")
        super().setUpClass()
        cls.engine.publish(documents.campaign(
            CAMPAIGN, [documents.cash("a", 100, 100_000, 0.3), documents.split("s", 1_000_000, 1, 90, 50_000, 0.2)],
            chances={"base": 10000, "per_day": 0}))
        cls.id = cls.engine.sql(f"select id from campaign where slug = '{CAMPAIGN}'")

    def test_1_an_audit_every_second_under_load_raises_no_false_alarm(self):
        with Storm(self.engine, CAMPAIGN, 8) as storm:
            audits, until = 0, time.monotonic() + SECONDS
            while time.monotonic() < until:
                began = time.monotonic()
                code, report = self.engine.audit()
                self.assertEqual(code, 0, report)
                audits += 1
                time.sleep(max(0, 1 - (time.monotonic() - began)))
        storm.check(self)
        print(f"{audits} audits in {SECONDS} s, no alarm")
        self.engine.assert_books_balance(self, (CAMPAIGN,))

    # ---- planted faults: as a superuser would, past every trigger; each is taken back ----

    def tampered(self, table, change, back, look):
        """Changes rows past the triggers, answers what `look` sees then, and takes the change back."""
        def apply(statement):
            self.engine.sql(f"alter table {table} disable trigger all; {statement}; alter table {table} enable trigger all")

        apply(change)
        try:
            return look()
        finally:
            apply(back)

    def win(self):
        return self.engine.sql(f"select player || ',' || draw_no from win where campaign = {self.id} and amount_fen > 0 limit 1").split(",")

    def test_2_each_planted_fault_is_found(self):
        with Storm(self.engine, CAMPAIGN, 8, name="more") as storm:
            storm.go_on(300)
        self.engine.wait_stored(CAMPAIGN)
        player, number = self.win()
        where = f"campaign = {self.id} and player = '{player}' and draw_no = {number}"
        win, log = f"win_{self.id}", f"draw_log_{self.id}"
        entry = self.engine.sql(f"select shard || ' ' || epoch || ' ' || position from draw_log where campaign = {self.id} and kind = 1 order by position limit 1 offset 2").split()
        at = f"campaign = {self.id} and shard = {entry[0]} and epoch = {entry[1]} and position = {entry[2]}"
        faults = {
            "a changed amount": (win, f"update {win} set amount_fen = amount_fen + 1 where {where}", f"update {win} set amount_fen = amount_fen - 1 where {where}"),
            "a missing win": (win, f"create table kept as select * from {win} where {where}; delete from {win} where {where}",
                              f"insert into {win} select * from kept; drop table kept"),
            "a win that was never drawn": (
                win, f"create table extra as select * from {win} where {where}; update extra set draw_no = 60001; insert into {win} select * from extra",
                f"delete from {win} where campaign = {self.id} and player = '{player}' and draw_no = 60001; drop table extra"),
            "a changed record": (log, f"update {log} set entry = set_byte(entry, 30, get_byte(entry, 30) # 1) where {at}",
                                 f"update {log} set entry = set_byte(entry, 30, get_byte(entry, 30) # 1) where {at}"),
            "a missing record": (log, f"create table kept as select * from {log} where {at}; delete from {log} where {at}",
                                 f"insert into {log} select * from kept; drop table kept"),
            "a moved balance": ("account", f"update account set credit = credit + 1 where name = 'payable:{CAMPAIGN}:0'",
                                f"update account set credit = credit - 1 where name = 'payable:{CAMPAIGN}:0'"),
            "a changed transfer": ("transfer", "update transfer set amount = amount + 1 where id = (select min(id) from transfer)",
                                   "update transfer set amount = amount - 1 where id = (select min(id) from transfer)"),
            "a broken batch": ("batch", "update batch set hash = set_byte(hash, 0, get_byte(hash, 0) # 1) where id = (select min(id) from batch)",
                               "update batch set hash = set_byte(hash, 0, get_byte(hash, 0) # 1) where id = (select min(id) from batch)"),
            "a broken seal": ("seal", "update seal set hash = set_byte(hash, 0, get_byte(hash, 0) # 1) where seq = 1",
                              "update seal set hash = set_byte(hash, 0, get_byte(hash, 0) # 1) where seq = 1"),
            "a lease that does not add up": ("lease", f"update lease set to_unit = to_unit + 1 where campaign = {self.id} and lease_no = 1",
                                             f"update lease set to_unit = to_unit - 1 where campaign = {self.id} and lease_no = 1"),
        }
        for name, (table, change, back) in faults.items():
            with self.subTest(name):
                code, report = self.tampered(table, change, back, self.engine.audit)
                self.assertEqual(code, 1, f"{name} was not found")
                self.assertTrue(report.get("findings"), report)
        self.engine.assert_books_balance(self, (CAMPAIGN,))

    def metric(self, name):
        text = self.engine.client().call("GET", "/metrics").body.decode()
        return int(next(line.split()[1] for line in text.splitlines() if line.startswith(name + " ")))

    def alarms(self):
        with open(os.path.join(self.engine.home, "log", "engine.log"), errors="replace") as log:
            return [line for line in log if "books.broken" in line]

    def test_2_the_running_engine_finds_a_planted_fault_by_itself(self):
        def looked():
            looks, before = self.metric("hongbao_books_checks_total"), len(self.alarms())
            self.engine.wait(lambda: self.metric("hongbao_books_checks_total") >= looks + 2, 10, "two more looks")
            return self.alarms()[before:]

        self.assertEqual((looked(), self.metric("hongbao_books_findings")), ([], 0))
        name = f"payable:{CAMPAIGN}:0"
        found = self.tampered("account", f"update account set credit = credit + 1 where name = '{name}'",
                              f"update account set credit = credit - 1 where name = '{name}'",
                              lambda: (looked(), self.metric("hongbao_books_findings")))
        self.assertGreaterEqual(found[1], 2)
        self.assertTrue(any("check=account_sums" in line and f'place="account {name}"' in line for line in found[0]), found)
        self.assertTrue(any("check=balance" in line for line in found[0]), found)
        looked()  # one may have been under way
        self.assertEqual((looked(), self.metric("hongbao_books_findings")), ([], 0))

    def test_2_faults_in_wallets_and_payouts_are_found_and_named(self):
        ask = lambda statement: self.engine.sql(statement, "hongbao_admin")  # noqa: E731
        player = self.engine.sql(f"select player from win where campaign = {self.id} and amount_fen > 0 and not exists "
                                 "(select from win_use u where u.player = win.player) limit 1")
        ask("select merchant_set('books', '{\"provider\": \"wechat\"}'), merchant_topup('books', 100000000, 'first'), "
            f"wallet_policy_set('{CAMPAIGN}', '{{\"min_fen\": 1, \"review_fen\": 9000000}}')")
        ask(f"select payee_put('{player}', 'wechat', 'app', '\\x01', null, sha256('x'), 0)")
        self.assertEqual(ask(f"select verdict from withdraw_open({self.id}, '{player}', 'key')"), "opened")
        out_no, fence = ask("select out_no || ' ' || fence from payout_claim('books', 1, 60000)").split()
        self.assertEqual(ask(f"select payout_sent('{out_no}', {fence}, sha256('b'), '\\x01', 60000)"), "send")
        self.assertEqual(ask(f"select verdict from payout_verdict('{out_no}', 'paid', 'query')"), "applied")
        self.engine.assert_books_balance(self, (CAMPAIGN,))
        post = f"ref = ref_of('payout', '{out_no}', 'payout', 'end')"
        faults = {
            "payout_books": ("transfer", f"create table kept as select * from transfer where {post}; delete from transfer where {post}",
                             "insert into transfer overriding system value select * from kept; drop table kept"),
            "payouts": ("payout", f"update payout set amount_fen = amount_fen + 1 where out_no = '{out_no}'",
                        f"update payout set amount_fen = amount_fen - 1 where out_no = '{out_no}'"),
            "batch_hash": ("payout_event", f"update payout_event set code = 'x' where out_no = '{out_no}' and seq = 2",
                           f"update payout_event set code = null where out_no = '{out_no}' and seq = 2"),
            "win_uses": (f"win_use_{self.id}", f"update win_use set amount_fen = amount_fen + 1 where player = '{player}'",
                         f"update win_use set amount_fen = amount_fen - 1 where player = '{player}'"),
            "account": ("account", "update account set credit = credit + 1 where name = 'provider:books'",
                        "update account set credit = credit - 1 where name = 'provider:books'"),
        }
        for check, (table, change, back) in faults.items():
            with self.subTest(check):
                code, report = self.tampered(table, change, back, self.engine.audit)
                self.assertEqual(code, 1)
                self.assertIn(check, {finding["check"] for finding in report["findings"]})
        self.engine.assert_books_balance(self, (CAMPAIGN,))

    def test_3_no_login_role_changes_a_row_that_is_kept(self):
        for role in ("hongbao_engine", "hongbao_admin", "hongbao_auditor", "hongbao_migrator"):
            for statement in ("update win set amount_fen = 1", "delete from draw_log", "truncate transfer", "update seal set seq = 2", "delete from batch",
                              "set role hongbao_owner; update win set amount_fen = 1", "set role hongbao_owner; truncate draw_log"):
                run = self.engine.sql(statement, role, check=False)
                self.assertNotEqual(run.returncode, 0, f"{role}: {statement}")

    def test_4_verify_draws_finds_what_was_changed(self):
        self.engine.end(CAMPAIGN)
        self.engine.assert_verified(self, CAMPAIGN)
        code, report = self.engine.audit()
        self.assertEqual(code, 0, report)
        log = f"draw_log_{self.id}"
        one = f"campaign = {self.id} and kind = 1 and position = (select min(position) from {log} where kind = 1)"
        won = f"campaign = {self.id} and kind = 1 and position = (select min(position) from {log} where kind = 1 and get_byte(entry, 46) <> 0)"
        secret = "set_byte(secret, 0, get_byte(secret, 0) # 1)"
        faults = {
            "a changed record": (log, f"update {log} set entry = set_byte(entry, 45, get_byte(entry, 45) # 1) where {one}",
                                 f"update {log} set entry = set_byte(entry, 45, get_byte(entry, 45) # 1) where {one}"),
            "a missing record": (log, f"create table kept as select * from {log} where {one}; delete from {log} where {one}",
                                 f"insert into {log} select * from kept; drop table kept"),
            "an added record": (log, f"create table extra as select * from {log} where {one}; update extra set position = 900000000; insert into {log} select * from extra",
                                f"delete from {log} where position = 900000000; drop table extra"),
            "an oversold unit": (log, f"create table kept as select * from {log} where {won}; "
                                 f"update {log} set entry = set_byte(entry, 50, (get_byte(entry, 50) + 1) % 256) where {won}",
                                 f"delete from {log} where {won}; insert into {log} select * from kept; drop table kept"),
            "a wrong seed": ("campaign", f"update campaign set secret = {secret} where id = {self.id}", f"update campaign set secret = {secret} where id = {self.id}"),
        }
        for name, (table, change, back) in faults.items():
            with self.subTest(name):
                run = self.tampered(table, change, back, lambda: self.engine.hongbao("verify-draws", CAMPAIGN, check=False))
                self.assertEqual(run.returncode, 1, f"{name}: {run.stdout}{run.stderr}")
        self.engine.assert_verified(self, CAMPAIGN)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
