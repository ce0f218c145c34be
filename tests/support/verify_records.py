#!/usr/bin/env python3
"""An outsider's check of a campaign's published records, written from docs/records.md alone.

    verify_records.py FILE [--secret HEX]

Reads the JSON Lines that `hongbao records export` writes, recomputes every number, selection, decision, unit,
amount and moment, and names what differs. Exit 0: nothing differs, 1: something does, 2: the file cannot be checked.
Needs nothing but Python's library and the file of formulas beside it.
"""
import argparse
import collections
import json
import sys

from records_formulas import curve_units, draw_number, moment, sha, share, text, u32, unit_fen

FINDINGS_SHOWN = 50


class Pool:
    def __init__(self, given=0, second=0, in_second=0, more=True, ranges=()):
        self.given, self.second, self.in_second, self.more = given, second, in_second, more
        self.ranges = [list(item) for item in ranges]

    def remove(self, unit):
        for at, (begin, end) in enumerate(self.ranges):
            if begin <= unit < end:
                self.ranges[at:at + 1] = [part for part in ([begin, unit], [unit + 1, end]) if part[0] < part[1]]
                return

    def count(self, second):
        self.in_second = self.in_second + 1 if self.second == second else 1
        self.second = second
        self.given += 1


class Player:
    def __init__(self):
        self.draw_no = self.day = self.today = self.base_used = 0
        self.wins = collections.Counter()  # of each prize
        self.unsure = False
        self.epoch = 0
        self.tail = None  # epoch, first and last number after a gap


class Shard:
    def __init__(self, index, checker):
        self.index, self.checker = index, checker
        self.epoch, self.next, self.time, self.version, self.lease_no = 0, 1, 0, 0, 0
        self.paused = self.relaxed = False
        self.pools, self.moments, self.players = {}, [], collections.defaultdict(Player)
        self.gaps, self.lost, self.lossy_epoch = [], 0, 0
        self.last_next = 1  # where the log was before the entry that is looked at
        self.held, self.given = collections.defaultdict(set), collections.defaultdict(set)  # units of each prize

    def find(self, entry, words):
        self.checker.find(f"shard {self.index} {entry['epoch']}-{entry['position']}: {words}")

    def find_draw(self, entry, draw, words):
        self.find(entry, f"player {draw['player']} draw {draw['draw_no']}: {words}")

    # -- order --

    def entry(self, entry):
        kind = entry["kind"]
        if kind == "malformed":
            self.find(entry, "not in the format")
            self.next = entry["position"] + 1
            self.relaxed = True
            return
        if (entry["epoch"], entry["position"]) < (self.epoch, self.next):
            self.find(entry, f"the log was already at {self.epoch}-{self.next}")
            return
        if kind != "opening":
            if entry["epoch"] != self.epoch:
                self.find(entry, "the epoch begins without its opening")
                self.close_gaps(entry, None)
                self.epoch, self.next, self.relaxed = entry["epoch"], entry["position"], True
            if entry["position"] > self.next:
                self.gaps.append((self.next, entry["position"]))
                self.relaxed = True
        if entry["time_ms"] < self.time:
            self.find(entry, "shard time goes back")
        self.time = entry["time_ms"]
        self.next = entry["position"] + len(entry.get("draws", [0]))
        getattr(self, "on_" + kind)(entry)

    def close_gaps(self, entry, kept):
        lost = 0
        for begin, end in self.gaps:
            if kept is None or begin < kept:
                self.find(entry, f"positions {begin} to {end - 1} of epoch {self.epoch} are missing")
            else:
                lost += end - begin
        self.gaps = []
        if lost:
            self.lost += lost
            self.lossy_epoch = self.epoch + 1

    def table(self, entry, version):
        if version not in self.checker.tables:
            self.find(entry, f"version {version} was never published")
            return
        self.version = version
        for prize in range(1, len(self.checker.tables[version]["prizes"]) + 1):
            self.pools.setdefault(prize, Pool())

    # -- control --

    def on_opening(self, entry):
        skipped = entry["epoch"] > self.epoch + 1  # attempts that never opened
        if entry["position"] != 1 or entry["epoch"] <= self.epoch:
            self.find(entry, "the opening is out of order")
        if self.epoch and not skipped and entry["kept"] > self.last_next:
            self.find(entry, f"positions {self.last_next} to {entry['kept'] - 1} of the epoch before are missing")
        self.close_gaps(entry, 0 if skipped else entry["kept"])
        if entry["version"] < self.version:
            self.find(entry, f"the opening goes back to version {entry['version']}")
        fresh = entry["lease_no"] != self.lease_no or self.relaxed or skipped
        self.table(entry, entry["version"])
        self.epoch, self.lease_no, self.paused, self.relaxed = entry["epoch"], entry["lease_no"], entry["paused"], False
        self.pools = {n: Pool(**pool) for n, pool in enumerate(entry["pools"], 1)}
        self.moments = [tuple(item) for item in entry["moments"]]
        for prize, pool in self.pools.items():
            given = self.given[prize]
            if pool.given != len(given):
                self.find(entry, f"prize {prize}: {pool.given} units are said to be given, {len(given)} are")
            units = set().union(*(range(*item) for item in pool.ranges))
            self.arrive(entry, prize, units | {u for p, u, _ in self.moments if p == prize}, fresh)

    def arrive(self, entry, prize, units, fresh):
        if units & self.given[prize]:
            self.find(entry, f"prize {prize}: the opening holds units that were won")
        if not fresh and not units <= self.held[prize]:
            self.find(entry, f"prize {prize}: the opening holds units that were never leased")
        self.held[prize] |= units

    def units_leased(self, entry):
        """The units that a lease moves, those of its prize that are here, and those that were given."""
        if entry["lease_no"] != self.lease_no + 1 and not self.relaxed:
            self.find(entry, f"lease {entry['lease_no']} follows lease {self.lease_no}")
        self.lease_no = entry["lease_no"]
        return set(range(entry["from"], entry["to"])), self.held[entry["prize"]], self.given[entry["prize"]]

    def units_come(self, entry):
        units, held, given = self.units_leased(entry)
        if units & (held | given) and not self.relaxed:
            self.find(entry, f"units of prize {entry['prize']} were here before")
        held |= units

    def units_go(self, entry):
        units, held, given = self.units_leased(entry)
        if units & given or (not units <= held and not self.relaxed):
            self.find(entry, f"units of prize {entry['prize']} go that are not here")
        held -= units

    def on_lease(self, entry):
        self.units_come(entry)
        pool = self.pools[entry["prize"]]
        if entry["from"] < entry["to"]:
            if pool.ranges and pool.ranges[-1][1] == entry["from"]:
                pool.ranges[-1][1] = entry["to"]
            else:
                pool.ranges.append([entry["from"], entry["to"]])
        pool.more = entry["more"]

    def on_return(self, entry):
        self.units_go(entry)
        ranges = self.pools[entry["prize"]].ranges
        if ranges and ranges[-1][1] == entry["to"] and ranges[-1][0] <= entry["from"]:
            ranges[-1][1] = entry["from"]
            if ranges[-1][0] == ranges[-1][1]:
                ranges.pop()
        elif not self.relaxed:
            self.find(entry, "the return is not the end of the pool")

    def on_moment(self, entry):
        self.units_come(entry)
        plans = [moment(self.checker.seed, table, table["prizes"][entry["prize"] - 1], entry["from"])[0]
                 for table in self.checker.tables.values() if entry["prize"] <= len(table["prizes"])]
        if entry["at_ms"] not in plans:
            self.find(entry, f"the moment is due at {entry['at_ms']}, the seed says {plans}")
        self.moments.append((entry["prize"], entry["from"], entry["at_ms"]))
        self.moments.sort(key=lambda item: (item[2], item[0], item[1]))

    def on_gone(self, entry):
        self.units_go(entry)
        self.moments = [item for item in self.moments if item[:2] != (entry["prize"], entry["from"])]

    def on_version(self, entry):
        if entry["version"] <= self.version:
            self.find(entry, f"version {entry['version']} follows version {self.version}")
        if entry["hash"] != self.checker.hashes.get(entry["version"]):
            self.find(entry, "the table is not the published one")
        self.table(entry, entry["version"])

    def on_pause(self, entry):
        self.paused = entry["paused"]

    # -- draws --

    def on_draws(self, entry):
        if entry["version"] != self.version:
            if not self.relaxed or entry["version"] < self.version:
                self.find(entry, f"drawn by version {entry['version']} while the shard had {self.version}")
            self.table(entry, entry["version"])
        for draw in entry["draws"]:
            self.draw(entry, draw, self.checker.tables[self.version])
            self.checker.draws += 1

    def draw(self, entry, draw, table):
        player = self.players[draw["player"]]
        raw = bytes.fromhex(draw["player"])
        if int.from_bytes(raw[:4], "big") % table["shards"] != self.index:
            self.find(entry, f"player {draw['player']} belongs to another shard")
        self.draw_no(entry, draw, player)
        number = draw_number(self.checker.seed, table["campaign"], raw, draw["draw_no"])
        selected = next((n for n, prize in enumerate(table["prizes"], 1) if prize["mode"] == "odds"
                         and prize["number_from"] <= number < prize["number_to"]), 0)
        if draw["selected"] != selected:
            self.find_draw(entry, draw, f"the number selects prize {selected}, the record says {draw['selected']}")
        elif not self.relaxed:
            self.predict(entry, draw, table, player, selected)
        self.follow(entry, draw, table, player)

    def draw_no(self, entry, draw, player):
        number, before = draw["draw_no"], player.draw_no
        again = (not self.relaxed and player.tail and player.tail[0] < entry["epoch"]
                 and player.tail[1] <= number <= player.tail[2])
        if self.relaxed:
            if not player.tail or player.tail[0] != entry["epoch"]:
                player.tail = [entry["epoch"], before + 1, 0]
            player.tail[2] = max(player.tail[2], number)
        if again or self.relaxed:
            player.unsure = True
        if number <= before and not again:
            self.find_draw(entry, draw, "it is there again")
        if number > before + 1 and not self.relaxed:
            if player.epoch < self.lossy_epoch and number - before - 1 <= self.lost:
                player.unsure = True
            else:
                self.find_draw(entry, draw, "draws before it are missing")
        player.draw_no = number - 1

    def day(self, table):
        return sum(1 for begin in table["days"] if begin <= self.time)

    def chances(self, table, player, day):
        today = player.today if player.day == day else 0
        left = max(0, min(table["day_chances"], 65535) - today) + max(0, min(table["base"], 65535) - player.base_used)
        if table["day_cap"]:
            left = min(left, max(0, table["day_cap"] - today))
        cap = table["campaign_cap"] or 0xffffffff
        return min(left, max(0, cap - player.draw_no))

    @staticmethod
    def capped(table, player, number):
        return 0 < table["prizes"][number - 1]["wins_max"] <= player.wins[number]

    def look(self, table, player, number):
        prize, pool, now_s = table["prizes"][number - 1], self.pools[number], self.time // 1000
        if self.capped(table, player, number):
            return "capped"
        if prize["slots"] and not any(a <= self.time < b for a, b in prize["slots"]):
            return "paced"
        used = pool.in_second if pool.second == now_s else 0
        if prize["per_second"] and used >= share(prize["per_second"], table["shards"], self.index):
            return "paced"
        if prize["curve"] and pool.given >= share(curve_units(prize, now_s), table["shards"], self.index):
            return "paced"
        if pool.ranges:
            return "there"
        return "busy" if pool.more else "spent"

    def decide(self, table, player, selected):
        """how, prize, withheld; how is None when the draw should not have run."""
        for prize, _, at_ms in self.moments:
            if at_ms > self.time:
                break
            if prize <= len(table["prizes"]) and not self.capped(table, player, prize):
                return "moment", prize, ""
        withheld = ""
        if selected:
            withheld = self.look(table, player, selected)
            if withheld == "there":
                return "odds", selected, ""
            if withheld == "busy":
                return None, selected, ""
        for number, prize in enumerate(table["prizes"], 1):
            if prize["mode"] == "always":
                stock = self.look(table, player, number)
                if stock in ("there", "busy"):
                    return ("always" if stock == "there" else None), number, withheld
        return "none", 0, withheld

    def predict(self, entry, draw, table, player, selected):
        if self.paused or not table["start_ms"] <= self.time < table["end_ms"]:
            self.find_draw(entry, draw, "drawn while the shard was paused or the campaign was not on")
        if self.chances(table, player, self.day(table)) == 0 and not player.unsure:
            self.find_draw(entry, draw, "the player had no chance left")
        how, prize, withheld = self.decide(table, player, selected)
        if (draw["how"], draw["prize"], draw["withheld"]) != (how, prize, withheld):
            self.find_draw(entry, draw, f"expected {how} of prize {prize} ({withheld}), "
                                        f"the record says {draw['how']} of prize {draw['prize']} ({draw['withheld']})")
            return
        unit = 0
        if how == "moment":
            unit = next(item[1] for item in self.moments if item[0] == prize)
        elif prize:
            unit = self.pools[prize].ranges[0][0]
        if unit != draw["unit"]:
            self.find_draw(entry, draw, f"expected unit {unit}, the record says {draw['unit']}")

    def follow(self, entry, draw, table, player):
        day = self.day(table)
        if player.day != day:
            player.day, player.today = day, 0
        if player.today >= min(table["day_chances"], 65535):
            player.base_used += 1
        player.today += 1
        player.draw_no, player.epoch = draw["draw_no"], entry["epoch"]
        left = min(self.chances(table, player, day), 65535)
        if left != draw["chances_left"] and not player.unsure:
            self.find_draw(entry, draw, f"{left} chances are left, the record says {draw['chances_left']}")
        if draw["prize"]:
            self.won(entry, draw, player)

    def won(self, entry, draw, player):
        prize, unit = draw["prize"], draw["unit"]
        if unit in self.given[prize]:
            self.find(entry, f"unit {unit} of prize {prize} is given twice")
        elif unit not in self.held[prize] and not self.relaxed:
            self.find(entry, f"unit {unit} of prize {prize} was never leased to this shard")
        self.given[prize].add(unit)
        player.wins[prize] += 1
        pool = self.pools.setdefault(prize, Pool())
        if draw["how"] == "moment":
            self.moments = [item for item in self.moments if item[:2] != (prize, unit)]
        else:
            pool.remove(unit)
        pool.count(self.time // 1000)
        self.checker.records[draw["player"], draw["draw_no"]].append((self.index, prize, unit, entry["version"]))


class Checker:
    def __init__(self, header, secret):
        self.campaign, self.shards = header["campaign"], {}
        self.findings = self.draws = self.entries = self.wins = 0
        self.records, self.paid = collections.defaultdict(list), set()
        commitment = sha(text("hongbao/commit/1"), text(self.campaign), secret)
        self.seed = sha(text("hongbao/seed/1"), text(self.campaign), secret, (header["public_value"] or "").encode())
        if commitment.hex() != header["commitment"]:
            self.find("the secret is not the one that was committed to")
        self.tables, self.hashes = {}, {}
        for item in header["versions"]:
            table_hash = sha(item["table"].encode())
            cover = sha(text("hongbao/version/1"), commitment, u32(item["version"]), table_hash)
            if table_hash.hex() != item["hash"] or cover.hex() != item["cover"]:
                self.find(f"version {item['version']}: hash or cover is not its table's")
            self.tables[item["version"]] = json.loads(item["table"])
            self.hashes[item["version"]] = item["hash"]

    def find(self, words):
        self.findings += 1
        if self.findings <= FINDINGS_SHOWN:
            print(words)

    def line(self, line):
        if line["kind"] == "win":
            self.win(line)
            return
        self.entries += 1
        shard = self.shards.setdefault(line["shard"], Shard(line["shard"], self))
        shard.last_next = shard.next
        shard.entry(line)

    def win(self, line):
        name = f"player {line['player']} draw {line['draw_no']}: "
        key = (line["player"], line["draw_no"])
        record = next((r for r in self.records.get(key, ()) if r[:3] == (line["shard"], line["prize"], line["unit"])), None)
        self.wins += 1
        if key in self.paid:
            self.find(name + "paid twice")
        self.paid.add(key)
        if record is None:
            self.find(name + "the ledger has a win that the log has not")
            return
        table = self.tables[record[3]]
        fen = unit_fen(self.seed, self.campaign, table["prizes"][line["prize"] - 1], line["unit"])
        if fen != line["amount_fen"]:
            self.find(name + f"the ledger has {line['amount_fen']} fen, the unit is worth {fen}")

    def end(self, line):
        if line is None or (line.get("entries"), line.get("wins")) != (self.entries, self.wins):
            self.find("the file is not whole")
        for shard in self.shards.values():
            shard.close_gaps({"epoch": shard.epoch, "position": shard.next}, None)
        for player, draw_no in sorted(self.records.keys() - self.paid):
            self.find(f"player {player} draw {draw_no}: a win that the ledger has not")


# What a file that is not what it says it is leads to.
NOT_UNDERSTOOD = (ArithmeticError, AttributeError, LookupError, StopIteration, TypeError, ValueError)


def check(lines, checker):
    """Every line behind the header; answers the last one."""
    end = None
    for number, line in enumerate(lines, 2):
        try:
            entry = json.loads(line)
            if end is not None:
                checker.find("lines follow the end")
            if entry.get("end"):
                end = entry
            else:
                checker.line(entry)
        except NOT_UNDERSTOOD as error:
            checker.find(f"line {number} is not understood: {error!r}")
    return end


def main():
    parser = argparse.ArgumentParser(description="checks a campaign's published records")
    parser.add_argument("file")
    parser.add_argument("--secret", help="64 hex digits, when the file does not reveal it")
    options = parser.parse_args()
    with open(options.file, encoding="utf-8") as lines:
        try:
            header = json.loads(next(lines))
            secret = options.secret or header["secret"]
            if header["hongbao_records"] != 1 or not secret:
                raise ValueError("another format, or its secret is not revealed")
            checker = Checker(header, bytes.fromhex(secret))
        except NOT_UNDERSTOOD as error:
            print(f"not a records file that can be checked: {error!r}", file=sys.stderr)
            return 2
        end = check(lines, checker)
    checker.end(end)
    lost = sum(shard.lost for shard in checker.shards.values())
    print(f"{checker.campaign}: {checker.entries} entries, {checker.draws} draws, {checker.wins} wins, {lost} lost positions, "
          f"{checker.findings} findings")
    return 1 if checker.findings else 0


if __name__ == "__main__":
    sys.exit(main())
