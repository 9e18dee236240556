"""Surveys: to whom a rating is offered, how it is given, what follows from a low one (domain.md §9.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from otklik import clock
from otklik.businesstime import add_days
from otklik.feedback.events import CsatCommented, CsatRated, CsatSent, ReviewAsked, SurveyFact
from otklik.feedback.models import AnonymousScore, Opening, Score, Survey, SurveyKey
from otklik.feedback.secrecy import digest_of, new_secret
from otklik.journal.config import current, declare
from otklik.journal.record import Actor
from otklik.people.models import Person
from otklik.tickets import desk
from otklik.tickets.models import Message, Ticket
from otklik.tickets.worktime import working_calendar

NAME = declare(
    "feedback.survey",
    {
        "mode": "named",
        "lives_days": 14,
        "quiet_days": 7,  # a person is asked by letter once in so many days
        "excluded": ["no_response", "by_parent"],
    },
)
LOW = 2
REVIEW_DAYS = 2  # working days in which a lead looks into a low score
PREFETCH = timedelta(seconds=60)  # two different score links within it: a machine opens them all
MAX_COMMENT = 4_000
SCORES = (1, 2, 3, 4, 5)


class CannotRate(Exception):
    """The survey is over, was superseded or spent, or the person worked on the ticket; ``why`` says which."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


# -- offering --------------------------------------------------------------------------------------------------------
def worked_on(person: Person, ticket: Ticket) -> bool:
    """Whether the person is on the side of those who solved it: they cannot rate their own work."""
    return (
        ticket.assignee_id == person.pk or Message.objects.filter(ticket=ticket, author=person, side="staff").exists()
    )


def offer(ticket: Ticket, *, code: str) -> CsatSent | None:
    """Offer a rating of this solution to the requester, where the rules allow it; called inside the solution's change.

    The survey of an earlier solution is superseded either way: its scores are kept and no longer counted.
    """
    now = clock.now()
    Survey.objects.filter(ticket=ticket, superseded_at=None).update(superseded_at=now)
    settings = current(NAME)
    person = ticket.requester
    if person is None or not person.is_active or ticket.origin != "human" or code in settings.data["excluded"]:
        return None
    quiet_since = now - timedelta(days=settings.data["quiet_days"])
    asked = Survey.objects.filter(person=person, created_at__gt=quiet_since).exclude(ticket=ticket)
    if asked.exists() or worked_on(person, ticket):
        return None
    survey = _create(ticket, person, now)
    return CsatSent(
        survey=survey.pk,
        mode=survey.mode,
        person=person.pk,
        version=survey.version,
        expires_at=survey.expires_at.isoformat(),
    )


def _create(ticket: Ticket, person: Person, now: datetime) -> Survey:
    settings = current(NAME)
    return Survey.objects.create(
        ticket=ticket,
        person=person,
        mode=settings.data["mode"],
        version=settings.version,
        created_at=now,
        expires_at=now + timedelta(days=settings.data["lives_days"]),
    )


def in_force(ticket: Ticket, person: Person) -> Survey | None:
    """The survey of the last solution that this person may still answer."""
    return Survey.objects.filter(ticket=ticket, person=person, superseded_at=None, expires_at__gt=clock.now()).first()


def new_key(survey: Survey) -> str:
    """A secret for a letter that opens the page of this survey; only its digest is kept."""
    secret = new_secret()
    SurveyKey.objects.create(survey=survey, digest=digest_of(secret), created_at=clock.now())
    return secret


def of_key(secret: str) -> Survey | None:
    """The survey that a mailed key belongs to."""
    found = (
        SurveyKey.objects.filter(digest=digest_of(secret)).select_related("survey__ticket", "survey__person").first()
    )
    return found.survey if found else None


# -- the form in the portal ------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Form:
    """What the rating block shows: the score given so far, its words, how it will be read."""

    score: int | None
    comment: str
    mode: str


def form_for(ticket: Ticket, person: Person) -> Form | None:
    """The rating block for this person, or nothing where they may not rate this ticket (any more)."""
    if not _may_rate(ticket, person):
        return None
    survey = in_force(ticket, person)
    if survey is None:
        return Form(None, "", current(NAME).data["mode"])
    if survey.spent_on is not None:
        return None
    last = last_score(survey)
    return Form(last.score if last else None, last.comment if last else "", survey.mode)


def _may_rate(ticket: Ticket, person: Person) -> bool:
    """Whoever comes on their own may rate for as long as a survey lives, asked by letter or not."""
    settings = current(NAME).data
    if ticket.status not in {"resolved", "closed"} or ticket.resolved_at is None:
        return False
    own = person.pk in {ticket.requester_id, ticket.affected_person_id}
    late = clock.now() > ticket.resolved_at + timedelta(days=settings["lives_days"])
    return own and not late and ticket.resolution_code not in settings["excluded"] and not worked_on(person, ticket)


def last_score(survey: Survey) -> Score | None:
    """The score that counts."""
    return survey.scores.order_by("-at", "-pk").first()


# -- rating ----------------------------------------------------------------------------------------------------------
@transaction.atomic
def rate_in_portal(ticket: Ticket, person: Person, *, score: int, comment: str = "") -> Score | None:
    """Rate from the request's page; makes the survey where none was offered by letter. None where it is not allowed."""
    if not _may_rate(ticket, person):
        return None
    Ticket.objects.select_for_update(of=("self",)).get(pk=ticket.pk)
    survey = in_force(ticket, person) or _create(ticket, person, clock.now())
    try:
        return rate(survey, score=score, comment=comment, channel="portal")
    except CannotRate:
        return None


@transaction.atomic
def rate(survey: Survey, *, score: int, comment: str = "", channel: str) -> Score | None:
    """Keep a score; it may be changed until the survey ends, and the last one counts. The same again changes nothing.

    Raises ``CannotRate``. An anonymous score returns None: nothing leads from it back to the ticket.
    """
    if score not in SCORES:
        raise ValueError(score)
    survey = Survey.objects.select_for_update(of=("self",)).select_related("ticket", "person").get(pk=survey.pk)
    _check(survey)
    comment = comment.replace("\x00", "").strip()[:MAX_COMMENT]
    if survey.mode == "anonymous":
        _keep_anonymous(survey, score, comment)
        return None
    last = last_score(survey)
    if last is not None and (last.score, last.comment) == (score, comment or last.comment):
        return last
    comment = comment or (last.comment if last else "")
    kept = Score.objects.create(survey=survey, score=score, comment=comment, channel=channel, at=clock.now())
    clock.faultpoint("feedback.rated")
    desk.move_on(survey.ticket, *_facts(survey, kept, last), actor=_in_the_name_of(survey.person))
    return kept


def _check(survey: Survey) -> None:
    if survey.superseded_at is not None:
        raise CannotRate("superseded")
    if survey.expires_at <= clock.now():
        raise CannotRate("expired")
    if survey.spent_on is not None:
        raise CannotRate("spent")
    if worked_on(survey.person, survey.ticket):
        raise CannotRate("worked")


def _facts(survey: Survey, kept: Score, last: Score | None) -> list[SurveyFact]:
    facts: list[SurveyFact] = []
    if last is None or last.score != kept.score:
        rated = CsatRated(
            survey=survey.pk, mode=survey.mode, person=survey.person_id, score=kept.score, channel=kept.channel
        )
        facts.append(rated)
    if kept.comment and (last is None or last.comment != kept.comment):
        length = len(kept.comment)
        facts.append(CsatCommented(survey=survey.pk, mode=survey.mode, score=kept.score, length=length))
    if kept.score <= LOW and (last is None or last.score > LOW):
        until = add_days(working_calendar(survey.ticket), kept.at, REVIEW_DAYS)
        facts.append(ReviewAsked(survey=survey.pk, mode=survey.mode, score=kept.score, until=until.isoformat()))
    return facts


def _keep_anonymous(survey: Survey, score: int, comment: str) -> None:
    month = clock.now().date().replace(day=1)
    AnonymousScore.objects.create(
        month=month, team_id=survey.ticket.team_id, service_id=survey.ticket.service_id, score=score, comment=comment
    )
    Survey.objects.filter(pk=survey.pk).update(spent_on=month)


def _in_the_name_of(person: Person) -> Actor:
    """Bookkeeping is written by this room; the person is named as the one for whom."""
    return Actor(kind="system", id="feedback", on_behalf_of=f"person:{person.pk}")


# -- links opened by machines ----------------------------------------------------------------------------------------
def note_opening(survey: Survey, score: int) -> None:
    """A browser says that it opened the link of this score."""
    if score in SCORES:
        Opening.objects.create(survey=survey, score=score, at=clock.now())


def only_the_button(survey: Survey) -> bool:
    """Two or more different score links within a minute were opened by a machine: a gesture does not count then."""
    since = clock.now() - PREFETCH
    return survey.openings.filter(at__gt=since).values("score").distinct().count() > 1


def sweep() -> int:
    """Forget openings older than a day and keys of surveys that are over."""
    day_ago = clock.now() - timedelta(days=1)
    gone = Opening.objects.filter(at__lt=day_ago).delete()[0]
    return gone + SurveyKey.objects.filter(survey__expires_at__lt=day_ago).delete()[0]
