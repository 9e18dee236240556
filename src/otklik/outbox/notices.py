"""What people are to hear, waiting to be put into words: merging, quiet hours and digests happen here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from otklik import clock
from otklik.jobs import enqueue
from otklik.journal import bulk
from otklik.journal.questions import Question
from otklik.outbox.models import Notice

_WAITING = Question(lambda key: Notice.objects.select_for_update().filter(pk=key, carried_at=None))
Carrier = Callable[[list[Notice]], None]
carriers: dict[
    str, Carrier
] = {}  # way → who turns due notices of one merge key into a letter; none: the row is the news


def leave(
    *,
    way: str,
    kind: str,
    person: int | None = None,
    address: str = "",
    about: tuple[str, int] | None = None,
    facts: dict[str, Any] | None = None,
    not_before: datetime | None = None,
    merge_key: str = "",
    entry: int | None = None,
) -> Notice:
    """Leave word for a person (or a bare address) in the caller's transaction.

    Notices of the same way, recipient and ``merge_key`` that are still waiting are carried together, when the first of
    them is due: "field changes within two minutes are one message" is a merge key and a ``not_before``.
    """
    now = clock.now()
    subject_kind, subject_id = about or ("", None)
    notice = Notice(
        way=way,
        kind=kind,
        person=person,
        address=address,
        subject_kind=subject_kind,
        subject_id=subject_id,
        facts=facts or {},
        merge_key=merge_key,
        not_before=not_before or now,
        entry=entry,
        created_at=now,
    )
    bulk.add(notice)
    if way in carriers:
        later = notice.not_before if notice.not_before > now else None
        key = f"notice:{way}:{subject_kind}:{subject_id}:{person or address}"
        enqueue("outbox.carry", {"notice": notice.pk}, key=key, run_at=later)
    return notice


def carry(notice_id: int) -> int:
    """Hand the notice and its like to the carrier, once; how many were carried together.

    Runs in the transaction of its job: the letters the carrier posts exist exactly when the notices are carried.
    """
    with transaction.atomic(savepoint=False):
        first = _WAITING.first(notice_id)
        if first is None:
            return 0
        group = [first]
        if first.merge_key:
            like = Notice.objects.select_for_update().filter(
                way=first.way, person=first.person, address=first.address, merge_key=first.merge_key, carried_at=None
            )
            group = list(like.order_by("pk"))
        carriers[first.way](group)
        for notice in group:
            if notice.carried_at is None:
                notice.carried_at = clock.now()
                bulk.change(notice, ["carried_at"])
    return len(group)


def drop(notice: Notice, because: str) -> None:
    """Note why a notice is not carried (read live, switched off, too many); it stays to be seen by whoever asks why."""
    notice.carried_at, notice.dropped_because = clock.now(), because
    bulk.change(notice, ["carried_at", "dropped_because"])
