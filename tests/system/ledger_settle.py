"""Expiry, corrections by two people, vouchers, and the end of a campaign, in a real PostgreSQL.

Usage: ledger_settle.py [unittest options]. Starts a cluster of its own.
"""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from wallet_world import CLUSTER, Committed, Wallets, player, setUpModule  # noqa: E402,F401

OVER = "'2090-01-01'::timestamptz"
LAPSED = {"expires_at": "2080-01-01T00:00:00Z"}


class Expiring(Wallets):
    def expire(self, limit=1000, now=OVER):
        """Walks to the end; what lapsed in all, and in how many steps."""
        expired, fen, steps, after = 0, 0, 0, ("NULL", "NULL")
        while True:
            step = self.book.row(f"SELECT * FROM expire_some(1, {after[0]}, {after[1]}, {limit}, {now})")
            expired, fen, steps = expired + step["expired"], fen + step["fen"], steps + 1
            if step["last_player"] is None:
                return expired, fen, steps
            after = (f"'{step['last_player']}'", step["last_draw"])

    def test_what_was_not_taken_goes_back_to_the_budget(self):
        for who in range(7):
            self.book.win(who, 9, 500)
        self.book.win(8, 300, shard=1)
        self.book.win(1, 0, prize=3)
        before = self.book.balance("budget:spring")
        self.assertEqual(self.expire(), (0, 0, 1), "nothing lapses without a rule")
        self.book.policy(**LAPSED)
        self.assertEqual(self.expire(now="'2079-12-31'"), (0, 0, 1))
        self.assertEqual(self.expire(5), (15, 7 * 509 + 300, 4))
        self.assertEqual(self.expire(5), (0, 0, 4))
        self.assertEqual(self.book.balance("budget:spring"), before + 7 * 509 + 300)
        self.assertEqual((self.book.balance("payable:spring:0"), self.book.balance("payable:spring:1")), (0, 0))
        self.assertEqual(self.book.wallet(1)["expired_fen"], 509)
        self.whole()

    def test_what_is_bound_does_not_lapse_and_what_becomes_free_does(self):
        self.book.policy(**LAPSED)
        self.book.win(1, 500)
        self.book.win(2, 300)
        self.book.payee(1)
        self.assertEqual(self.book.withdraw(1)["verdict"], "opened")
        self.assertEqual(self.expire()[:2], (1, 300))
        job, = self.book.send_all()
        self.book.verdict(job["out_no"], "failed")
        self.assertEqual(self.expire()[:2], (1, 500))
        self.whole()

    def test_a_win_may_lapse_so_long_after_it_was_won(self):
        self.book.win(1, 500)
        self.book.policy(expires_after_ms=3600_000)
        self.assertEqual(self.expire(now="clock_timestamp() + interval '59 minutes'")[0], 0)
        self.assertEqual(self.expire(now="clock_timestamp() + interval '61 minutes'")[0], 1)
        self.whole()


class Correcting(Wallets):
    def test_two_people_take_back_a_win(self):
        self.book.win(1, 500, 300)
        before = self.book.balance("budget:spring")
        asked = self.book.ask("claw_back", {"player": player(1), "draw_nos": [1]})
        self.assertEqual(asked["verdict"], "asked")
        self.assertEqual(self.book.ask("claw_back", {"player": player(1), "draw_nos": [1]})["verdict"], "same")
        self.assertEqual(self.book.ask("claw_back", {"player": player(1), "draw_nos": [2]})["verdict"], "key_reused")
        self.assertEqual(self.book.decide(asked["id"], "ann"), "same_person")
        self.assertEqual(self.book.decide(asked["id"], "bob"), "done")
        self.assertEqual(self.book.decide(asked["id"], "cyd"), "decided")
        self.assertEqual(self.book.decide("00000000-0000-0000-0000-000000000000"), "no_correction")
        self.assertEqual(self.book.balance("budget:spring"), before + 500)
        self.assertEqual(self.book.wallet(1)["available_fen"], 300)
        self.whole()

    def test_the_second_person_may_refuse(self):
        self.book.win(1, 500)
        asked = self.book.ask("claw_back", {"player": player(1), "draw_nos": [1]})
        self.assertEqual(self.book.decide(asked["id"], "bob", False), "refused")
        self.assertEqual(self.book.decide(asked["id"], "cyd"), "decided")
        self.assertEqual(self.book.wallet(1)["available_fen"], 500)

    def test_what_is_bound_cannot_be_taken_back_now(self):
        self.book.win(1, 500, 300)
        self.book.payee(1)
        self.book.withdraw(1, draws=[1])
        asked = self.book.ask("claw_back", {"player": player(1), "draw_nos": [2, 1]})
        self.assertEqual(self.book.decide(asked["id"]), "bound")
        self.assertEqual(self.book.wallet(1)["available_fen"], 300, "nothing of it was done")
        job, = self.book.send_all()
        self.book.verdict(job["out_no"], "failed")
        self.assertEqual(self.book.decide(asked["id"]), "done", "it stayed asked")
        self.assertEqual(self.book.correct("claw_back", {"player": player(1), "draw_nos": [9]}, "other"), "no_win")
        self.whole()

    def test_differences_go_through_suspense(self):
        self.assertEqual(self.book.correct("adjust", {"debit": "suspense", "credit": "provider:m1", "amount_fen": 70}, "a", slug=None), "done")
        self.assertEqual(self.book.balance("suspense"), -70)
        self.assertEqual(self.book.correct("adjust", {"debit": "budget:spring", "credit": "suspense", "amount_fen": 70}, "b"), "done")
        self.assertEqual(self.book.balance("suspense"), 0)
        self.assertEqual(self.book.correct("adjust", {"debit": "tax_withheld", "credit": "suspense", "amount_fen": 1}, "c"), "no_room")
        self.book.win(1, 500)
        self.assertEqual(self.book.correct("adjust", {"debit": "payable:spring:0", "credit": "suspense", "amount_fen": 5, "shard": 0}, "d"), "done")
        self.assertEqual(self.book.correct("adjust", {"debit": "suspense", "credit": "payable:spring:0", "amount_fen": 5, "shard": 0}, "e"), "done")
        self.assertEqual(self.book.correct("adjust", {"debit": "float:spring:1", "credit": "suspense", "amount_fen": 5, "shard": 1}, "f"), "done")
        self.whole()

    def test_what_makes_no_sense_is_not_asked(self):
        self.book.win(1, 500)
        for kind, content in (("claw_back", {"player": "nobody", "draw_nos": [1]}), ("claw_back", {"player": player(1), "draw_nos": []}),
                              ("claw_back", {"player": player(1), "draw_nos": ["1"]}), ("claw_back", {"player": player(1)}), ("thaw", {"out_no": "x"}),
                              ("give_up", {"withdrawal": "x", "part": 1}), ("adjust", {"debit": "bank", "credit": "budget:spring", "amount_fen": 1}),
                              ("adjust", {"debit": "suspense", "credit": "suspense", "amount_fen": 1}), ("adjust", {"debit": "suspense", "credit": "bank", "amount_fen": 0}),
                              ("adjust", {"debit": "suspense", "credit": "nothing", "amount_fen": 1}),
                              ("adjust", {"debit": "suspense", "credit": "payable:spring:0", "amount_fen": 1}), ("gift", {})):
            self.assertEqual(self.book.ask(kind, content, f"{kind}{content}")["verdict"], "invalid", (kind, content))
        self.assertEqual(self.book.ask("thaw", {}, slug="autumn")["verdict"], "no_campaign")
        self.assertEqual(self.book.correct("claw_back", {"player": player(2), "draw_nos": [1]}), "no_win")

    def test_topping_up_counts_once_a_key(self):
        before = self.book.balance("provider:m1")
        self.assertEqual([self.book.topup(100, "k"), self.book.topup(100, "k"), self.book.topup(101, "k")], ["booked", "same", "quarantined"])
        self.assertEqual(self.book.balance("provider:m1"), before + 100)
        self.whole()


class Settings(Wallets):
    def test_a_policy_is_set_whole(self):
        self.book.policy(max_fen=700, windows=[["2026-02-04T00:00:00+08:00", "2026-02-05T00:00:00+08:00"]], merchants=["a", "b"], stopped=True)
        row = self.book.row("SELECT * FROM wallet_policy")
        self.assertEqual((row["max_fen"], row["stopped"], row["merchants"], row["day_count"]), (700, True, ["a", "b"], 10))
        self.assertEqual(self.book.one("SELECT windows FROM wallet_policy"), '{["2026-02-03 16:00:00+00","2026-02-04 16:00:00+00")}')
        self.book.sql("SELECT wallet_policy_set('spring', '{}')")
        self.assertEqual(self.book.row("SELECT max_fen, windows, merchants FROM wallet_policy"), {"max_fen": 2000000, "windows": None, "merchants": None})

    def test_what_is_no_policy_is_refused(self):
        for policy, code in (({"max": 1}, "HB004"), ({"min_fen": 0}, "23514"), ({"min_fen": 9, "max_fen": 8}, "23514"), ({"min_fen": "x"}, "22P02"),
                             ({"windows": []}, "23514"), ({"windows": [["2026-02-05", "2026-02-04"]]}, "22000")):
            if policy == {"windows": []}:
                self.book.policy(**policy)  # none: at any time
                continue
            self.refused(code, self.book.policy, **policy)

    def test_what_is_no_merchant_is_refused(self):
        for settings, code in (({"colour": "red"}, "HB004"), ({"time_zone": "Moon"}, "22023"), ({"min_fen": 0}, "23514"), ({"single_cap_fen": 1}, "23514"),
                               ({"quiet_from": 1}, "23514"), ({"provider": "We Chat"}, "23514")):
            self.refused(code, self.book.merchant, "m9", **settings)
        self.refused("HB004", self.book.sql, "SELECT merchant_stop('m9', true)")


class Fulfilling(Wallets):
    def codes(self, count, prize="card", start=0):
        codes = ",".join(f"'\\x{i:04x}'" for i in range(start, start + count))
        prints = ",".join(f"sha256('{i}')" for i in range(start, start + count))
        return int(self.book.one(f"SELECT voucher_import('spring', '{prize}', ARRAY[{codes}]::bytea[], ARRAY[{prints}])"))

    def vouchers(self, who):
        return self.book.rows(f"SELECT draw_no, unit, mode, state, code_sealed FROM vouchers(1, '{player(who)}')")

    def test_a_unit_has_its_code_and_one_winner(self):
        self.assertEqual(self.codes(10), 10)
        self.book.win(1, 0, 0, prize=3)
        self.book.win(2, 0, prize=3)
        self.assertEqual([(v["unit"], v["code_sealed"], v["state"]) for v in self.vouchers(1)], [(0, "\\x0000", "assigned"), (1, "\\x0001", "assigned")])
        self.assertEqual([v["code_sealed"] for v in self.vouchers(2)], ["\\x0002"])
        self.assertEqual(len(self.vouchers(1)), 2, "the same again")
        self.assertEqual(self.vouchers(3), [])
        self.whole()

    def test_codes_are_imported_once_in_their_order(self):
        self.assertEqual(self.codes(6), 6)
        self.assertEqual(self.codes(8, start=3), 11)
        self.refused("HB003", self.codes, 2, "other")
        self.assertEqual(self.book.rows("SELECT codes, units, given FROM voucher_stock"), [{"codes": 11, "units": 10, "given": 0}])

    def test_a_prize_without_enough_codes_is_not_published(self):
        self.codes(9)
        publish = ("SELECT campaign_publish('spring', 2, '{{}}', '{{}}', sha256('t2'), sha256('c'), NULL, NULL, NULL, 'Asia/Shanghai', 1000, "
                   "2000000000000, '{{0,0}}', '{{gold,split,card}}', '{{cash,cash_split,card}}', '{{1000,100,{}}}', '{{9000,5000000,0}}')")
        self.refused("HB005", self.book.sql, publish.format(11))
        self.codes(2, start=9)
        self.book.sql(publish.format(11))

    def test_a_binding_that_was_lost_is_found(self):
        self.codes(10)
        for who in (1, 2, 3):
            self.book.win(who, 0, prize=3)
            self.book.win(who, 9)
        bind = f"SELECT voucher_bind(1, ARRAY['{player(1)}'::uuid, '{player(1)}'], '{{1,2}}')"
        self.assertEqual([self.book.one(bind), self.book.one(bind)], ["1", "0"])
        first = self.book.row("SELECT * FROM voucher_bind_missing(1, NULL, NULL, 4)")
        self.assertIsNotNone(first["last_player"])
        rest = self.book.row(f"SELECT * FROM voucher_bind_missing(1, '{first['last_player']}', {first['last_draw']}, 4)")
        self.assertEqual((first["bound"] + rest["bound"], rest["last_player"]), (2, None))
        self.whole()

    def test_the_operator_s_system_is_told_until_it_answers(self):
        self.book.sql("SELECT voucher_mode_set('spring', 'card', 'webhook')")
        self.book.win(1, 0, prize=3)
        self.vouchers(1)
        due = lambda after: self.book.rows(f"SELECT slug, draw_no, prize_id, unit, tries FROM voucher_due(9, 1000, clock_timestamp() + interval '{after} s')")  # noqa: E731
        told = {"slug": "spring", "draw_no": 1, "prize_id": "card", "unit": 0}
        self.assertEqual(due(0), [{**told, "tries": 1}])
        self.assertEqual(due(0), [])
        self.assertEqual(due(2), [{**told, "tries": 2}])
        self.assertEqual(due(3), [], "at growing distances")
        state = lambda to: self.book.one(f"SELECT voucher_state(1, '{player(1)}', 1, '{to}', 'told')")  # noqa: E731
        self.assertEqual([state("sent"), state("sent"), state("assigned"), state("used"), state("failed")], ["applied", "same", "refused", "applied", "refused"])
        self.assertEqual(due(10000), [])
        self.refused("HB002", self.book.sql, "SELECT voucher_mode_set('spring', 'card', 'code')")
        self.whole()


class Closing(Wallets):
    def home(self):
        """The stock that nobody won goes back: as the leader does it."""
        for shard in (0, 1):
            number = 4 if shard == 0 else 3
            for prize, first, last, fen in self.book.session.sql(
                    f"SELECT prize, lower(r), upper(r), 0 FROM stock, unnest(left_units) AS r WHERE campaign = 1 AND shard = {shard} ORDER BY 1, 2"):
                left = int(self.book.one(f"SELECT leased_fen - won_fen - returned_fen FROM stock WHERE campaign = 1 AND shard = {shard} AND prize = {prize}"))
                units = int(last) - int(first)
                worth = units * 9 if prize == "1" else left
                self.book.sql(f"SELECT lease_return(1, 1, {shard}::smallint, {number}, {prize}::smallint, {first}, {last}, {worth}, 'return')")
                number += 1

    def test_it_names_what_is_open(self):
        self.book.win(1, 500)
        self.book.payee(1)
        self.book.withdraw(1)
        self.book.win(2, 300)
        self.book.ask("claw_back", {"player": player(2), "draw_nos": [1]})
        items = self.book.close()
        self.assertEqual({i[0] for i in items}, {"not_ended", "stock_with_shards", "open_withdrawals", "unpaid_wins", "corrections"})
        self.assertIn(("open_withdrawals", 1, 500), items)
        self.assertIn(("unpaid_wins", 1, 300), items)
        self.whole()

    def test_the_statement_adds_up_to_the_fen(self):
        self.book.sql("SELECT tax_rule_set('spring', 'cash_split', 2000, 'organiser'), tax_rule_set('spring', 'cash', 2000, 'winner')")
        self.paid(1, 9, 500)
        self.paid(2, 45000)
        self.book.win(3, 300, 200, shard=1)
        self.book.correct("claw_back", {"player": player(3), "draw_nos": [2]})
        self.book.correct("adjust", {"debit": "budget:spring", "credit": "suspense", "amount_fen": 33}, "adjust")
        self.book.sql("SELECT campaign_end('spring')")
        self.book.policy(**LAPSED)
        self.home()
        lines = {line: fen for line, _, fen in self.book.close(OVER)}
        self.assertEqual(lines, {"funded": 10000000, "paid": 45507, "tax_winner": 2, "tax_organiser": 11375, "adjusted": 33, "returned": 9943083,
                                 "expired": 300, "clawed_back": 200, "never_given": 9942583})
        self.assertEqual(lines["funded"], sum(lines[k] for k in ("paid", "tax_winner", "tax_organiser", "adjusted", "returned")))
        self.assertEqual(self.book.balance("budget:spring"), 0)
        self.assertEqual({line: fen for line, _, fen in self.book.close(OVER)}, lines, "the same again")
        self.whole()

    def test_after_the_close_nothing_begins(self):
        self.book.win(1, 500)
        self.book.payee(1)
        self.book.sql("SELECT campaign_end('spring')")
        self.book.policy(**LAPSED)
        self.home()
        self.assertEqual(self.book.close(OVER)[0][0], "funded")
        self.assertEqual(self.book.withdraw(1)["verdict"], "closed")
        self.refused("HB008", self.book.sql, "SELECT campaign_fund('spring', 1, 'late')")
        self.assertEqual(self.book.correct("claw_back", {"player": player(1), "draw_nos": [1]}), "closed")
        self.whole()

    def test_contradictions_keep_it_open(self):
        opened = self.paid(1, 500)
        self.book.verdict(self.book.parts(opened["id"])[0]["out_no"], "failed")
        self.book.sql("SELECT campaign_end('spring')")
        self.home()
        self.assertEqual({i[0] for i in self.book.close()}, {"frozen_payouts", "quarantine"})


class ClosingAtOnce(Committed):
    def test_no_withdrawal_slips_in_beside_the_close(self):
        self.book.policy(**LAPSED)
        for who in range(12):
            self.book.win(who, 9)
            self.book.payee(who)
        Closing.home(self)
        self.book.sql("SELECT campaign_end('spring')")
        answers = [a[0][0] for a in self.crowd([f"SELECT verdict FROM withdraw_open(1, '{player(who)}', 'k')" for who in range(12)]
                                               + [f"SELECT line FROM campaign_close('spring', 'ann', {OVER}) LIMIT 1"], role="hongbao_admin")]
        opened = answers[:12].count("opened")
        self.assertEqual(answers[12], "open_withdrawals" if opened else "funded", answers)
        self.whole()


if __name__ == "__main__":
    unittest.main()
