"""The settings page of agreements (screen 16b): targets with old values, what a publication would do, versions."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from otklik import clock
from otklik.people.doors import needs
from otklik.sla import acceptance, moving, phrases, previewing, publishing
from otklik.sla.history import MODES, Mode
from otklik.sla.models import Agreement, AgreementVersion, PreviewRun, Target
from otklik.sla.pages import exceptions, ladder
from otklik.sla.pages.amounts import written
from otklik.sla.pages.drafts import AgreementForm, plain
from otklik.ui.sidebar import add_page, frame

ACT = "settings.agreements"
ADDED = {"except": exceptions.MOST, "step": ladder.MOST}  # lines that one may ask for, and the most of each
SOME = 200  # tickets whose clocks are read while the page waits


@needs(ACT)
@require_GET
def agreements(request: HttpRequest) -> HttpResponse:
    """All agreements with the version in force."""
    rows = [(one, one.versions.order_by("-number").first()) for one in Agreement.objects.all()]
    return render(request, "sla/agreements.html", frame(request) | {"rows": rows}, using="jinja2")


@needs(ACT)
@require_http_methods(["GET", "POST"])
def agreement(request: HttpRequest, code: str) -> HttpResponse:
    """One agreement: the table, the preview of running clocks, the publication."""
    found = Agreement.objects.filter(code=code).first()
    if found is None:
        raise Http404
    if more := next((name for name in ADDED if f"add_{name}" in request.POST), ""):
        form = AgreementForm(_with_a_line(request.POST, more), agreement=found)
        form.hush()
        return _page(request, form, None, 200, judged=False)
    form = AgreementForm(request.POST or None, agreement=found)
    if not form.is_valid():
        return _page(request, form, None, 422 if form.is_bound else 200)
    mode = form.cleaned_data["mode"]
    drafts = form.targets()
    try:
        publishing.check(drafts)
        if "publish" in request.POST:
            return _published(request, form, drafts, mode)
    except publishing.Unpublishable as refusal:
        form.add_error(None, str(refusal))
        for place in refusal.places:
            form.blame(place, _("Its like is there too.") if len(refusal.places) > 1 else str(refusal))
        return _page(request, form, None, 422, judged=False)
    chosen = cast(Mode, mode if mode in MODES else "from_start")
    told = previewing.preview(found, drafts, chosen, limit=SOME)
    run = None if told.whole else previewing.begin(found, drafts, chosen)
    return _page(request, form, told, 200, run)


def _with_a_line(sent: QueryDict, name: str) -> QueryDict:
    """What was sent, with one more empty line of a kind."""
    data = sent.copy()
    total = data.get(f"{name}-TOTAL_FORMS", "")
    if total.isascii() and total.isdigit() and int(total) < ADDED[name]:
        data[f"{name}-TOTAL_FORMS"] = str(int(total) + 1)
    return data


@needs(ACT)
@require_GET
def preview(request: HttpRequest, code: str, run: int) -> HttpResponse:
    """How far a preview has got, and what it has found: a part of the page that asks again until all is read."""
    found = PreviewRun.objects.select_related("agreement").filter(pk=run, agreement__code=code).first()
    if found is None:
        raise Http404
    context = {"preview": previewing.Preview.from_data(found.told), "run": found, "metric_name": phrases.metric_name}
    return render(request, "sla/_preview.html", context, using="jinja2")


@needs(ACT)
@require_GET
def moves(request: HttpRequest, code: str) -> HttpResponse:
    """How many tickets the newest version has still to move: a part of the page that asks again until none is left."""
    version = AgreementVersion.objects.filter(agreement__code=code).order_by("-number").first()
    if version is None:
        raise Http404
    context = {"agreement": version.agreement, "moving": moving.to_move(version), "version": version}
    return render(request, "sla/_moving.html", context, using="jinja2")


@transaction.atomic
def _published(request: HttpRequest, form: AgreementForm, drafts: list[Target], mode: str) -> HttpResponse:
    version = publishing.publish(
        form.agreement,
        drafts,
        valid_from=form.begins(),
        valid_to=form.cleaned_data["valid_to"],
        note=form.cleaned_data["note"],
        actor=request.actor,  # type: ignore[attr-defined]  # set by the middleware
    )
    count = moving.enqueue_moves(version, mode)
    told = _("Version %(number)s is published.") % {"number": version.number}
    if count:
        told += " " + ngettext("%(count)s open ticket moves to it.", "%(count)s open tickets move to it.", count) % {
            "count": count
        }
    messages.success(request, told)
    return HttpResponseRedirect(reverse("sla:agreement", args=[form.agreement.code]), status=303)


def _page(
    request: HttpRequest,
    form: AgreementForm,
    preview: previewing.Preview | None,
    status: int,
    run: PreviewRun | None = None,
    *,
    judged: bool = True,
) -> HttpResponse:
    found = form.agreement
    right = judged and form.is_bound and form.is_valid()
    changes = publishing.differences(form.before, form.targets()) if right else {}
    context: dict[str, Any] = frame(request) | {
        "agreement": found,
        "form": form,
        "columns": [phrases.metric_name(metric) for metric in form.metrics],
        "was": {f"{one.priority}-{one.metric}": written(one.value, one.unit) for one in form.before if plain(one)},
        "versions": _versions(found),
        "preview": preview,
        "run": run,
        "moving": _moving(found),
        "changed": len(changes),
        "metric_name": phrases.metric_name,
        "moment": clock.now(),
    }
    return render(request, "sla/agreement.html", context, status=status, using="jinja2")


def _versions(found: Agreement) -> list[dict[str, Any]]:
    """Newest first: who accepted each for the customer's side, and for whom the newest one still waits."""
    rows = list(found.versions.prefetch_related("acceptances__organisation", "acceptances__person").order_by("-number"))
    asks = found.kind == Agreement.Kind.SLA
    return [
        {
            "row": row,
            "accepted": list(row.acceptances.all()),
            "standing": acceptance.standing(row) if asks and row is rows[0] else None,
        }
        for row in rows
    ]


def _moving(agreement: Agreement) -> int:
    version = agreement.versions.order_by("-number").first()
    return moving.to_move(version) if version is not None else 0


add_page("promises", gettext_lazy("Agreements"), "handshake", "sla:agreements", ACT, 20)
