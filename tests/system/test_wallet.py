"""Players' money over HTTP: won, seen, told where to, withdrawn, waited for, paid; and every way in which it is refused."""
import base64
import concurrent.futures
import hashlib
import hmac
import json
import os
import sys
import time
import unittest
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import documents  # noqa: E402
from engine import Client  # noqa: E402
from engine_case import EngineCase  # noqa: E402

MERCHANT = "purse"
APP = "wx-purse"


def text_of(data):
    return base64.urlsafe_b64encode(data if isinstance(data, bytes) else json.dumps(data).encode()).rstrip(b"=").decode()


class Wallet(EngineCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.publish("purse", [documents.cash("coin", 100, 20_000)])
        cls.publish("large", [documents.cash("pot", 30_000, 100)])
        cls.topup(10_000_000)

    @classmethod
    def publish(cls, slug, prizes, **policy):
        cls.engine.publish(documents.campaign(slug, prizes))
        cls.merchant()
        cls.policy(slug, **policy)

    @classmethod
    def merchant(cls, name=MERCHANT, **settings):
        known = {"provider": "wechat", "app_id": APP, "min_fen": 30, "settings": {"sandbox": True, "mch_id": "1900000001"}, **settings}
        cls.engine.sql(f"select merchant_set('{name}', '{json.dumps(known)}')")

    @classmethod
    def policy(cls, slug, **members):
        cls.engine.sql(f"select wallet_policy_set('{slug}', '{json.dumps({'merchants': [MERCHANT], **members})}')")

    @classmethod
    def topup(cls, fen):
        cls.engine.sql(f"select merchant_topup('{MERCHANT}', {fen}, 'first')")

    def setUp(self):
        self.client = self.engine.client()
        self.sub = "purse-" + uuid.uuid4().hex
        self.token = self.engine.token(self.sub)

    # ---- what a phone does ----

    def call(self, method, path, body=None, key=None, token=None, **headers):
        return self.client.call(method, "/v1/wallet" + path, token or self.token, key, body, headers or None)

    def win(self, count, campaign="purse"):
        for _ in range(count):
            answer = self.engine.draw_surely(self.client, self.token, str(uuid.uuid4()), campaign)
            self.assertEqual((answer.status, answer.json["outcome"]), (201, "won"), answer)

    def payee(self, identity="o-", token=None, **members):
        body = {"provider": "wechat", "kind": "openid", "id": f"{identity}{uuid.uuid4().hex}", "app_id": APP, **members}
        answer = self.call("PUT", "/payee", body, token=token)
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def withdraw(self, campaign="purse", key=None, **members):
        return self.call("POST", "/withdrawals", {"campaign": campaign, **members}, key or str(uuid.uuid4()))

    def sums(self, campaign="purse"):
        wallet = self.call("GET", "")
        self.assertEqual(wallet.status, 200, wallet)
        return next(one for one in wallet.json["campaigns"] if one["campaign"] == campaign)

    def detail(self, answer, **headers):
        got = self.call("GET", f"/withdrawals/{answer.json['id']}", **headers)
        self.assertEqual(got.status, 200, got)
        return got.json

    def assert_problem(self, answer, status, code):
        self.assertEqual((answer.status, answer.json and answer.json.get("code")), (status, code), answer)
        return answer

    # ---- what a payer does ----

    def claim(self, answer):
        """Sends every part's payout: their order numbers."""
        numbers = self.engine.sql(f"select out_no from payout where withdrawal = '{answer.json['id']}' and state = 'planned' order by part").split()
        claimed = {}
        while not claimed.keys() >= set(numbers):
            rows = self.engine.sql(f"select out_no, fence from payout_claim('{MERCHANT}', 100, 60000)").splitlines()
            self.assertTrue(rows, "nothing to claim")
            claimed.update(row.split("|") for row in rows)
        for number in numbers:
            said = self.engine.sql(f"select payout_sent('{number}', {claimed[number]}, sha256('{number}'), '\\x01', 60000)")
            self.assertEqual(said, "send")
        return numbers

    def verdict(self, number, event, amount, **words):
        named = "".join(f", p_{name} => {value}" for name, value in words.items())
        said = self.engine.sql(f"select verdict from payout_verdict('{number}', '{event}', 'query', p_amount => {amount}, p_evidence => sha256('x'), "
                               f"p_next_ms => 3600000{named})")
        self.assertEqual(said, "applied", number)

    # ---- the whole way ----

    def test_a_win_goes_to_the_wallet_and_out_of_it(self):
        self.win(5)
        self.assertEqual(self.sums()["balance_fen"], 500)
        self.payee(name="张三")
        quote = self.call("POST", "/withdrawals/quote", {"campaign": "purse"})
        self.assertEqual((quote.status, quote.json), (200, {"gross_fen": 500, "tax_fen": 0, "net_fen": 500, "wins": 5, "part_count": 1, "sandbox": True}))
        self.assertEqual(self.sums()["balance_fen"], 500, "a quote binds nothing")

        opened = self.withdraw(key="once")
        self.assertEqual(opened.status, 201, opened)
        self.assertEqual((opened.json["state"], opened.json["stage"], opened.json["net_fen"], opened.json["sandbox"]), ("open", "queued", 500, True))
        again = self.withdraw(key="once")
        self.assertEqual((again.status, again.json["id"], again.headers["idempotency-replayed"]), (201, opened.json["id"], "true"))
        self.assertIsNone(opened.headers.get("idempotency-replayed"))
        sums = self.sums()
        self.assertEqual((sums["balance_fen"], sums["bound_fen"], sums["won_fen"]), (0, 500, 500))

        number, = self.claim(opened)
        self.assertEqual(self.detail(opened)["stage"], "on_its_way")
        self.verdict(number, "waiting_user", 500, package="'pack age'", package_until="clock_timestamp() + interval '1 day'")
        waits = self.detail(opened, **{"Accept-Language": "zh"})
        self.assertEqual((waits["stage"], waits["message"]), ("waiting_user", "等待你确认收款"))
        self.assertEqual({k: waits["confirm"][k] for k in ("mch_id", "app_id", "package")}, {"mch_id": "1900000001", "app_id": APP, "package": "pack age"})
        self.assertNotIn("url", waits["confirm"])
        self.assertEqual(self.call("GET", "/withdrawals").json["withdrawals"][0]["stage"], "waiting_user")

        self.verdict(number, "paid", 500, provider_no="'p1'")
        paid = self.detail(opened)
        self.assertEqual((paid["state"], paid["stage"], paid["paid_fen"], paid["confirm"]), ("paid", "paid", 500, None))
        sums = self.sums()
        self.assertEqual((sums["balance_fen"], sums["bound_fen"], sums["paid_fen"]), (0, 0, 500))
        kinds = [move["kind"] for move in self.call("GET", "/transactions").json["transactions"]]
        self.assertEqual(kinds, ["paid", "withdrawal"] + ["win"] * 5)

    def test_a_sandbox_says_where_to_confirm(self):
        self.win(1)
        self.payee()
        opened = self.withdraw()
        number, = self.claim(opened)
        self.merchant(settings={"sandbox": True, "mch_id": "1900000001", "confirm_url": "https://127.0.0.1:1/confirm?who=me"})
        self.addCleanup(self.merchant)
        self.verdict(number, "waiting_user", 100, package="'a+b/='", package_until="clock_timestamp() + interval '1 day'")
        self.assertEqual(self.detail(opened)["confirm"]["url"], "https://127.0.0.1:1/confirm?who=me&package=a%2Bb%2F%3D")

    def test_a_package_that_is_over_is_not_shown(self):
        self.win(1)
        self.payee()
        opened = self.withdraw()
        number, = self.claim(opened)
        self.verdict(number, "waiting_user", 100, package="'p'", package_until="clock_timestamp() - interval '1 s'")
        seen = self.detail(opened)
        self.assertEqual((seen["stage"], seen["confirm"], seen["parts"][0]["confirm"]), ("on_its_way", None, None))

    def test_a_failed_one_gives_the_wins_back(self):
        self.win(2)
        self.payee()
        opened = self.withdraw()
        number, = self.claim(opened)
        self.verdict(number, "failed", 200, code="'ACCOUNT_FROZEN'")
        self.assertEqual(self.detail(opened)["stage"], "failed")
        self.assertEqual(self.sums()["balance_fen"], 200)
        moves = self.call("GET", "/transactions").json["transactions"]
        self.assertEqual([(m["kind"], m["amount_fen"]) for m in moves[:2]], [("returned", 200), ("withdrawal", -200)])
        self.assertEqual(self.withdraw().status, 201)

    def test_a_large_win_is_cut_and_a_failed_part_is_asked_for_again(self):
        self.win(1, "large")
        self.payee()
        opened = self.withdraw("large")
        self.assertEqual((opened.status, opened.json["part_count"], opened.json["net_fen"]), (201, 2, 30_000))
        path = f"/withdrawals/{opened.json['id']}/parts/2/again"
        first, second = self.claim(opened)
        self.assertEqual(self.call("POST", path).status, 200, "one is under way: nothing more happens")
        self.verdict(first, "paid", 15_000, provider_no="'p2'")
        self.verdict(second, "failed", 15_000, code="'PAYEE_ERROR'")
        seen = self.detail(opened)
        self.assertEqual((seen["stage"], [part["again"] for part in seen["parts"]]), ("retry", [False, True]))
        self.assert_problem(self.call("POST", f"/withdrawals/{opened.json['id']}/parts/1/again"), 409, "attempt_not_allowed")
        again = self.call("POST", path)
        self.assertEqual((again.status, again.json["stage"], again.json["parts"][1]["attempts"]), (200, "queued", 2))
        self.assert_problem(self.call("POST", f"/withdrawals/{uuid.uuid4()}/parts/1/again"), 409, "attempt_not_allowed")
        self.assert_problem(self.call("POST", f"/withdrawals/{opened.json['id']}/parts/0/again"), 400, "invalid_field")

    # ---- at once ----

    def test_64_withdrawals_at_once_bind_the_sum_once(self):
        self.win(10)
        self.payee()
        self.policy("purse", day_count=1000)
        self.addCleanup(self.policy, "purse")

        def one(number):
            client = self.engine.client()
            try:
                return self.engine.surely(lambda: client.call("POST", "/v1/wallet/withdrawals", self.token, f"at-once-{number}", {"campaign": "purse"}))
            finally:
                client.close()

        with concurrent.futures.ThreadPoolExecutor(64) as pool:
            answers = list(pool.map(one, range(64)))
        opened = [answer for answer in answers if answer.status == 201]
        self.assertEqual(sum(answer.json["gross_fen"] for answer in opened), 1000)
        self.assertTrue(all(a.json["code"] in ("nothing_to_withdraw", "wins_changed") for a in answers if a.status != 201), answers)
        sums = self.sums()
        self.assertEqual((sums["balance_fen"], sums["bound_fen"]), (0, 1000))

    def test_one_key_at_once_is_one_withdrawal(self):
        self.win(3)
        self.payee()

        def one(_):
            client = self.engine.client()
            try:
                return self.engine.surely(lambda: client.call("POST", "/v1/wallet/withdrawals", self.token, "one", {"campaign": "purse"}))
            finally:
                client.close()

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(one, range(16)))
        self.assertEqual({answer.status for answer in answers}, {201})
        self.assertEqual(len({answer.json["id"] for answer in answers}), 1)
        self.assertEqual(sum("idempotency-replayed" not in answer.headers for answer in answers), 1)

    # ---- refusals ----

    def test_what_the_policy_refuses_has_a_reason_and_a_time(self):
        self.publish("rules", [documents.cash("coin", 100, 1000)])
        self.assert_problem(self.withdraw("rules"), 409, "payee_missing")
        self.payee()
        self.assert_problem(self.withdraw("rules"), 409, "nothing_to_withdraw")
        self.win(4, "rules")
        self.assert_problem(self.withdraw("rules", draw_nos=[1, 99]), 409, "nothing_to_withdraw")

        self.policy("rules", stopped=True)
        self.assert_problem(self.withdraw("rules"), 409, "payouts_stopped")
        self.assertEqual(self.sums("rules")["withdrawing"], "stopped")

        opens = documents.at(3600)
        self.policy("rules", windows=[[opens, documents.at(7200)]])
        answer = self.assert_problem(self.withdraw("rules"), 409, "withdrawal_window_closed")
        self.assertEqual(answer.json["until"][:19] + "Z", opens)
        self.assertTrue(3500 < int(answer.headers["retry-after"]) <= 3620)
        self.assertEqual((self.sums("rules")["withdrawing"], self.sums("rules")["opens_at"][:19] + "Z"), ("window", opens))
        self.policy("rules", windows=[[documents.at(-7200), documents.at(-3600)]])
        answer = self.assert_problem(self.withdraw("rules"), 409, "withdrawal_window_closed")
        self.assertTrue("until" not in answer.json and "retry-after" not in answer.headers, "there is no next window")

        self.policy("rules", min_fen=401)
        self.assertEqual(self.assert_problem(self.withdraw("rules"), 409, "below_minimum").json["min_fen"], 401)
        self.policy("rules", max_fen=200)
        self.assert_problem(self.withdraw("rules", draw_nos=[1, 2, 3]), 409, "above_maximum")
        self.policy("rules", day_fen=200)
        self.assert_problem(self.withdraw("rules", draw_nos=[1, 2, 3]), 409, "withdrawn_today_reached")
        self.policy("rules", merchants=["nobody"])
        self.assert_problem(self.withdraw("rules"), 409, "no_payout_channel")

        self.policy("rules", day_count=1)
        self.assertEqual(self.withdraw("rules", key="first", draw_nos=[1]).status, 201)
        answer = self.assert_problem(self.withdraw("rules"), 409, "withdrawals_today_reached")
        self.assertTrue(answer.json["until"].endswith("T16:00:00.000Z"), "midnight in Shanghai")
        self.assert_problem(self.withdraw("rules", key="first", draw_nos=[2]), 422, "idempotency_key_reused")
        self.assertEqual(self.withdraw("rules", key="first", draw_nos=[1]).status, 201)

    def test_a_sum_may_need_the_name(self):
        self.win(2)
        self.merchant(name_from_fen=200)
        self.addCleanup(self.merchant)
        self.policy("purse", payee_cooling_ms=0)
        self.addCleanup(self.policy, "purse")
        self.payee("o-nameless")
        self.assert_problem(self.withdraw(), 409, "payee_name_needed")
        self.assertEqual(self.withdraw(draw_nos=[1]).status, 201)
        self.payee("o-named", name="李四")
        self.win(1)
        self.assertEqual(self.withdraw().status, 201)

    def test_parts_may_be_too_many(self):
        self.win(1, "large")
        self.payee()
        self.policy("large", max_parts=1)
        self.addCleanup(self.policy, "large")
        self.assert_problem(self.withdraw("large"), 409, "too_many_parts")

    def test_above_the_review_two_people_are_waited_for(self):
        self.win(1)
        self.payee()
        self.policy("purse", review_fen=100)
        self.addCleanup(self.policy, "purse")
        opened = self.withdraw()
        self.assertEqual(opened.json["stage"], "review")
        for person in ("ann", "bo"):
            self.engine.sql(f"select withdrawal_approve('{opened.json['id']}', '{person}', true, 'looked at')")
        self.assertEqual(self.detail(opened)["stage"], "queued")

    def test_what_is_no_request_is_said_so(self):
        self.assert_problem(self.call("POST", "/withdrawals", {"campaign": "purse"}), 400, "idempotency_key_missing")
        self.assert_problem(self.call("POST", "/withdrawals", {"campaign": "purse"}, "a b"), 400, "idempotency_key_invalid")
        self.assert_problem(self.withdraw("there-is-none"), 404, "campaign_not_found")
        self.assert_problem(self.call("POST", "/withdrawals", "{", "k"), 400, "malformed_json")
        for body in ({}, [], {"campaign": 1}, {"campaign": "No Slug"}, {"campaign": "purse", "draw_nos": []}, {"campaign": "purse", "draw_nos": [0]},
                     {"campaign": "purse", "draw_nos": [1.5]}, {"campaign": "purse", "draw_nos": [2**31]}, {"campaign": "purse", "amount_fen": 5}):
            self.assert_problem(self.call("POST", "/withdrawals", body, "k"), 400, "invalid_field")
        for path in ("/transactions?limit=0", "/transactions?limit=201", "/transactions?cursor=x", "/transactions?cursor=1.w%27", "/withdrawals?cursor=-1",
                     "/withdrawals?limit=many"):
            self.assert_problem(self.call("GET", path), 400, "invalid_field")
        for path in ("/withdrawals/1", f"/withdrawals/{uuid.uuid4()}", "/withdrawals/%27"):
            self.assert_problem(self.call("GET", path), 404, "withdrawal_not_found")
        for method, path in (("GET", ""), ("GET", "/payee"), ("PUT", "/payee"), ("GET", "/transactions"), ("GET", "/withdrawals"), ("POST", "/withdrawals")):
            self.assert_problem(self.client.call(method, "/v1/wallet" + path, None, "k"), 401, "token_missing")

    def test_nobody_sees_another_ones(self):
        self.win(1)
        self.payee()
        opened = self.withdraw()
        stranger = self.engine.token("stranger-" + uuid.uuid4().hex)
        self.assert_problem(self.call("GET", f"/withdrawals/{opened.json['id']}", token=stranger), 404, "withdrawal_not_found")
        self.assert_problem(self.call("POST", f"/withdrawals/{opened.json['id']}/parts/1/again", token=stranger), 409, "attempt_not_allowed")
        self.assertEqual(self.call("GET", "/payee", token=stranger).json["payee"], None)
        self.assertEqual(self.call("GET", "/withdrawals", token=stranger).json["withdrawals"], [])

    # ---- the payee ----

    def test_a_payee_is_sealed_masked_and_cools_when_it_changes(self):
        self.assertEqual(self.call("GET", "/payee").json, {"payee": None, "proof": "off", "sandbox": True})
        player = self.call("GET", "").json["player"]
        self.win(1)
        body = {"provider": "wechat", "kind": "openid", "id": "o-MYE42l80oelYMDE34nYD456Xoy", "app_id": APP, "name": "王小明"}
        set_ = self.call("PUT", "/payee", body)
        self.assertEqual(set_.status, 200, set_)
        payee = set_.json["payee"]
        self.assertEqual((payee["id"], payee["name"], payee["usable"]), ("o-M****6Xoy", "*明", True))
        self.assertEqual(self.call("PUT", "/payee", body).json["payee"], payee, "the same again changes nothing")
        row = self.engine.sql(f"select encode(sealed, 'escape') || encode(name_sealed, 'escape') from payee where player = '{player}'")
        self.assertNotIn("o-MYE", row)
        self.assertNotIn(body["id"].encode().hex(), self.engine.sql(f"select encode(sealed, 'hex') from payee where player = '{player}'"))
        self.assertEqual(self.engine.sql(f"select count(*) from payee where player = '{player}'"), "1")
        person = self.engine.sql(f"select encode(sealed, 'hex') from person where player = '{player}'")
        self.assertTrue(person.startswith("01") and self.sub.encode().hex() not in person)

        changed = self.call("PUT", "/payee", {**body, "id": "o-another0000000000"})
        self.assertFalse(changed.json["payee"]["usable"])
        answer = self.assert_problem(self.withdraw(), 409, "payee_cooling")
        self.assertEqual(answer.json["until"], changed.json["payee"]["usable_from"])
        self.assertIn("retry-after", answer.headers)

    def test_what_is_no_payee_is_said_so(self):
        good = {"provider": "wechat", "kind": "openid", "id": "o-1", "app_id": APP}
        for bad in ({}, [], {**good, "id": ""}, {**good, "kind": "alipay_user_id"}, {**good, "colour": "red"}, {**good, "name": 5}, {**good, "proof": 5},
                    {"provider": "alipay", "kind": "alipay_logon_id", "id": "13800138000"}):
            self.assert_problem(self.call("PUT", "/payee", bad), 400, "invalid_field")
        self.assert_problem(self.call("PUT", "/payee", "{"), 400, "malformed_json")
        self.assertIsNone(self.call("GET", "/payee").json["payee"])

    def test_without_its_app_a_payee_gets_the_only_one(self):
        self.engine.sql("select merchant_set('lonely', '{\"provider\": \"alipay\", \"app_id\": \"ali-1\"}')")
        answer = self.call("PUT", "/payee", {"provider": "alipay", "kind": "alipay_user_id", "id": "2088123456789012"})
        apps = self.engine.sql("select count(distinct app_id) from merchant where provider = 'alipay'")
        self.assertEqual(answer.json["payee"]["app_id"], "ali-1" if apps == "1" else "")
        self.assertFalse(apps == "1" and answer.json["sandbox"], "this number pays real money")

    # ---- proofs ----

    def proof(self, said, key=None, **claims):
        with open(os.path.join(self.engine.home, "secrets", "jwks.json")) as file:
            jwk = next(k for k in json.load(file)["keys"] if k["kty"] == "oct")
        secret = key or base64.urlsafe_b64decode(jwk["k"] + "==")
        payload = {"iss": "hongbao-demo", "aud": "hongbao", "sub": self.sub, "exp": int(time.time()) + 300, "jti": uuid.uuid4().hex, "purpose": "payee",
                   "payee": said, **claims}
        signed = text_of({"alg": "HS256", "kid": jwk["kid"], "typ": "JWT"}) + "." + text_of({k: v for k, v in payload.items() if v is not None})
        return signed + "." + text_of(hmac.new(secret, signed.encode(), hashlib.sha256).digest())

    def test_a_proof_is_needed_is_checked_and_counts_once(self):
        payee = {"provider": "wechat", "kind": "openid", "id": "o-proved0000001", "app_id": APP}
        other = {**payee, "id": "o-proved0000002"}
        with self.engine.node("--wallet.payee_proof=required") as (_, port):
            def put(body, token=self.token):
                return client.call("PUT", "/v1/wallet/payee", token, None, body)
            client = Client(port)
            self.assertEqual(client.call("GET", "/v1/wallet/payee", self.token).json["proof"], "required")
            self.assert_problem(put(payee), 403, "payee_proof_required")
            for claims in ({"purpose": None}, {"purpose": "sign-in"}, {"sub": "somebody"}, {"jti": None}, {"jti": ""}, {"exp": int(time.time()) - 300},
                           {"exp": int(time.time()) + 90000}, {"iss": "another"}, {"aud": "another"}, {"payee": {}}, {"payee": None}):
                self.assert_problem(put({"proof": self.proof(payee, **claims)}), 403, "payee_proof_invalid")
            self.assert_problem(put({"proof": self.proof(payee, key=b"x" * 32)}), 403, "payee_proof_invalid")
            self.assert_problem(put({**other, "proof": self.proof(payee)}), 403, "payee_proof_invalid")

            proof = self.proof(payee, jti="once-" + self.sub)
            self.assertEqual(put({**payee, "proof": proof}).status, 200)
            self.assertEqual(put({"proof": proof}).status, 200, "a repeat of the same request")
            self.assert_problem(put({"proof": self.proof(other, jti="once-" + self.sub)}), 409, "payee_proof_used")
            self.assertEqual(put({"proof": self.proof(other)}).status, 200)
            self.assert_problem(put({"proof": proof}), 409, "payee_proof_used")
            self.assert_problem(client.call("GET", "/v1/wallet", proof), 401, "token_invalid")
            client.close()

    def test_a_session_sets_a_payee_too(self):
        self.win(1)
        session = self.client.call("GET", "/v1/campaigns/purse/me", self.token).json["session"]["token"]
        self.payee("o-session", token=session)
        player = self.call("GET", "").json["player"]
        self.assertEqual(self.engine.sql(f"select count(*) from person where player = '{player}'"), "0", "a session does not know the person")

    # ---- vouchers ----

    def test_a_voucher_shows_its_code_to_its_winner(self):
        operators = "--database.operator_uri=" + self.engine.facts["database"].replace("hongbao_auditor", "hongbao_admin")
        codes = [f"TEA-{uuid.uuid4().hex[:8]}" for _ in range(3)]
        path = os.path.join(self.engine.home, "codes.csv")
        with open(path, "w") as out:
            out.write("code\n" + "".join(code + "\n" for code in codes))
        prize = {"id": "tea", "kind": "voucher", "name": documents.words("tea"), "units": 3, "mode": "always"}
        document = documents.campaign("codes", [prize])
        self.engine.hongbao("voucher", "mode", "codes", "tea", "code", operators)
        self.engine.hongbao("voucher", "import", "codes", "tea", path, operators)
        self.engine.publish(document)
        self.win(2, "codes")
        shown = self.engine.all_wins(self.client, self.token, "codes")
        self.assertEqual({win["voucher"]["state"] for win in shown}, {"assigned"})
        self.assertEqual(len({win["voucher"]["code"] for win in shown} & set(codes)), 2)
        player = self.call("GET", "").json["player"]
        campaign = self.engine.sql("select id from campaign where slug = 'codes'")
        self.assertEqual(self.engine.sql(f"select voucher_state({campaign}, '{player}', 1, 'used', 'at the till')"), "applied")
        last = self.engine.all_wins(self.client, self.token, "codes")[-1]
        self.assertEqual((last["draw_no"], last["voucher"]["state"]), (1, "used"))
        me = self.client.call("GET", "/v1/campaigns/codes/me", self.token).json
        self.assertEqual([win["draw_no"] for win in me["wins"]], [2, 1])

    # ---- movements ----

    def test_pages_stay_while_new_wins_come(self):
        self.win(12)
        self.payee()
        self.withdraw(draw_nos=[1, 2])
        first = self.call("GET", "/transactions?limit=5").json
        self.win(3)
        seen, cursor = [move["id"] for move in first["transactions"]], first["next_cursor"]
        while cursor:
            page = self.call("GET", f"/transactions?limit=5&cursor={cursor}").json
            seen += [move["id"] for move in page["transactions"]]
            cursor = page["next_cursor"]
        self.assertEqual(len(seen), 13)
        self.assertEqual(len(set(seen)), 13)
        whole = self.call("GET", "/transactions?limit=200").json
        self.assertEqual([move["id"] for move in whole["transactions"]][3:], seen)
        self.assertEqual(sum(move["amount_fen"] for move in whole["transactions"]), self.sums()["balance_fen"])

    def test_withdrawals_are_listed_page_by_page(self):
        self.win(3)
        self.payee()
        opened = [self.withdraw(draw_nos=[number]).json["id"] for number in (1, 2, 3)]
        page = self.call("GET", "/withdrawals?limit=2").json
        rest = self.call("GET", f"/withdrawals?limit=2&cursor={page['next_cursor']}").json
        self.assertEqual([one["id"] for one in page["withdrawals"] + rest["withdrawals"]], opened[::-1])
        self.assertIsNone(rest["next_cursor"])
        self.assertTrue(page["sandbox"])

    # ---- at the end ----

    def test_zz_books_balance(self):
        for campaign in ("purse", "large"):
            self.engine.wait_stored(campaign)
        self.engine.assert_books_balance(self, ("purse", "large"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
