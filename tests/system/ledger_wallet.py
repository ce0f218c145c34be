"""Withdrawing, in a real PostgreSQL: what it says, what it binds, how it is cut and taxed, and what the player sees of it.

Usage: ledger_wallet.py [unittest options]. Starts a cluster of its own.
"""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from wallet_world import CLUSTER, NOW, Committed, Wallets, player, setUpModule  # noqa: E402,F401


class Withdrawing(Wallets):
    def opened(self, who, *amounts, **named):
        numbers = self.book.win(who, *amounts)
        self.book.payee(who, who)
        answer = self.book.withdraw(who, **named)
        self.assertEqual(answer["verdict"], "opened", answer)
        return answer, numbers

    def test_small_wins_are_merged_into_one_payout(self):
        answer, numbers = self.opened(1, 9, 9, 500)
        self.assertEqual((answer["gross_fen"], answer["net_fen"], answer["parts"], answer["draw_nos"]), (518, 518, 1, numbers))
        part = self.book.parts(answer["id"])
        self.assertEqual([(p["net_fen"], p["state"], p["payout_state"]) for p in part], [(518, "open", "planned")])
        self.whole()

    def test_the_same_key_is_the_same_withdrawal(self):
        first, _ = self.opened(1, 500)
        again = self.book.withdraw(1)
        self.assertEqual((again["verdict"], again["id"], again["net_fen"], again["draw_nos"]), ("same", first["id"], 500, first["draw_nos"]))
        self.book.win(1, 300)
        self.assertEqual(self.book.withdraw(1)["net_fen"], 500, "what was won later is another withdrawal's")
        self.assertEqual(self.book.withdraw(1, draws=[1])["verdict"], "key_reused")
        self.assertEqual(self.book.one("SELECT count(*) FROM withdrawal"), "1")
        self.whole()

    def test_a_key_is_a_player_s_own(self):
        first, _ = self.opened(1, 500)
        second, _ = self.opened(2, 300)
        self.assertNotEqual(first["id"], second["id"])
        self.whole()

    def test_a_win_is_bound_once(self):
        self.opened(1, 500, 400)
        self.assertEqual(self.book.withdraw(1, "other")["verdict"], "nothing")
        self.assertEqual(self.book.withdraw(1, "other", draws=[1])["verdict"], "nothing")
        self.book.win(1, 30)
        self.assertEqual(self.book.withdraw(1, "third")["net_fen"], 30)
        self.whole()

    def test_chosen_wins_alone_are_taken(self):
        self.book.win(1, 500, 400, 300)
        self.book.payee(1)
        self.assertEqual(self.book.withdraw(1, draws=[1, 9])["verdict"], "nothing", "one of them is not there")
        answer = self.book.withdraw(1, draws=[3, 1])
        self.assertEqual((answer["verdict"], answer["net_fen"], answer["draw_nos"]), ("opened", 800, [1, 3]))
        self.assertEqual(self.book.withdraw(1, draws=[1, 3])["verdict"], "same", "in whatever order")
        self.assertEqual(self.book.wallet(1)["available_fen"], 400)
        self.whole()

    def test_somebody_else_s_wins_are_not_there(self):
        self.book.win(1, 500)
        self.book.payee(2)
        self.assertEqual(self.book.withdraw(2)["verdict"], "nothing")
        self.assertEqual(self.book.withdraw(2, draws=[1])["verdict"], "nothing")

    def test_vouchers_are_not_money(self):
        self.book.win(1, 0, prize=3)
        self.book.payee(1)
        self.assertEqual(self.book.withdraw(1)["verdict"], "nothing")

    def test_a_quote_writes_nothing(self):
        self.book.win(1, 500)
        self.book.payee(1)
        quote = self.book.withdraw(1, quote=True)
        self.assertEqual((quote["verdict"], quote["net_fen"], quote["parts"], quote["id"]), ("quote", 500, 1, None))
        self.assertEqual(self.book.one("SELECT count(*) FROM win_use"), "0")
        self.assertEqual(self.book.withdraw(1)["verdict"], "opened")
        self.whole()

    def test_every_refusal_has_its_verdict_and_writes_nothing(self):
        self.book.win(1, 500)
        batches = self.book.one("SELECT count(*) FROM batch")
        ask = lambda: self.book.withdraw(1, now=NOW)  # noqa: E731
        self.assertEqual(self.book.row(f"SELECT * FROM withdraw_open(77, '{player(1)}', 'k')")["verdict"], "no_campaign")
        self.assertEqual(ask()["verdict"], "payee_missing")
        self.book.payee(1, provider="alipay", app="", now=NOW)
        self.assertEqual(ask()["verdict"], "no_channel")
        self.book.payee(1, cooling=3600_000, now=NOW)
        cooling = ask()
        self.assertEqual((cooling["verdict"], cooling["until"]), ("payee_cooling", "2026-02-04T05:00:00+00:00"))
        self.book.payee(1, "other", now=NOW)
        self.book.policy(stopped=True)
        self.assertEqual(ask()["verdict"], "stopped")
        self.book.policy(min_fen=501)
        self.assertEqual(ask()["verdict"], "below_minimum")
        self.book.policy(max_fen=499)
        self.assertEqual(ask()["verdict"], "above_maximum")
        self.book.policy(day_fen=499)
        self.assertEqual(ask()["verdict"], "day_fen")
        self.book.policy(merchants=["m2"])
        self.assertEqual(ask()["verdict"], "no_channel")
        self.book.policy()
        self.book.merchant(name_from_fen=500)
        self.assertEqual(ask()["verdict"], "name_needed")
        self.book.merchant(single_cap_fen=4, min_fen=2)
        self.assertEqual(ask()["verdict"], "too_many_parts")
        self.book.merchant(min_fen=501, single_cap_fen=2000)
        self.assertEqual(ask()["verdict"], "below_minimum")
        self.assertEqual(self.book.one("SELECT count(*) FROM batch"), batches)
        self.assertEqual(self.book.one("SELECT count(*) FROM win_use"), "0")
        self.book.merchant()
        self.assertEqual(ask()["verdict"], "opened")
        self.whole()

    def test_windows_open_and_close(self):
        self.book.win(1, 500, 400, 300)
        self.book.payee(1)
        self.book.policy(windows=[["2026-02-04T00:00:00+08:00", "2026-02-05T00:00:00+08:00"], ["2026-02-10T00:00:00+08:00", "2026-02-11T00:00:00+08:00"]])
        at = lambda time, key="k": self.book.withdraw(1, key, draws=[{"k": 1, "l": 2, "m": 3}[key]], now=f"'{time}'")  # noqa: E731
        before = at("2026-02-03 23:59:59.999+08")
        self.assertEqual((before["verdict"], before["until"]), ("window", "2026-02-03T16:00:00+00:00"))
        self.assertEqual(at("2026-02-04 00:00:00+08")["verdict"], "opened")
        self.assertEqual(at("2026-02-07 00:00:00+08")["verdict"], "same", "an answer is given again at any time")
        between = at("2026-02-05 00:00:00+08", "l")
        self.assertEqual((between["verdict"], between["until"]), ("window", "2026-02-09T16:00:00+00:00"))
        self.assertEqual(at("2026-02-10 12:00:00+08", "l")["verdict"], "opened")
        after = at("2026-02-12 00:00:00+08", "m")
        self.assertEqual((after["verdict"], after["until"]), ("window", None))
        self.whole()

    def test_the_day_s_caps_count_what_did_not_fail(self):
        self.book.payee(1)
        self.book.policy(day_count=2, day_fen=1000)
        self.book.win(1, 400, 400, 400, 400)
        ask = lambda key, draw, now=NOW: self.book.withdraw(1, key, draws=[draw], now=now)["verdict"]  # noqa: E731
        self.assertEqual(ask("a", 1), "opened")
        self.assertEqual(ask("b", 2), "opened")
        self.assertEqual(ask("c", 3), "day_count")
        self.book.policy(day_count=9, day_fen=1000)
        self.assertEqual(ask("c", 3), "day_fen")
        job = self.book.claim(1, now=NOW)[0]
        self.assertEqual(self.book.one(f"SELECT withdrawal_take_back('{job['withdrawal']}', NULL, 'ann', 'asked by the player')"), "1")
        self.assertEqual(ask("c", 3), "opened")
        self.assertEqual(ask("d", 4, "'2026-02-04 23:59:59+08'"), "day_fen")
        self.assertEqual(ask("d", 4, "'2026-02-05 00:00:00+08'"), "opened")
        self.whole()

    def test_as_many_wins_as_fit_are_taken_oldest_first(self):
        self.book.payee(1)
        self.book.policy(max_fen=1000)
        self.book.win(1, 600, 500, 300, 200)
        self.assertEqual(self.book.withdraw(1)["draw_nos"], [1, 3])
        self.book.policy(max_wins=1)
        self.assertEqual(self.book.withdraw(1, "l")["draw_nos"], [2])
        self.whole()

    def test_what_is_due_soon_can_be_taken_until_it_lapses(self):
        self.book.payee(1)
        self.book.win(1, 500)
        self.book.policy(expires_at="2026-02-18T00:00:00+08:00")
        self.assertEqual(self.book.wallet(1, "'2026-02-17 23:59:59+08'")["available_fen"], 500)
        self.assertEqual(self.book.withdraw(1, quote=True, now="'2026-02-17 23:59:59+08'")["verdict"], "quote")
        self.assertEqual(self.book.withdraw(1, now="'2026-02-18 00:00:00+08'")["verdict"], "nothing")
        self.assertEqual(self.book.wallet(1, "'2026-02-18 00:00:00+08'")["expired_fen"], 500)

    def test_a_win_above_the_cap_is_cut_and_whole_wins_stay_together(self):
        answer, _ = self.opened(1, 50001, 300, 400)
        self.assertEqual(answer["parts"], 4)
        self.assertEqual([p["net_fen"] for p in self.book.parts(answer["id"])], [16667, 16667, 16667, 700])
        self.assertEqual(len({p["out_no"] for p in self.book.parts(answer["id"])}), 4)
        self.whole()

    def test_a_part_below_the_channel_s_minimum_waits_for_the_next_time(self):
        self.book.merchant(min_fen=30)
        answer, _ = self.opened(1, 9, 20000)
        self.assertEqual((answer["draw_nos"], answer["net_fen"]), ([2], 20000))
        self.assertEqual(self.book.wallet(1)["available_fen"], 9)
        self.book.win(1, 21)
        self.assertEqual(self.book.withdraw(1, "l")["net_fen"], 30)
        self.whole()

    def test_large_sums_wait_for_two_people(self):
        self.book.policy(review_fen=500)
        small, _ = self.opened(1, 499)
        large, _ = self.opened(2, 500)
        self.assertEqual([j["withdrawal"] for j in self.book.claim()], [small["id"]])
        approve = lambda person, yes=True: self.book.one(f"SELECT withdrawal_approve('{large['id']}', '{person}', {yes}, 'seen')")  # noqa: E731
        self.assertEqual(self.book.rows(f"SELECT review FROM withdrawals('{player(2)}', NULL, NULL, 9)"), [{"review": True}])
        self.assertEqual([approve("ann"), approve("ann")], ["noted", "same"])
        self.assertEqual(self.book.claim(), [])
        self.assertEqual([approve("bob"), approve("cyd")], ["approved", "not_in_review"])
        self.assertEqual([j["withdrawal"] for j in self.book.claim()], [large["id"]])
        self.whole()

    def test_one_refusal_gives_the_wins_back(self):
        self.book.policy(review_fen=500)
        large, _ = self.opened(2, 50000)
        self.assertEqual(self.book.one(f"SELECT withdrawal_approve('{large['id']}', 'ann', true, 'seen')"), "noted")
        self.assertEqual(self.book.one(f"SELECT withdrawal_approve('{large['id']}', 'bob', false, 'not this player')"), "refused")
        self.assertEqual(self.book.state(large["id"]), "failed")
        self.assertEqual(self.book.wallet(2)["available_fen"], 50000)
        self.assertEqual(self.book.withdraw(2, "again")["verdict"], "opened")
        self.whole()


class Taxes(Wallets):
    def test_the_winner_s_tax_is_withheld_per_win_and_booked_with_the_payment(self):
        self.book.sql("SELECT tax_rule_set('spring', 'cash', 2000, 'winner')")
        opened = self.paid(1, 9, 9, 100)  # split is not taxed
        self.assertEqual((opened["gross_fen"], opened["tax_fen"], opened["net_fen"]), (118, 4, 114))
        self.assertEqual(self.book.balance("tax_withheld"), 4)
        self.assertEqual(self.book.account("provider:m1")["credit"], 114)
        self.assertEqual(self.book.account("payable:spring:0")["debit"], 118)
        self.assertEqual(self.book.wallet(1)["tax_fen"], 4)
        self.whole()

    def test_nothing_is_withheld_of_what_was_not_paid(self):
        self.book.sql("SELECT tax_rule_set('spring', 'cash_split', 2000, 'winner')")
        self.book.win(1, 1000)
        self.book.payee(1)
        self.book.withdraw(1)
        job = self.book.send_all()[0]
        self.assertEqual(self.book.account("tax_withheld")["credit_pending"], 200)
        self.book.verdict(job["out_no"], "failed", code="ACCOUNT_FROZEN")
        self.assertEqual(self.book.account("tax_withheld")["credit_pending"], 0)
        self.assertEqual(self.book.balance("tax_withheld"), 0)
        self.whole()

    def test_the_organiser_s_tax_comes_out_of_the_budget(self):
        self.book.sql("SELECT tax_rule_set('spring', 'cash_split', 2000, 'organiser')")
        before = self.book.balance("budget:spring")
        opened = self.paid(1, 1000, 1001)
        self.assertEqual((opened["tax_fen"], opened["net_fen"]), (0, 2001))
        self.assertEqual(self.book.balance("budget:spring"), before - 500)
        self.assertEqual(self.book.balance("tax_withheld"), 500)
        export = self.book.rows("SELECT bearer, net_fen, tax_fen, paid_and_tax_fen FROM tax_export")
        self.assertEqual(export, [{"bearer": "organiser", "net_fen": 2001, "tax_fen": 500, "paid_and_tax_fen": 2501}])
        self.whole()

    def test_a_cut_win_s_tax_is_cut_with_it(self):
        self.book.sql("SELECT tax_rule_set('spring', 'cash_split', 2000, 'winner')")
        opened = self.paid(1, 60001)
        self.assertEqual((opened["tax_fen"], opened["net_fen"], opened["parts"]), (12000, 48001, 3))
        self.assertEqual(self.book.rows("SELECT sum(tax_fen) AS tax, sum(net_fen) AS net FROM tax_export"), [{"tax": 12000, "net": 48001}])
        self.whole()

    def test_a_tax_that_the_budget_cannot_bear_waits(self):
        self.book.sql("SELECT tax_rule_set('spring', 'cash_split', 9000, 'organiser')")
        self.book.payee(1)
        self.book.policy(max_fen=2500000, day_fen=2500000, review_fen=9000000)
        self.book.win(1, 1000000)
        self.book.merchant(single_cap_fen=1000000)
        self.assertEqual(self.book.withdraw(1)["verdict"], "opened")  # 9,000,000 of tax
        self.assertEqual(self.book.claim(), [])
        self.book.sql("SELECT campaign_fund('spring', 9000000, 'second')")
        self.assertEqual(self.book.claim(), [], "looked at again in a while")
        self.assertEqual(len(self.book.claim(now="clock_timestamp() + interval '31 s'")), 1)
        self.whole()

    def test_withheld_tax_is_paid_over_once(self):
        self.book.sql("SELECT tax_rule_set('spring', 'cash_split', 2000, 'winner')")
        self.paid(1, 1000)
        self.assertEqual(self.book.one("SELECT tax_remit(150, 'february')"), "booked")
        self.assertEqual(self.book.one("SELECT tax_remit(150, 'february')"), "same")
        self.refused("23514", self.book.one, "SELECT tax_remit(51, 'march')")
        self.assertEqual(self.book.balance("tax_withheld"), 50)
        self.whole()

    def test_a_rule_that_changes_later_changes_nothing_that_is_bound(self):
        self.book.win(1, 1000)
        self.book.payee(1)
        self.book.withdraw(1)
        self.book.sql("SELECT tax_rule_set('spring', 'cash_split', 2000, 'winner')")
        job = self.book.send_all()[0]
        self.assertEqual(job["amount_fen"], 1000)
        self.book.verdict(job["out_no"], "paid")
        self.whole()


class Seeing(Wallets):
    def test_a_wallet_adds_up(self):
        self.assertIsNone(self.book.wallet(1))
        self.paid(1, 9, 500)
        self.book.win(1, 300, 200, 100)
        self.book.withdraw(1, "open", draws=[3])
        self.book.correct("claw_back", {"player": player(1), "draw_nos": [4]})
        wallet = self.book.wallet(1)
        self.assertEqual({k: wallet[k] for k in wallet if k.endswith("_fen")},
                         {"gross_fen": 1109, "available_fen": 100, "bound_fen": 300, "paid_fen": 509, "tax_fen": 0, "expired_fen": 0, "clawed_back_fen": 200})
        self.assertEqual((wallet["wins"], wallet["others"]), (5, 0))
        self.whole()

    def test_a_cut_win_that_is_paid_in_part_shows_so(self):
        self.book.win(1, 50000)
        self.book.payee(1)
        self.book.withdraw(1)
        jobs = self.book.send_all()
        self.book.verdict(jobs[1]["out_no"], "paid")
        wallet = self.book.wallet(1)
        self.assertEqual((wallet["paid_fen"], wallet["bound_fen"], wallet["available_fen"]), (16667, 33333, 0))

    def test_movements_come_newest_first_and_pages_do_not_move(self):
        self.paid(1, 9, 500)
        self.book.win(1, 300)
        opened = self.book.withdraw(1, "back")
        self.book.one(f"SELECT withdrawal_take_back('{opened['id']}', NULL, 'ann', 'asked')")
        self.book.correct("claw_back", {"player": player(1), "draw_nos": [3]})
        page = lambda at, after, limit: self.book.rows(f"SELECT * FROM wallet_transactions('{player(1)}', {at}, {after}, {limit})")  # noqa: E731
        everything = page("NULL", "NULL", 200)
        self.assertEqual([(m["kind"], m["amount_fen"]) for m in everything[:6]],
                         [("clawed_back", -300), ("returned", 300), ("withdrawal", -300), ("win", 300), ("paid", 0), ("withdrawal", -509)])
        self.assertEqual({(m["kind"], m["amount_fen"]) for m in everything[6:]}, {("win", 9), ("win", 500)})
        self.assertEqual(sum(m["amount_fen"] for m in everything), 0, "all that was won is gone")
        seen, at, after = [], "NULL", "NULL"
        while True:
            rows = page(at, after, 3)
            if not rows:
                break
            seen += rows
            at, after = rows[-1]["at_us"], f"'{rows[-1]['id']}'"
            self.book.win(1, 9)  # newer than everything seen
        self.assertEqual([m["id"] for m in seen], [m["id"] for m in everything])

    def test_withdrawals_are_listed_newest_first_and_are_the_player_s_own(self):
        ids = [self.paid(1, 500)["id"]]
        self.paid(2, 100)
        self.book.win(1, 300)
        ids.insert(0, self.book.withdraw(1, "second")["id"])
        rows = self.book.rows(f"SELECT id, no, state, paid_fen FROM withdrawals('{player(1)}', NULL, NULL, 9)")
        self.assertEqual([(r["id"], r["state"], r["paid_fen"]) for r in rows], [(ids[0], "open", 0), (ids[1], "paid", 500)])
        self.assertEqual([r["id"] for r in self.book.rows(f"SELECT id FROM withdrawals('{player(1)}', NULL, {rows[0]['no']}, 9)")], ids[1:])
        self.assertEqual(self.book.rows(f"SELECT id FROM withdrawals('{player(2)}', '{ids[0]}', NULL, 9)"), [])


class People(Wallets):
    def test_the_first_payee_is_usable_at_once_and_a_change_after_the_cooling_time(self):
        first = self.book.payee(1, "a", cooling=3600_000, now=NOW)
        self.assertEqual((first["verdict"], first["no"], first["usable_from"]), ("set", 1, "2026-02-04T04:00:00+00:00"))
        self.assertEqual(self.book.payee(1, "a", cooling=3600_000, now=NOW)["verdict"], "same")
        second = self.book.payee(1, "b", cooling=3600_000, now=NOW)
        self.assertEqual((second["no"], second["usable_from"]), (2, "2026-02-04T05:00:00+00:00"))
        self.assertEqual(self.book.row(f"SELECT no FROM payee_get('{player(1)}')")["no"], 2)
        self.assertEqual(self.book.row(f"SELECT no FROM payee_get('{player(1)}', 1)")["no"], 1)

    def test_a_payout_goes_to_the_payee_it_was_asked_for(self):
        self.book.win(1, 500)
        self.book.payee(1, "a")
        self.book.withdraw(1)
        self.book.payee(1, "b", cooling=1000)
        self.assertEqual(self.book.rows("SELECT payee FROM payout"), [{"payee": 1}])

    def test_payees_that_are_shared_are_counted(self):
        for who in (1, 2, 3):
            self.book.payee(who, "same")
        self.assertEqual(self.book.one(f"SELECT payee_shared('{player(1)}')"), "2")

    def test_erasing_leaves_the_books_whole_and_is_no_way_around_the_cooling(self):
        self.book.sql(f"SELECT person_put('{player(1)}', 'sub')")
        self.paid(1, 500)
        self.assertEqual(self.book.row(f"SELECT * FROM person_erase('{player(1)}')"), {"verdict": "erased", "open_withdrawals": 0})
        for look in (f"person_get('{player(1)}')", f"payee_get('{player(1)}')"):
            self.assertEqual(self.book.rows(f"SELECT * FROM {look}"), [])
        self.whole()
        self.book.win(1, 300)
        self.assertEqual(self.book.withdraw(1, "k2")["verdict"], "payee_missing")
        again = self.book.payee(1, "b", cooling=3600_000, now=NOW)
        self.assertEqual((again["no"], again["usable_from"]), (2, "2026-02-04T05:00:00+00:00"))
        self.assertEqual(self.book.row(f"SELECT * FROM person_erase('{player(9)}')")["verdict"], "erased")

    def test_nobody_is_erased_while_a_payout_needs_them(self):
        self.book.win(1, 500)
        self.book.payee(1)
        self.book.withdraw(1)
        self.assertEqual(self.book.row(f"SELECT * FROM person_erase('{player(1)}')"), {"verdict": "open", "open_withdrawals": 1})
        self.assertEqual(len(self.book.rows(f"SELECT no FROM payee_get('{player(1)}')")), 1)


class AtOnce(Committed):
    def test_64_withdrawals_of_one_player_pay_the_sum_once(self):
        self.book.policy(day_count=1000, review_fen=90000000)
        self.book.win(1, 9, 500, 300)
        self.book.payee(1)
        answers = self.crowd([f"SELECT verdict, net_fen FROM withdraw_open(1, '{player(1)}', 'key {i}')" for i in range(32)]
                             + [f"SELECT verdict, net_fen FROM withdraw_open(1, '{player(1)}', 'key {i}', '{{{i % 3 + 1}}}')" for i in range(32)])
        self.assertEqual({a[0][0] for a in answers} - {"opened", "nothing", "same", "key_reused"}, set())
        self.assertEqual(sum(int(a[0][1]) for a in answers if a[0][0] == "opened"), 809)
        for job in self.book.send_all():
            self.book.verdict(job["out_no"], "paid")
        self.assertEqual(self.book.wallet(1)["paid_fen"], 809)
        self.assertEqual(self.book.account("provider:m1")["credit"], 809)
        self.whole()

    def test_one_key_from_everywhere_is_one_withdrawal(self):
        self.book.win(1, 500)
        self.book.payee(1)
        answers = self.crowd([f"SELECT verdict, id FROM withdraw_open(1, '{player(1)}', 'k')"] * 16)
        self.assertEqual(sorted(a[0][0] for a in answers), ["opened"] + ["same"] * 15)
        self.assertEqual(len({a[0][1] for a in answers}), 1)
        self.whole()

    def test_a_win_is_withdrawn_or_clawed_back_or_expires_and_never_two_of_them(self):
        self.book.policy(expires_after_ms=1, day_count=1000)
        for who in range(12):
            self.book.win(who, 9, 9, 9)
            self.book.payee(who)
        asked = [self.book.ask("claw_back", {"player": player(who), "draw_nos": [3, 1]}, f"c{who}")["id"] for who in range(12)]
        answers = self.crowd([f"SELECT verdict FROM withdraw_open(1, '{player(who)}', 'k', NULL, false, '2021-01-01')" for who in range(12)]
                             + [f"SELECT correction_decide('{id}', 'bob', true, 'yes')" for id in asked]
                             + ["SELECT expired FROM expire_some(1, NULL, NULL, 1000)"] * 4, role="hongbao_admin")
        self.assertEqual({a[0][0] for a in answers[:12]} - {"opened", "nothing", "changed"}, set())
        self.assertEqual({a[0][0] for a in answers[12:24]} - {"done", "bound"}, set())
        self.book.sql("SELECT * FROM expire_some(1, NULL, NULL, 1000)")
        self.assertEqual(self.book.one("SELECT count(*) FROM win_use WHERE freed_batch IS NULL"), "36", "each win was taken")
        self.assertEqual(self.book.one("SELECT count(*) FROM win_use"), "36", "once")
        self.whole()


if __name__ == "__main__":
    unittest.main()
