"""Links by mail that let a person set a password once: forgotten passwords and invitations."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from otklik import clock
from otklik.jobs import enqueue
from otklik.journal.record import Actor
from otklik.outbox import posting
from otklik.people import audit, limits, standing
from otklik.people.access import as_actor
from otklik.people.events import LinkMailed, PasswordChanged
from otklik.people.models import MailedLink, Person
from otklik.people.refusal import Refused

LIFE = {"reset": timedelta(hours=24), "invitation": timedelta(days=7)}
OPEN_LINKS = 3  # letters with a link to one person within an hour


def ask_reset(email: str) -> None:
    """Somebody says he forgot his password. Known and unknown addresses cost the same here: a job does the rest."""
    enqueue("people.mail_reset", {"email": email.strip()})


def mail_reset(email: str) -> None:
    """Mail a link to the person with this address, if there is one who may sign in."""
    person = Person.objects.by_email(email)
    if person is None or not person.is_active or not person.email:
        return
    recent = person.mailed_links.filter(purpose="reset", created_at__gt=clock.now() - timedelta(hours=1))
    if recent.count() < OPEN_LINKS:
        _mail(person, "reset", actor=as_actor(person))


@transaction.atomic
def invite(person: Person, *, actor: Actor) -> None:
    """Mail somebody the link with which a first password is set. Raises `Refused`."""
    if not person.email:
        raise Refused(_("There is no address to write to"), field="email")
    if not person.is_active:
        raise Refused(_("%(name)s is not active") % {"name": person.name})
    person.mailed_links.filter(purpose="invitation", used_at=None).update(used_at=clock.now())
    _mail(person, "invitation", actor=actor)


def holder(secret: str, purpose: str) -> MailedLink | None:
    """The link of this secret while it may still be used; None for an empty, unknown, used or old one."""
    if not secret:
        return None
    found = MailedLink.objects.filter(digest=limits.digest(secret), purpose=purpose, used_at=None)
    link = found.select_related("person").filter(expires_at__gt=clock.now()).first()
    return link if link is not None and link.person.is_active else None


@transaction.atomic
def use(link: MailedLink, password: str) -> Person | None:
    """Set the password and end every link and session of the person; None if the link was used a moment ago."""
    now = clock.now()
    if not MailedLink.objects.filter(pk=link.pk, used_at=None, expires_at__gt=now).update(used_at=now):
        return None
    person = Person.objects.select_for_update().get(pk=link.person_id)
    person.mailed_links.filter(used_at=None).update(used_at=now)
    set_password(person, password, how=link.purpose)
    return person


def set_password(person: Person, password: str, *, how: str) -> None:
    """Keep a new password; sessions signed with the old one are over (Django's session hash)."""
    person.set_password(password)
    person.save(update_fields=["password"])
    audit.note(PasswordChanged(person=person.pk, network=audit.network.get(), how=how), actor=as_actor(person))


def sweep() -> None:
    """Forget links that ended a month ago, and sessions that are over."""
    MailedLink.objects.filter(expires_at__lt=clock.now() - timedelta(days=30)).delete()
    Session.objects.filter(expire_date__lt=clock.now()).delete()


def _mail(person: Person, purpose: str, *, actor: Actor) -> None:
    now, secret = clock.now(), secrets.token_urlsafe(32)
    MailedLink.objects.create(
        digest=limits.digest(secret), person=person, purpose=purpose, created_at=now, expires_at=now + LIFE[purpose]
    )
    with override(person.language):
        subject, text = _letter(person, purpose, secret)
    posting.post(
        posting.Letter(
            to=person.email or "",
            name=person.name,
            person=person.pk,
            subject=subject,
            text=text,
            kind=f"people.{purpose}",
            language=person.language,
            confidential=True,
        )
    )
    audit.note(LinkMailed(person=person.pk, network=audit.network.get(), purpose=purpose), actor=actor)


def _letter(person: Person, purpose: str, secret: str) -> tuple[str, str]:
    name = standing.desk().name or _("Otklik")
    if purpose == "invitation":
        subject = _("Your access to the support desk of %(name)s") % {"name": name}
        text = _(
            "Hello, %(person)s.\n\nHere you report what does not work and see who is on it and when you will hear next."
            " Choose a password to sign in:\n\n%(link)s\n\nThe link works once, for seven days."
        )
        link = standing.link(f"/invitations/{secret}")
    else:
        subject = _("A new password for the support desk of %(name)s") % {"name": name}
        text = _(
            "Hello, %(person)s.\n\nSomebody, probably you, asked for a new password. Choose it here:\n\n%(link)s\n\n"
            "The link works once, for 24 hours. If it was not you, nothing has to be done: your password stays."
        )
        link = standing.link(f"/password/{secret}")
    return subject, text % {"person": person.name, "link": link}
