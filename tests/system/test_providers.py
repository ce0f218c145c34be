#!/usr/bin/python3
"""The adapters of both payment providers against the sandbox, over HTTPS, with every misbehaviour of calls that it knows."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from provider_case import ALIPAY, ALL, WECHAT, WECHAT_PUBLIC, ProviderCase  # noqa: E402


class TheWay(ProviderCase):
    def test_wechat_waits_for_the_tap_and_pays(self):
        for merchant in (WECHAT, WECHAT_PUBLIC):
            payment = self.payment(merchant)
            waits = self.create(payment, "waits", "WAIT_USER_CONFIRM")
            self.assertTrue(waits["verified"] and waits["package"] and waits["request_id"])
            self.assertEqual(waits["mch_id"], "1900000001" if merchant == WECHAT else "1900000002")
            self.assertEqual(self.query(payment, "waits")["fen"], 188)
            self.assertIsNone(self.paid_fen(payment))
            self.tap(payment)
            paid = self.driver.until(payment, "paid")
            self.assertEqual((paid["fen"], paid["verified"]), (188, True))
            self.assertEqual(self.paid_fen(payment), 188)

    def test_alipay_pays_at_once(self):
        payment = self.payment(ALIPAY, fen=777)
        self.assertTrue(self.create(payment, "paid", "SUCCESS")["verified"])
        self.assertEqual(self.query(payment, "paid")["fen"], 777)
        self.assertEqual(self.paid_fen(payment), 777)

    def test_the_same_request_again_is_the_same_order(self):
        for merchant in ALL:
            payment = self.payment(merchant)
            first, second = self.driver.create(payment), self.driver.create(payment)
            self.assertEqual({**first, "id": 0, "request_id": ""}, {**second, "id": 0, "request_id": ""})

    def test_the_same_number_with_other_content_is_declined(self):
        for merchant in ALL:
            payment = self.payment(merchant)
            self.driver.create(payment)
            other = self.driver.build(merchant, payment.line["order_no"], 189)
            self.create(other, "declined")
            self.query(other, "differs")

    def test_a_number_that_was_never_sent_is_absent(self):
        for merchant in ALL:
            self.query(self.payment(merchant), "absent")

    def test_a_real_name_is_read_by_the_provider_and_sent_again_as_it_is(self):
        for merchant in (WECHAT, WECHAT_PUBLIC):
            payment = self.payment(merchant, name="张三")
            self.assertNotIn("张三", payment.line["request"])
            self.create(payment, "waits")
            self.create(payment, "waits")
            encrypted_anew = self.driver.build(merchant, payment.line["order_no"], 188, name="张三")
            self.assertNotEqual(encrypted_anew.line["request"], payment.line["request"])
            self.create(encrypted_anew, "waits")  # it means the same
            self.create(self.driver.build(merchant, payment.line["order_no"], 188, name="李四"), "declined")

    def test_a_transfer_that_waits_can_be_cancelled(self):
        payment = self.payment()
        self.create(payment, "waits")
        self.assertEqual(self.driver.cancel(payment)["outcome"], "in_progress")
        refused = self.driver.until(payment, "refused")
        self.assertEqual((refused["code"], refused["cause"]), ("CANCELLED", "cancelled"))
        self.assertIsNone(self.paid_fen(payment))

    def test_a_tap_may_be_faster_than_a_cancel(self):
        payment = self.payment()
        self.create(payment, "waits")
        self.rule(payment, "tap_first", call="cancel")
        self.assertEqual(self.driver.cancel(payment)["outcome"], "unknown")
        self.driver.until(payment, "paid")

    def test_the_float_runs_out_and_is_topped_up(self):
        for merchant, code in ((WECHAT, "NOT_ENOUGH"), (ALIPAY, "PAYER_BALANCE_NOT_ENOUGH")):
            free = self.sandbox.status()["float_fen"][merchant]
            self.sandbox.admin("POST", "/top-up", {"shop": merchant, "fen": 100 - free})
            payment = self.payment(merchant)
            self.create(payment, "no_funds", code)
            self.query(payment, "absent")
            self.sandbox.admin("POST", "/top-up", {"shop": merchant, "fen": free})
            self.pay(payment)

    def test_processing_lasts_until_there_is_money(self):
        payment = self.payment()
        self.rule(payment, "processing")
        self.create(payment, "in_progress", "PROCESSING")
        self.query(payment, "in_progress")
        self.sandbox.admin("POST", "/top-up", {"shop": WECHAT, "fen": 1})
        self.driver.until(payment, "waits")


class Faults(ProviderCase):
    """Whatever goes wrong: the verdict says no more than is certain, and asking, then sending again, pays once."""

    def recover(self, payment):
        """As a payout worker does: ask; when the number was never seen, the same request again."""
        self.sandbox.rules()
        verdict = self.driver.query(payment)
        if verdict["outcome"] == "absent":
            verdict = self.driver.create(payment)
        if verdict["outcome"] == "waits":
            self.tap(payment)
        self.driver.until(payment, "paid")
        self.assertEqual(self.paid_fen(payment), 188)

    def test_every_lost_or_spoilt_answer_to_a_create_is_unknown(self):
        faults = ["error_before", "hang_up_before", "error_after", "hang_up_after", "silent", "bad_signature", "no_signature",
                  "probe", "wrong_serial", "html", "cut_off"]
        for merchant in ALL:
            for fault in faults + (["stale"] if merchant != ALIPAY else []):
                with self.subTest(merchant=merchant, fault=fault):
                    payment = self.payment(merchant)
                    self.rule(payment, fault)
                    self.assertFalse(self.create(payment, "unknown")["verified"] and fault != "cut_off" and "error" not in fault)
                    self.recover(payment)

    def test_every_lost_or_spoilt_answer_to_a_query_is_unknown(self):
        faults = ["error_before", "hang_up_before", "silent", "bad_signature", "no_signature", "probe", "html", "cut_off"]
        for merchant in ALL:
            payment = self.payment(merchant)
            self.pay(payment)
            for fault in faults:
                with self.subTest(merchant=merchant, fault=fault):
                    self.rule(payment, fault, call="query")
                    self.query(payment, "unknown")
            self.sandbox.rules()
            self.query(payment, "paid")

    def test_a_late_answer_within_the_limit_is_one_and_after_it_is_not(self):
        payment, late = self.payment(ALIPAY), self.payment(ALIPAY)
        self.rule(payment, "delay", delay_ms=300)
        self.create(payment, "paid")
        self.rule(late, "delay", delay_ms=3000)
        self.create(late, "unknown", "no_answer")
        self.recover(late)

    def test_a_well_signed_answer_about_something_else_differs(self):
        for merchant in ALL:
            faults = ["wrong_amount", "wrong_number"] + (["wrong_payee"] if merchant != ALIPAY else [])
            payment = self.payment(merchant)
            self.pay(payment)
            for fault in faults:
                with self.subTest(merchant=merchant, fault=fault):
                    self.rule(payment, fault, call="query")
                    self.assertTrue(self.query(payment, "differs")["verified"])

    def test_documented_refusals_of_wechat(self):
        refusals = {"PARAM_ERROR": "declined", "INVALID_REQUEST": "declined", "SIGN_ERROR": "misconfigured", "NO_AUTH": "misconfigured",
                    "NOT_ENOUGH": "no_funds", "FREQUENCY_LIMITED": "too_fast", "FREQUENCY_LIMIT_EXCEED": "too_fast",
                    "RATELIMIT_EXCEEDED": "too_fast", "ALREADY_EXISTS": "unknown", "SYSTEM_ERROR": "unknown", "NEVER_SEEN": "unknown"}
        for code, outcome in refusals.items():
            with self.subTest(code=code):
                payment = self.payment()
                self.rule(payment, "refuse", code=code)
                self.create(payment, outcome, code)
                self.query(payment, "absent")
                self.recover(payment)

    def test_documented_refusals_of_alipay(self):
        refusals = {"SYSTEM_ERROR": "unknown", "REQUEST_PROCESSING": "unknown", "RESOURCE_LIMIT_EXCEED": "too_fast",
                    "PAYER_BALANCE_NOT_ENOUGH": "no_funds", "EXCEED_LIMIT_MM_AMOUNT": "limited", "PAYEE_NOT_EXIST": "declined",
                    "SECURITY_CHECK_FAILED": "declined", "PAYER_STATUS_ERROR": "misconfigured", "PERMIT_CHECK": "misconfigured",
                    "PAYMENT_FAIL": "unknown", "NEVER_SEEN": "unknown", "20000": "unknown", "40002": "misconfigured"}
        for code, outcome in refusals.items():
            with self.subTest(code=code):
                payment = self.payment(ALIPAY)
                self.rule(payment, "refuse", code=code)
                self.create(payment, outcome, code)
                self.recover(payment)

    def test_a_failure_is_final_only_by_query(self):
        for merchant, reason in ((WECHAT, "NAME_NOT_CORRECT"), (ALIPAY, "PAYEE_NOT_EXIST")):
            payment, later = self.payment(merchant), self.payment(merchant)
            self.rule(payment, "fail", reason=reason)
            self.create(payment, "refused" if merchant == WECHAT else "declined", reason)
            self.query(payment, "refused", reason)
            self.rule(later, "fail_later", reason=reason)
            self.driver.create(later)
            if merchant == WECHAT:
                self.tap(later)
            self.assertEqual(self.driver.until(later, "refused")["code"], reason)
            self.assertIsNone(self.paid_fen(later))

    def test_no_provider_at_all(self):
        payment = self.payment()
        self.sandbox.kill()
        self.create(payment, "not_sent")
        self.query(payment, "not_sent")
        self.sandbox.start()
        self.recover(payment)


class Crowd(ProviderCase):
    """Many at once, faults at random, the sandbox killed in between: everybody is paid exactly once."""

    NEXT = {"unknown": "query", "absent": "create", "not_sent": "create", "waits": "query", "in_progress": "query", "too_fast": "query"}

    def spoil(self):
        faults = ["error_before", "hang_up_before", "error_after", "hang_up_after", "bad_signature", "no_signature", "wrong_serial", "html",
                  "cut_off", "processing"]
        rules = [{"call": "create", "fault": fault, "per_mille": 40} for fault in faults]
        rules += [{"call": "query", "fault": fault, "per_mille": 40} for fault in faults[:-1]]
        self.sandbox.rules(*rules, {"call": "create", "fault": "silent", "times": 20, "per_mille": 100})

    def test_everybody_is_paid_once(self):
        payments = [self.payment(ALL[i % 3], fen=100 + i) for i in range(150)]
        step = {payment: "create" for payment in payments}
        self.spoil()
        for turn in range(60):
            sent = {self.driver.send(do=what, **payment.line): payment for payment, what in step.items()}
            if turn in (1, 4):
                self.sandbox.kill()
                self.sandbox.start()
                self.spoil()
            for number, payment in sent.items():
                outcome = self.driver.await_answer(number)["outcome"]
                if outcome == "paid":
                    del step[payment]
                else:
                    step[payment] = self.NEXT[outcome]
            for merchant in ALL:
                self.sandbox.admin("POST", "/top-up", {"shop": merchant, "fen": 1})  # what is processing goes on
            self.sandbox.confirm(all=True)
            if not step:
                break
        self.assertEqual(step, {})
        paid = self.sandbox.paid()
        self.assertEqual({payment.line["order_no"]: payment.line["fen"] for payment in payments}, paid)


class Memory(ProviderCase):
    """A sandbox that is killed has forgotten nothing it said."""

    def test_orders_floats_and_numbers_survive_a_kill(self):
        waits, paid, alipay = self.payment(), self.payment(), self.payment(ALIPAY)
        self.create(waits, "waits")
        self.pay(paid)
        self.pay(alipay)
        before, bill = self.sandbox.status()["float_fen"], self.sandbox.paid()
        self.sandbox.kill()
        self.sandbox.start()
        self.assertEqual(self.sandbox.status()["float_fen"], before)
        self.assertEqual(self.sandbox.paid(), bill)
        self.create(waits, "waits")
        self.query(paid, "paid")
        self.tap(waits)
        self.driver.until(waits, "paid")
        self.create(self.driver.build(WECHAT, paid.line["order_no"], 189), "declined")

    def test_a_torn_line_was_never_said(self):
        payment = self.payment(ALIPAY)
        self.pay(payment)
        self.sandbox.kill()
        with open(os.path.join(self.sandbox.home, "journal.jsonl"), "a") as journal:
            journal.write('{"event":"move","shop":2,"no":"' + payment.line["order_no"])
        self.sandbox.start()
        self.query(payment, "paid")
        self.pay(self.payment(ALIPAY))


class TooFast(ProviderCase):
    WORDS = ("--calls-per-s", "5")

    def test_above_the_rate_it_is_too_fast_with_a_time_to_come_back(self):
        for merchant in (WECHAT, ALIPAY):
            payments = [self.payment(merchant) for _ in range(30)]
            verdicts = [self.driver.await_answer(number) for number in
                        [self.driver.send(do="create", **payment.line) for payment in payments]]
            fast = [verdict for verdict in verdicts if verdict["outcome"] == "too_fast"]
            self.assertTrue(fast)
            self.assertTrue(all(verdict["retry_after_ms"] > 0 for verdict in fast))


class Expiry(ProviderCase):
    WORDS = ("--expire-ms", "400")

    def test_an_order_without_a_tap_is_closed_by_the_provider(self):
        payment = self.payment()
        self.create(payment, "waits")
        closed = self.driver.until(payment, "refused")
        self.assertEqual((closed["code"], closed["cause"]), ("OVERDUE_CLOSE", "expired"))
        self.assertIsNone(self.paid_fen(payment))


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
