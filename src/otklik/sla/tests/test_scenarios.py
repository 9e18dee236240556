"""The SLA scenarios of another desk, from the data folder beside the project."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from otklik.businesstime import Calendar
from otklik.sla.history import Binding, History, Pause
from otklik.sla.targets import Reading, read

ROOT = Path(__file__).resolve().parents[4]
PLACES = [folder / "shared/data/D_vectors.json" for folder in ROOT.parents]
FILE = next((place for place in PLACES if place.is_file()), PLACES[0])
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def scenarios() -> list[dict[str, Any]]:
    if not FILE.is_file():
        pytest.skip(f"the scenarios are not here: {FILE}", allow_module_level=True)
    return list(json.loads(FILE.read_text())["sla_scenarios"])


def reading_of(scenario: dict[str, Any], metric: str, stops: set[str]) -> Reading:
    """The scenario's events as a history: the state pending rests every metric, as that desk had it."""
    *days, hours = scenario["hours"].replace(" daily", "").split()
    names = NAMES[:5] if days == ["mon-fri"] else NAMES
    calendar = Calendar.from_schedule({"tz": scenario["tz"], "hours": {name: [hours.split("-")] for name in names}})
    events = [(datetime.fromisoformat(at), kind, detail) for at, kind, detail in scenario["events"]]
    # That desk counts its update from the last contact, and has no first response among the contacts.
    contacts = [at for at, kind, _ in events if kind == "agent_contact"] if metric == "update" else []
    anchor, stop = [events[0][0], *contacts][-1], next((at for at, kind, _ in events if kind in stops), None)
    pauses: list[Pause] = []
    for number, (at, kind, state) in enumerate(events):
        if kind in {"created", "state"} and "pending" in state:
            ended = next((later for later, deed, _ in events[number + 1 :] if deed in {"state", "closed"}), None)
            pauses.append(Pause(at, ended))
    target = scenario["sla_min"][metric] * 60
    now = events[-1][0]
    return read(History(anchor, (Binding(anchor, target, calendar),), stop=stop, pauses=tuple(pauses)), now)


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario["id"])
def test_dues_and_used_minutes_are_those_of_the_scenario(scenario: dict[str, Any]) -> None:
    expected = scenario["expected"]
    stops = {"first_response": {"first_response"}, "update": {"nothing"}, "solution": {"closed"}}
    for metric, ended_by in stops.items():
        reading = reading_of(scenario, metric, ended_by)
        if due := expected.get(f"{metric}_due"):
            assert reading.due_at == datetime.fromisoformat(due), metric
        if (used := expected.get(f"{metric}_used_min")) is not None:
            assert reading.elapsed == used * 60, metric
        if (left := expected.get(f"{metric}_left_min")) is not None:
            assert reading.remaining == left * 60, metric
            assert reading.contract == ("met" if left >= 0 else "breached")
