"""Proof that the journal was not touched: chains per subject, daily Merkle seals over all heads."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from otklik import clock
from otklik.journal.models import Entry, Head, Seal
from otklik.journal.record import canonical, digest_of


@dataclass(frozen=True, slots=True)
class Finding:
    """A spot where the journal does not agree with its own chain."""

    subject: str
    seq: int
    what: str


def verify() -> Iterator[Finding]:
    """Walk every chain and yield each spot that was changed, removed or added outside of ``record()``."""
    heads = {(head.kind, head.subject): head for head in Head.objects.iterator()}
    current: tuple[str, str] | None = None
    seq, digest = 0, b""
    order = Entry.objects.order_by("subject_kind", "subject_id", "seq")
    seen: set[tuple[str, str]] = set()
    for entry in order.iterator(chunk_size=2000):
        name = (entry.subject_kind, entry.subject_id)
        if name != current:
            if current is not None:
                yield from _ends(current, heads.get(current), seq, digest)
            current, seq, digest = name, 0, b""
            seen.add(name)
        yield from _spot(entry, seq, digest)
        seq, digest = entry.seq, bytes(entry.digest)
    if current is not None:
        yield from _ends(current, heads.get(current), seq, digest)
    for name, head in heads.items():
        if name not in seen and head.seq:
            yield Finding(":".join(name), 1, f"all {head.seq} entries are gone")
    yield from _seals(heads)


def _spot(entry: Entry, seq: int, digest: bytes) -> Iterator[Finding]:
    where = f"{entry.subject_kind}:{entry.subject_id}"
    if entry.seq != seq + 1:
        yield Finding(where, seq + 1, "entry is missing")
    elif bytes(entry.previous_digest) != digest:
        yield Finding(where, entry.seq, "does not follow its predecessor")
    if hashlib.sha256(canonical(entry.payload)).digest() != bytes(entry.payload_digest):
        yield Finding(where, entry.seq, "payload was changed")
    if digest_of(entry) != bytes(entry.digest):
        yield Finding(where, entry.seq, "entry was changed")


def _ends(name: tuple[str, str], head: Head | None, seq: int, digest: bytes) -> Iterator[Finding]:
    if head is None or head.seq != seq or bytes(head.digest) != digest:
        yield Finding(":".join(name), seq + 1, "the tail was cut or the head was changed")


def _root(leaves: list[str]) -> bytes:
    level = [hashlib.sha256(leaf.encode()).digest() for leaf in leaves] or [b""]
    while len(level) > 1:
        level = [hashlib.sha256(b"".join(level[i : i + 2])).digest() for i in range(0, len(level), 2)]
    return level[0]


def seal_day(day: date) -> Seal:
    """Store the Merkle root over all heads as they stand now, once per day."""
    rows = Head.objects.order_by("kind", "subject").values_list("kind", "subject", "seq", "digest")
    leaves = [f"{kind}:{subject}:{seq}:{bytes(digest).hex()}" for kind, subject, seq, digest in rows.iterator()]
    values = {"root": _root(leaves), "heads": len(leaves), "leaves": leaves, "sealed_at": clock.now()}
    return Seal.objects.get_or_create(day=day, defaults=values)[0]


def _seals(heads: dict[tuple[str, str], Head]) -> Iterator[Finding]:
    newest = Seal.objects.order_by("-day").first()
    for seal in Seal.objects.iterator():
        if _root(seal.leaves) != bytes(seal.root):
            yield Finding(f"seal:{seal.day}", 0, "the seal was changed")
    if newest is None:
        return
    for leaf in newest.leaves:
        kind, rest = leaf.split(":", 1)
        subject, seq, digest = rest.rsplit(":", 2)
        head = heads.get((kind, subject))
        if head is None or head.seq < int(seq):
            yield Finding(f"{kind}:{subject}", int(seq), "entries that were sealed are gone")
            continue
        kept = Entry.objects.filter(subject_kind=kind, subject_id=subject, seq=int(seq)).values_list(
            "digest", flat=True
        )
        if int(seq) and (not kept or bytes(kept[0]).hex() != digest):
            yield Finding(f"{kind}:{subject}", int(seq), "differs from the seal")
