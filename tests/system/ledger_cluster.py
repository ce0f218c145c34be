"""A PostgreSQL cluster of its own for one test, with roles and migrations applied, spoken to through psql."""
import contextlib
import os
import re
import shutil
import subprocess
import tempfile

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BIN = os.environ.get("TEST_PG_BIN", "/usr/lib/postgresql/15/bin")
SQL = os.path.join(ROOT, "sql")
CHECKS = ["account", "stock", "prize", "shard", "unit", "batch", "seal", "orphan", "all"]  # the views check_*: no row is a sound ledger


class Refused(Exception):
    """The server refused; .code is its SQLSTATE."""

    def __init__(self, text):
        super().__init__(text)
        found = re.search(r"(?:ERROR|FATAL):  ([0-9A-Z]{5}):", text)
        self.code = found.group(1) if found else ""


class Session:
    """One connection, statement by statement. In a transaction, a refused statement leaves it usable. End it with close()."""

    END = "-- end of statement"

    def __init__(self, command):
        self.psql = subprocess.Popen([*command, "-v", "ON_ERROR_ROLLBACK=on"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL, text=True)

    def sql(self, text):
        self.psql.stdin.write(f"{text};\n\\echo :SQLSTATE :LAST_ERROR_MESSAGE\n\\echo '{self.END}'\n")
        self.psql.stdin.flush()
        lines = []
        for line in self.psql.stdout:
            if line.rstrip("\n") == self.END:
                break
            lines.append(line.rstrip("\n"))
        state, _, message = lines.pop().partition(" ")
        if state != "00000":
            raise Refused(f"ERROR:  {state}: {message}")
        return [line.split("\t") for line in lines]

    def one(self, text):
        return self.sql(text)[0][0]

    def close(self):
        self.psql.stdin.close()
        self.psql.wait(60)
        self.psql.stdout.close()


class Cluster:
    """`with Cluster() as cluster:` starts one; leaving stops it and removes it."""

    def __init__(self, settings=()):
        self.dir = tempfile.mkdtemp(prefix="hongbao-pg-")
        self.settings = ["listen_addresses=''", f"unix_socket_directories='{self.dir}'", "max_connections=50", *settings]

    def __enter__(self):
        if os.geteuid() == 0:
            shutil.chown(self.dir, "postgres")
        self.run("initdb", "-D", self.dir + "/data", "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale", "C")
        self.start()
        return self

    def __exit__(self, *_):
        self.stop(check=False)
        shutil.rmtree(self.dir, ignore_errors=True)

    def run(self, program, *words, check=True):
        call = [os.path.join(BIN, program), *words]
        if os.geteuid() == 0:
            call = ["runuser", "-u", "postgres", "--", *call]
        subprocess.run(call, check=check, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def start(self):
        options = " ".join(f"-c {setting}" for setting in self.settings)
        self.run("pg_ctl", "-D", self.dir + "/data", "-w", "-l", self.dir + "/log", "-o", options, "start")

    def stop(self, mode="immediate", check=True):
        self.run("pg_ctl", "-D", self.dir + "/data", "-w", "-m", mode, "stop", check=check)

    def restart(self, mode="immediate"):
        self.stop(mode)
        self.start()

    def uri(self, role, database="hongbao"):
        return f"postgresql:///{database}?host={self.dir}&user={role}"

    def command(self, role, database="hongbao", stop="1"):
        return ["psql", "-XqAt", "-v", f"ON_ERROR_STOP={stop}", "-v", "VERBOSITY=verbose", "-F", "\t", self.uri(role, database)]

    def sql(self, text, role="hongbao_engine", database="hongbao"):
        """Runs statements; answers the last rows as lists of texts."""
        run = subprocess.run(self.command(role, database), input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if run.returncode != 0:
            raise Refused(run.stderr)
        return [line.split("\t") for line in run.stdout.splitlines()]

    def session(self, role="hongbao_engine", database="hongbao"):
        return Session(self.command(role, database, stop="0"))

    def codes(self, statements, role, before=""):
        """Runs each whatever becomes of it; answers the SQLSTATE of each, None for one that was carried out."""
        text = before + "".join(f"\n{statement};\n\\echo :SQLSTATE\n" for statement in statements)
        run = subprocess.run(self.command(role, stop="0"), input=text, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return [None if line == "00000" else line for line in run.stdout.splitlines()]

    @contextlib.contextmanager
    def transaction(self, statement, role="hongbao_engine"):
        """Holds a transaction open that has carried out the statement; its row. Commits at the end."""
        session = subprocess.Popen(self.command(role), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        session.stdin.write(f"BEGIN;\n{statement};\n")
        session.stdin.flush()
        try:
            yield session.stdout.readline().rstrip("\n").split("\t")
        finally:
            _, errors = session.communicate("COMMIT;\n", timeout=60)
        if session.returncode != 0:
            raise Refused(errors)

    def one(self, text, role="hongbao_engine"):
        return self.sql(text, role)[0][0]

    def roles(self):
        self.sql("CREATE DATABASE hongbao", "postgres", "postgres")
        with open(os.path.join(SQL, "roles.sql"), encoding="utf-8") as file:
            text = file.read()
        self.sql(text, "postgres")
        self.sql(text, "postgres")  # may be run again

    def migrate(self, first=0, last=999):
        """What `hongbao migrate` does, without a build; of the migrations from first to last."""
        table = ("CREATE TABLE migration (number int PRIMARY KEY, name text NOT NULL, sha256 bytea NOT NULL, "
                 "applied_at timestamptz NOT NULL DEFAULT clock_timestamp());")
        own = "SET ROLE hongbao_owner; SET search_path = hongbao;"
        if first == 0:
            self.sql(own + table, "hongbao_migrator")
        for name in sorted(os.listdir(SQL)):
            if re.match(r"\d{3}_.*\.sql$", name) and first <= int(name[:3]) <= last:
                with open(os.path.join(SQL, name), encoding="utf-8") as file:
                    self.sql(f"BEGIN; {own}\n{file.read()}\nCOMMIT;", "hongbao_migrator")

    def drop(self):
        self.sql("DROP DATABASE IF EXISTS hongbao WITH (FORCE)", "postgres", "postgres")
