"""What must hold whatever happened (safety.md, I4, I6, I7): computed from the data, slow, asked for by name."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import connection

from otklik import clock
from otklik.channels.models import Inbound
from otklik.jobs.models import QueuedJob
from otklik.journal import seal
from otklik.ops.words import _
from otklik.sla import verify
from otklik.tickets import desk
from otklik.tickets.attachments import path_of
from otklik.tickets.models import Attachment, Ticket, Upload

SHOWN = 20  # spots named for one invariant
ORPHAN = 24 * 3600.0  # seconds after which bytes that nothing refers to are a finding
STUCK = timedelta(hours=1)  # a job so long past its time, or past its lease
DIGEST = re.compile(r"[0-9a-f]{64}")

HEADS = """
select h.kind || ':' || h.subject, h.seq, coalesce(e.entries, 0), coalesce(e.newest, 0) from journal_head h
  left join (select subject_kind, subject_id, count(*) as entries, max(seq) as newest
               from journal_entry group by 1, 2) e
    on (e.subject_kind, e.subject_id) = (h.kind, h.subject)
 where (h.seq, h.seq) <> (coalesce(e.entries, 0), coalesce(e.newest, 0))"""
# One command raises the version once, history once per fact; facts of one command share their correlation and cause.
VERSIONS = """
select t.number, t.version, e.commands, e.facts from tickets_ticket t join (
  select subject_id, count(*) as facts,
         count(distinct (correlation, cause)) filter (where provenance is null) +
         count(*) filter (where provenance is not null) as commands
    from journal_entry where subject_kind = 'ticket' and bumps_version group by 1) e on e.subject_id = t.id::text
 where t.version not between e.commands and e.facts"""


def tickets() -> Iterator[str]:
    """I4: the row of every ticket is the fold of its journal."""
    for ticket in Ticket.objects.order_by("number").iterator(chunk_size=200):
        for name, (stored, folded) in desk.differences(ticket).items():
            yield f"№ {ticket.number}: {name} {stored!r} ≠ {folded!r}"


def clocks() -> Iterator[str]:
    """I4: every stored clock reads as the journal has it."""
    for one in verify.verify():
        yield f"№ {one.ticket} {one.clock}: {one.name} {one.stored} ≠ {one.recomputed}"


def heads() -> Iterator[str]:
    """The head of every subject counts its entries."""
    for subject, seq, entries, newest in _rows(HEADS):
        yield f"{subject}: head {seq}, entries {entries}, newest {newest}"


def versions() -> Iterator[str]:
    """The version of a ticket is the number of commands that changed it."""
    for number, version, commands, facts in _rows(VERSIONS):
        yield f"№ {number}: version {version}, commands {commands}…{facts}"


def chains() -> Iterator[str]:
    """No entry of the journal was changed, added or taken out by hand."""
    for finding in seal.verify():
        yield f"{finding.subject} {finding.seq}: {finding.what}"


def files() -> Iterator[str]:
    """I6: what is referred to exists, and nothing lies about for a day without being referred to."""
    known: set[str] = set()
    for rows in (Attachment.objects.all(), Upload.objects.all(), Inbound.objects.all()):
        known |= set(rows.values_list("sha256", flat=True))
    for digest in sorted(known - {""}):
        if not path_of(digest).exists():
            yield _("no bytes of %s") % digest
    before = time.time() - ORPHAN
    for file in Path(settings.FILES).glob("??/??/*"):
        if DIGEST.fullmatch(file.name) and file.name not in known and file.stat().st_mtime < before:
            yield _("nothing refers to %s") % file.name


def jobs() -> Iterator[str]:
    """I7: every job has a live owner or a due time to come."""
    old = clock.now() - STUCK
    for job in QueuedJob.objects.filter(worker=None, run_at__lt=old).order_by("run_at")[:SHOWN]:
        yield _("%(task)s waits since %(moment)s") % {"task": job.task, "moment": job.run_at.isoformat()}
    for job in QueuedJob.objects.filter(worker__isnull=False, lease_until__lt=old)[:SHOWN]:
        yield _("%(task)s was left by %(worker)s") % {"task": job.task, "worker": job.worker}


INVARIANTS: dict[str, Callable[[], Iterator[str]]] = {
    "tickets": tickets,
    "clocks": clocks,
    "heads": heads,
    "versions": versions,
    "chains": chains,
    "files": files,
    "jobs": jobs,
}


def spots(name: str) -> list[str]:
    """The first spots where an invariant does not hold; an empty list when it does."""
    return list(islice(INVARIANTS[name](), SHOWN))


def _rows(statement: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())
