"""Readers of mailboxes: a thread for each in some worker process, held by a lease, slower after every failure.

A mailbox in trouble holds nobody: its thread waits alone, at most five minutes between tries. Two readers at once
would do no harm (a delivery is kept once); the lease only spares the work.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q

from otklik import clock
from otklik.channels import intake
from otklik.channels.models import Mailbox, Reading
from otklik.egress.tokens import Refusal
from otklik.tickets.attachments import StoreUnavailable

from . import server, tokens
from .fetching import Look
from .server import Session, Trouble

log = logging.getLogger("otklik.channels")
LEASE = timedelta(seconds=150)  # more than the longest silence borne from a server, twice
RENEW = 20.0  # seconds
SLICE = 20.0  # seconds of waiting in one go
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0  # seconds after a failure, doubled each time
ALARM_AFTER = timedelta(minutes=15)  # of failures in a row

_readers: dict[int, Reader] = {}
_mutex = threading.Lock()


class LostMailbox(Exception):
    """Another worker reads this mailbox now, or it is not to be read any more."""


class Reader(threading.Thread):
    """Reads one mailbox until it is told to stop or the mailbox passes to another worker."""

    def __init__(self, mailbox: int, token: int) -> None:
        super().__init__(name=f"mailbox-{mailbox}", daemon=True)
        self.mailbox_id, self.token = mailbox, token
        self.stopping = threading.Event()
        self.renewed = time.monotonic()
        self.mended = False  # something broke in the last look: the next one goes letter by letter

    def run(self) -> None:
        """Look, wait, look again; whatever goes wrong is written down and tried again."""
        session: Session | None = None
        look: Look | None = None
        known: tuple[object, ...] = ()
        try:
            while not self.stopping.is_set():
                try:
                    self._renew()
                    mailbox = Mailbox.objects.get(pk=self.mailbox_id, is_active=True)
                    if session is None or look is None or known != way(mailbox):
                        session, known = self._connected(session, mailbox), way(mailbox)
                        look = Look(mailbox, alive=self._still_mine, together=not self.mended)
                    elif mailbox.sign_in == "oauth2":
                        _renew_early(mailbox)
                    session.mailbox = look.mailbox = mailbox
                    look.into(session)
                    succeeded(mailbox)
                    self.mended, look.together = False, True
                    self._rest(session, mailbox)
                except (LostMailbox, Mailbox.DoesNotExist):
                    return
                except Exception as trouble:  # whatever it was, the next try begins anew
                    self._mend(session, trouble)
                    session = None
        finally:
            if session is not None:
                session.close()
            with suppress(DatabaseError):
                release(self.mailbox_id, self.token)
            connection.close()

    def _connected(self, former: Session | None, mailbox: Mailbox) -> Session:
        if former is not None:
            former.close()
        return server.connect(mailbox)

    def _mend(self, session: Session | None, trouble: Exception) -> None:
        """Write the failure down and wait, longer each time."""
        self.mended = True
        if session is not None:
            session.close()
        pause = FIRST_PAUSE
        with suppress(DatabaseError):
            connection.close_if_unusable_or_obsolete()
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failed(self.mailbox_id, trouble) - 1, 8))
        connection.close()
        self._sleep(pause)

    def _rest(self, session: Session, mailbox: Mailbox) -> None:
        """Wait for the next look: until the server tells of news, the time is over, or somebody asks."""
        until = time.monotonic() + max(5, mailbox.poll_seconds)
        while not self.stopping.is_set() and (left := until - time.monotonic()) > 0:
            connection.close()
            if session.tells:
                if session.wait(min(left, SLICE)):
                    return
            else:
                self.stopping.wait(min(left, SLICE))
            self._renew()
            if self._asked():
                return

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self.stopping.is_set() and (left := until - time.monotonic()) > 0:
            self.stopping.wait(min(left, SLICE))
            try:
                self._renew()
                if self._asked():
                    return
            except (LostMailbox, DatabaseError):
                pass  # the next look will notice
            finally:
                connection.close()

    def _asked(self) -> bool:
        """Whether somebody pressed "check now" since the last try."""
        wanted = Q(wake_at__gt=F("last_try_at")) | Q(wake_at__isnull=False, last_try_at=None)
        return Reading.objects.filter(wanted, pk=self.mailbox_id).exists()

    def _still_mine(self) -> None:
        if time.monotonic() - self.renewed > RENEW:
            self._renew()

    def _renew(self) -> None:
        mine = Reading.objects.filter(pk=self.mailbox_id, token=self.token)
        if not mine.update(lease_until=clock.now() + LEASE):
            raise LostMailbox(self.mailbox_id)
        self.renewed = time.monotonic()


def way(mailbox: Mailbox) -> tuple[object, ...]:
    """What makes a connection another one when it changes."""
    by_token = (mailbox.sign_in, mailbox.token_url, mailbox.client_id, mailbox.client_secret, mailbox.refresh_token)
    way = (mailbox.host, mailbox.port, mailbox.tls, mailbox.verify, mailbox.user, mailbox.secret, mailbox.folder)
    return (*way, *by_token)


def _renew_early(mailbox: Mailbox) -> None:
    """Keep the token fresh while a connection lasts, so that a provider's no is heard before the next sign-in."""
    with suppress(Refusal):  # noted, with its alarm; this connection goes on
        tokens.access_token(mailbox)


def watch() -> int:
    """Start a reader in this process for every mailbox that nobody reads; how many were started."""
    if settings.DEMO:
        return 0
    started = 0
    for mailbox in Mailbox.objects.filter(is_active=True).exclude(host=""):
        with _mutex:
            known = _readers.get(mailbox.pk)
            if known is not None and known.is_alive():
                continue
            token = take(mailbox)
            if token is None:
                continue
            _readers[mailbox.pk] = Reader(mailbox.pk, token)
            transaction.on_commit(_readers[mailbox.pk].start)  # before, it would not find its lease
            started += 1
    return started


def stop() -> None:
    """End the readers of this process (tests; a worker's end takes them along)."""
    with _mutex:
        for reader in _readers.values():
            reader.stopping.set()
        for reader in _readers.values():
            reader.join(timeout=10)
        _readers.clear()


def take(mailbox: Mailbox) -> int | None:
    """The lease of a mailbox that nobody holds: its new token, or None."""
    now = clock.now()
    Reading.objects.get_or_create(mailbox=mailbox)
    free = Reading.objects.filter(Q(lease_until=None) | Q(lease_until__lt=now), mailbox=mailbox)
    if not free.update(lease_until=now + LEASE, token=F("token") + 1):
        return None
    return Reading.objects.values_list("token", flat=True).get(mailbox=mailbox)


def release(mailbox: int, token: int) -> None:
    """Give the lease back, if it is still ours."""
    Reading.objects.filter(pk=mailbox, token=token).update(lease_until=None)


def succeeded(mailbox: Mailbox) -> None:
    """A look went well."""
    now = clock.now()
    Reading.objects.update_or_create(
        mailbox=mailbox,
        defaults={
            "last_try_at": now,
            "last_success_at": now,
            "failing_since": None,
            "failures": 0,
            "trouble": "",
            "detail": "",
        },
    )


@transaction.atomic
def failed(mailbox: int, trouble: Exception) -> int:
    """A look went wrong: what is known of it, and an alarm when that has lasted; how many failures in a row."""
    now = clock.now()
    row = Reading.objects.select_for_update().select_related("mailbox").get(pk=mailbox)
    row.last_try_at, row.failures = now, row.failures + 1
    row.failing_since = row.failing_since or now
    row.trouble, row.detail = _named(trouble)
    log.warning("mailbox %s: %s", mailbox, trouble)
    if now - row.failing_since >= ALARM_AFTER and intake.alarm(row.mailbox, "mailbox", detail=row.trouble):
        row.alarmed_at = now
    row.save()
    return row.failures


def _named(trouble: Exception) -> tuple[str, str]:
    if isinstance(trouble, Trouble):
        return trouble.code, trouble.detail
    code = "store" if isinstance(trouble, StoreUnavailable) else "ours"
    return code, f"{type(trouble).__name__}: {trouble}"[:500]


def look_once(mailbox: Mailbox) -> int:
    """One look in this thread, for commands and tests; how many letters were kept. Raises `Trouble`."""
    session = server.connect(mailbox)
    try:
        kept = Look(mailbox).into(session)
    finally:
        session.close()
    succeeded(mailbox)
    return kept
