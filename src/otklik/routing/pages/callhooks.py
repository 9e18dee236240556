"""Addresses that hear of calls at night: their settings with a test, and the page that answers a call by its link."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from otklik.people.access import as_actor
from otklik.people.doors import needs
from otklik.people.forms.strict import StrictForm
from otklik.people.models import Team
from otklik.people.pages.histories import of_record
from otklik.people.pages.settling import by_act, earlier, initial_of, through
from otklik.people.rota import Rotation
from otklik.routing import callhooks, paging
from otklik.routing.models import CallHook, Page
from otklik.tickets.refusal import Forbidden, Refused
from otklik.ui.doors import public
from otklik.ui.settings_pages import Column, Effect, SettingsPage
from otklik.ui.sidebar import add_page, frame

ACT = "settings.routing"


class CallHookForm(StrictForm):
    """One address."""

    name = forms.CharField(label=gettext_lazy("What it is called"), max_length=80)
    url = forms.URLField(
        label=gettext_lazy("Address"),
        max_length=500,
        assume_scheme="https",
        help_text=gettext_lazy("Addresses inside the house need the administrator's word (OTKLIK_EGRESS_ALLOW)"),
    )
    secret = forms.CharField(
        label=gettext_lazy("Secret of the signature"),
        min_length=16,
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("At least 16 characters; empty keeps the one that is stored"),
    )
    team = forms.ModelChoiceField(
        Team.objects.none(),
        label=gettext_lazy("Calls of"),
        required=False,
        empty_label=gettext_lazy("every team"),
    )
    rotation = forms.ModelChoiceField(
        Rotation.objects.none(),
        label=gettext_lazy("Only turns of"),
        required=False,
        empty_label=gettext_lazy("every call"),
    )
    is_active = forms.BooleanField(label=gettext_lazy("Is in use"), required=False, initial=True)

    def __init__(self, *args: Any, hook: CallHook | None = None, **values: Any) -> None:
        super().__init__(*args, **values)
        self.hook = hook
        for name, rows in (("team", Team.objects.filter(is_active=True)), ("rotation", Rotation.objects.all())):
            field: Any = self.fields[name]
            field.queryset = rows.order_by("pk")

    def clean(self) -> dict[str, Any]:
        """A new address has a secret; a rotation belongs to the team."""
        cleaned = super().clean()
        if self.hook is None and not cleaned.get("secret") and "secret" not in self.errors:
            self.add_error("secret", _("Give a secret: the receiver knows by it that a call is ours."))
        rotation, team = cleaned.get("rotation"), cleaned.get("team")
        if rotation is not None and team is not None and rotation.team_id != team.pk:
            self.add_error("rotation", _("These turns belong to another team."))
        return cleaned


def how(code: str) -> str:
    """How a try went, in words."""
    if code.startswith("status:"):
        return _("it answered %(status)s") % {"status": code.removeprefix("status:")}
    return {
        "": _("not tried yet"),
        "heard": _("heard it"),
        "forbidden": _("we may not go there: the address lies inside the house"),
        "too_large": _("its answer is too long"),
    }.get(code, _("not reachable"))


def _save(request: HttpRequest, hook: CallHook | None, data: dict[str, Any]) -> CallHook:
    actor = request.actor  # type: ignore[attr-defined]  # set by the middleware
    if hook is None:
        return through(callhooks.add, actor=actor, **data)  # type: ignore[no-any-return]  # a CallHook
    return through(callhooks.change, hook, actor=actor, **data)  # type: ignore[no-any-return]  # a CallHook


def _restore(request: HttpRequest, hook: CallHook, version: str) -> None:
    values = {name: one for name, one in earlier(hook, CallHookForm, version).items() if name != "secret"}
    through(callhooks.change, hook, actor=request.actor, note=_("brought back"), **values)  # type: ignore[attr-defined]  # middleware


def _effects(hook: CallHook, data: dict[str, Any] | None) -> Iterable[Effect]:
    url = (data or {}).get("url") or hook.url
    if url.startswith("http:"):
        yield Effect(_("The address is not encrypted: names and subjects can be read on the way"), icon="shield-alert")


PAGE = SettingsPage(
    name="call-hooks",
    namespace="routing",
    title=gettext_lazy("Calls by webhook"),
    one=gettext_lazy("Address"),
    items=lambda request: CallHook.objects.select_related("team", "rotation").order_by("-is_active", "pk"),
    find=lambda request, key: (
        CallHook.objects.filter(pk=int(key)).first() if key.isdecimal() and len(key) < 18 else None
    ),
    form=lambda data, initial, item: CallHookForm(data, initial=initial, hook=item),
    initial=lambda item: initial_of(item, sorted(callhooks.FIELDS)) or {"is_active": True},
    save=_save,
    columns=[
        Column(gettext_lazy("Name"), "name"),
        Column(gettext_lazy("Calls of"), lambda hook: hook.rotation or hook.team or _("every team"), width=180),
        Column(gettext_lazy("Last try"), lambda hook: how(hook.said), width=240, cls="only-wide sub"),
    ],
    allowed=by_act(ACT),
    group=lambda hook: _("In use") if hook.is_active else _("Not in use"),
    effects=_effects,
    history=lambda hook: of_record(hook, CallHookForm),
    restore=_restore,
    around=frame,
    template="routing/callhook.html",
)
add_page("promises", gettext_lazy("Calls by webhook"), "phone", "routing:call-hooks", ACT, 52)


@needs(ACT)
@require_POST
def test(request: HttpRequest, key: int) -> HttpResponse:
    """Send a signed test now and say what came of it."""
    hook = CallHook.objects.filter(pk=key).first()
    if hook is None:
        raise Http404
    try:
        callhooks.try_out(hook)
    except callhooks.NotHeard as failure:
        messages.error(request, _("%(name)s: %(how)s") % {"name": hook.name, "how": how(failure.code)})
    else:
        messages.success(request, _("%(name)s heard the test") % {"name": hook.name})
    return HttpResponseRedirect(PAGE.address(str(key)), status=303)


# -- the link ------------------------------------------------------------------------------------------------------
@public
@csrf_exempt  # the secret in the address is the credential: no cookie takes part, so nothing can be forged
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, secret: str) -> HttpResponse:
    """Opening the link changes nothing; its one button, or a POST of the receiving program, answers the call."""
    page = callhooks.page_of(secret)
    if page is None:
        raise Http404
    said, status = "", 200
    if request.method == "POST":
        try:
            paging.acknowledge(page.ticket, actor=as_actor(page.person))
        except (Refused, Forbidden):
            said, status = _state(page), 409
    with translation.override(page.person.language):
        response = render(request, "routing/answer.html", _shown(page, said), status=status, using="jinja2")
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _state(page: Page) -> str:
    return "over" if not Page.objects.filter(ticket=page.ticket, ended_at=None).exists() else "no"


def _shown(page: Page, said: str) -> dict[str, Any]:
    answered = Page.objects.filter(ticket=page.ticket, acknowledged_at__isnull=False).select_related("person").last()
    waits = Page.objects.filter(ticket=page.ticket, ended_at=None).exists()
    return {
        "page": page,
        "ticket": page.ticket,
        "subject": "" if page.ticket.visibility == "restricted" else page.ticket.subject,
        "answered": answered,
        "mine": answered is not None and answered.person_id == page.person_id,
        "waits": waits,
        "said": said,
    }
