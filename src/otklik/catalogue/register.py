"""The front door of the catalogue: services are added and changed here, each change recorded old → new."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from otklik.catalogue.models import Service
from otklik.journal.record import Actor
from otklik.people import keeping
from otklik.people.refusal import Refused

SERVICE = frozenset(
    (
        "code name_ru name_en description_ru description_en icon parent team owner"
        " is_critical is_shared is_active position"
    ).split()
)

effects: list[Callable[[Service, dict[str, Any]], list[str]]] = []  # rooms above say what depends on a service


@keeping.noted
def add_service(*, actor: Actor, **values: Any) -> Service:
    """Add a service; without a code one is made of its English name. Raises `Refused`, `UnknownField`."""
    given = keeping.known(values, SERVICE, "service")
    if not given.get("code"):
        given["code"] = _free_code(given.get("name_en") or given.get("name_ru") or "service")
    _check(None, given)
    return keeping.add(Service, given, actor=actor)


@keeping.noted
def edit_service(service: Service, *, actor: Actor, note: str = "", **values: Any) -> Service:
    """Change a service. Raises `Refused`, `UnknownField`."""
    given = keeping.known(values, SERVICE, "service")
    _check(service, given)
    return keeping.change(service, given, actor=actor, note=note)


def _check(service: Service | None, values: dict[str, Any]) -> None:
    above = values.get("parent")
    if above is not None and (above.parent_id or (service is not None and above.pk == service.pk)):
        raise Refused(_("A service lies at most one level below another"), field="parent")
    if above is not None and service is not None and service.children.exists():
        raise Refused(_("This service has parts of its own"), field="parent")
    team = values.get("team")
    if team is not None and not team.is_active:
        raise Refused(_("This team is in the archive"), field="team")


def _free_code(name: str) -> str:
    base = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:34] or "service"
    taken = set(Service.objects.filter(code__startswith=base).values_list("code", flat=True))
    return next(code for code in [base, *(f"{base}-{n}" for n in range(2, 10_000))] if code not in taken)
