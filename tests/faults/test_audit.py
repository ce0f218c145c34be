"""An audit every second under load: no false alarm; and a fault that is planted meanwhile is found, while the load goes on.

TEST_AUDIT_SECONDS is how long, TEST_SEED repeats a run.
"""
import os
import random
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from driver import Crowd, document, seed  # noqa: E402
from engine import Engine  # noqa: E402

SECONDS = int(os.environ.get("TEST_AUDIT_SECONDS", "8"))
CAMPAIGN, RATE, CONNECTIONS = "audited", 1000, 300


def faults(campaign, chance):
    """name: (table, what is done past its triggers, what takes it back). The row is one of the older half."""
    win, log = f"win_{campaign}", f"draw_log_{campaign}"
    pick = chance.random() / 2
    row = f"(select ctid from {win} order by won_at, player offset (select floor(count(*) * {pick}) from {win}) limit 1)"
    entry = (f"(select ctid from {log} where kind = 1 order by epoch, position "
             f"offset (select floor(count(*) * {pick}) from {log} where kind = 1) limit 1)")
    balance = "update account set credit = credit {} 1 where name = (select payable_account from shard where campaign = " + str(campaign) + " limit 1)"
    return {
        "a changed amount": (win, f"create table planted as select player, draw_no from {win} where ctid = {row}; "
                                  f"update {win} w set amount_fen = amount_fen + 1 from planted p where (w.player, w.draw_no) = (p.player, p.draw_no)",
                             f"update {win} w set amount_fen = amount_fen - 1 from planted p where (w.player, w.draw_no) = (p.player, p.draw_no); "
                             "drop table planted"),
        "a missing win": (win, f"create table planted as select * from {win} where ctid = {row}; "
                               f"delete from {win} w using planted p where (w.player, w.draw_no) = (p.player, p.draw_no)",
                          f"insert into {win} select * from planted; drop table planted"),
        "a missing record": (log, f"create table planted as select * from {log} where ctid = {entry}; "
                                  f"delete from {log} l using planted p where (l.shard, l.epoch, l.position) = (p.shard, p.epoch, p.position)",
                             f"insert into {log} select * from planted; drop table planted"),
        "a moved balance": (None, balance.format("+"), balance.format("-")),
    }


class AuditUnderLoad(unittest.TestCase):
    def test_no_false_alarm_and_what_is_planted_is_found(self):
        chance = random.Random(seed())
        with Engine() as engine:
            engine.publish(document(CAMPAIGN))
            number = int(engine.sql(f"select id from campaign where slug = '{CAMPAIGN}'"))
            with Crowd(engine, CAMPAIGN, "crowd", RATE * (SECONDS + 60) // 3) as crowd:
                crowd.begin(RATE, CONNECTIONS)
                crowd.go_on(1000)
                audits, slowest_s = self.watch(engine, SECONDS)
                print(f"{audits} audits in {SECONDS} s, the slowest {slowest_s:.2f} s, {crowd.told()} draws told, no alarm", flush=True)
                for name, (table, change, back) in faults(number, chance).items():
                    before = crowd.told()
                    self.tamper(engine, table, change)
                    code, report = engine.audit()
                    self.tamper(engine, table, back)
                    self.assertEqual(code, 1, f"{name} was not found")
                    print(f"{name}: {sorted({finding['check'] for finding in report['findings']})}, {crowd.told() - before} draws told meanwhile", flush=True)
                    self.assertGreater(crowd.told(), before)
                    self.watch(engine, 0)
                report, = Crowd.end_all(crowd)
            self.assertEqual(report["totals"]["errors"], 0, list(report["classes"]))
            crowd.check(self)
            engine.assert_books_balance(self, (CAMPAIGN,))

    def watch(self, engine, seconds):
        until, audits, slowest_s = time.monotonic() + seconds, 0, 0
        while audits == 0 or time.monotonic() < until:
            began = time.monotonic()
            code, report = engine.audit()
            self.assertEqual(code, 0, report)
            audits, took_s = audits + 1, time.monotonic() - began
            slowest_s = max(slowest_s, took_s)
            time.sleep(max(0, min(1 - took_s, until - time.monotonic())))
        return audits, slowest_s

    @staticmethod
    def tamper(engine, table, statement):
        engine.sql(statement if table is None else f"alter table {table} disable trigger all; {statement}; alter table {table} enable trigger all")


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
