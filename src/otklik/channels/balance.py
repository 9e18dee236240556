"""The ledger's balance: every letter seen has one outcome, and the server's own count agrees (safety.md B0, I1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from otklik import clock
from otklik.channels import wording
from otklik.channels.intake import STALE
from otklik.channels.models import OUTCOMES, RECEIVED, Inbound, Mailbox, Reading, ServerCount
from otklik.tickets.models import Message

SILENT = timedelta(minutes=15)  # of failures in a row, after which a mailbox counts as unread


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One mailbox: how many letters came and what became of them."""

    mailbox: Mailbox
    seen: int
    outcomes: dict[str, int]
    unfinished: int = 0  # kept more than five minutes ago, without outcome
    in_work: int = 0  # kept just now
    on_server: int | None = None  # by the server's count of UIDs, None for a pipe
    here: int | None = None  # of the same UIDs, how many have a line
    gone: int = 0  # deleted on the server before we read them
    discrepancies: list[str] = field(default_factory=list)

    @property
    def closes(self) -> bool:
        """Whether everything seen is accounted for."""
        return not self.discrepancies

    def counts(self) -> dict[str, int]:
        """Seen, then each outcome, as programs print them."""
        told = {"seen": self.seen} | self.outcomes
        return told | ({"unfinished": self.unfinished + self.in_work} if self.unfinished + self.in_work else {})

    def plain(self) -> dict[str, Any]:
        """For a program to read."""
        told: dict[str, Any] = {"mailbox": self.mailbox.name, **self.counts(), "closes": self.closes}
        if self.on_server is not None:
            told |= {"on_server": self.on_server, "here": self.here, "gone": self.gone}
        return told | {"discrepancies": self.discrepancies}


def sheets(*, days: int = 0, since: datetime | None = None) -> list[Sheet]:
    """The sheet of every mailbox, of all time or since a moment; the server's count is always of all time."""
    since = since or (clock.now() - timedelta(days=days) if days else None)
    rows = Inbound.objects.filter(received_at__gte=since) if since else Inbound.objects.all()
    fresh = Q(state=RECEIVED, kept_at__gte=clock.now() - STALE)
    told = rows.values("mailbox", "outcome").annotate(all=Count("pk"), fresh=Count("pk", filter=fresh))
    found: dict[int, dict[str, tuple[int, int]]] = {}
    for one in told:
        found.setdefault(one["mailbox"], {})[one["outcome"]] = (one["all"], one["fresh"])
    return [_sheet(mailbox, found.get(mailbox.pk, {})) for mailbox in Mailbox.objects.order_by("pk")]


def unread() -> list[tuple[str, str]]:
    """Mailboxes that could not be read for a quarter of an hour: (name, what is wrong)."""
    since = clock.now() - SILENT
    rows = Reading.objects.filter(failing_since__lt=since, mailbox__is_active=True).select_related("mailbox")
    return [(row.mailbox.name, wording.trouble(row.trouble)) for row in rows]


def _sheet(mailbox: Mailbox, found: dict[str, tuple[int, int]]) -> Sheet:
    without, fresh = found.get("", (0, 0))
    on_server, here, gone = _by_the_server(mailbox)
    words = []
    if without - fresh:
        words.append(
            ngettext("%(num)s letter has no outcome", "%(num)s letters have no outcome", without - fresh)
            % {"num": without - fresh}
        )
    if gone:
        words.append(
            ngettext(
                "%(num)s letter left the server before we could read it",
                "%(num)s letters left the server before we could read them",
                gone,
            )
            % {"num": gone}
        )
    words += _contradictions(mailbox)
    return Sheet(
        mailbox=mailbox,
        seen=sum(count for count, _fresh in found.values()),
        outcomes={name: found.get(name, (0, 0))[0] for name in OUTCOMES},
        unfinished=without - fresh,
        in_work=fresh,
        on_server=on_server,
        here=here,
        gone=gone,
        discrepancies=words,
    )


def _by_the_server(mailbox: Mailbox) -> tuple[int | None, int | None, int]:
    """(UIDs the server ever gave out, of them with a line here, gone before we read them)."""
    counts = list(mailbox.counts.order_by("looked_at"))
    if not counts:
        return None, None, 0
    total = here = gone = 0
    for count in counts:
        given = max(0, count.uid_next - count.first_uid)
        total, here, gone = total + given - count.explained, here + _here(count), gone + missing(count)
    return total, here, gone


def _here(count: ServerCount) -> int:
    return Inbound.objects.filter(
        mailbox=count.mailbox_id, uidvalidity=count.uidvalidity, uid__gte=count.first_uid, uid__lt=count.uid_next
    ).count()


def missing(count: ServerCount) -> int:
    """UIDs that the server gave out, that are not there any more, and that we never read."""
    return max(0, count.uid_next - count.first_uid - _here(count) - count.waiting - count.explained)


def _contradictions(mailbox: Mailbox) -> Iterator[str]:
    """Lines whose outcome and effect disagree; there are none unless somebody wrote by hand."""
    rows = Inbound.objects.filter(mailbox=mailbox)
    homeless = rows.filter(outcome__in=("opened", "joined"), ticket=None).exclude(reason__startswith="report").count()
    if homeless:
        yield _("%(count)s letters are said to be in a ticket that does not exist") % {"count": homeless}
    twice = (
        Message.objects.filter(mail__in=rows.values("pk"))
        .values("mail")
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
        .count()
    )
    if twice:
        yield _("%(count)s letters stand in two messages") % {"count": twice}
    lost = rows.filter(outcome="opened").exclude(message__mail=F("pk")).count()
    if lost:
        yield _("%(count)s letters are said to have opened a ticket whose first message is another") % {"count": lost}
