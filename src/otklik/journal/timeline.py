"""Reading the journal: the timeline of one subject, and the feed of everything new in commit order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from otklik.journal.models import Entry, Head
from otklik.journal.record import REGISTRY, Actor, Recorded, Subject, read, whole_history

MAX_NEWS = 2000  # entries of one poll; above it the pages are told to load themselves anew

_NEWS = """
with fresh as (
  select id, subject_kind, subject_id, kind from journal_entry
   where tx >= pg_snapshot_xmin(%(since)s::pg_snapshot) and not pg_visible_in_snapshot(tx, %(since)s::pg_snapshot)
     and tx < pg_snapshot_xmax(pg_current_snapshot())
   order by id limit %(limit)s)
select now.cursor, fresh.* from (select pg_current_snapshot()::text as cursor) now
  left join fresh on true order by id"""


def entries(subject: Subject, *, after: int = 0, kinds: Sequence[str] | None = None) -> list[Recorded]:
    """All entries of a subject after a sequence number, oldest first; a kind of a newer version is left out."""
    if (known := whole_history(subject)) is not None:
        return [one for one in known if one.seq > after and (kinds is None or one.kind in kinds)]
    rows = Entry.objects.filter(subject_kind=subject.kind, subject_id=subject.id, seq__gt=after)
    if kinds is not None:
        rows = rows.filter(kind__in=kinds)
    return [read(entry) for entry in rows.order_by("seq") if entry.kind in REGISTRY]


def seqs(kind: str, ids: Sequence[str]) -> dict[str, int]:
    """The number of the newest entry of each subject: read before its entries, it tells whether they are still all."""
    return dict(Head.objects.filter(kind=kind, subject__in=list(ids)).values_list("subject", "seq"))


_READ = (
    *("id", "subject_id", "seq", "kind", "payload", "actor_kind", "actor_id", "on_behalf_of", "effective_at"),
    *("recorded_at", "audience", "correlation", "cause", "depth", "voids", "irregular"),
)


def entries_of(kind: str, ids: Sequence[str], kinds: Sequence[str]) -> dict[str, list[Recorded]]:
    """Entries of many subjects by their ids, oldest first: one question, rows without the weight of models."""
    told: dict[str, list[Recorded]] = {one: [] for one in ids}
    subjects = {one: Subject(kind=kind, id=one) for one in ids}
    actors: dict[tuple[str, str, str], Actor] = {}
    rows = Entry.objects.filter(subject_kind=kind, subject_id__in=list(ids), kind__in=kinds)
    for row in rows.order_by("subject_id", "seq").values_list(*_READ):
        entry, subject, seq, name, payload, *who, at, recorded_at, audience, correlation, cause, depth, voids, odd = row
        if name not in REGISTRY:
            continue
        actor = actors.get((who[0], who[1], who[2]))
        if actor is None:
            actor = actors[who[0], who[1], who[2]] = Actor(kind=who[0], id=who[1], on_behalf_of=who[2])
        told[subject].append(
            Recorded(
                entry=entry,
                subject=subjects[subject],
                seq=seq,
                fact=REGISTRY[name].from_payload(payload),
                actor=actor,
                at=at,
                recorded_at=recorded_at,
                audience=audience,
                correlation=correlation,
                cause=cause,
                depth=depth,
                voids=voids,
                irregular=odd,
            )
        )
    return told


@dataclass(frozen=True, slots=True)
class News:
    """Entries committed since a cursor, each exactly once; ``reload`` where there are too many to name.

    ``entries`` holds (entry id, subject kind, subject id, fact kind). The cursor is a database snapshot: transactions
    still open delay only their own entries (stack.md, Feed). Poll the primary only.
    """

    cursor: str
    entries: list[tuple[int, str, str, str]]
    reload: bool = False


def cursor() -> str:
    """The present position of the feed."""
    with connection.cursor() as db:
        db.execute("select pg_current_snapshot()::text")
        return str(db.fetchone()[0])


def news(since: str, limit: int = MAX_NEWS) -> News:
    """What was committed after ``since``: one statement, in autocommit. A malformed cursor raises ``DataError``."""
    with connection.cursor() as db:
        db.execute(_NEWS, {"since": since, "limit": limit + 1})
        rows = db.fetchall()
    fresh = [tuple(row[1:]) for row in rows if row[1] is not None]
    return News(rows[0][0], [], reload=True) if len(fresh) > limit else News(rows[0][0], fresh)
