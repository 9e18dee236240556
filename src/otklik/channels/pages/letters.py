"""The ledger line by line, and the quarantine where a person decides about a letter (15b)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from otklik.channels import intake, wording
from otklik.channels.email import inbound, lookalike, quarantine, strangers
from otklik.channels.email.message import Letter
from otklik.channels.models import OUTCOMES, PARKED, REFUSED, Inbound, Mailbox
from otklik.people.doors import needs
from otklik.people.models import Organisation
from otklik.tickets import access
from otklik.tickets.models import Ticket
from otklik.tickets.refusal import Refused
from otklik.ui.sidebar import frame

ROWS = 50
SHOWN = 20_000  # characters of a letter's text on the page
WAITING = 200  # parked letters in the list at a time
KINDS = {"forged": ("authentication",), "machine": ("automatic", "loop", "report_about_nothing")}
MACROS = (".docm", ".xlsm", ".pptm", ".dotm", ".xlam", ".exe", ".js", ".vbs", ".scr", ".bat", ".cmd", ".lnk", ".iso")


# -- the ledger ----------------------------------------------------------------------------------------------------
@needs("mail.see")
@require_GET
def ledger(request: HttpRequest) -> HttpResponse:
    """Lines of the ledger, newest first, by mailbox, outcome and sender."""
    rows, query = _filtered(request)
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 18:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows.select_related("mailbox", "ticket").order_by("-pk")[: ROWS + 1])
    further = f"?{urlencode(query | {'before': found[ROWS - 1].pk})}" if len(found) > ROWS else None
    seen = _visible(request, found[:ROWS])
    context = frame(request) | {
        "rows": [_line(row, seen) for row in found[:ROWS]],
        "further": further,
        "newest": f"?{urlencode(query)}" if before else None,
        "words": request.GET.get("q", ""),
        "boxes": [_option(query, "mailbox", str(one.pk), str(one)) for one in Mailbox.objects.order_by("pk")],
        "outcomes": [_option(query, "outcome", name or "open", wording.outcome(name)) for name in (*OUTCOMES, "")],
    }
    return render(request, "channels/ledger.html", context, using="jinja2")


def _option(query: dict[str, str], name: str, value: str, label: str) -> dict[str, Any]:
    chosen = query.get(name) == value
    rest = {key: word for key, word in query.items() if key != name}
    return {"label": label, "url": f"?{urlencode(rest if chosen else rest | {name: value})}", "current": chosen}


def _filtered(request: HttpRequest) -> tuple[QuerySet[Inbound], dict[str, str]]:
    asked = {name: request.GET.get(name, "") for name in ("mailbox", "outcome", "q")}
    rows: QuerySet[Inbound] = Inbound.objects.all()
    if asked["mailbox"].isdecimal() and len(asked["mailbox"]) < 18:
        rows = rows.filter(mailbox=int(asked["mailbox"]))
    if asked["outcome"] in OUTCOMES:
        rows = rows.filter(outcome=asked["outcome"])
    elif asked["outcome"] == "open":
        rows = rows.filter(outcome="")
    if words := asked["q"].strip():
        rows = rows.filter(Q(sender_address__icontains=words) | Q(mail_id=words))
    return rows, {name: value for name, value in asked.items() if value}


def _visible(request: HttpRequest, rows: list[Inbound]) -> set[Any]:
    """Tickets of these lines that the reader may see: mail rights alone open no ticket (domain.md §12)."""
    who = access.viewer(request.person)  # type: ignore[attr-defined]  # set by the middleware
    keys = [row.ticket_id for row in rows if row.ticket_id]
    return set(access.visible_to(who).filter(pk__in=keys).values_list("pk", flat=True))


def _line(row: Inbound, visible: set[Any]) -> dict[str, Any]:
    open_to_us = row.ticket_id is None or row.ticket_id in visible
    return {
        "row": row,
        "outcome": wording.outcome(row.outcome),
        "reason": wording.reason(row.reason),
        "subject": row.subject if open_to_us else "",
        "number": row.ticket.number if row.ticket else None,
        "link": row.ticket_id in visible,
        "url": _address(row) if row.outcome in (PARKED, REFUSED) else None,
    }


# -- quarantine ----------------------------------------------------------------------------------------------------
@needs("mail.see")
@require_GET
def waiting(request: HttpRequest) -> HttpResponse:
    """Parked letters, and one of them open as text."""
    kind = request.GET.get("kind", "")
    parked = Inbound.objects.filter(outcome=PARKED)
    counts = dict(parked.values_list("reason").annotate(Count("pk")))
    rows = list(_of_kind(parked, kind).select_related("mailbox").order_by("-received_at", "-pk")[:WAITING])
    chosen = request.GET.get("letter", "")
    opened = next((row for row in rows if str(row.pk) == chosen), None)
    if opened is None and chosen.isdecimal() and len(chosen) < 18:
        opened = Inbound.objects.filter(pk=int(chosen), outcome__in=(PARKED, REFUSED)).select_related("mailbox").first()
    opened = opened or (rows[0] if rows and not chosen else None)
    total = sum(counts.values())
    context = frame(request) | {
        "rows": [{"row": row, "reason": wording.reason(row.reason), "url": _address(row, kind)} for row in rows],
        "kinds": _kinds(kind, counts),
        "total": total,
        "summary": ngettext("%(num)s letter waits for a decision", "%(num)s letters wait for a decision", total)
        % {"num": total},
        "letter": _opened(opened, rows, kind) if opened is not None else None,
    }
    return render(request, "channels/quarantine.html", context, using="jinja2")


def _of_kind(rows: QuerySet[Inbound], kind: str) -> QuerySet[Inbound]:
    if kind in KINDS:
        return rows.filter(reason__in=KINDS[kind])
    if kind == "other":
        return rows.exclude(reason__in=[reason for reasons in KINDS.values() for reason in reasons])
    return rows


def _kinds(kind: str, counts: dict[str, int]) -> list[dict[str, Any]]:
    total = sum(counts.values())
    sums = {name: sum(counts.get(reason, 0) for reason in reasons) for name, reasons in KINDS.items()}
    names = {"": _("All"), "forged": _("Looks forged"), "machine": _("Machines"), "other": _("Other")}
    told = {"": total} | sums | {"other": total - sum(sums.values())}
    return [
        {"label": f"{names[key]} {told[key]}", "url": f"?kind={key}" if key else "?", "current": key == kind}
        for key in names
    ]


def _address(row: Inbound, kind: str = "") -> str:
    query = {"letter": str(row.pk)} | ({"kind": kind} if kind else {})
    return f"{reverse('channels:quarantine')}?{urlencode(query)}"


def _opened(row: Inbound, rows: list[Inbound], kind: str) -> dict[str, Any]:
    """Everything the page says of the letter that is open; its text is shown as text, with dead links."""
    letter, lost = _read_again(row)
    place = next((n for n, one in enumerate(rows) if one.pk == row.pk), None)
    domain = strangers.domain_of(row.sender_address)
    known = [name for names in Organisation.objects.values_list("domains", flat=True) for name in names]
    known += [strangers.domain_of(one.address) for one in Mailbox.objects.exclude(address="")]
    told: dict[str, Any] = {
        "row": row,
        "reason": wording.reason(row.reason if row.outcome == PARKED else row.detail or row.reason),
        "explanation": wording.explanation(_why(row, letter)),
        "twin": lookalike.twin(domain, filter(None, known)) if domain else "",
        "domain": domain,
        "refusable": quarantine.refusable(row),
        "lost": lost,
        "place": None if place is None else place + 1,
        "count": len(rows),
        "previous": _address(rows[place - 1], kind) if place else None,
        "next": _address(rows[place + 1], kind) if place is not None and place + 1 < len(rows) else None,
        "refused": row.outcome == REFUSED,
        "suggested": row.facts.get("ticket"),
    }
    return told | (_read(letter) if letter else {"text": "", "files": [], "reply_to": "", "cut": False})


def _why(row: Inbound, letter: Letter | None) -> str:
    """The code of what is explained: several senders are a case of their own of what looks forged."""
    reason = row.reason if row.outcome == PARKED else row.detail
    return "several_authors" if reason == "authentication" and letter and letter.authors > 1 else reason


def _read_again(row: Inbound) -> tuple[Letter | None, bool]:
    """The letter, and whether its file cannot be had now: the page tells the rest all the same (safety.md B2)."""
    try:
        return inbound.read_again(row), False
    except OSError:
        return None, True


def _read(letter: Letter) -> dict[str, Any]:
    answers = [one.address for one in letter.reply_to if one.address.lower() != letter.author.address.lower()]
    files = [(one.name, one.size, one.name.lower().endswith(MACROS)) for one in letter.attachments]
    text = letter.text[:SHOWN]
    for scheme in ("https://", "http://"):
        text = text.replace(scheme, scheme.replace("tt", "xx", 1))
    return {"text": text, "cut": len(letter.text) > SHOWN, "files": files, "reply_to": ", ".join(answers[:3])}


@needs("mail.see")
@require_GET
def source(request: HttpRequest, key: int) -> HttpResponse:
    """The letter as it came, as a file to keep; only one that is in nobody's conversation."""
    row = _row(key)
    try:
        raw = intake.raw_of(row)
    except OSError:
        return _gone(request, row)
    response = HttpResponse(raw, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="letter-{row.pk}.eml"'
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _row(key: int) -> Inbound:
    row = Inbound.objects.filter(pk=key, outcome__in=(PARKED, REFUSED)).first()
    if row is None:
        raise Http404
    return row


# -- decisions -----------------------------------------------------------------------------------------------------
def _actor(request: HttpRequest) -> Any:
    return request.actor  # type: ignore[attr-defined]  # set by the middleware


def _answered(request: HttpRequest, text: str, *, problem: bool = False, back: str = "") -> HttpResponse:
    (messages.error if problem else messages.success)(request, text)
    return HttpResponseRedirect(back or reverse("channels:quarantine"), status=303)


def _gone(request: HttpRequest, row: Inbound) -> HttpResponse:
    words = _("The file of this letter cannot be read now: try again when the store of files is there.")
    return _answered(request, words, problem=True, back=_address(row))


def _late(request: HttpRequest) -> HttpResponse:
    return _answered(request, _("Somebody has decided about this letter already"), problem=True)


@needs("settings.mail")
@require_POST
def release(request: HttpRequest, key: int) -> HttpResponse:
    """Let it through as a new ticket."""
    try:
        row = quarantine.release(_row(key), actor=_actor(request))
    except quarantine.NotWaiting:
        return _late(request)
    except OSError:
        return _gone(request, _row(key))
    except Refused as refusal:
        return _answered(request, str(refusal), problem=True)
    number = row.ticket.number if row.ticket else ""
    return _answered(request, _("New ticket № %(number)s") % {"number": number})


@needs("settings.mail")
@require_POST
def join(request: HttpRequest, key: int) -> HttpResponse:
    """Put it into a ticket."""
    row, text = _row(key), request.POST.get("number", "").strip().lstrip("#№ ")
    try:
        if not text.isdecimal() or len(text) > 12:
            raise Ticket.DoesNotExist
        quarantine.join(row, int(text), actor=_actor(request))
    except Ticket.DoesNotExist:
        return _answered(request, _("There is no ticket with this number"), problem=True, back=_address(row))
    except OSError:
        return _gone(request, row)
    except quarantine.NotWaiting:
        return _late(request)
    except Refused as refusal:
        return _answered(request, str(refusal), problem=True, back=_address(row))
    return _answered(request, _("The letter is in ticket № %(number)s") % {"number": text})


@needs("settings.mail")
@require_POST
def refuse(request: HttpRequest, key: int) -> HttpResponse:
    """Refuse it, and with it all of its sender where that was ticked."""
    row = _row(key)
    sender = quarantine.refusable(row) if request.POST.get("whole_domain") else ""
    try:
        quarantine.refuse(row, sender=sender, actor=_actor(request))
    except quarantine.NotWaiting:
        return _late(request)
    return _answered(request, _("Refused. It can be taken back for 30 days, in the ledger"))


@needs("settings.mail")
@require_POST
def take_back(request: HttpRequest, key: int) -> HttpResponse:
    """Let a refused letter wait again."""
    row = _row(key)
    try:
        quarantine.take_back(row, actor=_actor(request))
    except quarantine.NotWaiting:
        return _late(request)
    return _answered(request, _("The letter waits for a decision again"), back=_address(row))
