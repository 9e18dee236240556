"""Mailboxes with the balance of their letters (15a), their settings, and the test that says what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from otklik import clock
from otklik.channels import balance, intake, mailboxes, wording
from otklik.channels.email import relay, server
from otklik.channels.forms import MailboxForm
from otklik.channels.models import OUTCOMES, Inbound, Mailbox, Reading
from otklik.people.doors import needs
from otklik.people.pages.histories import of_record
from otklik.people.pages.settling import by_act, earlier, initial_of, through
from otklik.ui.settings_pages import Column, Effect, SettingsPage
from otklik.ui.sidebar import frame

PERIODS = {"day": 1, "week": 7, "month": 30}


@needs("mail.see")
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Every mailbox: how many letters came, what became of them, whether the server agrees."""
    period = request.GET.get("period", "week")
    days = PERIODS.get(period, 7)
    sheets = balance.sheets(days=days)
    seen = sum(sheet.seen for sheet in sheets)
    open_ones = sum(sheet.unfinished + sheet.in_work for sheet in sheets)
    names = {"day": _("Today"), "week": _("7 days"), "month": _("30 days")}
    context = frame(request) | {
        "boxes": [_box(sheet) for sheet in sheets],
        "came": seen,
        "seen": ngettext("%(num)s letter came", "%(num)s letters came", seen) % {"num": seen},
        "open_ones": open_ones,
        "gone": sum(sheet.gone for sheet in sheets),
        "periods": [
            {"label": label, "url": f"?period={key}", "current": key == period} for key, label in names.items()
        ],
    }
    return render(request, "channels/mailboxes.html", context, using="jinja2")


def _box(sheet: balance.Sheet) -> dict[str, Any]:
    reading = Reading.objects.filter(mailbox=sheet.mailbox).first()
    last = Inbound.objects.filter(mailbox=sheet.mailbox).order_by("-received_at").values_list("received_at", flat=True)
    failing = bool(reading and reading.failing_since)
    silent = bool(
        failing and reading and reading.failing_since and clock.now() - reading.failing_since > balance.SILENT
    )
    return {
        "sheet": sheet,
        "mailbox": sheet.mailbox,
        "parts": [(sheet.outcomes[name], wording.outcome(name)) for name in OUTCOMES],
        "left": sheet.unfinished + sheet.in_work,
        "reading": reading,
        "failing": failing,
        "silent": silent,
        "trouble": wording.trouble(reading.trouble) if reading and reading.trouble else "",
        "last": last.first(),
    }


# -- acts on one ---------------------------------------------------------------------------------------------------
def _mailbox(key: int) -> Mailbox:
    mailbox = Mailbox.objects.filter(pk=key).first()
    if mailbox is None:
        raise Http404
    return mailbox


def _back(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(reverse("channels:mail"), status=303)


@needs("settings.mail")
@require_POST
def look(request: HttpRequest, key: int) -> HttpResponse:
    """Look into the mailbox now."""
    mailbox = _mailbox(key)
    mailboxes.look_now(mailbox)
    messages.success(request, _("We look into %(name)s now") % {"name": mailbox})
    return _back(request)


@needs("settings.mail")
@require_POST
def again(request: HttpRequest, key: int) -> HttpResponse:
    """Give the letters without outcome to a worker again."""
    rows = Inbound.objects.filter(mailbox=_mailbox(key), state="received")[:500]
    for row in rows:
        intake.enqueue_reading(row)
    messages.success(request, _("The letters are being read once more"))
    return _back(request)


@needs("settings.mail")
@require_POST
def gap(request: HttpRequest, key: int) -> HttpResponse:
    """Somebody knows why letters left the server unread."""
    mailboxes.explain_gaps(_mailbox(key), actor=request.actor)  # type: ignore[attr-defined]  # set by the middleware
    messages.success(request, _("Noted: they were removed on purpose"))
    return _back(request)


@needs("settings.mail")
@require_POST
def test(request: HttpRequest, key: int) -> HttpResponse:
    """Connect with the stored settings and say in words what happened."""
    mailbox = _mailbox(key)
    try:
        session = server.connect(mailbox, patience=10)
        try:
            session.open_folder()
            count = len(session.uids())
        finally:
            session.close()
    except server.Trouble as trouble:
        said = f" ({trouble.detail})" if trouble.detail else ""
        messages.error(request, wording.trouble(trouble.code) + said)
    else:
        found = ngettext("%(num)s letter in the folder", "%(num)s letters in the folder", count) % {"num": count}
        messages.success(request, _("Connected, signed in, folder opened: %(found)s") % {"found": found})
    for proved, words in relay.told(mailbox):
        (messages.success if proved else messages.warning)(request, words)
    return HttpResponseRedirect(PAGE.address(str(key)), status=303)


# -- settings ------------------------------------------------------------------------------------------------------
def _initial(mailbox: Mailbox | None) -> dict[str, Any]:
    names = [name for name in MailboxForm.base_fields if name not in mailboxes.SECRETS]
    if mailbox is not None:
        return initial_of(mailbox, names)
    fresh = {"port": 993, "tls": "tls", "verify": True, "folder": "INBOX", "after": "seen", "poll_seconds": 60}
    fresh |= {
        "since": clock.now().date(),
        "language": "ru",
        "staff_replies": "public",
        "is_active": True,
        "sign_in": "password",
    }
    return fresh | {"checks_dkim": True}


def _save(request: HttpRequest, mailbox: Mailbox | None, data: dict[str, Any]) -> Mailbox:
    actor = request.actor  # type: ignore[attr-defined]  # set by the middleware
    if mailbox is None:
        return through(mailboxes.add, actor=actor, **data)  # type: ignore[no-any-return]  # a Mailbox
    return through(mailboxes.change, mailbox, actor=actor, **data)  # type: ignore[no-any-return]  # a Mailbox


def _restore(request: HttpRequest, mailbox: Mailbox, version: str) -> None:
    values = {
        name: value for name, value in earlier(mailbox, MailboxForm, version).items() if name not in mailboxes.SECRETS
    }
    through(mailboxes.change, mailbox, actor=request.actor, note=_("brought back"), **values)  # type: ignore[attr-defined]  # middleware


def _effects(mailbox: Mailbox, data: dict[str, Any] | None) -> Iterable[Effect]:
    told = data or {"is_active": mailbox.is_active, "after": mailbox.after, "authserv_ids": mailbox.authserv_ids}
    if not told["is_active"]:
        yield Effect(_("Not read any more; letters wait on the server"), icon="mail", warn=True)
    if told["after"] == "delete":
        yield Effect(_("Each letter is deleted from the server once ours is durable"), icon="trash-2")
    if not told["authserv_ids"]:
        yield Effect(
            _("No sender counts as verified by the server's word: numbers in subjects are not believed"),
            icon="shield-alert",
        )


def _way(mailbox: Mailbox) -> str:
    return f"{mailbox.host}:{mailbox.port}" if mailbox.host else _("by pipe")


PAGE = SettingsPage(
    name="mail/boxes",
    namespace="channels",
    title=gettext_lazy("Mailboxes"),
    one=gettext_lazy("Mailbox"),
    items=lambda request: Mailbox.objects.select_related("team").order_by("-is_active", "pk"),
    find=lambda request, key: (
        Mailbox.objects.filter(pk=int(key)).first() if key.isdecimal() and len(key) < 18 else None
    ),
    form=lambda data, initial, item: MailboxForm(data, initial=initial, mailbox=item),
    initial=_initial,
    save=_save,
    columns=[
        Column(gettext_lazy("Address"), str),
        Column(gettext_lazy("Server"), _way, width=240),
        Column(
            gettext_lazy("Team"), lambda mailbox: mailbox.team or _("the service desk"), width=180, cls="only-wide sub"
        ),
    ],
    allowed=by_act("settings.mail"),
    group=lambda mailbox: _("In use") if mailbox.is_active else _("Not in use"),
    effects=_effects,
    history=lambda mailbox: of_record(mailbox, MailboxForm),
    restore=_restore,
    around=frame,
    template="channels/mailbox.html",
)
