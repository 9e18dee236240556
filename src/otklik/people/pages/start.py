"""The front page of the settings, and the checklist of the first start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET

from otklik.people import standing
from otklik.people.doors import needs
from otklik.people.models import Membership, Person, Place
from otklik.ui import sidebar


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the first start: whether it is done is asked of the data, and told in a few words."""

    key: str
    title: str | Promise
    address: str  # name of the page where it is done
    told: Callable[[], tuple[bool, str]]  # (done, what stands there now)
    act: str
    order: int


_steps: dict[str, Step] = {}


def add_step(
    key: str, title: str | Promise, address: str, told: Callable[[], tuple[bool, str]], *, act: str, order: int
) -> None:
    """Announce a step; each room adds its own."""
    _steps[key] = Step(key, title, address, told, act, order)


@require_GET
def front(request: HttpRequest) -> HttpResponse:
    """The first settings page this person may see."""
    first = sidebar.first(request)
    if first is None:
        raise Http404
    return HttpResponseRedirect(first)


@needs("settings.see")
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """What is done and what is left; the first open step is the one to go on with."""
    shown: list[dict[str, Any]] = []
    for step in sorted(_steps.values(), key=lambda one: one.order):
        if not request.may(step.act):  # type: ignore[attr-defined]  # set by the middleware
            continue
        done, note = step.told()
        now = not done and all(one["done"] for one in shown)
        shown.append({"title": step.title, "url": reverse(step.address), "done": done, "note": note, "now": now})
    count = sum(step["done"] for step in shown)
    context = sidebar.frame(request) | {"steps": shown, "done": count, "left": len(shown) - count}
    context["share"] = round(100 * count / len(shown)) if shown else 0
    return render(request, "people/start.html", context, using="jinja2")


def _desk() -> tuple[bool, str]:
    desk = standing.desk()
    return bool(desk.name), ", ".join(filter(None, [desk.name, desk.base_url, desk.timezone]))


def _people() -> tuple[bool, str]:
    count = Person.objects.filter(is_active=True).count()
    return count > 1, ngettext("%(num)s person", "%(num)s people", count) % {"num": count}


def _teams() -> tuple[bool, str]:
    count = Membership.objects.filter(team__is_active=True).values("person").distinct().count()
    text = ngettext("%(num)s agent", "%(num)s agents", count) % {"num": count}
    return count > 0, text if count else _("nobody can take a ticket yet")


def _places() -> tuple[bool, str]:
    count = Place.objects.filter(is_active=True).count()
    text = ngettext("%(num)s place", "%(num)s places", count) % {"num": count}
    return count > 0, text if count else _("optional: lets people say where the trouble is")


add_step("desk", gettext_lazy("Organisation"), "people:desk", _desk, act="settings.desk", order=10)
add_step("people", gettext_lazy("People"), "people:people", _people, act="settings.people", order=20)
add_step("teams", gettext_lazy("Teams"), "people:teams", _teams, act="settings.teams", order=30)
add_step("places", gettext_lazy("Places"), "people:places", _places, act="settings.places", order=40)

sidebar.add_group("house", gettext_lazy("Settings"), 10)
sidebar.add_group("promises", gettext_lazy("Promises"), 20)
sidebar.add_group("contact", gettext_lazy("Channels"), 30)
for label, icon, address, act, order in [
    (gettext_lazy("Getting started"), "list-checks", "people:start", "settings.see", 10),
    (gettext_lazy("Desk"), "building-2", "people:desk", "settings.desk", 15),
    (gettext_lazy("People and roles"), "users", "people:people", "settings.people", 20),
    (gettext_lazy("Organisations"), "landmark", "people:organisations", "settings.organisations", 30),
    (gettext_lazy("Places"), "map-pin", "people:places", "settings.places", 40),
    (gettext_lazy("Teams"), "network", "people:teams", "settings.teams", 50),
]:
    sidebar.add_page("house", label, icon, address, act, order)
sidebar.add_page("contact", gettext_lazy("API tokens"), "key-round", "people:tokens", "settings.tokens", 80)
