"""Who belongs to which team and how much: the share of a person's time, and whether tickets come by themselves."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik.journal.events import RecordChanged
from otklik.journal.models import Entry
from otklik.people import roster
from otklik.people.forms.strict import StrictForm
from otklik.people.models import Membership
from otklik.people.pages.histories import names_of, seat_words
from otklik.people.pages.settling import by_act, initial_of, through
from otklik.ui.settings_pages import Change, Column, SettingsPage, Version
from otklik.ui.sidebar import add_page, frame

FIELDS = ["accepts_auto", "share"]


class SeatForm(StrictForm):
    """What a team gets of a person."""

    accepts_auto = forms.BooleanField(
        label=gettext_lazy("Accepts automatic assignment"),
        required=False,
        help_text=gettext_lazy(
            "Without it nothing is given or proposed; whoever assigns by hand may still choose them"
        ),
    )
    share = forms.IntegerField(
        label=gettext_lazy("Share of the time for this team, per cent"),
        min_value=1,
        max_value=100,
        help_text=gettext_lazy("So much of the person's capacity in points counts for tickets of this team"),
    )


def _seats() -> QuerySet[Membership]:
    seats = Membership.objects.filter(team__is_active=True, person__is_active=True)
    return seats.select_related("team", "person").order_by("-team__is_default", "team_id", "person__name", "pk")


def _join(seat: Membership, values: dict[str, Any], request: HttpRequest) -> Membership:
    given = {"role": seat.role} | {name: values[name] for name in FIELDS}
    actor = request.actor  # type: ignore[attr-defined]  # set by the middleware
    return through(roster.join, seat.team, seat.person, actor=actor, **given)  # type: ignore[no-any-return]  # a seat


def _entries(seat: Membership) -> QuerySet[Entry]:
    told = Entry.objects.filter(subject_kind="team", subject_id=str(seat.team_id), kind=RecordChanged.kind)
    return told.filter(payload__changes__has_key=f"member:{seat.person_id}").order_by("-seq")


def _history(seat: Membership) -> list[Version]:
    found, key = list(_entries(seat)), f"member:{seat.person_id}"
    people = names_of(f"{entry.actor_kind}:{entry.actor_id}" for entry in found)
    versions = []
    for place, entry in enumerate(found):
        was, now = entry.payload["changes"][key]
        who = people.get(f"{entry.actor_kind}:{entry.actor_id}", _("Otklik"))
        changes = [Change(_("Place in the team"), seat_words(was), seat_words(now))]
        kept = str(entry.seq) if place and now else ""
        versions.append(Version(at=entry.effective_at, who=who, changes=changes, key=kept))
    return versions


def _restore(request: HttpRequest, seat: Membership, version: str) -> None:
    entry = _entries(seat).get(seq=int(version))
    value = entry.payload["changes"][f"member:{seat.person_id}"][1] or {}
    _join(seat, {"accepts_auto": value.get("accepts_auto", True), "share": value.get("share", 100)}, request)


SEATS = SettingsPage(
    name="seats",
    namespace="people",
    title=gettext_lazy("Places in teams"),
    one=gettext_lazy("Place"),
    items=lambda request: _seats(),
    find=lambda request, key: _seats().filter(pk=int(key)).first() if key.isdecimal() and len(key) < 18 else None,
    form=lambda data, initial, item: SeatForm(data, initial=initial),
    initial=lambda item: initial_of(item, FIELDS),
    save=lambda request, item, data: _join(item, data, request),
    label=lambda seat: seat.person.name,
    columns=[
        Column(gettext_lazy("Person"), lambda seat: seat.person.name),
        Column(gettext_lazy("Role"), "get_role_display", width=140, cls="only-wide"),
        Column(gettext_lazy("Automatic"), lambda seat: _("yes") if seat.accepts_auto else _("no"), width=180),
        Column(gettext_lazy("Share"), lambda seat: _("%(num)s %%") % {"num": seat.share}, width=100, cls="right num"),
    ],
    allowed=by_act("settings.teams"),
    group=lambda seat: seat.team.name,
    history=_history,
    restore=_restore,
    around=frame,
    may_add=False,
)
add_page("house", gettext_lazy("Places in teams"), "sliders-horizontal", "people:seats", "settings.teams", 52)
