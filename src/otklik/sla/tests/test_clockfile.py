"""Clocks as JSON: the promised form in, the promised figures out, and what is refused."""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path
from typing import Any

import pytest

from otklik.businesstime import Calendar
from otklik.sla import cli, clockfile
from otklik.sla.clockfile import ClockFileError

RU = {
    "tz": "Europe/Moscow",
    "hours": {day: [["09:00", "13:00"], ["14:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
}
CLOCK: dict[str, Any] = {
    "anchor": "2026-11-23T09:30:00+03:00",
    "stop": "2026-11-25T16:00:00+03:00",
    "bindings": [{"at": "2026-11-23T09:30:00+03:00", "target": 28800, "mode": "from_start", "calendar": RU}],
    "pauses": [["2026-11-23T11:00:00+03:00", "2026-11-25T10:15:00+03:00"]],
    "resolved": [],
}


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    cli.add_parsers(parser.add_subparsers())
    asked = parser.parse_args(["sla", *arguments])
    return int(asked.run(asked))


def test_a_clock_gives_exactly_the_promised_figures() -> None:
    assert clockfile.clock([CLOCK]) == [
        {
            "elapsed": 22500,
            "due_at": "2026-11-25T14:45:00+00:00",
            "breach_at": "2026-11-25T14:45:00+00:00",
            "outcome": "met",
            "breach_cause": None,
        }
    ]


def test_now_ends_a_running_clock_and_an_open_pause() -> None:
    running = CLOCK | {
        "stop": None,
        "pauses": [["2026-11-23T11:00:00+03:00", None]],
        "now": "2026-11-24T10:30:00+03:00",
    }
    (answer,) = clockfile.clock([running], explain=True)
    assert (answer["elapsed"], answer["outcome"], answer["state"]) == (5400, None, "paused")
    assert sum(segment["amount"] for segment in answer["segments"]) == 5400


def test_a_return_that_starts_anew_shows_its_instances() -> None:
    back = CLOCK | {
        "pauses": [],
        "resolved": [["2026-11-23T15:00:00+03:00", "2026-11-25T10:00:00+03:00"]],
        "reopen": "restart",
    }
    (answer,) = clockfile.clock([back], explain=True)
    assert [instance["elapsed"] for instance in answer["instances"]] == [16200, 18000]
    assert answer["elapsed"] == 18000


@pytest.mark.parametrize(
    "wrong",
    [
        {"anchor": "yesterday"},
        {"anchor": "2026-11-23T09:30:00"},
        {"bindings": []},
        {"bindings": [{"at": None, "target": 0, "calendar": RU}]},
        {"bindings": [{"at": None, "target": 60, "calendar": {"tz": "Nowhere"}}]},
        {"bindings": [{"at": None, "target": 60, "mode": "sideways", "calendar": RU}]},
        {"pauses": [["2026-11-23T11:00:00+03:00"]]},
        {"reopen": "perhaps"},
    ],
)
def test_what_cannot_be_read_is_refused_with_the_number_of_the_clock(wrong: dict[str, Any]) -> None:
    with pytest.raises(ClockFileError, match=r"^\[1\]: "):
        clockfile.clock([CLOCK, CLOCK | wrong])


def test_amounts_are_hours_or_working_days_and_never_both() -> None:
    assert [clockfile.amount(text) for text in ("90", "4h", "1h30m", "3bd")] == [
        (90, "seconds"),
        (14400, "seconds"),
        (5400, "seconds"),
        (3, "bd"),
    ]
    for wrong in ("", "4 fortnights", "1d", "1bd2h"):
        with pytest.raises(ClockFileError):
            clockfile.amount(wrong)


def test_due_and_elapsed_read_local_time_in_the_zone_of_the_calendar() -> None:
    calendar = Calendar.from_schedule(RU)
    assert clockfile.due(calendar, "2026-11-24T10:00", "4h") == {
        "due_at": "2026-11-24T12:00:00+00:00",
        "breach_at": "2026-11-24T12:00:00+00:00",
    }
    assert clockfile.due(calendar, "2026-11-25T11:00", "3bd")["due_at"] == "2026-11-30T15:00:00+00:00"
    assert clockfile.due(calendar, "2026-11-25T11:00", "9999h") == {"due_at": None, "breach_at": None}
    assert clockfile.elapsed(calendar, "2026-11-24T10:00", "2026-11-24T18:00+03:00") == {"elapsed": 7 * 3600}


def test_the_command_prints_json_and_refuses_what_it_cannot_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks, schedule = tmp_path / "clocks.json", tmp_path / "schedule.json"
    clocks.write_text(json.dumps([CLOCK]))
    schedule.write_text(json.dumps(RU))
    assert run("clock", str(clocks), "--json") == 0
    assert json.loads(capsys.readouterr().out) == clockfile.clock([CLOCK])
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps([CLOCK])))
    assert run("clock", "-", "--explain") == 0
    assert "elapsed=22500" in capsys.readouterr().out
    assert run("due", "2026-11-24T10:00", "4h", "--schedule", str(schedule), "--json") == 0
    assert json.loads(capsys.readouterr().out)["due_at"] == "2026-11-24T12:00:00+00:00"
    assert run("elapsed", "2026-11-24T10:00", "2026-11-24T11:00", "--schedule", str(schedule)) == 0
    assert capsys.readouterr().out == "elapsed=3600\n"
    with pytest.raises(FileNotFoundError):  # the house tells a file in words, for every command
        run("clock", str(tmp_path / "missing.json"))
    assert run("due", "2026-11-24T10:00", "soon", "--schedule", str(schedule)) == 2
    assert "soon" in capsys.readouterr().err
