"""Taking in another desk's log: histories with the log's own times, once, and nothing lost however often it is cut."""

from __future__ import annotations

import json
import lzma
import os
import signal
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from conftest import DATA_BESIDE, ROOT
from otklik.jobs.models import QueuedJob
from otklik.journal.models import Entry
from otklik.ops import cli
from otklik.ops.importers import manifest, mapping, reading, steps
from otklik.ops.importers.mapping import MappingError
from otklik.ops.importers.taking import Report, take
from otklik.ops.models import ImportedCase
from otklik.ops.tests.processes import command
from otklik.outbox.models import Notice
from otklik.people.models import Membership, Person
from otklik.sla import shipped
from otklik.sla.models import SlaClock
from otklik.sla.verify import verify
from otklik.tickets import desk
from otklik.tickets.models import Ticket
from tests.database import renew

DATA = next((folder / "shared" / "data" for folder in ROOT.parents if (folder / "shared" / "data").is_dir()), ROOT)
LOG = DATA / "B_itsm_logs" / "uci498_incident_event_log.compact.csv.xz"
RUSSIAN = DATA / "C_ticket_texts" / "ru_itsm_tickets_6344.csv.xz"
SOURCE = "servicenow-incidents"
beside = pytest.mark.skipif(not DATA_BESIDE, reason="../shared/data is not here")

HEAD = (
    "number,incident_state,caller_id,opened_at,sys_updated_by,sys_updated_at,contact_type,location,category,"
    "subcategory,impact,urgency,priority,assignment_group,assigned_to"
)
LINES = [
    "INC1,New,C1,29/2/2016 01:16,U1,29/2/2016 01:23,Email,L1,Mail,Spam,2,2,3,G1,?",
    "INC2,New,C2,29/2/2016 02:00,U1,29/2/2016 02:00,Phone,L1,Mail,Spam,2,2,3,G1,?",
    "INC1,Active,C1,29/2/2016 01:16,U2,29/2/2016 08:53,Email,L1,Mail,Spam,2,2,3,G2,R1",
    "INC1,Awaiting User Info,C1,29/2/2016 01:16,U2,29/2/2016 09:10,Email,L1,Mail,Spam,1,1,1,G2,R1",
    "INC1,Resolved,C1,29/2/2016 01:16,U2,1/3/2016 09:00,Email,L1,Mail,Spam,1,1,1,G2,R1",
    "INC1,Awaiting User Info,C1,29/2/2016 01:16,U2,1/3/2016 10:00,Email,L1,Mail,Spam,1,1,1,G2,R1",
    "INC1,Closed,C1,29/2/2016 01:16,U2,5/3/2016 12:00,Email,L1,Mail,Spam,1,1,1,G2,R1",
    "INC2,Closed,C2,29/2/2016 02:00,U1,29/2/2016 03:00,Phone,L1,Mail,Spam,2,2,3,G1,R2",
]


@pytest.fixture
def agreements(db: None) -> None:
    """The shipped agreements, so that there are clocks."""
    shipped.ensure_defaults("ru")


def quiet(done: int, total: int) -> None:
    """No progress is shown."""


def taken(folder: Path, lines: list[str], name: str = "log.csv") -> Report:
    path = folder / name
    path.write_text("\n".join([HEAD, *lines]) + "\n")
    return take(path, mapping.load(SOURCE), progress=quiet)


def ticket(key: str) -> Ticket:
    found = ImportedCase.objects.get(key=key).ticket
    assert found is not None
    return found


def facts(key: str) -> list[tuple[str, datetime, bool]]:
    rows = Entry.objects.filter(subject_id=str(ticket(key).pk), provenance__source=SOURCE).order_by("seq")
    return [(row.payload.get("to") or row.kind, row.effective_at, row.irregular) for row in rows]


def at(day: int, hour: int, minute: int = 0, month: int = 2) -> datetime:
    return datetime(2016, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.usefixtures("agreements")
def test_a_log_becomes_tickets_with_the_histories_and_the_times_of_the_log(tmp_path: Path) -> None:
    report = taken(tmp_path, LINES)
    assert (report.rows, report.cases, report.imported, report.irregular, report.clean) == (8, 2, 2, 3, True)
    told = [(name, when) for name, when, _ in facts("INC1") if name in {"open", "pending", "resolved", "closed"}]
    assert told == [
        ("open", at(29, 8, 53)),
        ("pending", at(29, 9, 10)),
        ("resolved", at(1, 9, month=3)),
        ("open", at(1, 10, month=3)),  # by way of: what was solved does not wait for an answer
        ("pending", at(1, 10, month=3)),
        ("resolved", at(5, 12, month=3)),
        ("closed", at(5, 12, month=3)),
    ]
    one = ticket("INC1")
    assert (one.subject, one.status, one.priority, one.opened_at) == (
        "INC1: Mail · Spam",
        "closed",
        "P1",
        at(29, 1, 16),
    )
    assert (one.team.name, one.assignee.name, one.requester.name) == ("Group G2", "Resolver R1", "Caller C1")
    assert Membership.objects.get(team=one.team, person=one.assignee).accepts_auto is False
    assert not desk.differences(one) and list(verify()) == []
    resolution = SlaClock.objects.get(ticket=one, metric="resolution")
    assert (resolution.stopped_at, resolution.binding) == (at(5, 12, month=3), 1)


@pytest.mark.usefixtures("agreements")
def test_a_step_that_the_lifecycle_does_not_know_is_marked_and_the_others_are_not(tmp_path: Path) -> None:
    taken(tmp_path, LINES)
    odd = [(name, irregular) for name, _, irregular in facts("INC2") if name in {"resolved", "closed"}]
    assert odd == [("resolved", True), ("closed", True)]
    marks = [irregular for name, when, irregular in facts("INC1") if when < at(1, 10, month=3)]
    assert not any(marks)


def test_an_import_is_silent(agreements: None, tmp_path: Path) -> None:
    before = QueuedJob.objects.count()
    taken(tmp_path, LINES)
    assert not Notice.objects.exists() and QueuedJob.objects.count() == before


@pytest.mark.usefixtures("agreements")
def test_twice_gives_the_same_as_once(tmp_path: Path) -> None:
    taken(tmp_path, LINES)
    once, people = manifest.fingerprint(SOURCE), Person.objects.count()
    again = taken(tmp_path, LINES)
    assert (again.imported, again.before) == (2, 2)
    assert (manifest.fingerprint(SOURCE), Person.objects.count(), Ticket.objects.count()) == (once, people, 2)
    assert list(manifest.findings(SOURCE)) == []


@pytest.mark.usefixtures("agreements")
def test_a_log_that_grew_gives_what_is_new_and_names_what_changed(tmp_path: Path) -> None:
    taken(tmp_path, LINES)
    more = [*LINES, LINES[1].replace("INC2", "INC3"), LINES[-1].replace("03:00", "04:00")]
    report = taken(tmp_path, more, "later.csv")
    assert (report.imported, report.before, report.changed, report.clean) == (3, 2, ["INC2"], False)
    assert ticket("INC2").closed_at == at(29, 3)


@pytest.mark.usefixtures("agreements")
def test_what_cannot_be_read_is_named_with_its_line_and_the_rest_is_taken_in(tmp_path: Path) -> None:
    bad = [
        "INC4,New,C1,31/2/2016 01:16,U1,29/2/2016 01:23,Email,L1,Mail,Spam,2,2,3,G1,?",
        "INC1,-100,C1,29/2/2016 01:16,U2,6/3/2016 12:00,Fax,L1,Mail,Spam,1,1,1,G2,R1",
        "INC1,Closed,C1,29/2/2016 01:16,U2,soon,Email,L1,Mail,Spam,1,1,1,G2,R1",
        "INC5,too short",
        "?,New,C1,29/2/2016 01:16,U1,29/2/2016 01:23,Email,L1,Mail,Spam,2,2,3,G1,?",
    ]
    report = taken(tmp_path, [*LINES, *bad])
    assert (report.imported, report.skipped, report.reasons) == (2, 1, {"no instant of opening": 1})
    assert [(one["line"], one["column"], one["why"]) for one in report.problems] == [
        (10, "opened_at", "no instant"),
        (12, "sys_updated_at", "no instant"),
        (13, "", "2 cells, not 15"),
        (14, "number", "no id"),
    ]
    assert report.unmapped == {"incident_state": {"-100": 1}}
    assert list(manifest.findings(SOURCE)) == []


@pytest.mark.usefixtures("agreements")
def test_manifest_and_tables_that_do_not_agree_are_a_finding(tmp_path: Path) -> None:
    taken(tmp_path, LINES)
    ImportedCase.objects.filter(key="INC2").delete()
    assert {what for what, _ in manifest.findings(SOURCE)} == {
        "a ticket that the manifest does not have",
        "rows of the file that are nowhere",
    }


def test_the_fewest_lawful_steps_are_taken() -> None:
    way = steps.steps("new", "closed")
    assert way == (("T5", "resolved"), ("T7", "closed"))
    assert steps.steps("closed", "pending") == (("T13", "open"), ("T3", "pending"))
    assert steps.steps("cancelled", "resolved", before_cancel="pending") == (("T12", "pending"), ("T5", "resolved"))
    assert steps.steps("open", "new") is None


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("29/03/2026 01:30", datetime(2026, 3, 29, 0, 30, tzinfo=UTC)),
        ("29/03/2026 02:30", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),  # does not exist: the transition
        ("25/10/2026 02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # exists twice: the first
    ],
)
def test_local_times_of_a_log_are_read_by_the_rule(text: str, instant: datetime) -> None:
    told = raw_mapping() | {"file": {"times": ["%d/%m/%Y %H:%M"], "zone": "Europe/Berlin"}}
    assert reading.instant(text, mapping.read(told)) == instant


def raw_mapping() -> dict[str, Any]:
    return {
        "source": "x",
        "file": {"times": ["%Y"]},
        "case": {"id": "a", "opened": "b", "subject": "{a}"},
        "log": {"at": "c", "state": "d"},
        "states": {"New": "new"},
    }


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"states": {"New": "fresh"}}, "fresh"),
        ({"states": {"Wait": "pending"}}, "pending"),
        ({"values": {"impact": {"column": "i", "words": {"1": "9"}}}}, "impact"),
        ({"case": {"id": "a", "opened": "b"}}, "subject"),
        ({"columns": {}}, "columns"),
        ({"log": {}}, "log"),
    ],
)
def test_a_mapping_that_cannot_work_says_where(change: dict[str, Any], word: str) -> None:
    with pytest.raises(MappingError, match=word):
        mapping.read(raw_mapping() | change)


def test_a_column_that_is_not_there_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "log.csv").write_text("a,b\n1,2\n")
    with pytest.raises(MappingError, match="no column number"):
        reading.read(tmp_path / "log.csv", mapping.load(SOURCE))
    assert cli.build().parse_args(["import", "events", "x", "--mapping", "y"]).processes == 1


# -- real logs, real kills ------------------------------------------------------------------------------------------
def started(path: Path, source: str, *more: str) -> subprocess.Popen[bytes]:
    """An import in a session of its own, that is killed with all its processes."""
    words = command("import", "events", str(path), "--mapping", source, "--json", *more)
    return subprocess.Popen(words, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def killed_every(seconds: float, path: Path, source: str, *more: str) -> int:
    """Kill it as often as it takes longer than so many seconds, start it again, and say how often that was."""
    kills = 0
    while True:
        running = started(path, source, *more)
        try:
            said, told = running.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            running.communicate()
            kills += 1
            assert kills < 200
            continue
        assert running.returncode in {0, 1} and json.loads(said)["cases"], told.decode()
        return kills


def clean_run(path: Path, source: str, *more: str) -> str:
    """The fingerprint of an undisturbed import into a fresh database; another fresh one is left, ids count anew."""
    renew()
    shipped.ensure_defaults("ru")
    running = started(path, source, *more)
    _, told = running.communicate(timeout=1200)
    assert running.returncode in {0, 1}, told.decode()
    found = manifest.fingerprint(source)
    renew()
    shipped.ensure_defaults("ru")
    return found


@pytest.mark.django_db(transaction=True)
def test_f05_an_import_killed_at_a_batch_ends_with_the_same_hashes(tmp_path: Path, monkeypatch: Any) -> None:
    """Killed with its rows written and not committed, then with everybody put in and no case."""
    path = tmp_path / "log.csv"
    path.write_text("\n".join([HEAD, *LINES]) + "\n")
    whole = clean_run(path, SOURCE)
    monkeypatch.setenv("OTKLIK_FAULT", "import.batch:kill")
    killed = started(path, SOURCE)
    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert (ImportedCase.objects.count(), Ticket.objects.count()) == (0, 0)
    monkeypatch.delenv("OTKLIK_FAULT")
    assert killed_every(60, path, SOURCE) == 0
    assert manifest.fingerprint(SOURCE) == whole
    assert list(manifest.findings(SOURCE)) == []


@beside
@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_f05_the_whole_log_killed_every_20_seconds_ends_with_the_same_hashes() -> None:
    whole = clean_run(LOG, SOURCE, "--processes", "2")
    assert killed_every(20, LOG, SOURCE, "--processes", "2") > 0
    assert manifest.fingerprint(SOURCE) == whole
    assert list(manifest.findings(SOURCE)) == []
    with lzma.open(LOG, "rt") as log:
        ids = {line.partition(",")[0] for line in log} - {"number"}
    assert set(ImportedCase.objects.filter(outcome="imported").values_list("key", flat=True)) == ids
    began = time.monotonic()
    assert list(verify()) == []
    assert time.monotonic() - began < 300  # the mark is 60 s on a machine of its own: docs/import.md


@beside
@pytest.mark.long
@pytest.mark.usefixtures("agreements")
def test_russian_tickets_of_one_row_each_are_taken_in_with_their_words() -> None:
    report = take(RUSSIAN, mapping.load("itsm-ru"), progress=quiet)
    assert (report.cases, report.skipped) == (report.imported, 0)
    assert list(manifest.findings("itsm-ru")) == []
    assert list(verify()) == []
    solved = Ticket.objects.filter(status="closed").first()
    assert solved is not None
    assert {"solution"} <= set(solved.messages.values_list("kind", flat=True))
