"""Ratings that were given elsewhere, or are told: the side door for history, beside ``tickets.desk.history``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from otklik.feedback.events import CsatCommented, CsatRated, CsatSent, SurveyFact
from otklik.feedback.models import Score, Survey
from otklik.feedback.surveys import NAME
from otklik.journal.config import current
from otklik.journal.record import Actor, Fresh, Subject, record
from otklik.tickets.models import Ticket


@transaction.atomic
def rated(
    ticket: Ticket, *, score: int, comment: str, sent_at: datetime, at: datetime, provenance: Mapping[str, Any]
) -> Score:
    """Keep a rating with its own times; nobody reacts. ``score`` is one to five."""
    settings, person = current(NAME), ticket.requester
    assert person is not None  # only people rate
    survey = Survey.objects.create(
        ticket=ticket,
        person=person,
        mode="named",
        version=settings.version,
        created_at=sent_at,
        expires_at=sent_at + timedelta(days=settings.data["lives_days"]),
    )
    kept = Score.objects.create(survey=survey, score=score, comment=comment, channel="letter", at=at)
    facts: list[tuple[datetime, SurveyFact]] = [
        (
            sent_at,
            CsatSent(
                survey=survey.pk,
                mode=survey.mode,
                person=person.pk,
                version=survey.version,
                expires_at=survey.expires_at.isoformat(),
            ),
        ),
        (at, CsatRated(survey=survey.pk, mode=survey.mode, person=person.pk, score=score, channel=kept.channel)),
    ]
    if comment:
        facts.append((at, CsatCommented(survey=survey.pk, mode=survey.mode, score=score, length=len(comment))))
    actor = Actor(kind="system", id="feedback", on_behalf_of=f"person:{person.pk}")
    fresh = [Fresh(fact=fact, at=moment, provenance=provenance) for moment, fact in facts]
    record(Subject(kind="ticket", id=str(ticket.pk)), *fresh, actor=actor, reactions=False)
    return kept
