"""The letter behind a message, as it came, for those whose trade mail is."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from otklik.channels import intake
from otklik.channels.models import Inbound
from otklik.people.access import may
from otklik.tickets import access
from otklik.web.portal.reporting import as_uuid
from otklik.web.visit import viewer
from otklik.web.workspace.frame import for_workers


def may_read_letters(who: access.Viewer) -> bool:
    """Whoever may look into the ledger of letters; hidden lines of a letter are not for everybody."""
    return may(who.rights, "mail.see")


@require_GET
@for_workers
def letter(request: HttpRequest, number: int, key: str) -> HttpResponse:
    """The original letter of a message one may read, as a file that nothing opens by itself."""
    who = viewer(request)
    ticket = access.ticket_for(who, number, at_least=access.INTERNAL)
    message = access.messages_for(who, ticket).filter(pk=as_uuid(key) or UUID(int=0), mail__isnull=False).first()
    row = Inbound.objects.filter(pk=message.mail or 0).first() if message and may_read_letters(who) else None
    if row is None:
        raise Http404
    response = HttpResponse(intake.raw_of(row), content_type="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="letter-{row.pk}.eml"'
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
