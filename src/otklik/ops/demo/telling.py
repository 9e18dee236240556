"""Telling the demo: the cast, then every story, one transaction each; cut short, it goes on where it stopped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection

from otklik import clock
from otklik.feedback import past as ratings
from otklik.journal import config
from otklik.journal.models import Entry, Head
from otklik.journal.record import SYSTEM
from otklik.ops import starting
from otklik.ops.demo import afterwards
from otklik.ops.demo.cast import Cast, gather
from otklik.ops.demo.plan import TOLD, plans
from otklik.ops.demo.story import Story, Telling
from otklik.ops.words import _
from otklik.people.models import Person
from otklik.tickets import desk

NAME = config.declare("ops.demo", {"began_at": "", "total": TOLD, "told_at": ""})


class DemoRefused(RuntimeError):
    """The demo may not be told into this database; the message says why."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How much is told: ``done`` of ``total`` tickets; ``over`` when nothing is left to tell."""

    done: int
    total: int
    over: bool


def is_here() -> bool:
    """True if this process serves the demo and this database holds it: the only place for doors without a password."""
    return bool(settings.DEMO) and config.current(NAME).version > 0


def progress() -> Progress:
    """How far the telling has got."""
    known = config.current(NAME)
    total = int(known.data["total"])
    over = bool(known.data["told_at"])
    done = total if over else min(total, Head.objects.filter(kind="ticket").count())
    return Progress(done, total, over)


def told_at() -> datetime | None:
    """The moment on which the open tickets were hung."""
    began = config.current(NAME).data["began_at"]
    return datetime.fromisoformat(began) if began else None


def tell(*, count: int = TOLD) -> int:
    """Tell what is not told yet; returns how many tickets were written.

    Raises:
        DemoRefused: the database holds people who are not the demo's.
    """
    now = _begin(count)
    if config.current(NAME).data["told_at"]:
        return 0
    starting.begin("ru")
    cast = gather()
    told = _told_before()
    with connection.cursor() as cursor:
        cursor.execute("set synchronous_commit = off")  # what a power cut takes is told again
    stories = [
        (plan.index, Telling(cast, plan, now).story())
        for plan in plans(cast, now, count=count)
        if plan.index not in told
    ]
    stories.sort(key=lambda numbered: numbered[1].at)
    for index, story in stories:
        write(story, index)
        clock.faultpoint("demo.told_one")
    _finish(cast)
    return len(stories)


def write(story: Story, index: int) -> None:
    """Record one story."""
    provenance = {"source": "demo", "index": index}
    ticket = desk.history(story.created, story.past, at=story.at, actor=story.actor, provenance=provenance)
    if rating := story.rating:
        solved = ticket.resolved_at or story.at
        ratings.rated(
            ticket,
            score=rating.score,
            comment=rating.comment,
            sent_at=solved,
            at=rating.at,
            provenance=provenance,
        )


def _begin(count: int) -> datetime:
    """The moment of the first start, kept so that a second start tells the same."""
    known = config.current(NAME)
    if known.version:
        return datetime.fromisoformat(known.data["began_at"])
    if Person.objects.exists():
        raise DemoRefused(_("This database holds people who are not the demo's. The demo needs an empty one."))
    now = clock.now().replace(microsecond=0)
    config.publish(NAME, {"began_at": now.isoformat(), "total": count}, actor=SYSTEM)
    return now


def _told_before() -> set[int]:
    kept = Entry.objects.filter(subject_kind="ticket", kind="ticket.created", provenance__source="demo")
    return set(kept.values_list("provenance__index", flat=True))


def _finish(cast: Cast) -> None:
    afterwards.happen(cast)
    config.publish(NAME, {"told_at": clock.now().isoformat()}, actor=SYSTEM)
