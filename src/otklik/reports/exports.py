"""The monthly table as files: numbers are numbers, names are text that no spreadsheet takes for a formula (S-30)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, MergedCell
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from otklik.reports.figures import TICKETS, parts_of
from otklik.reports.monthly import Row, Table, part_name
from otklik.sla import phrases

Value = str | int | float | None
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def heads(table: Table) -> list[str]:
    """The headings of the columns."""
    found = [_("Service"), _("Organisation"), _("Priority"), *map(part_name, TICKETS)]
    for metric in table.metrics:
        name = phrases.metric_name(metric)
        found += [f"{name}: {part_name('met')}", f"{name}: {part_name('breached')}", f"{name}: n", f"{name}: %"]
        found += [f"{name}: {part_name(part)}" for part in parts_of(metric)[2:]]
    return found


def lines(table: Table) -> Iterator[list[Value]]:
    """The headings, the rows, then the one that adds them up."""
    yield [*heads(table)]
    for row in [*table.rows, table.total]:
        yield _line(row, table.metrics)


def _line(row: Row, metrics: list[str]) -> list[Value]:
    found: list[Value] = [row.service, row.organisation, row.priority, *(row.of(name) for name in TICKETS)]
    for metric in metrics:
        found += [row.of(f"{metric}.met"), row.of(f"{metric}.breached"), row.decided(metric), row.share(metric)]
        found += [row.of(f"{metric}.{part}") for part in parts_of(metric)[2:]]
    return found


def as_csv(table: Table) -> bytes:
    """Semicolons and a byte order mark, as spreadsheets expect; text that looks like a formula begins with ``'``.

    Everything but whole numbers stands in quotes: a spreadsheet that splits at commas too, as LibreOffice offers to,
    would tear «97,5» and "Building 1, room 3" apart.
    """
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_NONNUMERIC)
    for line in lines(table):
        writer.writerow([_written(value) for value in line])
    return out.getvalue().encode("utf-8-sig")


def _written(value: Value) -> str | int:
    if isinstance(value, float):
        text = f"{value:.1f}"
        return text.replace(".", ",") if (get_language() or "ru").startswith("ru") else text
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA) else value
    return "" if value is None else value


def as_xlsx(table: Table, about: list[tuple[str, str]]) -> bytes:
    """Two sheets: the table with typed cells, and what it is (``about``: month, zone, when it was counted)."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = table.month.name
    written = list(lines(table))
    for number, line in enumerate(written, start=1):
        for column, value in enumerate(line, start=1):
            _put(sheet.cell(number, column), value, bold=number in {1, len(written)})
    sheet.freeze_panes = "D2"
    for letter, width in (("A", 30), ("B", 30), ("C", 10)):
        sheet.column_dimensions[letter].width = width
    facts: Worksheet = book.create_sheet(_("About"))
    for number, pair in enumerate(about, start=1):
        for column, text in enumerate(pair, start=1):
            _put(facts.cell(number, column), text)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _put(cell: Cell | MergedCell, value: Value, *, bold: bool = False) -> None:
    assert isinstance(cell, Cell)  # nothing is merged here
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
        cell.data_type = "s"
    else:
        cell.value = value
    if isinstance(value, float):
        cell.number_format = "0.0"
    if bold:
        cell.font = Font(bold=True)
