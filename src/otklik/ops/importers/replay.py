"""From a case of a log to the tale that the desk is told: facts with the instants of the log; what was not clear."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from otklik.journal.record import Actor, Event
from otklik.ops.importers.cast import KINDS, Cast, shown
from otklik.ops.importers.mapping import Mapping, Value
from otklik.ops.importers.reading import Case, Problem, Row, instant
from otklik.ops.importers.steps import steps
from otklik.tickets import desk, priority
from otklik.tickets.events import (
    AssignmentChanged,
    FieldChanged,
    PriorityChanged,
    ReopenDone,
    SolutionRecorded,
    StateChanged,
    TicketCreated,
)

SUBJECT = 200  # characters
PLACE = re.compile(r"\{([^{}]+)\}")
IMPORT = Actor(kind="system", id="import")
FIELDS = ("requester", "service", "place")  # names whose change is a change of a field


class Skipped(Exception):
    """The case cannot be told; the message says why."""


@dataclass(slots=True)
class Notes:
    """What was not clear in a case."""

    problems: list[Problem] = field(default_factory=list)
    unmapped: dict[str, dict[str, int]] = field(default_factory=dict)
    irregular: int = 0

    def unknown(self, columns: tuple[str, ...], text: str) -> None:
        """A word that the mapping has no meaning for."""
        told = self.unmapped.setdefault(columns[0], {})
        told[text] = told.get(text, 0) + 1

    def data(self) -> dict[str, Any]:
        """As JSON values, empty parts left out."""
        told = {
            "problems": [one.data() for one in self.problems],
            "unmapped": self.unmapped,
            "irregular": self.irregular,
        }
        return {name: value for name, value in told.items() if value}


@dataclass(slots=True)
class Now:
    """How the ticket stands while its rows are read."""

    status: str = "new"
    reason: str = ""
    before_cancel: str = "open"
    team: int | None = None
    assignee: int | None = None
    fields: dict[str, int | None] = field(default_factory=dict)
    impact: int = 3
    urgency: int = 3
    priority: str = "P4"


class Telling:
    """One case being told."""

    def __init__(self, case: Case, number: int, mapping: Mapping, cast: Cast, matrix: Any) -> None:
        self.case, self.number, self.mapping, self.cast, self.matrix = case, number, mapping, cast, matrix
        self.notes, self.now = Notes(), Now()
        self.past: list[desk.Past] = []
        self.row = case.rows[0]

    def tale(self) -> desk.Tale:
        """The whole of it. Raises Skipped where even its opening cannot be read."""
        opened = self._opened()
        created = self._created(opened)
        self._describe(opened)
        self._levels(opened)
        moments = list(self._moments())
        if self.mapping.steps:  # columns have no order of their own; the rows of a log are in the order of its changes
            moments.sort(key=lambda one: one[0])
        for at, row, state in moments:
            self.row = row
            self._fields(at)
            self._levels(at)
            self._assign(at)
            if state:
                self._reach(at, state)
        provenance = {"source": self.mapping.source, "id": self.case.id, "line": self.case.rows[0].line}
        return desk.Tale(created=created, past=self.past, at=opened, actor=self._actor(), provenance=provenance)

    # -- the beginning -------------------------------------------------------------------------------------------------
    def _opened(self) -> datetime:
        for row in self.case.rows:
            text = row.get(self.mapping.opened)
            found = instant(text, self.mapping) if text else None
            if found is not None:
                return found
            self.notes.problems.append(Problem(row.line, self.mapping.opened[0], text, "no instant"))
        raise Skipped("no instant of opening")

    def _created(self, opened: datetime) -> TicketCreated:
        self.now.team = self._name("team")
        self.now.fields = {name: self._name(name) for name in FIELDS}
        kind, channel = self._value("type"), self._value("channel")
        self.now.impact, self.now.urgency = int(self._value("impact")), int(self._value("urgency"))
        self.now.priority = priority.computed(kind, self.now.impact, self.now.urgency, self.matrix)
        self.kind = kind
        requester = self._shown("requester")
        return TicketCreated(
            number=self.number,
            type=kind,
            origin="human",
            subject=self._subject(),
            opened_at=opened.isoformat(),
            channel=channel,
            requester=self.now.fields["requester"],
            affected_person=self.now.fields["requester"],
            contact={"name": requester} if requester else {},
            service=self.now.fields["service"],
            place=self.now.fields["place"],
            impact=self.now.impact,
            urgency=self.now.urgency,
            stated_urgency=self.now.urgency,
            priority_computed=self.now.priority,
            team=self.now.team,
            live_contact=channel in self.mapping.live,
        )

    def _subject(self) -> str:
        text = PLACE.sub(lambda found: self.row.cells.get(found[1], ""), self.mapping.subject)
        return " ".join(text.split())[:SUBJECT] or self.case.id

    def _describe(self, opened: datetime) -> None:
        words = self.row.get(self.mapping.description)
        if words and self.mapping.description:
            self._say(opened, words, kind="description", side="customer")

    def _moments(self) -> Iterator[tuple[datetime, Row, str]]:
        """(instant, row, state or '') of everything that the rows tell, in the order of the file."""
        for row in self.case.rows:
            if self.mapping.state is not None:
                text = row.get(self.mapping.row_at)
                at = instant(text, self.mapping) if text else None
                if at is None:
                    self.notes.problems.append(Problem(row.line, self.mapping.row_at[0], text, "no instant"))
                    continue
                yield at, row, self._meaning(self.mapping.state, row)
            for step in self.mapping.steps:
                if step.where and row.get(step.where) != step.equals:
                    continue
                text = row.get(step.at)
                at = instant(text, self.mapping) if text else None
                if at is not None:
                    yield at, row, step.state
                elif text:
                    self.notes.problems.append(Problem(row.line, step.at[0], text, "no instant"))

    # -- what changes --------------------------------------------------------------------------------------------------
    def _fields(self, at: datetime) -> None:
        for name in FIELDS:
            old, new = self.now.fields[name], self._name(name)
            if new != old and new is not None:
                self.now.fields[name] = new
                self._tell(at, FieldChanged(field=name, old=old, new=new))

    def _levels(self, at: datetime) -> None:
        now = self.now
        impact, urgency = int(self._value("impact")), int(self._value("urgency"))
        computed = priority.computed(self.kind, impact, urgency, self.matrix)
        stated = self._value("priority") or computed
        if (impact, urgency, stated) == (now.impact, now.urgency, now.priority):
            return
        fact = PriorityChanged(
            old=now.priority,
            new=stated,
            computed=computed,
            impact=[now.impact, impact],
            urgency=[now.urgency, urgency],
            override=stated if stated != computed else "",
            reason_code="contract" if stated != computed else "",
        )
        now.impact, now.urgency, now.priority = impact, urgency, stated
        self._tell(at, fact)

    def _assign(self, at: datetime) -> None:
        now, team, assignee = self.now, self._name("team"), self._name("assignee")
        if (team, assignee) != (now.team, now.assignee):
            fact = AssignmentChanged(team=team, assignee=assignee, old_team=now.team, old_assignee=now.assignee)
            now.team, now.assignee = team, assignee
            self._tell(at, fact)

    def _reach(self, at: datetime, wanted: str) -> None:
        """The steps from where the ticket stands to a state; one that has no step of its own goes by others."""
        state, _, reason = wanted.partition(":")
        now = self.now
        if (state, reason) == (now.status, now.reason):
            return
        way = steps(now.status, state, before_cancel=now.before_cancel)
        if way is None:
            self.notes.problems.append(Problem(self.row.line, "", wanted, f"no way from {now.status}"))
            return
        irregular = len(way) > 1
        self.notes.irregular += irregular
        for transition, to in way:
            self._step(at, transition, to, reason if to == "pending" else "", irregular=irregular)

    def _step(self, at: datetime, transition: str, to: str, reason: str, *, irregular: bool) -> None:
        now = self.now
        why = ""
        if transition == "T5":
            why = self._value("solution")
            self._solve(at, why, irregular=irregular)
        elif transition in {"T8", "T13"}:
            why = "import"
            self._tell(at, ReopenDone(cause="import"), irregular=irregular)
        elif transition == "T11":
            now.before_cancel, why = now.status, "withdrawn"
        elif transition == "T7":
            why = "import"
        pending, _, side = reason.partition("_") if reason.startswith("scheduled") else (reason, "", "")
        data = {"asked_by": side} if side else {}
        fact = StateChanged(was=now.status, to=to, transition=transition, pending_reason=pending, data=data, reason=why)
        now.status, now.reason = to, reason
        self._tell(at, fact, irregular=irregular)

    def _solve(self, at: datetime, code: str, *, irregular: bool) -> None:
        words = self.row.get(self.mapping.solution_text) if self.mapping.solution_text else ""
        if words:
            self._say(at, words, kind="solution", side="staff", fact=SolutionRecorded(code=code), irregular=irregular)
        else:
            self._tell(at, SolutionRecorded(code=code), irregular=irregular)

    # -- words of the row ----------------------------------------------------------------------------------------------
    def _tell(self, at: datetime, fact: Event, *, irregular: bool = False) -> None:
        past = desk.Past(at=at, actor=self._actor(), fact=fact, irregular=irregular, provenance=self._provenance())
        self.past.append(past)

    def _say(
        self, at: datetime, words: str, *, kind: str, side: str, fact: Event | None = None, irregular: bool = False
    ) -> None:
        self.past.append(
            desk.Past(
                at=at,
                actor=self._actor(),
                content=desk.Content(text=words[: desk.MAX_TEXT], author_name=self._speaker(side)),
                side=side,
                kind=kind,
                fact=fact,
                irregular=irregular,
                provenance=self._provenance(),
            )
        )

    def _speaker(self, side: str) -> str:
        return self._shown("requester") if side == "customer" else self._shown("assignee") or self._shown("team")

    def _provenance(self) -> dict[str, Any]:
        return {"source": self.mapping.source, "id": self.case.id, "line": self.row.line}

    def _actor(self) -> Actor:
        who = self._name("actor")
        return IMPORT if who is None else Actor(kind="person", id=str(who))

    def _name(self, name: str) -> int | None:
        return self.cast.find(KINDS.get(name, name), self._shown(name)) if name in self.mapping.names else None

    def _shown(self, name: str) -> str:
        if name not in self.mapping.names:
            return ""
        return shown(self.mapping, name, self.row.get(self.mapping.names[name].columns))

    def _value(self, name: str) -> str:
        value = self.mapping.values[name]
        return self._meaning(value, self.row) or value.default

    def _meaning(self, value: Value, row: Row) -> str:
        text = row.get(value.columns)
        if not text or text in value.words:
            return value.words.get(text, "")
        self.notes.unknown(value.columns, text)
        return ""
