"""PURE: a table of people as text, from any office program: encoding, separator, headings, rows with their errors."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field

MAX_BYTES = 2 * 1024 * 1024
MAX_ROWS = 5000
LONGEST = {"name": 150, "email": 254, "phone": 60, "job_title": 150, "device": 120, "organisation": 200, "place": 400}

# What a heading may be called, in lower case without punctuation.
KNOWN = {
    "name": ["name", "fullname", "full name", "display name", "фио", "имя", "сотрудник"],
    "email": ["email", "e-mail", "mail", "почта", "электронная почта", "адрес"],
    "phone": ["phone", "telephone", "телефон", "тел", "добавочный"],
    "job_title": ["position", "title", "job title", "должность"],
    "organisation": ["organisation", "organization", "company", "department", "организация", "подразделение", "отдел"],
    "place": ["place", "room", "location", "место", "кабинет", "помещение"],
    "device": ["device", "computer", "inventory number", "устройство", "компьютер", "инвентарный номер"],
    "language": ["language", "язык"],
    "team": ["team", "группа"],
    "vip": ["vip"],
}
YES = {"1", "yes", "true", "да", "+", "x", "х"}


class Unreadable(Exception):
    """The whole table cannot be read: ``reason`` is one of empty, large, rows, no_name, encoding, twice."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


@dataclass(slots=True)
class Row:
    """One line: its number as an editor counts, the cells by meaning, what is wrong with it (codes with a detail)."""

    line: int
    cells: dict[str, str]
    source: list[str]
    errors: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Table:
    """A read table: the headings as they were, which were not understood, and the rows."""

    headings: list[str]
    unknown: list[str]
    rows: list[Row]
    delimiter: str


def decoded(data: bytes) -> str:
    """Text of a file saved as UTF-8 (with or without a mark), UTF-16 with a mark, or Windows-1251."""
    if len(data) > MAX_BYTES:
        raise Unreadable("large")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("windows-1251")
    except UnicodeDecodeError:
        raise Unreadable("encoding") from None


def read(text: str) -> Table:
    """The rows of a table, each with what is wrong in itself. Raises `Unreadable`."""
    if not text.strip():
        raise Unreadable("empty")
    text = text.replace("\x00", "")
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    headings = [cell.strip() for cell in next(row for row in reader if any(cell.strip() for cell in row))]
    meanings = [_meaning(heading) for heading in headings]
    named = [meaning for meaning in meanings if meaning]
    if "name" not in named:
        raise Unreadable("no_name")
    if twice := next((one for one in named if named.count(one) > 1), None):
        raise Unreadable("twice", twice)
    rows: list[Row] = []
    seen: dict[str, int] = {}
    for source in reader:
        if not any(cell.strip() for cell in source):
            continue
        if len(rows) == MAX_ROWS:
            raise Unreadable("rows")
        rows.append(_row(reader.line_num, source, meanings, seen))
    if not rows:
        raise Unreadable("empty")
    unknown = [heading for heading, meaning in zip(headings, meanings, strict=True) if heading and not meaning]
    return Table(headings, unknown, rows, delimiter)


def written(table: Table, rows: list[Row]) -> str:
    """Some rows of a table as text again, under the same headings."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=table.delimiter, lineterminator="\n")
    writer.writerow(table.headings)
    writer.writerows(row.source for row in rows)
    return out.getvalue()


def _row(line: int, source: list[str], meanings: list[str], seen: dict[str, int]) -> Row:
    cells = {meaning: " ".join(cell.split()) for meaning, cell in zip(meanings, source, strict=False) if meaning}
    row = Row(line, cells, source)
    if len(source) > len(meanings) and any(cell.strip() for cell in source[len(meanings) :]):
        row.errors.append(("cells", str(len(source))))
    if not cells.get("name"):
        row.errors.append(("name", ""))
    for name, longest in LONGEST.items():
        if len(cells.get(name, "")) > longest:
            row.errors.append(("long", name))
    if (language := cells.get("language", "").lower()) and _language(language) is None:
        row.errors.append(("language", language))
    if email := cells.get("email", "").lower():
        if email in seen:
            row.errors.append(("double", str(seen[email])))
        seen.setdefault(email, line)
    return row


def language_of(row: Row) -> str | None:
    """Code of the language a row names, None where it names none."""
    return _language(row.cells.get("language", "").lower())


def is_vip(row: Row) -> bool | None:
    """What a row says of the VIP mark, None where it says nothing."""
    said = row.cells.get("vip", "").lower()
    return said in YES if said else None


def _language(word: str) -> str | None:
    return {"ru": "ru", "русский": "ru", "russian": "ru", "en": "en", "english": "en", "английский": "en"}.get(word)


def _delimiter(text: str) -> str:
    head = next(line for line in text.splitlines() if line.strip())
    return max(";,\t", key=head.count)


def _meaning(heading: str) -> str:
    plain = " ".join(heading.lower().replace("_", " ").replace(".", "").replace("ё", "е").split())
    return next((meaning for meaning, names in KNOWN.items() if plain in names), "")
