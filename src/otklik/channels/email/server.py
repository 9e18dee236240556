"""A connection to an IMAP server that can lie, stall and flood: to a checked address, bounded in time and in bytes."""

from __future__ import annotations

import imaplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from ipaddress import ip_address
from typing import Any

import imap_tools
import re2

from otklik import egress
from otklik.channels.models import Mailbox
from otklik.egress.addresses import special
from otklik.egress.client import allowed, resolve
from otklik.egress.tokens import Refusal
from otklik.outbox.vault import unseal

from . import tokens
from .limits import KB, MAX_MAIL, MB
from .patterns import pattern

SECONDS = 60.0  # of silence borne from a server
PORTS = (143, 993)
BUDGET = 32 * MB  # bytes of an answer to a command that fetches no letter
SMALL = 256 * KB  # bytes of a letter that may be fetched together with others
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UID = pattern(rb"\bUID (\d{1,10})")
_SIZE = pattern(rb"RFC822\.SIZE (\d{1,12})")


class Trouble(Exception):
    """A mailbox cannot be read now: ``code`` is put into words by ``wording``, ``detail`` is the server's own."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail[:500]


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """One letter as the server gave it."""

    uid: int
    raw: bytes | None  # None: the server says there is one and gives nothing
    received_at: datetime | None
    size_told: int | None


class _Bounded(imaplib.IMAP4):
    """A client that connects to a checked address and stops reading an answer that goes on too long."""

    def __init__(self, name: str, address: str, port: int, context: ssl.SSLContext | None, patience: float) -> None:
        self.address, self.context, self.budget = address, context, BUDGET
        super().__init__(name, port, timeout=patience)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        plain = socket.create_connection((self.address, self.port), timeout)
        return self.context.wrap_socket(plain, server_hostname=self.host) if self.context else plain

    def read(self, size: int) -> bytes:
        """Read a literal, if it is not longer than what is still borne."""
        self._spend(size)
        return super().read(size)

    def readline(self) -> bytes:
        """Read a line, with the same bound."""
        line: bytes = super().readline()
        self._spend(len(line))
        return line

    def _spend(self, size: int) -> None:
        self.budget -= size
        if self.budget < 0:
            raise self.abort("the answer goes on too long")


class _Box(imap_tools.BaseMailBox):
    """The library's mailbox around our own client."""

    def __init__(self, client: _Bounded) -> None:
        self.bounded = client
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        return self.bounded


@dataclass(frozen=True, kw_only=True)
class Folder:
    """What the server said of the folder when it was opened."""

    uidvalidity: int
    uid_next: int | None


class Session:
    """An open, signed-in connection to one mailbox. Every method raises `Trouble` when it cannot do its part."""

    def __init__(self, mailbox: Mailbox, box: _Box) -> None:
        self.mailbox, self.box, self.client = mailbox, box, box.bounded

    def open_folder(self) -> Folder:
        """Open the folder, or open it anew to see what is there now."""
        self.client.budget = BUDGET
        with _said("folder"):
            try:
                self.box.folder.set(self.mailbox.folder)
            except imaplib.IMAP4.readonly:  # what cannot be marked can be read all the same; marking says why not
                self.box.folder.set(self.mailbox.folder, readonly=True)
        validity = self._number("UIDVALIDITY")
        if validity is None:
            raise Trouble("no_uids")
        return Folder(uidvalidity=validity, uid_next=self._number("UIDNEXT"))

    def _number(self, name: str) -> int | None:
        _, values = self.client.response(name)
        text = values[-1] if values and values[-1] else b""
        return int(text) if isinstance(text, bytes) and text.isdigit() else None

    def uids(self) -> list[int]:
        """UIDs of everything that is ours to read, in order, each once."""
        self.client.budget = BUDGET
        wanted = f"SINCE {imap_date(self.mailbox.since)}" if self.mailbox.since else "ALL"
        with _said("broken"):
            told = self.box.uids(wanted, charset=None)
        return sorted({int(text) for text in told if text.isdigit()})

    def fetch(self, uid: int) -> Fetched | None:
        """One letter, without any mark left on the server; None when it is not there any more."""
        self.client.budget = MAX_MAIL + BUDGET
        parts = f"(UID INTERNALDATE RFC822.SIZE BODY.PEEK[]<0.{MAX_MAIL + 1}>)"
        with _said("broken"):
            state, data = self.client.uid("FETCH", str(uid), parts)
        if state != "OK":
            raise Trouble("broken", str(data))
        return next((one for one in _read_all(data) if one.uid == uid), None)

    def fetch_small(self, uids: Sequence[int]) -> dict[int, Fetched]:
        """Those of a few letters that came whole in one answer and are small; what is missing is fetched alone."""
        self.client.budget = len(uids) * SMALL + BUDGET
        parts = f"(UID INTERNALDATE RFC822.SIZE BODY.PEEK[]<0.{SMALL + 1}>)"
        with _said("broken"):
            state, data = self.client.uid("FETCH", ",".join(map(str, uids)), parts)
        if state != "OK":
            return {}
        found: dict[int, Fetched] = {}
        for one in _read_all(data):
            if one.uid in uids and one.raw is not None and len(one.raw) <= SMALL and one.size_told is None:
                found.setdefault(one.uid, one)
        return found

    def mark(self, uids: list[int]) -> None:
        """What was agreed for the server's copies once ours are durable: flag, move or delete."""
        if not uids:
            return
        self.client.budget = BUDGET
        names = [str(uid) for uid in uids]
        with _said("mark"):
            if self.mailbox.after == "move" and self.mailbox.after_folder:
                self._make_folder(self.mailbox.after_folder)
                self.box.move(names, self.mailbox.after_folder)
            elif self.mailbox.after == "delete":
                self.box.delete(names)
            else:
                self.box.flag(names, [imap_tools.MailMessageFlags.SEEN], True)

    def flag(self, uids: list[int]) -> None:
        """Mark copies as read, whatever was agreed: nothing is moved or deleted."""
        self.client.budget = BUDGET
        with _said("mark"):
            self.box.flag([str(uid) for uid in uids], [imap_tools.MailMessageFlags.SEEN], True)

    def _make_folder(self, name: str) -> None:
        if not self.box.folder.exists(name):
            self.box.folder.create(name)

    def wait(self, seconds: float) -> bool:
        """Wait for news where the server can tell of them; True when something happened."""
        self.client.budget = BUDGET
        with _said("broken"):
            return bool(self.box.idle.wait(timeout=seconds))

    @property
    def tells(self) -> bool:
        """Whether the server tells of new mail by itself (IDLE)."""
        return "IDLE" in self.client.capabilities

    def close(self) -> None:
        """End the connection, politely if that works."""
        with suppress(Exception):
            self.client.sock.settimeout(5)
            self.client.logout()
        with suppress(Exception):
            self.client.shutdown()


def _read_all(data: list[Any]) -> Iterator[Fetched]:
    """The letters of an answer, which may speak of others than were asked for (RFC 3501 §7)."""
    for index, item in enumerate(data):
        if item is None:
            continue
        head, body = item if isinstance(item, tuple) else (item, None)
        tail = data[index + 1] if index + 1 < len(data) and isinstance(data[index + 1], bytes) else b""
        about = head + b" " + (tail if body is not None else b"")
        match = _UID.search(about)
        if not match or (body is None and b"BODY[]" not in head):
            continue
        told = _SIZE.search(about)
        size = int(told[1]) if told else None
        differs = size is not None and body is not None and size != len(body)
        received_at = _internal_date(about)
        yield Fetched(uid=int(match[1]), raw=body, received_at=received_at, size_told=size if differs else None)


def _internal_date(text: bytes) -> datetime | None:
    match = re2.search(rb'INTERNALDATE "([ \d]\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"', text)
    if not match:
        return None
    day, month, year, hour, minute, second, sign, hours, minutes = (part.decode() for part in match.groups())
    try:
        number = _MONTHS.index(month.title()) + 1
        stated = f"{year}-{number:02}-{int(day):02}T{hour}:{minute}:{second}{sign}{hours}:{minutes}"
        return datetime.fromisoformat(stated).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def imap_date(day: date) -> str:
    """A date as IMAP writes it, whatever the machine's language."""
    return f"{day.day:02}-{_MONTHS[day.month - 1]}-{day.year:04}"


# -- connecting ----------------------------------------------------------------------------------------------------
def connect(mailbox: Mailbox, *, patience: float | None = None) -> Session:
    """Connect and sign in; ``patience``: seconds of silence borne. Raises `Trouble`."""
    address = reachable(mailbox.host, mailbox.port)
    context = _context(mailbox) if mailbox.tls != "none" else None
    with _said("connect"):
        at_once = context if mailbox.tls == "tls" else None
        client = _Bounded(mailbox.host, address, mailbox.port, at_once, patience or SECONDS)
    try:
        if mailbox.tls == "starttls":
            if "STARTTLS" not in client.capabilities:  # the library would call it a connection that was cut
                raise Trouble("starttls")
            with _said("starttls"):
                client.starttls(context)
        box = _Box(client)
        _sign_in(box, mailbox)
    except Trouble:
        with suppress(Exception):
            client.shutdown()
        raise
    return Session(mailbox, box)


def _context(mailbox: Mailbox) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not mailbox.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _sign_in(box: _Box, mailbox: Mailbox) -> None:
    if mailbox.sign_in == "oauth2":
        _sign_in_by_token(box, mailbox)
        return
    secret = unseal(mailbox.secret)
    with _said("login"):
        if mailbox.user.isascii() and secret.isascii():
            box.login(mailbox.user, secret, initial_folder=None)
        else:
            box.login_utf8(mailbox.user, secret, initial_folder=None)


def _sign_in_by_token(box: _Box, mailbox: Mailbox) -> None:
    try:
        token = tokens.access_token(mailbox)
    except Refusal as refusal:
        raise Trouble(refusal.code, str(refusal)) from refusal
    with _said("token_login"):
        box.xoauth2(mailbox.user, token, initial_folder=None)


def reachable(host: str, port: int) -> str:
    """The checked address of a mail server; inner ones need the operator's word (safety.md A7). Raises `Trouble`."""
    words = allowed()
    addresses = resolve(host.strip("[]"), port)
    if not addresses:
        raise Trouble("no_address", host)
    for text in addresses:
        if any(word.covers(ip_address(text), port) for word in words):
            continue
        rule = special(ip_address(text)) or ("" if port in PORTS else "port")
        if rule:
            refusal = egress.Refused(rule, f"{host}:{port} → {text}")
            for listener in egress.refused:
                listener(refusal)
            raise Trouble("inside" if rule != "port" else "port", f"{host}:{port}")
    return addresses[0]


@contextmanager
def _said(code: str) -> Iterator[None]:
    """Turn whatever a connection does into a `Trouble` that says at which step."""
    try:
        yield
    except Trouble:
        raise
    except ssl.SSLCertVerificationError as error:
        raise Trouble("certificate", str(error.verify_message or error)) from error
    except ssl.SSLError as error:
        raise Trouble("tls", str(error.reason or error)) from error
    except TimeoutError as error:
        raise Trouble("silent", str(error)) from error
    except ConnectionRefusedError as error:
        raise Trouble("closed_port", str(error)) from error
    except (imap_tools.errors.UnexpectedCommandStatusError, imaplib.IMAP4.error) as error:
        raise Trouble(code if not isinstance(error, imaplib.IMAP4.abort) else "cut", _words(error)) from error
    except (OSError, EOFError) as error:
        raise Trouble("cut" if code != "connect" else "connect", str(error)) from error
    except (ValueError, IndexError, AttributeError, KeyError, TypeError) as error:  # an answer that is no IMAP
        raise Trouble("broken", f"{type(error).__name__}: {error}") from error


def _words(error: Exception) -> str:
    result = getattr(error, "command_result", None)
    if result and len(result) > 1 and result[1]:
        last = result[1][-1]
        return last.decode("utf-8", "replace") if isinstance(last, bytes) else str(last)
    return str(error)
