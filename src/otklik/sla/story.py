"""What the journal of a ticket tells its clocks: plain values folded from the facts in their order; no database.

Every instant is ``as_of ?? effective_at`` in whole seconds. Facts of one second keep their order by a microsecond for
each ``seq``, which is cut off again before anything is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from otklik.sla.cycles import Utterance
from otklik.sla.pausing import CANCELLED, reason_key

if TYPE_CHECKING:
    from otklik.journal.record import Actor, Recorded
    from otklik.journal.timeline import Told
    from otklik.tickets import events as e

    One: TypeAlias = Recorded | Told


DAWN = datetime(1, 1, 1, tzinfo=UTC)  # before anything


@dataclass(frozen=True, slots=True)
class Point:
    """What decides about targets, from an instant on."""

    at: datetime
    seq: int
    organisation: int | None
    service: int | None
    type: str
    priority: str
    team: int | None
    place: int | None


@dataclass(frozen=True, slots=True)
class Bound:
    """A target that holds for a metric from an instant on; None: none fits any more."""

    metric: str
    since: datetime
    target: int | None
    version: int
    value: int
    unit: str
    calendar: int
    mode: str


@dataclass(slots=True)
class Waiting:
    """A time in which the ticket waited for somebody."""

    reason: str
    since: datetime
    until: datetime | None = None


@dataclass(slots=True)
class TeamSpell:
    """A time with one team, and when one of its people took the ticket up."""

    team: int
    since: datetime
    until: datetime | None = None
    taken_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """What a ticket that was merged into this one had until then."""

    source: str
    opened_at: datetime
    waiting: tuple[Waiting, ...]
    said: dict[str, Utterance]


@dataclass(slots=True)
class Story:
    """All that clocks are computed from."""

    opened_at: datetime = DAWN
    live: bool = False
    requester: int | None = None
    affected: int | None = None
    status: str = "new"
    points: list[Point] = field(default_factory=list)
    said: dict[str, Utterance] = field(default_factory=dict)  # by message, or by entry
    waiting: list[Waiting] = field(default_factory=list)
    resolved: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    solved_at: list[datetime] = field(default_factory=list)  # in order with what was said
    cancelled: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    spells: list[TeamSpell] = field(default_factory=list)
    restored_at: datetime | None = None
    not_needed: list[datetime] = field(default_factory=list)
    promised_until: datetime | None = None
    pause_ends_at: datetime | None = None
    bound: list[Bound] = field(default_factory=list)
    bound_seq: int = 0
    told: set[tuple[str, int, str, int]] = field(default_factory=set)  # alarms given: metric, cycle, threshold, binding
    waived: dict[tuple[str, int], str] = field(default_factory=dict)  # with the reason
    negotiated: datetime | None = None
    negotiations: int = 0
    merges: list[Joined] = field(default_factory=list)  # of tickets whose waiting counts here
    to_join: list[str] = field(default_factory=list)  # those whose story has not been brought yet
    renegotiate: bool = False  # the target of the solution has changed since
    read_at: datetime = DAWN
    seq: int = 0

    @property
    def is_resolved(self) -> bool:
        """Solved, and nobody came back."""
        return bool(self.resolved) and self.resolved[-1][1] is None

    @property
    def is_cancelled(self) -> bool:
        """Cancelled, and not brought back."""
        return bool(self.cancelled) and self.cancelled[-1][1] is None


def second(moment: datetime) -> datetime:
    """The instant in whole seconds, UTC."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.replace(microsecond=0) if moment.microsecond else moment


def tell(told: Iterable[One]) -> Story:
    """The story of one ticket from its entries, oldest first; voided ones count for nothing."""
    entries = list(told)
    voided = {one.voids for one in entries if one.voids}
    story = Story()
    for one in entries:
        if one.entry in voided:
            continue
        step = _STEPS.get(one.kind)
        if step is not None:
            step(story, one)
        story.read_at = max(story.read_at, second(one.at))
        if one.kind not in {
            "sla.bound",
            "sla.rebound",
            "sla.merged",
        }:  # those that a change brings stand behind its own facts
            story.seq = one.seq
    return story


def _placed(one: One) -> datetime:
    """The instant with its place among those of the same second."""
    return second(one.at) + timedelta(microseconds=one.seq % 1_000_000)


def _created(story: Story, one: One) -> None:
    fact: Any = one.fact
    story.opened_at = story.read_at = second(datetime.fromisoformat(fact.opened_at))
    story.live = fact.live_contact
    story.requester = fact.requester
    story.affected = fact.affected_person or fact.requester
    point = Point(
        story.opened_at,
        one.seq,
        fact.organisation,
        fact.service,
        fact.type,
        fact.priority_computed,
        fact.team,
        fact.place,
    )
    story.points.append(point)
    if fact.team is not None:
        story.spells.append(TeamSpell(fact.team, story.opened_at))


def _moved(story: Story, one: One, **changes: Any) -> None:
    last = story.points[-1]
    values: dict[str, Any] = {
        name: getattr(last, name) for name in ("organisation", "service", "type", "priority", "team", "place")
    }
    if all(values[name] == value for name, value in changes.items()):
        return
    story.points.append(Point(at=max(second(one.at), story.opened_at), seq=one.seq, **dict(values, **changes)))


def _field(story: Story, one: One) -> None:
    fact: Any = one.fact
    match fact.field:
        case "organisation" | "service" | "place":
            _moved(story, one, **{str(fact.field): fact.new})
        case "opened_at":
            story.opened_at = second(datetime.fromisoformat(fact.new))
        case "affected_person":
            story.affected = fact.new
        case "requester":
            story.requester = fact.new


def _typed(story: Story, one: One) -> None:
    fact: Any = one.fact
    _moved(story, one, type=fact.new)


def _prioritised(story: Story, one: One) -> None:
    fact: Any = one.fact
    _moved(story, one, priority=fact.new)


def _is_staff(story: Story, actor: Actor) -> bool:
    """A human of the desk who is neither requester nor affected; a program counts for the person whom it names."""
    named = actor.on_behalf_of if actor.kind in {"client", "token"} else str(actor)
    return named.startswith("person:") and named not in {f"person:{story.requester}", f"person:{story.affected}"}


def _public(story: Story, one: One) -> None:
    fact: Any = one.fact
    human = fact.author_kind == "human"
    staff = fact.side == "staff"
    if fact.description or fact.side == "system":
        return
    word = Utterance(
        at=_placed(one),
        staff=staff,
        human=human and (_is_staff(story, one.actor) if staff else True),
        gratitude=fact.is_gratitude,
    )
    story.said[fact.message] = word
    if word.qualifies and story.promised_until is not None and second(one.at) <= story.promised_until:
        story.promised_until = None  # the promised word was given; one that came too late leaves the miss in sight


def _accepted(story: Story, one: One) -> None:
    fact: Any = one.fact
    story.said[fact.message] = Utterance(at=_placed(one), staff=False)


def _called(story: Story, one: One) -> None:
    fact: Any = one.fact
    if fact.reached and _is_staff(story, one.actor):
        story.said[f"#{one.seq}"] = Utterance(at=_placed(one), staff=True)


def _solution(story: Story, one: One) -> None:
    fact: Any = one.fact
    if fact.message and _is_staff(story, one.actor):
        story.said[fact.message] = Utterance(at=_placed(one), staff=True)


def _state(story: Story, one: One) -> None:
    fact: Any = one.fact
    at = second(one.at)
    if story.waiting and story.waiting[-1].until is None:
        story.waiting[-1].until = at
    story.pause_ends_at = None
    if fact.transition == "T12":
        story.cancelled[-1] = (story.cancelled[-1][0], at)
        story.status = fact.to
        _wait_again(story, fact, at)
        return
    story.status = fact.to
    if fact.was == "new" and fact.to in {"open", "pending", "resolved"} and story.spells:
        story.spells[-1].taken_at = story.spells[-1].taken_at or at
    if fact.to == "pending":
        _wait(story, fact.pending_reason, fact.data, at)
    elif fact.to == "resolved":
        _resolve(story, fact, one, at)
    elif fact.to == "cancelled":
        story.promised_until = None
        story.cancelled.append((at, None))
    elif fact.transition in {"T8", "T13"}:
        since, returned = story.resolved[-1]
        if returned is None:
            story.resolved[-1] = (since, at)


def _wait(story: Story, reason: str, data: Any, at: datetime) -> None:
    story.waiting.append(Waiting(reason_key(reason, data), at))
    until = data.get("until") or data.get("follow_up_at")
    story.pause_ends_at = second(datetime.fromisoformat(until)) if until else None


def _wait_again(story: Story, fact: e.StateChanged, at: datetime) -> None:
    """A cancelled ticket that waited goes on waiting."""
    if fact.to == "pending" and story.waiting:
        story.waiting.append(Waiting(story.waiting[-1].reason, at))


def _resolve(story: Story, fact: e.StateChanged, one: One, at: datetime) -> None:
    if fact.transition == "T9" and story.resolved:  # the return is treated as never having happened
        since, returned = story.resolved[-1]
        story.resolved[-1] = (since, None)
        for key, word in list(story.said.items()):
            if returned is not None and not word.staff and second(word.at) >= returned:
                story.said[key] = Utterance(word.at, word.staff, word.human, word.public, gratitude=True)
        return
    story.promised_until = None
    if not story.is_resolved:
        story.resolved.append((at, None))
    story.solved_at.append(_placed(one))


def _reopened(story: Story, one: One) -> None:
    """``as_of`` lets the ticket be back from the instant of a message that was first taken for thanks."""
    fact: Any = one.fact
    if story.resolved and story.resolved[-1][1] is None:
        since = story.resolved[-1][0]
        back = second(datetime.fromisoformat(fact.as_of)) if fact.as_of else second(one.at)
        story.resolved[-1] = (since, max(back, since))
    word = story.said.get(fact.message)
    if word is not None and not word.staff:
        story.said[fact.message] = Utterance(word.at, staff=False)


def _assigned(story: Story, one: One) -> None:
    fact: Any = one.fact
    at = second(one.at)
    spell = story.spells[-1] if story.spells else None
    if fact.team is not None and (spell is None or spell.until is not None or spell.team != fact.team):
        if spell is not None and spell.until is None:
            spell.until = at
        story.spells.append(TeamSpell(fact.team, at))
    elif fact.team is None and spell is not None and spell.until is None:
        spell.until = at
    if fact.assignee is not None and story.spells and story.status != "new":
        story.spells[-1].taken_at = story.spells[-1].taken_at or at
    _moved(story, one, team=fact.team)


def _restored(story: Story, one: One) -> None:
    fact: Any = one.fact
    as_of = getattr(fact, "as_of", "")
    story.restored_at = story.restored_at or (second(datetime.fromisoformat(as_of)) if as_of else second(one.at))


def _not_needed(story: Story, one: One) -> None:
    story.not_needed.append(_placed(one))


def _promised(story: Story, one: One) -> None:
    fact: Any = one.fact
    story.promised_until = second(datetime.fromisoformat(fact.until)) if fact.until else None


def _bound(story: Story, one: One) -> None:
    fact: Any = one.fact
    since = second(datetime.fromisoformat(fact.since))
    for row in fact.bindings:
        story.bound.append(bound_of(row, since))
    story.bound_seq = one.seq
    story.renegotiate |= story.negotiated is not None and any(row["metric"] == "resolution" for row in fact.bindings)


def bound_of(row: Any, since: datetime) -> Bound:
    """A binding as the journal has it."""
    return Bound(
        row["metric"], since, row["target"], row["version"], row["value"], row["unit"], row["calendar"], row["mode"]
    )


def _alarmed(story: Story, one: One) -> None:
    fact: Any = one.fact
    story.told.add((fact.metric, fact.cycle, fact.threshold, fact.binding))


def _waived(story: Story, one: One) -> None:
    fact: Any = one.fact
    story.waived[fact.metric, fact.cycle] = fact.reason


def _waiver_withdrawn(story: Story, one: One) -> None:
    fact: Any = one.fact
    story.waived.pop((fact.metric, fact.cycle), None)


def _negotiated(story: Story, one: One) -> None:
    fact: Any = one.fact
    story.negotiated = second(datetime.fromisoformat(fact.until))
    story.negotiations += 1
    story.renegotiate = False


def _split_done(story: Story, one: One) -> None:
    """Words said before the split, in the ticket that they were split off to; the opening one is its anchor."""
    fact: Any = one.fact
    own = {None, story.requester, story.affected}
    for place, (key, moment, side, kind, gratitude, author) in enumerate(fact.said):
        if key == fact.opening:
            continue
        staff = side == "staff"
        at = second(datetime.fromisoformat(moment)) + timedelta(microseconds=place)
        human = kind == "human" and not (staff and author in own)
        story.said[key] = Utterance(at=at, staff=staff, human=human, gratitude=gratitude)


def _merge_done(story: Story, one: One) -> None:
    fact: Any = one.fact
    if fact.counts:
        story.to_join.append(fact.source)


def _merged(story: Story, one: One) -> None:
    fact: Any = one.fact
    story.to_join.remove(fact.source)
    story.merges.append(joined_of(fact))


def _merge_voided(story: Story, one: One) -> None:
    fact: Any = one.fact
    story.merges = [each for each in story.merges if each.source != fact.source]


def joined_of(fact: Any) -> Joined:
    """What a merged ticket brought, as the journal has it."""
    return Joined(
        source=fact.source,
        opened_at=datetime.fromisoformat(fact.opened_at),
        waiting=tuple(
            Waiting(reason, datetime.fromisoformat(since), datetime.fromisoformat(until) if until else None)
            for reason, since, until in fact.rests
        ),
        said=_said(fact.said),
    )


def _said(rows: Mapping[str, Any]) -> dict[str, Utterance]:
    return {
        key: Utterance(datetime.fromisoformat(at), staff, human, gratitude=gratitude)
        for key, (at, staff, human, gratitude) in rows.items()
    }


def rests_of(story: Story) -> list[Waiting]:
    """All waiting, and the times between a cancellation and its undoing."""
    undone = [Waiting(CANCELLED, since, until) for since, until in story.cancelled if until is not None]
    return sorted([*story.waiting, *undone], key=lambda one: one.since)


_STEPS: dict[str, Callable[[Story, One], None]] = {
    "ticket.created": _created,
    "ticket.field_changed": _field,
    "ticket.type_changed": _typed,
    "ticket.priority_changed": _prioritised,
    "ticket.state_changed": _state,
    "message.public": _public,
    "mail.accepted": _accepted,
    "call.logged": _called,
    "solution.recorded": _solution,
    "assignment.changed": _assigned,
    "reopen.done": _reopened,
    "service.restored": _restored,
    "alert.recovered": _restored,
    "response.not_needed": _not_needed,
    "update.promised": _promised,
    "sla.bound": _bound,
    "sla.rebound": _bound,
    "sla.warned": _alarmed,
    "sla.breached": _alarmed,
    "sla.escalated": _alarmed,
    "sla.waived": _waived,
    "sla.waiver_withdrawn": _waiver_withdrawn,
    "sla.negotiated": _negotiated,
    "split.done": _split_done,
    "merge.done": _merge_done,
    "sla.merged": _merged,
    "merge.voided": _merge_voided,
}
KINDS = tuple(_STEPS)
