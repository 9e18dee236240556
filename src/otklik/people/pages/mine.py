"""My settings: language, time zone, theme, letter keys, password, second factor."""

from __future__ import annotations

import io
from typing import Any

import qrcode
import qrcode.image.svg
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from otklik import clock
from otklik.people import limits, mailed, roster, secondfactor, signin
from otklik.people.doors import own_path
from otklik.people.forms.coming import CodeForm, NewPasswordForm
from otklik.people.forms.mine import MineForm
from otklik.people.models import Person

DRAFT = "second_factor_draft"  # session key of a secret whose owner has not yet proved to hold it
NAMES = ("language", "timezone", "theme", "phone", "letter_keys")


def _me(request: HttpRequest) -> Person:
    person = request.person  # type: ignore[attr-defined]  # set by the middleware
    assert isinstance(person, Person)
    return person


def _page(request: HttpRequest, template: str, status: int = 200, **context: Any) -> HttpResponse:
    person = _me(request)
    context |= {"me": request.me, "person": person, "staff": request.rights.staff}  # type: ignore[attr-defined]  # middleware
    context |= {"factor": secondfactor.on(person), "codes_left": secondfactor.codes_left(person)}
    return render(request, f"people/{template}.html", context, status=status, using="jinja2")


@require_http_methods(["GET", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    """What a person settles for oneself."""
    person = _me(request)
    form = MineForm(request.POST or None, initial={name: getattr(person, name) for name in NAMES})
    if not form.is_valid():
        return _page(request, "mine", 422 if form.is_bound else 200, form=form)
    roster.choose(person, actor=request.actor, **form.cleaned_data)  # type: ignore[attr-defined]  # set by the middleware
    messages.success(request, _("Your settings are saved"))
    return HttpResponseRedirect("/me", status=303)


@sensitive_post_parameters("current", "password")
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password; every other session of the person is over."""
    person = _me(request)
    try:
        attempt = limits.count(limits.caller_of(request, f"own:{person.pk}")) if request.method == "POST" else None
    except limits.TooMany:
        return _page(request, "mine_password", 429, form=NewPasswordForm(person=person), slow=True)
    form = NewPasswordForm(request.POST or None, person=person)
    if not form.is_valid():
        return _page(request, "mine_password", 422 if form.is_bound else 200, form=form, slow=False)
    if attempt is not None:
        limits.forgive(attempt)
    mailed.set_password(person, form.cleaned_data["password"], how="own")
    update_session_auth_hash(request, person)
    messages.success(request, _("The password is changed. Other devices are signed out"))
    return HttpResponseRedirect("/me", status=303)


@require_http_methods(["GET", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Turn the second factor on: the secret as a picture and as text, then a code that proves the app holds it."""
    person = _me(request)
    if secondfactor.on(person):
        return _page(request, "mine_factor", form=None, draft=None, codes=[])
    draft = secondfactor.draft(person, request.session.get(DRAFT, ""))
    request.session[DRAFT] = draft.secret
    form = CodeForm(request.POST or None)
    if not form.is_valid():
        return _page(request, "mine_factor", 422 if form.is_bound else 200, form=form, draft=draft, codes=[])
    codes = secondfactor.turn_on(person, draft.secret, form.cleaned_data["code"].replace(" ", ""))
    if codes is None:
        form.add_error("code", _("This code does not fit. Check that the phone's clock is right"))
        return _page(request, "mine_factor", 422, form=form, draft=draft, codes=[])
    request.session.pop(DRAFT, None)
    request.session.cycle_key()
    request.session["second_factor"] = clock.now().isoformat()
    return _page(request, "mine_factor", form=None, draft=None, codes=codes)


@require_GET
def picture(request: HttpRequest) -> HttpResponse:
    """The secret as a QR code, while the second factor is being turned on."""
    secret = request.session.get(DRAFT, "")
    if not secret:
        return HttpResponse(status=404)
    image = qrcode.make(
        secondfactor.draft(_me(request), secret).address, image_factory=qrcode.image.svg.SvgPathFillImage, box_size=8
    )
    drawn = io.BytesIO()
    image.save(drawn)
    return HttpResponse(drawn.getvalue(), content_type="image/svg+xml")


@require_http_methods(["GET", "POST"])
def again(request: HttpRequest) -> HttpResponse:
    """Show the second factor once more, before something that asks for a fresh one."""
    person, form = _me(request), CodeForm(request.POST or None)
    target = own_path(request.GET.get("next", ""), "/me")
    if not form.is_valid():
        return _page(request, "mine_again", 422 if form.is_bound else 200, form=form)
    try:
        attempt = limits.count(limits.caller_of(request, f"code:{person.pk}"))
    except limits.TooMany:
        form.add_error("code", _("Too many attempts. Try again in 15 minutes"))
        return _page(request, "mine_again", 429, form=form)
    if secondfactor.accept(person, form.cleaned_data["code"]) is None:
        form.add_error("code", _("This code does not fit, or was used. Wait for the next one"))
        return _page(request, "mine_again", 422, form=form)
    limits.forgive(attempt)
    request.session["second_factor"] = clock.now().isoformat()
    return HttpResponseRedirect(target, status=303)


@require_POST
def second_factor_off(request: HttpRequest) -> HttpResponse:
    """Turn it off; asks for a fresh code first."""
    if answer := _stale(request):
        return answer
    secondfactor.turn_off(_me(request))
    messages.success(request, _("The second factor is off"))
    return HttpResponseRedirect("/me", status=303)


@require_POST
def new_codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes; the old ones hold no longer."""
    if answer := _stale(request):
        return answer
    if not secondfactor.on(_me(request)):
        return HttpResponseRedirect("/me/second-factor", status=303)
    return _page(request, "mine_factor", form=None, draft=None, codes=secondfactor.renew_codes(_me(request)))


def _stale(request: HttpRequest) -> HttpResponse | None:
    if signin.fresh(request):
        return None
    return HttpResponseRedirect("/me/second-factor/again?next=/me/second-factor", status=303)
