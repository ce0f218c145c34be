"""Runs pg_test, ledger_writer_test and ledger_twins_test against a cluster of their own, then asks the auditor's checks.

Usage: ledger_writer.py FOLDER-OF-THE-PROGRAMS
"""
import os
import shlex
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ledger_cluster import BIN, CHECKS, SQL, Cluster  # noqa: E402


def control(cluster):
    """A command that takes restart, stop or start; always the immediate way, as a crash would be."""
    words = [os.path.join(BIN, "pg_ctl"), "-D", cluster.dir + "/data", "-w", "-m", "immediate", "-l", cluster.dir + "/log", "-o",
             " ".join(f"-c {setting}" for setting in cluster.settings)]
    if os.geteuid() == 0:
        words = ["runuser", "-u", "postgres", "--", *words]
    path = os.path.join(cluster.dir, "control.sh")
    with open(path, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\nexec " + " ".join(shlex.quote(w) for w in words)
                   + ' "$1" </dev/null >/dev/null 2>&1\n')
    os.chmod(path, 0o755)
    return path


def main():
    folder = os.path.abspath(sys.argv[1])
    with Cluster() as cluster, tempfile.TemporaryDirectory() as work:
        cluster.roles()
        environment = dict(os.environ, TEST_URI=cluster.uri("hongbao_engine"), TEST_SQL=SQL,
                           TEST_MIGRATOR_URI=cluster.uri("hongbao_migrator"), TEST_CONTROL=control(cluster))
        for program in ("pg_test", "ledger_writer_test", "ledger_twins_test"):
            run = subprocess.run([os.path.join(folder, program)], env=environment, cwd=work, timeout=300)
            if run.returncode != 0:
                return 1
        for check in CHECKS:
            found = cluster.sql(f"SELECT * FROM check_{check}", "hongbao_auditor")
            if found:
                print(f"check_{check}: {found[:5]}")
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
