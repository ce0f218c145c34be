"""Paying out, in a real PostgreSQL: reserve, send, verdicts that race and contradict, attempts, caps, fairness, stops.

Usage: ledger_payouts.py [unittest options]. Starts a cluster of its own.
"""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from wallet_world import CLUSTER, NOW, RUN, Committed, Wallets, player, setUpModule  # noqa: E402,F401

LATER = "clock_timestamp() + interval '1 hour'"


class Paying(Wallets):
    def asked(self, who, *amounts, **named):
        """A withdrawal that waits to be paid."""
        self.book.win(who, *amounts)
        self.book.payee(who, who)
        answer = self.book.withdraw(who, f"key of {who}", **named)
        self.assertEqual(answer["verdict"], "opened", answer)
        return answer["id"]

    def sent(self, who, *amounts):
        """A payout that was sent: its job."""
        withdrawal = self.asked(who, *amounts)
        return next(job for job in self.book.send_all() if job["withdrawal"] == withdrawal)

    def states(self, withdrawal):
        return [(p["part"], p["attempts"], p["state"], p["payout_state"]) for p in self.book.parts(withdrawal)]

    # ---- the plain way ----

    def test_the_money_is_reserved_before_anything_is_sent(self):
        self.asked(1, 500)
        self.assertEqual(self.book.account("payable:spring:0")["debit_pending"], 0)
        job, = self.book.claim()
        self.assertEqual((job["state"], job["amount_fen"], job["campaign"], job["provider"], job["app_id"], job["attempt"], job["payee_sealed"]),
                         ("reserved", 500, "spring", "wechat", "wx1", 1, "\\x01"))
        self.assertEqual(self.book.account("payable:spring:0")["debit_pending"], 500)
        self.assertEqual(self.book.account("provider:m1")["credit_pending"], 500)
        self.assertEqual(self.book.claim(), [], "it is taken")
        self.whole()

    def test_paid_posts_the_reservation(self):
        job = self.sent(1, 500)
        answer = self.book.verdict(job["out_no"], "paid", amount=500, provider_no="p1")
        self.assertEqual(answer, {"verdict": "applied", "state": "paid", "next_out_no": None, "withdrawal_state": "paid"})
        self.assertEqual([self.book.account("payable:spring:0")[k] for k in ("debit", "debit_pending")], [500, 0])
        self.assertEqual([self.book.account("provider:m1")[k] for k in ("credit", "credit_pending")], [500, 0])
        self.whole()

    def test_failed_releases_it_and_the_wins_are_free_again(self):
        job = self.sent(1, 500, 9)
        answer = self.book.verdict(job["out_no"], "failed", code="OVERDUE_CLOSE")
        self.assertEqual(answer, {"verdict": "applied", "state": "failed", "next_out_no": None, "withdrawal_state": "failed"})
        self.assertEqual([self.book.account("payable:spring:0")[k] for k in ("debit", "debit_pending")], [0, 0])
        self.assertEqual(self.book.wallet(1)["available_fen"], 509)
        self.assertEqual(self.book.withdraw(1, "again")["net_fen"], 509)
        self.whole()

    def test_a_worker_that_died_before_sending_leaves_it_to_the_next(self):
        self.asked(1, 500)
        dead, = self.book.claim(lease=1000)
        self.assertEqual(self.book.claim(), [])
        job, = self.book.claim(now=LATER)
        self.assertEqual((job["out_no"], job["state"], job["attempt"]), (dead["out_no"], "reserved", 1))
        self.assertEqual(self.book.sent(dead), "fenced")
        self.assertEqual(self.book.sent(job), "send")
        self.assertEqual(self.book.account("payable:spring:0")["debit_pending"], 500)
        self.whole()

    def test_a_worker_that_died_after_sending_leaves_a_question(self):
        job = self.sent(1, 500)
        self.assertEqual(self.book.claim(now=LATER), [], "nothing is sent blindly")
        asked, = self.book.due(now=LATER)
        self.assertEqual((asked["out_no"], asked["state"], asked["body_sealed"]), (job["out_no"], "sent", "\\x01"))
        self.assertEqual(self.book.due(now=LATER), [])
        self.whole()

    # ---- what may be sent ----

    def test_an_order_number_never_changes_its_content(self):
        job = self.sent(1, 500)
        self.assertEqual(self.book.sent(job), "send")
        self.assertEqual(self.book.sent(job, "another body"), "other_body")
        self.whole()

    def test_the_unknown_is_asked_for_before_it_is_sent_again(self):
        job = self.sent(1, 500)
        self.assertEqual(self.book.verdict(job["out_no"], "unknown", "engine")["state"], "unknown")
        self.assertEqual(self.book.sent(job), "ask_first")
        for event in ("paid", "failed", "in_progress", "waiting_user"):
            self.assertEqual(self.book.verdict(job["out_no"], event, "answer")["verdict"], "ask_first")
        self.assertEqual(self.book.verdict(job["out_no"], "not_seen", "query")["state"], "sent")
        self.assertEqual(self.book.sent(job), "send")
        self.assertEqual(self.book.verdict(job["out_no"], "unknown", "engine")["state"], "unknown")
        self.assertEqual(self.book.verdict(job["out_no"], "paid", "callback")["state"], "paid")
        self.assertEqual(self.book.sent(job), "final")
        self.whole()

    def test_what_waits_for_the_user_keeps_its_package(self):
        job = self.sent(1, 500)
        self.book.verdict(job["out_no"], "waiting_user", "answer", package="abc", package_until="2030-01-01T00:00:00Z", next_ms=1000)
        part, = self.book.parts(job["withdrawal"])
        self.assertEqual((part["payout_state"], part["package"], part["package_until"]), ("waiting_user", "abc", "2030-01-01T00:00:00+00:00"))
        again, = self.book.due(now=LATER)
        self.assertEqual(self.book.sent(again), "send")  # for a package that was lost
        self.assertEqual(self.book.parts(job["withdrawal"])[0]["payout_state"], "waiting_user")
        self.whole()

    def test_parked_is_tried_again_with_the_same_number(self):
        job = self.sent(1, 500)
        self.assertEqual(self.book.verdict(job["out_no"], "parked", "answer", code="NOT_ENOUGH", next_ms=1000)["state"], "sent")
        again, = self.book.due(now=LATER)
        self.assertEqual((again["out_no"], again["code"]), (job["out_no"], "NOT_ENOUGH"))
        self.assertEqual(self.book.sent(again), "send")
        self.whole()

    def test_words_that_are_no_verdict_are_refused(self):
        job = self.sent(1, 500)
        for event, source in (("paid", "engine"), ("not_seen", "callback"), ("gone", "query"), ("paid", "rumour")):
            self.refused("HB004", self.book.verdict, job["out_no"], event, source)

    # ---- verdicts that contradict ----

    def test_the_same_final_word_again_changes_nothing(self):
        job = self.sent(1, 500)
        self.book.verdict(job["out_no"], "paid", "callback", amount=500)
        before = self.book.rows("SELECT * FROM payout")
        self.assertEqual(self.book.verdict(job["out_no"], "paid", "query", amount=500)["verdict"], "same")
        self.assertEqual(self.book.verdict(job["out_no"], "in_progress", "callback")["verdict"], "late")
        self.assertEqual(self.book.verdict(job["out_no"], "unknown", "engine")["verdict"], "late")
        self.assertEqual(self.book.rows("SELECT * FROM payout"), before)
        self.whole()

    def test_paid_and_then_failed_is_frozen_and_stays_paid(self):
        job = self.sent(1, 500)
        self.book.verdict(job["out_no"], "paid", "callback")
        answer = self.book.verdict(job["out_no"], "failed", "query", code="ACCOUNT_FROZEN")
        self.assertEqual((answer["verdict"], answer["state"]), ("disagree", "paid"))
        self.assertEqual(self.book.rows("SELECT kind, sent->>'code' AS code FROM quarantine"), [{"kind": "payout", "code": "failed: ACCOUNT_FROZEN"}])
        self.assertTrue(self.book.parts(job["withdrawal"])[0]["frozen"])
        self.assertEqual(self.book.wallet(1)["paid_fen"], 500)
        self.whole()

    def test_failed_and_then_paid_stops_the_next_attempt(self):
        job = self.sent(1, 500)
        following = self.book.verdict(job["out_no"], "failed", "answer", again=True, next_ms=0)["next_out_no"]
        self.assertEqual(self.book.verdict(job["out_no"], "paid", "callback")["verdict"], "disagree")
        self.assertEqual(self.book.claim(now=LATER), [], "two payments for one part would be one too many")
        self.assertEqual({p["out_no"]: p["frozen"] for p in self.book.rows("SELECT out_no, frozen FROM payout")}, {job["out_no"]: True, following: True})
        self.assertEqual(self.book.correct("thaw", {"out_no": following}), "done")
        self.assertEqual([j["out_no"] for j in self.book.claim(now=LATER)], [following])
        self.whole()

    def test_another_amount_or_another_payment_is_frozen(self):
        one, two = self.sent(1, 500), self.sent(2, 300)
        self.assertEqual(self.book.verdict(one["out_no"], "paid", amount=501)["verdict"], "disagree")
        self.book.verdict(two["out_no"], "in_progress", provider_no="p1")
        self.assertEqual(self.book.verdict(two["out_no"], "paid", provider_no="p2")["verdict"], "disagree")
        self.assertEqual(self.book.due(), [])
        for job in (one, two):
            self.assertEqual(self.book.verdict(job["out_no"], "paid", amount=job["amount_fen"])["verdict"], "frozen")
            self.assertEqual(self.book.sent(job), "frozen")
        self.assertEqual(self.book.account("provider:m1")["credit_pending"], 800, "reserved until people decide")
        self.assertEqual(self.book.correct("thaw", {"out_no": one["out_no"]}), "done")
        self.assertEqual(self.book.verdict(one["out_no"], "paid", amount=500)["verdict"], "applied")
        self.whole()

    def test_a_word_about_a_number_that_is_not_ours_is_kept(self):
        self.assertEqual(self.book.verdict("f" * 32, "paid", "callback", amount=7)["verdict"], "unknown_number")
        self.assertEqual(self.book.verdict("f" * 32, "in_progress", "callback")["verdict"], "unknown_number")
        self.assertEqual(self.book.one("SELECT count(*) FROM quarantine"), "1")

    def test_a_final_word_about_what_was_never_reserved_is_frozen(self):
        withdrawal = self.asked(1, 500)
        out_no = self.book.parts(withdrawal)[0]["out_no"]
        self.assertEqual(self.book.verdict(out_no, "paid", "bill")["verdict"], "disagree")
        self.assertEqual(self.book.claim(), [])
        self.whole()

    def test_what_the_provider_knows_after_a_restore_is_believed(self):
        self.asked(1, 500)
        job, = self.book.claim()
        self.assertEqual(self.book.verdict(job["out_no"], "paid", "bill", amount=500)["verdict"], "applied")
        self.whole()

    # ---- attempts and parts ----

    def test_the_next_attempt_is_made_with_the_refusal_and_only_so_often(self):
        job = self.sent(1, 500)
        for attempt in (2, 3):
            answer = self.book.verdict(job["out_no"], "failed", again=True, next_ms=0)
            self.assertEqual((answer["verdict"], answer["withdrawal_state"]), ("applied", "open"))
            self.assertEqual(self.states(job["withdrawal"]), [(1, attempt, "open", "planned")])
            job = self.book.send_all(now=LATER)[0]
            self.assertEqual((job["out_no"], job["attempt"]), (answer["next_out_no"], attempt))
        answer = self.book.verdict(job["out_no"], "failed", again=True)
        self.assertEqual((answer["next_out_no"], answer["withdrawal_state"]), (None, "failed"))
        self.assertEqual(self.book.wallet(1)["available_fen"], 500)
        self.assertEqual(self.book.account("payable:spring:0")["debit_pending"], 0)
        self.whole()

    def test_parts_settle_one_by_one_and_their_wins_with_them(self):
        self.book.policy(review_fen=1000000)
        withdrawal = self.asked(1, 15000, 14000, 13000)
        jobs = self.book.send_all()
        self.assertEqual(len(jobs), 3)
        self.assertEqual(self.book.verdict(jobs[0]["out_no"], "paid")["withdrawal_state"], "open")
        self.assertEqual(self.book.verdict(jobs[1]["out_no"], "failed")["withdrawal_state"], "open")
        self.assertEqual(self.book.wallet(1)["available_fen"], 14000, "at once")
        self.assertEqual(self.book.withdraw(1, "again")["net_fen"], 14000)
        self.assertEqual(self.book.verdict(jobs[2]["out_no"], "paid")["withdrawal_state"], "partly")
        self.assertEqual(self.book.state(withdrawal), "partly")
        self.whole()

    def cut(self):
        withdrawal = self.asked(1, 50000)
        jobs = sorted(self.book.send_all(), key=lambda job: job["part"])
        self.assertEqual([j["amount_fen"] for j in jobs], [16666, 16667, 16667])
        return withdrawal, jobs

    def test_a_cut_win_stays_bound_until_all_its_pieces_are_final(self):
        withdrawal, jobs = self.cut()
        self.book.verdict(jobs[0]["out_no"], "failed")
        self.assertEqual(self.book.wallet(1)["bound_fen"], 50000)
        self.book.verdict(jobs[1]["out_no"], "failed")
        self.assertEqual(self.book.verdict(jobs[2]["out_no"], "failed")["withdrawal_state"], "failed")
        self.assertEqual(self.book.wallet(1)["available_fen"], 50000)
        self.assertEqual(self.book.row(f"SELECT * FROM payout_again('{player(1)}', '{withdrawal}', 1)")["verdict"], "not_allowed")
        self.whole()

    def test_only_the_piece_that_failed_is_paid_again(self):
        withdrawal, jobs = self.cut()
        for job, word in zip(jobs, ("paid", "failed", "paid")):
            answer = self.book.verdict(job["out_no"], word)
        self.assertEqual(answer["withdrawal_state"], "open")
        self.assertEqual([p["again"] for p in self.book.parts(withdrawal)], [False, True, False])
        self.book.payee(1, "a better one")
        again = self.book.row(f"SELECT * FROM payout_again('{player(1)}', '{withdrawal}', 2)")
        self.assertEqual(again["verdict"], "again")
        self.assertEqual(self.book.row(f"SELECT * FROM payout_again('{player(1)}', '{withdrawal}', 2)"), {"verdict": "same", "out_no": again["out_no"]})
        self.assertEqual(self.book.row(f"SELECT * FROM payout_again('{player(2)}', '{withdrawal}', 2)")["verdict"], "not_allowed")
        job, = self.book.send_all()
        self.assertEqual((job["out_no"], job["amount_fen"]), (again["out_no"], 16667))
        self.assertEqual(self.book.one(f"SELECT payee FROM payout WHERE out_no = '{job['out_no']}'"), "2")
        self.assertEqual(self.book.verdict(job["out_no"], "paid")["withdrawal_state"], "paid")
        self.assertEqual(self.book.wallet(1)["paid_fen"], 50000)
        self.whole()

    def test_a_cut_win_that_is_free_again_is_neither_paid_nor_given_up_with_its_old_pieces(self):
        withdrawal = self.asked(1, 50000, 300)
        jobs = sorted(self.book.send_all(), key=lambda job: job["part"])
        for job in jobs[:3]:
            self.book.verdict(job["out_no"], "failed")
        self.assertEqual(self.book.state(withdrawal), "open", "the small win is on its way")
        self.assertEqual(self.book.wallet(1)["available_fen"], 50000)
        self.assertEqual(self.book.row(f"SELECT * FROM payout_again('{player(1)}', '{withdrawal}', 1)")["verdict"], "not_allowed")
        self.assertEqual(self.book.correct("give_up", {"withdrawal": withdrawal, "part": 1}), "not_failed")
        self.assertEqual([p["again"] for p in self.book.parts(withdrawal)], [False] * 4)
        self.whole()

    def test_a_piece_that_cannot_be_paid_is_given_up_by_two_people(self):
        withdrawal, jobs = self.cut()
        self.assertEqual(self.book.correct("give_up", {"withdrawal": withdrawal, "part": 2}, "early"), "not_failed")
        for job, word in zip(jobs, ("paid", "failed", "paid")):
            self.book.verdict(job["out_no"], word)
        before = self.book.balance("budget:spring")
        self.assertEqual(self.book.correct("give_up", {"withdrawal": withdrawal, "part": 2}, "late"), "done")
        self.assertEqual(self.book.state(withdrawal), "partly")
        self.assertEqual(self.book.balance("budget:spring"), before + 16667)
        wallet = self.book.wallet(1)
        self.assertEqual((wallet["paid_fen"], wallet["clawed_back_fen"], wallet["bound_fen"]), (33333, 16667, 0))
        self.whole()

    # ---- taking back ----

    def test_what_was_not_sent_can_be_taken_back(self):
        self.book.policy(review_fen=1000000)
        withdrawal = self.asked(1, 15000, 14000, 13000)
        jobs = self.book.claim(2)
        self.book.sent(jobs[0])
        self.assertEqual(self.book.one(f"SELECT withdrawal_take_back('{withdrawal}', NULL, 'ann', 'asked by the player')"), "2")
        self.assertEqual(self.book.sent(jobs[1]), "final")
        self.assertEqual(self.book.account("payable:spring:0")["debit_pending"], jobs[0]["amount_fen"])
        self.assertEqual(self.book.wallet(1)["available_fen"], 42000 - jobs[0]["amount_fen"])
        self.assertEqual(self.book.verdict(jobs[0]["out_no"], "paid")["withdrawal_state"], "partly")
        self.whole()

    def test_what_came_back_stays_paid_and_two_people_book_it(self):
        job = self.sent(1, 500)
        self.assertEqual(self.book.verdict(job["out_no"], "paid", "query", code="REFUND")["verdict"], "applied")
        before = self.book.account("provider:m1")
        self.assertEqual(self.book.correct("adjust", {"debit": "provider:m1", "credit": "suspense", "amount_fen": 500}, slug=None), "done")
        self.assertEqual(self.book.account("provider:m1")["debit"], before["debit"] + 500)
        self.assertEqual(self.book.account("suspense")["credit"], 500)
        # It is not paid again by itself: neither by another word about it nor by another withdrawal.
        self.assertEqual(self.book.verdict(job["out_no"], "paid", "query", code="REFUND")["verdict"], "same")
        self.assertEqual(self.book.withdraw(1, "once more")["verdict"], "nothing")
        self.whole()
        # Paid by other means.
        self.assertEqual(self.book.correct("adjust", {"debit": "suspense", "credit": "provider:m1", "amount_fen": 500}, key="d", slug=None), "done")
        self.assertEqual(self.book.account("suspense")["credit"], self.book.account("suspense")["debit"])
        self.whole()

    # ---- limits ----

    def test_nothing_is_sent_while_stopped_or_quiet(self):
        self.asked(1, 500, now=NOW)
        self.book.sql("SELECT merchant_stop('m1', true)")
        self.assertEqual(self.book.claim(now=NOW), [])
        self.refused("HB007", self.book.sql, "SELECT merchant_stop('m1', false)")  # not by one alone
        self.refused("HB007", self.book.merchant, stopped=False)
        self.book.sql(RUN)
        self.book.sql("SELECT wallet_stop('spring', true)")
        self.assertEqual(self.book.claim(now=NOW), [])
        self.book.sql("SELECT wallet_stop('spring', false)")
        self.book.merchant(quiet_from=720, quiet_to=721)  # NOW is noon
        self.assertEqual(self.book.claim(now=NOW), [])
        self.book.merchant(quiet_from=1380, quiet_to=721)
        self.assertEqual(self.book.claim(now=NOW), [])
        self.book.merchant(quiet_from=721, quiet_to=720)
        job, = self.book.claim(now=NOW)
        self.book.sql("SELECT merchant_stop('m1', true)")
        self.assertEqual(self.book.sent(job), "stopped")
        self.whole()

    def test_what_was_sent_is_asked_for_even_then(self):
        job = self.sent(1, 500)
        self.book.sql("SELECT merchant_stop('m1', true)")
        self.book.sql("SELECT wallet_stop('spring', true)")
        self.assertEqual([j["out_no"] for j in self.book.due(now=LATER)], [job["out_no"]])
        self.assertEqual(self.book.verdict(job["out_no"], "paid")["verdict"], "applied")

    def test_the_provider_s_account_is_never_overdrawn(self):
        self.book.correct("adjust", {"debit": "suspense", "credit": "provider:m1", "amount_fen": 4999000}, slug=None)
        self.book.merchant(single_cap_fen=2000)
        for who, amount in ((1, 800), (2, 300), (3, 200)):
            self.asked(who, amount)
        self.assertEqual([j["amount_fen"] for j in self.book.claim()], [800, 200], "what fits goes on")
        self.assertEqual(self.book.claim(), [])
        self.book.topup(300, "more")
        self.assertEqual([j["amount_fen"] for j in self.book.claim(now="clock_timestamp() + interval '31 s'")], [300])
        self.whole()

    def test_the_merchant_s_day_has_its_cap(self):
        self.book.merchant(day_cap_fen=1000)
        for who, amount in ((1, 800), (2, 300), (3, 200)):
            self.asked(who, amount, now=NOW)
        jobs = self.book.claim(now=NOW, lease=10**8)
        self.assertEqual([j["amount_fen"] for j in jobs], [800, 200])
        self.assertEqual(self.book.claim(now=f"{NOW} + interval '1 hour'", lease=10**8), [])
        self.book.sent(jobs[0])
        self.book.verdict(jobs[0]["out_no"], "failed")  # its room is there again
        self.assertEqual([j["amount_fen"] for j in self.book.claim(now=f"{NOW} + interval '2 hours'")], [300])
        self.whole()

    def test_campaigns_take_turns(self):
        self.book.sql("SELECT campaign_publish('autumn', 1, '{}', '{}', sha256('t'), sha256('c'), sha256('com'), sha256('sec'), NULL, 'Asia/Shanghai', 1000, "
                      "2000000000000, '{0}', '{gold}', '{cash}', '{10}', '{90}')")
        self.book.sql("SELECT campaign_fund('autumn', 90, 'autumn')")
        self.book.sql("SELECT * FROM opening_begin(1, 2, 0::smallint)")
        self.book.sql("SELECT * FROM lease_take(1, 2, 0::smallint, 1::smallint, 0, 10, 90)")
        for who in range(6):
            self.asked(who, 9)
        self.book.sql(f"SELECT * FROM ledger_post('{{2}}', '{{0}}', '{{1}}', '{{1}}', ARRAY['\\x0101{0:016x}{1:08x}000100'::bytea], '{{1}}', "
                      f"ARRAY['{player(9)}'::uuid], '{{1}}', '{{1}}', '{{0}}', '{{9}}', '{{7}}', '{{3}}')")
        self.book.payee(9, 9)
        self.book.sql("SELECT wallet_policy_set('autumn', '{\"min_fen\": 1}')")
        self.assertEqual(self.book.row(f"SELECT verdict FROM withdraw_open(2, '{player(9)}', 'k')")["verdict"], "opened")
        self.assertIn("autumn", [j["campaign"] for j in self.book.claim(2)], "the last one is not behind the others")
        self.assertEqual([j["campaign"] for j in self.book.claim()], ["spring"] * 5)
        self.whole()

    def test_payees_are_paid_by_a_number_of_their_provider_and_app(self):
        self.book.merchant("m2", app_id="wx2")
        self.book.merchant("m3", provider="alipay", app_id="")
        self.book.win(1, 500, 300, 200)
        chosen = []
        for draw, (provider, app) in enumerate((("wechat", "wx2"), ("alipay", "any"), ("wechat", "wx1")), 1):
            self.book.payee(1, provider=provider, app=app)
            self.book.withdraw(1, app, draws=[draw])
            chosen.append(self.book.one("SELECT merchant FROM withdrawal ORDER BY no DESC LIMIT 1"))
        self.assertEqual(chosen, ["m2", "m3", "m1"])
        self.whole()


class MoneyUnderTheNumber(Committed):
    def test_a_number_under_which_money_is_reserved_already_is_not_sent(self):
        for who in (1, 2):
            self.book.win(who, 500)
            self.book.payee(who)
            self.book.withdraw(who)
        out_no = self.book.one("SELECT min(out_no) FROM payout")
        owner = CLUSTER.session("hongbao_migrator")
        self.addCleanup(owner.close)
        owner.sql("SET ROLE hongbao_owner")
        owner.sql("SET search_path = hongbao")
        owner.sql(f"SELECT movements_book(nextval('batch_id'), ARRAY[ROW(ref_of('payout', '{out_no}', 'payout', 'pending'), 'payout', 'pending', 'payable:spring:0', "
                  f"'provider:m1', 7, 1, 0, NULL, NULL)::movement], now())")
        self.assertNotIn(out_no, [job["out_no"] for job in self.book.claim()])
        self.assertEqual(self.book.rows("SELECT out_no, state, frozen FROM payout WHERE frozen"), [{"out_no": out_no, "state": "planned", "frozen": True}])
        self.assertEqual(self.book.one("SELECT count(*) FROM quarantine"), "2", "the transfer and the payout")
        self.assertEqual(self.book.account("provider:m1")["credit_pending"], 507, "the other one was reserved")


class AtOnce(Committed):
    def asked(self, count):
        for who in range(count):
            self.book.win(who, 9 + who)
            self.book.payee(who)
            self.assertEqual(self.book.withdraw(who)["verdict"], "opened")

    def test_each_payout_is_claimed_by_one_worker(self):
        self.asked(30)
        answers = self.crowd(["SELECT out_no FROM payout_claim('m1', 7, 60000)"] * 8)
        claimed = [row[0] for answer in answers for row in answer] + [job["out_no"] for job in self.book.claim()]
        self.assertEqual((len(claimed), len(set(claimed))), (30, 30))
        self.whole()

    def test_callback_poll_and_answer_race_and_the_first_wins(self):
        self.asked(6)
        jobs = self.book.send_all()
        words = [f"SELECT verdict FROM payout_verdict('{job['out_no']}', 'paid', '{source}', p_amount => {job['amount_fen']})"
                 for job in jobs for source in ("callback", "query", "answer", "callback", "bill")]
        answers = [answer[0][0] for answer in self.crowd(words)]
        for i in range(len(jobs)):
            self.assertEqual(sorted(answers[5 * i:5 * i + 5]), ["applied"] + ["same"] * 4)
        self.assertEqual(self.book.account("provider:m1")["credit"], sum(job["amount_fen"] for job in jobs))
        self.whole()

    def test_contradicting_verdicts_race_to_one_end_and_an_alarm(self):
        self.asked(8)
        jobs = self.book.send_all()
        answers = [a[0][0] for a in self.crowd([f"SELECT verdict FROM payout_verdict('{job['out_no']}', '{word}', 'query')" for job in jobs for word in ("paid", "failed")])]
        for i in range(len(jobs)):
            self.assertEqual(sorted(answers[2 * i:2 * i + 2]), ["applied", "disagree"])
        self.assertEqual(self.book.one("SELECT count(*) FROM payout WHERE frozen"), str(len(jobs)))
        self.whole()

    def test_parts_settle_at_once_without_a_deadlock(self):
        self.book.policy(review_fen=90000000)
        self.book.win(1, *[19000] * 16)
        self.book.payee(1)
        self.book.withdraw(1)
        jobs = self.book.send_all()
        self.assertEqual(len(jobs), 16)
        self.crowd([f"SELECT verdict FROM payout_verdict('{job['out_no']}', '{'paid' if i % 3 else 'failed'}', 'query')" for i, job in enumerate(jobs)])
        self.assertEqual(self.book.one("SELECT state FROM withdrawal"), "partly")
        self.assertEqual(self.book.wallet(1)["available_fen"], 6 * 19000)
        self.whole()

    def test_taking_back_and_sending_race_and_one_of_them_happens(self):
        self.asked(10)
        jobs = self.book.claim()
        answers = [a[0][0] for a in self.crowd(
            [f"SELECT payout_sent('{job['out_no']}', {job['fence']}, sha256('b'), '\\x01', 60000)" for job in jobs]
            + [f"SELECT withdrawal_take_back('{job['withdrawal']}', NULL, 'ann', 'asked')" for job in jobs], role="hongbao_admin")]
        for i in range(len(jobs)):
            self.assertIn((answers[i], answers[10 + i]), (("send", "0"), ("final", "1")))
        self.whole()

    def test_draws_go_on_while_money_is_paid(self):
        from ledger_world import entry, post_call, win
        self.asked(20)
        posts = [post_call([(1, 0, 1, 100 + i, entry(1))], [win(1, f"new {i}", 60 + i)]) for i in range(12)]
        answers = self.crowd(posts + ["SELECT count(*) FROM payout_claim('m1', 5, 60000)"] * 6
                             + ["SELECT * FROM lease_return(1, 1, 0::smallint, 4, 1::smallint, 80, 90, 90, 'return')"]
                             + [f"SELECT verdict FROM withdraw_open(1, '{player(who)}', 'k2')" for who in range(6)])
        self.assertEqual({tuple(a[0]) for a in answers[:12]}, {("r", "s")})
        self.whole()


if __name__ == "__main__":
    unittest.main()
