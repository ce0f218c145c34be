"""A campaign's life in a real PostgreSQL: who may write, versions, leases, openings.

Usage: ledger_campaigns.py [unittest options]. Starts a cluster of its own.
"""
import concurrent.futures
import contextlib
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ledger_world import CLUSTER, Ledger, balance, entry, give_back, open_shard, post, post_call, publish, setUpModule, take, win  # noqa: E402,F401

APPEND_ONLY = ["campaign_version", "batch", "seal", "transfer", "fund", "win", "win_1", "draw_log", "draw_log_1", "lease", "opening",
               "quarantine", "campaign"]
LOGINS = ["hongbao_migrator", "hongbao_engine", "hongbao_auditor"]


class WhoMayWrite(Ledger):
    def test_no_login_role_can_change_history(self):
        take(1, 0, 10, 90)
        post([(1, 0, 1, 1, entry(1))], [win(1, 1, 0)])
        statements = []
        for table in APPEND_ONLY:
            column = {"batch": "fen", "seal": "seq", "campaign": "shards"}.get(table, "campaign")
            statements += [f"UPDATE hongbao.{table} SET {column} = 2", f"DELETE FROM hongbao.{table}", f"TRUNCATE hongbao.{table}"]
        for role in LOGINS:
            self.all_refused("42501", statements, role)

    def test_no_login_role_can_insert_or_touch_the_sums(self):
        statements = ["UPDATE hongbao.account SET credit = 0", "UPDATE hongbao.stock SET won_units = 0",
                      "UPDATE hongbao.prize SET units = 5", "UPDATE hongbao.shard SET epoch = 9",
                      "INSERT INTO hongbao.batch_unsealed VALUES (5)", "DELETE FROM hongbao.batch_unsealed",
                      "INSERT INTO hongbao.win SELECT * FROM hongbao.win", "UPDATE hongbao.leader SET number = 9",
                      "ALTER TABLE hongbao.win DISABLE TRIGGER ALL", "DROP TABLE hongbao.win", "CREATE TABLE hongbao.mine ()"]
        for role in LOGINS:
            self.all_refused("42501", statements, role)

    def test_the_owner_and_the_superuser_meet_the_triggers(self):
        take(1, 0, 10, 90)
        post([(1, 0, 1, 1, entry(1))], [win(1, 1, 0)])
        post([(1, 0, 1, 1, entry(1, fill=1))], [])
        open_shard()
        CLUSTER.sql("SELECT opening_record(1, 1, 0::smallint, 2, 'x', 1, 'test', '\\x00', 0, 1), seal_some(1, 100)")
        owner = "SET ROLE hongbao_owner; SET search_path = hongbao; "
        for prefix, role in ((owner, "hongbao_migrator"), ("SET search_path = hongbao; ", "postgres"),
                             ("SET search_path = hongbao; SET session_replication_role = replica; ", "postgres")):
            statements = []
            for table in APPEND_ONLY:
                change = {"campaign": "slug = 'other'", "seal": "seq = 7", "batch": "at = now()"}.get(table, "campaign = 2")
                statements += [f"UPDATE {table} SET {change}", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"]
            self.all_refused("HB007", statements, role, prefix)

    def test_the_auditor_sees_no_sealed_secret_and_calls_nothing(self):
        self.refused("42501", CLUSTER.sql, "SELECT secret FROM campaign", "hongbao_auditor")
        self.refused("42501", CLUSTER.sql, "SELECT * FROM campaign", "hongbao_auditor")
        self.assertEqual(CLUSTER.sql("SELECT secret IS NULL FROM fairness", "hongbao_auditor"), [["t"]])
        for call in ("campaign_pause('spring', true)", "leader_take('b', 0)", "fairness_reveal('spring')"):
            self.refused("42501", CLUSTER.sql, "SELECT " + call, "hongbao_auditor")

    def test_the_engine_calls_only_what_is_granted(self):
        for call in ("batch_close(1, 'post', 0, 0, 0, 0, 0, sha256(''), now())", "transfer_book(1, 'fund', 'bank', 'x', 1, 1, now())",
                     "partitions_make(9)", "fence(1)", "prize_set(1, 1::smallint, 'x', 'cash', 1, 1)"):
            self.refused("42501", CLUSTER.sql, "SELECT " + call)


class Beside(Ledger):
    def test_publishing_waits_for_nobody_and_holds_up_nobody(self):
        take(1, 0, 10, 90)
        with contextlib.closing(CLUSTER.session("hongbao_engine")) as at_work:
            at_work.sql("BEGIN")
            at_work.sql(post_call([(1, 0, 1, 1, entry(1))], [win(1, 1, 0)]))
            at_work.sql("SELECT count(*) FROM win_use")
            self.assertEqual(publish(slug="autumn", before="SET lock_timeout = '2s'; "), "1")
            at_work.sql("SELECT (SELECT count(*) FROM win), (SELECT count(*) FROM draw_log)")
            at_work.sql("COMMIT")
        self.assertEqual(CLUSTER.sql("SELECT slug FROM campaign ORDER BY 1"), [["autumn"], ["spring"]])


class Publishing(Ledger):
    def test_versions_go_forward_one_by_one(self):
        self.assertEqual(publish(1), "1")  # the same again
        self.refused("HB002", publish, 1, units="{1001,100,10}", fen="{9009,5000,0}")
        self.refused("HB002", publish, 3)
        self.assertEqual(publish(2), "2")
        self.assertEqual(CLUSTER.one("SELECT count(*) FROM campaign_version"), "2")

    def test_what_was_promised_stays(self):
        for extra in ({"commitment": "sha256('x')"}, {"secret": "sha256('x')"}, {"public_name": "'{}'"}, {"zone": "'UTC'"}):
            self.refused("HB002", publish, 2, extra=extra)
        self.refused("HB002", publish, 2, shards=3)
        self.refused("HB002", publish, 2, prizes="'{gold,other,card}', '{cash,cash_split,card}'")
        self.refused("HB002", publish, 2, prizes="'{gold,split}', '{cash,cash_split}'", units="{1000,100}", fen="{9000,5000}")
        publish(2, extra={"commitment": "NULL", "secret": "NULL"})

    def test_stock_may_grow_and_shrink_down_to_what_is_out(self):
        take(1, 0, 400, 3600)
        take(2, 0, 1, 50)
        publish(2, units="{2000,100,10}", fen="{18000,5000,0}")
        publish(3, units="{400,100,20}", fen="{3600,5000,0}")
        self.refused("HB005", publish, 4, units="{399,100,10}", fen="{3591,5000,0}")
        self.refused("HB002", publish, 4, units="{1000,100,10}", fen="{10000,5000,0}")  # another worth of a unit
        self.refused("HB002", publish, 4, units="{400,200,10}", fen="{3600,10000,0}")   # a split that is cut already
        self.refused("23514", publish, 4, units="{400,100,10}", fen="{3600,5000,7}")    # a card is not money
        self.assertEqual(CLUSTER.sql("SELECT * FROM lease_offer(1, 1::smallint, 5)"), [])
        self.whole()

    def test_prizes_may_be_added(self):
        publish(2, prizes="'{gold,split,card,late}', '{cash,cash_split,card,voucher}'", units="{1000,100,10,5}", fen="{9000,5000,0,0}")
        take(4, 0, 5, 0)
        self.whole()

    def test_funding_once_a_key(self):
        self.assertEqual(CLUSTER.one("SELECT campaign_fund('spring', 14000, 'first')"), "14000")
        self.assertEqual(CLUSTER.one("SELECT campaign_fund('spring', 6, 'second')"), "14006")
        self.refused("HB003", CLUSTER.sql, "SELECT campaign_fund('spring', 7, 'second')")
        self.refused("HB004", CLUSTER.sql, "SELECT campaign_fund('autumn', 7, 'third')")
        self.refused("23514", CLUSTER.sql, "SELECT campaign_fund('spring', -7, 'third')")
        self.whole()

    def test_the_secret_stays_sealed_until_the_end(self):
        self.refused("HB008", CLUSTER.sql, "SELECT fairness_reveal('spring')")
        self.refused("HB008", CLUSTER.sql, "SELECT fairness_public_value('spring', '3000')")
        CLUSTER.sql("SELECT campaign_end('spring')")
        CLUSTER.sql("SELECT fairness_reveal('spring')")
        self.assertEqual(CLUSTER.sql("SELECT secret = sha256('sec') FROM fairness", "hongbao_auditor"), [["t"]])
        self.refused("HB008", publish, 2)

    def test_the_public_value_is_set_once(self):
        publish(slug="named", extra={"public_name": "'{\"en\": \"index\"}'"})
        CLUSTER.sql("SELECT fairness_public_value('named', '3000.01')")
        CLUSTER.sql("SELECT fairness_public_value('named', '3000.01')")
        self.refused("HB003", CLUSTER.sql, "SELECT fairness_public_value('named', '3000.02')")
        self.refused("HB003", CLUSTER.sql, "SELECT fairness_public_value('named', '')")

    def test_changes_are_told(self):
        text = CLUSTER.sql("LISTEN hongbao_catalog; SELECT campaign_pause('spring', true)")
        self.assertIn('Asynchronous notification "hongbao_catalog" with payload "spring"', str(text))


class Leasing(Ledger):
    def test_leases_returns_and_offers_add_up(self):
        self.assertEqual(CLUSTER.sql("SELECT * FROM lease_offer(1, 1::smallint, 300)"), [["0", "300"]])
        self.assertEqual(take(1, 0, 300, 2700), [["1", "t"]])
        self.assertEqual(take(1, 300, 1000, 6300, shard=1), [["1", "f"]])
        self.assertEqual(take(1, 0, 0, 0), [["2", "f"]])  # tells that there is no more
        self.assertEqual(take(1, 0, 0, 0), [])            # once
        self.assertEqual(give_back(3, 1, 200, 300, 900), "t")
        self.assertEqual(give_back(3, 1, 200, 300, 900), "f")
        self.refused("HB009", give_back, 3, 1, 100, 300, 1800)
        self.refused("HB009", give_back, 5, 1, 100, 200, 900)
        self.refused("HB005", give_back, 4, 1, 200, 300, 900)
        self.assertEqual(CLUSTER.sql("SELECT * FROM lease_offer(1, 1::smallint, 300)"), [["200", "300"]])
        self.assertEqual(take(1, 0, 0, 0, shard=1), [["2", "t"]])
        self.assertEqual(take(1, 200, 300, 900, shard=1), [["3", "f"]])
        self.assertEqual(balance("budget:spring"), 14000 - 9000)
        self.assertEqual(balance("float:spring:0"), 1800)
        self.assertEqual(balance("float:spring:1"), 7200)
        self.whole()

    def test_moments_move_from_shard_to_shard(self):
        self.assertEqual(CLUSTER.sql("SELECT * FROM lease_offer(1, 3::smallint, 1, 6)"), [["6", "7"]])
        take(3, 6, 7, 0, at=5000)
        take(3, 2, 3, 0, at=4000)
        self.assertEqual(CLUSTER.sql("SELECT * FROM lease_offer(1, 3::smallint, 1, 6)"), [])
        self.assertEqual(give_back(3, 3, 6, 7, 0, kind="gone"), "t")
        take(3, 6, 7, 0, at=9000, shard=1)
        self.assertEqual(CLUSTER.sql("SELECT * FROM opening_moments(1, 0::smallint)"), [["3", "2", "4000"]])
        self.assertEqual(CLUSTER.sql("SELECT * FROM opening_moments(1, 1::smallint)"), [["3", "6", "9000"]])
        self.assertEqual(give_back(2, 3, 6, 7, 0, kind="gone", shard=1), "t")
        take(3, 6, 7, 0, at=9500)  # back where it was first
        self.assertEqual(CLUSTER.sql("SELECT * FROM opening_moments(1, 0::smallint)"), [["3", "2", "4000"], ["3", "6", "9500"]])
        self.whole()

    def test_a_fenced_leader_changes_nothing(self):
        self.assertEqual(CLUSTER.one("SELECT leader_take('b', 60000) IS NULL"), "t")
        self.assertEqual(CLUSTER.one("SELECT leader_renew(1)"), "t")
        self.assertEqual(CLUSTER.one("SELECT leader_take('b', 0)"), "2")
        self.assertEqual(CLUSTER.one("SELECT leader_renew(1)"), "f")
        self.refused("HB001", take, 1, 0, 10, 90)
        self.refused("HB001", open_shard)
        self.refused("HB001", CLUSTER.sql, "SELECT seal_some(1, 1)")
        self.assertEqual(CLUSTER.one("SELECT leader_yield(2)"), "")
        self.assertEqual(CLUSTER.one("SELECT leader_take('c', 5000)"), "3")
        self.assertEqual(take(1, 0, 10, 90, fence=3), [["1", "t"]])

    def test_a_take_over_waits_for_the_duties_in_flight_and_a_renewal_does_not(self):
        with CLUSTER.transaction("SELECT * FROM lease_take(1, 1, 0::smallint, 1::smallint, 0, 10, 90)"):
            self.assertEqual(CLUSTER.one("SET lock_timeout = 200; SELECT leader_renew(1)"), "t")
            self.refused("55P03", CLUSTER.sql, "SET lock_timeout = 200; SELECT leader_take('b', 0)")
        self.assertEqual(CLUSTER.one("SELECT leader_take('b', 0)"), "2")


class Opening(Ledger):
    def test_it_reads_what_is_left_and_what_was_given(self):
        take(1, 0, 100, 900)
        take(1, 100, 150, 450)
        take(3, 4, 5, 0, at=77)
        post([(1, 0, 1, 1, entry(2))], [win(1, 1, 0), win(1, 2, 1)])
        post([(1, 0, 1, 3, entry(1))], [win(1, 3, 5)])  # units 2 to 4 went to draws that were lost
        post([(1, 0, 1, 9, entry(1))], [])
        row = open_shard()
        self.assertEqual(row[:5], ["2", "4", "3", "1", "f"])
        self.assertEqual(CLUSTER.sql("SELECT * FROM opening_prizes(1, 0::smallint)"), [["1", "3", "t"], ["2", "0", "t"], ["3", "0", "t"]])
        self.assertEqual(CLUSTER.sql("SELECT * FROM opening_ranges(1, 0::smallint)"), [["1", "2", "5"], ["1", "6", "150"]])
        self.assertEqual(CLUSTER.sql("SELECT * FROM opening_moments(1, 0::smallint)"), [["3", "4", "77"]])
        record = "SELECT opening_record(1, 1, 0::smallint, {}, 'run', 4, 'test', '\\x0102', 3, 1)"
        CLUSTER.sql(record.format(2))
        CLUSTER.sql(record.format(2))
        self.refused("HB001", CLUSTER.sql, record.format(1))
        self.assertEqual(CLUSTER.one("SELECT count(*) FROM opening"), "1")
        self.assertEqual(post([(1, 0, 2, 1, entry(1))], [win(1, 4, 2)]), ("r", "s"))  # a lost unit is given again
        self.whole()

    def test_the_first_missing_position(self):
        kept = "SELECT log_kept(1, 0::smallint)"
        self.assertEqual(CLUSTER.one(kept), "1")
        for position, count, expected in ((4, 2, 1), (1, 2, 3), (8, 1, 3), (3, 1, 6), (6, 2, 9), (9, 5, 14)):
            post([(1, 0, 1, position, entry(count))], [])
            self.assertEqual(CLUSTER.one(kept), str(expected), (position, count))
        self.assertEqual(open_shard()[1], "14")
        self.assertEqual(CLUSTER.one(kept), "1")

    def test_a_post_in_flight_ends_before_the_epoch_does(self):
        take(1, 0, 100, 900)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            with CLUSTER.transaction(post_call([(1, 0, 1, 1, entry(1))], [win(1, 1, 0)])) as answer:
                self.assertEqual(answer, ["r", "s"])
                opening = pool.submit(open_shard)
                while CLUSTER.one("SELECT count(*) FROM pg_locks WHERE NOT granted", "postgres") == "0":
                    self.assertFalse(opening.done(), "the opening did not wait")
            self.assertEqual(opening.result(60)[1], "2", "the entry is there")
        self.assertEqual(CLUSTER.sql("SELECT given FROM opening_prizes(1, 0::smallint) WHERE prize = 1"), [["1"]])


if __name__ == "__main__":
    unittest.main()
