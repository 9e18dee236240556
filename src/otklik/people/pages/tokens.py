"""API tokens: the list, making one (its secret is shown once), ending one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from otklik import clock
from otklik.people import signin, tokens
from otklik.people.doors import needs
from otklik.people.forms.tokens import TokenForm
from otklik.people.models import ApiToken
from otklik.people.refusal import Refused
from otklik.people.scopes import SCOPES
from otklik.ui.sidebar import frame


@needs("settings.tokens")
@require_http_methods(["GET", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """All tokens, and a form for a new one; making one asks for a fresh second factor where there is one."""
    if not signin.fresh(request):
        return HttpResponseRedirect("/me/second-factor/again?next=/settings/tokens", status=303)
    form = TokenForm(request.POST or None, scopes=SCOPES, initial={"owner": request.user.pk, "days": "90"})
    if not form.is_valid():
        return _answer(request, form, 422 if form.is_bound else 200)
    values: dict[str, Any] = dict(form.cleaned_data)
    values["expires_at"] = clock.now() + timedelta(days=int(values.pop("days")))
    try:
        _token, secret = tokens.issue(actor=request.actor, **values)  # type: ignore[attr-defined]  # set by the middleware
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.texts[0])
        return _answer(request, form, 422)
    return _answer(request, TokenForm(scopes=SCOPES, initial={"owner": request.user.pk}), 200, secret)


@needs("settings.tokens")
@require_POST
def revoke(request: HttpRequest, key: int) -> HttpResponse:
    """End a token at once."""
    token = ApiToken.objects.filter(pk=key).first()
    if token is None:
        raise Http404
    tokens.revoke(token, actor=request.actor)  # type: ignore[attr-defined]  # set by the middleware
    messages.success(request, _("The token “%(name)s” works no longer") % {"name": token.name})
    return HttpResponseRedirect("/settings/tokens", status=303)


def _answer(request: HttpRequest, form: TokenForm, status: int, secret: str = "") -> HttpResponse:
    rows = ApiToken.objects.select_related("owner", "organisation").order_by("revoked_at", "-pk")
    context = frame(request) | {"form": form, "tokens": list(rows), "secret": secret, "moment": clock.now()}
    return render(request, "people/tokens.html", context, status=status, using="jinja2")
