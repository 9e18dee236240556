"""A ticket's journal in the words of staff: who, what, old → new."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from otklik.catalogue.models import Service
from otklik.journal.record import Recorded, Subject
from otklik.journal.timeline import entries
from otklik.people.models import Organisation, Person, Place, Team
from otklik.sla import phrases
from otklik.tickets.models import Ticket
from otklik.tickets.refusal import state_name
from otklik.web.workspace import words

QUIET = frozenset({"mail.received", "sla.bound", "csat.sent", "access.viewed_restricted"})
IN_CONVERSATION = frozenset(
    {"message.public", "message.internal", "mail.quarantined", "solution.recorded", "ticket.created"}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One entry of the history."""

    at: datetime
    who: str
    text: str
    changes: list[dict[str, str]] = field(default_factory=list)
    seq: int = 0
    kind: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """Names behind the ids that facts hold, read in one question per table."""

    people: Mapping[int, str]
    teams: Mapping[int, str]
    services: Mapping[int, str]
    places: Mapping[int, str]
    organisations: Mapping[int, str]

    def actor(self, one: Recorded) -> str:
        """Who did it."""
        if one.actor.kind == "person":
            return self.people.get(int(one.actor.id), _("Somebody"))
        return {"client": _("API"), "alert": _("Monitoring"), "import": _("Import")}.get(one.actor.kind, _("System"))

    def of(self, name: str, value: Any) -> str:
        """The value of a field as staff read it."""
        tables = {
            "service": self.services,
            "place": self.places,
            "organisation": self.organisations,
            "affected_person": self.people,
        }
        if value in (None, "", [], {}):
            return "—"
        if name in tables:
            return tables[name].get(value, str(value))
        if name == "contact":
            return ", ".join(str(text) for text in value.values() if text)
        return ", ".join(value) if isinstance(value, list) else str(value)


def told(ticket: Ticket) -> list[Recorded]:
    """The whole journal of the ticket."""
    return entries(Subject(kind="ticket", id=str(ticket.pk)))


def names_in(facts: Iterable[Recorded], ticket: Ticket) -> Names:
    """Every name that these facts need; those that the ticket has at hand are not asked for again."""
    people: set[int] = set()
    sets: dict[str, set[int]] = {"team": set(), "service": set(), "place": set(), "organisation": set()}
    for one in facts:
        if one.actor.kind == "person":
            people.add(int(one.actor.id))
        fact: Any = one.fact
        for name in ("assignee", "old_assignee", "person"):
            people |= _number(getattr(fact, name, None))
        for name in ("team", "old_team"):
            sets["team"] |= _number(getattr(fact, name, None))
        if one.kind == "ticket.field_changed":
            target = people if fact.field == "affected_person" else sets.get(fact.field)
            if target is not None:
                target |= _number(fact.old) | _number(fact.new)
    at_hand = [one for one in (ticket.requester, ticket.assignee, ticket.affected_person) if one]
    return Names(
        people=_named(Person, people, at_hand, lambda one: one.name),
        teams=_named(Team, sets["team"], [ticket.team], lambda one: one.name),
        services=_named(Service, sets["service"], [ticket.service], lambda one: one.name),
        places=_named(Place, sets["place"], [ticket.place], str),
        organisations=_named(Organisation, sets["organisation"], [ticket.organisation], lambda one: one.name),
    )


def _named(model: Any, wanted: set[int], at_hand: Iterable[Any], name: Callable[[Any], str]) -> dict[int, str]:
    found = {one.pk: name(one) for one in at_hand if one is not None}
    if missing := wanted - found.keys():
        found |= {one.pk: name(one) for one in model.objects.filter(pk__in=missing)}
    return found


def _number(value: Any) -> set[int]:
    return {value} if isinstance(value, int) and not isinstance(value, bool) else set()


def history(facts: Iterable[Recorded], names: Names, *, conversation: bool = False) -> list[Line]:
    """Lines of the history, oldest first; with ``conversation`` only what stands between the messages."""
    lines = []
    for one in facts:
        if one.kind in QUIET or (conversation and one.kind in IN_CONVERSATION):
            continue
        text, changes = _sentence(one, names)
        if text:
            lines.append(Line(at=one.at, who=names.actor(one), text=text, changes=changes, seq=one.seq, kind=one.kind))
    return lines


def _change(label: str, was: str, now: str) -> dict[str, str]:
    return {"label": label, "was": was, "now": now}


def _sentence(one: Recorded, names: Names) -> tuple[str, list[dict[str, str]]]:
    fact: Any = one.fact
    maker = _MAKERS.get(one.kind)
    if maker is not None:
        made: tuple[str, list[dict[str, str]]] = maker(fact, names)
        return made
    plain = {
        "ticket.created": _("registered the ticket"),
        "message.public": _("wrote to the requester") if getattr(fact, "side", "") == "staff" else _("wrote"),
        "message.internal": _("left a note"),
        "mail.quarantined": _("wrote from an unknown address; the message waits to be confirmed"),
        "mail.accepted": _("confirmed a message"),
        "call.logged": _("logged a call"),
        "reopen.done": _("brought it back into work"),
        "reopen.voided": _("took the reopening back"),
        "service.restored": _("noted that the service works again"),
        "response.not_needed": _("noted that no answer is needed"),
        "update.missed": _("the promised word was not given in time"),
        "alert.repeated": _("reported the same again"),
        "alert.recovered": _("reported that it is over"),
        "assignment.unavailable": _("found nobody who could be assigned"),
        "assignment.declined": _("gave it back: %(reason)s") % {"reason": getattr(fact, "reason", "")},
        "assignment.skipped": _("passed it over: %(reason)s") % {"reason": getattr(fact, "reason", "")},
        "assignment.flagged": _("noted that it goes to and fro between teams"),
        "assignment.returned": _("brought it back to the queue: the assignee is away"),
        "assignment.paged": _("called somebody: nobody was on shift"),
        "assignment.page_acknowledged": _("heard that the call was answered"),
        "assignment.hand_over_proposed": _("proposed to hand it over: the assignee is away"),
        "csat.rated": _("rated the solution"),
        "csat.commented": _("commented the rating"),
        "work.logged": _("logged work"),
        "follow_up.created": _("a later message opened a ticket that follows this one"),
    }
    return plain.get(one.kind, ""), []


def _field(fact: Any, names: Names) -> tuple[str, list[dict[str, str]]]:
    return _("changed"), [
        _change(words.field(fact.field), names.of(fact.field, fact.old), names.of(fact.field, fact.new))
    ]


def _type(fact: Any, names: Names) -> tuple[str, list[dict[str, str]]]:
    return _("changed"), [_change(_("Type"), words.ticket_type(fact.old), words.ticket_type(fact.new))]


def _priority(fact: Any, names: Names) -> tuple[str, list[dict[str, str]]]:
    changes = [_change(_("Priority"), fact.old, fact.new)] if fact.old != fact.new else []
    if fact.impact[0] != fact.impact[1]:
        changes.append(_change(_("Impact"), words.impact(fact.impact[0]), words.impact(fact.impact[1])))
    if fact.urgency[0] != fact.urgency[1]:
        changes.append(_change(_("Urgency"), words.urgency(fact.urgency[0]), words.urgency(fact.urgency[1])))
    reason = f"{words.override_reason(fact.reason_code)}: {fact.text}" if fact.reason_code else ""
    return (_("changed (%(why)s)") % {"why": reason} if reason else _("changed")), changes


def _state(fact: Any, names: Names) -> tuple[str, list[dict[str, str]]]:
    now = words.pending(fact.pending_reason) if fact.to == "pending" else state_name(fact.to)
    return _("changed"), [_change(_("Status"), state_name(fact.was), now)]


def _assigned(fact: Any, names: Names) -> tuple[str, list[dict[str, str]]]:
    changes = []
    if fact.team != fact.old_team:
        changes.append(_change(_("Team"), names.teams.get(fact.old_team, "—"), names.teams.get(fact.team, "—")))
    if fact.assignee != fact.old_assignee:
        old, new = names.people.get(fact.old_assignee, "—"), names.people.get(fact.assignee, "—")
        changes.append(_change(_("Assignee"), old, new))
    text = _("took it") if fact.mode == "pull" else _("assigned")
    return (f"{text}: {fact.text}" if fact.text else text), changes


def _joined(fact: Any, names: Names) -> tuple[str, list[dict[str, str]]]:
    who = names.people.get(fact.person, "")
    role = {"cc": _("in copy"), "watcher": _("following"), "granted": _("allowed to see it")}.get(fact.role, fact.role)
    text = _("added %(name)s: %(role)s") if fact.kind == "participant.added" else _("removed %(name)s: %(role)s")
    return text % {"name": who, "role": role}, []


def _linked(fact: Any, names: Names) -> tuple[str, list[dict[str, str]]]:
    if fact.link in {"merged_into_back", "split_from"}:
        return "", []  # the merge or the split itself says it
    if fact.link == "merged_into":
        text = _("merged it into No. %(number)s") if fact.kind == "link.added" else _("took it out of No. %(number)s")
        return text % {"number": fact.number or "—"}, []
    text = _("linked with No. %(number)s") if fact.kind == "link.added" else _("took back the link with No. %(number)s")
    return text % {"number": fact.number or "—"}, []


def _split(fact: Any, names: Names) -> tuple[str, list[dict[str, str]]]:
    count = len(fact.messages)
    if fact.said:
        text = ngettext(
            "began it with %(num)s message of No. %(number)s",
            "began it with %(num)s messages of No. %(number)s",
            count,
        )
        return text % {"num": count, "number": fact.source_number}, []
    text = ngettext(
        "split %(num)s message off into No. %(number)s", "split %(num)s messages off into No. %(number)s", count
    )
    return text % {"num": count, "number": fact.number}, []


def _merged(fact: Any, names: Names) -> tuple[str, list[dict[str, str]]]:
    text = _("merged No. %(number)s into it") if fact.kind == "merge.done" else _("took No. %(number)s out again")
    return text % {"number": fact.number}, []


def _promised(fact: Any, names: Names) -> tuple[str, list[dict[str, str]]]:
    if fact.until is None:
        return _("took back the promise of the next word"), []
    return _("promised the next word by %(time)s") % {"time": words.by(datetime.fromisoformat(fact.until))}, []


def _status(fact: Any, names: Names) -> tuple[str, list[dict[str, str]]]:
    return _("told the requester where things stand: “%(text)s”") % {"text": fact.text}, []


def _solved(fact: Any, names: Names) -> tuple[str, list[dict[str, str]]]:
    return _("proposed a solution: %(how)s") % {"how": words.resolution(fact.code)}, []


def _delivered(fact: Any, names: Names) -> tuple[str, list[dict[str, str]]]:
    if fact.status in {"queued", "sending", "sent", "trapped"}:
        return "", []
    return _("a letter to %(address)s did not arrive: %(why)s") % {"address": fact.recipient, "why": fact.detail}, []


def _reminded(fact: Any, names: Names) -> tuple[str, list[dict[str, str]]]:
    texts = {
        "question": _("reminded the requester of our question"),
        "close": _("reminded the requester to check the solution"),
        "supplier": _("time to ask the supplier again"),
    }
    return texts.get(fact.what, ""), []


def _of_promise(fact: Any, names: Names) -> tuple[str, list[dict[str, str]]]:
    known = {"promise": phrases.metric_name(fact.metric), "why": getattr(fact, "reason", "")}
    if fact.kind == "sla.breached":
        known["why"] = phrases.cause_name(fact.cause)
        return _("the promise “%(promise)s” is broken: %(why)s") % known, []
    if fact.kind == "sla.waived":
        return _("waived the breach of “%(promise)s”: %(why)s") % known, []
    if fact.kind == "sla.waiver_withdrawn":
        return _("withdrew the waiver of “%(promise)s”: %(why)s") % known, []
    until = words.by(datetime.fromisoformat(fact.until))
    return _("recorded the date agreed with the requester: %(time)s") % {"time": until}, []


_MAKERS: dict[str, Any] = {
    "sla.breached": _of_promise,
    "sla.waived": _of_promise,
    "sla.waiver_withdrawn": _of_promise,
    "sla.negotiated": _of_promise,
    "ticket.field_changed": _field,
    "ticket.type_changed": _type,
    "ticket.priority_changed": _priority,
    "ticket.state_changed": _state,
    "assignment.changed": _assigned,
    "participant.added": _joined,
    "participant.removed": _joined,
    "link.added": _linked,
    "link.removed": _linked,
    "merge.done": _merged,
    "merge.voided": _merged,
    "split.done": _split,
    "update.promised": _promised,
    "public_status.set": _status,
    "solution.recorded": _solved,
    "message.delivery": _delivered,
    "reminder.due": _reminded,
}
