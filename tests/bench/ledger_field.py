"""Who takes part in the ledger benchmark, all in one PostgreSQL of its own: our writer, the plain statement, COPY and pgbench."""
import hashlib
import json
import os
import shutil
import subprocess
import sys

import measure

sys.path.insert(0, os.path.join(measure.ROOT, "tests", "system"))
from ledger_cluster import BIN, CHECKS, SQL, Cluster  # noqa: E402

WRITER = os.path.join(os.environ.get("TEST_BUILD", os.path.join(measure.ROOT, "build", "release")), "tests", "ledger_writer")
OURS, PLAIN, PGBENCH, MANY = "hongbao", "plain", "pgbench", "many"
AMOUNT_FEN, UNITS = 100, 2_000_000_000  # of the one prize; ledger_writer.c knows the amount, too
COPIED_ROWS = 1_000_000


def memory_bytes():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


# What an operator gives a server that is there for the ledger; all that is not named is PostgreSQL's own default.
SETTINGS = {
    "shared_buffers": f"{memory_bytes() // 4 // 2**20}MB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "lz4",
}
TOLD = [*SETTINGS, "fsync", "synchronous_commit", "full_page_writes", "wal_level", "wal_buffers", "autovacuum", "server_version"]
# While rows are loaded that will be kept: a crash then means to load again.
LOADING = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_wal_size": "32GB"}


def schema():
    """What kept rows are of: the migrations, word for word."""
    whole = hashlib.sha256()
    for name in sorted(name for name in os.listdir(SQL) if name[0].isdigit()):
        with open(os.path.join(SQL, name), "rb") as file:
            whole.update(file.read())
    return whole.hexdigest()


def kept_folder(home):
    return os.path.join(os.path.abspath(home), "ledger-bench")


def kept_word(home, name):
    """What Field.keep() wrote, or nothing."""
    try:
        with open(os.path.join(kept_folder(home), name)) as file:
            return file.read()
    except FileNotFoundError:
        return None


class Field(Cluster):
    """`home`: where its data stay; without one they go with it."""

    def __init__(self, home=None, **settings):
        super().__init__([f"{name}={value}" for name, value in {**SETTINGS, **settings}.items()])
        self.home, self.kept = home, kept_folder(home) if home else None

    def __enter__(self):
        if self.kept is None:
            return super().__enter__()
        made = kept_word(self.home, "schema") != schema()
        if made and os.path.exists(self.kept):
            measure.say("  the rows that are kept are not whole, or of another schema: they are written anew")
        if made:
            shutil.rmtree(self.kept, ignore_errors=True)
            os.makedirs(self.kept, mode=0o700)
        if os.geteuid() == 0 and subprocess.run(["runuser", "-u", "postgres", "--", "test", "-x", os.path.dirname(self.kept)], cwd="/").returncode != 0:
            raise SystemExit(f"PostgreSQL does not run as root, and its user 'postgres' cannot enter {os.path.dirname(self.kept)}: choose another --home")
        if os.geteuid() == 0:
            shutil.chown(self.dir, "postgres")
            shutil.chown(self.kept, "postgres")
        os.symlink(self.kept + "/data", self.dir + "/data")
        if made:
            os.makedirs(self.kept + "/data", mode=0o700)
            if os.geteuid() == 0:
                shutil.chown(self.kept + "/data", "postgres")
            self.run("initdb", "-D", self.dir + "/data", "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale", "C")
        self.start()
        return self

    def __exit__(self, *failure):
        if self.kept is None:
            return super().__exit__(*failure)
        self.stop("fast", check=False)
        shutil.rmtree(self.dir, ignore_errors=True)

    def start(self):
        super().start()
        self.sql("SELECT 1", "postgres", "postgres")

    def keep(self, name, word):
        """From here on the next call goes on with what is there."""
        with open(os.path.join(self.kept, name), "w") as file:
            file.write(word)

    # ---- databases ----

    def super(self, text, database=OURS):
        return self.sql(text, "postgres", database)

    def databases(self):
        return [row[0] for row in self.super("SELECT datname FROM pg_database", "postgres")]

    def prepare(self):
        """The migrated database, of which each measurement gets a copy; once a cluster."""
        if "whole" not in self.databases():
            self.roles()
            self.migrate()
            self.super("ALTER DATABASE hongbao RENAME TO whole", "postgres")

    def fresh(self, database, shards):
        """A campaign of one cash prize, all of it leased in equal parts to its shards, which are open."""
        self.super(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)", "postgres")
        self.super(f"CREATE DATABASE {database} TEMPLATE whole", "postgres")
        each = UNITS // shards
        calls = [f"SELECT campaign_publish('bench', 1, '{{}}', '{{}}', sha256('table'), sha256('cover'), sha256('commitment'), sha256('secret'), NULL, "
                 f"'Asia/Shanghai', 1000, 4000000000000, '{{{','.join('0' * shards)}}}', '{{gold}}', '{{cash}}', '{{{UNITS}}}', "
                 f"'{{{UNITS * AMOUNT_FEN}}}')",
                 f"SELECT campaign_fund('bench', {UNITS * AMOUNT_FEN}, 'all')", "SELECT leader_take('bench', 0)"]
        for shard in range(shards):
            calls += [f"SELECT * FROM opening_begin(1, 1, {shard}::smallint)",
                      f"SELECT * FROM lease_take(1, 1, {shard}::smallint, 1::smallint, {shard * each}, {(shard + 1) * each}, {each * AMOUNT_FEN})"]
        self.sql(";".join(calls), database=database)

    def settle(self):
        """Nobody pays for what the one before left to be written."""
        self.super("CHECKPOINT", "postgres")

    def whole_books(self, database):
        wrong = [check for check in CHECKS if self.sql(f"SELECT * FROM check_{check} LIMIT 1", "hongbao_auditor", database)]
        if wrong:
            raise SystemExit(f"the books do not hold: {wrong}")

    def told(self):
        return {name: self.super(f"SHOW {name}", "postgres")[0][0] for name in TOLD}

    # ---- contestants: rows a second ----

    def writer(self, database, options, *words):
        role = "postgres" if "--plain" in words else "hongbao_engine"
        call = [WRITER, "--database", self.uri(role, database), "--workers", str(options.workers), "--shards", str(options.shards),
                "--units", str(UNITS // options.shards), *words]
        run = subprocess.run(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if run.returncode != 0:
            raise SystemExit(f"ledger_writer: {run.stderr}")
        return json.loads(run.stdout.splitlines()[-1])

    def ours(self, options):
        self.fresh(OURS, options.shards)
        self.settle()
        return self.writer(OURS, options, "--seconds", str(options.seconds), "--draws", str(options.draws))["rates"][0]

    def plain(self, options):
        """An equal table, partitioned too: the same columns, checks and key."""
        if PLAIN not in self.databases():
            self.super(f"CREATE DATABASE {PLAIN} TEMPLATE whole", "postgres")
        self.super("SET client_min_messages = error; DROP TABLE IF EXISTS plain_win; CREATE TABLE plain_win (LIKE hongbao.win INCLUDING ALL) "
                   "PARTITION BY LIST (campaign); CREATE TABLE plain_win_1 PARTITION OF plain_win FOR VALUES IN (1)", PLAIN)
        self.settle()
        return self.writer(PLAIN, options, "--plain", "plain_win", "--seconds", str(options.seconds), "--draws", str(options.draws))["rates"][0]

    def copy_file(self):
        """Rows that our writer wrote, as COPY wants them."""
        path = os.path.join(self.dir, "rows")
        if not os.path.exists(path):
            with open(path, "w") as out:
                subprocess.run([BIN + "/psql", "-Xq", self.uri("postgres", OURS), "-c", f"COPY (SELECT * FROM hongbao.win LIMIT {COPIED_ROWS}) TO STDOUT"],
                               stdout=out, check=True)
        return path

    def copy(self, options):
        """One COPY of all rows over one connection: nobody writes rows faster."""
        path = self.copy_file()
        self.super("SET client_min_messages = error; DROP TABLE IF EXISTS copied; CREATE TABLE copied (LIKE hongbao.win)")
        self.settle()
        call = [BIN + "/psql", "-Xqt", self.uri("postgres", OURS), "-c", "\\timing on", "-c", f"\\copy copied FROM '{path}'"]
        run = subprocess.run(call, stdout=subprocess.PIPE, text=True, check=True)
        seconds = float(run.stdout.split("Time: ")[1].split()[0]) / 1000
        return int(self.super("SELECT count(*) FROM copied")[0][0]) / seconds

    def pgbench(self, options):
        """Transactions a second."""
        if PGBENCH not in self.databases():
            measure.say("  pgbench makes its tables")
            self.super(f"CREATE DATABASE {PGBENCH}", "postgres")
            self.pgbench_run("-i", "-q", "-s", str(options.scale))
        self.settle()
        out = self.pgbench_run("-M", "prepared", "-c", "8", "-T", str(options.seconds))
        return float(next(line for line in out.splitlines() if line.startswith("tps = ")).split()[2])

    def pgbench_run(self, *words):
        return subprocess.run([BIN + "/pgbench", "-h", self.dir, "-U", "postgres", *words, PGBENCH], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True, check=True).stdout
