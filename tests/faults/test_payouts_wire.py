"""Payouts under fire, over the real wire: phones win, say where to be paid and withdraw, while two engine nodes are killed, PostgreSQL and the
payment providers' sandbox too, and the sandbox misbehaves in every way it knows. By its bill each payout is paid at most once, none is lost,
and reconciliation names what was injected and nothing else.

TEST_PAYOUTS, TEST_PAYOUT_KILLS, TEST_PAYOUT_RESTARTS: how many (100, 8, 1)."""
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import unittest
import uuid
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import documents  # noqa: E402
from engine import BINARY, Client, Engine, free_port  # noqa: E402
from providers import Driver, SandboxAdmin  # noqa: E402

PAYOUTS = int(os.environ.get("TEST_PAYOUTS", "100"))
KILLS = int(os.environ.get("TEST_PAYOUT_KILLS", "8"))
RESTARTS = int(os.environ.get("TEST_PAYOUT_RESTARTS", "1"))
SEED = int(os.environ.get("TEST_SEED", str(int(time.time()))))
PHONES = 4
FEN = 100
# By its amount a payout is one of those that the provider confuses with another: well signed, and wrong.
CONFUSED = {137: "wrong_amount", 138: "wrong_payee", 139: "wrong_number"}
WECHAT, WECHAT_PUBLIC, ALIPAY = MERCHANTS = ("wechat-sandbox", "wechat-sandbox-2", "alipay-sandbox")
PAYEES = ({"provider": "wechat", "kind": "openid", "app_id": "wx73616e64626f7801", "id": "oPAYEE{:08}", "name": "张三"},
          {"provider": "wechat", "kind": "openid", "app_id": "wx73616e64626f7802", "id": "oPAYEE{:08}", "name": "李四"},
          {"provider": "alipay", "kind": "alipay_user_id", "app_id": "2021000000000001", "id": "20880000{:08}"})
TOPPED_UP = {WECHAT: 110_000_000, WECHAT_PUBLIC: 10_000_000, ALIPAY: 110_000_000}  # by ./dev up, and here
OPEN = "state NOT IN ('paid', 'failed')"
# Declined after it was sent more than once: it may end only when every signature is dead, ten minutes later.
SETTLING = "state = 'unknown' AND code LIKE 'declined:%' AND NOT frozen"
# Wrong in what is said: nothing of it is believed.
SPOILT = ("error_before", "hang_up_before", "error_after", "hang_up_after", "bad_signature", "no_signature", "probe", "wrong_serial", "stale", "html",
          "cut_off")
REFUSALS = {WECHAT: ("SYSTEM_ERROR", "FREQUENCY_LIMITED", "PARAM_ERROR", "INVALID_REQUEST", "ALREADY_EXISTS", "NEVER_SEEN"),
            ALIPAY: ("SYSTEM_ERROR", "REQUEST_PROCESSING", "RESOURCE_LIMIT_EXCEED", "PAYEE_NOT_EXIST", "SECURITY_CHECK_FAILED", "20000")}
# They stop or slow a whole merchant number, so they come a few times.
STOPPERS = {WECHAT: ("NOT_ENOUGH", "SIGN_ERROR", "NO_AUTH"), ALIPAY: ("PAYER_BALANCE_NOT_ENOUGH", "EXCEED_LIMIT_MM_AMOUNT", "PERMIT_CHECK")}
REASONS = {WECHAT: ("NAME_NOT_CORRECT", "ACCOUNT_FROZEN", "TRANSFER_QUOTA_EXCEED", "DAY_RECEIVED_QUOTA_EXCEED"),
           ALIPAY: ("PAYEE_NOT_EXIST", "SECURITY_CHECK_FAILED")}


def pairs(words):
    return [(shop, word) for shop, all_ in words.items() for word in all_]


def misbehaviour():
    """Every fault of the sandbox, on every call that has it."""
    rules = [{"call": "create", "amount_fen": fen, "fault": "hang_up_after"} for fen in CONFUSED]
    rules += [{"call": "query", "amount_fen": fen, "fault": fault} for fen, fault in CONFUSED.items()]
    rules += [{"call": "notice", "amount_fen": fen, "fault": "never"} for fen in CONFUSED]
    for call, often in (("create", 12), ("query", 12), ("cancel", 45)):
        rules += [{"call": call, "fault": fault, "per_mille": often} for fault in SPOILT]
        rules += [{"call": call, "fault": "silent", "per_mille": often // 2}, {"call": call, "fault": "delay", "delay_ms": 400, "per_mille": often}]
    rules += [{"call": "create", "fault": fault, "per_mille": 15} for fault in ("early", "processing")]
    for fault in ("fail", "fail_later"):
        rules += [{"call": "create", "shop": shop, "fault": fault, "reason": reason, "per_mille": 5} for shop, reason in pairs(REASONS)]
    for words, more in ((REFUSALS, {}), (STOPPERS, {"times": 1})):
        rules += [{"call": "create", "shop": shop, "fault": "refuse", "code": code, "per_mille": 6, **more} for shop, code in pairs(words)]
    rules += [{"call": "query", "shop": shop, "fault": "refuse", "code": "SYSTEM_ERROR", "per_mille": 10} for shop in MERCHANTS]
    rules += [{"call": "cancel", "fault": "tap_first", "per_mille": 300}]
    rules += [{"call": "certificates", "fault": fault, "per_mille": 120} for fault in
              ("error_before", "hang_up_before", "bad_signature", "html", "cut_off")]
    rules += [{"call": "notice", "fault": fault, "per_mille": 40} for fault in
              ("bad_signature", "no_signature", "probe", "wrong_serial", "stale", "tampered", "wrong_number", "twice", "never")]
    return rules + [{"call": "notice", "fault": "delay", "delay_ms": 700, "per_mille": 60}]


class Node:
    """One `hongbao serve`; the first one is the home's own, to which notices come."""

    def __init__(self, engine, port=None):
        self.engine, self.port, self.process = engine, port or engine.port, None
        self.words = [BINARY, "serve", "--home", engine.home] + ([f"--http.port={port}"] if port else [])

    def start(self):
        with open(os.path.join(self.engine.home, "log", f"payer-{self.port}.log"), "a") as log:
            self.process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        if self.port == self.engine.port:
            with open(os.path.join(self.engine.home, "run-engine.pid"), "w") as file:  # ./dev knows it for its own
                file.write(str(self.process.pid))

    def kill(self):
        self.process.kill()
        self.process.wait(30)

    def log(self):
        with open(os.path.join(self.engine.home, "log", f"payer-{self.port}.log"), errors="replace") as log:
            return log.read()


class PayoutsOverTheWire(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        random.seed(SEED)
        print(f"seed {SEED}", flush=True)
        os.environ.update(HONGBAO_PROVIDER_TIMEOUT_MS="800", HONGBAO_PROVIDER_CONNECT_TIMEOUT_MS="500")
        cls.engine = cls.enterClassContext(Engine())
        cls.sandbox = SandboxAdmin(int(cls.engine.facts["sandbox"].rsplit(":", 1)[1]))
        cls.merchants_file = os.path.join(cls.engine.home, "sandbox", "merchants.json")
        settings = {"sandbox": True, "confirm_url": cls.engine.facts["sandbox"] + "/payee"}
        for name, payee in zip(MERCHANTS, PAYEES):
            cls.engine.hongbao("merchant", "add", name, "-", stdin=json.dumps(
                {"provider": payee["provider"], "app_id": payee["app_id"], "rate_per_s": 500, "settings": settings}))
            cls.engine.hongbao("merchant", "topup", name, "--fen", "10000000", "--key", "more")
        for fen in (FEN, *CONFUSED):
            cls.engine.publish(documents.campaign(f"fen-{fen}", [documents.cash("coin", fen, PAYOUTS + 10)]))

    def setUp(self):
        self.lock, self.withdrawn, self.ending, self.faults = threading.Lock(), 0, False, []

    # ---- what goes on all the time ----

    def in_background(self, work):
        def run():
            try:
                work()
            except Exception as error:  # told by the test itself
                self.faults.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def phone(self, number, token):
        """Wins once, says where to, withdraws all: patiently, always with the same keys."""
        fen = list(CONFUSED)[number % len(CONFUSED)] if number < 3 * len(CONFUSED) else FEN
        payee = PAYEES[number % 2 if fen == 138 else (number + number // 3) % len(PAYEES)]  # Alipay's answers name no payee
        client, campaign = Client(self.engine.port), f"fen-{fen}"
        for method, path, body, good in (
                ("POST", f"/v1/campaigns/{campaign}/draws", {}, 201),
                ("PUT", "/v1/wallet/payee", {**payee, "id": payee["id"].format(number)}, 200),
                ("POST", "/v1/wallet/withdrawals", {"campaign": campaign}, 201)):
            key = str(uuid.uuid4())
            answer = self.engine.surely(lambda: client.call(method, path, token, key, body), 120)
            self.assertEqual(answer.status, good, answer)
        client.close()
        with self.lock:
            self.withdrawn += 1

    def phones(self):
        tokens = list(enumerate(self.engine.tokens("payee", PAYOUTS)))

        def some(first):
            for number, token in tokens[first::PHONES]:
                self.phone(number, token)

        return [self.in_background(lambda first=first: some(first)) for first in range(PHONES)]

    def payees(self):
        """Most tap soon, some never will, and of some nothing is heard."""
        while not self.ending:
            try:
                for order in self.sandbox.orders():
                    number, dice = order["order_no"], zlib.crc32(order["order_no"].encode()) % 20
                    if order["state"] == "WAIT_USER_CONFIRM" and dice > 2:
                        self.sandbox.confirm(order_no=number)
                    elif order["state"] == "WAIT_USER_CONFIRM" and dice == 2:
                        self.sandbox.admin("POST", "/decline", {"order_no": number})
                for shop in MERCHANTS:
                    self.sandbox.admin("POST", "/top-up", {"shop": shop, "fen": 1})  # what is processing goes on
            except (OSError, http.client.HTTPException):
                pass  # it was killed just now
            time.sleep(0.3)

    # ---- what happens to them ----

    def sql(self, query):
        """PostgreSQL may just be away."""
        until = time.monotonic() + 60
        while True:
            run = self.engine.sql(query, check=False)
            if run.returncode == 0:
                return run.stdout.strip()
            self.assertLess(time.monotonic(), until, run.stderr)
            time.sleep(0.2)

    def rows(self, query):
        return [row.split("|") for row in self.sql(query).splitlines()]

    def count(self, what):
        return int(self.sql(f"SELECT count(*) FROM payout WHERE {what}"))

    def later(self):
        """Time passes for the books: what was put off is due, leases are over, and pages that nobody tapped on expired long ago."""
        self.sql(f"""UPDATE payout SET package_until = clock_timestamp() - interval '3 hours'
                     WHERE state = 'waiting_user' AND NOT frozen AND planned_at < clock_timestamp() - interval '8 s';
                     UPDATE payout SET due_at = clock_timestamp() WHERE {OPEN} AND NOT frozen AND due_at > clock_timestamp()""")

    def resume_merchants(self):
        """Two people have mended what the provider refused."""
        for (name,) in self.rows("SELECT id FROM merchant WHERE stopped"):
            for person in ("ann", "bob"):
                self.engine.hongbao("merchant", "resume", name, "--person", person, "--reason", "mended", check=False)

    def count_faults(self):
        """What the sandbox did wrong; a new one begins at nothing."""
        for fault, times in self.sandbox.status()["faults"].items():
            self.acted[fault] = self.acted.get(fault, 0) + times

    def kill_sandbox(self):
        self.count_faults()
        pid = self.engine.pid("sandbox")
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read().split(b"\0")[:-1]
        self.engine.kill("sandbox")
        with open(os.path.join(self.engine.home, "log", "sandbox.log"), "a") as log:
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        with open(os.path.join(self.engine.home, "run-sandbox.pid"), "w") as file:
            file.write(str(process.pid))
        self.engine.wait(self.sandbox.status, 20, "the sandbox answers")
        self.sandbox.rules(*misbehaviour())

    def restart_postgres(self):
        pid = self.engine.pid("postgres")
        self.engine.kill("postgres", random.choice((signal.SIGKILL, signal.SIGQUIT)))
        self.engine.wait(lambda: self.engine.state(pid) == b"Z", 60, "PostgreSQL is gone")
        self.engine.dev("up", "--detach", "--json", "--yes", "--port", str(self.engine.port))

    def fire(self):
        """Everything in random order, spread over the time in which phones withdraw."""
        deeds = ["kill"] * KILLS + ["restart"] * RESTARTS + ["sandbox"] * max(1, KILLS // 8)
        random.shuffle(deeds)
        for done, deed in enumerate(deeds):
            until = time.monotonic() + 5
            while self.withdrawn < PAYOUTS * done // len(deeds) and time.monotonic() < until:
                time.sleep(0.05)
            time.sleep(random.uniform(0.1, 0.9))
            if deed == "kill":
                node = random.choice(self.nodes)
                node.kill()
                node.start()
            elif deed == "restart":
                self.restart_postgres()
            else:
                self.kill_sandbox()
            if random.random() < 0.5:
                self.later()
                self.resume_merchants()

    def settle(self):
        """Nothing goes wrong any more, but what was confused stays so."""
        for node in self.nodes:
            node.kill()
            node.start()
        self.resume_merchants()
        until = time.monotonic() + 60 + PAYOUTS / 5
        while self.count(f"{OPEN} AND NOT frozen AND NOT ({SETTLING})") > 0:
            self.assertLess(time.monotonic(), until, self.rows(f"SELECT merchant, state, code, count(*) FROM payout WHERE {OPEN} GROUP BY 1, 2, 3"))
            self.later()
            time.sleep(1)

    # ---- what must be so ----

    def reconcile(self):
        """Every bill, fetched from the providers, then everything else: what differs, {(subject, kind): places}."""
        for merchant, day in self.rows("SELECT DISTINCT merchant, day FROM bills_due(now() + interval '3 days')") + list(self.billed):
            self.billed.add((merchant, day))
        for merchant, day in self.billed:
            run = self.engine.hongbao("reconcile", "--merchant", merchant, "--day", day, check=False)
            self.assertIn(run.returncode, (0, 1), run.stdout + run.stderr)
        run = self.engine.hongbao("reconcile", "--json", check=False)
        self.assertIn(run.returncode, (0, 1), run.stdout + run.stderr)
        found = {}
        for one in json.loads(run.stdout)["differences"]:
            found.setdefault((one["subject"], one["kind"]), []).append(one["problem"] if one["subject"] == "books" else one["place"])
        return found

    def assert_paid_once(self):
        bill = {row["order_no"]: row["amount_fen"] for row in self.sandbox.bill()}
        self.assertEqual(self.sandbox.paid(), bill)  # no number twice
        books = {row[0]: row[1:] for row in self.rows("SELECT out_no, state, amount_fen, player, frozen FROM payout")}
        self.assertLessEqual(bill.keys(), books.keys())
        paid = {number for number, row in books.items() if row[0] == "paid"}
        self.assertEqual({number for number in bill if books[number][3] == "f"}, paid)
        players = [books[number][2] for number in bill]
        self.assertEqual(len(players), len(set(players)), "a win was paid twice")
        self.assertEqual({number: int(books[number][1]) for number in bill}, bill)
        for merchant in MERCHANTS:
            left = int(self.sql(f"SELECT debit - credit FROM account WHERE name = 'provider:{merchant}'"))
            gone = int(self.sql(f"SELECT coalesce(sum(amount_fen), 0) FROM payout WHERE merchant = '{merchant}' AND state = 'paid'"))
            self.assertEqual(left, TOPPED_UP[merchant] - gone)
        return paid, books

    def assert_none_lost(self, books):
        """Every winner has the money, is on the way to it, or has the win again."""
        self.assertEqual(len({row[2] for row in books.values()}), PAYOUTS)
        lost = self.rows("""SELECT p.player, array_agg(p.state) FROM payout p GROUP BY 1 HAVING count(*) FILTER (WHERE p.state <> 'failed') <> 1
                            AND NOT (count(*) FILTER (WHERE p.state <> 'failed') = 0 AND
                                     (SELECT w.available_fen = w.gross_fen FROM wallet(p.player) w))""")
        self.assertEqual(lost, [])
        unresolved = self.rows("""SELECT DISTINCT u.out_no FROM payout_event u JOIN payout p USING (out_no)
                                  JOIN payout_event e ON e.out_no = p.out_no AND e.seq = p.events WHERE u.event = 'unknown' AND p.state IN ('paid', 'failed') AND e.source NOT IN ('query', 'callback', 'answer')""")
        self.assertEqual(unresolved, [], "an unknown one ended without the provider's word")

    def thaw(self):
        for number, campaign in self.rows("SELECT p.out_no, c.slug FROM payout p JOIN campaign c ON c.id = p.campaign WHERE p.frozen"):
            self.engine.hongbao("correction", "ask", "thaw", "--campaign", campaign, "--content", json.dumps({"out_no": number}), "--key", number,
                                "--person", "ann", "--reason", "seen on the provider's page")
        for (asked,) in self.rows("SELECT id FROM correction WHERE state = 'asked'"):
            self.engine.hongbao("correction", "approve", asked, "--person", "bob", "--reason", "so have I")

    def assert_only_the_confused_differ(self):
        """Frozen, named, and paid at the provider without our knowing it yet; then two people look, and all is well."""
        frozen = {number for (number,) in self.rows("SELECT out_no FROM payout WHERE frozen")}
        confused = {number for (number,) in self.rows(f"SELECT out_no FROM payout WHERE amount_fen <> {FEN}")}
        self.assertEqual(frozen, confused)
        billed = {row["order_no"] for row in self.sandbox.bill()}
        found = self.reconcile()
        self.assertEqual(set(found.pop(("bill", "not_known_yet"), [])), frozen & billed)
        quarantined = found.pop(("books", "quarantine"))
        self.assertEqual({number for number in frozen if any(number in problem for problem in quarantined)}, frozen)
        self.assertTrue(all(any(number in problem for number in frozen) for problem in quarantined), quarantined)
        self.assertEqual(found, {})
        self.sandbox.rules()
        self.thaw()
        self.settle()
        self.assertEqual(self.count("frozen"), 0)
        self.assertEqual(set(self.reconcile()), {("books", "quarantine")})
        return len(frozen)

    def assert_it_was_bad(self):
        """The world was as bad as it should have been; with many payouts, in every single way."""
        self.assertGreater(sum(self.acted.values()), PAYOUTS / 2)
        if PAYOUTS >= 1000:
            self.assertEqual({f"{rule['call']} {rule['fault']}" for rule in misbehaviour()} - self.acted.keys(), set())

    def assert_a_spoilt_bill_is_not_taken(self):
        merchant, day = sorted(self.billed)[0]
        for fault in ("error_before", "hang_up_before", "bad_signature", "html", "cut_off"):
            self.sandbox.rules({"call": "bill", "fault": fault})
            self.assertEqual(self.engine.hongbao("reconcile", "--merchant", merchant, "--day", day, check=False).returncode, 3, fault)
        self.sandbox.rules()

    def assert_a_strangers_payment_is_named(self):
        with Driver(self.merchants_file) as driver:
            stranger = driver.build(ALIPAY, "NOBODYASKED1", 4321)
            self.assertEqual(driver.create(stranger)["outcome"], "paid")
        found = self.reconcile()
        self.assertEqual(found.pop(("bill", "unknown_order")), ["NOBODYASKED1"])
        self.assertEqual(set(found), {("books", "quarantine")})

    def test_each_is_paid_at_most_once_and_none_is_lost(self):
        self.billed, self.acted = set(), {}
        self.engine.kill("engine", signal.SIGTERM)
        self.engine.wait(lambda: self.engine.state(self.engine.pid("engine")) == b"Z", 20, "the first engine is gone")
        self.nodes = [Node(self.engine), Node(self.engine, free_port())]
        self.addCleanup(lambda: [node.kill() for node in self.nodes])
        self.sandbox.rules(*misbehaviour())
        for node in self.nodes:
            node.start()
        threads = self.phones()
        taps = self.in_background(self.payees)
        self.fire()
        for thread in threads:
            thread.join(300)
        self.assertEqual((self.faults, self.withdrawn), ([], PAYOUTS))
        self.count_faults()
        self.sandbox.rules(*(rule for rule in misbehaviour() if rule.get("amount_fen") in CONFUSED))
        self.settle()
        frozen = self.assert_only_the_confused_differ()
        self.ending = True
        taps.join(30)
        paid, books = self.assert_paid_once()
        self.assert_none_lost(books)
        self.assertGreater(len(paid), PAYOUTS / 3)
        settling = self.count(SETTLING)
        self.assertLessEqual(settling, max(3, PAYOUTS // 10))
        self.assertEqual(self.count(OPEN), settling)
        self.assertEqual(self.faults, [])
        self.assert_it_was_bad()
        _, report = self.engine.audit()
        self.assertEqual({finding["check"] for finding in report["findings"]}, {"quarantine"}, report)
        for campaign in (FEN, *CONFUSED):
            self.engine.assert_verified(self, f"fen-{campaign}", "--so-far")
        self.assertFalse([node for node in self.nodes if "what=other_body" in node.log()])
        self.assert_a_spoilt_bill_is_not_taken()
        self.assert_a_strangers_payment_is_named()
        self.tell(paid, frozen, settling)

    def tell(self, paid, frozen, settling):
        events = dict(self.rows("SELECT event, count(DISTINCT out_no) FROM payout_event GROUP BY 1"))
        again = self.sql("SELECT count(*) FROM (SELECT out_no FROM payout_event WHERE event = 'send' GROUP BY 1 HAVING count(*) > 1) x")
        notices = self.sql("SELECT count(*) FROM provider_notice")
        print(f"{PAYOUTS} payouts, {KILLS} kills, {RESTARTS} restarts: {len(paid)} paid, {events.get('failed', 0)} attempts failed, {again} sent again, "
              f"{events.get('unknown', 0)} were unknown, {notices} notices, {frozen} frozen and thawed, {settling} settling; "
              f"{sum(self.acted.values())} faults of {len(self.acted)} kinds", flush=True)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
