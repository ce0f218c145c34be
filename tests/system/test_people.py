"""People and the end of a campaign, with the whole engine: vouchers reach their winners, a person is exported and erased and gains no second set of
chances, the books reconcile, and the campaign is closed."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import documents  # noqa: E402
from engine_case import EngineCase  # noqa: E402

CAMPAIGN, CHANCES, CARDS = "people", 5, 4


class People(EngineCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        engine = cls.engine
        card = {"id": "card", "kind": "card", "name": documents.words("card"), "units": CARDS, "mode": "odds", "odds": 0.2, "wins_per_player": 1}
        document = documents.campaign(CAMPAIGN, [card, documents.split("lucky", 50_000, 10, 90, 1000)], chances={"base": CHANCES, "per_day": 0})
        path = os.path.join(engine.home, "codes.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write("code\n" + "".join(f"CODE-{n}\n" for n in range(CARDS - 1)))
        engine.hongbao("voucher", "import", CAMPAIGN, "card", path)
        cls.too_few = engine.hongbao("campaign", "publish", engine.write(document), check=False)
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(f"CODE-{n}\n" for n in range(CARDS)))
        engine.hongbao("voucher", "import", CAMPAIGN, "card", path)
        engine.publish(document)
        cls.id = engine.sql(f"select id from campaign where slug = '{CAMPAIGN}'")

    def player(self, user):
        return self.engine.client().call("GET", f"/v1/campaigns/{CAMPAIGN}/me", self.engine.token(user)).json["player"]

    def draw_all(self, user):
        client, token = self.engine.client(), self.engine.token(user)
        answers = [self.engine.draw_surely(client, token, f"{user}-{n}", CAMPAIGN) for n in range(CHANCES)]
        self.assertEqual([answer.status for answer in answers], [201] * CHANCES)
        return [answer.json for answer in answers]

    def exported(self, word):
        return json.loads(self.engine.hongbao("user", "export", word).stdout)

    def test_1_publishing_refused_too_few_codes(self):
        self.assertNotEqual(self.too_few.returncode, 0)
        self.assertIn(f"{CARDS} units, {CARDS - 1} codes", self.too_few.stderr)

    def test_2_winners_of_cards_get_their_codes_without_asking(self):
        cards = 0
        for n in range(40):
            cards += sum(answer["outcome"] == "won" and answer["prize"]["id"] == "card" for answer in self.draw_all(f"crowd-{n}"))
        self.assertEqual(cards, CARDS)  # at these odds none is left after 200 draws
        self.engine.wait(lambda: self.engine.sql(f"select count(*) from voucher where campaign = {self.id}") == str(CARDS), 20, "vouchers are bound")
        row = json.loads(self.engine.hongbao("voucher", "status", CAMPAIGN, "--json").stdout)[0]
        self.assertEqual((row["mode"], row["codes"], row["units"], row["assigned"]), ("code", CARDS, CARDS, CARDS))
        codes = set()
        for player, number in (line.split("|") for line in self.engine.sql("select replace(player::text, '-', ''), draw_no from voucher").splitlines()):
            voucher = self.exported(player)["vouchers"][0]
            self.assertEqual((voucher["draw_no"], voucher["state"]), (int(number), "assigned"))
            codes.add(voucher["code"])
        self.assertEqual(codes, {f"CODE-{n}" for n in range(CARDS)})
        self.engine.hongbao("voucher", "used", CAMPAIGN, player, number)

    def test_3_an_erased_person_gains_no_second_set_of_chances(self):
        user, engine = "leaving", self.engine
        answers = self.draw_all(user)
        engine.wait_stored(CAMPAIGN)
        player = self.player(user)
        engine.sql(f"select person_put('{player}', '\\x0102')")
        before = self.exported(user)
        self.assertEqual(before["player"], player)
        self.assertEqual(before["person"]["unreadable"], True)
        self.assertEqual([d["draw_no"] for d in before["draws"] if d["campaign"] == CAMPAIGN], list(range(1, CHANCES + 1)))
        self.assertEqual({(w["draw_no"], w["amount_fen"]) for w in before["wins"] if w["kind"] != "card"},
                         {(a["draw_no"], a["prize"]["amount_fen"]) for a in answers if a["outcome"] == "won" and a["prize"]["kind"] != "card"})
        run = engine.hongbao("user", "erase", user)
        self.assertIn("no second set of chances", run.stdout)
        self.assertEqual(json.loads(engine.hongbao("user", "erase", player, "--json").stdout)["kept"]["wins"], len(before["wins"]))
        after = self.exported(user)
        self.assertEqual((after["person"], after["payees"], after["payout_bodies"]), (None, [], []))
        self.assertEqual((after["wins"], after["draws"]), (before["wins"], before["draws"]))
        client, token = engine.client(), engine.token(user)
        again = engine.draw(client, token, "one-more", CAMPAIGN)
        self.assertEqual((again.status, again.json["code"]), (409, "no_chance_left"))
        repeat = engine.draw(client, token, f"{user}-{CHANCES - 1}", CAMPAIGN)
        self.assertEqual(repeat.json, answers[-1])
        engine.assert_books_balance(self, (CAMPAIGN,))

    def test_4_an_open_withdrawal_keeps_its_payee(self):
        user, engine = "waiting", self.engine
        self.draw_all(user)
        player = self.player(user)
        engine.wait(lambda: engine.sql(f"select count(*) from win where player = '{player}'") != "0", 10, "wins are there")
        engine.sql("select merchant_set('m1', '{\"provider\": \"wechat\", \"app_id\": \"wx1\", \"min_fen\": 1}'), merchant_topup('m1', 100000, 'top'), "
                   f"wallet_policy_set('{CAMPAIGN}', '{{\"min_fen\": 1}}'), "
                   f"payee_put('{player}', 'wechat', 'wx1', '\\x01', NULL, sha256('x'), 0)", "hongbao_admin")
        self.assertEqual(engine.sql(f"select verdict from withdraw_open({self.id}, '{player}', 'k')", "hongbao_admin"), "opened")
        run = engine.hongbao("user", "erase", user, check=False)
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertIn("NOT erased", run.stdout)
        self.assertEqual(len(self.exported(user)["payees"]), 1)
        engine.sql(f"select withdrawal_take_back(id, NULL, 'ann', 'a test') from withdrawal where player = '{player}'", "hongbao_admin")
        self.assertEqual(engine.hongbao("user", "erase", user).returncode, 0)
        self.assertEqual(self.exported(user)["payees"], [])
        engine.assert_books_balance(self, (CAMPAIGN,))

    def test_5_log_ledger_and_wins_reconcile(self):
        run = self.engine.hongbao("reconcile", "--json", check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        runs = {(r["subject"], r["scope"]): r for r in json.loads(run.stdout)["runs"]}
        self.assertGreater(runs["draws", CAMPAIGN]["compared"], 200)
        self.assertEqual(runs["books", ""]["differences"], 0)
        # A day later the engine does it by itself.
        newest = self.engine.sql("select max(id) from reconcile_run")
        self.engine.sql("alter table reconcile_run disable trigger all; update reconcile_run set at = at - interval '25 hours'; "
                        "alter table reconcile_run enable trigger all")
        with self.engine.node():
            self.engine.wait(lambda: int(self.engine.sql(f"select count(*) from reconcile_run where id > {newest} and subject = 'draws'")) >= 1, 75, "compared again")
        self.assertEqual(self.engine.hongbao("reconcile", "--report").returncode, 0)

    def test_6_the_campaign_is_closed_with_the_shards_stock_home(self):
        engine = self.engine
        open_items = json.loads(engine.hongbao("campaign", "close", CAMPAIGN, "--person", "ann", "--json", check=False).stdout)
        self.assertFalse(open_items["closed"])
        self.assertIn("not_ended", [item["line"] for item in open_items["open"]])
        engine.hongbao("campaign", "end", CAMPAIGN)
        engine.sql(f"select wallet_policy_set('{CAMPAIGN}', '{{\"expires_after_ms\": 1}}')", "hongbao_admin")
        run = engine.hongbao("campaign", "close", CAMPAIGN, "--person", "ann", "--json")
        answer = json.loads(run.stdout)
        lines = {line["line"]: line["fen"] for line in answer["statement"]}
        self.assertTrue(answer["closed"])
        won = int(engine.sql(f"select sum(amount_fen) from win where campaign = {self.id}"))
        self.assertEqual(lines["expired"], won)
        self.assertEqual(lines["returned"], lines["funded"])
        self.assertEqual(lines["never_given"], lines["funded"] - won)
        self.assertEqual(json.loads(engine.hongbao("campaign", "close", CAMPAIGN, "--person", "bob", "--json").stdout), answer)
        engine.wait_stored(CAMPAIGN)
        engine.assert_books_balance(self, (CAMPAIGN,))


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
