"""The mail trap: every letter that would have gone out, as its reader sees it; answers go through the real intake."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from otklik.channels import intake
from otklik.channels.email import inbound
from otklik.ops.demo import letters, telling
from otklik.ops.demo.pages import only_in_demo
from otklik.outbox import sender
from otklik.outbox.models import Delivery
from otklik.people.doors import public
from otklik.people.models import Person

SHOWN = 100  # letters in the list
VIEWS = ("seen", "text", "headers")
LONGEST = 20_000  # characters of an answer
BODY_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'self'"
)


@public
@only_in_demo
@require_GET
def mail(request: HttpRequest) -> HttpResponse:
    """The list of trapped letters with one of them opened; asked again every few seconds, only the list is answered."""
    trapped = list(Delivery.objects.trapped()[:SHOWN])
    wanted = request.GET.get("letter", "")
    opened = next((one for one in trapped if str(one.pk) == wanted), None)
    if wanted.isdigit() and opened is None:
        opened = Delivery.objects.trapped().filter(pk=wanted).first()
    view = request.GET.get("view", "seen")
    shown = opened or (trapped[0] if trapped else None)
    context = {
        "letters": trapped,
        "opened": shown,
        "chosen": opened is not None,
        "view": view if view in VIEWS else "seen",
        "sender": sender.current(),
        "headers": letters.headers_of(shown) if shown else "",
    }
    template = "ops/_demo_letters.html" if request.headers.get("HX-Request") else "ops/demo_mail.html"
    return render(request, template, context, using="jinja2")


@public
@only_in_demo
@require_GET
def body(request: HttpRequest, key: int) -> HttpResponse:
    """The formatted text of a letter, for a sandboxed frame and nothing else."""
    letter = get_object_or_404(Delivery.objects.trapped(), pk=key)
    response = HttpResponse(letter.html)
    response["Content-Security-Policy"] = BODY_POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    response.xframe_options_exempt = True
    response["Referrer-Policy"] = "no-referrer"
    return response


@public
@only_in_demo
@require_POST
def answer(request: HttpRequest, key: int) -> HttpResponse:
    """Answer a letter as the person it went to: a real mail, through the real intake."""
    letter = get_object_or_404(Delivery.objects.trapped(), pk=key)
    text = request.POST.get("text", "").strip()[:LONGEST]
    if not telling.is_here():
        raise Http404
    if text:
        _post(letters.answer_to(letter, text))
        _tell(request, _("Sent. The desk reads it in a few seconds."))
    return HttpResponseRedirect(f"{reverse('demo-mail')}?letter={letter.pk}", status=303)


@public
@only_in_demo
@require_http_methods(["GET", "POST"])
def write(request: HttpRequest) -> HttpResponse:
    """Write to support as one of the requesters."""
    if not telling.is_here():
        raise Http404
    people = Person.objects.filter(email__isnull=False, memberships=None, is_active=True).order_by("name")
    said = {name: request.POST.get(name, "").strip() for name in ("who", "subject", "text")}
    author = people.filter(pk=said["who"]).first() if said["who"].isdigit() else None
    if request.method == "POST" and author and said["text"]:
        _post(letters.first_letter(author, said["subject"][:200], said["text"][:LONGEST]))
        _tell(request, _("Sent. The desk reads it in a few seconds."))
        return HttpResponseRedirect(reverse("demo-mail"), status=303)
    context = {"people": people, "said": said, "mailbox": letters.mailbox_address()}
    status = 422 if request.method == "POST" else 200
    return render(request, "ops/demo_write.html", context, status=status, using="jinja2")


def _post(raw: bytes) -> None:
    inbound.receive(raw, mailbox=intake.pipe_mailbox())


def _tell(request: HttpRequest, words: str) -> None:
    from django.contrib import messages

    messages.success(request, words)
