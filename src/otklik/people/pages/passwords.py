"""Forgotten passwords, invitations and the first administrator."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from otklik.people import limits, mailed, roster, secondfactor, setup, signin
from otklik.people.doors import public
from otklik.people.forms.coming import AskLinkForm, FirstAdministratorForm, NewPasswordForm
from otklik.people.pages.coming import show


@public
@require_http_methods(["GET", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Ask for a link by mail; the answer is the same for every address."""
    form = AskLinkForm(request.POST or None)
    if not form.is_valid():
        return show(request, "forgotten", 422 if form.is_bound else 200, form=form, sent="")
    email = form.cleaned_data["email"]
    try:
        limits.count(limits.caller_of(request, f"reset:{email}"))
    except limits.TooMany:
        form.add_error("email", _("Too many letters were asked for. Try again in 15 minutes"))
        return show(request, "forgotten", 429, form=form, sent="")
    mailed.ask_reset(email)
    return show(request, "forgotten", form=form, sent=email)


@public
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def by_link(request: HttpRequest, secret: str, purpose: str) -> HttpResponse:
    """Set a password by a mailed link. Opening it changes nothing; it is used up by the password."""
    link = mailed.holder(secret, purpose)
    if link is None:
        return show(request, "link_ended", 410, purpose=purpose)
    form = NewPasswordForm(request.POST or None, person=link.person, ask_current=False)
    if not form.is_valid():
        return show(
            request, "new_password", 422 if form.is_bound else 200, form=form, person=link.person, purpose=purpose
        )
    person = mailed.use(link, form.cleaned_data["password"])
    if person is None:
        return show(request, "link_ended", 410, purpose=purpose)
    if secondfactor.on(person):
        messages.success(request, _("The new password is set. Sign in with it"))
        return HttpResponseRedirect("/sign-in", status=303)
    signin.enter(request, person, how="link")
    response = HttpResponseRedirect("/", status=303)
    limits.remember_browser(request, response, person)
    return response


@public
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def first_administrator(request: HttpRequest) -> HttpResponse:
    """Name the first administrator; open from this machine, or with the printed code, and never again."""
    if not setup.open_now():
        raise Http404
    here = setup.is_here(request)
    form = FirstAdministratorForm(request.POST or None, ask_code=not here, initial={"language": "ru"})
    if not form.is_valid():
        return show(request, "setup", 422 if form.is_bound else 200, form=form)
    values = dict(form.cleaned_data)
    try:
        if not here and not setup.knows_code(request, values.pop("code")):
            form.add_error("code", _("This is not the code. It was printed where Otklik was started"))
            return show(request, "setup", 422, form=form)
        person = setup.name_administrator(**values)
    except limits.TooMany:
        form.add_error("code", _("Too many attempts. Try again in 15 minutes"))
        return show(request, "setup", 429, form=form)
    except roster.Refused as refusal:
        form.add_error(None, refusal.texts[0])
        return show(request, "setup", 409, form=form)
    signin.enter(request, person, how="setup")
    return HttpResponseRedirect("/settings/start", status=303)
