"""The public API as phones meet it: answers, refusals, keys, languages."""
import concurrent.futures
import os
import sys
import unittest
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import documents  # noqa: E402
from engine_case import EngineCase  # noqa: E402


class Api(EngineCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.engine.publish(documents.campaign("always", [documents.split("lucky", 500_000, 10, 90, 10_000, wins_per_player=500)],
                                              cors_origins=["https://shop.example"]))
        cls.engine.publish(documents.campaign("few", [documents.cash("rare", 100, 10, 0.0001)], chances={"base": 3, "per_day": 0}))
        cls.engine.publish(documents.campaign("later", [documents.cash("rare", 100, 10, 0.1)],
                                              starts_at=documents.at(3600), ends_at=documents.at(7200)))

    def setUp(self):
        self.client = self.engine.client()
        self.token = self.engine.token("user-" + uuid.uuid4().hex)

    def draw(self, key=None, campaign="always", body=None, token=None):
        return self.engine.draw(self.client, token or self.token, key, campaign, body)

    def assert_problem(self, answer, status, code):
        self.assertEqual((answer.status, answer.json and answer.json.get("code")), (status, code), answer)
        self.assertEqual(answer.headers["content-type"].split(";")[0], "application/problem+json")

    # ---- the draw ----

    def test_an_always_prize_is_won_and_listed(self):
        answer = self.draw()
        self.assertEqual(answer.status, 201)
        self.assertEqual(answer.json["outcome"], "won")
        self.assertEqual(answer.json["draw_no"], 1)
        self.assertEqual(answer.json["chances_left"], 999)
        self.assertEqual(answer.json["prize"]["kind"], "cash")
        self.assertTrue(10 <= answer.json["prize"]["amount_fen"] <= 90)
        wins = self.engine.all_wins(self.client, self.token, "always")
        self.assertEqual([(w["draw_id"], w["prize"]) for w in wins], [(answer.json["draw_id"], answer.json["prize"])])

    def test_the_same_key_gives_the_same_answer(self):
        first, again = self.draw("a"), self.draw("a")
        self.assertEqual((again.status, again.json), (201, first.json))
        self.assertEqual(again.headers["idempotency-replayed"], "true")
        self.assertNotIn("idempotency-replayed", first.headers)
        quoted = self.draw('"a"')
        self.assertEqual(quoted.json, first.json)

    def test_the_last_four_keys_are_remembered(self):
        answers = [self.draw(f"k{i}").json for i in range(4)]
        self.assertEqual([self.draw(f"k{i}").json for i in range(4)], answers)

    def test_the_same_key_with_another_body_is_refused(self):
        self.assertEqual(self.draw("b", body={"draw_no": 1}).status, 201)
        self.assert_problem(self.draw("b", body={"draw_no": 2}), 422, "idempotency_key_reused")

    def test_64_calls_with_one_key_are_one_draw(self):
        def one(_):
            return self.engine.draw(self.engine.client(), self.token, "storm", "always")

        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            answers = list(pool.map(one, range(64)))
        bodies = {a.body for a in answers if a.status == 201}
        self.assertEqual(len(bodies), 1, answers[:3])
        self.assertTrue(all(a.status in (201, 503) for a in answers))
        self.assertEqual(self.draw().json["draw_no"], 2)

    def test_an_unexpected_draw_no_consumes_nothing(self):
        refused = self.draw(body={"draw_no": 7})
        self.assert_problem(refused, 409, "draw_no_mismatch")
        self.assertEqual(refused.json["next_draw_no"], 1)
        self.assertEqual(self.draw(body={"draw_no": 1}).json["draw_no"], 1)

    def test_chances_run_out(self):
        for left in (2, 1, 0):
            answer = self.draw(campaign="few")
            self.assertEqual((answer.status, answer.json["chances_left"]), (201, left))
        self.assert_problem(self.draw(campaign="few"), 409, "no_chance_left")

    def test_before_the_start_nothing_is_drawn(self):
        answer = self.draw(campaign="later")
        self.assert_problem(answer, 409, "campaign_not_started")

    # ---- bad input ----

    def test_bad_input_has_a_stable_code(self):
        path = "/v1/campaigns/always/draws"
        self.assert_problem(self.client.call("POST", path, self.token), 400, "idempotency_key_missing")
        self.assert_problem(self.client.call("POST", path, self.token, "x" * 129), 400, "idempotency_key_invalid")
        self.assert_problem(self.client.call("POST", path, None, "k"), 401, "token_missing")
        self.assert_problem(self.client.call("POST", path, "nonsense", "k"), 401, "token_invalid")
        self.assert_problem(self.client.call("POST", path, self.token, "k", "{"), 400, "malformed_json")
        self.assert_problem(self.client.call("POST", path, self.token, "k", {"draw_no": 0}), 400, "invalid_field")
        self.assert_problem(self.client.call("POST", path, self.token, "k", {"surprise": 1}), 400, "invalid_field")
        self.assert_problem(self.client.call("POST", path, self.token, "k", " " * 2000), 413, "body_too_large")
        self.client.close()
        self.assert_problem(self.client.call("POST", "/v1/campaigns/nowhere/draws", self.token, "k"), 404, "campaign_not_found")
        self.assert_problem(self.client.call("GET", "/v1/nowhere", self.token), 404, "not_found")
        self.assert_problem(self.client.call("DELETE", path, self.token), 405, "method_not_allowed")
        self.assert_problem(self.client.call("GET", "/v1/campaigns/always/wins?limit=0", self.token), 400, "invalid_field")
        self.assertEqual(self.draw().json["draw_no"], 1, "nothing was consumed")

    def test_problems_speak_two_languages(self):
        path = "/v1/campaigns/nowhere/me"
        en = self.client.call("GET", path, self.token, headers={"Accept-Language": "en-GB,en;q=0.9"})
        zh = self.client.call("GET", path, self.token, headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"})
        self.assertEqual(en.json["title"], "There is no such campaign")
        self.assertEqual(zh.json["title"], "活动不存在")

    # ---- signing in ----

    def test_a_session_from_me_is_as_good_as_the_token(self):
        me = self.client.call("GET", "/v1/campaigns/always/me", self.token).json
        session = me["session"]["token"]
        self.assertEqual(self.draw("s", token=session).json["draw_no"], me["next_draw_no"])
        again = self.client.call("GET", "/v1/campaigns/always/me", session).json
        self.assertEqual((again["player"], again["next_draw_no"]), (me["player"], 2))
        broken = session[:-1] + ("A" if session[-1] != "A" else "B")
        self.assertEqual(self.draw(token=broken).status, 401)
        es256 = self.engine.hongbao("token", "--user", "es", "--alg", "ES256").stdout.strip()
        self.assertEqual(self.draw(token=es256).status, 201)

    # ---- reading ----

    def test_the_campaign_is_disclosed(self):
        campaign = self.client.call("GET", "/v1/campaigns/always").json
        self.assertEqual(campaign["state"], "live")
        self.assertEqual(campaign["prizes"][0]["units"], 10_000)
        self.assertEqual(len(campaign["fairness"]["commitment"]), 64)
        self.assertTrue(campaign["sandbox"])

    def test_wins_are_paged_newest_first(self):
        for _ in range(7):
            self.draw()
        first = self.client.call("GET", "/v1/campaigns/always/wins?limit=3", self.token).json
        self.assertEqual([w["draw_no"] for w in first["wins"]], [7, 6, 5])
        second = self.client.call("GET", f"/v1/campaigns/always/wins?limit=3&cursor={first['next_cursor']}", self.token).json
        self.assertEqual([w["draw_no"] for w in second["wins"]], [4, 3, 2])

    def test_cors_is_per_campaign(self):
        origin = {"Origin": "https://shop.example"}
        self.assertEqual(self.client.call("GET", "/v1/campaigns/always", headers=origin).headers.get("access-control-allow-origin"),
                         "https://shop.example")
        self.assertNotIn("access-control-allow-origin", self.client.call("GET", "/v1/campaigns/few", headers=origin).headers)

    def test_a_mixed_crowd_leaves_balanced_books(self):
        tokens = self.engine.tokens("crowd-" + uuid.uuid4().hex, 40)

        def one(token):
            client = self.engine.client()
            return [self.engine.draw_surely(client, token, f"c{i}", "always").status for i in range(10)]

        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            for statuses in pool.map(one, tokens):
                self.assertEqual(set(statuses), {201})
        self.engine.assert_books_balance(self, ("spring", "always", "few"))


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
