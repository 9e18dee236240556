"""Signing in and out."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from otklik.people import limits, setup, signin, standing
from otklik.people.doors import own_path, public
from otklik.people.forms.coming import CodeForm, SignInForm


def show(request: HttpRequest, template: str, status: int = 200, **context: Any) -> HttpResponse:
    """A page of the gate, with the desk's name and phone."""
    desk = standing.desk()
    context |= {"company": desk.name, "help_phone": desk.phone or None}
    return render(request, f"people/{template}.html", context, status=status, using="jinja2")


@public
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Address and password; then on to where the person was going."""
    target = own_path(request.POST.get("next") or request.GET.get("next", ""))
    if request.user.is_authenticated and request.method == "GET":
        return HttpResponseRedirect(target)
    if request.method == "GET" and setup.open_now():
        return HttpResponseRedirect("/setup")
    form = SignInForm(request.POST or None)
    if not form.is_valid():
        return show(request, "sign_in", 422 if form.is_bound else 200, form=form, next=target)
    outcome = signin.by_password(request, form.cleaned_data["email"], form.cleaned_data["password"])
    if outcome.word == "code":
        request.session["next"] = target
        return HttpResponseRedirect("/sign-in/code", status=303)
    if outcome.word == "in" and outcome.person is not None:
        response = HttpResponseRedirect(target, status=303)
        limits.remember_browser(request, response, outcome.person)
        return response
    if outcome.word == "limit":
        return _slow_down(request, form, "sign_in", target)
    form.add_error("password", _("This address and password do not fit. Check the keyboard layout and Caps Lock"))
    return show(request, "sign_in", 422, form=form, next=target)


@public
@require_http_methods(["GET", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """The code of the authenticator, after the password."""
    person = signin.awaited(request)
    if person is None:
        return HttpResponseRedirect("/sign-in")
    form = CodeForm(request.POST or None)
    if not form.is_valid():
        return show(request, "code", 422 if form.is_bound else 200, form=form)
    target = own_path(request.session.get("next", ""))
    outcome = signin.by_code(request, person, form.cleaned_data["code"])
    if outcome.word == "in":
        response = HttpResponseRedirect(target, status=303)
        limits.remember_browser(request, response, person)
        return response
    if outcome.word == "limit":
        return _slow_down(request, form, "code", target)
    form.add_error("code", _("This code does not fit, or was used. Wait for the next one"))
    return show(request, "code", 422, form=form)


@public
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Leave."""
    signin.leave(request)
    return HttpResponseRedirect("/sign-in", status=303)


def _slow_down(request: HttpRequest, form: Any, template: str, target: str) -> HttpResponse:
    minutes = int(limits.WINDOW.total_seconds() // 60)
    text = _("Too many attempts. Try again in %(minutes)d minutes, or let us mail you a link for a new password")
    form.add_error(None, text % {"minutes": minutes})
    response = show(request, template, 429, form=form, next=target)
    response.headers["Retry-After"] = str(minutes * 60)
    return response
