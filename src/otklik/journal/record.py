"""Facts, actors, and ``record()``: the one way into the journal.

``record`` must be called inside the transaction of the change it tells of. It locks the subject's head, chains the
entries to their predecessor, runs the BOOK reactions and enqueues the others, so that a reaction exists exactly when
the change does.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

from django.db import connection, transaction

from otklik import clock, database
from otklik.journal import beats, bulk
from otklik.journal.models import Entry, Head
from otklik.journal.questions import Question

PUBLIC, INTERNAL, RESTRICTED = "public", "internal", "restricted"
MAX_BOOKED = 50  # facts that BOOK reactions may add to one change, before it is called a loop

REGISTRY: dict[str, type[Event]] = {}


_known: dict[type, frozenset[str]] = {}  # fields of the facts read so far


def _fields(cls: type[Event]) -> frozenset[str]:
    if cls not in _known:
        _known[cls] = frozenset(field.name for field in dataclasses.fields(cls))
    return _known[cls]


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What an entry is about: a kind ('ticket', 'person', 'config', …) and an id as text."""

    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of every fact. A subclass names its ``kind`` (domain.md §3) and is registered by it.

    Fields must be JSON values (str, int, bool, None, lists and dicts of them); instants are ISO text in UTC.
    """

    kind: ClassVar[str]
    audience: ClassVar[str] = INTERNAL
    bumps_version: ClassVar[bool] = True
    schema_version: ClassVar[int] = 1

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        kind = cls.__dict__.get("kind")
        if kind is not None:
            if kind in REGISTRY and REGISTRY[kind].__qualname__ != cls.__qualname__:
                raise TypeError(f"two facts of kind {kind}")
            REGISTRY[kind] = cls

    def seen_by(self) -> str:
        """Audience of this very fact: 'public', 'internal' or 'restricted'."""
        return self.audience

    def payload(self) -> dict[str, Any]:
        """The fact as JSON values."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Self:
        """The fact read back; fields that this version does not know are left out."""
        known = _fields(cls)
        if payload.keys() == known:
            return cls(**payload)
        return cls(**{name: value for name, value in payload.items() if name in known})


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who acts: a person, an API client, an alert source or a part of the house ('system')."""

    kind: str
    id: str = ""
    on_behalf_of: str = ""
    who: Any = dataclasses.field(default=None, compare=False, repr=False)  # the Person, where the caller holds it

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else self.kind

    @property
    def voice(self) -> str:
        """Whose word it is: the person a client speaks for, else the actor itself."""
        return self.on_behalf_of if self.kind == "client" and self.on_behalf_of else str(self)


SYSTEM = Actor(kind="system")


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """An entry as reactions and timelines read it."""

    entry: int
    subject: Subject
    seq: int
    fact: Event
    actor: Actor
    at: datetime
    recorded_at: datetime
    audience: str
    correlation: uuid.UUID
    cause: int | None
    depth: int
    voids: int | None = None
    irregular: bool = False

    @property
    def kind(self) -> str:
        """The kind of the fact."""
        return self.fact.kind


@dataclass(frozen=True, slots=True)
class Cause:
    """The entry that a running reaction answers to."""

    entry: int
    depth: int
    correlation: uuid.UUID


_cause: ContextVar[Cause | None] = ContextVar("cause", default=None)
_whole: ContextVar[tuple[Subject, list[Recorded]] | None] = ContextVar("whole", default=None)

_BEGIN = """
insert into journal_head (kind, subject, seq, digest) values (%s, %s, 0, ''::bytea)
on conflict (kind, subject) do nothing returning id, seq, digest, effective_at"""
_LOCK = "select id, seq, digest, effective_at from journal_head where kind = %s and subject = %s for update"
_MOVE = "update journal_head set seq = %s, digest = %s, effective_at = %s where id = %s"


@contextmanager
def because_of(recorded: Recorded) -> Iterator[None]:
    """Everything recorded inside names this entry as its cause, one level deeper."""
    token = _cause.set(Cause(recorded.entry, recorded.depth, recorded.correlation))
    try:
        yield
    finally:
        _cause.reset(token)


def depth() -> int:
    """How many reactions deep we are: 0 outside of any reaction."""
    cause = _cause.get()
    return 0 if cause is None else cause.depth + 1


def canonical(value: Any) -> bytes:
    """One spelling for equal JSON values, for digests."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest_of(entry: Entry) -> bytes:
    """Digest of an entry over ids, times, kind, actor and the payload's digest, chained to its predecessor."""
    body = [
        entry.subject_kind,
        entry.subject_id,
        entry.seq,
        entry.kind,
        entry.schema_version,
        entry.actor_kind,
        entry.actor_id,
        entry.on_behalf_of,
        entry.recorded_at.astimezone(UTC).isoformat(),
        entry.effective_at.astimezone(UTC).isoformat(),
        entry.audience,
        str(entry.correlation),
        entry.cause,
        entry.depth,
        entry.voids,
        entry.bumps_version,
        entry.irregular,
        bytes(entry.payload_digest).hex(),
    ]
    return hashlib.sha256(bytes(entry.previous_digest) + canonical(body)).digest()


@dataclass(kw_only=True)
class Fresh:
    """A fact about to be recorded, with what history may say of it."""

    fact: Event
    at: datetime | None = None
    actor: Actor | None = None
    voids: int | None = None
    irregular: bool = False
    provenance: Mapping[str, Any] | None = None


def record(
    subject: Subject,
    *facts: Event | Fresh,
    actor: Actor,
    at: datetime | None = None,
    reactions: bool = True,
) -> list[Recorded]:
    """Append facts to a subject, in order, in the caller's transaction.

    ``at`` is the source's own time (mailbox receipt, a set-back phone call); the entry's ``effective_at`` is never
    earlier than its predecessor's (domain.md §3). With ``reactions=False`` nobody reacts (history, §desk.history).
    Returns what was recorded, including what BOOK reactions added.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("journal.record() needs the transaction of its change")
    head = _lock(subject)
    correlation = _cause.get().correlation if _cause.get() else uuid.uuid4()  # type: ignore[union-attr]  # tested just before
    begins = head.seq == 0
    told = _append(head, subject, [_fresh(fact) for fact in facts], actor, at, correlation)
    if reactions:
        with _at_hand(subject, told if begins else None):
            _book(head, subject, told, at, correlation, most=len(facts) + MAX_BOOKED)
        beats.enqueue(told)
    _move(head)
    return told


_ENTRY = Question(lambda key: Entry.objects.filter(pk=key))
_HEADS = """
update journal_head h set seq = v.seq, digest = v.digest, effective_at = v.at
  from unnest(%s::bigint[], %s::int[], %s::bytea[], %s::timestamptz[]) as v (id, seq, digest, at) where h.id = v.id"""


def record_many(
    kind: str,
    changes: Mapping[str, tuple[int, Sequence[Event]]],
    *,
    actor: Actor,
    at: datetime | None = None,
    skip_locked: bool = False,
) -> set[str]:
    """Append facts to many subjects of a kind, each ``{id: (number of its newest entry, facts)}``, in few statements.

    A subject that has a newer entry by now is left alone, with ``skip_locked`` also one that somebody else is at work
    on; returns the ids of the others. Reactions follow as ever. ``at`` as in ``record``.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("journal.record_many() needs the transaction of its change")
    locked = Head.objects.select_for_update(skip_locked=skip_locked)
    heads = locked.filter(kind=kind, subject__in=list(changes)).order_by("subject")
    entries: list[Entry] = []
    facts: list[Event] = []
    moved = [head for head in heads if head.seq == changes[head.subject][0]]
    for head in moved:
        subject, mine = Subject(kind=kind, id=head.subject), changes[head.subject][1]
        entries += chain(head, subject, [_fresh(fact) for fact in mine], actor, at, uuid.uuid4())
        facts += mine
    bulk.added(entries, by=("subject_id", "seq"))
    told = [read(entry, fact, actor) for entry, fact in zip(entries, facts, strict=True)]
    by_subject = {head.subject: head for head in moved}
    for one in list(told):
        for fact in beats.book(one):
            told += _append(by_subject[one.subject.id], one.subject, [_fresh(fact)], SYSTEM, at, one.correlation)
    beats.enqueue(told)
    with connection.cursor() as cursor:
        columns = ([getattr(head, name) for head in moved] for name in ("pk", "seq", "digest", "effective_at"))
        cursor.execute(_HEADS, list(columns))
    return set(by_subject)


def _book(
    head: Head, subject: Subject, told: list[Recorded], at: datetime | None, correlation: uuid.UUID, *, most: int
) -> None:
    """Run the BOOK reactions to what was told, and to what they add, which is added to ``told``."""
    seen = 0
    while seen < len(told):
        one = told[seen]
        seen += 1
        for fact in beats.book(one):
            told += _append(head, subject, [_fresh(fact)], SYSTEM, at, correlation)
        if len(told) > most:
            raise RuntimeError(f"BOOK reactions to {subject} do not come to an end")


@contextmanager
def _at_hand(subject: Subject, told: list[Recorded] | None) -> Iterator[None]:
    token = _whole.set((subject, told) if told is not None else None)
    try:
        yield
    finally:
        _whole.reset(token)


def whole_history(subject: Subject) -> list[Recorded] | None:
    """Inside a BOOK reaction to the very first facts of a subject: all there is; else None, and it must be read."""
    known = _whole.get()
    return known[1] if known is not None and known[0] == subject else None


def _fresh(fact: Event | Fresh) -> Fresh:
    return fact if isinstance(fact, Fresh) else Fresh(fact=fact)


def _lock(subject: Subject) -> Head:
    """The head of a subject's chain, locked; a subject of which nothing was ever told gets its head now."""
    named = (subject.kind, subject.id)
    row = database.row(_BEGIN, named) or database.rows(_LOCK, named)[0]
    return Head(id=row[0], kind=subject.kind, subject=subject.id, seq=row[1], digest=row[2], effective_at=row[3])


def _move(head: Head) -> None:
    database.changed(_MOVE, (head.seq, bytes(head.digest), head.effective_at, head.pk))


def _append(
    head: Head, subject: Subject, facts: Sequence[Fresh], actor: Actor, at: datetime | None, correlation: uuid.UUID
) -> list[Recorded]:
    entries = chain(head, subject, facts, actor, at, correlation)
    bulk.add(*entries)
    return [read(entry, fresh.fact, fresh.actor or actor) for entry, fresh in zip(entries, facts, strict=True)]


def chain(
    head: Head, subject: Subject, facts: Sequence[Fresh], actor: Actor, at: datetime | None, correlation: uuid.UUID
) -> list[Entry]:
    """Entries that follow a head, not yet written; the head moves on."""
    now, cause = clock.now(), _cause.get()
    entries = []
    for fresh in facts:
        fact, who = fresh.fact, fresh.actor or actor
        source = fresh.at or at or now
        effective = source if head.effective_at is None else max(source, head.effective_at)
        head.seq += 1
        payload = fact.payload()
        entry = Entry(
            subject_kind=subject.kind,
            subject_id=subject.id,
            seq=head.seq,
            kind=fact.kind,
            payload=payload,
            actor_kind=who.kind,
            actor_id=who.id,
            on_behalf_of=who.on_behalf_of,
            recorded_at=now,
            effective_at=effective,
            audience=fact.seen_by(),
            schema_version=fact.schema_version,
            correlation=correlation,
            cause=cause.entry if cause else None,
            depth=cause.depth + 1 if cause else 0,
            voids=fresh.voids,
            bumps_version=fact.bumps_version,
            irregular=fresh.irregular,
            provenance=dict(fresh.provenance) if fresh.provenance else None,
            payload_digest=hashlib.sha256(canonical(payload)).digest(),
            previous_digest=bytes(head.digest),
        )
        entry.digest = digest_of(entry)
        head.digest, head.effective_at = entry.digest, effective
        entries.append(entry)
    return entries


def one(key: int) -> Recorded:
    """The entry of this number; raises Entry.DoesNotExist, and as ``read``."""
    return read(_ENTRY.one(key))


def read(entry: Entry, fact: Event | None = None, actor: Actor | None = None) -> Recorded:
    """A stored entry as its typed fact; a kind that this version does not know raises ``KeyError``."""
    return Recorded(
        entry=entry.pk,
        subject=Subject(kind=entry.subject_kind, id=entry.subject_id),
        seq=entry.seq,
        fact=fact or REGISTRY[entry.kind].from_payload(entry.payload),
        actor=actor or Actor(kind=entry.actor_kind, id=entry.actor_id, on_behalf_of=entry.on_behalf_of),
        at=entry.effective_at,
        recorded_at=entry.recorded_at,
        audience=entry.audience,
        correlation=entry.correlation,
        cause=entry.cause,
        depth=entry.depth,
        voids=entry.voids,
        irregular=entry.irregular,
    )
