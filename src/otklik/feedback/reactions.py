"""A solution offers its rating in the same transaction; a history that was written by the side door is read back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from otklik.feedback import surveys
from otklik.feedback.events import CsatRated, CsatSent
from otklik.feedback.models import Score, Survey
from otklik.journal.beats import BOOK, reacts, rebuilds
from otklik.journal.chronicle import Chronicle
from otklik.journal.record import Event, Recorded, Subject
from otklik.tickets.events import StateChanged
from otklik.tickets.models import Ticket

LIVES = timedelta(days=14)


@reacts(to=StateChanged, when=lambda fact: fact.to == "resolved" and fact.transition in {"T5", "T6"}, beat=BOOK)
def offer_rating(recorded: Recorded) -> list[Event]:
    """Offer the rating that the solution letter will carry; the requester's own «Да, решено» brings no letter."""
    fact = recorded.fact
    if not isinstance(fact, StateChanged) or fact.reason == "resolved_by_requester":
        return []
    ticket = Ticket.objects.select_related("requester").get(pk=recorded.subject.id)
    sent = surveys.offer(ticket, code=fact.reason)
    return [sent] if sent is not None else []


@rebuilds("ticket")
def read_back(chronicles: Sequence[Chronicle]) -> None:
    """Surveys and scores of tickets whose whole history is written at once."""
    for chronicle in chronicles:
        _read_back(chronicle.subject, chronicle.told)


def _read_back(subject: Subject, told: Sequence[Recorded]) -> None:
    made: dict[int, Survey] = {}
    for one in told:
        if isinstance(one.fact, CsatSent):
            Survey.objects.filter(ticket_id=subject.id, superseded_at=None).update(superseded_at=one.at)
            made[one.fact.survey] = Survey.objects.create(
                ticket_id=subject.id,
                person_id=one.fact.person,
                mode=one.fact.mode,
                version=one.fact.version,
                created_at=one.at,
                expires_at=one.at + LIVES,
            )
        elif isinstance(one.fact, CsatRated) and one.fact.survey in made:
            Score.objects.create(
                survey=made[one.fact.survey], score=one.fact.score, channel=one.fact.channel, at=one.at
            )
