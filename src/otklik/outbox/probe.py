"""Try the mail server without sending anything: where it fails, as a code that a page puts into words."""

from __future__ import annotations

import smtplib
import socket
import ssl
from contextlib import closing
from dataclasses import dataclass

from otklik.egress.tokens import Refusal
from otklik.outbox.handover import dial, introduce
from otklik.outbox.headers import clean
from otklik.outbox.models import Sender

FINE = "fine"


@dataclass(frozen=True, slots=True)
class Finding:
    """How far it went: 'fine', or 'name', 'refused', 'silent', 'certificate', 'tls', 'no_starttls', 'password',
    'token_refused', 'token_server', 'token_login', 'from', 'server'; with the last words of who answered.
    """

    code: str
    words: str = ""


def probe(sender: Sender) -> Finding:
    """Connect, protect, sign in and name our sender, then go away; never raises for what a server does."""
    try:
        socket.getaddrinfo(sender.host, sender.port, type=socket.SOCK_STREAM)
    except OSError as error:
        return Finding("name", clean(str(error), 300))
    try:
        with closing(dial(sender)) as smtp:
            introduce(smtp, sender)
            code, words = smtp.mail(sender.from_address)
            if code != 250:
                return Finding("from", clean(f"{code} {words.decode('utf-8', 'replace')}", 300))
            smtp.rset()
            return Finding(FINE)
    except Refusal as refusal:
        return Finding(refusal.code, clean(str(refusal), 300))
    except smtplib.SMTPAuthenticationError as error:
        return Finding("token_login" if sender.sign_in == "oauth2" else "password", clean(_said(error), 300))
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return Finding(_code(error), clean(_said(error), 300))


def _code(error: Exception) -> str:
    kinds: list[tuple[type[Exception], str]] = [
        (ssl.SSLCertVerificationError, "certificate"),
        (ssl.SSLError, "tls"),
        (smtplib.SMTPNotSupportedError, "no_starttls"),
        (ConnectionRefusedError, "refused"),
        (TimeoutError, "silent"),
        (smtplib.SMTPServerDisconnected, "tls"),  # most often a server that expects TLS from the first byte
    ]
    return next((code for kind, code in kinds if isinstance(error, kind)), "server")


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error
        return f"{error.smtp_code} {words.decode('utf-8', 'replace') if isinstance(words, bytes) else words}"
    return str(error) or type(error).__name__
