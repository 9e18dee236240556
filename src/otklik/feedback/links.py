"""Mailed links: what a person may do on one ticket without signing in, and for how long (safety.md A10)."""

from __future__ import annotations

from datetime import timedelta

from otklik import clock
from otklik.feedback.models import MailedLink
from otklik.feedback.secrecy import digest_of, new_secret
from otklik.people.models import Person
from otklik.tickets import access
from otklik.tickets.models import Ticket

LIVES = timedelta(days=30)


def new_link(ticket: Ticket, person: Person) -> str:
    """A secret for one letter: thirty days, this ticket, this person. Each letter carries one of its own."""
    secret, now = new_secret(), clock.now()
    MailedLink.objects.create(
        ticket=ticket, person=person, digest=digest_of(secret), created_at=now, expires_at=now + LIVES
    )
    return secret


def of_secret(secret: str) -> MailedLink | None:
    """The link behind a secret while it holds: not expired, not revoked, and the person may still see the ticket."""
    found = (
        MailedLink.objects.filter(digest=digest_of(secret), revoked_at=None, expires_at__gt=clock.now())
        .select_related("ticket__assignee", "ticket__service", "person")
        .first()
    )
    if found is None or not found.person.is_active:
        return None
    seen = access.visible_to(access.viewer(found.person)).filter(pk=found.ticket_id).exists()
    return found if seen else None


def used(link: MailedLink) -> None:
    """Note that somebody acted through the link."""
    MailedLink.objects.filter(pk=link.pk).update(last_used_at=clock.now())


def revoke(ticket: Ticket, person: Person) -> int:
    """Make all links of a person to a ticket worthless; returns how many."""
    held = MailedLink.objects.filter(ticket=ticket, person=person, revoked_at=None)
    return held.update(revoked_at=clock.now())


def sweep() -> int:
    """Forget links a month after their end."""
    return MailedLink.objects.filter(expires_at__lt=clock.now() - LIVES).delete()[0]
