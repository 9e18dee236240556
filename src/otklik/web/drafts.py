"""Drafts on the server: what somebody was writing survives sign-out and a change of device."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from otklik import clock
from otklik.people.models import Person
from otklik.tickets.models import Draft
from otklik.web.visit import person

SLOT = re.compile(r"[a-z]{1,20}(:[a-z0-9-]{1,40}){0,3}")
MAX_DRAFT = 256_000  # characters of one draft
MAX_DRAFTS = 200  # of one person; the oldest goes
LISTS = {"files", "cc"}


def kept(owner: Person, slot: str) -> Draft | None:
    """The draft of a person in a slot: 'report', 'call', 'ticket:4821:reply', 'ticket:4821:note'."""
    return Draft.objects.filter(person=owner, slot=slot).first()


def keep(owner: Person, slot: str, data: dict[str, Any]) -> Draft:
    """Put a draft in its slot, in the place of the former one."""
    draft, fresh = Draft.objects.update_or_create(
        person=owner, slot=slot, defaults={"data": data, "saved_at": clock.now()}
    )
    if fresh:
        old = Draft.objects.filter(person=owner).order_by("-saved_at").values("pk")[MAX_DRAFTS:]
        Draft.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
    return draft


def drop(owner: Person, slot: str) -> None:
    """Forget a draft: it was sent, or thrown away."""
    Draft.objects.filter(person=owner, slot=slot).delete()


@require_http_methods(["POST", "DELETE"])
def draft(request: HttpRequest, slot: str) -> HttpResponse:
    """Keep (POST, the fields of a form) or forget (DELETE) one's own draft."""
    owner = person(request)
    if not SLOT.fullmatch(slot):
        return JsonResponse({"error": _("There is no such draft.")}, status=400)
    if request.method == "DELETE":
        drop(owner, slot)
        return HttpResponse(status=204)
    data = _fields(request)
    if sum(len(str(value)) for value in data.values()) > MAX_DRAFT:
        return JsonResponse({"error": _("The text is too long for a draft.")}, status=413)
    if not any(value for name, value in data.items() if name != "mode"):
        drop(owner, slot)
        return JsonResponse({"saved_at": None})
    return JsonResponse({"saved_at": keep(owner, slot, data).saved_at.isoformat()})


def _fields(request: HttpRequest) -> dict[str, Any]:
    names = [name for name in request.POST if name != "csrfmiddlewaretoken" and len(name) <= 60][:60]
    return {name: request.POST.getlist(name) if name in LISTS else request.POST.get(name, "") for name in names}
