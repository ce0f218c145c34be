#!/usr/bin/python3
"""What the payment providers say by themselves: believed when it is genuine, once, also after a kill."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from provider_case import ALIPAY, ALL, NUMBERS, WECHAT  # noqa: E402
from providers import Driver, Sandbox  # noqa: E402
from waiting import wait  # noqa: E402


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
