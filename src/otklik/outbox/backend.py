"""Django's mail backend: what Django and its apps send (sign-in, invitations) leaves by the same door."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import parseaddr

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.translation import get_language

from otklik.outbox.posting import Letter, post


class EmailBackend(BaseEmailBackend):
    """Posts each message to each of its recipients as a confidential automatic letter."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Post the messages; how many. The sender's address is the desk's own, whatever the message says."""
        for message in email_messages:
            post(*(_letter(message, recipient) for recipient in message.recipients()))
        return len(email_messages)


def _letter(message: EmailMessage, recipient: str) -> Letter:
    html = ""
    if isinstance(message, EmailMultiAlternatives):
        html = next((str(content) for content, mimetype in message.alternatives if mimetype == "text/html"), "")
    if message.attachments:
        raise ValueError("letters carry files by reference: post them with outbox.posting.post")
    name, address = parseaddr(recipient)
    return Letter(
        to=address,
        name=name,
        subject=str(message.subject),
        text=str(message.body),
        html=html,
        kind="account",
        automatic=True,
        confidential=True,
        language=get_language() or "",
    )
