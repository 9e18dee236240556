"""List headers of letters that a reader may switch off (RFC 2369, RFC 2919): where that is done, and what to sort by.

A conversation is no list: receipts, answers, questions, solutions, approvals and sign-in links carry none, they cannot
be switched off (domain.md §10.2). The address leads to the reader's own page behind the sign-in, so there is no
one-click `List-Unsubscribe-Post` (RFC 8058): a forwarded letter must not let anybody silence its reader. Letters to
staff carry a `List-Id` for their filters; letters to requesters never: machines that meet one take us for a mailing.
"""

from __future__ import annotations

from otklik.outbox import sender
from otklik.outbox.headers import ascii_domain
from otklik.people import standing

from .matrix import CUSTOMER, TABLE

PREFERENCES = "/me/notifications"


def headers_for(what: str, role: str) -> dict[str, str]:
    """List headers of a letter about this thing to somebody in this role; none where it cannot be switched off."""
    row = TABLE[what]
    if row.kept or row.loud:
        return {}
    return _unsubscribe() if role in CUSTOMER else gathered()


def gathered() -> dict[str, str]:
    """List headers of what staff may switch off, gathered letters among them."""
    domain = ascii_domain(sender.mail_domain(sender.current()))
    return {"List-Id": f"<notices.{domain}>"} | _unsubscribe()


def _unsubscribe() -> dict[str, str]:
    link = standing.link(PREFERENCES)
    return {"List-Unsubscribe": f"<{link}>"} if link.startswith(("https://", "http://")) else {}
