"""My time: presence, my absences, a calendar to read and to take along, what I can."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from otklik import clock
from otklik.outbox import sender
from otklik.people import absences, ical, presence, skills
from otklik.people.doors import needs, own_path, public
from otklik.people.expertise import AgentSkill
from otklik.people.forms.expertise import ClaimForm
from otklik.people.forms.rota import OwnAbsenceForm, moments_of
from otklik.people.forms.strict import StrictForm
from otklik.people.models import Person
from otklik.people.pages.expertise import staff
from otklik.people.pages.rota import span_text
from otklik.people.reach import people_under
from otklik.people.refusal import Refused
from otklik.people.rota import Absence

HOME = "/me/time"


class FileForm(StrictForm):
    """A calendar file with absences."""

    file = forms.FileField(
        label=gettext_lazy("Calendar file"), help_text=gettext_lazy("iCalendar (.ics): each entry is an absence")
    )
    kind = forms.ChoiceField(label=gettext_lazy("Why"), choices=Absence.KINDS)


def _me(request: HttpRequest) -> Person:
    person = request.person  # type: ignore[attr-defined]  # set by the middleware
    assert isinstance(person, Person)
    return person


def _actor(request: HttpRequest) -> Any:
    return request.actor  # type: ignore[attr-defined]  # set by the middleware


def _page(request: HttpRequest, status: int = 200, **forms_given: Any) -> HttpResponse:
    person = _me(request)
    rows = Absence.objects.filter(person=person, cancelled_at=None, ends_at__gt=clock.now()).select_related("deputy")
    context = {
        "me": request.me,  # type: ignore[attr-defined]  # set by the middleware
        "person": person,
        "presences": [(value, str(label)) for value, label in Person.PRESENCES],
        "absences": [{"row": row, "when": span_text(row)} for row in rows.order_by("starts_at")],
        "held": AgentSkill.objects.filter(person=person).select_related("skill").order_by("skill__code"),
        "feed": f"{sender.base_url().rstrip('/')}{ical.address(person)}" if person.feed_issued_at else "",
        "form": OwnAbsenceForm(deputies=staff().exclude(pk=person.pk)),
        "file_form": FileForm(auto_id="file_%s"),
        "claim_form": ClaimForm(),
    }
    return render(request, "people/mytime.html", context | forms_given, status=status, using="jinja2")


@needs("roster.own")
@require_http_methods(["GET", "POST"])
def time(request: HttpRequest) -> HttpResponse:
    """What concerns my own time; a submission enters an absence."""
    if request.method != "POST":
        return _page(request)
    person = _me(request)
    form = OwnAbsenceForm(request.POST, deputies=staff().exclude(pk=person.pk))
    if form.is_valid():
        try:
            absences.add(person, actor=_actor(request), **moments_of(form.cleaned_data, person.timezone))
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.texts[0])
        else:
            messages.success(request, _("The absence is entered"))
            return HttpResponseRedirect(HOME, status=303)
    return _page(request, 422, form=form)


@needs("roster.own")
@require_POST
def call_off(request: HttpRequest, key: int) -> HttpResponse:
    """Call my absence off."""
    absence = Absence.objects.filter(pk=key, person=_me(request)).first()
    if absence is None:
        raise Http404
    absences.cancel(absence, actor=_actor(request))
    messages.success(request, _("The absence is called off"))
    return HttpResponseRedirect(HOME, status=303)


@needs("settings.shifts")
@require_POST
def call_off_anothers(request: HttpRequest, key: str) -> HttpResponse:
    """Call off the absence of somebody one leads."""
    rows = Absence.objects.filter(person__in=people_under(request.rights))  # type: ignore[attr-defined]  # middleware
    absence = rows.filter(pk=int(key)).first() if key.isdecimal() and len(key) < 18 else None
    if absence is None:
        raise Http404
    absences.cancel(absence, actor=_actor(request))
    messages.success(request, _("The absence is called off"))
    return HttpResponseRedirect("/settings/absences", status=303)


@needs("roster.own")
@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Say whether I am there."""
    try:
        presence.switch(_me(request), request.POST.get("presence", ""), actor=_actor(request))
    except Refused as refusal:
        messages.error(request, refusal.texts[0])
    return HttpResponseRedirect(own_path(request.POST.get("next", ""), HOME), status=303)


@needs("roster.own")
@require_POST
def take_over(request: HttpRequest) -> HttpResponse:
    """Read my absences from a calendar file."""
    form = FileForm(request.POST, request.FILES, auto_id="file_%s")
    if form.is_valid():
        try:
            file, kind = form.cleaned_data["file"], form.cleaned_data["kind"]
            if file.size > ical.MAX_FILE:
                raise Refused(_("The file is too big."), field="file")
            done = ical.take_over(_me(request), file.read(), kind=kind, actor=_actor(request))
        except Refused as refusal:
            form.add_error("file", refusal.texts[0])
        else:
            counts = {"added": done.added, "moved": done.moved, "same": done.same}
            messages.success(request, _("Entered: %(added)s, moved: %(moved)s, unchanged: %(same)s") % counts)
            for text in done.refused[:5]:
                messages.warning(request, text)
            return HttpResponseRedirect(HOME, status=303)
    return _page(request, 422, file_form=form)


@needs("roster.own")
@require_POST
def feed_issue(request: HttpRequest) -> HttpResponse:
    """Give my calendar feed an address, or a new one."""
    ical.issue(_me(request), actor=_actor(request))
    messages.success(request, _("The address of your calendar is ready. An earlier one works no longer"))
    return HttpResponseRedirect(HOME, status=303)


@needs("roster.own")
@require_POST
def feed_revoke(request: HttpRequest) -> HttpResponse:
    """End my calendar feed."""
    ical.revoke(_me(request), actor=_actor(request))
    messages.success(request, _("The address of your calendar works no longer"))
    return HttpResponseRedirect(HOME, status=303)


@needs("roster.own")
@require_POST
def claim(request: HttpRequest) -> HttpResponse:
    """Say what I can; a lead confirms it."""
    form = ClaimForm(request.POST)
    if form.is_valid():
        try:
            skills.claim(_me(request), form.cleaned_data["skill"], form.cleaned_data["level"], actor=_actor(request))
        except Refused as refusal:
            form.add_error(None, refusal.texts[0])
        else:
            messages.success(request, _("Written down. It counts once a lead confirms it"))
            return HttpResponseRedirect(HOME, status=303)
    return _page(request, 422, claim_form=form)


@public
@require_GET
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """A person's calendar, for programs that cannot sign in: whoever holds the address may read it."""
    person = ical.owner(token)
    if person is None:
        raise Http404
    with translation.override(person.language), timezone.override(person.timezone):
        content = ical.feed(person)
    headers = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}
    return HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=headers)
