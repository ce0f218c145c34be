"""Redis comes back with less than it had, under load: its log cut by a random length, its folder empty. And with a million players
it is soon open again.

TEST_LOSSES is the number of losses, TEST_FORGOTTEN_S how long before one a blank that it forgets may have been told, TEST_PLAYERS the
number of players that are rebuilt; TEST_SEED repeats a run.
"""
import collections
import os
import random
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from driver import Crowd, Driver, document, seed, settle  # noqa: E402
from engine import Engine  # noqa: E402

LOSSES = int(os.environ.get("TEST_LOSSES", "4"))
PLAYERS = int(os.environ.get("TEST_PLAYERS", "30000"))
RATE, CONNECTIONS = 1500, 300
FORGOTTEN_S = float(os.environ.get("TEST_FORGOTTEN_S", "1.5"))  # a second, and what a busy machine makes of it
OPEN_AGAIN_S = 5
ON_ITS_WAY_S = 0.2  # an answer may be read so long after Redis that gave it is dead; the shard is not open again before
REOPENINGS = 3

Loss = collections.namedtuple("Loss", "at_s what")


class Memory(unittest.TestCase):
    def test_1_blanks_of_the_last_second_are_all_that_is_forgotten(self):
        chance = random.Random(seed())
        with Engine() as engine:
            engine.publish(document("lossy"))
            driver = Driver(engine, chance)
            try:
                with Crowd(engine, "lossy", "lossy", 4000 + 1500 * LOSSES) as crowd:
                    crowd.begin(RATE, CONNECTIONS)
                    losses = [self.lose(driver, crowd, empty=i % 4 == 3) for i in range(LOSSES)]
                    crowd.go_on(1000)
                    report, = Crowd.end_all(crowd)
                self.assertEqual(report["totals"]["errors"], 0, list(report["classes"]))
                result = crowd.check(self, again=crowd.ask_again(), memory_lost=True)
                self.check_forgotten(crowd, result, losses)
                totals = settle(self, engine, ("lossy",))["lossy"]
                print({name: totals[name] for name in ("draws", "wins", "lost_positions", "redrawn", "skipped_epochs")}, flush=True)
            finally:
                driver.stop()

    def lose(self, driver, crowd, empty):
        crowd.go_on(driver.chance.randrange(500, 4000))
        time.sleep(driver.chance.uniform(0, 0.5))
        at_s = driver.kill("redis")
        with_engine = driver.chance.random() < 0.25
        if with_engine:
            driver.kill("engine")
        if empty:
            driver.empty()
            what = "everything"
        else:
            what = f"{driver.cut()} bytes"
        driver.start("redis")
        if with_engine:
            driver.start("engine")
        return Loss(at_s, what + (" and the engine" if with_engine else ""))

    def check_forgotten(self, crowd, result, losses):
        """Each blank that was forgotten was told shortly before a loss: the next one, for at the one after it was long stored."""
        ages, began_s = collections.defaultdict(list), crowd.began_s()
        for line in result.forgotten:
            told_s = began_s + line["at_us"] / 1e6
            loss = next((loss for loss in losses if loss.at_s > told_s - ON_ITS_WAY_S), None)
            self.assertIsNotNone(loss, f"forgotten {told_s - losses[-1].at_s:.2f} s after the last loss: {line}")
            ages[loss].append(loss.at_s - told_s)
        for loss in losses:
            print(f"lost {loss.what}: {len(ages[loss])} blanks forgotten, told at most {max(ages[loss], default=0):.2f} s before, "
                  f"heard at most {max(0, -min(ages[loss], default=0)):.2f} s after", flush=True)
        print(f"{len(result.forgotten)} blanks forgotten in {len(losses)} losses, {result.drawn_otherwise} gave something when drawn again", flush=True)
        self.assertLessEqual(max((age for each in ages.values() for age in each), default=0), FORGOTTEN_S)

    def test_2_many_players_are_open_again_soon(self):
        chance = random.Random(seed() + 1)
        with Engine() as engine:
            engine.publish(document("many"))
            driver = Driver(engine, chance)
            try:
                with Crowd(engine, "many", "many", PLAYERS) as crowd:
                    began = time.monotonic()
                    report = crowd.run("--closed", "--connections", "128", "--count", str(PLAYERS), "--duration", "3000", seconds=3000)
                    print(f"{report['totals']['done']} draws in {time.monotonic() - began:.0f} s", flush=True)
                    engine.wait_stored("many")
                    for _ in range(REOPENINGS):
                        driver.kill("redis")
                        driver.empty()
                        took_s = self.open_again(engine, driver)
                        print(f"{PLAYERS} players: draws again {took_s:.2f} s after Redis was started", flush=True)
                        self.assertLess(took_s, OPEN_AGAIN_S)
                crowd.check(self, memory_lost=True)
                self.ask_some(engine, crowd, chance)
                settle(self, engine, ("many",))
            finally:
                driver.stop()

    def open_again(self, engine, driver):
        token, client = engine.token("probe"), engine.client()
        began = time.monotonic()
        driver.start("redis")
        engine.wait(lambda: engine.draw(client, token, campaign="many").status in (201, 409), 60, "open again")
        return time.monotonic() - began

    def ask_some(self, engine, crowd, chance):
        """Stored before the loss, so blanks as well as wins are remembered."""
        client, tokens = engine.client(), crowd.tokens()
        lines = crowd.lines()
        for line in chance.sample(lines, min(3000, len(lines))):
            again = crowd.one_again(client, tokens[line["user"]], line)
            self.assertTrue(again["replayed"], again)
            for name in ("outcome", "draw_id", "prize", "amount_fen", "chances_left"):
                self.assertEqual(again.get(name), line.get(name), (line, again))


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
