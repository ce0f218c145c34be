"""A test of the adapters of both payment providers against the sandbox, over HTTPS."""
import datetime
import itertools
import unittest

from providers import Driver, Sandbox

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
