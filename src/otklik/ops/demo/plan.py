"""What the demo will tell: which reports, by whom, when they came and how far they have got; the same for one seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from otklik.ops.demo.cast import Cast
from otklik.ops.demo.material import read
from otklik.people.models import Person

TOLD = 400
DAYS = 90
SEED = 20_26

# How the tickets that still live stand; the number says how far the nearest promise is used up (more than 1: overdue).
LIVING: tuple[tuple[str, float], ...] = (
    *(("new", share) for share in (0.01, 0.04, 0.08, 0.12, 0.17, 0.22)),
    *(("fresh", minutes) for minutes in (2.0, 6.0, 14.0, 31.0, 52.0)),
    *(("assigned", share) for share in (0.05, 0.1, 0.15)),
    *(("open", 0.04 + 0.031 * step) for step in range(26)),
    *(("open", share) for share in (0.93, 0.97, 0.985, 0.99, 1.02, 1.1)),
    *(("waiting", share) for share in (0.1, 0.2, 0.3, 0.5, 0.6, 0.75, 0.9)),
    *(("supplier", share) for share in (0.15, 0.3, 0.55, 0.8, 1.04)),
    *(("scheduled", share) for share in (0.1, 0.25, 0.4)),
    *(("reopened", share) for share in (0.4, 0.65, 0.95)),
    *(("hopeful", share) for share in (0.2, 0.4, 0.6, 0.8)),  # the customer wrote last
)
RESOLVED, CANCELLED, ALARMS = 16, 18, 12
# The working hour at which people turn to a desk: morning rush, lunch, afternoon, and the wards at night.
HOURS = {7: 2, 8: 6, 9: 13, 10: 15, 11: 12, 12: 8, 13: 5, 14: 11, 15: 10, 16: 8, 17: 5, 18: 2, 20: 1, 22: 1, 2: 1, 5: 1}
ROUND_THE_CLOCK = frozenset({"admissions", "surgery", "therapy"})


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One ticket to tell: the state it gets to, and everything chance has decided of it."""

    index: int
    seed: int
    ending: str
    share: float  # of the solution's promise that is used up (minutes, where the ending is "fresh")
    opened_at: datetime | None  # None: follows from how far it has got
    plot: dict[str, Any]
    person: Person | None
    language: str
    channel: str


def plans(cast: Cast, now: datetime, *, seed: int = SEED, count: int = TOLD) -> list[Plan]:
    """Everything to tell, in the order of telling.

    Args:
        now: the moment on which the open tickets are hung.
        count: how many; the living ones come first when there is room for few only.
    """
    chance = random.Random(seed)  # a story, not a secret
    ends: list[tuple[str, float]] = [*LIVING, *((("resolved", 0.0),) * RESOLVED), *((("cancelled", 0.0),) * CANCELLED)]
    ends += [("closed", 0.0)] * max(0, count - len(ends))
    ends = ends[:count]
    alarms = set(chance.sample(range(len(ends)), min(ALARMS, count)))
    made = []
    for index, (ending, share) in enumerate(ends):
        alarm = index in alarms and ending in {"closed", "resolved", "open", "new"}
        plot, person, language = _who(cast, chance, alarm=alarm)
        moment = None if ending not in {"closed", "cancelled"} else _arrival(chance, now, person, cast)
        made.append(
            Plan(
                index=index,
                seed=chance.randrange(2**32),
                ending=ending,
                share=share,
                opened_at=moment,
                plot=plot,
                person=person,
                language=language,
                channel=_channel(chance, person),
            )
        )
    return made


def _who(cast: Cast, chance: random.Random, *, alarm: bool) -> tuple[dict[str, Any], Person | None, str]:
    if alarm:
        return chance.choice(read("alarms")["plots"]), None, "ru"
    person, department = chance.choice(cast.requesters)
    language = person.language
    known: Sequence[dict[str, Any]] = read(f"plots_{language}")["plots"]
    fitting = [plot for plot in known if department in plot.get("dep", [department])]
    own = [plot for plot in fitting if "dep" in plot]  # what this department alone has is told more often
    return chance.choice(own if own and chance.random() < 0.35 else fitting), person, language


def _channel(chance: random.Random, person: Person | None) -> str:
    if person is None:
        return "monitor"
    if not person.email:
        return chance.choice(["phone", "phone", "walk_in"])
    return chance.choices(["portal", "email", "phone", "walk_in"], [46, 26, 23, 5])[0]


def _arrival(chance: random.Random, now: datetime, person: Person | None, cast: Cast) -> datetime:
    """A moment of the last ninety days; offices write on working days, wards at any time."""
    department = next((name for one, name in cast.requesters if one is person), "")
    local = now.astimezone(cast.zone)
    while True:
        day = local - timedelta(days=chance.randrange(1, DAYS))
        if day.weekday() > 4 and not (department in ROUND_THE_CLOCK and chance.random() < 0.3):
            continue
        hour = chance.choices(list(HOURS), list(HOURS.values()))[0]
        if not 7 <= hour <= 18 and department not in ROUND_THE_CLOCK:
            hour = chance.randrange(9, 18)
        return day.replace(hour=hour, minute=chance.randrange(60), second=chance.randrange(60), microsecond=0)
