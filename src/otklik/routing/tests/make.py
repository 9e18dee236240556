"""Plain functions that bring a team on shift with its skills, on top of what tickets and people make."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from otklik import clock
from otklik.jobs import drain
from otklik.journal.record import Subject
from otklik.people.expertise import AgentSkill, Skill
from otklik.people.models import Membership, Person, Team
from otklik.people.rota import Absence, OnCall, ShiftPattern
from otklik.routing import world
from otklik.tickets.models import Ticket
from otklik.tickets.tests import make

TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # noon in Moscow
NIGHT = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)  # one o'clock of Wednesday in Moscow
LOG = Path("shared") / "data" / "B_itsm_logs" / "uci498_incident_event_log.compact.csv.xz"
OFFICE = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def team(mode: str = "auto", **values: Any) -> Team:
    """A team whose tickets find people in this mode."""
    return make.team(mode=mode, **values)


def member(
    of: Team,
    name: str = "",
    *,
    skills: dict[str, int] | None = None,
    hours: Any = OFFICE,
    role: str = "member",
    **values: Any,
) -> Person:
    """Somebody of a team, from nine to six in Moscow, with skills that a lead confirmed."""
    one = make.person(name, **values)
    Membership.objects.create(team=of, person=one, role=role)
    if hours:
        ShiftPattern.objects.create(person=one, tz="Europe/Moscow", hours=hours, valid_from=date(2026, 1, 1))
    for code, level in (skills or {}).items():
        AgentSkill.objects.create(
            person=one,
            skill=skill(code),
            level=level,
            source="lead",
            confirmed_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
    return one


def skill(code: str) -> Skill:
    """A skill by its code."""
    return Skill.objects.get_or_create(code=code, defaults={"name_ru": code, "name_en": code})[0]


def away(one: Person, days: int = 10, deputy: Person | None = None, since: datetime = TUESDAY) -> Absence:
    """Somebody is on holiday."""
    return Absence.objects.create(
        person=one, starts_at=since - timedelta(hours=1), ends_at=since + timedelta(days=days), deputy=deputy
    )


def on_call(of: Team, one: Person, order: int = 1, at: datetime = NIGHT) -> OnCall:
    """Somebody answers calls that night."""
    return OnCall.objects.create(
        team=of, person=one, order=order, starts_at=at - timedelta(hours=2), ends_at=at + timedelta(hours=8)
    )


def subject_of(ticket: Ticket) -> Subject:
    """The ticket as a subject of the journal."""
    return Subject(kind="ticket", id=str(ticket.pk))


def at(moment: datetime = TUESDAY) -> Any:
    """A moment in which tests stand."""
    return clock.at(moment)


def settled() -> None:
    """Let everything that was prompted run."""
    drain(lanes=["decide"])


def arrivals_of_the_log() -> list[int]:
    """When tickets come in the ServiceNow log, by the hours of the week; the log lies beside the checkout."""
    return world.arrivals(log())


def log() -> Path:
    """Where the log lies."""
    return next(folder / LOG for folder in Path(__file__).resolve().parents if (folder / LOG).exists())
