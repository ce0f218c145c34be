#!/usr/bin/python3
"""Compares what hongbao-load was told (--outcomes) with the ledger, the players' own lists of wins and their numbers.

  check_outcomes.py --outcomes FILE --campaign ID --database URI [--again FILE] [--memory-lost] [--exclusive]
                    [--api URL --tokens FILE [--sample N]]

* every key ended once; every user is one player, every player one user
* a user's acknowledged draw numbers rise from 1 without a gap; a gap needs a draw of that user that was given up
* every acknowledged win is in the ledger, with its prize and amount; no acknowledged blank is a win there
* the ledger has no other win of these players, but for draws that were given up; --exclusive: nor of anybody else
* no prize has more wins than units, no unit is won twice, no player has more wins of a prize than the prize allows
* --again, what the same run was told when it asked again with the same keys: every key has the same answer as before
* with --api: a sample of players is asked for /wins, which is the ledger's list, and for /me, whose next number fits

--memory-lost: Redis came back with less than it had. Blanks, and only they, may be forgotten: their number is drawn again, or
their key is a new draw. They are counted and listed; all else holds. With an --again the keys that were asked must be few
enough for all answers of a player to be remembered.

The database is read once, after the API: run it when no draw is under way. Exit status 1: something differs.
"""
import argparse
import collections
import http.client
import json
import random
import subprocess
import sys
import urllib.parse

PSQL = "/usr/lib/postgresql/15/bin/psql"
PROBLEMS_MAX = 20


class User:
    """One line of the token file."""

    def __init__(self):
        self.player, self.unknown, self.refused = None, 0, 0
        self.draws = {}  # draw number: the outcome's line
        self.last = 0


def is_drawn(line):
    return line["outcome"] in ("won", "none")


class Check:
    def __init__(self, memory_lost=False):
        self.users = collections.defaultdict(User)
        self.problems, self.lines, self.checked = [], 0, 0
        self.told = {}  # key: line
        self.memory_lost = memory_lost
        self.forgotten = []  # lines of blanks that were forgotten
        self.drawn_otherwise = 0  # of them, those whose number gave something when it was drawn again
        self.again = 0  # keys that were asked again
        self.stock = {}  # prize: (wins, units)

    def problem(self, text):
        self.problems.append(text)

    # ---- what the generator was told ----

    def parse(self, path):
        with open(path, encoding="utf-8") as file:
            for number, text in enumerate(file, 1):
                try:
                    yield json.loads(text)
                except ValueError:
                    self.problem(f"{path}:{number}: not a JSON line")

    def read(self, path):
        for line in self.parse(path):
            if line["key"] in self.told:
                self.problem(f"key {line['key']} ended twice")
            self.told[line["key"]] = line
            self.lines += 1
            self.take(line)

    def take(self, line):
        user = self.users[line["user"]]
        if not is_drawn(line):
            user.unknown += line["outcome"] == "unknown"
            user.refused += line["outcome"] == "refused"
            return
        draw_no = line["draw_no"]
        player, _, suffix = line.get("draw_id", "").rpartition("-")
        if suffix != str(draw_no) or (user.player or player) != player:
            self.problem(f"user {line['user']}: draw_id {line.get('draw_id')} of draw {draw_no} does not fit")
        user.player = player
        if draw_no <= user.last and not self.forget(user, draw_no, line):
            self.problem(f"user {line['user']}: draw {draw_no} was acknowledged after draw {user.last}")
        if line["outcome"] == "won" and not line.get("prize"):
            self.problem(f"user {line['user']}: draw {draw_no} is won, without a prize")
        user.last = max(user.last, draw_no)
        user.draws[draw_no] = line

    def forget(self, user, draw_no, line):
        """A number comes again: that one and all after it were blanks, and lost."""
        lost = [user.draws[number] for number in range(draw_no, user.last + 1) if number in user.draws]
        if not self.memory_lost or any(blank["outcome"] == "won" for blank in lost):
            return False
        self.drawn_otherwise += line["outcome"] == "won"
        for blank in lost:
            self.forgotten.append(blank)
            del user.draws[blank["draw_no"]]
        user.last = draw_no - 1
        return True

    def read_again(self, path):
        """The same keys once more: what was told is told again. A draw that was given up, or forgotten, is made now."""
        asked = set()
        for line in self.parse(path):
            told = self.told.get(line["key"])
            if told is None or not is_drawn(told):
                self.resolve(told, line)
                continue
            asked.add(line["key"])
            same = all(line.get(name) == told.get(name) for name in ("outcome", "draw_id", "draw_no", "prize", "amount_fen", "chances_left"))
            if same and line["replayed"]:
                continue
            if not self.memory_lost or told["outcome"] == "won":
                self.problem(f"key {told['key']}: told {told}, asked again {line}")
                continue
            user = self.users[told["user"]]
            if user.draws.get(told["draw_no"]) is told:
                self.forgotten.append(told)
                del user.draws[told["draw_no"]]
                user.last = max(user.draws, default=0)
            self.take(line)
        missing = sum(is_drawn(line) for line in self.told.values()) - len(asked)
        if missing:
            self.problem(f"{missing} keys were not asked again")
        self.again = len(asked)

    def resolve(self, told, line):
        user = self.users[line["user"]]
        if told is not None:
            user.unknown -= told["outcome"] == "unknown"
            user.refused -= told["outcome"] == "refused"
        self.take(line)

    def check_numbers(self):
        players = collections.Counter(user.player for user in self.users.values() if user.player)
        for player, count in players.items():
            if count > 1:
                self.problem(f"player {player} is {count} users")
        for index, user in self.users.items():
            missing = user.last - len(user.draws)
            if missing > user.unknown:
                self.problem(f"user {index}: {missing} numbers up to {user.last} are missing, {user.unknown} draws were given up")

    # ---- the ledger ----

    def ledger(self, database, campaign):
        """{player: {draw_no: (prize, amount)}}"""
        wins = collections.defaultdict(dict)
        for player, draw_no, prize, amount in self.query(database, campaign, (
                "select replace(w.player::text, '-', ''), w.draw_no, p.prize_id, w.amount_fen from hongbao.win w "
                "join hongbao.campaign c on c.id = w.campaign join hongbao.prize p on p.campaign = c.id and p.prize = w.prize "
                "where c.slug = :'slug'")):
            wins[player][int(draw_no)] = (prize, int(amount))
        return wins

    @staticmethod
    def query(database, campaign, text):
        run = subprocess.run([PSQL, database, "-qtAX", "-F", ",", "-v", "ON_ERROR_STOP=1", "-v", "slug=" + campaign],
                             input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=600)
        if run.returncode != 0:
            raise SystemExit("check_outcomes: " + run.stderr.strip())
        return [row.split(",") for row in run.stdout.split()]

    def check_stock(self, database, campaign):
        """By the win rows themselves, not by what the books say about them."""
        rows = self.query(database, campaign, (
            "select p.prize_id, p.units, count(w.unit), count(distinct w.unit), coalesce(max(w.unit), -1) from hongbao.prize p "
            "join hongbao.campaign c on c.id = p.campaign left join hongbao.win w on w.campaign = p.campaign and w.prize = p.prize "
            "where c.slug = :'slug' group by 1, 2 order by 1"))
        for prize, units, won, distinct, highest in ((row[0], *map(int, row[1:])) for row in rows):
            self.stock[prize] = (won, units)
            if won > units or distinct != won or highest >= units:
                self.problem(f"prize {prize}: {won} wins of {distinct} units, the highest {highest}, of {units} units")
        for prize, player, wins, cap in self.query(database, campaign, (
                "select p.prize_id, w.player, count(*), d.cap from hongbao.win w join hongbao.campaign c on c.id = w.campaign "
                "join hongbao.prize p on p.campaign = c.id and p.prize = w.prize "
                "join (select v.campaign, q ->> 'id' as id, max((q ->> 'wins_per_player')::int) as cap from hongbao.campaign_version v, "
                "jsonb_array_elements(v.document -> 'prizes') q group by 1, 2) d on d.campaign = c.id and d.id = p.prize_id "
                "where c.slug = :'slug' and d.cap > 0 group by 1, 2, 4 having count(*) > d.cap")):
            self.problem(f"player {player} has {wins} wins of {prize}, {cap} are allowed")

    def check_user(self, index, user, wins):
        extra = 0
        for draw_no, line in user.draws.items():
            self.checked += 1
            told = (line["prize"], line.get("amount_fen", 0)) if line["outcome"] == "won" else None
            if wins.get(draw_no) != told:
                self.problem(f"user {index} ({user.player}) draw {draw_no}: told {told}, the ledger has {wins.get(draw_no)}")
        for draw_no in wins.keys() - user.draws.keys():
            extra += 1
            if extra > user.unknown:
                self.problem(f"user {index} ({user.player}): the ledger's win of draw {draw_no} was never acknowledged")

    def check_ledger(self, wins, exclusive):
        players = {user.player for user in self.users.values()}
        for index, user in self.users.items():
            self.check_user(index, user, wins.get(user.player, {}))
        others = sum(len(of) for player, of in wins.items() if player not in players)
        allowed = sum(user.unknown for user in self.users.values() if user.player is None)
        if exclusive and others > allowed:
            self.problem(f"{others} wins in the ledger are of other players")

    # ---- the players' own view ----

    def get(self, connection, path, token):
        connection.request("GET", path, headers={"Authorization": "Bearer " + token})
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise SystemExit(f"check_outcomes: GET {path}: {response.status} {body[:200]!r}")
        return json.loads(body)

    def listed(self, connection, campaign, token):
        wins, cursor = {}, ""
        while True:
            page = self.get(connection, f"/v1/campaigns/{campaign}/wins?limit=200{cursor}", token)
            for win in page["wins"]:
                if win["draw_no"] in wins:
                    self.problem(f"draw {win['draw_id']} is listed twice")
                wins[win["draw_no"]] = (win["prize"]["id"], win["prize"].get("amount_fen", 0))
            if page["next_cursor"] is None:
                return wins
            cursor = "&cursor=" + urllib.parse.quote(page["next_cursor"])

    def check_api(self, api, campaign, tokens, sample, wins):
        url = urllib.parse.urlsplit(api)
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
        asked = sorted(index for index, user in self.users.items() if user.player)
        for index in random.Random(1).sample(asked, min(sample, len(asked))):
            user = self.users[index]
            if self.listed(connection, campaign, tokens[index]) != wins.get(user.player, {}):
                self.problem(f"user {index}: /wins is not what the ledger has")
            drawn = self.get(connection, f"/v1/campaigns/{campaign}/me", tokens[index])["next_draw_no"] - 1
            if not (user.last <= drawn or self.memory_lost) or drawn > len(user.draws) + user.unknown:
                self.problem(f"user {index}: /me counts {drawn} draws, {len(user.draws)} were acknowledged, {user.unknown} given up")
        connection.close()


def check(outcomes, campaign, database, api=None, tokens=None, sample=50, exclusive=False, again=None, memory_lost=False):
    """Returns a Check; its problems are empty when all fits."""
    result = Check(memory_lost)
    result.read(outcomes)
    if again is not None:
        result.read_again(again)
    result.check_numbers()
    wins = result.ledger(database, campaign)
    result.check_ledger(wins, exclusive)
    result.check_stock(database, campaign)
    if api is not None:
        result.check_api(api, campaign, tokens, sample, wins)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--outcomes", required=True)
    parser.add_argument("--campaign", required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--api")
    parser.add_argument("--tokens")
    parser.add_argument("--sample", type=int, default=50)
    parser.add_argument("--exclusive", action="store_true")
    parser.add_argument("--again")
    parser.add_argument("--memory-lost", action="store_true")
    args = parser.parse_args()
    if (args.api is None) != (args.tokens is None):
        parser.error("--api and --tokens go together")
    tokens = open(args.tokens, encoding="utf-8").read().split() if args.tokens else None
    result = check(args.outcomes, args.campaign, args.database, args.api, tokens, args.sample, args.exclusive, args.again,
                   args.memory_lost)
    for problem in result.problems[:PROBLEMS_MAX]:
        print(problem)
    print(f"{result.lines} draws of {len(result.users)} users, {result.checked} acknowledged and compared, {result.again} asked again, "
          f"{len(result.forgotten)} blanks forgotten, {len(result.problems)} problems")
    return 1 if result.problems else 0


if __name__ == "__main__":
    sys.exit(main())
