"""What is promised to the reader's organisation, in plain words, and its acceptance by those who speak for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from otklik import clock
from otklik.businesstime import is_open
from otklik.calendars import shelf
from otklik.journal import config
from otklik.people.access import may
from otklik.people.doors import needs
from otklik.people.models import Organisation, Person
from otklik.sla import acceptance, beforehand, binding, phrases, plainly
from otklik.sla.models import AgreementVersion, Target
from otklik.tickets import policy
from otklik.ui import wording
from otklik.web.portal.frame import show
from otklik.web.visit import actor, person, viewer

YEAR = timedelta(days=366)  # a first version that begins longer before it was published holds for everything


@require_safe
def agreement(request: HttpRequest) -> HttpResponse:
    """What holds for one's own organisation, and for each that one represents."""
    groups: list[dict[str, Any]] = []
    for one in _organisations(request):
        terms, member = _terms(one), _member(request, one)
        same = next((group for group in groups if group["terms"] == terms), None)
        if same is None:
            groups.append({"terms": terms, "members": [member]})
        else:
            same["members"].append(member)
    context = {"groups": groups, "duties": _duties()}
    return show(request, "web/portal/agreement.html", context, current="agreement")


@require_POST
@needs("agreements.accept")
def accept(request: HttpRequest) -> HttpResponse:
    """A representative accepts a version for an organisation; a second press changes nothing."""
    organisation = _represented(request, request.POST.get("organisation", ""))
    number = request.POST.get("version", "")
    version = next((one for one in acceptance.versions_for(organisation) if str(one.pk) == number), None)
    if version is None:
        raise Http404
    acceptance.accept(version, organisation, person=person(request), actor=actor(request))
    return HttpResponseRedirect(f"{reverse('portal:agreement')}#organisation-{organisation.pk}", status=303)


def _represented(request: HttpRequest, key: str) -> Organisation:
    mine = viewer(request).rights.organisations
    found = Organisation.objects.filter(pk__in=mine, is_active=True).in_bulk()
    if not (key.isascii() and key.isdigit() and int(key) in found):
        raise Http404
    return found[int(key)]


def _organisations(request: HttpRequest) -> list[Organisation | None]:
    """One's own first, then those that one represents."""
    own = person(request).organisation
    others = Organisation.objects.filter(pk__in=viewer(request).rights.organisations, is_active=True).order_by("name")
    found: list[Organisation | None] = [own] if own else []
    found += [one for one in others if own is None or one.pk != own.pk]
    return found or [None]


def _terms(organisation: Organisation | None) -> dict[str, Any]:
    """What holds for an organisation; said once for all those for which it is the same."""
    sheet = plainly.sheet(organisation, clock.now())
    many = len(sheet.calendars) > 1
    return {
        "lines": [_line(line, many=many) for line in sheet.lines],
        "elsewhere": [
            {"name": one.name, "lines": [_line(line, many=many) for line in one.lines]} for one in sheet.elsewhere
        ],
        "hours": [_hours(version) for version in sheet.calendars],
        "rests": [_with(_resting(reason), kinds) for reason, kinds in sheet.rests.items()],
        "runs": [_running(reason) for reason in sheet.runs],
        "caps": [_cap(count, seconds) for count, seconds in sheet.caps],
    }


def _member(request: HttpRequest, organisation: Organisation | None) -> dict[str, Any]:
    """Whose agreement it is: the versions with their acceptance, who may confirm."""
    who = viewer(request)
    speaks = (
        organisation is not None
        and may(who.rights, "agreements.accept")
        and organisation.pk in who.rights.organisations
        and organisation.is_active
    )
    versions = acceptance.versions_for(organisation)
    return {
        "organisation": organisation,
        "confirmers": _speakers(organisation),
        "versions": [_version(version, organisation, speaks=speaks) for version in versions],
    }


# -- promises --------------------------------------------------------------------------------------------------------
def _line(line: plainly.Line, *, many: bool) -> dict[str, Any]:
    amounts = {metric: phrases.amount(held.value, held.unit) for metric, held in line.held.items()}
    counted = {_hours(held.calendar)["words"] for held in line.held.values()}
    return {"kinds": said(line.kinds), "counted": ", ".join(sorted(counted)) if many else "", **amounts}


def said(kinds: Iterable[plainly.Kind]) -> list[str]:
    """Kinds of trouble in the words of the report form, those of one effect together."""
    together: dict[str, list[str]] = {}
    for effect, scope in kinds:
        together.setdefault(effect, []).append(scope)
    whom = {"me": _("you alone"), "department": _("your department"), "many": _("several departments or all")}
    found, either = [], " " + _("or") + " "
    for effect, scopes in together.items():
        named = either.join(words for scope, words in whom.items() if scope in scopes)
        found.append(f"{_effect(effect)}: {named}" if named else _effect(effect))
    return found


def _effect(effect: str) -> str:
    return {
        "stopped": _("Work has stopped"),
        "hard": _("Work is difficult"),
        "workaround": _("There is a way round"),
        "question": _("A question or a wish"),
        "request": _("Something is ordered"),
    }[effect]


def _hours(version: int) -> dict[str, Any]:
    now, hours = clock.now(), shelf.calendar_at(version)
    opened = is_open(hours, now)
    return {
        "words": phrases.service_hours(hours, now, timezone.get_current_timezone()),
        "is_open": opened,
        "opens_at": None if opened else beforehand.opening(hours, now),
    }


# -- what stops the promise ------------------------------------------------------------------------------------------
def _resting(reason: str) -> str:
    return {
        "requester": _("while we wait for your answer to our question"),
        "scheduled_requester": _("while the work is put off at your wish"),
        "approval_customer": _("while your organisation decides about it"),
        "third_party": _("while we wait for a supplier"),
        "change": _("while we wait for planned work of ours"),
        "scheduled_provider": _("while we put the work off ourselves"),
    }[reason]


def _running(reason: str) -> str:
    return {
        "requester": _("waiting for your answer"),
        "scheduled_requester": _("a delay that you wish"),
        "approval_customer": _("waiting for a decision of your organisation"),
        "third_party": _("waiting for our suppliers"),
        "change": _("our own planned work"),
        "scheduled_provider": _("a delay that we choose"),
    }[reason]


def _with(words: str, kinds: Sequence[plainly.Kind]) -> str:
    return f"{words} ({'; '.join(said(kinds))})" if kinds else words


def _cap(count: int | None, seconds: int | None) -> str:
    parts = []
    if count is not None:
        parts.append(ngettext("%(count)s time", "%(count)s times", count) % {"count": count})
    if seconds is not None:
        parts.append(wording.duration(seconds))
    return _("The time stops at most %(limit)s in all; after that it goes on.") % {"limit": ", ".join(parts)}


# -- the other side --------------------------------------------------------------------------------------------------
def _duties() -> dict[str, Any]:
    timers = config.current(policy.TIMERS_NAME).data
    urgent = [kind for kind, _type, priority in plainly.kinds() if priority in {"P1", "P2"}]
    return {
        "answer": _days(timers["no_response_bd"]),
        "reminders": _(" and ").join(_days(days) for days in timers["reminders_bd"]),
        "confirm": _days(timers["close_bd"]),
        "confirm_reminder": _days(timers["close_reminder_bd"]),
        "never": said(urgent),
    }


def _days(days: int) -> str:
    return phrases.amount(days, "bd")


def _speakers(organisation: Organisation | None) -> list[str]:
    """Names of those who may confirm and accept for an organisation, beside whoever reported."""
    if organisation is None:
        return []
    rows = Person.objects.filter(is_active=True, roles__contains=["org_manager"], manages=organisation)
    return [one.name for one in rows.order_by("name")]


# -- versions --------------------------------------------------------------------------------------------------------
def _version(version: AgreementVersion, organisation: Organisation | None, *, speaks: bool) -> dict[str, Any]:
    accepted = version.acceptances.filter(organisation=organisation).select_related("person").first()
    earlier = acceptance.before(version)
    return {
        "version": version,
        "is_later": version.valid_from > clock.now(),
        "began": version.valid_from if earlier or version.valid_from > version.published_at - YEAR else None,
        "changes": [_change(one) for one in plainly.changes(version, earlier, organisation)],
        "has_earlier": earlier is not None,
        "accepted": accepted,
        "may_accept": speaks and accepted is None,
    }


def _change(change: plainly.Change) -> dict[str, Any]:
    target = change.target
    about = said(plainly.kinds_of(target)) if target.priority or target.type else []
    about += [str(one) for one in (target.service, target.place) if one]
    return {
        "about": "; ".join(about) or _("Everything"),
        "metric": promise_name(target.metric),
        "pairs": [(_before(change.was, name), _before(change.now, name)) for name in change.what],
    }


def promise_name(metric: str) -> str:
    """A promise as a requester calls it."""
    return {
        "first_response": _("First answer"),
        "next_response": _("Answer to your message"),
        "periodic_update": _("News while we work"),
        "resolution": _("Solution or a way round"),
    }[metric]


def _before(target: Target | None, what: str) -> str:
    if target is None:
        return _("nothing promised")
    match what:
        case "value":
            return phrases.amount(target.value, target.unit)
        case "calendar":
            if target.calendar_ref != "fixed":
                return str(dict(Target.CALENDARS)[target.calendar_ref])
            pin = binding.newest_versions([target.calendar_id])[target.calendar_id]
            return str(_hours(pin)["words"])
        case "rests":
            return _stops(target)
        case _:
            return _reopened(target)


def _stops(target: Target) -> str:
    own = [_resting(reason) for reason in plainly.RESTS if plainly.is_resting(target, reason)]
    words = ", ".join(own) or _("nothing stops the time")
    if target.pause_count is None and target.pause_seconds is None:
        return words
    return f"{words}. {_cap(target.pause_count, target.pause_seconds)}"


def _reopened(target: Target) -> str:
    words = {
        "continue": _("after “not solved” the time goes on"),
        "count_all": _("after “not solved” the time since our solution counts too"),
        "restart": _("after “not solved” the time starts anew"),
    }[target.reopen_mode]
    if target.stop_on == "restored":
        return words + ", " + _("kept when the service works again")
    return words
