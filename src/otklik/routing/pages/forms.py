"""Forms of rules and weights: one row per rule in its order, skills as a short text."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik.catalogue.models import Service
from otklik.people.expertise import Skill
from otklik.people.forms.strict import OUTSIDE, StrictForm
from otklik.people.models import Organisation, Place, Team
from otklik.routing.choice import COMPONENTS
from otklik.tickets.models import Ticket
from otklik.tickets.priority import PRIORITIES

SPARE = 1  # empty rows at the end
MOST = 60  # rules
ASKED = re.compile(r"^(?P<code>[\w-]+)\s+(?P<level>[1-5])(?P<preferred>\?)?$")
TYPES = [
    ("incident", gettext_lazy("incident")),
    ("service_request", gettext_lazy("service request")),
    ("question", gettext_lazy("question")),
]
CHANNELS = {
    "portal": gettext_lazy("portal"),
    "email": gettext_lazy("mail"),
    "phone": gettext_lazy("phone"),
    "walk_in": gettext_lazy("in person"),
    "chat": gettext_lazy("chat"),
    "api": gettext_lazy("API"),
    "monitor": gettext_lazy("monitoring"),
}


class SkillsField(forms.CharField):
    """Skills as ``network 3, wifi 2?``: the code, the level, a question mark where it is only preferred."""

    def __init__(self, **values: Any) -> None:
        super().__init__(required=False, max_length=400, **values)

    def clean(self, value: Any) -> list[dict[str, Any]]:
        """[{"skill", "level", "required"}]."""
        text = super().clean(value)
        known = set(Skill.objects.filter(is_active=True).values_list("code", flat=True))
        found: list[dict[str, Any]] = []
        for part in [one.strip() for one in text.split(",") if one.strip()]:
            match = ASKED.match(part)
            if match is None:
                raise forms.ValidationError(_("Write it as network 3, wifi 2?: code, level, “?” where only preferred."))
            if match["code"] not in known:
                raise forms.ValidationError(_("There is no skill “%(code)s”.") % {"code": match["code"]})
            if any(one["skill"] == match["code"] for one in found):
                raise forms.ValidationError(_("“%(code)s” stands twice.") % {"code": match["code"]})
            asked = {"skill": match["code"], "level": int(match["level"]), "required": not match["preferred"]}
            found.append(asked)
        return found


def written(skills: list[dict[str, Any]]) -> str:
    """Asked skills as the field shows them."""
    return ", ".join(f"{one['skill']} {one['level']}{'' if one.get('required', True) else '?'}" for one in skills)


class RuleForm(forms.Form):
    """One rule; a row without a team is no rule."""

    position = forms.IntegerField(label=gettext_lazy("Order"), min_value=1, max_value=999, required=False)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80, required=False)
    team = forms.ModelChoiceField(Team.objects.none(), label=gettext_lazy("Team"), required=False)
    services = forms.ModelMultipleChoiceField(Service.objects.none(), label=gettext_lazy("Services"), required=False)
    types = forms.MultipleChoiceField(label=gettext_lazy("Types"), choices=TYPES, required=False)
    organisations = forms.ModelMultipleChoiceField(
        Organisation.objects.none(), label=gettext_lazy("Organisations"), required=False
    )
    places = forms.ModelMultipleChoiceField(Place.objects.none(), label=gettext_lazy("Places"), required=False)
    channels = forms.MultipleChoiceField(
        label=gettext_lazy("Channels"), choices=[(one, CHANNELS[one]) for one in Ticket.CHANNELS], required=False
    )
    alert = forms.CharField(label=gettext_lazy("Alert key begins with"), max_length=80, required=False)
    skills = SkillsField(label=gettext_lazy("Skills"))

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        for name, model in (("team", Team), ("services", Service), ("organisations", Organisation), ("places", Place)):
            field: Any = self.fields[name]
            field.queryset = model.objects.filter(is_active=True)

    def clean(self) -> dict[str, Any]:
        """A rule with conditions names its team and itself."""
        cleaned = super().clean() or {}
        said = any(cleaned.get(name) for name in ("name", "services", "types", "organisations", "places", "channels"))
        if not cleaned.get("team") and (said or cleaned.get("alert") or cleaned.get("skills")):
            self.add_error("team", _("Name the team, or empty the row to drop the rule."))
        if cleaned.get("team") and not cleaned.get("name"):
            self.add_error("name", _("Give the rule a name: it stands in the reasons."))
        return cleaned

    def stored(self) -> dict[str, Any] | None:
        """The rule as it is kept; None for an empty row."""
        data = self.cleaned_data
        if not data.get("team"):
            return None
        sets = {name: sorted(one.pk for one in data[name]) for name in ("services", "organisations", "places")}
        return {
            "name": data["name"],
            "team": data["team"].pk,
            "types": data["types"],
            "channels": data["channels"],
            "alert": data["alert"],
            "skills": data["skills"],
            **sets,
        }


class RulesForm:
    """The whole page: rules in order, and what skills each service asks. Fields that it does not know are refused."""

    def __init__(self, data: Any, stored: dict[str, Any]) -> None:
        rules = stored["rules"]
        count = int(data.get("count", "0")) if data and str(data.get("count", "")).isdigit() else len(rules) + SPARE
        self.rows = [
            RuleForm(data or None, prefix=f"r{place}", initial=self._initial(rules, place))
            for place in range(min(count, MOST))
        ]
        self.services = [
            (
                service,
                _ServiceForm(
                    data or None,
                    prefix=f"s{service.pk}",
                    initial={"skills": written(stored["services"].get(str(service.pk), []))},
                ),
            )
            for service in Service.objects.filter(is_active=True)
        ]
        self.data, self.is_bound = data, bool(data)

    @staticmethod
    def _initial(rules: list[dict[str, Any]], place: int) -> dict[str, Any]:
        if place >= len(rules):
            return {"position": place + 1}
        return rules[place] | {"position": place + 1, "skills": written(rules[place].get("skills", []))}

    def is_valid(self) -> bool:
        """Every row is right, and nothing strange was sent."""
        forms_ = [*self.rows, *(form for _service, form in self.services)]
        known = {form.add_prefix(name) for form in forms_ for name in form.fields} | OUTSIDE
        known |= {"count", "preview", "publish", "note"}
        if self.is_bound and set(self.data) - known:
            return False
        valid = [form.is_valid() for form in forms_]  # each of them, so that every error shows at once
        return self.is_bound and all(valid)

    def stored(self) -> dict[str, Any]:
        """Rules and asked skills as they are kept; an unnamed position goes to the end."""
        rows = [(row.cleaned_data.get("position") or 999, place, row.stored()) for place, row in enumerate(self.rows)]
        rules = [rule for _position, _place, rule in sorted(rows, key=lambda one: one[:2]) if rule is not None]
        asked = {str(service.pk): form.cleaned_data["skills"] for service, form in self.services}
        return {"rules": rules, "services": {key: skills for key, skills in asked.items() if skills}}


class _ServiceForm(forms.Form):
    skills = SkillsField(label=gettext_lazy("Skills"))


class WeightsForm(StrictForm):
    """Weights of the five components, points of the priorities, minutes until relaxation."""

    skill = forms.IntegerField(label=gettext_lazy("Skill"), min_value=0, max_value=1000)
    load = forms.IntegerField(label=gettext_lazy("Load"), min_value=0, max_value=1000)
    continuity = forms.IntegerField(label=gettext_lazy("Knows the requester"), min_value=0, max_value=1000)
    fairness = forms.IntegerField(label=gettext_lazy("Fair share"), min_value=0, max_value=1000)
    time = forms.IntegerField(label=gettext_lazy("Time of the shift"), min_value=0, max_value=1000)

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        for name in PRIORITIES:
            label = _("Points of a ticket of priority %(number)s") % {"number": name[1]}
            self.fields[f"points_{name}"] = forms.IntegerField(label=label, min_value=1, max_value=40)
        for name in PRIORITIES:
            label = _("Priority %(number)s: limits are loosened after, minutes") % {"number": name[1]}
            self.fields[f"relax_{name}"] = forms.IntegerField(label=label, min_value=0, max_value=10_000)

    def clean(self) -> dict[str, Any]:
        """The weights are thousandths of one whole."""
        cleaned = super().clean()
        if all(name in cleaned for name in COMPONENTS) and sum(cleaned[name] for name in COMPONENTS) != 1000:
            total = sum(cleaned[name] for name in COMPONENTS)
            self.add_error(
                "skill", _("The five weights make %(total)s together; they must make 1000.") % {"total": total}
            )
        return cleaned


def to_fields(data: dict[str, Any]) -> dict[str, Any]:
    """Stored weights as the form's values."""
    kept = {name: data[name] for name in COMPONENTS}
    kept |= {f"points_{name}": value for name, value in data["points"].items()}
    return kept | {f"relax_{name}": value // 60 for name, value in data["relax_after"].items()}


def from_fields(data: dict[str, Any]) -> dict[str, Any]:
    """The form's values as they are stored."""
    return {name: data[name] for name in COMPONENTS} | {
        "points": {name: data[f"points_{name}"] for name in PRIORITIES},
        "relax_after": {name: data[f"relax_{name}"] * 60 for name in PRIORITIES},
    }
