"""Settings of routing: rules with a preview on real tickets before they are published, and the weights."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from otklik.journal import config
from otklik.journal.record import Actor
from otklik.people.doors import needs
from otklik.people.expertise import Skill
from otklik.people.pages.configured import Topic, page_of
from otklik.routing import policy, ruling, wording
from otklik.routing.choice import COMPONENTS
from otklik.routing.pages.acts import viewer
from otklik.routing.pages.forms import RulesForm, WeightsForm, from_fields, to_fields
from otklik.ui.sidebar import add_page, frame

ACT = "settings.routing"
KEPT = 20  # versions that are shown


@needs(ACT)
@require_http_methods(["GET", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    """The rules in their order; nothing is published before its effect on the newest tickets was seen."""
    force = config.current(policy.RULES_NAME)
    form = RulesForm(request.POST or None, force.data)
    if not form.is_bound:
        return _page(request, form, None, 200)
    if not form.is_valid():
        return _page(request, form, None, 422)
    draft = form.stored()
    preview = ruling.preview(draft, viewer(request))
    if "publish" not in request.POST:
        return _page(request, form, preview, 200)
    note = request.POST.get("note", "").strip()[:300]
    version = config.publish(policy.RULES_NAME, draft, actor=request.actor, note=note)  # type: ignore[attr-defined]  # set by the middleware
    messages.success(request, _("Version %(number)s is published.") % {"number": version.version})
    return HttpResponseRedirect(reverse("routing:rules"), status=303)


def _page(request: HttpRequest, form: RulesForm, preview: ruling.Preview | None, status: int) -> HttpResponse:
    context: dict[str, Any] = frame(request) | {
        "form": form,
        "preview": preview,
        "refused": status == 422,
        "skills": Skill.objects.filter(is_active=True).order_by("code"),
        "versions": config.versions(policy.RULES_NAME)[:KEPT],
    }
    return render(request, "routing/rules.html", context, status=status, using="jinja2")


def _publish(data: dict[str, Any], actor: Actor) -> None:
    config.publish(policy.WEIGHTS_NAME, from_fields(data), actor=actor)


def _line() -> str:
    data = config.current(policy.WEIGHTS_NAME).data
    return " · ".join(f"{wording.component(name)} {data[name]}" for name in COMPONENTS)


def _labels() -> dict[str, Any]:
    more = {"points": _("Points"), "relax_after": _("Limits are loosened after, seconds")}
    return dict(wording.components()) | more


def _show(key: str, value: Any) -> str:
    return ", ".join(f"{name} {one}" for name, one in value.items()) if isinstance(value, dict) else str(value)


WEIGHTS = page_of(
    "weights",
    gettext_lazy("How people are chosen"),
    [
        Topic(
            key="weights",
            title=gettext_lazy("Weights and points"),
            line=_line,
            config=policy.WEIGHTS_NAME,
            form=lambda data, initial: WeightsForm(data, initial=initial),
            labels=_labels,
            initial=to_fields,
            publish=_publish,
            show=_show,
        )
    ],
    act=ACT,
    namespace="routing",
)
add_page("promises", gettext_lazy("Rules of assignment"), "split", "routing:rules", ACT, 50)
add_page("promises", gettext_lazy("How people are chosen"), "scale", "routing:weights", ACT, 51)
