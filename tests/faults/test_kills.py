"""SIGKILL to engine, Redis and PostgreSQL at random moments, under the load of several hundred connections that retry with the same key.

TEST_KILLS=100,30,30 is the number of kills of each (one number: of all three), TEST_SEED repeats a run.
"""
import os
import random
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from driver import Crowd, Driver, document, seed, settle  # noqa: E402
from engine import Engine  # noqa: E402

TIMES = [int(text) for text in os.environ.get("TEST_KILLS", "10").split(",")]
KILLS = dict(zip(("engine", "redis", "postgres"), TIMES if len(TIMES) == 3 else 3 * TIMES))
CROWD_RATE, REGULARS_RATE, CONNECTIONS, REGULARS = 1200, 400, 150, 1000  # connections of each of the two
LAST = 4  # keys of a regular that are still answered


class Kills(unittest.TestCase):
    def test_what_was_acknowledged_is_so_after_kills_of_everything(self):
        chance = random.Random(seed())
        kills = [name for name, times in KILLS.items() for _ in range(times)]
        chance.shuffle(kills)
        with Engine() as engine:
            engine.publish(document("crowd"))
            engine.publish(document("regulars", chances=10_000))
            driver = Driver(engine, chance)
            users = 5000 + 450 * len(kills)  # enough chances for the whole time
            try:
                with Crowd(engine, "crowd", "crowd", users) as crowd, Crowd(engine, "regulars", "regulars", REGULARS) as regulars:
                    crowd.begin(CROWD_RATE, CONNECTIONS)
                    regulars.begin(REGULARS_RATE, CONNECTIONS)
                    began = time.monotonic()
                    for name in kills:
                        self.kill_one(driver, name, (crowd, regulars))
                    engine.up()
                    engine.wait_ready()
                    for load in (crowd, regulars):
                        load.go_on(500)
                    print(f"{len(kills)} kills in {time.monotonic() - began:.0f} s", flush=True)
                    reports = Crowd.end_all(crowd, regulars)
                self.check(engine, crowd, regulars, reports)
            finally:
                driver.stop()

    def kill_one(self, driver, name, loads):
        """Mostly while draws flow; sometimes while what was killed before is still coming up."""
        if driver.chance.random() < 0.8:
            for load in loads:
                load.go_on(driver.chance.randrange(1, 200))
        time.sleep(driver.chance.uniform(0, 0.3))
        driver.kill(name)
        time.sleep(driver.chance.uniform(0, 0.3))
        driver.start(name)

    def check(self, engine, crowd, regulars, reports):
        for load, report in zip((crowd, regulars), reports):
            totals = report["totals"]
            print(f"{load.campaign}: " + ", ".join(f"{name} {totals[name]}" for name in ("done", "won", "retries", "lost", "replayed", "errors")), flush=True)
            self.assertGreater(totals["lost"], 0)
            self.assertEqual(totals["errors"], 0, list(report["classes"]))
        crowd.check(self, again=crowd.ask_again())
        result = regulars.check(self)
        self.check_last_keys(engine, regulars, result)
        print(settle(self, engine, ("crowd", "regulars")), flush=True)

    def check_last_keys(self, engine, regulars, result):
        client, tokens, asked = engine.client(), regulars.tokens(), 0
        for index, user in result.users.items():
            self.assertEqual(sorted(user.draws), list(range(1, user.last + 1)), "1..n")
            for number in range(max(1, user.last - LAST + 1), user.last + 1):
                line = user.draws[number]
                again = regulars.one_again(client, tokens[index], line)
                self.assertTrue(again["replayed"], again)
                for name in ("outcome", "draw_id", "prize", "amount_fen", "chances_left"):
                    self.assertEqual(again.get(name), line.get(name), (line, again))
                asked += 1
        print(f"regulars: {asked} last keys asked again", flush=True)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
