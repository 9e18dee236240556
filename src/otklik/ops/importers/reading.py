"""A log as cases: rows of the same id together, in the order of the file, each with its line; what cannot be read."""

from __future__ import annotations

import bz2
import csv
import gzip
import hashlib
import io
import lzma
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

from otklik.ops.importers.mapping import Mapping, MappingError

OPENERS: dict[str, Callable[[Path], Any]] = {".xz": lzma.open, ".gz": gzip.open, ".bz2": bz2.open}
LONGEST_CELL = 1_000_000  # characters; a longer one is not read


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line in the file and its cells, those that mean nothing left out."""

    line: int
    cells: dict[str, str]

    def get(self, columns: tuple[str, ...]) -> str:
        """The first of these columns that says something."""
        return next((self.cells[name] for name in columns if name in self.cells), "")


@dataclass(slots=True)
class Case:
    """All rows of one id; ``position`` counts the cases of the file from 0."""

    id: str
    position: int
    rows: list[Row] = field(default_factory=list)

    def digest(self) -> str:
        """SHA-256 of what the rows say, to see whether the source changed since."""
        told = hashlib.sha256()
        for row in self.rows:
            told.update(repr(sorted(row.cells.items())).encode(errors="surrogateescape"))
        return told.hexdigest()


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be read: the line, the column (empty: the whole row), its text and why."""

    line: int
    column: str
    text: str
    why: str

    def data(self) -> dict[str, Any]:
        """As JSON values."""
        return {"line": self.line, "column": self.column, "text": self.text[:200], "why": self.why}


@dataclass(slots=True)
class Log:
    """A whole file: its cases by id, the number of its rows, and rows that belong to no case."""

    cases: dict[str, Case] = field(default_factory=dict)
    rows: int = 0
    problems: list[Problem] = field(default_factory=list)
    digest: str = ""


def read(path: Path, mapping: Mapping) -> Log:
    """Read a CSV file, packed or not. Raises MappingError where a column of the mapping is not there, OSError."""
    log = Log(digest=_digest(path))
    csv.field_size_limit(LONGEST_CELL)
    with OPENERS.get(path.suffix, Path.open)(path, "rb") as packed:
        text = io.TextIOWrapper(packed, encoding=mapping.encoding, errors="surrogateescape", newline="")
        for line, cells, header in _rows(text, mapping):
            log.rows += 1
            if isinstance(cells, str):
                log.problems.append(Problem(line, "", "", cells))
                continue
            row = Row(line, {name: cell for name, cell in zip(header, cells, strict=True) if name and cell})
            key = row.get(mapping.case)
            if not key:
                log.problems.append(Problem(line, mapping.case[0], "", "no id"))
                continue
            log.cases.setdefault(key, Case(key, len(log.cases))).rows.append(row)
    return log


def _rows(text: IO[str], mapping: Mapping) -> Iterator[tuple[int, list[str] | str, list[str]]]:
    """(line, cells or what is wrong with them, names of the columns that the mapping uses, else '')."""
    reader = csv.reader(text, delimiter=mapping.delimiter)
    header = _header(next(reader, []), mapping)
    missing = mapping.missing
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, str(error), header
            continue
        if not cells:
            continue  # an empty line says nothing
        if len(cells) != len(header):
            yield line, f"{len(cells)} cells, not {len(header)}", header
        elif any("\udc80" <= letter <= "\udcff" for letter in "".join(cells)):
            yield line, f"not {mapping.encoding}", header
        else:
            stripped = [cell.strip() for cell in cells]
            yield line, ["" if cell in missing else cell for cell in stripped], header


def _header(cells: list[str], mapping: Mapping) -> list[str]:
    """Names of the columns; the second of the same name is ``name#2``. Raises MappingError."""
    names: list[str] = []
    for cell in (cell.strip().removeprefix("\ufeff") for cell in cells):
        count = sum(name.partition("#")[0] == cell for name in names) + 1
        names.append(cell if count == 1 else f"{cell}#{count}")
    for wanted in _wanted(mapping):
        if wanted and not set(wanted) & set(names):
            raise MappingError(f"no column {' or '.join(wanted)}")
    return names


def _wanted(mapping: Mapping) -> Iterator[tuple[str, ...]]:
    yield from (mapping.case, mapping.opened, mapping.description, mapping.solution_text, mapping.row_at)
    yield from (name.columns for name in mapping.names.values())
    yield from (value.columns for value in mapping.values.values())
    yield mapping.state.columns if mapping.state else ()
    for step in mapping.steps:
        yield from (step.at, step.where)


def instant(text: str, mapping: Mapping) -> datetime | None:
    """The instant that a cell means, in UTC; None where it is none.

    A local time that does not exist is moved to the transition, one that exists twice is the first (domain §4.1).
    """
    for form in mapping.times:
        try:
            naive = datetime.strptime(text, form)  # noqa: DTZ007  # the zone is the mapping's, below
        except ValueError:
            continue
        if naive.tzinfo is not None:
            return naive.astimezone(UTC)
        local = naive.replace(tzinfo=mapping.zone, fold=0)
        exact = local.astimezone(UTC)
        if exact.astimezone(mapping.zone).replace(tzinfo=None) == naive:
            return exact
        return _transition(exact, mapping)
    return None


def _transition(moment: datetime, mapping: Mapping) -> datetime:
    """The change of the clock within the three hours before an instant, found by halving."""
    early, late = moment - timedelta(hours=3), moment
    offset = late.astimezone(mapping.zone).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        if middle.astimezone(mapping.zone).utcoffset() == offset:
            late = middle
        else:
            early = middle
    return late.replace(microsecond=0)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
