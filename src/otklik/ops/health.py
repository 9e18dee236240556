"""How the house is: each check says in words whether it holds; the command and the probe read the same list."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from otklik.channels import balance
from otklik.jobs import dead_letters
from otklik.ops import invariants
from otklik.ops.postgres import DatabaseRefused
from otklik.ops.reaching import refuse_silence
from otklik.ops.words import _
from otklik.outbox.alarms import stuck

SKEW = 2.0  # seconds between this machine's clock and the database's
ROOM = 1024**3  # bytes that should be free where the data is
MANY = 100  # dead letters that are counted
OLDEST_TRANSACTION = 60.0  # seconds; an old one delays the live feed and the cleaning of tables


@dataclass(frozen=True)
class Finding:
    """The result of one check."""

    name: str
    held: bool
    words: str


def findings() -> list[Finding]:
    """Run the checks in order; a check that the database refuses is a finding, and the last one."""
    found: list[Finding] = []
    for check in CHECKS:
        try:
            found += check()
        except DatabaseError as problem:
            found.append(Finding(check.__name__.strip("_"), False, str(problem).strip()))
            break
    return found


def ready() -> bool:
    """True when the database answers and is of this version."""
    try:
        return all(finding.held for check in (_database, _migrations) for finding in check())
    except DatabaseError:
        return False


def invariant_findings() -> list[Finding]:
    """One finding per invariant, with the spots where it does not hold."""
    found = []
    for name in invariants.INVARIANTS:
        spots = invariants.spots(name)
        found.append(Finding(name, not spots, "; ".join(spots) or _("it holds")))
    return found


def report(*, as_json: bool, deep: bool = False) -> int:
    """Print the findings, with ``deep`` those of the invariants too; 0 when all hold, else 1."""
    found = _silence() or findings()
    if deep and all(finding.held for finding in found[:2]):
        found += invariant_findings()
    if as_json:
        print(json.dumps([asdict(finding) for finding in found], ensure_ascii=False, indent=2))
    else:
        for finding in found:
            print(f"{'✓' if finding.held else '✗'} {finding.name}: {finding.words}")
    return 0 if all(finding.held for finding in found) else 1


def _silence() -> list[Finding]:
    """The one finding where nobody answers: told at once, not after a pool of connections tried for ten seconds."""
    try:
        refuse_silence(settings.DATABASE_URL)
    except DatabaseRefused as refusal:
        return [Finding("database", False, str(refusal))]
    return []


def _database() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('server_version'), current_user, lower('Ё') = 'ё'")
        version, role, letters = cursor.fetchone()
        cursor.execute("select tableowner = current_user from pg_tables where tablename = 'django_migrations'")
        owns = any(owner for (owner,) in cursor.fetchall())
    yield Finding(
        "database", bool(letters), _("PostgreSQL %(version)s as %(role)s") % {"version": version, "role": role}
    )
    words = _("the application owns its tables") if owns else _("the application may not alter its tables")
    yield Finding("role", True, words)


def _migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    names = ", ".join(str(migration) for migration, _backwards in waiting)
    yield Finding("migrations", not waiting, names or _("the database is of this version"))


def _clocks() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        before = time.time()
        cursor.execute("select clock_timestamp()")
        (theirs,) = cursor.fetchone()
    ours = datetime.fromtimestamp((before + time.time()) / 2, UTC)
    skew = (theirs - ours).total_seconds()
    yield Finding("clocks", abs(skew) <= SKEW, _("the database's clock differs by %s s") % f"{skew:+.2f}")


def _oldest_transaction() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0)::float8 from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"
        )
        (age,) = cursor.fetchone()
    yield Finding("transactions", age <= OLDEST_TRANSACTION, _("the oldest is open for %s s") % f"{age:.1f}")


def _dead_letters() -> Iterator[Finding]:
    found = len(dead_letters(MANY))
    yield Finding("jobs", not found, _("%s jobs were given up") % found if found else _("no job was given up"))


def _mail() -> Iterator[Finding]:
    """Every letter has its outcome, the mail servers count as we do, and every mailbox can be read."""
    off = [f"{sheet.mailbox.name}: {words}" for sheet in balance.sheets() for words in sheet.discrepancies]
    off += [f"{name}: {words}" for name, words in balance.unread()]
    yield Finding("mail", not off, "; ".join(off) or _("every letter is accounted for"))


def _outgoing() -> Iterator[Finding]:
    waits = stuck()
    words = _("nothing leaves since %(time)s: %(answer)s")
    told = {"time": f"{waits.first_attempt_at:%H:%M} UTC", "answer": waits.answer} if waits is not None else {}
    yield Finding("outgoing mail", waits is None, words % told if told else _("letters leave"))


def _room() -> Iterator[Finding]:
    free = shutil.disk_usage(settings.HOME).free
    yield Finding("disk", free >= ROOM, _("%s GiB are free") % f"{free / 1024**3:.1f}")


CHECKS: list[Callable[[], Iterator[Finding]]] = [
    _database,
    _migrations,
    _clocks,
    _oldest_transaction,
    _dead_letters,
    _mail,
    _outgoing,
    _room,
]
