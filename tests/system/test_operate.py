"""What operators do: validate, publish versions, pause, end, reveal; what is frozen stays."""
import contextlib
import copy
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import documents  # noqa: E402
from engine import BINARY  # noqa: E402
from engine_case import EngineCase  # noqa: E402


class Operate(EngineCase):
    # ---- documents ----

    def test_every_problem_is_told_at_once_with_its_place(self):
        broken = documents.campaign("broken", [documents.cash("a", 6_000_000, 10, 0.7), documents.cash("b", 100, 1_000_000, 0.5)],
                                    budget_fen=1000, ends_at=documents.at(-120), surprise=1)
        run = self.engine.hongbao("campaign", "validate", self.engine.write(broken), "--json", check=False)
        self.assertEqual(run.returncode, 1)
        found = {(p["pointer"], p["code"]) for p in json.loads(run.stdout)}
        codes = {code for _, code in found}
        self.assertLessEqual({"odds_over_one", "stock_over_budget", "amount_over_limit", "unknown_member"}, codes)
        self.assertTrue({"window_reversed", "window_over"} & codes, codes)
        self.assertIn(("/prizes/0/amount_fen", "amount_over_limit"), found)

    def test_a_dry_always_prize_is_a_warning(self):
        document = documents.campaign("dry", [documents.cash("a", 1, 10)], expected_draws=1000)
        run = self.engine.hongbao("campaign", "validate", self.engine.write(document), "--json", check=False)
        self.assertEqual(run.returncode, 0)
        self.assertIn(("always_runs_dry", "warning"), {(p["code"], p["severity"]) for p in json.loads(run.stdout)})

    # ---- versions ----

    def test_a_new_version_is_applied_within_a_second_without_restart(self):
        document = documents.campaign("versions", [documents.cash("a", 1, 100_000, 0.0)], chances={"base": 5000, "per_day": 0})
        self.engine.publish(document)
        client, token = self.engine.client(), self.engine.token("v2")
        self.assertEqual(self.draw_of("versions", "v1").json["outcome"], "none")
        document["prizes"][0]["odds"] = 1
        document["chances"]["base"] = 6000
        pid = self.engine.pid("engine")
        self.engine.hongbao("campaign", "publish", self.engine.write(document))
        published = time.monotonic()
        self.engine.wait(lambda: self.engine.draw(client, token, None, "versions").json.get("outcome") == "won", 10, "second version wins")
        self.assertLess(time.monotonic() - published, 1.0)
        self.assertEqual(self.draw_of("versions", "v3").json["chances_left"], 5999)
        self.assertEqual(self.engine.pid("engine"), pid)
        self.engine.wait(lambda: client.call("GET", "/v1/campaigns/versions").json["version"] == 2, 10, "disclosed")

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
            run = self.engine.hongbao("campaign", "publish", self.engine.write(changed), check=False)
            self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
            self.assertIn(pointer, run.stderr)
        self.assertEqual(self.engine.sql("select max(version) from campaign_version v join campaign c on c.id = v.campaign where slug = 'frozen'"), "1")

    # ---- pause, end, reveal ----

    def test_pause_stops_draws_and_keeps_answers(self):
        self.engine.publish(documents.campaign("pausing", [documents.cash("a", 1, 1000)]))
        self.engine.wait(lambda: self.draw_of("pausing", "p", "kept").status == 201, 10, "draws")
        kept = self.draw_of("pausing", "p", "kept").json
        self.engine.hongbao("campaign", "pause", "pausing")
        self.assertEqual(self.draw_of("pausing", "p").json["code"], "campaign_paused")
        self.assertEqual(self.draw_of("pausing", "p", "kept").json, kept)
        self.engine.hongbao("campaign", "resume", "pausing")
        self.engine.wait(lambda: self.draw_of("pausing", "p").status == 201, 10, "resumed")

    def test_pause_works_without_postgresql(self):
        self.engine.publish(documents.campaign("alone", [documents.cash("a", 1, 1000, 0.0)]))
        self.engine.wait(lambda: self.draw_of("alone", "p", "one").status == 201, 10, "draws")
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
        self.engine.wait(lambda: self.draw_of("ending", "late").json.get("code") == "campaign_ended", 10, "ended")
        secret = self.engine.hongbao("fairness", "reveal", "ending").stdout.strip()
        self.engine.wait(lambda: self.engine.client().call("GET", "/v1/campaigns/ending").json["fairness"]["secret"] == secret, 10, "revealed")
        self.engine.wait_home("ending")
        self.engine.wait_stored("ending")
        self.engine.assert_verified(self, "ending")
        self.assertIn(commitment, self.engine.assert_outsiders_agree(self, "ending"))

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
        self.engine.wait(lambda: self.draw_of("blank", "b").status == 201, 10, "draws")
        token = self.engine.token("b")
        self.engine.kill("postgres")
        try:
            client = self.engine.client()
            for i in range(20):
                self.assertEqual(self.engine.draw(client, token, f"n{i}", "blank").status, 201)
            self.engine.wait(lambda: client.call("GET", "/readyz").json["status"] == "degraded", 10, "the engine says so")
            self.assertEqual(client.call("GET", "/readyz").status, 200)
        finally:
            self.engine.up()
            self.engine.wait_ready()

    def test_a_win_without_postgresql_is_being_recorded_and_found_by_its_key(self):
        self.engine.publish(documents.campaign("pending", [documents.cash("a", 1, 1000)]))
        self.engine.wait(lambda: self.draw_of("pending", "first").status == 201, 10, "draws")
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
        failures, answered = [], {}

        def phone(token):
            client = self.engine.client()
            for i in range(1_000_000):
                try:
                    answer = self.engine.draw(client, token, f"d{i}")
                except ConnectionRefusedError:
                    return
                except (OSError, http.client.HTTPException) as error:
                    failures.append(error)
                    return
                if answer.status not in (201, 409):
                    failures.append(answer)
                answered[token] = i + 1
                if answer.headers.get("connection") == "close":
                    return

        threads = [threading.Thread(target=phone, args=(token,), daemon=True) for token in self.engine.tokens("drain", 16)]
        for thread in threads:
            thread.start()
        self.engine.wait(lambda: len(answered) == len(threads) and sum(answered.values()) > 300, 30, "all phones draw")
        pid = self.engine.pid("engine")
        self.engine.kill("engine", signal.SIGTERM)
        for thread in threads:
            thread.join(30)
            self.assertFalse(thread.is_alive(), "a phone got no answer")
        self.engine.wait(lambda: self.engine.state(pid) == b"Z", 20, "the engine ends")
        self.engine.up()
        self.assertEqual(failures, [])

    def test_a_unix_socket_is_served_by_all_workers(self):
        """Every second connection is handed to the other worker; one that got lost on the way would have no answer."""
        path = os.path.join(self.engine.home, "node.sock")
        with self.engine.node("--http.workers=2", f"--http.unix_socket={path}") as (process, _), contextlib.ExitStack() as open_ones:
            clients = [open_ones.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(8)]
            for client in clients:
                client.settimeout(10)
                client.connect(path)
            for _ in range(20):
                for client in clients:
                    client.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
                for client in clients:
                    self.assertIn(b"HTTP/1.1 200 OK", client.recv(65536))
            process.terminate()
            self.assertEqual(process.wait(30), 0)
            self.assertFalse(os.path.exists(path))

    def test_help_is_there(self):
        for words in (["help"], ["--version"], ["config", "reference"]):
            self.assertEqual(subprocess.run([BINARY, *words], stdout=subprocess.PIPE).returncode, 0, words)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
