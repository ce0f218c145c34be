"""What operators do: validate, publish versions, pause, end, reveal; what is frozen stays."""
import copy
import json
import os
import signal
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import documents  # noqa: E402
from engine import BINARY, Engine  # noqa: E402


class Operate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.engine = Engine()
        cls.engine.up()
        cls.engine.wait_ready()

    @classmethod
    def tearDownClass(cls):
        cls.engine.__exit__(None)

    def write(self, document):
        path = os.path.join(self.engine.home, "document.json")
        with open(path, "w") as out:
            json.dump(document, out, ensure_ascii=False)
        return path

    def draw(self, campaign, user, key=None):
        return self.engine.draw(self.engine.client(), self.engine.token(user), key, campaign)

    # ---- documents ----

    def test_every_problem_is_told_at_once_with_its_place(self):
        broken = documents.campaign("broken", [documents.cash("a", 6_000_000, 10, 0.7), documents.cash("b", 100, 1_000_000, 0.5)],
                                    budget_fen=1000, ends_at=documents.at(-120), surprise=1)
        run = self.engine.hongbao("campaign", "validate", self.write(broken), "--json", check=False)
        self.assertEqual(run.returncode, 1)
        found = {(p["pointer"], p["code"]) for p in json.loads(run.stdout)}
        codes = {code for _, code in found}
        self.assertLessEqual({"odds_over_one", "stock_over_budget", "amount_over_limit", "unknown_member"}, codes)
        self.assertTrue({"window_reversed", "window_over"} & codes, codes)
        self.assertIn(("/prizes/0/amount_fen", "amount_over_limit"), found)

    def test_a_dry_always_prize_is_a_warning(self):
        document = documents.campaign("dry", [documents.cash("a", 1, 10)], expected_draws=1000)
        run = self.engine.hongbao("campaign", "validate", self.write(document), "--json", check=False)
        self.assertEqual(run.returncode, 0)
        self.assertIn(("always_runs_dry", "warning"), {(p["code"], p["severity"]) for p in json.loads(run.stdout)})

    # ---- versions ----

    def test_a_new_version_is_applied_within_a_second_without_restart(self):
        document = documents.campaign("versions", [documents.cash("a", 1, 100_000, 0.0)], chances={"base": 50, "per_day": 0})
        self.engine.publish(document)
        self.engine.wait(lambda: self.draw("versions", "v0", "k").status == 201, 10, "first version draws")
        self.assertEqual(self.draw("versions", "v1").json["outcome"], "none")
        document["prizes"][0]["odds"] = 1
        document["chances"]["base"] = 60
        pid = self.engine.pid("engine")
        self.engine.hongbao("campaign", "publish", self.write(document))
        published = time.monotonic()
        self.engine.wait(lambda: self.draw("versions", "v2").json["outcome"] == "won", 5, "second version wins")
        self.assertLess(time.monotonic() - published, 1.0)
        self.assertEqual(self.draw("versions", "v3").json["chances_left"], 59)
        self.assertEqual(self.engine.pid("engine"), pid)
        self.engine.wait(lambda: self.engine.client().call("GET", "/v1/campaigns/versions").json["version"] == 2, 2, "disclosed")

    def test_what_is_frozen_is_refused_with_its_place(self):
        document = documents.campaign("frozen", [documents.cash("a", 5, 1000, 0.5), documents.split("s", 10_000, 1, 50, 500, 0.1)])
        self.engine.publish(document)
        for change, pointer in (
                (lambda d: d.update(time_zone="Europe/Berlin"), "/time_zone"),
                (lambda d: d["prizes"][0].update(amount_fen=6), "/prizes/0/amount_fen"),
                (lambda d: d["prizes"][0].update(id="other"), "/prizes"),
                (lambda d: d.update(shards=2), "/shards")):
            changed = copy.deepcopy(document)
            change(changed)
            run = self.engine.hongbao("campaign", "publish", self.write(changed), check=False)
            self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
            self.assertIn(pointer, run.stderr)
        self.assertEqual(self.engine.sql("select max(version) from campaign_version v join campaign c on c.id = v.campaign where slug = 'frozen'"), "1")

    # ---- pause, end, reveal ----

    def test_pause_stops_draws_and_keeps_answers(self):
        self.engine.publish(documents.campaign("pausing", [documents.cash("a", 1, 1000)]))
        self.engine.wait(lambda: self.draw("pausing", "p", "kept").status == 201, 10, "draws")
        kept = self.draw("pausing", "p", "kept").json
        self.engine.hongbao("campaign", "pause", "pausing")
        self.engine.wait(lambda: self.draw("pausing", "p").status == 409, 2, "paused")
        refused = self.draw("pausing", "p")
        self.assertEqual(refused.json["code"], "campaign_paused")
        self.assertEqual(self.draw("pausing", "p", "kept").json, kept)
        self.engine.hongbao("campaign", "resume", "pausing")
        self.engine.wait(lambda: self.draw("pausing", "p").status == 201, 2, "resumed")

    def test_pause_works_without_postgresql(self):
        self.engine.publish(documents.campaign("alone", [documents.cash("a", 1, 1000, 0.0)]))
        self.engine.wait(lambda: self.draw("alone", "p", "one").status == 201, 10, "draws")
        token = self.engine.token("p")
        self.engine.kill("postgres")
        try:
            run = self.engine.hongbao("campaign", "pause", "alone", check=False)
            self.assertEqual(run.returncode, 3)
            self.assertIn("say it again", run.stderr)
            answer = self.engine.draw(self.engine.client(), token, None, "alone")
            self.assertEqual(answer.json["code"], "campaign_paused", answer)
        finally:
            self.engine.up()
            self.engine.wait_ready()

    def test_an_ended_campaign_is_revealed_and_verified_by_us_and_by_outsiders(self):
        self.engine.publish(documents.campaign(
            "ending", [documents.cash("a", 10, 500, 0.3), documents.split("s", 5000, 1, 90, 200, 0.2, wins_per_player=2), documents.cash("tiny", 1, 50)]))
        for token in self.engine.tokens("ending", 12):
            client = self.engine.client()
            for i in range(15):
                self.assertEqual(self.engine.draw_surely(client, token, f"e{i}", "ending").status, 201)
        early = self.engine.hongbao("fairness", "reveal", "ending", check=False)
        self.assertEqual(early.returncode, 3, "the secret stays sealed until the end")
        commitment = self.engine.client().call("GET", "/v1/campaigns/ending").json["fairness"]["commitment"]
        self.engine.hongbao("campaign", "end", "ending")
        self.engine.wait(lambda: self.draw("ending", "late").json.get("code") == "campaign_ended", 5, "ended")
        secret = self.engine.hongbao("fairness", "reveal", "ending").stdout.strip()
        self.engine.wait(lambda: self.engine.client().call("GET", "/v1/campaigns/ending").json["fairness"]["secret"] == secret, 5, "revealed")
        time.sleep(1.5)  # the drain's second
        run = self.engine.hongbao("verify-draws", "ending", check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        path = os.path.join(self.engine.home, "records.jsonl")
        with open(path, "w") as out:
            out.write(self.engine.hongbao("records", "export", "ending").stdout)
        import subprocess
        script = os.path.join(os.path.dirname(__file__), "..", "support", "verify_records.py")
        outsider = subprocess.run([sys.executable, script, path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(outsider.returncode, 0, outsider.stdout)
        self.assertIn(commitment, open(path).readline())

    # ---- configuration ----

    def test_an_unknown_setting_is_refused_with_a_suggestion(self):
        run = self.engine.hongbao("config", "check", "--http.prot=1", check=False)
        self.assertEqual(run.returncode, 2)
        self.assertIn("http.port", run.stderr)
        shown = self.engine.hongbao("config", "show", "--http.port=9999").stdout
        self.assertIn("9999", shown)

    # ---- restarts and drain ----

    def test_the_engine_lives_through_restarts_of_redis_and_postgresql(self):
        token, client = self.engine.token("restarts"), self.engine.client()
        pid = self.engine.pid("engine")
        for i, name in enumerate(("redis", "postgres", "redis", "postgres")):
            self.engine.kill(name)
            self.engine.up()
            self.assertEqual(self.engine.draw_surely(client, token, f"r{i}", seconds=30).status, 201)
        self.assertEqual(self.engine.pid("engine"), pid)
        self.engine.assert_books_balance(self)

    def test_no_prize_draws_go_on_without_postgresql(self):
        self.engine.publish(documents.campaign("blank", [documents.cash("a", 1, 1000, 0.0)]))
        self.engine.wait(lambda: self.draw("blank", "b").status == 201, 10, "draws")
        token = self.engine.token("b")
        self.engine.kill("postgres")
        try:
            client = self.engine.client()
            for i in range(20):
                self.assertEqual(self.engine.draw(client, token, f"n{i}", "blank").status, 201)
            ready = client.call("GET", "/readyz")
            self.assertEqual((ready.status, ready.json["status"]), (200, "degraded"))
        finally:
            self.engine.up()
            self.engine.wait_ready()

    def test_a_win_without_postgresql_is_being_recorded_and_found_by_its_key(self):
        self.engine.publish(documents.campaign("pending", [documents.cash("a", 1, 1000)]))
        self.engine.wait(lambda: self.draw("pending", "first").status == 201, 10, "draws")
        token, client = self.engine.token("pending"), self.engine.client()
        self.engine.kill("postgres")
        try:
            answer = self.engine.draw(client, token, "later", "pending")
            self.assertEqual((answer.status, answer.json["code"]), (503, "being_recorded"))
            self.assertIn("retry-after", answer.headers)
        finally:
            self.engine.up()
        won = self.engine.draw_surely(client, token, "later", "pending")
        self.assertEqual((won.status, won.json["outcome"], won.json["draw_no"]), (201, "won", 1))
        self.engine.assert_books_balance(self, ("pending",))

    def test_sigterm_drops_no_accepted_request(self):
        import threading
        tokens = self.engine.tokens("drain", 16)
        failures, stop = [], threading.Event()

        def phone(token):
            client, i = self.engine.client(), 0
            while not stop.is_set():
                i += 1
                try:
                    answer = self.engine.draw(client, token, f"d{i}")
                    if answer.status not in (201, 409):
                        failures.append(answer)
                    if answer.headers.get("connection") == "close":
                        return
                except ConnectionRefusedError:
                    return
                except OSError as error:
                    failures.append(error)
                    return

        threads = [threading.Thread(target=phone, args=(token,)) for token in tokens]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        self.engine.kill("engine", signal.SIGTERM)
        for thread in threads:
            thread.join(30)
        stop.set()
        pid = self.engine.facts["pids"]["engine"]
        self.engine.wait(lambda: self.engine.state(self.engine.pid("engine")) == b"Z", 20, f"engine {pid} ends")
        self.engine.up()
        self.engine.wait_ready()
        self.assertEqual(failures, [])

    def test_help_is_there(self):
        import subprocess
        for words in (["help"], ["--version"], ["config", "reference"]):
            self.assertEqual(subprocess.run([BINARY, *words], stdout=subprocess.PIPE).returncode, 0, words)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
