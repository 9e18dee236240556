"""The report form (screen 02): what a person says in their own words, checked and kept whatever goes wrong."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik.catalogue.models import Service
from otklik.people.models import Person, Place
from otklik.tickets.attachments import MAX_FILES, uploaded
from otklik.tickets.models import Upload
from otklik.tickets.priority import EFFECTS, SCOPES

MAX_CC = 10
MAX_FOUND = 6  # colleagues or places offered while typing
MAX_DESCRIPTION = 20_000
EFFECT_CHOICES = [
    ("stopped", gettext_lazy("Work has stopped\nThere is no way round")),
    ("hard", gettext_lazy("I work with difficulty\nUrgent tasks are late")),
    ("workaround", gettext_lazy("There is a way round\nInconvenient but bearable")),
    ("none", gettext_lazy("It does not hinder\nA question or a wish")),
]
SCOPE_CHOICES = [
    ("me", gettext_lazy("Only me")),
    ("department", gettext_lazy("My department")),
    ("many", gettext_lazy("Several departments or the whole service")),
]
# Words by which the page ticks what a description already tells, in both languages whatever the page speaks.
CHECKLIST = {
    "did": "провожу провёл нажима нажал открыва открыл пыта пробова запуска запустил вхожу захожу печата отправля"
    " делал делаю подключа press click open tried try start print send log",
    "saw": "ошибк виж увид пишет написал висит завис появ экран сообщен пуст чёрн красн горит не работает error see saw"
    " shows says hang freez blank message screen",
    "when": "вчера сегодня утром днём вечером раньше работало недел месяц после последн с тех пор обновлен yesterday"
    " today morning earlier worked week since after last ago",
}


def colleagues(of: Person) -> Any:
    """Whom a person may add in copy: active people of the same organisation."""
    if of.organisation_id is None:
        return Person.objects.none()
    return Person.objects.filter(organisation=of.organisation_id, is_active=True).exclude(pk=of.pk)


def found_colleagues(of: Person, asked: str) -> list[Person]:
    """The first few colleagues whose name holds every word, or whose address begins so."""
    words = asked.split()[:5]
    named = Q()
    for word in words:
        named &= Q(name__icontains=word)
    if not words:
        return []
    return list(colleagues(of).filter(named | Q(email__istartswith=words[0])).order_by("name", "pk")[:MAX_FOUND])


def found_places(asked: str) -> list[Place]:
    """The first few places whose path in the tree holds every word."""
    words = asked.split()[:6]
    places = Place.objects.filter(is_active=True)
    for word in words:
        places = places.filter(Q(path__icontains=word) | Q(name__icontains=word))
    return list(places.order_by("path", "pk")[:MAX_FOUND]) if words else []


class ReportForm(forms.Form):
    """What, how, how badly, whom, where; ``me`` decides who may be added and whose uploads count."""

    subject = forms.CharField(
        label=gettext_lazy("What is not working?"),
        help_text=gettext_lazy("One phrase, as you would tell a colleague"),
        max_length=200,
        error_messages={"required": gettext_lazy("Say in one phrase what is not working")},
    )
    description = forms.CharField(
        label=gettext_lazy("How does it happen?"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=MAX_DESCRIPTION,
        error_messages={"required": gettext_lazy("Tell what you did and what you saw")},
    )
    error_text = forms.CharField(
        label=gettext_lazy("Text of the error"),
        widget=forms.Textarea(attrs={"rows": 2, "class": "mono"}),
        max_length=MAX_DESCRIPTION,
        required=False,
    )
    effect = forms.ChoiceField(
        label=gettext_lazy("How does it hinder your work?"),
        choices=EFFECT_CHOICES,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose how it hinders your work")},
    )
    deadline_text = forms.CharField(
        label=gettext_lazy("Is there a deadline that must hold?"), max_length=200, required=False
    )
    scope = forms.ChoiceField(
        label=gettext_lazy("Who is affected?"),
        choices=SCOPE_CHOICES,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose who is affected")},
    )
    cc_pick_text = forms.CharField(required=False, max_length=300)
    place = forms.CharField(required=False, max_length=20)
    place_text = forms.CharField(label=gettext_lazy("Place"), required=False, max_length=200)
    device = forms.CharField(
        label=gettext_lazy("Device"),
        help_text=gettext_lazy("Number on the sticker"),
        max_length=120,
        required=False,
    )
    phone = forms.CharField(label=gettext_lazy("Phone to call you back"), max_length=60, required=False)
    service = forms.SlugField(required=False, max_length=40, widget=forms.HiddenInput)
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, me: Person, trouble: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.me, self.trouble = me, list(trouble)
        self.further_cc: list[Person] = []

    # -- lists that the browser grows -------------------------------------------------------------------------------
    def _list(self, name: str) -> list[str]:
        if isinstance(self.data, QueryDict) and self.is_bound:
            return [str(one) for one in self.data.getlist(name)]
        return [str(one) for one in self.initial.get(name, [])]

    def uploads(self) -> list[Upload]:
        """The files that are up already, in their order."""
        keys = [str(key) for key in map(as_uuid, self._list("files")) if key][:MAX_FILES]
        found = {str(one.pk): one for one in Upload.objects.filter(pk__in=keys, owner=self.me)}
        return [found[key] for key in keys if key in found]

    def people(self) -> list[Person]:
        """Who gets copies; anybody who is no colleague is left out."""
        keys = [int(key) for key in self._list("cc") if key.isdigit() and len(key) < 12][:MAX_CC]
        return list(colleagues(self.me).filter(pk__in=keys).order_by("name")) if keys else []

    def chosen_service(self) -> Service | None:
        """The service that the form was opened for."""
        code = self["service"].value() or ""
        return Service.objects.filter(code=str(code)[:40], is_active=True).first() if code else None

    # -- checks ------------------------------------------------------------------------------------------------------
    def clean_cc_pick_text(self) -> str:
        """Without a script a colleague is named in words: exactly one must fit."""
        text: str = self.cleaned_data["cc_pick_text"].strip()
        if text:
            fitting = [one for one in found_colleagues(self.me, text) if text.lower() in {one.name.lower(), one.email}]
            fitting = fitting or found_colleagues(self.me, text)
            if len(fitting) != 1:
                raise forms.ValidationError(_("We did not find one colleague by these words. Write the full name"))
            self.further_cc = fitting
        return text

    def clean(self) -> dict[str, Any]:
        """Turn the words of the form into those of the trade."""
        data = super().clean() or {}
        for words in self.trouble:
            self.add_error(None, words)
        data["where"] = self._place(data)
        if "effect" in data and "scope" in data:
            data["type"], data["urgency"] = EFFECTS[data["effect"]]
            data["impact"] = SCOPES[data["scope"]]
        return data

    def _place(self, data: dict[str, Any]) -> Place | None:
        key, text = data.get("place", ""), (data.get("place_text") or "").strip()
        places = Place.objects.filter(is_active=True)
        if key.isdigit():
            return places.filter(pk=int(key)).first()
        return places.filter(path__iexact=text).first() if text else None

    def content_files(self) -> list[Any]:
        """The uploads as files of a message."""
        return uploaded([str(one.pk) for one in self.uploads()], owner=self.me)

    def everybody(self) -> list[Person]:
        """All who get copies, chosen or named."""
        return list(dict.fromkeys([*self.people(), *self.further_cc]))


def as_uuid(text: str) -> uuid.UUID | None:
    """A key as the browser sent it, None for anything else."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def fresh_key() -> str:
    """A key that makes two sendings of one form one ticket."""
    return uuid.uuid4().hex


def blank(me: Person, *, service: str = "", saved: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the form begins with: what is known of the person, then their draft."""
    known: dict[str, Any] = {
        "place": str(me.place_id or ""),
        "place_text": str(me.place) if me.place_id else "",
        "device": me.device,
        "phone": me.phone,
        "key": fresh_key(),
        "service": service,
    }
    for name, value in (saved or {}).items():
        if name in ReportForm.base_fields or name in {"files", "cc"}:
            known[name] = value
    return known | ({"service": service} if service else {})


def ids(uploads: Iterable[Upload]) -> list[str]:
    """Keys of uploads as text."""
    return [str(one.pk) for one in uploads]
