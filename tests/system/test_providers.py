#!/usr/bin/python3
"""The adapters of both payment providers against the sandbox, over HTTPS, with every misbehaviour it knows."""
import datetime
import itertools
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from providers import Driver, Sandbox  # noqa: E402
from waiting import wait  # noqa: E402

WECHAT, WECHAT_PUBLIC, ALIPAY = "wechat-sandbox", "wechat-sandbox-2", "alipay-sandbox"
ALL = (WECHAT, WECHAT_PUBLIC, ALIPAY)
NUMBERS = (f"RP{i:020d}" for i in itertools.count(1))


def today():
    return datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).strftime("%Y-%m-%d")


class ProviderCase(unittest.TestCase):
    """One sandbox and one driver a class; a test leaves no rules behind."""

    WORDS = ()

    @classmethod
    def setUpClass(cls):
        cls.sandbox = cls.enterClassContext(Sandbox(*cls.WORDS))
        cls.driver = cls.enterClassContext(Driver(cls.sandbox.merchants))
        for merchant in ALL:
            cls.driver.ready(merchant)

    def tearDown(self):
        self.sandbox.rules()

    def payment(self, merchant=WECHAT, fen=188, **more):
        return self.driver.build(merchant, next(NUMBERS), fen, **more)

    def rule(self, payment, fault, call="create", **more):
        self.sandbox.rules({"call": call, "order_no": payment.line["order_no"], "fault": fault, **more})

    def create(self, payment, outcome, code=None):
        verdict = self.driver.create(payment)
        self.assertEqual(verdict["outcome"], outcome, verdict)
        if code is not None:
            self.assertEqual(verdict["code"], code)
        return verdict

    def query(self, payment, outcome, code=None):
        verdict = self.driver.query(payment)
        self.assertEqual(verdict["outcome"], outcome, verdict)
        if code is not None:
            self.assertEqual(verdict["code"], code)
        return verdict

    def tap(self, payment):
        self.assertEqual(self.sandbox.confirm(order_no=payment.line["order_no"]), 1)

    def paid_fen(self, payment):
        return self.sandbox.paid().get(payment.line["order_no"])

    def pay(self, payment):
        """The way without trouble, whatever the provider."""
        if payment.line["merchant"] == ALIPAY:
            return self.create(payment, "paid")
        self.create(payment, "waits")
        self.tap(payment)
        return self.driver.until(payment, "paid")


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


class Keys(ProviderCase):
    def test_a_new_platform_certificate_is_fetched_by_itself(self):
        payment = self.payment()
        self.create(payment, "waits")
        self.sandbox.admin("POST", "/rotate", {"provider": "wechat"})
        self.query(payment, "unknown", "unknown_serial")
        wait(lambda: self.driver.query(payment)["outcome"] == "waits", "the new certificate is known")
        self.pay(self.payment(name="张三"))
        self.pay(self.payment(WECHAT_PUBLIC))  # his key is another one

    def test_a_request_built_before_a_rotation_is_still_good(self):
        payment = self.payment(name="张三")
        self.sandbox.admin("POST", "/rotate", {"provider": "wechat"})
        self.driver.create(payment)
        wait(lambda: self.driver.query(payment)["outcome"] == "waits", "taken")

    def test_a_new_alipay_certificate_counts_once_it_is_delivered(self):
        payment = self.payment(ALIPAY)
        self.sandbox.admin("POST", "/rotate", {"provider": "alipay", "deliver": False})
        self.create(payment, "unknown", "unknown_certificate")
        self.sandbox.admin("POST", "/deliver", {})
        wait(lambda: self.driver.query(payment)["outcome"] == "paid", "the new certificate is known")

    def test_another_authority_is_not_trusted_and_nothing_is_sent(self):
        with Sandbox() as other:
            ca = os.path.join(self.sandbox.home, "keys", "tls-ca.crt")
            with open(os.path.join(other.home, "keys", "tls-ca.crt")) as source, open(ca) as mine:
                foreign, own = source.read(), mine.read()
            try:
                with open(ca, "w") as target:
                    target.write(foreign)
                with Driver(self.sandbox.merchants) as driver:
                    payment = driver.build(ALIPAY, next(NUMBERS), 188)
                    self.assertEqual(driver.create(payment)["outcome"], "not_sent")
                    self.assertEqual(driver.create(driver.build(WECHAT, next(NUMBERS), 188))["code"], "no_provider_key")
            finally:
                with open(ca, "w") as target:
                    target.write(own)
        self.assertIsNone(self.paid_fen(payment))

    def test_a_name_that_the_certificate_does_not_carry_is_not_trusted(self):
        path = os.path.join(self.sandbox.home, "elsewhere.json")
        with open(self.sandbox.merchants) as source, open(path, "w") as target:
            target.write(source.read().replace("127.0.0.1", "127.0.0.2"))
        with Driver(path) as driver:
            self.assertEqual(driver.create(driver.build(ALIPAY, next(NUMBERS), 188))["outcome"], "not_sent")


class Bills(ProviderCase):
    def test_the_bill_says_number_by_number_what_was_paid(self):
        for merchant in ALL:
            payments = [self.payment(merchant, fen=100 + i) for i in range(5)]
            unpaid = self.payment(merchant, fen=999)
            for payment in payments:
                self.pay(payment)
            if merchant != ALIPAY:
                self.create(unpaid, "waits")
            bill = self.driver.fetch_bill(merchant, today())
            self.assertEqual(bill["err"], "ok")
            rows = {row["order_no"]: row["fen"] for row in bill["rows"] if row["order_no"]}
            really = {row["order_no"]: row["amount_fen"] for row in self.sandbox.bill() if row["merchant"] == merchant}
            self.assertEqual(rows, really)
            self.assertTrue(rows.items() >= {payment.line["order_no"]: payment.line["fen"] for payment in payments}.items())
            self.assertNotIn(unpaid.line["order_no"], rows)
            self.assertEqual([row["fen"] for row in bill["rows"] if not row["order_no"]], [-100000000])  # the first top-up

    def test_a_bill_that_is_asked_for_at_once_waits_for_the_certificates(self):
        for merchant in ALL:
            payment = self.payment(merchant)
            self.pay(payment)
            with Driver(self.sandbox.merchants) as fresh:
                bill = fresh.fetch_bill(merchant, today())
            self.assertEqual(bill["err"], "ok")
            self.assertIn(payment.line["order_no"], [row["order_no"] for row in bill["rows"]])

    def test_a_bill_without_certificates_is_not_there(self):
        for fault in ("hang_up_before", "bad_signature", "html"):
            with self.subTest(fault=fault):
                self.sandbox.rules({"call": "certificates", "fault": fault})
                with Driver(self.sandbox.merchants) as fresh:
                    self.assertEqual(fresh.fetch_bill(WECHAT, today())["err"], "unavailable")

    def test_a_day_without_movements_has_none(self):
        for merchant in ALL:
            self.assertEqual(self.driver.fetch_bill(merchant, "2020-01-01")["err"], "not_found")

    def test_a_spoilt_bill_is_not_read(self):
        for merchant in ALL:
            self.pay(self.payment(merchant))
            for fault, err in (("cut_off", "bad_request"), ("html", "bad_request"), ("error_before", "unavailable"),
                               ("hang_up_before", "unavailable")):
                with self.subTest(merchant=merchant, fault=fault):
                    self.sandbox.rules({"call": "bill", "order_no": "download", "fault": fault})
                    self.assertEqual(self.driver.fetch_bill(merchant, today())["err"], err)
            self.sandbox.rules({"call": "bill", "fault": "bad_signature"})
            self.assertEqual(self.driver.fetch_bill(merchant, today())["err"], "unavailable")
            self.sandbox.rules()

    def test_days_are_days(self):
        self.assertEqual(self.driver.fetch_bill(WECHAT, "2026-02-30")["err"], "bad_request")
        self.assertEqual(self.driver.fetch_bill(ALIPAY, "today")["err"], "bad_request")

    def test_the_bill_is_printed_in_every_form(self):
        payment = self.payment(ALIPAY, fen=4321)
        self.pay(payment)
        self.assertIn(payment.line["order_no"], self.sandbox.print_bill())
        self.assertIn("-43.21", self.sandbox.print_bill("--format", "alipay"))
        self.assertIn("记账时间", self.sandbox.print_bill("--format", "wechat"))


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


class Notices(unittest.TestCase):
    """Notices come to the driver, whose port is known only after the sandbox has named its merchants."""

    @classmethod
    def setUpClass(cls):
        cls.sandbox = Sandbox("--notice-retry-ms", "100")
        cls.sandbox.start()
        cls.addClassCleanup(cls.sandbox.__exit__)
        cls.driver = Driver(cls.sandbox.merchants)
        cls.addClassCleanup(cls.driver.__exit__)
        cls.driver.ready(WECHAT)
        cls.sandbox.kill()
        cls.sandbox.start("--notify-base", f"http://127.0.0.1:{cls.driver.port}/notices")
        # The notify_url is in the merchants' file, which was read before it was known.
        cls.payer = Driver(cls.sandbox.merchants)
        cls.addClassCleanup(cls.payer.__exit__)
        for merchant in ALL:
            cls.payer.ready(merchant)

    def tearDown(self):
        self.sandbox.rules()

    def paid(self, merchant, fault=None, **more):
        """Pays; the number."""
        payment = self.payer.build(merchant, next(NUMBERS), 188)
        if fault is not None:
            self.sandbox.rules({"call": "notice", "order_no": payment.line["order_no"], "fault": fault, **more})
        self.payer.create(payment)
        if merchant != ALIPAY:
            self.sandbox.confirm(order_no=payment.line["order_no"])
        self.payer.until(payment, "paid")
        return payment.line["order_no"]

    def await_paid(self, number):
        event = self.driver.await_event(number)
        self.assertEqual((event["err"], event["outcome"], event["order_no"], event["fen"]), ("ok", "paid", number, 188), event)
        return event

    def assert_quiet(self):
        wait(lambda: self.sandbox.status()["notices"] == 0, "every notice was taken")
        self.assertTrue(self.driver.events.empty())

    def test_what_was_paid_is_told(self):
        for merchant in ALL:
            self.await_paid(self.paid(merchant))
            self.assert_quiet()

    def test_twice_is_the_same_event(self):
        for merchant in ALL:
            number = self.paid(merchant, "twice")
            self.assertEqual(self.await_paid(number)["event"], self.await_paid(number)["event"])
            self.assert_quiet()

    def test_late_and_never(self):
        for merchant in ALL:
            self.await_paid(self.paid(merchant, "delay", delay_ms=500))
            self.paid(merchant, "never")
            self.assert_quiet()

    def test_a_notice_that_is_not_believed_comes_again_and_then_honestly(self):
        for merchant in ALL:
            faults = ["bad_signature", "tampered"] + (["probe", "wrong_serial", "no_signature", "stale"] if merchant != ALIPAY else [])
            for fault in faults:
                with self.subTest(merchant=merchant, fault=fault):
                    number = self.paid(merchant, fault)
                    refused = self.driver.await_event(number)
                    self.assertEqual((refused["err"], refused["order_no"], refused["verified"]), ("forbidden", "", False), refused)
                    self.await_paid(number)
            self.assert_quiet()

    def test_a_well_signed_notice_with_another_amount_says_that_amount(self):
        for merchant in ALL:
            number = self.paid(merchant, "wrong_amount")
            self.assertEqual(self.driver.await_event(number)["fen"], 189)
            self.assert_quiet()

    def test_a_notice_may_come_before_the_answer(self):
        for merchant in ALL:
            payment = self.payer.build(merchant, next(NUMBERS), 188)
            self.sandbox.rules({"call": "create", "order_no": payment.line["order_no"], "fault": "early", "delay_ms": 400})
            waiting = self.payer.send(do="create", **payment.line)
            self.await_paid(payment.line["order_no"])
            self.assertNotIn(waiting, self.payer.answers)
            self.assertEqual(self.payer.await_answer(waiting)["outcome"], "paid" if merchant == ALIPAY else "waits")
            self.assertEqual(self.payer.query(payment)["outcome"], "paid")

    def test_what_was_not_told_before_a_kill_is_told_after_it(self):
        payment = self.payer.build(ALIPAY, next(NUMBERS), 188)
        self.sandbox.rules({"call": "notice", "fault": "delay", "delay_ms": 60000})
        self.payer.create(payment)
        self.sandbox.kill()
        self.sandbox.start("--notify-base", f"http://127.0.0.1:{self.driver.port}/notices")
        self.await_paid(payment.line["order_no"])


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
