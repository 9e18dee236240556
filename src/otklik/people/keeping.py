"""Adding and changing records of settings pages, each with its entry in the journal: old → new, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from otklik.journal.events import RecordAdded, RecordChanged
from otklik.journal.models import Entry
from otklik.journal.record import Actor, Subject, record
from otklik.people import audit
from otklik.people.refusal import Refused, UnknownField

Kept = TypeVar("Kept", bound=models.Model)
Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def noted(command: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """A command as one transaction; what a refusal tells the access log is written after the rollback."""

    @wraps(command)
    def run(*args: Given.args, **keywords: Given.kwargs) -> Answer:
        try:
            with transaction.atomic():
                return command(*args, **keywords)
        except Refused as refusal:
            fact, refusal.fact = refusal.fact, None
            if fact is not None:
                audit.note(fact)
            raise

    return run


def kind_of(model: type[models.Model]) -> str:
    """The kind under which the journal knows records of this model."""
    return model.__name__.lower()


def known(values: Mapping[str, Any], fields: Iterable[str], kind: str) -> dict[str, Any]:
    """The values, if the record has all these fields; else `UnknownField`, noted in the access log."""
    if strangers := values.keys() - set(fields):
        refusal = UnknownField(strangers)
        refusal.fact = audit.strangers(strangers, kind)
        raise refusal
    return dict(values)


def add(model: type[Kept], values: Mapping[str, Any], *, actor: Actor) -> Kept:
    """Create a record; raises `Refused` where another one stands in its place."""
    try:
        with transaction.atomic():
            item = model(**values)
            item.save()
            first = {name: plain(getattr(item, name)) for name in values}
            record(Subject(kind=kind_of(model), id=str(item.pk)), RecordAdded(values=first), actor=actor)
    except IntegrityError as clash:
        raise _clash(clash) from clash
    return item


def change(item: Kept, values: Mapping[str, Any], *, actor: Actor, note: str = "") -> Kept:
    """Change a record's fields, the row locked; nothing is recorded where nothing differs."""
    model = type(item)
    try:
        with transaction.atomic():
            fresh = model._default_manager.select_for_update().get(pk=item.pk)
            changes = {
                name: [plain(getattr(fresh, name)), plain(value)]
                for name, value in values.items()
                if plain(getattr(fresh, name)) != plain(value)
            }
            if not changes:
                return fresh
            for name in changes:
                setattr(fresh, name, values[name])
            fresh.save(update_fields=list(changes))
            fact = RecordChanged(changes=changes, note=note)
            record(Subject(kind=kind_of(model), id=str(item.pk)), fact, actor=actor)
    except IntegrityError as clash:
        raise _clash(clash) from clash
    return fresh


def tell(item: models.Model, changes: dict[str, list[Any]], *, actor: Actor, note: str = "") -> None:
    """Record a change that lies outside the record's own row (a membership)."""
    record(Subject(kind=kind_of(type(item)), id=str(item.pk)), RecordChanged(changes=changes, note=note), actor=actor)


def tell_added(item: models.Model, values: dict[str, Any], *, actor: Actor) -> None:
    """Record that something was added whose row holds more than may be told (a token's digest)."""
    record(Subject(kind=kind_of(type(item)), id=str(item.pk)), RecordAdded(values=values), actor=actor)


def plain(value: Any) -> Any:
    """A field's value as JSON: another record is its id, a moment is text in UTC."""
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, set | frozenset | tuple | list):
        return [plain(one) for one in value]
    return value


def as_of(kind: str, identity: int, seq: int) -> dict[str, Any]:
    """A record's values after an entry of its history, as far as the history tells them."""
    values: dict[str, Any] = {}
    entries = Entry.objects.filter(subject_kind=kind, subject_id=str(identity), seq__lte=seq).order_by("seq")
    for entry in entries:
        if entry.kind == RecordAdded.kind:
            values |= entry.payload["values"]
        elif entry.kind == RecordChanged.kind:
            values |= {name: new for name, (_old, new) in entry.payload["changes"].items()}
    later = Entry.objects.filter(
        subject_kind=kind, subject_id=str(identity), seq__gt=seq, kind=RecordChanged.kind
    ).order_by("seq")
    for entry in later:
        for name, (old, _new) in entry.payload["changes"].items():
            values.setdefault(name, old)
    return values


def _clash(error: IntegrityError) -> Refused:
    text = str(error)
    if "one_person_per_address" in text:
        return Refused(_("Another person has this address"), field="email")
    if "one_default_team" in text:
        return Refused(_("Another team is the service desk already"), field="is_default")
    if "one_level_per_skill" in text:
        return Refused(_("This person has this skill already. Change that one"), field="skill")
    if "one_need_per_skill" in text:
        return Refused(_("The team asks for this skill already. Change that one"), field="skill")
    if "code" in text and "unique" in text:
        return Refused(_("This short name is taken"), field="code")
    return Refused(_("Something else holds this value or stands on it"))
