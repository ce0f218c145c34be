"""hongbao-load against servers of known delays, and with the real engine: its figures, its repeats, its outcomes file.

TEST_LOAD names another binary than build/release's.
"""
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import check_outcomes  # noqa: E402
import documents  # noqa: E402
from engine import ROOT, Engine, free_port  # noqa: E402

LOAD = os.environ.get("TEST_LOAD", os.path.join(ROOT, "build", "release", "loadtest", "hongbao-load"))
ECHO = os.path.join(ROOT, "tests", "support", "load_echo.py")


def quantile(values, fraction):
    return sorted(values)[math.ceil(fraction * len(values)) - 1]


class Echo:
    """load_echo.py; `.told` is what it has written down, once stopped."""

    def __init__(self, *words):
        self.process = subprocess.Popen([sys.executable, ECHO, *words], stdout=subprocess.PIPE, text=True)
        self.url = "http://127.0.0.1:" + self.process.stdout.readline().split()[1]
        self.told = None

    def __enter__(self):
        return self

    def stop(self):
        self.process.terminate()
        self.told = json.loads(self.process.communicate(timeout=20)[0])

    def __exit__(self, *rest):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Load(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory(prefix="hongbao-load-")
        self.addCleanup(self.directory.cleanup)

    def path(self, name):
        return os.path.join(self.directory.name, name)

    def tokens(self, tokens):
        with open(self.path("tokens"), "w") as out:
            out.write("\n".join(tokens) + "\n")
        return self.path("tokens")

    def command(self, url, *words):
        return [LOAD, "--json", self.path("report.json"), *words, url]

    def report(self):
        with open(self.path("report.json")) as file:
            return json.load(file)

    def load(self, url, *words, status=0, timeout=120):
        run = subprocess.run(self.command(url, *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout)
        self.assertEqual(run.returncode, status, run.stdout + run.stderr)
        return self.report() if status in (0, 1) else run.stderr

    def lines(self):
        with open(self.path("outcomes")) as file:
            return [json.loads(line) for line in file]

    def assert_near(self, got, wanted, share, what):
        self.assertLessEqual(abs(got - wanted), share * wanted, f"{what}: {got} is not {wanted} within {100 * share} %")


class KnownServers(Load):
    def test_percentiles_are_the_servers_own(self):
        """Open loop, both kinds of arrival. Delays are long, so that the scheduling of a busy machine stays far below 2 % of them."""
        for arrivals in ("fixed", "poisson"):
            for left in (5, 4, 3, 2, 1, 0):  # a machine that does other work may stand still for 20 ms
                try:
                    self.check_percentiles(arrivals)
                    break
                except AssertionError:
                    if left == 0:
                        raise

    def check_percentiles(self, arrivals):
        with Echo("--delay", "300:900") as echo:
            report = self.load(echo.url, "--tokens", self.tokens([f"t{i}" for i in range(500)]), "--rate", "200", "--duration", "5",
                               "--connections", "400", "--arrivals", arrivals, "--seed", "3")
            echo.stop()
        served = echo.told["delays_ms"]
        self.assertEqual(report["totals"]["done"], len(served))
        self.assert_near(report["totals"]["planned"], 1000, 0.1, "planned")
        for name, fraction in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
            nominal = 300 + 600 * fraction
            self.assert_near(quantile(served, fraction), nominal, 0.015, f"the server's own {name}")
            for since in ("planned", "sent"):
                self.assert_near(report[since][name + "_ms"], nominal, 0.02, f"{arrivals} {name} from {since}")

    def test_a_stall_shows_in_full_from_the_planned_time(self):
        """200/s on 8 connections of 5 ms; the server stands still for 2 s. Ideally a draw planned t after the stall's begin waits
        2 - t and its turn: the tenth of all draws that waited longest, 100 of 1000, waited at least 1.5 s. Only the 8 draws that
        were on the wire feel it from their real send."""
        with Echo("--delay", "5:5", "--stall-at", "300", "--stall", "2") as echo:
            report = self.load(echo.url, "--tokens", self.tokens([f"t{i}" for i in range(1000)]), "--rate", "200", "--duration", "5",
                               "--connections", "8", "--arrivals", "fixed", "--fail-if", "p90_ms>1000", status=1)
        planned, sent = report["planned"], report["sent"]
        self.assertEqual(report["totals"]["done"], 1000)
        self.assertTrue(1950 <= planned["max_ms"] <= 2600, planned)
        self.assertTrue(1450 <= planned["p90_ms"] <= 1900, planned)
        self.assertLess(sent["p90_ms"], 100, "what a closed loop would have reported")
        self.assertGreaterEqual(report["totals"]["late"], 380)
        self.assertEqual([rule["holds"] for rule in report["fail_if"]], [True])
        stalled = [row for row in report["seconds"] if row["planned"] == 200 and row["sent_first"] < 30]
        self.assertGreaterEqual(len(stalled), 1, report["seconds"])

    def test_repeats_keep_their_key_and_honour_retry_after(self):
        with Echo("--busy-every", "10", "--drop-every", "15") as echo:
            report = self.load(echo.url, "--tokens", self.tokens([f"t{i}" for i in range(300)]), "--rate", "300", "--count", "600",
                               "--outcomes", self.path("outcomes"), "--fail-if", "errors>0", "--fail-if", "lost!=40")
            echo.stop()
        attempts = echo.told["attempts"]
        self.assertEqual(report["totals"]["done"], 600)
        self.assertEqual(report["totals"]["retries"], 80, "20 keys are both a tenth and a fifteenth, and those are dropped")
        self.assertEqual(report["classes"]["retried:overloaded"]["planned"]["count"], 40)
        self.assertEqual(report["classes"]["retried:reset"]["planned"]["count"], 40)
        self.assertEqual(report["totals"]["replayed"], 40)
        self.assertEqual(len(attempts), 600)
        by_key = {line["key"]: line for line in self.lines()}
        self.assertEqual(set(by_key), set(attempts))
        waits = []
        for key, times in attempts.items():
            self.assertEqual(by_key[key]["attempts"], len(times))
            if len(times) == 2 and not by_key[key]["replayed"]:
                waits.append(times[1] - times[0])
        self.assertEqual(len(waits), 40)
        self.assertTrue(0.99 <= min(waits) and max(waits) <= 1.6, (min(waits), max(waits)))
        self.assertGreater(max(waits) - min(waits), 0.1, "spread")

    def test_it_stops_by_itself_when_nobody_answers(self):
        with Echo("--delay", "60000:60000") as echo:
            began = time.monotonic()
            report = self.load(echo.url, "--tokens", self.tokens(["a", "b", "c"]), "--rate", "10", "--duration", "1", "--drain", "1",
                               "--timeout", "0.4", "--outcomes", self.path("outcomes"))
            self.assertLess(time.monotonic() - began, 5)
        totals = report["totals"]
        self.assertEqual(totals["errors"], totals["done"])
        self.assertGreater(totals["unsent"], 0, "three users cannot wait and draw at once")
        self.assertEqual(totals["planned"], totals["done"] + totals["unsent"])
        self.assertEqual({line["outcome"] for line in self.lines()}, {"unknown"})

    def test_an_interrupted_run_still_reports(self):
        with Echo() as echo:
            process = subprocess.Popen(self.command(echo.url, "--tokens", self.tokens(["a", "b"]), "--rate", "50", "--duration", "600",
                                                    "--outcomes", self.path("outcomes")),
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            Engine.wait(lambda: os.path.exists(self.path("outcomes")) and os.path.getsize(self.path("outcomes")) > 6000, 30, "draws flow")
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=20)
        self.assertEqual(process.returncode, 3)
        self.assertTrue(self.report()["interrupted"])
        self.assertGreater(self.report()["totals"]["done"], 20)

    def test_a_closed_loop_keeps_to_its_count_and_writes_a_page(self):
        with Echo() as echo:
            report = self.load(echo.url, "--tokens", self.tokens([f"t{i}" for i in range(50)]), "--closed", "--connections", "4",
                               "--count", "500", "--duration", "60", "--pid", f"echo:{echo.process.pid}", "--html", self.path("page.html"))
        self.assertEqual(report["totals"]["done"], 500)
        self.assertEqual([cpu["name"] for cpu in report["cpu"]], ["echo", "generator"])
        with open(self.path("page.html"), encoding="utf-8") as file:
            page = file.read()
        self.assertEqual(page.count("<svg"), 2)
        self.assertNotIn("<script", page)
        self.assertNotIn("http-equiv", page)

    def test_wrong_words_and_absent_servers(self):
        nowhere = f"http://127.0.0.1:{free_port()}"
        self.assertIn("nobody answers", self.load(nowhere, "--get", "/livez", status=3))
        self.assertIn("--allow-remote", self.load("http://192.0.2.1:80", "--get", "/livez", status=2))
        self.assertIn("--tokens", self.load(nowhere, status=2))
        help_text = subprocess.run([LOAD, "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout
        self.assertIn("Examples", help_text)


class RealEngine(Load):
    @classmethod
    def setUpClass(cls):
        cls.engine = cls.enterClassContext(Engine())
        cls.users = cls.engine.tokens("load", 2000)

    def publish(self, campaign):
        self.engine.publish(documents.campaign(
            campaign,
            [documents.cash("small", 20, 200_000, 0.2), documents.split("lucky", 2_000_000, 1, 100, 50_000, 0.1),
             documents.cash("rare", 5000, 50, 0.005, wins_per_player=1)],
            chances={"base": 12, "per_day": 0}))

    def check(self, campaign, **more):
        result = check_outcomes.check(self.path("outcomes"), campaign, self.engine.facts["database"], self.engine.facts["api"],
                                      self.users, **more)
        self.assertEqual(result.problems[:5], [])
        return result

    def test_20000_draws_by_2000_users_are_what_the_ledger_says(self):
        self.publish("crowd")
        report = self.load(self.engine.facts["api"], "--campaign", "crowd", "--tokens", self.tokens(self.users), "--session",
                           "--rate", "2500", "--duration", "60", "--count", "20000", "--outcomes", self.path("outcomes"),
                           "--pid", f"engine:{self.engine.pid('engine')}", "--fail-if", "errors>0", "--fail-if", "refused>0")
        self.assertEqual((report["sign_in"]["users"], report["sign_in"]["failed"]), (2000, 0))
        self.assertEqual(report["totals"]["done"], 20000)
        result = self.check("crowd", sample=100, exclusive=True)
        self.assertEqual((result.lines, result.checked, len(result.users)), (20000, 20000, 2000))
        self.assertLessEqual({len(user.draws) for user in result.users.values()}, {9, 10, 11}, "in turn")
        self.check_planted_faults("crowd")
        won = self.engine.sql("select count(*), sum(amount_fen) from win join campaign c on c.id = win.campaign where slug = 'crowd'")
        lines = [line for line in self.lines() if line["outcome"] == "won"]
        self.assertEqual(won, f"{len(lines)}|{sum(line['amount_fen'] for line in lines)}")
        self.assertEqual(report["totals"]["won"], len(lines))
        self.assertEqual(sum(row["won"] + row["none"] for row in report["seconds"]), 20000)
        print(f"\np99 {report['planned']['p99_ms']} ms, {report['rate_per_s']:.0f}/s, cpu {report['cpu']}")

    def check_planted_faults(self, campaign):
        """The checker itself: each of these is found, and named by its user."""
        told = self.lines()
        at = next(i for i, line in enumerate(told) if line["outcome"] == "won")
        blank = next(i for i, line in enumerate(told) if line["outcome"] == "none" and line["draw_no"] > 1)
        last = max(i for i, line in enumerate(told) if line["user"] == told[at]["user"])

        def changed(index, **members):
            return told[:index] + [dict(told[index], **members)] + told[index + 1:]

        planted = {
            "another amount": changed(at, amount_fen=told[at]["amount_fen"] + 1),
            "another prize": changed(at, prize="none-such"),
            "a win that was none": changed(blank, outcome="won", prize="small", amount_fen=20),
            "a win that is not told": told[:at] + told[at + 1:],
            "a number twice": told + [dict(told[last], key="new")],
            "a key twice": told + [told[last]],
            "a number left out": changed(blank, draw_no=100, draw_id=told[blank]["draw_id"].split("-")[0] + "-100"),
            "somebody else's draw": changed(blank, draw_id="0" * 32 + f"-{told[blank]['draw_no']}"),
            "a user left out": [line for line in told if line["user"] != told[at]["user"]],
        }
        for name, lines in planted.items():
            with open(self.path("planted"), "w") as out:
                out.writelines(json.dumps(line) + "\n" for line in lines)
            result = check_outcomes.check(self.path("planted"), campaign, self.engine.facts["database"], exclusive=True)
            self.assertNotEqual(result.problems, [], name)

    def test_chances_run_out_as_a_refusal_by_its_code(self):
        self.publish("short")
        report = self.load(self.engine.facts["api"], "--campaign", "short", "--tokens", self.tokens(self.users[:10]), "--rate", "500",
                           "--count", "150", "--outcomes", self.path("outcomes"), "--fail-if", "refused>0", status=1)
        self.assertEqual(report["totals"]["refused"], 30)
        self.assertEqual(report["classes"]["refused:no_chance_left"]["planned"]["count"], 30)
        self.check("short", exclusive=True)

    def test_nothing_acknowledged_is_lost_when_the_engine_is_killed(self):
        self.publish("killed")
        process = subprocess.Popen(self.command(
            self.engine.facts["api"], "--campaign", "killed", "--tokens", self.tokens(self.users), "--session", "--rate", "800",
            "--duration", "10", "--retry-for", "90", "--drain", "90", "--outcomes", self.path("outcomes")),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        self.engine.wait(lambda: os.path.exists(self.path("outcomes")) and os.path.getsize(self.path("outcomes")) > 200_000, 60, "draws flow")
        self.engine.kill("engine")
        self.engine.up()
        out, err = process.communicate(timeout=150)
        self.assertEqual(process.returncode, 0, out + err)
        report = self.report()
        self.assertGreater(report["totals"]["lost"], 0, report["totals"])
        self.assertGreater(report["totals"]["retries"], 0)
        self.assertEqual((report["totals"]["errors"], report["totals"]["unsent"]), (0, 0), report["classes"].keys())
        result = self.check("killed", sample=100, exclusive=True)
        self.assertEqual(result.lines, report["totals"]["done"])
        self.engine.assert_books_balance(self, ("killed",))
        print(f"\nlost {report['totals']['lost']}, repeated {report['totals']['retries']}, replayed {report['totals']['replayed']}")


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
