"""The probe of readiness, for whoever routes requests here; that the process lives at all is said by ``asgi.py``."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from otklik.ops.health import ready
from otklik.people.doors import public


@public
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers and is of this version, else 503; no word about the reason to strangers."""
    held = ready()
    return HttpResponse("ready\n" if held else "not ready\n", content_type="text/plain", status=200 if held else 503)
