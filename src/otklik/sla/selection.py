"""Which target holds: the most specific one wins, each metric for itself, with the reasons why (domain §4.6); pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from otklik.sla.history import Mode, Reopen, Unit

Why: TypeAlias = Literal["organisation", "service", "type", "priority", "place", "team", "rank"]

ORDER: tuple[Why, ...] = ("organisation", "service", "type", "priority", "place", "team")


@dataclass(frozen=True, slots=True)
class Keys:
    """What a ticket is, for the choice; chains run from the thing itself up to its root."""

    organisation: tuple[int, ...] = ()
    service: tuple[int, ...] = ()
    type: str = ""
    priority: str = ""
    place: tuple[int, ...] = ()
    team: int | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """A target as data; None or '' in its scope means any."""

    id: int
    version: int
    metric: str
    value: int
    calendar: int
    unit: Unit = "seconds"
    organisation: int | None = None
    service: int | None = None
    type: str = ""
    priority: str = ""
    place: int | None = None
    team: int | None = None
    calendar_ref: str = "fixed"
    pauses: Mapping[str, bool] = field(default_factory=dict, hash=False)
    pause_count: int | None = None
    pause_seconds: int | None = None
    reopen: Reopen = "continue"
    rebind: Mode = "from_start"
    stop_on: str = "resolved"
    keep_breach: bool = True
    warn: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    rank: int = 0
    position: tuple[int, int] = (0, 0)  # of the agreement, where targets of two are alike


@dataclass(frozen=True, slots=True)
class Lost:
    """A target that was not chosen: ``misfit`` names what does not fit, else the winner is ahead by ``behind``."""

    terms: Terms
    misfit: Why | None = None
    behind: Why | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The target that holds, if any, and those that do not, with the reason."""

    won: Terms | None
    lost: tuple[Lost, ...]


def choose(targets: Iterable[Terms], keys: Keys) -> Choice:
    """The most specific of the targets of one metric, by the tuple of ORDER, then by rank."""
    fitting: list[tuple[tuple[int, ...], Terms]] = []
    lost: list[Lost] = []
    for terms in targets:
        scores = score(terms, keys)
        if isinstance(scores, str):
            lost.append(Lost(terms, misfit=scores))
        else:
            fitting.append((scores, terms))
    fitting.sort(key=lambda one: (one[0], -one[1].rank, (-one[1].position[0], -one[1].position[1])), reverse=True)
    if not fitting:
        return Choice(None, tuple(lost))
    best, won = fitting[0]
    lost += [Lost(terms, behind=_ahead(best, scores)) for scores, terms in fitting[1:]]
    return Choice(won, tuple(lost))


def score(terms: Terms, keys: Keys) -> tuple[int, ...] | Why:
    """How specific a target is for a ticket, in the order of ORDER; or the name of what does not fit."""
    found = []
    for name in ORDER:
        wanted, actual = getattr(terms, name), getattr(keys, name)
        if wanted is None or wanted == "":
            found.append(0)
            continue
        chain: Sequence[Any] = actual if isinstance(actual, tuple) else (actual,)
        if wanted not in chain:
            return name
        found.append(1000 - chain.index(wanted))
    return tuple(found)


def _ahead(best: tuple[int, ...], other: tuple[int, ...]) -> Why:
    return next((name for name, a, b in zip(ORDER, best, other, strict=True) if a != b), "rank")


def alike(targets: Iterable[Terms]) -> list[tuple[Terms, Terms]]:
    """Pairs that nothing decides between: same metric, scope and rank; such an agreement is refused on save."""
    seen: dict[tuple[Any, ...], Terms] = {}
    pairs = []
    for terms in targets:
        key = (terms.metric, *(getattr(terms, name) for name in ORDER), terms.rank)
        if key in seen:
            pairs.append((seen[key], terms))
        seen.setdefault(key, terms)
    return pairs
