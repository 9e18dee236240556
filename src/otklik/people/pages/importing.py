"""Import of people from a table: choose or paste, see what each row would do, apply; wrong rows stay to correct."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from otklik.people import newcomers, table
from otklik.people.doors import needs
from otklik.people.forms.strict import OUTSIDE, StrictForm
from otklik.ui.sidebar import frame


class TableForm(StrictForm):
    """A file, or its text as it stands in the preview."""

    outside = OUTSIDE | {"apply"}
    file = forms.FileField(
        label=gettext_lazy("File"), required=False, help_text=gettext_lazy("CSV, separated by “;” or “,”")
    )
    text = forms.CharField(
        label=gettext_lazy("Or paste the table"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "First line: headings. Name is needed; e-mail, phone, position, organisation, place, device, language,"
            " team may follow"
        ),
    )


@needs("settings.people")
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Preview a table, and with the button "apply" take its right rows over."""
    form = TableForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"form": form, "plan": None, "result": None}
    status = 200
    if form.is_bound and form.is_valid():
        try:
            text = _text(form.cleaned_data)
            if "apply" in request.POST:
                context["result"] = newcomers.apply(text, actor=request.actor)  # type: ignore[attr-defined]  # middleware
                text = context["result"].rest
            if text:
                context["plan"] = newcomers.plan(text)
            context["form"] = TableForm(initial={"text": text})
        except table.Unreadable as problem:
            form.add_error("file" if form.cleaned_data["file"] else "text", newcomers.say_unreadable(problem))
            status = 422
    elif form.is_bound:
        status = 422
    return render(request, "people/import.html", frame(request) | context, status=status, using="jinja2")


def _text(data: dict[str, Any]) -> str:
    file = data["file"]
    if file is None:
        return str(data["text"])
    if file.size > table.MAX_BYTES:
        raise table.Unreadable("large")
    return table.decoded(file.read())
