"""One envelope over SMTP, phase by phase, and an honest answer about what became of it."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum

from otklik.clock import faultpoint
from otklik.egress.tokens import Refusal
from otklik.outbox import tokens
from otklik.outbox.headers import clean
from otklik.outbox.models import Sender, Tls
from otklik.outbox.vault import unseal


class Fate(Enum):
    """What became of one attempt."""

    SENT = "sent"
    REFUSED = "refused"  # for good
    LATER = "later"  # certainly not taken, may be tried again
    UNKNOWN = "unknown"  # the server may have it: never tried again by itself
    STOLEN = "stolen"  # another worker has the letter; nothing was handed over


@dataclass(frozen=True, slots=True)
class Outcome:
    """The fate with the server's words."""

    fate: Fate
    answer: str


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds of silence borne in each phase, and for the whole envelope (RFC 5321 §4.5.3.2, on the impatient side)."""

    connect: float = 15
    command: float = 60
    data: float = 120
    final: float = 180
    whole: float = 420


TIMEOUTS = Timeouts()


@dataclass(frozen=True, slots=True)
class Envelope:
    """Sender and recipient as SMTP sees them, and the message with CRLF line ends."""

    mail_from: str
    recipient: str
    payload: bytes


class _Answered(Exception):
    """The server said no: at any phase, in so many words."""

    def __init__(self, code: int, words: bytes | str) -> None:
        text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
        self.outcome = Outcome(Fate.REFUSED if 500 <= code < 600 else Fate.LATER, clean(f"{code} {text}", 500))


def hand_over(envelope: Envelope, sender: Sender, *, before_dot: Callable[[], bool]) -> Outcome:
    """Give the envelope to the mail server.

    ``before_dot`` is asked when all but the final dot is sent: it writes down that from here silence means "unknown",
    and answers False if the letter belongs to another worker by now. Never raises for what a server does.
    """
    dotted = False

    def permitted() -> bool:
        nonlocal dotted
        dotted = before_dot()
        return dotted

    try:
        with _session(sender) as smtp:
            return _converse(smtp, envelope, permitted)
    except _Answered as answered:
        return answered.outcome
    except Refusal as refusal:
        return Outcome(Fate.LATER, clean(f"OAuth 2.0: {refusal}", 500))
    except (OSError, smtplib.SMTPException) as error:
        # The connection, the greeting, TLS and the password are ours to mend: none of them is the recipient's fault.
        return Outcome(Fate.UNKNOWN if dotted else Fate.LATER, clean(f"{type(error).__name__}: {error}", 500))


def _converse(smtp: smtplib.SMTP, envelope: Envelope, before_dot: Callable[[], bool]) -> Outcome:
    _set_timeout(smtp, TIMEOUTS.command)
    _expect(250, *smtp.mail(envelope.mail_from, _options(smtp, envelope)))
    faultpoint("outbox.after_mail")
    code, words = smtp.rcpt(envelope.recipient)
    _expect(250 if code != 251 else 251, code, words)
    faultpoint("outbox.after_rcpt")
    smtp.putcmd("data")
    _expect(354, *smtp.getreply())
    _set_timeout(smtp, TIMEOUTS.data)
    body = envelope.payload if envelope.payload.endswith(b"\r\n") else envelope.payload + b"\r\n"
    smtp.send(
        body.replace(b"\r\n.", b"\r\n..") if not body.startswith(b".") else b"." + body.replace(b"\r\n.", b"\r\n..")
    )
    faultpoint("outbox.in_data")
    if not before_dot():
        return Outcome(Fate.STOLEN, "")  # the connection closes without the dot: nothing was handed over
    faultpoint("outbox.before_dot")
    _set_timeout(smtp, TIMEOUTS.final)
    smtp.send(b".\r\n")
    faultpoint("outbox.after_dot")
    code, words = smtp.getreply()
    _expect(250, code, words)
    faultpoint("outbox.after_250")
    with suppress(OSError, smtplib.SMTPException):
        smtp.putcmd("quit")
    return Outcome(Fate.SENT, clean(f"{code} {words.decode('utf-8', 'replace')}", 500))


def _options(smtp: smtplib.SMTP, envelope: Envelope) -> list[str]:
    options = [f"size={len(envelope.payload)}"] if smtp.has_extn("size") else []
    if not (envelope.recipient + envelope.mail_from).isascii():
        if not smtp.has_extn("smtputf8"):
            raise _Answered(553, "no SMTPUTF8")
        smtp.command_encoding = "utf-8"
        options += ["SMTPUTF8", "BODY=8BITMIME"]
    return options


def _expect(wanted: int, code: int, words: bytes) -> None:
    if code != wanted:
        raise _Answered(code, words)


def _set_timeout(smtp: smtplib.SMTP, seconds: float) -> None:
    if smtp.sock:
        smtp.sock.settimeout(seconds)


@contextmanager
def _session(sender: Sender) -> Iterator[smtplib.SMTP]:
    """A connection that is greeted, protected and signed in; it ends by force when its whole time is over."""
    faultpoint("outbox.connect")
    smtp = dial(sender)
    watch = threading.Timer(TIMEOUTS.whole, _cut, args=(smtp,))
    watch.daemon = True
    watch.start()
    try:
        introduce(smtp, sender)
        yield smtp
    finally:
        watch.cancel()
        smtp.close()


def dial(sender: Sender) -> smtplib.SMTP:
    """A connection to the mail server, greeted; protected from the first byte where it is set so."""
    name = sender.from_address.rpartition("@")[2]
    if sender.tls == Tls.TLS:
        return smtplib.SMTP_SSL(
            sender.host, sender.port, local_hostname=name, timeout=TIMEOUTS.connect, context=_context(sender)
        )
    return smtplib.SMTP(sender.host, sender.port, local_hostname=name, timeout=TIMEOUTS.connect)


def introduce(smtp: smtplib.SMTP, sender: Sender) -> None:
    """Say hello, protect the connection and sign in, as the settings ask."""
    smtp.ehlo_or_helo_if_needed()
    if sender.tls == Tls.STARTTLS:
        smtp.starttls(context=_context(sender))
        smtp.ehlo()
    if sender.sign_in == "oauth2":
        _sign_in_by_token(smtp, sender)
    elif sender.user:
        smtp.login(sender.user, unseal(sender.secret))


def _sign_in_by_token(smtp: smtplib.SMTP, sender: Sender) -> None:
    """XOAUTH2; a server that refuses tells why first, and wants an empty answer before it says no."""
    if "XOAUTH2" not in str(smtp.esmtp_features.get("auth", "")).upper().split():
        raise smtplib.SMTPNotSupportedError("the server offers no XOAUTH2")
    words = f"user={sender.user}\x01auth=Bearer {tokens.access_token(sender)}\x01\x01"
    try:
        smtp.auth("XOAUTH2", lambda challenge=None: words if challenge is None else "")
    except smtplib.SMTPAuthenticationError:
        tokens.distrust(sender)
        raise


def _context(sender: Sender) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not sender.verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _cut(smtp: smtplib.SMTP) -> None:
    if smtp.sock:
        with suppress(OSError):
            smtp.sock.shutdown(socket.SHUT_RDWR)
