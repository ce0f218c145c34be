"""Backups: what comes back after a restore to an earlier point, and what `hongbao audit` says of the part that is gone."""
import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import documents  # noqa: E402
from engine import BINARY  # noqa: E402
from engine_case import EngineCase  # noqa: E402

CAMPAIGN = "kept"
BIN = "/usr/lib/postgresql/15/bin"


class Restore(EngineCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.engine.publish(documents.campaign(CAMPAIGN, [documents.split("lucky", 500_000, 10, 90, 10_000, 0.6)], chances={"base": 1000, "per_day": 0}))
        cls.id = cls.engine.sql(f"select id from campaign where slug = '{CAMPAIGN}'")

    def pg(self, program, *words, database="hongbao"):
        uri = self.engine.facts["database"].replace("hongbao_auditor", "hongbao_super").replace("///hongbao?", f"///{database}?")
        run = subprocess.run([os.path.join(BIN, program), "-d", uri, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run.stdout

    def draws(self, name, count):
        client, token = self.engine.client(), self.engine.token(name)
        return [self.engine.draw_surely(client, token, f"{name}-{n}", CAMPAIGN) for n in range(count)]

    def wins(self):
        return int(self.engine.sql(f"select count(*) from win where campaign = {self.id}"))

    def restore(self, dump):
        """As docs/operations.md says: a fresh database, the roles, the dump."""
        self.pg("psql", "-qc", "drop database hongbao with (force)", database="postgres")
        self.pg("psql", "-qc", "create database hongbao", database="postgres")
        self.pg("pg_restore", "--exit-on-error", dump)

    def refuses_to_go_on(self, wins):
        """A node that is started on a Redis which knows what the books know no more opens nothing, and says what to do; emptied, it goes on."""
        engine, client, token = self.engine, self.engine.client(), self.engine.token("early")
        path = os.path.join(engine.home, "log", "behind.log")
        with open(path, "w") as log:
            process = subprocess.Popen([BINARY, "serve", "--home", engine.home], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        try:
            def said():
                with open(path, errors="replace") as log:
                    return [line for line in log if "shard.ledger_behind" in line]

            engine.wait(lambda: len(said()) == engine.shards(CAMPAIGN), 30, "the node says of each shard that the ledger is behind")
            self.assertTrue(all(f"campaign={CAMPAIGN}" in line and "empty this Redis node" in line for line in said()), said())
            answer = engine.draw(client, token, "behind", CAMPAIGN)
            self.assertEqual((answer.status, answer.json["code"]), (503, "shard_closed"))
            self.assertEqual(client.call("GET", "/readyz").status, 503)
            self.assertEqual(self.wins(), wins)
            engine.redis("flushall")
            engine.wait_ready()
            engine.wait_open(CAMPAIGN)
            self.assertEqual(engine.draw_surely(client, token, "behind", CAMPAIGN).status, 201)
            engine.wait_stored(CAMPAIGN)
        finally:
            process.terminate()
            process.wait(30)

    def test_a_restore_to_an_earlier_point_says_what_is_missing_and_goes_on(self):
        engine, dump = self.engine, os.path.join(self.engine.home, "ledger.dump")
        self.draws("early", 50)
        engine.wait_stored(CAMPAIGN)
        head = engine.sql("select encode(hash, 'hex') from seal order by seq desc limit 1")
        self.pg("pg_dump", "-Fc", "-f", dump)
        before = self.wins()
        later = self.draws("late", 50)
        engine.wait_stored(CAMPAIGN)
        lost = self.wins() - before
        self.assertEqual(lost, sum(answer.json["outcome"] == "won" for answer in later))
        engine.kill("engine")
        self.restore(dump)
        self.assertEqual(self.wins(), before)
        # The shards know more than the books.
        code, report = engine.audit()
        self.assertEqual(code, 1, report)
        self.assertEqual({finding["check"] for finding in report["findings"]}, {"pool_missing", "pool_given", "log_gap"}, report)
        self.assertTrue(all(finding["row"].startswith(CAMPAIGN) for finding in report["findings"]), report)
        self.assertIn(f"the ledger has {lost} units with the shard that Redis does not have", json.dumps(report["findings"]))
        print(f"{lost} wins are gone; audit: {[(f['check'], f['row']) for f in report['findings']]}")
        self.refuses_to_go_on(before)
        # The head that was published before the dump is in the chain.
        self.assertEqual(engine.sql(f"select count(*) from seal where hash = '\\x{head}'"), "1")
        engine.up()
        engine.wait_ready()
        engine.wait_open(CAMPAIGN)
        answer = self.draws("after", 20)[-1]
        self.assertEqual(answer.status, 201)
        engine.wait_stored(CAMPAIGN)
        code, report = engine.audit()
        self.assertEqual(code, 0, report)
        engine.assert_verified(self, CAMPAIGN, "--so-far")

    def test_an_older_database_in_its_place_closes_the_shards_of_a_running_engine(self):
        """As a failover to a standby that had less: nobody restarts the engine."""
        engine, dump, log = self.engine, os.path.join(self.engine.home, "older.dump"), os.path.join(self.engine.home, "log", "engine.log")

        def said():
            with open(log, errors="replace") as file:
                return sum("shard.ledger_behind" in line for line in file)

        self.draws("kept", 30)
        engine.wait_stored(CAMPAIGN)
        self.pg("pg_dump", "-Fc", "-f", dump)
        self.pg("psql", "-qc", "create database older", database="postgres")
        self.pg("pg_restore", "--exit-on-error", dump, database="older")
        self.draws("lost", 30)
        engine.wait_stored(CAMPAIGN)
        before = said()
        self.pg("psql", "-qc", "drop database hongbao with (force)", "-c", "alter database older rename to hongbao", database="postgres")
        engine.wait(lambda: said() > before, 30, "the leader says that the ledger is behind")
        answer = engine.draw(engine.client(), engine.token("kept"), "while-behind", CAMPAIGN)
        self.assertEqual((answer.status, answer.json["code"]), (503, "shard_closed"))
        engine.redis("flushall")
        engine.wait_ready()
        engine.wait_open(CAMPAIGN)
        self.assertEqual(self.draws("again", 20)[-1].status, 201)
        engine.wait_stored(CAMPAIGN)
        code, report = engine.audit()
        self.assertEqual(code, 0, report)
        engine.assert_verified(self, CAMPAIGN, "--so-far")


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
