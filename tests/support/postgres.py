"""A Postgres server of the tests' own, in a temporary folder, reached by a socket there alone."""

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from itertools import count
from pathlib import Path

_NUMBERS = count(1)


def programs():
    """The folder of `initdb` and `pg_ctl`, which Debian keeps from the path; None where Postgres isn't installed."""
    found = shutil.which("pg_ctl")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    return next((folder for folder in reversed(folders) if (folder / "initdb").exists()), None)


@contextmanager
def server(bin):
    """Start one; gives the folder of its socket. Postgres refuses to run as root: another user runs it there."""
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))  # the path of a socket is at most 107 bytes
    other = {}
    if os.getuid() == 0:
        user = next(user for user in pwd.getpwall() if user.pw_name in ("postgres", "nobody"))
        os.chown(folder, user.pw_uid, user.pw_gid)
        other = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def run(program, *arguments, check=True):
        command = [str(bin / program), "-D", str(folder / "data"), *arguments]
        log = (folder / "log.txt").open("ab")
        with log:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, check=False, **other
            )
        assert done.returncode == 0 or not check, (folder / "log.txt").read_text()

    try:
        run("initdb", "--auth=trust", "--username=grader", "--encoding=UTF8", "--locale=C", "--no-sync")
        settings = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c max_connections=50"
        run("pg_ctl", "start", "--wait", "--timeout=60", "-o", settings)
        try:
            yield folder
        finally:
            run("pg_ctl", "stop", "--wait", "--mode=immediate", check=False)
    finally:
        shutil.rmtree(folder)


def create_schema(folder):
    """An empty schema of the server, which holds a class as a database would, and is made at once: its URL."""
    name = f"class_{next(_NUMBERS)}"
    execute(folder, f"CREATE SCHEMA {name}")
    return f"postgresql://grader@/postgres?host={folder}&options=-csearch_path%3D{name}"


def execute(folder, statement):
    """Run a statement on the server as its first user."""
    import psycopg

    with psycopg.connect(host=str(folder), user="grader", dbname="postgres", autocommit=True) as connection:
        connection.execute(statement)
