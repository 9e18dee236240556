"""What every desk promises at first (domain §13): targets per priority with customers and among teams."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from otklik.calendars import shipped as calendars
from otklik.calendars.publishing import BEGINNING
from otklik.journal.record import SYSTEM
from otklik.sla.models import Agreement, AgreementVersion, Target
from otklik.sla.publishing import publish

MINUTE, HOUR = 60, 3600
CUSTOMERS, TEAMS = "desk", "teams"

# Who is told as time runs out: the shipped ladder of domain §4.8.
LADDER: list[dict[str, Any]] = [
    {"percent": 75, "tell": ["assignee", "lead_if_unassigned"]},
    {"percent": 90, "tell": ["lead"]},
    {"percent": 150, "tell": ["service_owner"]},
]
WARN_TEAM: list[dict[str, Any]] = [{"percent": 75, "tell": ["assignee", "lead_if_unassigned"]}]
# P1..P4: first response, regular update, solution, next response.
RUSSIAN = {
    "P1": (15 * MINUTE, 30 * MINUTE, 4 * HOUR, 30 * MINUTE),
    "P2": (HOUR, 2 * HOUR, 8 * HOUR, 2 * HOUR),
    "P3": (4 * HOUR, None, 16 * HOUR, 8 * HOUR),
    "P4": (8 * HOUR, None, 40 * HOUR, 16 * HOUR),
}
INTERNATIONAL = RUSSIAN | {"P2": (30 * MINUTE, 2 * HOUR, 8 * HOUR, 2 * HOUR)}
ACK = {"P1": 5 * MINUTE, "P2": 15 * MINUTE, "P3": HOUR, "P4": 4 * HOUR}
REQUEST_FIRST, REQUEST_DAYS = 4 * HOUR, 5  # of requests without an item of their own
HOURS = {
    "ru": {"P1": "24x7", "P2": "ru-5x2-long", "P3": "ru-5x2", "P4": "ru-5x2"},
    "intl": {"P1": "24x7", "P2": "12x5", "P3": "9x5", "P4": "9x5"},
}


@transaction.atomic
def ensure_defaults(profile: str) -> list[AgreementVersion]:
    """The two shipped agreements of a profile, ``ru`` or ``intl``, with their calendars; what exists stays as it is."""
    known = calendars.ensure_defaults(profile)
    shelves = {code: version.calendar_id for code, version in known.items()}
    made = []
    for code, kind, names, targets in (
        (CUSTOMERS, Agreement.Kind.SLA, ("Для всех заявителей", "For everybody"), _promised(profile, shelves)),
        (TEAMS, Agreement.Kind.OLA, ("Между группами", "Among teams"), _among_teams(profile, shelves)),
    ):
        agreement, _ = Agreement.objects.get_or_create(
            code=code, defaults={"kind": kind, "name_ru": names[0], "name_en": names[1]}
        )
        newest = agreement.versions.order_by("-number").first()
        made.append(newest or publish(agreement, targets, valid_from=BEGINNING, actor=SYSTEM))
    return made


def _promised(profile: str, shelves: dict[str, int]) -> list[Target]:
    targets = []
    for priority, (first, update, solution, following) in (RUSSIAN if profile == "ru" else INTERNATIONAL).items():
        calendar = shelves[HOURS[profile][priority]]
        for metric, value in (
            ("first_response", first),
            ("next_response", following),
            ("periodic_update", update),
            ("resolution", solution),
        ):
            if value is not None:
                targets.append(Target(metric=metric, priority=priority, value=value, calendar_id=calendar, warn=LADDER))
    office = shelves[HOURS[profile]["P4"]]
    request: dict[str, Any] = {"type": "service_request", "calendar_id": office, "warn": LADDER}
    return [
        *targets,
        Target(metric="first_response", value=REQUEST_FIRST, **request),
        Target(metric="resolution", value=REQUEST_DAYS, unit="bd", **request),
    ]


def _among_teams(profile: str, shelves: dict[str, int]) -> list[Target]:
    targets = []
    for priority, (_first, _update, solution, _following) in RUSSIAN.items():
        common: dict[str, Any] = {
            "priority": priority,
            "calendar_id": shelves[HOURS[profile][priority]],
            "warn": WARN_TEAM,
        }
        targets.append(Target(metric="ack", value=ACK[priority], **common))
        if solution is not None:
            targets.append(Target(metric="hold", value=solution // 2, **common))
    return targets
