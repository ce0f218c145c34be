"""A running engine for the tests: brought up by ./dev in a home and on a port of its own, spoken to over HTTP."""
import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid

from waiting import wait

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BINARY = os.path.join(os.environ.get("TEST_BUILD", os.path.join(ROOT, "build", "release")), "engine", "hongbao")  # ./dev reads it too
PSQL = "/usr/lib/postgresql/15/bin/psql"
OUTSIDER = os.path.join(ROOT, "tests", "support", "verify_records.py")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = body
        self.json = json.loads(body) if "json" in self.headers.get("content-type", "") else None

    def says_again(self):
        """Nothing was refused for good: the same request may be sent again."""
        return self.status >= 500 or self.status == 429

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Client:
    """One keep-alive connection."""

    def __init__(self, port, timeout=15):
        self.port, self.timeout, self.connection = port, timeout, None

    def call(self, method, path, token=None, key=None, body=None, headers=None):
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = "Bearer " + token
        if key:
            sent["Idempotency-Key"] = key
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        try:
            self.connection.request(method, path, body=body, headers=sent)
            response = self.connection.getresponse()
            return Answer(response, response.read())
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None


class Engine:
    """`with Engine() as engine:` brings one up; leaving stops it and removes its home."""

    def __init__(self):
        self.home = tempfile.mkdtemp(prefix="hongbao-test-")
        self.port = free_port()
        self.facts = None

    def __enter__(self):
        try:
            self.up()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, kind, *rest):
        if kind is not None:
            self.print_log()
        self.dev("down")
        shutil.rmtree(self.home, ignore_errors=True)

    def print_log(self, lines=30):
        path = os.path.join(self.home, "log", "engine.log")
        if os.path.exists(path):
            with open(path, errors="replace") as log:
                print("".join(log.readlines()[-lines:]))

    # ---- ./dev and the binary ----

    def dev(self, call, *words, check=True):
        run = subprocess.run([os.path.join(ROOT, "dev"), call, "--home", self.home, *words], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=600)
        if check and run.returncode != 0:
            raise AssertionError(f"./dev {call} failed: {run.stdout}{run.stderr}")
        return run

    def up(self):
        run = self.dev("up", "--detach", "--json", "--yes", "--port", str(self.port))
        self.facts = json.loads(run.stdout.strip().splitlines()[-1])
        return self.facts

    def hongbao(self, *words, check=True, stdin=None, timeout=300):
        run = subprocess.run([BINARY, *words, "--home", self.home], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             text=True, timeout=timeout)
        if check and run.returncode != 0:
            raise AssertionError(f"hongbao {' '.join(words)} answered {run.returncode}: {run.stdout}{run.stderr}")
        return run

    def tokens(self, user, count):
        return self.hongbao("token", "--user", user, "--count", str(count)).stdout.split()

    def token(self, user):
        return self.hongbao("token", "--user", user).stdout.strip()

    # ---- a campaign's life ----

    def write(self, document):
        path = os.path.join(self.home, document["id"] + ".json")
        with open(path, "w") as out:
            json.dump(document, out, ensure_ascii=False)
        return path

    def publish(self, document, fen=None):
        """fen: how much is paid in; None: all that it may cost."""
        self.hongbao("campaign", "publish", self.write(document))
        self.fund(document["id"], fen)
        self.wait_open(document["id"])

    def fund(self, campaign, fen=None):
        amount = ["--all"] if fen is None else ["--fen", str(fen)]
        self.hongbao("campaign", "fund", campaign, *amount, "--key", str(uuid.uuid4()))

    def shards(self, campaign):
        return int(self.sql(f"select shards from campaign where slug = '{campaign}'"))

    def wait_open(self, campaign, port=None, seconds=30):
        """Every shard of it answers, at this node: /readyz may still speak of the campaigns before."""
        client, tokens = Client(port or self.port), self.tokens("probe", 16 * self.shards(campaign))
        self.wait(lambda: all(client.call("GET", f"/v1/campaigns/{campaign}/me", token).status == 200 for token in tokens), seconds,
                  f"{campaign} is open")

    def wait_stored(self, campaign, seconds=20):
        """While nobody draws: every entry of its log is in the ledger; the drain takes a second or two."""
        logs = [f"{{{campaign}:{shard}}}:log" for shard in range(self.shards(campaign))]
        self.wait(lambda: all(self.redis("xlen", log) == "0" for log in logs), seconds, f"the log of {campaign} is stored")

    def wait_home(self, campaign, seconds=30):
        """After the end: the stock that nobody won is back."""
        out = ("select coalesce(sum(leased_units - won_units - returned_units), 0) from stock s "
               f"join campaign c on c.id = s.campaign where slug = '{campaign}'")
        self.wait(lambda: self.sql(out) == "0", seconds, f"unused stock of {campaign} is back")

    def end(self, campaign):
        """Ends it; then its stock is home and its log is whole."""
        self.hongbao("campaign", "end", campaign)
        self.wait_home(campaign)
        self.wait_stored(campaign)

    # ---- processes ----

    def pid(self, name):
        with open(os.path.join(self.home, f"run-{name}.pid")) as file:
            return int(file.read())

    def kill(self, name, signal_number=signal.SIGKILL):
        """Ends one process that this engine's ./dev up started; waits until it is gone when killed."""
        pid = self.pid(name)
        os.kill(pid, signal_number)
        if signal_number == signal.SIGKILL:
            self.wait(lambda: not os.path.exists(f"/proc/{pid}") or b"Z" == self.state(pid), 20, f"{name} is gone")

    @staticmethod
    def state(pid):
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                return file.read().rsplit(b")", 1)[1].split()[0]
        except OSError:
            return b"Z"

    @contextlib.contextmanager
    def node(self, *words):
        """One more `hongbao serve` on the same Redis and PostgreSQL: its process and its port."""
        port = free_port()
        path = os.path.join(self.home, "log", f"node-{port}.log")
        with open(path, "w") as log:
            process = subprocess.Popen([BINARY, "serve", "--home", self.home, f"--http.port={port}", *words], stdin=subprocess.DEVNULL,
                                       stdout=log, stderr=subprocess.STDOUT)
        try:
            self.wait(lambda: Client(port).call("GET", "/readyz").status == 200, 30, "the second node is ready")
            yield process, port
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def leader(self):
        """The port of the node that does the fleet's duties."""
        return int(self.sql("select node from leader").rsplit(":", 1)[1])

    # ---- talking to it ----

    def client(self, timeout=15):
        return Client(self.port, timeout)

    def draw(self, client, token, key=None, campaign="spring", body=None):
        return client.call("POST", f"/v1/campaigns/{campaign}/draws", token, key or str(uuid.uuid4()), body)

    @staticmethod
    def surely(ask, seconds=60):
        """Asks again until there is an answer that is not 'come back'."""
        until, answer = time.monotonic() + seconds, None
        while True:
            try:
                answer = ask()
                if not answer.says_again():
                    return answer
            except (OSError, http.client.HTTPException) as error:
                answer = error
            if time.monotonic() > until:
                raise AssertionError(f"no answer within {seconds} s but {answer!r}")
            time.sleep(0.1)

    def draw_surely(self, client, token, key, campaign="spring", seconds=60, body=None):
        """As a patient phone: always with the same key."""
        return self.surely(lambda: self.draw(client, token, key, campaign, body), seconds)

    def all_wins(self, client, token, campaign="spring"):
        wins, cursor = [], ""
        while True:
            path = f"/v1/campaigns/{campaign}/wins?limit=200{cursor}"
            page = self.surely(lambda: client.call("GET", path, token))
            if page.status != 200:
                raise AssertionError(f"wins: {page}")
            wins += page.json["wins"]
            if page.json["next_cursor"] is None:
                return wins
            cursor = "&cursor=" + page.json["next_cursor"]

    def sql(self, query, role="hongbao_super", check=True):
        uri = self.facts["database"].replace("hongbao_auditor", role)
        run = subprocess.run([PSQL, uri, "-qtAX", "-v", "ON_ERROR_STOP=1", "-c", f"set search_path=hongbao; {query}"],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
        if check and run.returncode != 0:
            raise AssertionError(run.stderr)
        return run.stdout.strip() if check else run

    def redis(self, *words):
        path = self.facts["redis"].removeprefix("unix:")
        return subprocess.run(["redis-cli", "-s", path, *words], stdout=subprocess.PIPE, text=True, timeout=60, check=True).stdout.strip()

    @staticmethod
    def wait(condition, seconds, what):
        wait(condition, what, seconds, not_yet=(OSError, http.client.HTTPException))

    def wait_ready(self, seconds=30):
        self.wait(lambda: self.client().call("GET", "/readyz").status == 200, seconds, "ready")

    # ---- the books ----

    def audit(self):
        run = self.hongbao("audit", "--json", check=False)
        return run.returncode, json.loads(run.stdout) if run.stdout.strip().startswith("{") else {"raw": run.stdout + run.stderr}

    def assert_verified(self, test, campaign, *words):
        """verify-draws finds nothing; its totals."""
        run = self.hongbao("verify-draws", campaign, "--json", *words, check=False)
        test.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        return json.loads(run.stdout)

    def assert_books_balance(self, test, campaigns=("spring",)):
        code, report = self.audit()
        test.assertEqual(code, 0, report)
        for campaign in campaigns:
            self.assert_verified(test, campaign, "--so-far")

    def assert_outsiders_agree(self, test, campaign):
        """The records of an ended, revealed campaign, checked without our code; the records' first line."""
        path = os.path.join(self.home, "records.jsonl")
        with open(path, "w") as out:
            out.write(self.hongbao("records", "export", campaign).stdout)
        run = subprocess.run([sys.executable, OUTSIDER, path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
        test.assertEqual(run.returncode, 0, run.stdout)
        with open(path) as records:
            return records.readline()
