#!/usr/bin/python3
"""What comes with payments: certificates that change and are not believed, bills, in the words of both providers."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from provider_case import ALIPAY, ALL, NUMBERS, WECHAT, WECHAT_PUBLIC, ProviderCase, today  # noqa: E402
from providers import Driver, Sandbox  # noqa: E402
from waiting import wait  # noqa: E402


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


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
