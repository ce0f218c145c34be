"""Who may write wallets and payouts: nobody who signs in. And each kind of planted fault is found, where it is.

Usage: ledger_faults.py [unittest options]. Starts a cluster of its own.
"""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from wallet_world import CLUSTER, Committed, Wallets, player, setUpModule  # noqa: E402,F401

KEPT = {"withdrawal": "gross_fen = 1", "withdrawal_part": "net_fen = 1", "payout": "amount_fen = 1", "payout_event": "state = 'paid'", "win_use": "amount_fen = 1",
        "win_use_1": "amount_fen = 1", "withdrawal_approval": "approved = true", "correction": "reason = 'x'", "settlement": "closed_by = 'x'",
        "settlement_line": "fen = 1", "voucher": "unit = 9", "voucher_event": "state = 'used'", "voucher_code": "no = 9", "transfer_kind": "debit = 'x'",
        "payout_step": "after = 'paid'", "transfer": "amount = 1", "batch": "fen = 1", "quarantine": "kind = 'win'"}
SETTINGS = ["wallet_policy", "tax_rule", "merchant", "merchant_day", "person", "payee", "payee_mark", "payout_body", "voucher_prize", "account", "account_mark", "books_mark"]
SUPERUSER = "SET search_path = hongbao; SET jit = off"
LOGINS = ["hongbao_migrator", "hongbao_engine", "hongbao_admin", "hongbao_auditor"]


def everything(test):
    """One row of everything there is: wins paid, open, clawed back, lapsed; a voucher; a correction; an approval; a statement."""
    book = test.book
    book.policy(review_fen=40000)
    book.sql("SELECT tax_rule_set('spring', 'cash_split', 2000, 'winner')")
    book.sql("SELECT voucher_import('spring', 'card', ARRAY['\\x01'::bytea], ARRAY[sha256('1')])")
    book.win(1, 9, 500)
    book.win(2, 50000)
    book.win(3, 300, 200, 100)
    book.win(4, 0, prize=3)
    book.sql(f"SELECT * FROM vouchers(1, '{player(4)}')")
    for who in (1, 2, 3):
        book.payee(who, who)
        book.withdraw(who, f"k{who}", draws=[1] if who == 3 else None)
    large = book.one(f"SELECT id FROM withdrawals('{player(2)}', NULL, NULL, 1)")
    for person in ("ann", "bob"):
        book.sql(f"SELECT withdrawal_approve('{large}', '{person}', true, 'seen')")
    jobs = book.send_all()
    for job in jobs:
        if job["withdrawal"] == large:
            book.verdict(job["out_no"], "failed" if job["part"] == 2 else "paid")
        elif job["player"].replace("-", "") == player(1):
            book.verdict(job["out_no"], "paid")
    book.correct("claw_back", {"player": player(3), "draw_nos": [2]})
    book.policy(review_fen=40000, expires_after_ms=1)
    book.sql("SELECT * FROM expire_some(1, NULL, NULL, 1000)")
    book.policy()
    test.assertEqual(book.one("SELECT seal_some(1, 100000) > 0"), "t")
    test.whole()


class WhoMayWrite(Committed):
    def test_history_is_refused_to_everybody(self):
        everything(self)
        self.book.verdict("f" * 32, "paid", "callback")
        for role in LOGINS:
            statements = []
            for table, change in KEPT.items():
                statements += [f"UPDATE hongbao.{table} SET {change}", f"DELETE FROM hongbao.{table}", f"TRUNCATE hongbao.{table} CASCADE"]
            statements += [f"DELETE FROM hongbao.{table}" for table in SETTINGS] + [f"TRUNCATE hongbao.{table}" for table in SETTINGS]
            statements += [f"INSERT INTO hongbao.{table} OVERRIDING SYSTEM VALUE SELECT * FROM hongbao.{table}" for table in ("win_use", "payout", "payout_event", "withdrawal", "account", "merchant")]
            statements += ["UPDATE hongbao.account SET credit = 0", "UPDATE hongbao.merchant SET stopped = false", "UPDATE hongbao.wallet_policy SET stopped = false"]
            self.all_codes("42501", statements, role)
        rows = {table for table in KEPT if CLUSTER.one(f"SELECT count(*) FROM hongbao.{table}", "postgres") != "0"}
        for prefix, role in (("SET ROLE hongbao_owner; SET search_path = hongbao; ", "hongbao_migrator"), ("SET search_path = hongbao; ", "postgres"),
                             ("SET search_path = hongbao; SET session_replication_role = replica; ", "postgres")):
            statements = []
            for table, change in KEPT.items():
                statements += [f"UPDATE {table} SET {change}", f"DELETE FROM {table}"] if table in rows else []
                statements += [f"TRUNCATE {table} CASCADE"]
            self.all_codes("HB007", statements, role, prefix)
        self.assertEqual({"settlement", "settlement_line"}, set(KEPT) - rows, "each of the others has a row to guard")
        self.whole()

    def all_codes(self, code, statements, role, before=""):
        answers = CLUSTER.codes(statements, role, before)
        self.assertEqual([(s, a) for s, a in zip(statements, answers) if a != code], [], role)

    def test_what_may_change_changes_only_forwards(self):
        everything(self)
        owner = "SET ROLE hongbao_owner; SET search_path = hongbao; "
        self.all_codes("HB007", ["UPDATE payout SET state = 'sent', ended_at = NULL WHERE state = 'paid'", "UPDATE withdrawal_part SET state = 'open' WHERE state = 'paid'",
                                 "UPDATE withdrawal SET state = 'open', ended_at = NULL WHERE state = 'paid'", "UPDATE win_use SET freed_batch = NULL, freed_at = NULL",
                                 "UPDATE win_use SET freed_batch = 1, freed_at = now(), amount_fen = 1"], "hongbao_migrator", owner)

    def test_people_are_read_by_the_engine_alone(self):
        everything(self)
        for table in ("person", "payee", "payout_body", "payee_mark"):
            self.all_codes("42501", [f"SELECT * FROM hongbao.{table}"] * 4, "hongbao_engine")
            self.all_codes("42501", [f"SELECT * FROM hongbao.{table}"], "hongbao_auditor")
        self.all_codes("42501", ["SELECT sealed FROM hongbao.voucher_code", f"SELECT * FROM person_get('{player(1)}')", f"SELECT * FROM payee_get('{player(1)}')",
                                 f"SELECT * FROM vouchers(1, '{player(1)}')"], "hongbao_auditor")

    def test_operators_words_are_not_the_engine_s_and_neither_calls_what_is_inside(self):
        operators = ["merchant_topup('m1', 1, 'x')", "tax_remit(1, 'x')", "campaign_close('spring', 'x')", "campaign_archive('spring', 'x', '{}', '{}')", "wallet_policy_set('spring', '{}')",
                     "correction_ask('thaw', 'spring', '{}', 'x', 'x', 'x')", "correction_decide('00000000-0000-0000-0000-000000000000', 'x', true, 'x')",
                     "withdrawal_approve('00000000-0000-0000-0000-000000000000', 'x', true, 'x')", "withdrawal_take_back('00000000-0000-0000-0000-000000000000', 1, 'x', 'x')",
                     "merchant_set('m1', '{}')", "merchant_stop('m1', true)", "wallet_stop('spring', true)", "tax_rule_set('spring', 'cash', 1, 'winner')",
                     "voucher_import('spring', 'card', '{}', '{}')", "voucher_mode_set('spring', 'card', 'hand')"]
        inside = ["movements_book(1, '{}', now())", "batch_write(1, 'payout', now())", "withdrawal_settle('00000000-0000-0000-0000-000000000000', 1, now())",
                  "books_mark_move(true)", "campaigns_mark_move(true)", "uses_book(1, '00000000-0000-0000-0000-000000000000', 'expire', 1, now())", "win_use_partition(9)", "campaign_hold_alone(1)"]
        for role, calls in (("hongbao_engine", operators + inside), ("hongbao_auditor", operators + inside + ["books_recent()", "books_minute()", "payout_claim('m1', 1, 1)"]),
                            ("hongbao_admin", inside)):
            self.all_codes("42501", [f"SELECT hongbao.{call}" for call in calls], role)


class Planted(Committed):
    """Past every trigger, as a superuser could: changed, found, taken back."""

    FAULTS = {
        # what: (tables, the change, the checks that must find it)
        "a changed amount of a transfer": (["transfer"], "UPDATE transfer SET amount = amount + 1 WHERE kind = 'payout' AND phase = 'post' AND id = {transfer}",
                                           {"account_sums", "batch_hashes", "payout_books"}),
        "a missing transfer": (["transfer"], "DELETE FROM transfer WHERE id = {transfer}", {"account_sums", "batch_hashes", "payout_books"}),
        "a doubled transfer": (["transfer"], "INSERT INTO transfer (batch, kind, debit_account, credit_account, amount, campaign, at, ref, phase) SELECT batch, kind, "
                               "debit_account, credit_account, amount, campaign, at, ref_of('double'), 'posted' FROM transfer WHERE id = {transfer}", {"account_sums", "batch_hashes"}),
        "a moved balance": (["account"], "UPDATE account SET credit = credit + 1 WHERE name = 'provider:m1'", {"account_sums", "balance"}),
        "a balance moved on both sides": (["account"], "UPDATE account SET debit = debit + 1 WHERE name IN ('payable:spring:0'); "
                                          "UPDATE account SET credit = credit + 1 WHERE name = 'provider:m1'", {"account_sums", "payable_uses"}),
        "a forgotten reservation": (["account"], "UPDATE account SET debit_pending = 0 WHERE name = 'payable:spring:0'; UPDATE account SET credit_pending = 0 WHERE credit_pending > 0",
                                    {"account_sums", "reserved"}),
        "another amount of a payout": (["payout"], "UPDATE payout SET amount_fen = amount_fen + 1 WHERE out_no = '{paid}'", {"batch_hashes", "payouts", "payout_books"}),
        "another payee of a payout": (["payout"], "UPDATE payout SET payee = payee + 1 WHERE out_no = '{paid}'", {"batch_hashes"}),
        "a payout said to be paid": (["payout", "withdrawal_part"], "UPDATE payout SET state = 'paid', ended_at = now() WHERE out_no = '{open}'",
                                     {"payouts", "payout_books", "attempts", "payable_uses"}),
        "a payout paid with a forged event": (["payout", "payout_event", "withdrawal_part"],
                                              "UPDATE payout SET state = 'paid', ended_at = now(), events = events + 1 WHERE out_no = '{open}'; INSERT INTO payout_event "
                                              "(out_no, seq, event, state, source, batch, at) SELECT out_no, events, 'paid', 'paid', 'query', batch, now() FROM payout WHERE out_no = '{open}'",
                                              {"batch_hashes", "payout_books", "attempts"}),
        "a missing event": (["payout_event"], "DELETE FROM payout_event WHERE out_no = '{paid}' AND seq = 2", {"batch_hashes", "payouts"}),
        "a second attempt beside a paid one": (["payout"], "INSERT INTO payout (out_no, withdrawal, part, attempt, campaign, shard, player, merchant, payee, amount_fen, tax_fen, "
                                               "organiser_fen, batch, planned_at, due_at) SELECT payout_no(withdrawal, part, 2), withdrawal, part, 2, campaign, shard, player, merchant, payee, "
                                               "amount_fen, tax_fen, organiser_fen, batch, planned_at, due_at FROM payout WHERE out_no = '{paid}'", {"batch_hashes", "attempts", "payouts"}),
        "a win that is free while it is paid": (["win_use", "win_use_1"], "UPDATE win_use SET freed_batch = batch, freed_at = now() WHERE cause = '{withdrawal}'",
                                                {"batch_hashes", "win_uses"}),
        "a use that is gone": (["win_use", "win_use_1"], "DELETE FROM win_use WHERE kind = 'claw_back'", {"batch_hashes", "taken_back", "payable_uses"}),
        "a use of another amount": (["win_use", "win_use_1"], "UPDATE win_use SET amount_fen = amount_fen + 1 WHERE kind = 'expire'",
                                    {"batch_hashes", "win_uses", "taken_back", "payable_uses"}),
        "another sum of a withdrawal": (["withdrawal"], "UPDATE withdrawal SET gross_fen = gross_fen + 1 WHERE id = '{withdrawal}'", {"batch_hashes", "withdrawals"}),
        "another state of a withdrawal": (["withdrawal"], "UPDATE withdrawal SET state = 'failed' WHERE id = '{withdrawal}'", {"withdrawals"}),
        "another sum of a part": (["withdrawal_part"], "UPDATE withdrawal_part SET net_fen = net_fen + 1 WHERE withdrawal = '{withdrawal}'", {"withdrawals", "payouts"}),
        "a broken batch": (["batch"], "UPDATE batch SET hash = sha256('x') WHERE id = (SELECT batch FROM transfer WHERE id = {transfer})", {"batch_hashes", "seal_chain"}),
        "a broken seal": (["seal"], "UPDATE seal SET hash = sha256('x') WHERE batch = (SELECT batch FROM transfer WHERE id = {transfer})", {"seal_chain"}),
        "rows of a batch that is not there": (["win_use", "win_use_1"], "UPDATE win_use SET batch = 999999 WHERE kind = 'claw_back'", {"no_orphans", "batch_hashes"}),
        "sides that do not fit": (["transfer"], "UPDATE transfer SET debit_account = 'bank' WHERE id = {transfer}", {"transfer_sides", "account_sums", "batch_hashes", "resolutions"}),
        "money out of a campaign": (["transfer", "account"], "UPDATE account SET credit = credit - 5 WHERE name = 'budget:spring'; UPDATE account SET debit = debit - 5 WHERE name = 'bank'",
                                    {"account_sums", "campaign_sums"}),
        "an unlimited account": (["account"], "UPDATE account SET limited = false WHERE name = 'payable:spring:0'", {"limits"}),
        "a day's cap that forgets": (["merchant_day"], "UPDATE merchant_day SET fen = 0", {"merchant_days"}),
        "a voucher of another unit": (["voucher"], "UPDATE voucher SET unit = 7", {"vouchers"}),
        "a voucher without its code": (["voucher_code"], "DELETE FROM voucher_code", {"vouchers"}),
        "a voucher used without a word": (["voucher"], "UPDATE voucher SET state = 'used'", {"vouchers"}),
    }

    def test_each_is_found_and_named(self):
        everything(self)
        names = {"transfer": self.book.one("SELECT id FROM transfer WHERE kind = 'payout' AND phase = 'post' ORDER BY id LIMIT 1"),
                 "paid": self.book.one("SELECT out_no FROM payout WHERE state = 'paid' ORDER BY planned_at LIMIT 1"),
                 "open": self.book.one("SELECT out_no FROM payout WHERE state = 'sent' LIMIT 1"),
                 "withdrawal": self.book.one("SELECT id FROM withdrawal WHERE state = 'paid'")}
        superuser = CLUSTER.session("postgres")
        self.addCleanup(superuser.close)
        superuser.sql(SUPERUSER)
        self.assertEqual(superuser.sql("SELECT * FROM check_all"), [])
        for what, (tables, change, checks) in self.FAULTS.items():
            with self.subTest(what):
                superuser.sql("BEGIN")
                for table in tables:
                    superuser.sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
                for statement in change.format(**names).split("; "):
                    superuser.sql(statement)
                found = superuser.sql("SELECT DISTINCT invariant FROM check_all")
                places = superuser.sql("SELECT count(*) FROM check_all WHERE place = ''")
                superuser.sql("ROLLBACK")
                self.assertEqual({f[0] for f in found} & checks, checks)
                self.assertEqual(places, [["0"]])
        self.assertEqual(superuser.sql("SELECT * FROM check_all"), [])

    def test_settlements_and_resolutions_are_looked_at_too(self):
        from ledger_settle import Closing, LAPSED, OVER
        self.paid(1, 500)
        self.book.policy(**LAPSED)
        Closing.home(self)
        self.book.sql("SELECT campaign_end('spring')")
        self.assertEqual(self.book.close(OVER)[0][0], "funded")
        self.book.sql("SELECT seal_some(1, 1000)")
        superuser = CLUSTER.session("postgres")
        self.addCleanup(superuser.close)
        superuser.sql(SUPERUSER)
        faults = {"a line that does not add up": ("settlement_line", "UPDATE settlement_line SET fen = fen + 1 WHERE line = 'paid'", {"settlements"}),
                  "a balance that is left": ("account", "UPDATE account SET credit = credit + 1 WHERE name = 'budget:spring'", {"settlements", "account_sums", "campaign_sums"}),
                  "more posted than was reserved": ("transfer", "UPDATE transfer SET amount = amount + 1 WHERE phase = 'post'", {"resolutions"}),
                  "a reservation that is gone": ("transfer", "DELETE FROM transfer WHERE phase = 'pending'", {"resolutions", "payout_books"})}
        for what, (table, change, checks) in faults.items():
            with self.subTest(what):
                superuser.sql("BEGIN")
                superuser.sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
                superuser.sql(change)
                found = {f[0] for f in superuser.sql("SELECT DISTINCT invariant FROM check_all")}
                superuser.sql("ROLLBACK")
                self.assertEqual(found & checks, checks)


class EachMinute(Committed):
    def recent(self):
        return {r["invariant"] for r in self.book.rows("SELECT * FROM books_minute()")}

    def test_what_was_touched_is_looked_at_and_nothing_is_found(self):
        everything(self)
        for who in range(7, 10):
            self.assertEqual(self.recent(), set())
            self.paid(who, 500)
        self.book.verdict("f" * 32, "paid", "callback")
        self.assertEqual(self.recent(), {"quarantine_empty"})

    def test_planted_faults_are_found_by_name(self):
        everything(self)
        self.assertEqual(self.recent(), set())
        superuser = CLUSTER.session("postgres")
        self.addCleanup(superuser.close)
        superuser.sql(SUPERUSER)
        open_one = self.book.one("SELECT out_no FROM payout WHERE state = 'sent' LIMIT 1")
        faults = {"UPDATE account SET credit = credit + 1 WHERE name = 'provider:m1'": {"account_sums", "balance"},
                  "UPDATE account SET credit_pending = 0, debit_pending = 0": {"account_sums", "reserved"},
                  "UPDATE transfer SET amount = amount + 1 WHERE phase = 'post'": {"account_sums", "batch_hashes", "resolutions"},
                  f"UPDATE payout SET state = 'unknown' WHERE out_no = '{open_one}'": {"payouts"},
                  "UPDATE win_use SET amount_fen = amount_fen + 1": {"batch_hashes"},
                  "UPDATE account SET limited = false": {"limits"},
                  "UPDATE account SET credit = credit + 1 WHERE name = 'budget:spring'": {"account_sums", "campaign_sums"},
                  "UPDATE account SET credit = credit + 1 WHERE name = 'payable:spring:0'": {"account_sums", "campaign_sums", "shard_accounts"},
                  "UPDATE transfer SET amount = amount + 1 WHERE kind = 'payout' AND phase = 'post'": {"account_sums", "campaign_sums"},
                  f"UPDATE withdrawal_part SET attempts = 2 WHERE withdrawal = (SELECT withdrawal FROM payout WHERE out_no = '{open_one}')": {"attempts"},
                  "UPDATE payout SET planned_at = now() - interval '8 days' WHERE state = 'sent'": {"stale"}}
        for change, checks in faults.items():
            with self.subTest(change):
                superuser.sql("BEGIN")
                for table in ("transfer", "payout", "win_use", "win_use_1", "withdrawal_part"):
                    superuser.sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
                superuser.sql(change)
                found = {f[0] for f in superuser.sql("SELECT DISTINCT invariant FROM books_minute()")}
                superuser.sql("ROLLBACK")
                self.assertEqual(found & checks, checks)
        self.assertEqual(self.recent(), set())

    def test_the_marks_hold_what_was_counted(self):
        everything(self)
        owner = CLUSTER.session("postgres")
        self.addCleanup(owner.close)
        owner.sql(SUPERUSER)
        owner.sql("ALTER TABLE transfer DISABLE TRIGGER ALL")
        owner.sql("UPDATE transfer SET at = at - interval '1 hour'")  # as if all of it were of an hour ago
        owner.sql("ALTER TABLE transfer ENABLE TRIGGER ALL")
        self.assertEqual(self.recent(), set())
        last = self.book.one("SELECT max(id) FROM transfer")
        self.assertEqual(self.book.one("SELECT transfer FROM books_mark"), last)
        self.assertEqual(self.book.one("SELECT transfer FROM campaigns_mark"), last)
        self.paid(7, 500)
        self.assertEqual(self.recent(), set())
        self.assertEqual(self.book.one("SELECT transfer FROM books_mark"), last, "the newest minute is counted each time")


if __name__ == "__main__":
    unittest.main()
