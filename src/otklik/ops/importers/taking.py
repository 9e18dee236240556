"""Taking a log in: in batches, each with its lines of the manifest in one transaction, so that a cut import goes on."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import IntegrityError, connection, transaction

from otklik import clock
from otklik.journal import bulk
from otklik.journal.config import current
from otklik.ops.importers import cast as casting
from otklik.ops.importers import reading, sharing
from otklik.ops.importers.cast import Cast
from otklik.ops.importers.mapping import Mapping
from otklik.ops.importers.reading import Case
from otklik.ops.importers.replay import Notes, Skipped, Telling
from otklik.ops.models import ImportedCase, ImportedFile
from otklik.tickets import desk
from otklik.tickets.policy import MATRIX_NAME

BATCH = 200  # cases of one transaction
SHOWN = 50  # lines named in a report

IMPORTED, SKIPPED = ImportedCase.Outcome.IMPORTED, ImportedCase.Outcome.SKIPPED


@dataclass(slots=True)
class Report:
    """What an import did; ``rows`` and ``cases`` are of the file, the other counts of its cases."""

    source: str
    rows: int = 0
    cases: int = 0
    imported: int = 0
    skipped: int = 0
    before: int = 0  # of them taken in earlier
    changed: list[str] = field(default_factory=list)  # ids whose rows are not what was taken in
    irregular: int = 0
    unreadable: int = 0
    problems: list[dict[str, Any]] = field(default_factory=list)  # the first of the unreadable
    reasons: dict[str, int] = field(default_factory=dict)
    unmapped: dict[str, dict[str, int]] = field(default_factory=dict)
    seconds: float = 0
    cpu_seconds: float = 0  # of the import's own processes, the database's apart

    @property
    def clean(self) -> bool:
        """Everything was read, understood and taken in."""
        return not (self.skipped or self.changed or self.unreadable or self.unmapped)

    def data(self) -> dict[str, Any]:
        """As JSON values."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Ground:
    """What a process needs to know to take cases in."""

    file: int
    first_number: int
    mapping: Mapping
    cast: Cast
    matrix: Any


def take(path: Path, mapping: Mapping, *, processes: int = 1, progress: Callable[[int, int], None] = print) -> Report:
    """Take in what was not taken in before. Raises MappingError, OSError; twice gives the same as once."""
    began, spent = time.monotonic(), _cpu()
    log = reading.read(path, mapping)
    file = _begin(path, log, mapping)
    known = dict(ImportedCase.objects.filter(source=mapping.source).values_list("key", "digest"))
    fresh = [case for case in log.cases.values() if case.id not in known]
    if fresh:
        people = casting.gather(mapping, log.cases.values())
        ground = Ground(file.pk, file.first_number, mapping, people, current(MATRIX_NAME).data["matrix"])
        done = 0
        for count in _all(ground, list(_batches(fresh)), processes):
            done += count
            progress(done, len(fresh))
    ImportedFile.objects.filter(pk=file.pk, ended_at=None).update(ended_at=clock.now())
    report = Report(mapping.source, rows=log.rows, cases=len(log.cases), before=len(log.cases) - len(fresh))
    report.changed = [key for key, case in log.cases.items() if key in known and known[key] != case.digest()]
    _sum_up(report, file, log.cases)
    report.seconds, report.cpu_seconds = round(time.monotonic() - began, 1), round(_cpu() - spent, 1)
    return report


@transaction.atomic
def _begin(path: Path, log: reading.Log, mapping: Mapping) -> ImportedFile:
    """The line of the file in the manifest, with a block of numbers for its cases."""
    known = ImportedFile.objects.filter(source=mapping.source, digest=log.digest).first()
    if known is not None:
        return known
    return ImportedFile.objects.create(
        source=mapping.source,
        digest=log.digest,
        name=path.name[:255],
        mapping=mapping.digest,
        rows=log.rows,
        cases=len(log.cases),
        first_number=desk.reserve_numbers(len(log.cases)),
        problems=[one.data() for one in log.problems],
        begun_at=clock.now(),
    )


def _batches(cases: Sequence[Case]) -> Iterator[list[Case]]:
    left = iter(cases)
    while batch := list(islice(left, BATCH)):
        yield batch


def _all(ground: Ground, batches: list[list[Case]], processes: int) -> Iterator[int]:
    """Take every batch in, in this process or in several; the count of each as it is done."""
    if processes == 1:
        yield from (take_batch(ground, batch) for batch in batches)
        return
    yield from sharing.shared(ground, batches, processes)


def take_batch(ground: Ground, cases: Sequence[Case]) -> int:
    """Take cases in, all or none; returns how many are now in the manifest.

    What a process that outlived a killed import took meanwhile is in the manifest already and left out.
    """
    try:
        _written(ground, cases)
    except IntegrityError:
        keys = [case.id for case in cases]
        taken = set(
            ImportedCase.objects.filter(source=ground.mapping.source, key__in=keys).values_list("key", flat=True)
        )
        if not taken:
            raise
        _written(ground, [case for case in cases if case.id not in taken])
    return len(cases)


@transaction.atomic
def _written(ground: Ground, cases: Sequence[Case]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "set local synchronous_commit = off"
        )  # what a power cut takes, the manifest does not have either
    tales, kept, lines = [], [], []
    for case in cases:
        telling = Telling(case, ground.first_number + case.position, ground.mapping, ground.cast, ground.matrix)
        try:
            tales.append(telling.tale())
            kept.append((case, telling.notes))
        except Skipped as why:
            lines.append(_line(ground, case, telling.notes, SKIPPED, reason=str(why)))
    rows = desk.histories(tales)
    clock.faultpoint("import.batch")
    for (case, notes), row in zip(kept, rows, strict=True):
        lines.append(_line(ground, case, notes, IMPORTED, ticket=row))
    bulk.insert(lines)


def _line(ground: Ground, case: Case, notes: Notes, outcome: str, **more: Any) -> ImportedCase:
    return ImportedCase(
        source=ground.mapping.source,
        key=case.id[:200],
        file_id=ground.file,
        digest=case.digest(),
        rows=len(case.rows),
        outcome=outcome,
        notes=notes.data(),
        **more,
    )


def _sum_up(report: Report, file: ImportedFile, keys: Iterable[str]) -> None:
    """Read the counts from the manifest, not from memory."""
    report.problems = list(file.problems)
    rows = ImportedCase.objects.filter(source=report.source).values_list("key", "outcome", "reason", "notes")
    mine = set(keys)
    for _key, outcome, reason, notes in (row for row in rows if row[0] in mine):
        report.imported += outcome == IMPORTED
        report.skipped += outcome == SKIPPED
        if reason:
            report.reasons[reason] = report.reasons.get(reason, 0) + 1
        report.irregular += notes.get("irregular", 0)
        report.problems += notes.get("problems", [])
        for column, words in notes.get("unmapped", {}).items():
            told = report.unmapped.setdefault(column, {})
            for word, count in words.items():
                told[word] = told.get(word, 0) + count
    report.unreadable = len(report.problems)
    report.problems = sorted(report.problems, key=lambda one: one["line"])[:SHOWN]


def _cpu() -> float:
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )
