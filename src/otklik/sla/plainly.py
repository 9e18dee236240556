"""An agreement as it meets one organisation: what holds for each kind of trouble, what rests it, what changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from otklik.catalogue.models import Service
from otklik.journal import config
from otklik.people.models import Organisation, Place
from otklik.sla import binding, pausing
from otklik.sla.acceptance import fits
from otklik.sla.models import PROMISED, AgreementVersion, Target
from otklik.sla.publishing import scope_key
from otklik.sla.selection import Terms
from otklik.sla.story import Point
from otklik.tickets import policy
from otklik.tickets.priority import EFFECTS, SCOPES, computed

Kind = tuple[str, str]  # effect and scope of the report form; ("request", "") and ("question", "") beside them
RESTS = ("requester", "scheduled_requester", "approval_customer", "third_party", "change", "scheduled_provider")


@dataclass(frozen=True, slots=True)
class Held:
    """One promise: amount and unit, and the calendar's version that it is counted by."""

    value: int
    unit: str
    calendar: int


@dataclass(frozen=True, slots=True)
class Line:
    """Kinds of trouble for which the same is promised; a metric that is missing is not promised."""

    kinds: tuple[Kind, ...]
    held: dict[str, Held]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Other lines for a service or a place."""

    name: str
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Sheet:
    """All of it for one organisation at one moment."""

    lines: list[Line]
    elsewhere: list[Elsewhere]
    calendars: list[int]
    rests: dict[str, tuple[Kind, ...]]  # reason: kinds whose solution rests for it, empty where it is all of them
    runs: list[str]  # reasons that rest nothing
    caps: list[tuple[int | None, int | None]]


def kinds() -> list[tuple[Kind, str, str]]:
    """Every kind of trouble with the ticket's type and its priority by the desk's matrix, the gravest first."""
    matrix = config.current(policy.MATRIX_NAME).data["matrix"]
    found = [
        ((effect, scope), ticket_type, computed(ticket_type, impact, urgency, matrix))
        for effect, (ticket_type, urgency) in EFFECTS.items()
        if ticket_type == "incident"
        for scope, impact in reversed(SCOPES.items())
    ]
    found += [(("question", ""), "question", computed("question", 3, 3, matrix))]
    found += [(("request", ""), "service_request", computed("service_request", 3, 3, matrix))]
    return sorted(found, key=lambda one: one[2])


def kinds_of(target: Target) -> tuple[Kind, ...]:
    """The kinds of trouble that a target speaks of by its type and priority."""
    return tuple(
        kind
        for kind, ticket_type, priority in kinds()
        if target.type in {"", ticket_type} and target.priority in {"", priority}
    )


def sheet(organisation: Organisation | None, at: datetime) -> Sheet:
    """What is promised to an organisation on what is reported at a moment."""
    targets = [terms for terms in binding.in_force(at) if terms.metric in PROMISED]
    plain = _Chosen.of(targets, organisation, at)
    elsewhere: list[Elsewhere] = []
    for name in ("service", "place"):
        for one in _named(name, {pk for terms in targets if (pk := getattr(terms, name)) is not None}):
            other = _Chosen.of(targets, organisation, at, **{name: one.pk})
            if lines := other.lines(unless=plain):
                elsewhere.append(Elsewhere(str(one), lines))
    return Sheet(plain.lines(), elsewhere, plain.calendars(), *plain.resting())


def _named(name: str, asked: set[int]) -> list[Service] | list[Place]:
    if name == "service":
        return list(Service.objects.filter(pk__in=asked, is_active=True))
    return list(Place.objects.filter(pk__in=asked, is_active=True).order_by("path"))


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The winners of every kind of trouble."""

    won: dict[Kind, dict[str, tuple[Terms, Held]]]

    @classmethod
    def of(
        cls,
        targets: Sequence[Terms],
        organisation: Organisation | None,
        at: datetime,
        service: int | None = None,
        place: int | None = None,
    ) -> _Chosen:
        won: dict[Kind, dict[str, tuple[Terms, Held]]] = {}
        for kind, ticket_type, priority in kinds():
            point = Point(
                at=at,
                seq=1,
                organisation=organisation.pk if organisation else None,
                service=service,
                type=ticket_type,
                priority=priority,
                team=None,
                place=place,
            )
            found = binding.select(targets, point)
            pins = binding.newest_versions(one.calendar for one in found.values() if one.calendar)
            won[kind] = {
                metric: (one.choice.won, Held(one.choice.won.value, one.choice.won.unit, pins[one.calendar]))
                for metric, one in found.items()
                if one.choice.won is not None and one.calendar
            }
        return cls(won)

    def lines(self, unless: _Chosen | None = None) -> list[Line]:
        """Kinds with the same promises together; ``unless``: only those that differ from it."""
        found: list[tuple[list[Kind], dict[str, Held]]] = []
        for kind, one in self.won.items():
            held = {metric: value for metric, (_terms, value) in one.items()}
            if not held or (unless is not None and held == {k: v for k, (_t, v) in unless.won[kind].items()}):
                continue
            same = next((known for known in found if known[1] == held), None)
            if same is None:
                found.append(([kind], held))
            else:
                same[0].append(kind)
        return [Line(tuple(names), held) for names, held in found]

    def calendars(self) -> list[int]:
        """Versions of the calendars, in the order of the lines."""
        return list(dict.fromkeys(value.calendar for one in self.won.values() for _terms, value in one.values()))

    def resting(self) -> tuple[dict[str, tuple[Kind, ...]], list[str], list[tuple[int | None, int | None]]]:
        """Reasons for which the solution rests, with their kinds; those that rest nothing; caps on resting."""
        solved = {kind: one["resolution"][0] for kind, one in self.won.items() if "resolution" in one}
        rests: dict[str, tuple[Kind, ...]] = {}
        runs = []
        for reason in RESTS:
            hit = tuple(kind for kind, terms in solved.items() if pausing.rests("resolution", reason, terms.pauses))
            if hit:
                rests[reason] = () if len(hit) == len(solved) else hit
            else:
                runs.append(reason)
        caps = dict.fromkeys((terms.pause_count, terms.pause_seconds) for terms in solved.values())
        return rests, runs, [cap for cap in caps if cap != (None, None)]


def is_resting(target: Target, reason: str) -> bool:
    """Whether a target's clock rests for a reason."""
    return pausing.rests(target.metric, reason, target.pauses)


@dataclass(frozen=True, slots=True)
class Change:
    """A promise that another version made otherwise: None where it made none. ``calendar`` is of a Calendar."""

    target: Target  # of the newer version, or the one that went
    was: Target | None
    now: Target | None

    @property
    def what(self) -> list[str]:
        """Which of the values that a customer feels differ: 'value', 'calendar', 'rests', 'reopen'."""
        if self.was is None or self.now is None:
            return ["value"]
        pairs = {
            "value": ("value", "unit"),
            "calendar": ("calendar_id", "calendar_ref"),
            "rests": ("pauses", "pause_count", "pause_seconds"),
            "reopen": ("reopen_mode", "stop_on"),
        }
        return [
            name
            for name, fields in pairs.items()
            if any(getattr(self.was, field) != getattr(self.now, field) for field in fields)
        ]


def changes(
    version: AgreementVersion, earlier: AgreementVersion | None, organisation: Organisation | None
) -> list[Change]:
    """What a version changes for one organisation; what it changes for others is not told."""
    if earlier is None:
        return []
    chain = binding.up(Organisation, organisation.pk) if organisation else ()

    def promised(of: AgreementVersion) -> dict[str, Target]:
        rows: Iterable[Target] = of.targets.select_related("service", "place", "calendar")
        return {scope_key(target): target for target in rows if fits(target, chain) and target.team_id is None}

    old, new = promised(earlier), promised(version)
    found = []
    for key in {**new, **old}:
        was, now = old.get(key), new.get(key)
        target = now or was
        assert target is not None
        change = Change(target, was, now)
        if change.what:
            found.append(change)
    return found
