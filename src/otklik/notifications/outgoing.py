"""How mail leaves, as a settings page keeps it: versions with who and old → new, and a test's finding in words."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.journal.events import RecordChanged
from otklik.journal.models import Entry
from otklik.journal.record import Actor, Subject, record
from otklik.outbox import sender
from otklik.outbox.models import Sender
from otklik.outbox.probe import Finding

SUBJECT = Subject(kind="sender", id="mail")
FIELDS = (
    *("host", "port", "tls", "verify", "user", "from_address", "from_name"),
    *("sign_in", "token_url", "client_id", "scope"),
    *("reply_mailbox", "reply_domain", "null_return_path", "holding"),
)


@transaction.atomic
def settle(*, actor: Actor, **values: Any) -> Sender:
    """Keep a version of how mail leaves; an empty secret keeps the one there is. Equal values keep nothing."""
    secrets = {name: told for name in sender.SECRETS if (told := str(values.pop(name, "") or ""))}
    before = sender.current()
    old = {name: getattr(before, name) if before else None for name in FIELDS}
    changes = {name: [old[name], value] for name, value in values.items() if name in FIELDS and old[name] != value}
    for name in secrets:
        changes[name] = ["•••" if before and getattr(before, name) else "", "•••"]
    if not changes and before is not None:
        return before
    made_by = int(actor.id) if actor.kind == "person" else None
    kept = sender.configure(made_by=made_by, **values, **secrets)
    record(SUBJECT, RecordChanged(changes=changes), actor=actor)
    return kept


def history() -> list[Entry]:
    """Every change, newest first."""
    rows = Entry.objects.filter(subject_kind=SUBJECT.kind, subject_id=SUBJECT.id, kind=RecordChanged.kind)
    return list(rows.order_by("-seq")[:50])


def in_words(found: Finding) -> str:
    """What a test found, and what to do about it."""
    words = {
        "fine": _("The server takes our mail."),
        "name": _("There is no server of this name. Check the spelling of the address."),
        "refused": _("Nobody listens there. Check the port; a firewall may be in the way."),
        "silent": _("The server does not answer. Check address and port; a firewall may be in the way."),
        "certificate": _("The server's certificate is not trusted. Check the name of the server, or its certificate."),
        "tls": _("The connection cannot be protected this way. Port 465 wants TLS at once, port 587 STARTTLS."),
        "no_starttls": _("The server does not offer what is asked of it: STARTTLS, or a sign-in."),
        "password": _("The server does not accept the user name or the password."),
        "token_refused": _("The provider refuses to renew our access: sign in there and give us a new token."),
        "token_server": _("The provider's address for tokens cannot be asked: check it. We try again by ourselves."),
        "token_login": _("The server does not accept the provider's token for this user."),
        "from": _("The server does not accept our sender's address."),
        "server": _("The server answered something unexpected."),
    }
    return words.get(found.code, found.code)
