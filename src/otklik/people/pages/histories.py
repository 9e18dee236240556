"""The history of a settings record and of a configuration, old → new, in the words of its form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _

from otklik.journal import config
from otklik.journal.events import ConfigPublished, RecordAdded, RecordChanged
from otklik.journal.models import Entry
from otklik.people import keeping
from otklik.people.models import Membership, Person
from otklik.ui.settings_pages import Change, Version


def of_record(item: models.Model, form: type[forms.BaseForm]) -> list[Version]:
    """All versions of a record, newest first; each but the newest can be brought back."""
    kind = keeping.kind_of(type(item))
    entries = Entry.objects.filter(
        subject_kind=kind, subject_id=str(item.pk), kind__in=[RecordAdded.kind, RecordChanged.kind]
    ).order_by("-seq")
    found = list(entries)
    people = names_of(f"{entry.actor_kind}:{entry.actor_id}" for entry in found)
    fields = form.base_fields  # type: ignore[attr-defined]  # every declared form has them
    versions = []
    for place, entry in enumerate(found):
        added = entry.kind == RecordAdded.kind
        pairs = {} if added else entry.payload["changes"]
        changes = [change for name, pair in pairs.items() if (change := _change(fields, name, pair))]
        who = people.get(f"{entry.actor_kind}:{entry.actor_id}", _("Otklik"))
        text = _("added") if added else entry.payload.get("note", "")
        key = str(entry.seq) if place else ""
        versions.append(Version(at=entry.effective_at, who=who, changes=changes, text=text, key=key))
    return versions


def of_config(
    name: str, labels: Mapping[str, Any], show: Callable[[str, Any], str] = lambda key, value: str(value)
) -> list[Version]:
    """All versions of a configuration, newest first; each but the newest can be brought back, the shipped one too."""
    entries = list(
        Entry.objects.filter(subject_kind="config", subject_id=name, kind=ConfigPublished.kind).order_by("-seq")
    )
    people = names_of(f"{entry.actor_kind}:{entry.actor_id}" for entry in entries)
    versions = []
    for place, entry in enumerate(entries):
        changes = [
            Change(labels.get(key, key), show(key, old), show(key, new))
            for key, (old, new) in entry.payload["changes"].items()
        ]
        who = people.get(f"{entry.actor_kind}:{entry.actor_id}", _("Otklik"))
        key = str(entry.payload["version"]) if place else ""
        versions.append(Version(at=entry.effective_at, who=who, changes=changes, text=entry.payload["note"], key=key))
    if entries:
        first = entries[-1]
        versions.append(Version(at=first.effective_at, who=_("Otklik"), text=_("as shipped, until then"), key="0"))
    return versions


def bring_back_config(name: str, version: str, actor: Any) -> None:
    """Publish an earlier version of a configuration anew."""
    data = config.version(name, int(version)).data
    config.publish(name, data, actor=actor, note=_("brought back"))


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """Names of the people among these actors ("person:7" → "Olga"), in one query."""
    ids = {int(one.removeprefix("person:")) for one in actors if one.startswith("person:")}
    return {f"person:{pk}": name for pk, name in Person.objects.filter(pk__in=ids).values_list("pk", "name")}


def _change(fields: Mapping[str, forms.Field], name: str, pair: list[Any]) -> Change | None:
    if name.startswith("member:"):
        person = Person.objects.filter(pk=int(name.removeprefix("member:"))).first()
        return Change(person.name if person else "?", seat_words(pair[0]), seat_words(pair[1]))
    if name not in fields:
        return None
    field = fields[name]
    return Change(field.label or name, shown(field, pair[0]), shown(field, pair[1]))


def shown(field: forms.Field, value: Any) -> str:
    """A stored value in the words of its form field."""
    if value in (None, "", []):
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(field, forms.ModelChoiceField):
        values = value if isinstance(value, list) else [value]
        found = field.queryset.model._default_manager.filter(pk__in=values) if field.queryset is not None else []
        return ", ".join(str(one) for one in found) or "?"
    options = {str(key): str(label).partition("\n")[0] for key, label in getattr(field, "choices", ())}
    values = value if isinstance(value, list) else [value]
    return ", ".join(options.get(str(one), str(one)) for one in values)


def seat_words(value: dict[str, Any] | None) -> str:
    """A place in a team: the role, whether tickets come by themselves, and the share where it is not the whole."""
    if not value:
        return "—"
    role = str(dict(Membership.ROLES)[value["role"]])
    told = role if value["accepts_auto"] else _("%(role)s, not by turn") % {"role": role}
    share = value.get("share", 100)
    return told if share == 100 else _("%(told)s, %(share)s %% of the time") % {"told": told, "share": share}
