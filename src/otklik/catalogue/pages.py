"""The settings page of services."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from otklik.catalogue import register
from otklik.catalogue.forms import ServiceForm
from otklik.catalogue.models import Service
from otklik.people.pages.histories import of_record
from otklik.people.pages.settling import by_act, earlier, initial_of, through
from otklik.people.pages.start import add_step
from otklik.ui.settings_pages import Column, Effect, SettingsPage
from otklik.ui.sidebar import add_page, frame


def _save(request: HttpRequest, service: Service | None, data: dict[str, Any]) -> Service:
    actor = request.actor  # type: ignore[attr-defined]  # set by the middleware
    if service is None:
        return through(register.add_service, actor=actor, **data)  # type: ignore[no-any-return]  # a Service
    return through(register.edit_service, service, actor=actor, **data)  # type: ignore[no-any-return]  # a Service


def _restore(request: HttpRequest, service: Service, version: str) -> None:
    values = earlier(service, ServiceForm, version)
    through(register.edit_service, service, actor=request.actor, note=_("brought back"), **values)  # type: ignore[attr-defined]  # middleware


def _effects(service: Service, data: dict[str, Any] | None) -> Iterable[Effect]:
    for text in (text for ask in register.effects for text in ask(service, data or {})):
        yield Effect(text, icon="inbox")
    if data is not None and data["team"] is None and data["is_active"]:
        yield Effect(_("No team: its tickets go to the service desk"), icon="network", warn=True)


def _group(service: Service) -> str:
    if not service.is_active:
        return _("Archive")
    return _("Critical services") if service.is_critical else _("Other services")


def _summary(request: HttpRequest) -> str:
    count = Service.objects.filter(is_active=True).count()
    return ngettext("%(num)s in use", "%(num)s in use", count) % {"num": count}


SERVICES = SettingsPage(
    name="services",
    namespace="catalogue",
    title=gettext_lazy("Services"),
    one=gettext_lazy("Service"),
    items=lambda request: Service.objects.select_related("team", "owner").order_by(
        "-is_active", "-is_critical", "position", "pk"
    ),
    find=lambda request, key: (
        Service.objects.filter(pk=int(key)).first() if key.isdecimal() and len(key) < 18 else None
    ),
    form=lambda data, initial, item: ServiceForm(data, initial=initial, service=item),
    initial=lambda item: initial_of(item, list(ServiceForm.base_fields)),
    save=_save,
    columns=[
        Column(pgettext_lazy("of a thing", "Name"), "name"),
        Column(gettext_lazy("Team"), lambda service: service.team or _("no team"), width=180),
        Column(gettext_lazy("Owner"), lambda service: service.owner or "", width=180, cls="only-wide sub"),
    ],
    allowed=by_act("settings.services"),
    group=_group,
    summary=_summary,
    effects=_effects,
    history=lambda service: of_record(service, ServiceForm),
    restore=_restore,
    around=frame,
)


def _told() -> tuple[bool, str]:
    count = Service.objects.filter(is_active=True).count()
    text = ngettext("%(num)s service", "%(num)s services", count) % {"num": count}
    return count > 0, text if count else _("what you support, and which team answers")


add_page("promises", gettext_lazy("Services"), "server", "catalogue:services", "settings.services", 10)
add_step("services", gettext_lazy("Services"), "catalogue:services", _told, act="settings.services", order=60)
