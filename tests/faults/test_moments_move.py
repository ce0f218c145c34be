"""Winning moments on two shards of which one sleeps: each is won once, those of the sleeping shard move on, unused ones go back."""
import json
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import documents  # noqa: E402
from engine import Engine  # noqa: E402

CAMPAIGN, UNITS = "due", 120  # so many that some fall due early on the sleeping shard, whatever the seed


class MomentsMove(unittest.TestCase):
    def test_each_is_won_once_moves_on_or_goes_back(self):
        with Engine() as engine:
            prize = documents.cash("gold", 100, UNITS)
            prize["mode"] = "moments"
            starts, ends = documents.at(3), documents.at(44)
            engine.publish(documents.campaign(CAMPAIGN, [prize, documents.cash("blank", 1, 100_000, 0.0)], shards=2, starts_at=starts, ends_at=ends,
                                              budget_fen=100 * UNITS + 100_000, chances={"base": 10000, "per_day": 0}))
            engine.wait_ready()
            client = engine.client()
            # a player is one shard's: the first four bytes of its name
            players = [(token, int(client.call("GET", f"/v1/campaigns/{CAMPAIGN}/me", token).json["player"][:8], 16) % 2)
                       for token in engine.tokens("due", 8)]
            awake = [token for token, shard in players if shard == 0]
            self.assertTrue(awake)
            won, until = 0, time.monotonic() + 38
            while time.monotonic() < until:
                for token in awake:
                    answer = engine.draw(client, token, None, CAMPAIGN)
                    if answer.status == 201 and answer.json["outcome"] == "won":
                        self.assertEqual(answer.json["prize"]["id"], "gold")
                        won += 1
                time.sleep(0.05)
            moved = int(engine.sql("select count(*) from lease where kind = 'gone'"))
            print(f"{won} of {UNITS} won, {moved} moves", flush=True)
            self.assertGreater(won, 0)
            self.assertGreater(moved, 0)
            engine.wait(lambda: engine.sql(f"select coalesce(sum(credit - debit), 0) from account where name like 'float:{CAMPAIGN}:%'") == "0", 25,
                        "unused ones are back in the budget")
            time.sleep(1.5)
            self.assertEqual(engine.sql(f"select credit - debit from account where name = 'budget:{CAMPAIGN}'"), str(100 * UNITS + 100_000 - 100 * won))
            self.assertEqual(engine.sql("select count(*) from win w join prize p using (campaign, prize) where prize_id = 'gold'"), str(won))
            engine.assert_books_balance(self, (CAMPAIGN,))
            run = engine.hongbao("verify-draws", CAMPAIGN, "--json", check=False)
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
            print({name: json.loads(run.stdout)[name] for name in ("draws", "wins")})


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
